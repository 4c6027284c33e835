/** What runs add up to. Adding is associative and the order of runs does not matter, so that batches can be added up anywhere. */
import { addFigures, type Figures } from '../check/meter.ts';
import type { Execution, Verdict } from './execution.ts';

export interface Tally {
  runs: number;
  readonly counts: { [verdict in Verdict]: number };
  events: number;
  deliveries: number;
  simulatedMicros: number;
  faultFreeSeeds: number;
  readonly faults: { [kind: string]: { fired: number; skipped: number; seeds: number } };
  readonly messages: { [type: string]: { sent: number; delivered: number; dropped: number } };
  readonly operations: { ok: number; fail: number; unknown: number; open: number };
  readonly notes: { [text: string]: number };
  /** Seeds in which a goal was reached. */
  readonly goals: { [goal: string]: number };
  readonly linearizability: { judged: number; unknown: number; nodesMax: number };
  readonly liveness: { live: number; unrecoverable: number; unjudged: number; slowestMicros: number };
  readonly downgraded: { [kind: string]: number };
  /** Of all runs together; empty where the protocol measures nothing. */
  figures: Figures;
  /** Seeds that were run a second time, strictly, and gave the same digest. */
  rerunStrictly: number;
}

export const emptyTally = (): Tally => ({
  runs: 0,
  counts: { passed: 0, violated: 0, failed: 0, unknown: 0 },
  events: 0,
  deliveries: 0,
  simulatedMicros: 0,
  faultFreeSeeds: 0,
  faults: {},
  messages: {},
  operations: { ok: 0, fail: 0, unknown: 0, open: 0 },
  notes: {},
  goals: {},
  linearizability: { judged: 0, unknown: 0, nodesMax: 0 },
  liveness: { live: 0, unrecoverable: 0, unjudged: 0, slowestMicros: 0 },
  downgraded: {},
  figures: {},
  rerunStrictly: 0,
});

/** Adds one run. */
export function addExecution(
  tally: Tally,
  { verdict, statistics, goals, linearizability, liveness, figures }: Execution,
  downgraded: { readonly [kind: string]: number },
): void {
  tally.runs++;
  tally.counts[verdict]++;
  tally.events += statistics.events;
  tally.deliveries += statistics.deliveries;
  tally.simulatedMicros += statistics.simulatedMicros;
  let faultFree = true;
  for (const [kind, { fired, skipped }] of Object.entries(statistics.faults)) {
    const seeds = fired > 0 ? 1 : 0;
    if (seeds > 0) faultFree = false;
    addNumbers(tally.faults, kind, { fired, skipped, seeds });
  }
  if (faultFree) tally.faultFreeSeeds++;
  for (const [type, counts] of Object.entries(statistics.messages)) {
    let dropped = 0;
    for (const count of Object.values(counts.dropped)) dropped += count;
    addNumbers(tally.messages, type, { sent: counts.sent, delivered: counts.delivered, dropped });
  }
  addInto(tally.operations, statistics.operations);
  addInto(tally.notes, statistics.notes);
  addInto(tally.downgraded, downgraded);
  if (figures !== undefined) tally.figures = addFigures(tally.figures, figures);
  if (liveness !== undefined) {
    tally.liveness[liveness.verdict]++;
    tally.liveness.slowestMicros = Math.max(tally.liveness.slowestMicros, liveness.afterMicros ?? 0);
  }
  for (const goal of Object.keys(goals)) tally.goals[goal] = (tally.goals[goal] ?? 0) + 1;
  if (linearizability === undefined) return;
  tally.linearizability.judged++;
  if (linearizability.verdict === 'unknown') tally.linearizability.unknown++;
  tally.linearizability.nodesMax = Math.max(tally.linearizability.nodesMax, linearizability.nodes);
}

/** Adds the runs of `other`. */
export function addTally(tally: Tally, other: Tally): void {
  tally.runs += other.runs;
  addInto(tally.counts, other.counts);
  tally.events += other.events;
  tally.deliveries += other.deliveries;
  tally.simulatedMicros += other.simulatedMicros;
  tally.faultFreeSeeds += other.faultFreeSeeds;
  for (const [kind, counts] of Object.entries(other.faults)) addNumbers(tally.faults, kind, counts);
  for (const [type, counts] of Object.entries(other.messages)) addNumbers(tally.messages, type, counts);
  addInto(tally.operations, other.operations);
  addInto(tally.notes, other.notes);
  addInto(tally.goals, other.goals);
  addInto(tally.downgraded, other.downgraded);
  tally.figures = addFigures(tally.figures, other.figures);
  for (const verdict of ['live', 'unrecoverable', 'unjudged'] as const)
    tally.liveness[verdict] += other.liveness[verdict];
  tally.liveness.slowestMicros = Math.max(tally.liveness.slowestMicros, other.liveness.slowestMicros);
  tally.linearizability.judged += other.linearizability.judged;
  tally.linearizability.unknown += other.linearizability.unknown;
  tally.linearizability.nodesMax = Math.max(tally.linearizability.nodesMax, other.linearizability.nodesMax);
  tally.rerunStrictly += other.rerunStrictly;
}

type Numbers = { [name: string]: number };

function addNumbers<Row extends Numbers>(table: { [name: string]: Row }, name: string, row: Row): void {
  const held = table[name];
  if (held === undefined) table[name] = { ...row };
  else addInto(held, row);
}

function addInto(held: Numbers, more: Readonly<Numbers>): void {
  for (const [name, count] of Object.entries(more)) held[name] = (held[name] ?? 0) + count;
}

/** Adds `more` to `held`, name by name, and gives it back. */
export function addCounts<Counts extends { [name in keyof Counts]: number }>(
  held: Counts,
  more: Readonly<Counts>,
): Counts {
  addInto(held, more);
  return held;
}
