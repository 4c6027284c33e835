/** Makes a failing plan small, by fast-check: the same property must still break, or the same kind of failure show. */
import { Arbitrary, asyncProperty, check, type Stream, Value } from 'fast-check';
import { LIVENESS } from '../check/liveness.ts';
import type { Protocol } from '../check/protocol.ts';
import type { Plan } from '../scenario/plan.ts';
import { execute } from './execute.ts';
import { type Execution, signatureOf } from './execution.ts';
import { watched } from './pool-watchdog.ts';
import type { PlanSize, ShrinkReport } from './report.ts';
import { scheduleOf } from './schedule.ts';
import { explicitSchedule, type Hints, isPlan, lessOfEverything, type Method, simplerPlans } from './simplify.ts';

export interface ShrinkBudget {
  /** Events of all candidates together; the same budget gives the same result everywhere. */
  readonly eventsMax?: number;
  /** Also stop after this much processor time, whatever was reached. */
  readonly cpuSecondsMax?: number;
  readonly signal?: AbortSignal;
  /** Run candidates strictly: for failures that only strict mode sees. */
  readonly strict?: boolean;
}

export interface Shrunk {
  readonly plan: Plan;
  /** The run of `plan`. */
  readonly execution: Execution;
  readonly report: ShrinkReport;
}

const EVENTS_MAX = 4_000_000;
const CPU_SECONDS_MAX = 20;
/** Shares of the budget that may be used before other seeds are tried, and before the schedule is made explicit. */
const BEFORE_SEEDS = 0.4;
const BEFORE_SCHEDULE = 0.6;
/** A candidate that takes longer is no simplification. */
const CANDIDATE_MILLISECONDS = 10_000;
/** Ctrl-C and progress get through this often. */
const YIELD_MILLISECONDS = 50;

/**
 * The smallest plan found that fails as `plan` does.
 * @param execution the run of `plan`, which failed.
 */
export async function shrinkPlan(
  protocol: Protocol,
  plan: Plan,
  execution: Execution,
  budget: ShrinkBudget = {},
): Promise<Shrunk> {
  const search = new Search(protocol, plan, execution, budget);
  await reduce(protocol, search, { ...lessOfEverything, otherSeeds: 0 }, BEFORE_SEEDS);
  await reduce(protocol, search, lessOfEverything, BEFORE_SCHEDULE);
  // What is decided message by message is no calm: liveness is owed in none of these.
  if (execution.violation?.property === LIVENESS) return search.result();
  search.alsoMind((candidate, execution) => lengthOfStory(protocol, candidate, execution));
  await reduce(protocol, search, explicitSchedule, 1);
  return search.result();
}

/** One descent of fast-check from the smallest plan so far, until so much of the budget is used. */
async function reduce(protocol: Protocol, search: Search, method: Method, budgetShare: number): Promise<void> {
  search.budgetShare = budgetShare;
  const { plan } = search.best;
  const arbitrary = new Shrinking(protocol, plan, search, method);
  await check(
    asyncProperty(arbitrary, (candidate) => search.passes(candidate)),
    { numRuns: 1, seed: 0 },
  );
}

/** Compared from the first number on. */
type Cost = readonly number[];

