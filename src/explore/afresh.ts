/**
 * Smaller worlds, drawn afresh: what is left of a failing plan under other seeds, with fewer calls, faults and nodes, closer together.
 *
 * Simplifying step by step keeps the accident that made the failure, and gets stuck where every single thing that is left belongs to it.
 * Most failures have a shorter accident somewhere: small worlds run a thousand times a second, and a failure that is rare in a big world
 * is found again in a small one by asking often.
 */
import { Value } from 'fast-check';
import type { Plan } from '../scenario/plan.ts';
import type { Fault } from '../sim/faults.ts';
import type { Micros } from '../sim/protocol.ts';
import { Stream } from '../sim/random.ts';
import type { PlanSource } from './generate.ts';
import type { Moves } from './shrink-search.ts';
import { failedAt, type Hints } from './simplify.ts';
import { endingAt } from './simplify-end.ts';
import { fewerNodes } from './simplify-nodes.ts';
import { WORK_PER_RUN } from './trial.ts';

/** Given up after so much work without success. */
const PATIENCE_WORK = 600_000;

/** So many of a hundred worlds are none like the plan, but drawn as a campaign draws them: its luck may have been hard to come by. */
const NEW_PERCENT = 35;

/** Smaller worlds, until one of them should have been it: like the plan, or new ones from `source`. Other rounds draw others. */
export const smallerWorlds = (hints: Hints, round: number, source: PlanSource | undefined): Moves =>
  function* ({ value: plan, context }) {
    const execution = hints.executionOf(plan);
    const first = typeof context === 'number' ? context + 1 : 0;
    const tries = Math.ceil(PATIENCE_WORK / (WORK_PER_RUN + (execution?.statistics.events ?? 0)));
    for (let index = first; index < first + tries; index++) {
      const name = `${plan.seed.replace(/~.*$/, '')}~w${round}.${index}`;
      const random = new Stream(`${name}/afresh`);
      const like = source === undefined || random.below(100) >= NEW_PERCENT ? plan : source.plan(name);
      yield new Value({ ...smallerWorld(like, random, failedAt(execution) ?? plan.limits.until), seed: name }, index);
    }
  };

/** Of the calls, this part is kept. */
const KEPT_PERCENT = [90, 75, 50, 25, 10, 0];
/**
 * Of the time until the failure, this part is left. A failure comes about as often in an hour of small worlds as in an hour of big
 * ones, and is worth more: so the smallest are tried most.
 */
const TIME_PERCENT = [100, 100, 75, 50, 35, 25, 15, 10];

/** @param failedAt the smaller world is over by then. */
function smallerWorld(plan: Plan, random: Stream, failedAt: Micros): Plan {
  const chance = (percent: number): boolean => random.below(100) < percent;
  const pick = <T>(items: readonly T[]): T | undefined => items[items.length === 0 ? 0 : random.below(items.length)];
  const part = pick(TIME_PERCENT) as number;
  const end = Math.min(plan.limits.until, failedAt + 1);
  const sooner = Math.max(1, Math.floor((end / 100) * part));
  let smaller = chance(50) ? endingAt(plan, sooner) : closerTogether(endingAt(plan, end), part, sooner);
  if (chance(20)) smaller = pick([...fewerNodes(smaller)]) ?? smaller;
  if (chance(50)) {
    const kept = pick(KEPT_PERCENT) as number;
    smaller = { ...smaller, calls: smaller.calls.filter(() => chance(kept)) };
  }
  if (chance(30)) smaller = withoutOneFault(smaller, random);
  if (chance(30)) smaller = withOneFaultElsewhere(smaller, random);
  return smaller;
}

function withoutOneFault(plan: Plan, random: Stream): Plan {
  const { faults } = plan;
  return faults.length === 0 ? plan : { ...plan, faults: faults.toSpliced(random.below(faults.length), 1) };
}

/** Everything happens in this part of the time. */
function closerTogether(plan: Plan, percent: number, until: Micros): Plan {
  const sooner = (time: Micros): Micros => Math.floor((time / 100) * percent);
  return {
    ...plan,
    calls: plan.calls.map((call) => ({ ...call, at: sooner(call.at) })),
    faults: plan.faults.map((fault) => compressed(fault, sooner)),
    ...(plan.calm === undefined ? {} : { calm: { ...plan.calm, at: sooner(plan.calm.at) } }),
    limits: { ...plan.limits, until },
    ...(plan.workload === undefined ? {} : { workload: { ...plan.workload, end: Math.min(plan.workload.end, until) } }),
  };
}

function compressed(fault: Fault, sooner: (time: Micros) => Micros): Fault {
  return {
    ...fault,
    ...(fault.at === undefined ? {} : { at: sooner(fault.at) }),
    ...('for' in fault && fault.for !== undefined ? { for: Math.max(1, sooner(fault.for)) } : {}),
  } as Fault;
}

function withOneFaultElsewhere(plan: Plan, random: Stream): Plan {
  const timed = plan.faults.flatMap(({ at }, index) => (at === undefined ? [] : [index]));
  if (timed.length === 0) return plan;
  const index = timed[random.below(timed.length)] as number;
  const fault = plan.faults[index] as Fault;
  return { ...plan, faults: plan.faults.with(index, { ...fault, at: random.below(plan.limits.until) }) };
}
