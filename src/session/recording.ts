/** One run from its beginning to its end, kept so that any event of it can be gone back to. */
import { placedProperties, qualifiedName } from '../check/monitor.ts';
import type { Protocol } from '../check/protocol.ts';
import { type OpenRun, openRun } from '../explore/execute.ts';
import type { Execution } from '../explore/execution.ts';
import type { Plan } from '../scenario/plan.ts';
import type { Watch } from '../sim/observing.ts';
import { clone } from '../sim/plain.ts';
import type { NodeId } from '../sim/protocol.ts';
import type { Action } from '../sim/scheduler.ts';
import { Simulation } from '../sim/simulation.ts';
import type { TraceEvent, TraceSink } from '../sim/trace.ts';
import { Keyframes } from './keyframes.ts';

export interface RecordOptions {
  /** Only for what fails in strict mode alone; seeking is not strict. */
  readonly strict?: boolean;
  /** Gets every trace event while the run is recorded. */
  readonly sink: TraceSink;
}

/** How a property stands at a moment. */
export interface Standing {
  readonly name: string;
  readonly title: string;
  readonly kind: 'always' | 'sometimes';
  /** `always`: holds or is broken; `sometimes`: reached or not yet. */
  readonly state: 'holds' | 'broken' | 'reached' | 'pending';
  /** Why it is broken. */
  readonly sentence?: string;
  /** Where it was reached or broken. */
  readonly event?: number;
}

/**
 * A simulation that stands wherever it was last asked to; made when first needed. Nobody watches it: what properties find is known, and
 * they remember more than the nodes do.
 */
interface Seeker {
  simulation: Simulation | undefined;
  /** Long lists that it was given when it last went to a keyframe. */
  lists: readonly unknown[][];
}

export class Recording {
  readonly protocol: Protocol;
  readonly plan: Plan;
  /** Given up at the end, unless a verdict ended it: what it holds is large. */
  private run: OpenRun | undefined;
  private readonly keyframes = new Keyframes();
  /** Events that happened before the first keyframe: the nodes start. */
  private readonly opening: readonly TraceEvent[];
  /** Trace events of the last event so far. */
  private readonly closing: TraceEvent[] = [];
  private result: Execution | undefined = undefined;
  /** What was watched, and when goals were reached. */
  private readonly watches: readonly Watch[];
  private readonly seeker: Seeker = { simulation: undefined, lists: [] };
  /** Behind the other one: what changes is seen by looking twice, and going back costs much more than going on. */
  private readonly follower: Seeker = { simulation: undefined, lists: [] };
  /** Tells a stretch again, event by event; made when first needed. */
  private teller: { readonly simulation: Simulation; events: TraceEvent[] } | undefined = undefined;

  /** The nodes have started, and nothing more has happened: `record` goes on. */
  constructor(protocol: Protocol, plan: Plan, { strict = false, sink }: RecordOptions) {
    this.protocol = protocol;
    this.plan = plan;
    const opening: TraceEvent[] = [];
    const { closing } = this;
    let isOpening = true;
    const run = openRun(protocol, plan, {
      strict,
      sink: (event) => {
        if (isOpening) opening.push(event);
        if (closing[0]?.event !== event.event) closing.length = 0;
        closing.push(event);
        sink(event);
      },
    });
    isOpening = false;
    this.opening = opening;
    this.run = run;
    const { simulation } = run;
    this.watches = simulation.watches;
    this.keyframes.add(simulation.event, simulation.snapshot(false));
  }

  /** Records up to so many events more. */
  record(events: number = Number.POSITIVE_INFINITY): this {
    const { keyframes, run } = this;
    if (run === undefined) return this;
    const { simulation } = run;
    const end = simulation.event + events;
    while (!this.isOver && simulation.event < end) {
      if (!simulation.advanceTo(Math.min(end, keyframes.due))) this.end(run);
      else if (simulation.event >= keyframes.due) {
        // Long runs only, and seldom. Else the first to go somewhere waits four times as long: code is cold, and long lists are made.
        if (keyframes.add(simulation.event, simulation.snapshot(false))) this.at(Math.floor(simulation.event / 2));
      }
    }
    return this;
  }

  private end(run: OpenRun): void {
    const result = run.outcome();
    this.result = result;
    if (result.violation !== undefined || result.failure !== undefined) return;
    this.run = undefined;
    for (const watch of this.watches) watch.memory = undefined;
  }

  /** Whether the run has been recorded to its end. */
  get isOver(): boolean {
    return this.result !== undefined;
  }

  /** What came of it; meaningful when it is over. */
  get outcome(): Execution {
    return this.result ?? (this.run as OpenRun).outcome();
  }

  /** The simulation as it was when all effects of `event` were committed. To be looked at: it is soon somewhere else. */
  at(event: number): Simulation {
    const last = this.result?.statistics.events ?? Number.POSITIVE_INFINITY;
    // A verdict may fall in the middle of an event's effects, which then remain what they are.
    if (event >= last && this.run !== undefined) return this.run.simulation;
    return this.move(this.seeker, Math.min(event, last));
  }

