/** One run from its beginning to its end, kept so that any event of it can be gone back to. */
import { placedProperties, qualifiedName } from '../check/monitor.ts';
import type { Protocol } from '../check/protocol.ts';
import { type OpenRun, openRun } from '../explore/execute.ts';
import type { Execution } from '../explore/execution.ts';
import type { Plan } from '../scenario/plan.ts';
import { clone } from '../sim/plain.ts';
import type { NodeId } from '../sim/protocol.ts';
import type { Action } from '../sim/scheduler.ts';
import type { Simulation } from '../sim/simulation.ts';
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

export class Recording {
  readonly protocol: Protocol;
  readonly plan: Plan;
  private readonly run: OpenRun;
  private readonly keyframes = new Keyframes();
  /** Events that happened before the first keyframe: the nodes start. */
  private readonly opening: readonly TraceEvent[];
  /** Whether the run has been recorded to its end. */
  isOver = false;
  private result: Execution | undefined;
  /** Stands wherever it was last asked to; made when first needed. */
  private seeker: Simulation | undefined;
  /** Tells a stretch again, event by event; made when first needed. */
  private teller: { readonly simulation: Simulation; events: TraceEvent[] } | undefined;

  /** The nodes have started, and nothing more has happened: `record` goes on. */
  constructor(protocol: Protocol, plan: Plan, { strict = false, sink }: RecordOptions) {
    this.protocol = protocol;
    this.plan = plan;
    const opening: TraceEvent[] = [];
    let isOpening = true;
    this.run = openRun(protocol, plan, {
      strict,
      sink: (event) => {
        if (isOpening) opening.push(event);
        sink(event);
      },
    });
    isOpening = false;
    this.opening = opening;
    const { simulation } = this.run;
    this.keyframes.add(simulation.event, simulation.snapshot());
  }

  /** Records up to so many events more. */
  record(events: number = Number.POSITIVE_INFINITY): this {
    const { keyframes, run } = this;
    const { simulation } = run;
    const end = simulation.event + events;
    while (!this.isOver && simulation.event < end) {
      this.isOver = !simulation.advanceTo(Math.min(end, keyframes.due));
      if (simulation.event >= keyframes.due) keyframes.add(simulation.event, simulation.snapshot());
    }
    return this;
  }

  /** What came of it, once it is over. */
  get outcome(): Execution {
    if (!this.isOver) return this.run.outcome();
    this.result ??= this.run.outcome();
    return this.result;
  }

  /** The simulation as it was when all effects of `event` were committed. */
  at(event: number): Simulation {
    this.seeker ??= openRun(this.protocol, this.plan).simulation;
    const { seeker } = this;
    const isNear = seeker.event <= event && seeker.event >= this.keyframes.eventBefore(event);
    if (!isNear) seeker.restore(this.keyframes.snapshotBefore(event));
    seeker.advanceTo(event);
    return seeker;
  }

  /**
   * Trace events with ordinals from `first` to `last`, both included. Seeking keeps no trace of its own: when a message that is on its way
   * at `first` was sent is not known (its `cause` is), and views are told again.
   */
  eventsBetween(first: number, last: number): readonly TraceEvent[] {
    const beginning = this.keyframes.eventBefore(0);
    const early = this.opening.filter(({ event }) => event >= first && event <= last);
    if (last <= beginning) return early;
    const snapshot = this.at(Math.max(first - 1, beginning)).snapshot();
    const teller = this.tellingSimulation();
    teller.simulation.restore(snapshot);
    teller.events = [...early];
    teller.simulation.advanceTo(last);
    return teller.events.filter(({ event }) => event >= first && event <= last);
  }

  private tellingSimulation(): { readonly simulation: Simulation; events: TraceEvent[] } {
    if (this.teller !== undefined) return this.teller;
    const holder: { events: TraceEvent[] } = { events: [] };
    const { simulation } = openRun(this.protocol, this.plan, { sink: (event) => holder.events.push(event) });
    this.teller = Object.assign(holder, { simulation });
    return this.teller;
  }

  // --- Looking -------------------------------------------------------------------------------------------------------------------

  /** A copy of a node's state after `event`; undefined while it is down or in the middle of a handler. */
  stateAt(event: number, node: NodeId): unknown {
    const state = this.at(event).stateOf(node);
    return state === undefined ? undefined : clone(state);
  }

  /** A node's clocks after `event`, and by how much they run too fast. */
  clocksAt(event: number, node: NodeId): ReturnType<Simulation['clocksOf']> {
    return this.at(event).clocksOf(node);
  }

  /** The logs on a node's disk after `event`, be it up or down. */
  logsAt(event: number, node: NodeId): ReturnType<Simulation['logsOf']> {
    return this.at(event).logsOf(node);
  }

  /** What could happen next, in the order of time. */
  pendingAt(event: number): readonly Action[] {
    return this.at(event).pending();
  }

  /** Every property and goal, as it stands after `event`. */
  standingsAt(event: number): readonly Standing[] {
    const simulation = this.at(event);
    const { violation } = this.isOver ? this.outcome : { violation: undefined };
    return placedProperties(this.protocol).map(({ path, property: { name, title, kind } }): Standing => {
      const qualified = qualifiedName(path, name);
      const watch = simulation.watches.find((one) => one.path === path && one.name === name);
      if (kind === 'sometimes') {
        const reached = watch?.reachedAt ?? -1;
        return reached < 0
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
