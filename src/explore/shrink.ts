/** Makes a failing plan small: the same property must still break, or the same kind of failure show. */
import { LIVENESS } from '../check/liveness.ts';
import type { Protocol } from '../check/protocol.ts';
import type { Plan } from '../scenario/plan.ts';
import { smallerWorlds } from './afresh.ts';
import type { Execution } from './execution.ts';
import type { PlanSource } from './generate.ts';
import type { ShrinkReport } from './report.ts';
import { type Moves, ShrinkSearch } from './shrink-search.ts';
import { explicitSchedule, lessOfEverything, type Method, simplerPlans } from './simplify.ts';
import type { Threads } from './trial.ts';

export interface ShrinkBudget {
  /** Work on all candidates together: events, and a fixed part for each run. The same budget gives the same result everywhere. */
  readonly workMax?: number;
  readonly signal?: AbortSignal;
  /** Where other plans of the same campaign come from: one of them may fail in the same way sooner. */
  readonly source?: PlanSource;
  /** Where candidates are tried: in this thread, unless told otherwise. */
  readonly threads?: Threads;
  /** Other threads of the process are at work on something else. */
  readonly besideOthers?: boolean;
  /** Run candidates strictly: for failures that only strict mode sees. */
  readonly strict?: boolean;
}

export interface Shrunk {
  readonly plan: Plan;
  /** The run of `plan`. */
  readonly execution: Execution;
  readonly report: ShrinkReport;
}

/** A story that takes no more handlers than this is short enough. */
const HANDLERS_ENOUGH = 20;
/** Shares of the budget by which smaller worlds must have been drawn, and what came of them told. */
const ROUNDS = [
  [0.35, 0.5],
  [0.65, 0.75],
  [0.9, 1],
] as const;

/**
 * The smallest plan found that fails as `plan` does. Less of everything first, then an explicit schedule, message by message. Where that
 * leaves a long story, the same is begun again from smaller worlds, in which other accidents lead to the same failure.
 * @param execution the run of `plan`, which failed.
 */
export async function shrinkPlan(
  protocol: Protocol,
  plan: Plan,
  execution: Execution,
  budget: ShrinkBudget = {},
): Promise<Shrunk> {
  const search = new ShrinkSearch(protocol, plan, execution, budget);
  const simpler =
    (method: Method): Moves =>
    ({ value, context }) =>
      simplerPlans(protocol, value, context, search, method);
  const less = simpler({ ...lessOfEverything, otherSeeds: 0 });
  const lessUnderOtherSeeds = simpler(lessOfEverything);
  const explicit = simpler(explicitSchedule);

  if (execution.violation?.property === LIVENESS) {
    // What is decided message by message is no calm: liveness is owed in none of these.
    await search.descend(lessUnderOtherSeeds, 1);
    return search.result();
  }
  await search.descend(less, 0.1);
  await search.descendByStory(explicit, 0.15);
  let beginning = search.original;
  for (const [round, [drawn, told]] of ROUNDS.entries()) {
    if (search.shortestStory <= HANDLERS_ENOUGH) break;
    search.beginAgain(beginning);
    await search.descendByEvents(smallerWorlds(search, round, budget.source), drawn);
    await search.descend(less, (drawn + told) / 2);
    beginning = search.current;
    await search.descend(lessUnderOtherSeeds, (drawn + told) / 2);
    await search.descendByStory(explicit, told);
  }
  return search.result();
}
