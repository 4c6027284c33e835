/** The search for a smaller plan: what is being searched for, the best so far, and what it has cost. */
import type { Value } from 'fast-check';
import type { Protocol } from '../check/protocol.ts';
import type { Plan } from '../scenario/plan.ts';
import { type Execution, signatureOf } from './execution.ts';
import type { PlanSize } from './report.ts';
import { scheduleOf } from './schedule.ts';
import type { ShrinkBudget, Shrunk } from './shrink.ts';
import type { Hints } from './simplify.ts';
import {
  type Cost,
  eventsUntilFailure,
  type Failing,
  isLess,
  lengthOfStory,
  type Question,
  type Threads,
  type Trial,
  thisThread,
  WORK_PER_RUN,
  workOfTelling,
} from './trial.ts';

/** About ten seconds on one core. */
const WORK_MAX = 6_000_000;
/**
 * Nobody waits longer than this, whatever the work; only a protocol that is slow itself comes near. Some seconds are free, for threads
 * that are still cold and machines that are busy: what is found must not hang on them.
 */
const CPU_SECONDS_MAX = 60;
const CPU_SECONDS_FREE = 10;
/** Candidates are handed to a thread together as long as they make about so much work, some hundredths of a second. */
const WORK_TOGETHER = 30_000;
const TOGETHER_MAX = 16;

/** What is simpler than a plan, in the order in which it is worth trying. The context of a success is where its own moves begin. */
export type Moves = (from: Pick<Value<Plan>, 'value' | 'context'>) => Iterable<Value<Plan>>;

/** Candidates at work in some thread. */
interface Attempt {
  readonly candidates: readonly Value<Plan>[];
  readonly trials: Promise<readonly Trial[]>;
}

export class ShrinkSearch implements Hints {
  private readonly protocol: Protocol;
  /** Where it began. */
  readonly original: Failing;
  private readonly signature: string | undefined;
  private readonly budget: ShrinkBudget;
  private readonly here: Threads;
  private readonly threads: Threads;
  private readonly cpuBefore = process.cpuUsage();
  private readonly begunAt = performance.now();
  private readonly runs = new WeakMap<Plan, Execution>();
  /** Where the search is. */
  current: Failing;
  /** The plan with the shortest story so far. */
  private shortest: { readonly failing: Failing; readonly cost: Cost } | undefined = undefined;
  /** How much of the budget may be used by now. */
  private share = 1;
  private executions = 0;
  private work = 0;

  constructor(protocol: Protocol, plan: Plan, execution: Execution, budget: ShrinkBudget) {
    this.protocol = protocol;
    this.original = { plan, execution };
    this.signature = signatureOf(execution);
    this.budget = budget;
    this.here = thisThread(protocol);
    this.threads = budget.threads ?? this.here;
    this.current = this.original;
    this.runs.set(plan, execution);
  }

  executionOf(plan: Plan): Execution | undefined {
    return this.runs.get(plan);
  }

  get exhausted(): boolean {
    const { workMax = WORK_MAX, signal } = this.budget;
    const secondsMax = this.threads.count * (CPU_SECONDS_FREE + this.share * CPU_SECONDS_MAX);
    return this.work >= this.share * workMax || this.cpuSeconds >= secondsMax || (signal?.aborted ?? false);
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
    return this.walk(moves, share, () => ({}));
  }

  /** Takes what fails after fewer events. */
  descendByEvents(moves: Moves, share: number): Promise<void> {
    return this.walk(moves, share, () => ({ eventsBelow: eventsUntilFailure(this.current.execution) }));
  }

  /** Takes what has a shorter story. */
  async descendByStory(moves: Moves, share: number): Promise<void> {
    let lowest = lengthOfStory(this.protocol, this.current);
    this.work += workOfTelling(this.current.execution);
    await this.walk(
      moves,
      share,
      () => ({ storyBelow: lowest }),
      (cost) => {
        lowest = cost;
      },
    );
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

  private async walk(
    moves: Moves,
    share: number,
    demand: () => Pick<Question, 'eventsBelow' | 'storyBelow'>,
    onCost?: (cost: Cost) => void,
  ): Promise<void> {
    this.share = share;
    const { signature, budget } = this;
    let from: Pick<Value<Plan>, 'value' | 'context'> | undefined = { value: this.current.plan, context: undefined };
    while (from !== undefined) {
      const question = { signature, strict: budget.strict ?? false, ...demand() };
      from = await this.firstTaken(moves(from), question, onCost);
    }
  }

  /**
   * The first candidate that is taken. Those after it that threads have tried meanwhile are forgotten, and cost nothing of the budget: the
   * result is the same for any number of threads.
   */
  private async firstTaken(
    moves: Iterable<Value<Plan>>,
    question: Question,
    onCost: ((cost: Cost) => void) | undefined,
  ): Promise<Value<Plan> | undefined> {
    const waiting = moves[Symbol.iterator]();
    const underWay: Attempt[] = [];
    for (let attempts = 0; !this.exhausted; attempts++) {
      this.tryAhead(waiting, underWay, question, attempts);
      const attempt = underWay.shift();
      if (attempt === undefined) return undefined;
      for (const [place, { work, taken }] of (await attempt.trials).entries()) {
        if (this.exhausted) return undefined;
        this.executions++;
        this.work += work;
        if (taken === undefined) continue;
        const candidate = attempt.candidates[place] as Value<Plan>;
        this.current = { plan: candidate.value, execution: taken.execution };
        this.runs.set(candidate.value, taken.execution);
        if (taken.cost !== undefined) onCost?.(taken.cost);
        return candidate;
      }
    }
    return undefined;
  }

  /**
   * Hands out candidates until every thread is busy, and one attempt more where there are several. What is handed out together
   * grows with the attempts that were in vain: where every other candidate is taken, most of what is tried ahead is tried for nothing.
   */
  private tryAhead(
    waiting: Iterator<Value<Plan>>,
    underWay: Attempt[],
    question: Question,
    attemptsInVain: number,
  ): void {
    const threads = this.work < this.threads.afterWork ? this.here : this.threads;
    const { count } = threads;
    const work = WORK_PER_RUN + this.current.execution.statistics.events;
    const together = Math.max(1, Math.min(TOGETHER_MAX, Math.floor(WORK_TOGETHER / work)));
    while (underWay.length < (count === 1 ? 1 : count + 1)) {
      const candidates = firstOf(waiting, count === 1 ? together : Math.min(together, 1 + attemptsInVain));
      if (candidates.length === 0) return;
      const trials = threads.try(
        candidates.map(({ value }) => value),
        question,
      );
      // Nobody waits for what comes after a candidate that is taken.
      trials.catch(() => {});
      underWay.push({ candidates, trials });
    }
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

function firstOf<T>(items: Iterator<T>, count: number): readonly T[] {
  const taken: T[] = [];
  while (taken.length < count) {
    const next = items.next();
    if (next.done === true) break;
    taken.push(next.value);
  }
  return taken;
}