  private move(seeker: Seeker, event: number): Simulation {
    seeker.simulation ??= unwatched(this.protocol, this.plan);
    const { simulation } = seeker;
    const isNear = simulation.event <= event && simulation.event >= this.keyframes.eventBefore(event);
    if (!isNear) this.goToKeyframe(seeker, event);
    simulation.advanceTo(event);
    return simulation;
  }

  /** What the seeker has is given up for the keyframe; its long lists are filled with what is in the lists of the keyframe. */
  private goToKeyframe(seeker: Seeker, event: number): void {
    const used: unknown[][] = [];
    // From the first on, as they were filled: each gets what it had before, mostly.
    const snapshot = this.keyframes.snapshotBefore(event, { free: seeker.lists.toReversed(), used });
    seeker.simulation?.adopt(snapshot);
    seeker.lists = used;
  }

  /**
   * Trace events with ordinals from `first` to `last`, both included. Seeking keeps no trace of its own: when a message that is on its way
   * at `first` was sent is not known (its `cause` is), and views are told again.
   */
  eventsBetween(first: number, last: number): readonly TraceEvent[] {
    const end =
      this.run === undefined || this.result === undefined ? Number.POSITIVE_INFINITY : this.run.simulation.event;
    const isWithin = ({ event }: TraceEvent): boolean => event >= first && event <= last;
    const beginning = this.keyframes.eventBefore(0);
    return [
      ...this.opening.filter(isWithin),
      ...this.toldAgain(Math.max(first - 1, beginning), Math.min(last, end - 1)).filter(isWithin),
      ...(last >= end && end > beginning ? this.closing.filter(isWithin) : []),
    ];
  }

  /** Of the events after `from`, up to `to`. */
  private toldAgain(from: number, to: number): readonly TraceEvent[] {
    if (to <= from) return [];
    const snapshot = this.at(from).snapshot(false);
    const teller = this.tellingSimulation();
    teller.simulation.adopt(snapshot);
    teller.events = [];
    teller.simulation.advanceTo(to);
    return teller.events;
  }

  private tellingSimulation(): { readonly simulation: Simulation; events: TraceEvent[] } {
    if (this.teller !== undefined) return this.teller;
    const holder: { events: TraceEvent[] } = { events: [] };
    const simulation = unwatched(this.protocol, this.plan, (event) => holder.events.push(event));
    this.teller = Object.assign(holder, { simulation });
    return this.teller;
  }

  // --- Looking -------------------------------------------------------------------------------------------------------------------

  /** A copy of a node's state after `event`; undefined while it is down or in the middle of a handler. */
  stateAt(event: number, node: NodeId): unknown {
    const state = this.at(event).stateOf(node);
    return state === undefined ? undefined : clone(state);
  }

  /** Its state before `event`, or at the last of `earlier`, in order of time, where it could be seen. */
  stateBefore(event: number, node: NodeId, earlier: readonly number[]): unknown {
    const direct = this.stateBehind(event - 1, node);
    if (direct !== undefined) return direct;
    let found: unknown;
    for (const one of earlier) found = this.stateBehind(one, node) ?? found;
    return found;
  }

  private stateBehind(event: number, node: NodeId): unknown {
    const state = this.move(this.follower, Math.max(event, 0)).stateOf(node);
    return state === undefined ? undefined : clone(state);
  }

  /** A node's clocks after `event`, and by how much they run too fast. */
  clocksAt(event: number, node: NodeId): ReturnType<Simulation['clocksOf']> {
    return this.at(event).clocksOf(node);
  }

  /** The logs on a node's disk after `event`, be it up or down; of each so many of the newest entries. */
  logsAt(event: number, node: NodeId, newest?: number): ReturnType<Simulation['logsOf']> {
    return this.at(event).logsOf(node, newest);
  }

  /** What could happen next, in the order of time. */
  pendingAt(event: number): readonly Action[] {
    return this.at(event).pending();
  }

  /** Every property and goal, as it stands after `event`. */
  standingsAt(event: number): readonly Standing[] {
    const { violation } = this.isOver ? this.outcome : { violation: undefined };
    return placedProperties(this.protocol).map(({ path, property: { name, title, kind } }): Standing => {
      const qualified = qualifiedName(path, name);
      const watch = this.watches.find((one) => one.path === path && one.name === name);
      if (kind === 'sometimes') {
        const reached = watch?.reachedAt ?? -1;
        return reached < 0 || reached > event
          ? { name: qualified, title, kind, state: 'pending' }
          : { name: qualified, title, kind, state: 'reached', event: reached };
      }
      const isBroken =
        violation !== undefined &&
        violation.event <= event &&
        qualifiedName(violation.path, violation.property) === qualified;
      if (!isBroken) return { name: qualified, title, kind, state: 'holds' };
      return { name: qualified, title, kind, state: 'broken', sentence: violation.sentence, event: violation.event };
    });
  }

  get keyframeSize(): { readonly count: number; readonly bytes: number } {
    return this.keyframes.size;
  }
}

const unwatched = ({ roles }: Protocol, plan: Plan, sink?: TraceSink): Simulation =>
  new Simulation({ spec: plan, roles, observers: [], ...(sink === undefined ? {} : { sink }) });
