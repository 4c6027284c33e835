/** Candidates of the search for a smaller plan, run and judged: the same in every thread. */
import type { Protocol } from '../check/protocol.ts';
import type { Plan } from '../scenario/plan.ts';
import { execute } from './execute.ts';
import { type Execution, signatureOf } from './execution.ts';
import { watched } from './pool-watchdog.ts';
import { scheduleOf } from './schedule.ts';

/** What setting up a run costs, in events. */
export const WORK_PER_RUN = 250;
/** A candidate that takes longer is no simplification. */
const CANDIDATE_MILLISECONDS = 10_000;

/** A plan that fails as it should, and its run. */
export interface Failing {
  readonly plan: Plan;
  readonly execution: Execution;
}

/** What there is to tell, the weightiest first. Compared from the first number on. */
export type Cost = readonly number[];

/** What a candidate must be to be taken. */
export interface Question {
  readonly signature: string | undefined;
  readonly strict: boolean;
  /** Its failure is complete after fewer events. */
  readonly eventsBelow?: number;
  /** Its story is shorter. */
  readonly storyBelow?: Cost;
}

export interface Trial {
  /** In events. The same plan gives the same work everywhere. */
  readonly work: number;
  /** Absent where the candidate is not taken. */
  readonly taken?: { readonly execution: Execution; readonly cost?: Cost };
}

/** Where candidates are tried. */
export interface Threads {
  readonly count: number;
  /** Before so much work is done the searching thread tries alone: threads begin cold, and most searches are over by then. */
  readonly afterWork: number;
  /** Tries plans in order, until one is taken: as many trials as plans were tried. */
  try(plans: readonly Plan[], question: Question): Promise<readonly Trial[]>;
}

export const thisThread = (protocol: Protocol): Threads => ({
  count: 1,
  afterWork: 0,
  try: async (plans, question) => {
    const trials = tryInOrder(protocol, plans, question);
    // Ctrl-C and progress get through here.
    await new Promise((resolve) => setImmediate(resolve));
    return trials;
  },
});

/** Tries plans until one is taken. */
export function tryInOrder(protocol: Protocol, plans: readonly Plan[], question: Question): readonly Trial[] {
  const trials: Trial[] = [];
  const isDone = (): boolean => trials.length === plans.length || trials.at(-1)?.taken !== undefined;
  while (!isDone()) {
    // One watch over many candidates: it costs as much as a small run. One that hangs is left, and is none.
    const slice = watched(() => {
      while (!isDone()) trials.push(tryPlan(protocol, plans[trials.length] as Plan, question));
    }, CANDIDATE_MILLISECONDS);
    if (!slice.ended) trials.push({ work: WORK_PER_RUN });
  }
  return trials;
}

function tryPlan(protocol: Protocol, plan: Plan, { signature, strict, eventsBelow, storyBelow }: Question): Trial {
  const execution = tried(() => execute(protocol, plan, { strict }));
  if (execution === undefined) return { work: WORK_PER_RUN };
  const { events } = execution.statistics;
  const work = WORK_PER_RUN + events;
  if (signatureOf(execution) !== signature) return { work };
  if (eventsBelow !== undefined && eventsUntilFailure(execution) >= eventsBelow) return { work };
  if (storyBelow === undefined) return { work, taken: { execution } };
  const cost = lengthOfStory(protocol, { plan, execution });
  const told = work + workOfTelling(execution);
  return isLess(cost, storyBelow) ? { work: told, taken: { execution, cost } } : { work: told };
}

/** Following a story costs about two more runs. */
export const workOfTelling = ({ statistics }: Execution): number => WORK_PER_RUN + 2 * statistics.events;

export function lengthOfStory(protocol: Protocol, { plan, execution }: Failing): Cost {
  const { faults, calls, nodes, overrides, limits } = plan;
  return [
    scheduleOf(protocol, plan, execution).pastHandlers,
    faults.length + chances(plan),
    calls.length + nodes.length,
    execution.statistics.events,
    overrides.length,
    limits.until,
  ];
}

/** What clients were told is judged at the end of a run, and went wrong before. */
export function eventsUntilFailure({ violation, statistics }: Execution): number {
  if (violation?.oracle !== 'client' || violation.facts.length === 0) return statistics.events;
  return Math.max(...violation.facts.map(({ event }) => event));
}

/** In how many ways chance, or a clock, has a say. */
const chances = ({ network, disk, nodes }: Plan): number =>
  [
    network.lossPpm > 0,
    network.duplicationPpm > 0,
    network.latency.kind !== 'constant',
    disk.syncLatency.kind !== 'constant',
    nodes.some(({ clock }) => clock !== undefined),
  ].filter(Boolean).length;

export function isLess(one: Cost, other: Cost): boolean {
  const place = one.findIndex((number, index) => number !== other[index]);
  return place >= 0 && (one[place] as number) < (other[place] as number);
}

/** Simplifications may go too far (a protocol that cannot be without some role, say): those are none. */
function tried<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
