/** The search for a smaller plan: what is being searched for, the best so far, and what it has cost. */
import type { Value } from 'fast-check';
import type { Protocol } from '../check/protocol.ts';
import type { Plan } from '../scenario/plan.ts';
import { execute } from './execute.ts';
import { type Execution, signatureOf } from './execution.ts';
import { watched } from './pool-watchdog.ts';
import type { PlanSize } from './report.ts';
import { scheduleOf } from './schedule.ts';
import type { ShrinkBudget, Shrunk } from './shrink.ts';
import type { Hints } from './simplify.ts';

/** About ten seconds on one core. */
const WORK_MAX = 6_000_000;
/** What setting up a run costs, in events. */
export const WORK_PER_RUN = 250;
/** Nobody waits longer than this, whatever the work; only a protocol that is slow itself comes near. */
const CPU_SECONDS_MAX = 60;
/** A candidate that takes longer is no simplification. */
const CANDIDATE_MILLISECONDS = 10_000;
/** Ctrl-C and progress get through this often. */
const SLICE_MILLISECONDS = 50;

/** A plan that fails as it should, and its run. */
export interface Failing {
  readonly plan: Plan;
  readonly execution: Execution;
}

/** What is simpler than a plan, in the order in which it is worth trying. The context of a success is where its own moves begin. */
export type Moves = (from: Pick<Value<Plan>, 'value' | 'context'>) => Iterable<Value<Plan>>;

/** Whether a plan that fails as it should is to be taken. */
type Judge = (candidate: Failing) => boolean;

/** Compared from the first number on. */
type Cost = readonly number[];

export class ShrinkSearch implements Hints {
  private readonly protocol: Protocol;
  /** Where it began. */
  readonly original: Failing;
  private readonly signature: string | undefined;
  private readonly budget: ShrinkBudget;
  private readonly cpuBefore = process.cpuUsage();
  private readonly begunAt = performance.now();
  private readonly runs = new WeakMap<Plan, Execution>();
  /** Where the search is. */
  current: Failing;
  /** The plan with the shortest story so far. */
  private shortest: { readonly failing: Failing; readonly cost: Cost } | undefined;
  /** How much of the budget may be used by now. */
  private share = 1;
  private executions = 0;
  private work = 0;

  constructor(protocol: Protocol, plan: Plan, execution: Execution, budget: ShrinkBudget) {
    this.protocol = protocol;
    this.original = { plan, execution };
    this.signature = signatureOf(execution);
    this.budget = budget;
    this.current = this.original;
    this.runs.set(plan, execution);
  }

  executionOf(plan: Plan): Execution | undefined {
    return this.runs.get(plan);
  }

  get exhausted(): boolean {
    const { workMax = WORK_MAX, signal } = this.budget;
    return (
      this.work >= this.share * workMax || this.cpuSeconds >= this.share * CPU_SECONDS_MAX || (signal?.aborted ?? false)
    );
  }

  /** Handlers that the shortest story so far takes. */
  get shortestStory(): number {
    return this.shortest?.cost[0] ?? Number.POSITIVE_INFINITY;
  }

  beginAgain(from: Failing): void {
    this.current = from;
  }

  /** Takes whatever still fails, until no move is left or the share of the budget is used. */
  descend(moves: Moves, share: number): Promise<void> {
    return this.walk(moves, share, () => true);
  }

  /** Takes what fails after fewer events. */
  descendByEvents(moves: Moves, share: number): Promise<void> {
    return this.walk(
      moves,
      share,
      ({ execution }) => eventsUntilFailure(execution) < eventsUntilFailure(this.current.execution),
    );
  }

  /** Takes what has a shorter story. */
  async descendByStory(moves: Moves, share: number): Promise<void> {
    let lowest = this.lengthOfStory(this.current);
    await this.walk(moves, share, (candidate) => {
      const cost = this.lengthOfStory(candidate);
      if (!isLess(cost, lowest)) return false;
      lowest = cost;
      return true;
    });
    if (this.shortest === undefined || isLess(lowest, this.shortest.cost)) {
      this.shortest = { failing: this.current, cost: lowest };
    }
  }

  result(): Shrunk {
    const { plan, execution } = this.shortest?.failing ?? this.current;
    this.share = 1;
    return {
      plan,
      execution,
      report: {
        before: this.sizeOf(this.original),
        after: this.sizeOf({ plan, execution }),
        executions: this.executions,
        cpuSeconds: this.cpuSeconds,
        stoppedEarly: this.exhausted,
      },
    };
  }

  private async walk(moves: Moves, share: number, judge: Judge): Promise<void> {
    this.share = share;
    let from: Pick<Value<Plan>, 'value' | 'context'> | undefined = { value: this.current.plan, context: undefined };
    while (from !== undefined) from = await this.firstTaken(moves(from), judge);
  }

  private async firstTaken(candidates: Iterable<Value<Plan>>, judge: Judge): Promise<Value<Plan> | undefined> {
    const waiting = candidates[Symbol.iterator]();
    while (true) {
      // One watch over many candidates: it costs as much as a small run. One that hangs is left, and is none.
      const slice = watched(() => this.trySome(waiting, judge), CANDIDATE_MILLISECONDS);
      if (slice.ended && slice.value !== 'more') return slice.value === 'none' ? undefined : slice.value;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Tries candidates for a moment. */
  private trySome(waiting: Iterator<Value<Plan>>, judge: Judge): Value<Plan> | 'none' | 'more' {
    const pause = performance.now() + SLICE_MILLISECONDS;
    while (!this.exhausted) {
      const next = waiting.next();
      if (next.done === true) return 'none';
      if (this.isTaken(next.value.value, judge)) return next.value;
      if (performance.now() > pause) return 'more';
    }
    return 'none';
  }

  private isTaken(plan: Plan, judge: Judge): boolean {
    this.executions++;
    this.work += WORK_PER_RUN;
    const execution = tried(() => execute(this.protocol, plan, { strict: this.budget.strict ?? false }));
    if (execution === undefined) return false;
    this.work += execution.statistics.events;
    if (signatureOf(execution) !== this.signature) return false;
    const failing = { plan, execution };
    if (!judge(failing)) return false;
    this.current = failing;
    this.runs.set(plan, execution);
    return true;
  }

  /** What there is to tell, the weightiest first. */
  private lengthOfStory({ plan, execution }: Failing): Cost {
    const { faults, calls, nodes, overrides, limits } = plan;
    const { events } = execution.statistics;
    this.work += WORK_PER_RUN + 2 * events;
    return [
      scheduleOf(this.protocol, plan, execution).pastHandlers,
      faults.length + chances(plan),
      calls.length + nodes.length,
      events,
      overrides.length,
      limits.until,
    ];
  }

  private sizeOf({ plan, execution }: Failing): PlanSize {
    return {
      nodes: plan.nodes.length,
      faults: plan.faults.length,
      calls: plan.calls.length,
      overrides: plan.overrides.length,
      events: execution.statistics.events,
      handlers: scheduleOf(this.protocol, plan, execution).pastHandlers,
      untilMicros: plan.limits.until,
    };
  }

  /** Beside others the processor time of the process is everybody's: then it is the time that went by. */
  private get cpuSeconds(): number {
    if (this.budget.besideOthers === true) return (performance.now() - this.begunAt) / 1_000;
    const { user, system } = process.cpuUsage(this.cpuBefore);
    return (user + system) / 1_000_000;
  }
}

/** What clients were told is judged at the end of a run, and went wrong before. */
function eventsUntilFailure({ violation, statistics }: Execution): number {
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

function isLess(one: Cost, other: Cost): boolean {
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
