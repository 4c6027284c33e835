/** How rough a fuzzed world is. Everything in multiples of the protocol's own base timeout, so that no range is vacuous for a slow or a fast one. */
import type { Chaos, ChaosProfile } from '../scenario/scenario.ts';

export interface Profile {
  /** Percent of runs without any fault. */
  readonly faultFreePercent: number;
  /** Percent of runs on a perfect network but for its latency. */
  readonly losslessPercent: number;
  /** Most parts per million of messages lost, and duplicated. */
  readonly lossPpmMax: number;
  readonly duplicationPpmMax: number;
  /** Largest typical latency is base timeout / this. */
  readonly latencyDivisorMin: number;
  /** Length of a run, in base timeouts: from the first to the second. */
  readonly span: readonly [least: number, most: number];
  /** Most faults that strike in one run, about: where they hang on events more are drawn. */
  readonly faultsMax: number;
  /** Of the most faults of a run at least so many percent, but for runs that go by a tempo, and uniform ones. */
  readonly faultsLeastPercent: number;
  /** Time between faults, and their durations: from base timeout / the first to base timeout * the second. */
  readonly gap: readonly [divisor: number, factor: number];
  readonly duration: readonly [divisor: number, factor: number];
  /** Percent of runs with all options at their defaults, where the scenario leaves them open. */
  readonly defaultOptionsPercent: number;
  /** Percent of drawn options, choices apart, that are what they usually are; and of the others, that sit at an extreme. */
  readonly usualNumberPercent: number;
  readonly extremePercent: number;
  /** Percent of runs with a storm (storm.ts). */
  readonly stormPercent: number;
  /**
   * No swarm: every kind exists in every run and is as common as any, strikes anybody at any time for any time, and nothing belongs
   * together. What the swarm is held against.
   */
  readonly isUniform?: true;
}

type Drawn = Exclude<ChaosProfile, 'none'>;

const usual: Profile = {
  faultFreePercent: 4,
  losslessPercent: 20,
  lossPpmMax: 150_000,
  duplicationPpmMax: 200_000,
  latencyDivisorMin: 8,
  span: [40, 66],
  faultsMax: 24,
  faultsLeastPercent: 60,
  gap: [4, 6],
  duration: [32, 16],
  defaultOptionsPercent: 5,
  usualNumberPercent: 20,
  extremePercent: 50,
  stormPercent: 12,
};

/** What the swarm is held against: nothing of what was found to help. */
const uniform: Profile = {
  ...usual,
  losslessPercent: 35,
  span: [33, 66],
  faultsLeastPercent: 0,
  defaultOptionsPercent: 25,
  usualNumberPercent: 40,
  extremePercent: 35,
  stormPercent: 0,
  isUniform: true,
};

export const profiles: { readonly [name in Drawn]: Profile } = {
  light: {
    faultFreePercent: 30,
    losslessPercent: 60,
    lossPpmMax: 20_000,
    duplicationPpmMax: 20_000,
    latencyDivisorMin: 15,
    span: [33, 66],
    faultsMax: 5,
    faultsLeastPercent: 0,
    gap: [1, 12],
    duration: [4, 6],
    defaultOptionsPercent: 80,
    usualNumberPercent: 40,
    extremePercent: 20,
    stormPercent: 0,
  },
  default: usual,
  heavy: {
    faultFreePercent: 1,
    losslessPercent: 15,
    lossPpmMax: 400_000,
    duplicationPpmMax: 500_000,
    latencyDivisorMin: 3,
    span: [40, 66],
    faultsMax: 60,
    faultsLeastPercent: 60,
    gap: [16, 3],
    duration: [64, 24],
    defaultOptionsPercent: 5,
    usualNumberPercent: 20,
    extremePercent: 50,
    stormPercent: 20,
  },
  uniform,
};

/** The profile of a campaign: what the scenario says, else `default`. */
export const profileName = (chaos: Chaos): ChaosProfile => chaos.profile ?? 'default';
