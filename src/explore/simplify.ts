/**
 * Simpler plans than a given one, in the order in which they are worth trying: what fast-check's shrinking walks through.
 *
 * Simplification goes through stages, the cheap and effective ones first; a plan that still fails goes on where its parent was, and when
 * the last stage is done and anything was gained, through all stages again. That is what the context remembers.
 *
 * Leaving something out shifts the random numbers of what is left, and with them the accident that made the failure. So when nothing
 * more can be left out, every simplification is tried again under a few other seeds: where the failure only needs some luck, it is found.
 */
import { Stream, Value } from 'fast-check';
import type { Protocol } from '../check/protocol.ts';
import { PLAN_FORMAT, type Plan } from '../scenario/plan.ts';
import { fewerKindsOfCalls } from './simplify-calls.ts';
import { earlierEnds } from './simplify-end.ts';
import { plainerFaults } from './simplify-faults.ts';
import { fewerNodes } from './simplify-nodes.ts';
import { plainerWorlds, usualOptions } from './simplify-world.ts';

/** What is known about a plan that fails: when it did. */
export interface Hints {
  /** True time at which the failure showed, for a plan that was run. */
  failedAt(plan: Plan): number | undefined;
  /** Nothing more is to be tried. */
  readonly exhausted: boolean;
}

const noHints: Hints = { failedAt: () => undefined, exhausted: false };

interface Position {
  readonly stage: number;
  /** Where in a list: the size of the chunk that was removed, and its place. */
  readonly size: number;
  readonly index: number;
  /** Something was gained since the first stage. */
  readonly gained: boolean;
  /** How many other seeds each simplification is tried under. */
  readonly seeds: number;
}

const OTHER_SEEDS = 4;

const start: Position = { stage: 0, size: 0, index: 0, gained: false, seeds: 0 };

type Step = readonly [plan: Plan, size: number, index: number];
type Stage = (plan: Plan, protocol: Protocol, hints: Hints, position: Position) => Iterable<Step>;

const stages: readonly Stage[] = [
  (plan, _protocol, hints) => steps(earlierEnds(plan, hints.failedAt(plan))),
  (plan, _protocol, _hints, position) => without('faults', plan, position),
  (plan) => steps(fewerKindsOfCalls(plan)),
  (plan, _protocol, _hints, position) => without('calls', plan, position),
  (plan, _protocol, hints) => steps(earlierEnds(plan, hints.failedAt(plan))),
  (plan, _protocol, _hints, position) => without('overrides', plan, position),
  (plan) => steps(fewerNodes(plan)),
  (plan, protocol) => steps(plainerWorlds(plan, protocol)),
  (plan, protocol) => steps(usualOptions(plan, protocol)),
  (plan) => steps(plainerFaults(plan)),
];

export const isPlan = (value: unknown): value is Plan =>
  typeof value === 'object' && value !== null && (value as { format?: unknown }).format === PLAN_FORMAT;

/** What fast-check's shrinking tries next, lazily. `context` is what came with the plan from an earlier call. */
export const simplerPlans = (
  protocol: Protocol,
  plan: Plan,
  context: unknown,
  hints: Hints = noHints,
): Stream<Value<Plan>> => new Stream(candidates(protocol, plan, (context as Position | undefined) ?? start, hints));

function* candidates(protocol: Protocol, plan: Plan, from: Position, hints: Hints): Generator<Value<Plan>> {
  yield* round(protocol, plan, from, stages.length, hints);
  // Removing a call may make a fault superfluous and the other way round: once more, but only up to where this plan came from.
  if (from.gained) yield* round(protocol, plan, { ...start, seeds: from.seeds }, from.stage + 1, hints);
  if (from.seeds === 0) yield* candidates(protocol, plan, { ...start, seeds: OTHER_SEEDS }, hints);
}

function* round(protocol: Protocol, plan: Plan, from: Position, end: number, hints: Hints): Generator<Value<Plan>> {
  for (let stage = from.stage; stage < end; stage++) {
    const position = stage === from.stage ? from : start;
    for (const [simpler, size, index] of (stages[stage] as Stage)(plan, protocol, hints, position)) {
      const context: Position = { stage, size, index, gained: true, seeds: from.seeds };
      for (let other = 0; other <= from.seeds; other++) {
        if (hints.exhausted) return;
        yield new Value(other === 0 ? simpler : { ...simpler, seed: otherSeed(plan.seed, other) }, context);
      }
    }
  }
}

/** `17` gives `17~1`, `17~2`, ...; these give further ones, never themselves. */
function otherSeed(seed: string, other: number): string {
  const [word, before = '0'] = seed.split(/~(?=\d+$)/) as [string, string?];
  return `${word}~${Number(before) + other}`;
}

function* steps(plans: Iterable<Plan>): Generator<Step> {
  for (const plan of plans) yield [plan, 0, 0];
}

/** Leaves out ever smaller chunks of a list: all, halves, quarters, ..., single items. Goes on at the chunk that was last left out. */
function* without(list: 'faults' | 'calls' | 'overrides', plan: Plan, position: Position): Generator<Step> {
  const items: readonly unknown[] = plan[list];
  if (items.length === 0) return;
  let size = position.size === 0 ? items.length : Math.min(position.size, items.length);
  let index = position.size === 0 ? 0 : position.index;
  for (; size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (; index < items.length; index += size) {
      yield [{ ...plan, [list]: [...items.slice(0, index), ...items.slice(index + size)] }, size, index];
    }
    index = 0;
  }
}