/** What there is to tell, the weightiest first. */
function lengthOfStory(protocol: Protocol, plan: Plan, execution: Execution): Cost {
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

/** In how many ways chance, or a clock, has a say. */
const chances = ({ network, disk, nodes }: Plan): number =>
  [
    network.lossPpm > 0,
    network.duplicationPpm > 0,
    network.latency.kind !== 'constant',
    disk.syncLatency.kind !== 'constant',
    nodes.some(({ clock }) => clock !== undefined),
  ].filter(Boolean).length;

function isLess(one: Cost, other: Cost): boolean {
  const place = one.findIndex((number, index) => number !== other[index]);
  return place >= 0 && (one[place] as number) < (other[place] as number);
}

/** What is being searched for, what was found, and what it has cost. */
class Search implements Hints {
  private readonly protocol: Protocol;
  private readonly original: Plan;
  private readonly signature: string | undefined;
  private readonly budget: ShrinkBudget;
  private readonly before: Execution;
  private readonly cpuBefore = process.cpuUsage();
  private readonly runs = new WeakMap<Plan, Execution>();
  best: { readonly plan: Plan; readonly execution: Execution };
  /** How much of the budget may be used by now. */
  budgetShare = 1;
  private cost: ((plan: Plan, execution: Execution) => Cost) | undefined;
  private lowest: Cost = [];
  private executions = 0;
  private events = 0;
  private yieldedAt = performance.now();

  constructor(protocol: Protocol, plan: Plan, execution: Execution, budget: ShrinkBudget) {
    this.protocol = protocol;
    this.original = plan;
    this.before = execution;
    this.signature = signatureOf(execution);
    this.budget = budget;
    this.best = { plan, execution };
    this.runs.set(plan, execution);
  }

  executionOf(plan: Plan): Execution | undefined {
    return this.runs.get(plan);
  }

  get exhausted(): boolean {
    const { eventsMax = EVENTS_MAX, cpuSecondsMax = CPU_SECONDS_MAX, signal } = this.budget;
    const share = this.budgetShare;
    return this.events >= share * eventsMax || this.cpuSeconds >= share * cpuSecondsMax || (signal?.aborted ?? false);
  }

  /** From now on a candidate must also cost less than the best one does. */
  alsoMind(cost: (plan: Plan, execution: Execution) => Cost): void {
    this.cost = cost;
    this.lowest = cost(this.best.plan, this.best.execution);
  }

  /** False where the candidate still fails as the original does: that is what fast-check shrinks towards. */
  async passes(candidate: Plan): Promise<boolean> {
    if (candidate === this.best.plan) return false;
    if (this.exhausted) return true;
    await this.letOthersIn();
    const execution = this.run(candidate);
    if (execution === undefined || signatureOf(execution) !== this.signature) return true;
    if (this.cost !== undefined) {
      const cost = this.cost(candidate, execution);
      if (!isLess(cost, this.lowest)) return true;
      this.lowest = cost;
    }
    this.best = { plan: candidate, execution };
    this.runs.set(candidate, execution);
    return false;
  }

  result(): Shrunk {
    const { plan, execution } = this.best;
    const report: ShrinkReport = {
      before: sizeOf(this.original, this.before),
      after: sizeOf(plan, execution),
      executions: this.executions,
      cpuSeconds: this.cpuSeconds,
      stoppedEarly: this.exhausted,
    };
    return { plan, execution, report };
  }

  private run(candidate: Plan): Execution | undefined {
    this.executions++;
    const execution = tried(() =>
      watched(() => execute(this.protocol, candidate, { strict: this.budget.strict ?? false }), CANDIDATE_MILLISECONDS),
    );
    if (execution === undefined || !execution.ended) return undefined;
    this.events += execution.value.statistics.events;
    return execution.value;
  }

  private async letOthersIn(): Promise<void> {
    if (performance.now() - this.yieldedAt < YIELD_MILLISECONDS) return;
    await new Promise((resolve) => setImmediate(resolve));
    this.yieldedAt = performance.now();
  }

  private get cpuSeconds(): number {
    const { user, system } = process.cpuUsage(this.cpuBefore);
    return (user + system) / 1_000_000;
  }
}

/** Simplifications may go too far (a protocol that cannot be without some role, say): those are none. */
function tried<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/** Gives fast-check the failing plan as the only value, and what is simpler than it. */
class Shrinking extends Arbitrary<Plan> {
  private readonly protocol: Protocol;
  private readonly plan: Plan;
  private readonly hints: Hints;
  private readonly method: Method;

  constructor(protocol: Protocol, plan: Plan, hints: Hints, method: Method) {
    super();
    this.protocol = protocol;
    this.plan = plan;
    this.hints = hints;
    this.method = method;
  }

  override generate(): Value<Plan> {
    return new Value(this.plan, undefined);
  }

  override canShrinkWithoutContext(value: unknown): value is Plan {
    return isPlan(value);
  }

  override shrink(plan: Plan, context: unknown): Stream<Value<Plan>> {
    return simplerPlans(this.protocol, plan, context, this.hints, this.method);
  }
}

const sizeOf = (plan: Plan, execution: Execution): PlanSize => ({
  nodes: plan.nodes.length,
  faults: plan.faults.length,
  calls: plan.calls.length,
  overrides: plan.overrides.length,
  events: execution.statistics.events,
  untilMicros: plan.limits.until,
});
