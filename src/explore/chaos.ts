/**
 * Draws the faults of a run. A run has a random subset of the kinds (a swarm: runs differ in what exists at all), a tempo, and durations
 * from a small part of the protocol's base timeout to many of them. Faults hang on times, or on events that the protocol is known to
 * show; the same fault may come again and again. Nothing here knows any protocol: what one claims to survive is the only limit.
 */
import type { Chaos } from '../scenario/scenario.ts';
import type { Fault, FaultKind } from '../sim/faults.ts';
import type { Micros, NodeId, Tolerance } from '../sim/protocol.ts';
import type { Draw } from './draw.ts';
import { isSynchronous } from './environment.ts';
import { FaultWriter } from './fault-writer.ts';
import type { Profile } from './profile.ts';
import type { Vocabulary } from './vocabulary.ts';

export interface ChaosSetting {
  readonly tolerates: Tolerance;
  readonly chaos: Chaos;
  readonly profile: Profile;
  readonly vocabulary: Vocabulary;
  readonly servers: readonly NodeId[];
  readonly clients: readonly NodeId[];
  readonly base: Micros;
  /** No fault begins after this, and those with a time of their own end by then: operations must be able to finish. */
  readonly quietFrom: Micros;
}

/** The kinds that fuzzing adds where it is not told otherwise, and what a protocol must claim to be given them. */
const claims: readonly (readonly [FaultKind, (tolerates: Tolerance) => boolean])[] = [
  ['partition', ({ partitions }) => partitions],
  ['isolate', ({ partitions }) => partitions],
  ['cut', ({ partitions }) => partitions],
  ['clog', ({ partitions }) => partitions],
  ['noise', ({ messageLoss, duplication }) => messageLoss || duplication],
  ['crash', ({ crashes }) => crashes],
  ['pause', ({ pauses }) => pauses],
  ['clock-rate', ({ clockRatePpm }) => clockRatePpm >= 1],
  ['clock-step', ({ clockSteps }) => clockSteps],
  ['slow-disk', (tolerates) => !isSynchronous(tolerates)],
];

/** The kinds that a campaign may draw: those that the protocol claims to survive, and of these those that the scenario allows. */
export function drawableKinds(tolerates: Tolerance, chaos: Chaos): readonly FaultKind[] {
  return claims
    .filter(([kind, claimed]) => claimed(tolerates) && (chaos.faults?.includes(kind) ?? true))
    .map(([kind]) => kind);
}

export function drawFaults(setting: ChaosSetting, draw: Draw): readonly Fault[] {
  const { chaos, profile, tolerates, base } = setting;
  const from = chaos.from ?? 0;
  const to = Math.min(chaos.to ?? setting.quietFrom, setting.quietFrom);
  const faultsMax = Math.min(profile.faultsMax, chaos.faultsMax ?? profile.faultsMax);
  const kinds = drawableKinds(tolerates, chaos);
  if (kinds.length === 0 || faultsMax < 1 || to <= from || draw.chance(profile.faultFreePercent)) return [];

  const swarm = draw.someOf(kinds).map((kind) => [draw.pick([1, 2, 4]), kind] as const);
  const wanted = draw.acrossScales(1, faultsMax);
  const tempo = draw.acrossScales(base / profile.gap[0], base * profile.gap[1]);
  const writer = new FaultWriter(setting, to, draw);
  const faults: Fault[] = [];
  for (let at = firstAt(from, to, tempo, draw); at < to && faults.length < wanted; ) {
    const episode = writer.episode(draw.weighted(swarm), at);
    faults.push(...episode.slice(0, faultsMax - faults.length));
    at = nextAt(at, faults.at(-1), tempo, base, draw);
  }
  return faults;
}

/** Some runs are in trouble from the first moment, most are given time to settle. */
const firstAt = (from: Micros, to: Micros, tempo: Micros, draw: Draw): Micros =>
  draw.chance(20) ? from + draw.between(0, tempo) : from + draw.between(0, Math.floor((to - from) / 2));

/**
 * Troubles seldom come alone: many come soon after the last one began, or about when it ended and everybody hurries to catch up;
 * the rest by the tempo of the run.
 */
function nextAt(at: Micros, last: Fault | undefined, tempo: Micros, base: Micros, draw: Draw): Micros {
  if (draw.chance(30)) return at + draw.acrossScales(base / 64, base);
  if (last?.at !== undefined && 'for' in last && last.for !== undefined && draw.chance(30)) {
    const end = last.at + last.for;
    return Math.max(
      at,
      draw.chance(25) ? end - draw.acrossScales(base / 64, base / 2) : end + draw.acrossScales(base / 64, base),
    );
  }
  return at + draw.between(Math.max(1, Math.floor(tempo / 4)), 2 * tempo);
}
