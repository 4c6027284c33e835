/**
 * Draws the faults of a run. A run has a random subset of the kinds (a swarm: runs differ in what exists at all), each with a weight, a
 * tempo, and durations from a small part of the protocol's base timeout to many of them. Faults hang on times, or on events that the
 * protocol is known to show; the same fault may come again and again. Nothing here knows any protocol: what one claims to survive is the
 * only limit, and budget.ts the gate.
 */
import type { Chaos } from '../scenario/scenario.ts';
import type { Fault, FaultKind } from '../sim/faults.ts';
import type { Micros, NodeId, Tolerance } from '../sim/protocol.ts';
import { type Budgeted, budgeted, isSynchronous, noFaults } from './budget.ts';
import type { Draw } from './draw.ts';
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
  /** Of the faults that strike one node, how many strike a client, in percent. */
  readonly clientPercent: number;
  readonly base: Micros;
  /** Whose disks may be damaged. */
  readonly damageable: readonly NodeId[];
  /** No fault begins after this, and those with a time of their own end by then: operations must be able to finish. */
  readonly quietFrom: Micros;
}

interface DrawableKind {
  readonly kind: FaultKind;
  /** In so many of a hundred runs it exists at all. */
  readonly percent: number;
  /** What a protocol must claim to be given it, in whatever form. */
  readonly claimed: (tolerates: Tolerance) => boolean;
}

const partitions = (tolerates: Tolerance): boolean => tolerates.partitions;
const crashes = (tolerates: Tolerance): boolean => tolerates.crashes;
const pauses = (tolerates: Tolerance): boolean => tolerates.pauses;
const clockRates = (tolerates: Tolerance): boolean => tolerates.clockRatePpm >= 1;
const asynchronous = (tolerates: Tolerance): boolean => !isSynchronous(tolerates);
/** Nodes stop at a disk error: only who survives crashes goes on. */
const diskErrors = ({ diskErrors: errors, crashes: crash }: Tolerance): boolean => errors === true && crash;

/** The kinds that fuzzing adds where it is not told otherwise. What happens all the time in a data centre is in half of the runs. */
const drawable: readonly DrawableKind[] = [
  { kind: 'partition', percent: 50, claimed: partitions },
  { kind: 'isolate', percent: 50, claimed: partitions },
  { kind: 'cut', percent: 50, claimed: partitions },
  { kind: 'partial', percent: 12, claimed: partitions },
  { kind: 'flapping', percent: 12, claimed: partitions },
  { kind: 'clog', percent: 50, claimed: partitions },
  { kind: 'swizzle-clog', percent: 12, claimed: partitions },
  { kind: 'degrade', percent: 12, claimed: ({ messageLoss, duplication }) => messageLoss || duplication },
  { kind: 'filter', percent: 8, claimed: ({ messageLoss }) => messageLoss },
  { kind: 'noise', percent: 50, claimed: ({ messageLoss, duplication }) => messageLoss || duplication },
  { kind: 'crash', percent: 50, claimed: crashes },
  { kind: 'outage', percent: 12, claimed: crashes },
  { kind: 'crash-loop', percent: 12, claimed: crashes },
  { kind: 'pause', percent: 50, claimed: pauses },
  { kind: 'slow-node', percent: 12, claimed: pauses },
  { kind: 'timer-jitter', percent: 12, claimed: pauses },
  { kind: 'clock-rate', percent: 50, claimed: clockRates },
  { kind: 'clock-drift', percent: 12, claimed: clockRates },
  { kind: 'clock-step', percent: 50, claimed: ({ clockSteps }) => clockSteps },
  { kind: 'slow-disk', percent: 50, claimed: asynchronous },
  { kind: 'disk-stall', percent: 12, claimed: asynchronous },
  { kind: 'sync-error', percent: 6, claimed: diskErrors },
  { kind: 'write-error', percent: 6, claimed: diskErrors },
  { kind: 'full-disk', percent: 6, claimed: diskErrors },
  { kind: 'read-error', percent: 6, claimed: diskErrors },
  { kind: 'bit-flip', percent: 6, claimed: ({ corruption = false }) => corruption },
  { kind: 'misdirected-write', percent: 6, claimed: ({ misdirectedWrites = false }) => misdirectedWrites },
];

/** The kinds that a campaign may draw: those that the protocol claims to survive, and of these those that the scenario allows. */
export const drawableKinds = (tolerates: Tolerance, chaos: Chaos): readonly FaultKind[] =>
  candidates(tolerates, chaos).map(({ kind }) => kind);

const candidates = (tolerates: Tolerance, { faults, weights }: Chaos): readonly DrawableKind[] =>
  drawable.filter(
    ({ kind, claimed }) => claimed(tolerates) && (faults?.includes(kind) ?? true) && weights?.[kind] !== 0,
  );

/**
 * A protocol under which a run would have fewer kinds than this, in hundredths, survives few: there is little to choose from, and of that
 * much disturbs nobody. Then all kinds exist in every run, all over its time, and nothing is drawn as an episode (which repeats one kind in
 * the place of others).
 */
const FEW_KINDS_PERCENT = 450;
/** What stops or separates nodes is so many times as common as what only disturbs them. */
const STOPPING_TIMES = 3;
const stopping: ReadonlySet<FaultKind> = new Set<FaultKind>([
  'partition',
  'isolate',
  'cut',
  'partial',
  'flapping',
  'clog',
  'swizzle-clog',
  'crash',
  'outage',
  'crash-loop',
  'pause',
  'disk-stall',
]);

