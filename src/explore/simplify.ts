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
import type { Micros } from '../sim/protocol.ts';
import type { Execution } from './execution.ts';
import { type Schedule, scheduleOf } from './schedule.ts';
import { fewerKindsOfCalls } from './simplify-calls.ts';
import { lessCalm } from './simplify-calm.ts';
import { earlierEnds } from './simplify-end.ts';
import { withoutEpisode } from './simplify-episode.ts';
import { plainerFaults } from './simplify-faults.ts';
import { fewerNodes } from './simplify-nodes.ts';
import {
  explicitSchedules,
  isTiming,
  overridden,
  removable,
  sooner,
  withoutBystanders,
  withoutStaleOverrides,
} from './simplify-schedule.ts';
import { plainerWorlds, usualOptions } from './simplify-world.ts';

/** What is known about plans that were run and failed. */
export interface Hints {
  executionOf(plan: Plan): Execution | undefined;
  /** Nothing more is to be tried. */
  readonly exhausted: boolean;
}

const noHints: Hints = { executionOf: () => undefined, exhausted: false };

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

const start: Position = { stage: 0, size: 0, index: 0, gained: false, seeds: 0 };

type Step = readonly [plan: Plan, size: number, index: number];
type Stage = (plan: Plan, protocol: Protocol, hints: Hints, position: Position) => Iterable<Step>;

/** A way of making plans smaller. */
export interface Method {
  readonly stages: readonly Stage[];
  /** Seeds that each simplification is tried under when nothing is gained under the plan's own. */
  readonly otherSeeds: number;
}

const shorter: Stage = (plan, _protocol, hints) => steps(earlierEnds(plan, failedAt(hints.executionOf(plan))));
const fewerFaults: Stage = (plan, _protocol, _hints, position) => without('faults', plan, position);
const fewerCalls: Stage = (plan, _protocol, _hints, position) => without('calls', plan, position);
const fewerParticipants: Stage = (plan) => steps(fewerNodes(plan));

const plainerWorld: Stage = (plan, protocol) => steps(plainerWorlds(plan, protocol));

/** Less of everything: time, faults, calls, nodes; and what remains as usual as can be. */
export const lessOfEverything: Method = {
  stages: [
    shorter,
    (plan) => steps(lessCalm(plan)),
    fewerFaults,
    (plan) => steps(fewerKindsOfCalls(plan)),
    fewerCalls,
    shorter,
    fewerParticipants,
    plainerWorld,
    (plan, protocol) => steps(usualOptions(plan, protocol)),
    (plan) => steps(plainerFaults(plan)),
  ],
  otherSeeds: 4,
};

/** When the failure was complete: nothing after it can have mattered. What clients were told is judged at the end, and went wrong before. */
export function failedAt(execution: Execution | undefined): Micros | undefined {
  const times = (execution?.violation?.facts ?? []).flatMap(({ at }) => (at === undefined ? [] : [at]));
  if (execution?.violation?.oracle === 'client' && times.length > 0) return Math.max(...times);
  return execution?.violation?.at ?? execution?.failure?.at;
}

/** A stage that needs to know what became of messages and timers; nothing for a plan whose run is not known. */
const scheduled =
  (stage: (plan: Plan, schedule: Schedule, position: Position) => Iterable<Step>): Stage =>
  (plan, protocol, hints, position) => {
    const execution = hints.executionOf(plan);
    return execution === undefined ? [] : stage(plan, scheduleOf(protocol, plan, execution), position);
  };

/** An explicit schedule, message by message; then less of that, and of what it makes superfluous. */
export const explicitSchedule: Method = {
  stages: [
    scheduled((plan, schedule) => steps(explicitSchedules(plan, schedule))),
    plainerWorld,
    scheduled(withoutEpisodes),
    scheduled((plan, schedule) => steps(withoutBystanders(plan, schedule))),
    scheduled(withoutDeliveries),
    scheduled((plan, schedule) => steps(sooner(plan, schedule))),
    shorter,
    fewerFaults,
    fewerCalls,
    fewerParticipants,
    plainerWorld,
    scheduled((plan, schedule) => steps(withoutStaleOverrides(plan, schedule))),
    (plan, _protocol, _hints, position) => withoutTimings(plan, position),
  ],
  otherSeeds: 0,
};

