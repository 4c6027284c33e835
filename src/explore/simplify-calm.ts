/** The same plan with less of a calm at its end: an earlier one, fewer calls in it, none. */
import type { Plan } from '../scenario/plan.ts';
import type { Micros } from '../sim/protocol.ts';

export function* lessCalm(plan: Plan): Generator<Plan> {
  const { calm } = plan;
  if (calm === undefined) return;
  yield withoutCalm(plan);
  for (const part of [2, 4, 8, 32]) {
    const at = calm.at - Math.ceil(calm.at / part);
    if (at < calm.at) yield calmFrom(plan, at);
  }
  if (calm.calls.length > 1) yield { ...plan, calm: { ...calm, calls: [] } };
  for (const index of calm.calls.keys()) yield { ...plan, calm: { ...calm, calls: calm.calls.toSpliced(index, 1) } };
}

function withoutCalm(plan: Plan): Plan {
  const { calm: _calm, ...rest } = plan;
  return rest;
}

/** What could only begin in the calm is left out; the calm lasts as long as before. */
function calmFrom(plan: Plan, at: Micros): Plan {
  const { calm, limits } = plan;
  if (calm === undefined) return plan;
  const before = (one: { readonly at?: Micros }): boolean => one.at === undefined || one.at < at;
  return {
    ...plan,
    faults: plan.faults.filter(before),
    calls: plan.calls.filter(before),
    calm: { ...calm, at },
    limits: { ...limits, until: limits.until - (calm.at - at) },
  };
}

/** The plan as it is when the run ends at `until`: without a calm that would begin later. */
export const endingBeforeCalm = (plan: Plan, until: Micros): Plan =>
  plan.calm !== undefined && plan.calm.at >= until ? withoutCalm(plan) : plan;