/** Kinds that the scenario lists are as many as it wants. */
const areFew = (kinds: readonly DrawableKind[], { faults }: Chaos): boolean =>
  faults === undefined && kinds.reduce((sum, { percent }) => sum + percent, 0) < FEW_KINDS_PERCENT;

/** In so many runs all kinds exist: a bug that takes two of them seldom meets both otherwise. */
const WHOLE_PERCENT = 70;
/** So many runs have their faults all over their time, the others by a tempo. */
const SPREAD_PERCENT = 95;
/**
 * For a hundred faults that may strike so many are drawn, where they hang on events and on one another: some wait for what never happens,
 * some find their node down. Without that the swarm has a third fewer faults than uniform runs.
 */
const HOPED_PERCENT = 150;

/** Which kinds exist in a run, and how common each is. */
export type Swarm = readonly (readonly [weight: number, kind: FaultKind])[];

/** Kinds that are listed or weighted are as common as any. */
function drawSwarm(
  kinds: readonly DrawableKind[],
  isFew: boolean,
  { faults, weights }: Chaos,
  { isUniform }: Profile,
  draw: Draw,
): Swarm {
  if (isUniform) return kinds.map(({ kind }) => [weights?.[kind] ?? 1, kind] as const);
  const isWhole = isFew || (faults === undefined && draw.chance(WHOLE_PERCENT));
  const chosen = kinds.filter(({ kind, percent }) => isWhole || draw.chance(wanted(kind, percent)));
  const present = chosen.length > 0 || kinds.length === 0 ? chosen : [draw.pick(kinds)];
  return present.map(({ kind }) => [weights?.[kind] ?? draw.pick([1, 2, 4]) * times(kind), kind] as const);

  function wanted(kind: FaultKind, percent: number): number {
    if (weights?.[kind] !== undefined) return 100;
    return faults === undefined ? percent : Math.max(50, percent);
  }

  function times(kind: FaultKind): number {
    return stopping.has(kind) ? STOPPING_TIMES : 1;
  }
}

export function drawFaults(setting: ChaosSetting, draw: Draw): Budgeted {
  const { chaos, profile, tolerates, base } = setting;
  const from = chaos.from ?? 0;
  const to = Math.min(chaos.to ?? setting.quietFrom, setting.quietFrom);
  const faultsMax = Math.min(hoped(profile), chaos.faultsMax ?? Number.POSITIVE_INFINITY);
  const kinds = candidates(tolerates, chaos);
  if (kinds.length === 0 || faultsMax < 1 || to <= from || draw.chance(profile.faultFreePercent)) return noFaults;

  const isFew = areFew(kinds, chaos);
  const swarm = drawSwarm(kinds, isFew, chaos, profile, draw);
  const isPlain = profile.isUniform === true || isFew;
  if (chaos.gap === undefined && (isPlain || draw.chance(SPREAD_PERCENT))) {
    const count = draw.between(leastFaults(profile, faultsMax), faultsMax);
    const writer = new FaultWriter(setting, swarm, to, isPlain, draw);
    return budgeted(spreadFaults(writer, swarm, from, to, count, draw), tolerates);
  }
  const count = draw.chance(50) ? draw.acrossScales(1, faultsMax) : draw.between(Math.min(4, faultsMax), faultsMax);
  const tempo = chaos.gap ?? draw.acrossScales(base / profile.gap[0], base * profile.gap[1]);
  const writer = new FaultWriter(setting, swarm, to, isPlain, draw);
  const faults: Fault[] = [];
  for (let at = firstAt(from, to, tempo, draw); at < to && faults.length < count; ) {
    const episode = writer.episode(draw.weighted(swarm), at);
    faults.push(...episode.slice(0, faultsMax - faults.length));
    at = nextAt(at, faults.at(-1), tempo, base, draw);
  }
  return budgeted(faults, tolerates);
}

/** Where few faults strike little goes wrong, and a run costs as much. */
const leastFaults = ({ faultsMax, faultsLeastPercent, isUniform }: Profile, most: number): number =>
  isUniform ? 1 : Math.max(1, Math.min(most, Math.floor((Math.min(faultsMax, most) * faultsLeastPercent) / 100)));

const hoped = ({ faultsMax, isUniform }: Profile): number =>
  isUniform ? faultsMax : Math.floor((faultsMax * HOPED_PERCENT) / 100);

/** Faults at any time of the run, whatever came before. */
function spreadFaults(
  writer: FaultWriter,
  swarm: Swarm,
  from: Micros,
  to: Micros,
  count: number,
  draw: Draw,
): readonly Fault[] {
  const times = Array.from({ length: count }, () => draw.between(from, to - 1)).sort((left, right) => left - right);
  return times.flatMap((at) => writer.episode(draw.weighted(swarm), at)).slice(0, count);
}

/** Some runs are in trouble from the first moment, most are given time to settle. */
const firstAt = (from: Micros, to: Micros, tempo: Micros, draw: Draw): Micros =>
  draw.chance(20) ? from + draw.between(0, tempo) : from + draw.between(0, Math.floor((to - from) / 4));

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