export const isPlan = (value: unknown): value is Plan =>
  typeof value === 'object' && value !== null && (value as { format?: unknown }).format === PLAN_FORMAT;

/** What fast-check's shrinking tries next, lazily. `context` is what came with the plan from an earlier call. */
export const simplerPlans = (
  protocol: Protocol,
  plan: Plan,
  context: unknown,
  hints: Hints = noHints,
  method: Method = lessOfEverything,
): Stream<Value<Plan>> =>
  new Stream(candidates({ protocol, hints, method }, plan, (context as Position | undefined) ?? start));

interface Setting {
  readonly protocol: Protocol;
  readonly hints: Hints;
  readonly method: Method;
}

function* candidates(setting: Setting, plan: Plan, from: Position): Generator<Value<Plan>> {
  const { stages, otherSeeds } = setting.method;
  yield* round(setting, plan, from, stages.length);
  // Removing a call may make a fault superfluous and the other way round: once more, but only up to where this plan came from.
  if (from.gained) yield* round(setting, plan, { ...start, seeds: from.seeds }, from.stage + 1);
  if (from.seeds < otherSeeds) yield* candidates(setting, plan, { ...start, seeds: otherSeeds });
}

function* round(setting: Setting, plan: Plan, from: Position, end: number): Generator<Value<Plan>> {
  const { protocol, hints, method } = setting;
  for (let stage = from.stage; stage < end; stage++) {
    const position = stage === from.stage ? from : start;
    for (const [simpler, size, index] of (method.stages[stage] as Stage)(plan, protocol, hints, position)) {
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
function* without(list: 'faults' | 'calls', plan: Plan, position: Position): Generator<Step> {
  const items: readonly unknown[] = plan[list];
  for (const [size, index] of chunks(items.length, position)) {
    yield [{ ...plan, [list]: [...items.slice(0, index), ...items.slice(index + size)] }, size, index];
  }
}

/** Cuts ever shorter stretches of time out of the run, from one handler to another. */
function* withoutEpisodes(plan: Plan, schedule: Schedule, position: Position): Generator<Step> {
  const { times } = schedule;
  for (const [size, index] of chunks(times.length - 1, position)) {
    const from = times[index] as number;
    const to = times[Math.min(index + size, times.length - 1)] as number;
    if (to > from) yield [withoutEpisode(plan, schedule, from, to), size, index];
  }
}

/** Lets ever smaller chunks of messages be lost, and of timers stand still. */
function* withoutDeliveries(plan: Plan, schedule: Schedule, position: Position): Generator<Step> {
  const items = removable(plan, schedule);
  for (const [size, index] of chunks(items.length, position)) {
    yield [overridden(plan, items.slice(index, index + size)), size, index];
  }
}

/** Leaves messages and timers that are needed to the network and the protocol again, where it does not matter when they come. */
function* withoutTimings(plan: Plan, position: Position): Generator<Step> {
  const timings = plan.overrides.filter(isTiming);
  for (const [size, index] of chunks(timings.length, position)) {
    const gone = new Set(timings.slice(index, index + size));
    yield [{ ...plan, overrides: plan.overrides.filter((override) => !gone.has(override)) }, size, index];
  }
}

function* chunks(length: number, position: Position): Generator<readonly [size: number, index: number]> {
  if (length === 0) return;
  let size = position.size === 0 ? length : Math.min(position.size, length);
  let index = position.size === 0 ? 0 : position.index;
  for (; size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (; index < length; index += size) yield [size, index];
    index = 0;
  }
}
