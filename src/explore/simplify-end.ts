/** The same plan, over sooner. */
import type { Plan } from '../scenario/plan.ts';
import type { Micros } from '../sim/protocol.ts';
import { endingBeforeCalm } from './simplify-calm.ts';

/** @param failedAt when the failure showed, where that is known: nothing after it can have mattered. */
export function* earlierEnds(plan: Plan, failedAt: Micros | undefined): Generator<Plan> {
  const { until } = plan.limits;
  if (failedAt !== undefined && failedAt + 1 < until) {
    yield endingAt(plan, failedAt + 1);
    return;
  }
  // What is judged at the end of a run may be judged sooner.
  for (const part of [2, 4, 8]) {
    const end = until - Math.ceil(until / part);
    if (end > 0) yield endingAt(plan, end);
  }
}

/** What could only begin after the end is left out. */
export function endingAt(plan: Plan, until: Micros): Plan {
  const before = ({ at }: { readonly at?: Micros }): boolean => at === undefined || at <= until;
  return {
    ...endingBeforeCalm(plan, until),
    faults: plan.faults.filter(before),
    calls: plan.calls.filter(before),
    limits: { ...plan.limits, until },
    ...(plan.workload === undefined ? {} : { workload: { ...plan.workload, end: Math.min(plan.workload.end, until) } }),
  };
}
