/**
 * A simulation: what runs it, looks at it, steers it, and takes it back. The world itself is changed by the files that kernel.ts wires
 * up, and by nobody else.
 *
 * The way of a message: advance (here) -> dispatch, receive (reception.ts) -> activate: its handler runs (handlers.ts) -> commit ->
 * settle: properties look (commit.ts).
 */
import { checkSpec } from './check-spec.ts';
import type { Core } from './core.ts';
import { type LogOnDisk, logsOn } from './disk-logs.ts';
import { FAULT_START, type QueuedEvent } from './event.ts';
import { guarded } from './guard.ts';
import type { Operation } from './history.ts';
import type { Write } from './image.ts';
import { InterventionError, intervene } from './interventions.ts';
import { Kernel, type Setup } from './kernel.ts';
import type { Watch } from './observing.ts';
import type { Part, SimNode } from './process.ts';
import type { Clocks, Micros, NodeId, NodeView } from './protocol.ts';
import type { Reception } from './reception.ts';
import type { Failure, Statistics, Violation } from './result.ts';
import { type Action, describe, pendingActions, takeAction } from './scheduler.ts';
import { restoreSnapshot, type Snapshot, takeSnapshot } from './snapshot.ts';
import { stateHashOf } from './state-hash.ts';

export class Simulation {
  private readonly kernel: Kernel;
  private readonly core: Core;
  private readonly reception: Reception;

  constructor(setup: Setup) {
    checkSpec(setup.spec, Object.keys(setup.roles));
    this.kernel = new Kernel(setup);
    const { core, reception, lifecycle } = this.kernel;
    this.core = core;
    this.reception = reception;
    guarded(() => {
      core.watches.start((path) => core.worldOf(path));
      lifecycle.bootAll();
    });
  }

  /** True time. */
  get now(): Micros {
    return this.core.now;
  }

  /** Ordinal of the current event. */
  get event(): number {
    return this.core.event;
  }

  /** The first property found broken; it ended the run. */
  get violation(): Violation | undefined {
    return this.core.violation;
  }

  /** Why the run could not go on. */
  get failure(): Failure | undefined {
    return this.core.failure;
  }

  /** The observers, with their memories and the events at which they reached their goals. */
  get watches(): readonly Watch[] {
    return this.core.watches.all;
  }

  // --- Running -------------------------------------------------------------------------------------------------------------------

  /** To the end: time limit, violation, failure, or nothing left to happen. */
  run(): void {
    guarded(() => {
      while (this.kernel.interventions.areLeft && this.advanceOrIntervene());
      while (this.advance());
    });
  }

  /** One event; false when the run is over. */
  step(): boolean {
    return guarded(() => this.stepOnce());
  }

  /** Up to the event with this ordinal; false when the run is over before. Much faster than one step after the other. */
  advanceTo(event: number): boolean {
    return guarded(() => {
      while (this.core.event < event) if (!this.stepOnce()) return false;
      return true;
    });
  }

  private stepOnce(): boolean {
    return this.kernel.interventions.areLeft ? this.advanceOrIntervene() : this.advance();
  }

  private advanceOrIntervene(): boolean {
    const { core, kernel } = this;
    const intervention = core.over ? undefined : kernel.interventions.take(core.event);
    if (intervention === undefined) return this.advance();
    try {
      if ('perform' in intervention) this.make(intervention.perform);
      else intervene(kernel, intervention);
    } catch (error) {
      if (!(error instanceof RangeError || error instanceof InterventionError)) throw error;
      core.fail('contract', `the intervention after event ${intervention.after} has no place here: ${error.message}`);
    }
    return !core.over;
  }

  private advance(): boolean {
    const { core, reception } = this;
    if (core.over) return false;
    const waiting = reception.ready.length > 0 ? reception.nextFromInbox() : undefined;
    if (waiting !== undefined) {
      reception.receive(core.nodes[waiting.node] as SimNode, waiting);
      return this.mayGoOn(waiting);
    }
    const { queue } = core;
    const { until } = core;
    const { eventsPerInstantMax } = core.spec.limits;
    const time = reception.timeOfNext();
    if (time === Number.POSITIVE_INFINITY) return this.finish();
    if (time > until) {
      core.setNow(until);
      return this.finish();
    }
    if (time > core.now) {
      core.setNow(time);
      core.instantEvents = 0;
    } else if (++core.instantEvents > eventsPerInstantMax) {
      const next = queue.peek();
      const what = `more than ${eventsPerInstantMax} events at one instant (limits.eventsPerInstantMax): time does not advance`;
      core.fail('limit', `${what}; next would be ${describe(core, next)}`, core.nodes[next.node]);
      return false;
    }
    const event = queue.pop();
    reception.dispatch(event);
    return this.mayGoOn(event);
  }

  /** False when the run is over, be it because of one event too many. */
  private mayGoOn(event: QueuedEvent): boolean {
    const { core } = this;
    const { eventsMax } = core.spec.limits;
    if (core.event > eventsMax) {
      const what = `more than ${eventsMax} events in one run (limits.eventsMax)`;
      core.fail('limit', `${what}; the last was ${describe(core, event)}`, core.nodes[event.node]);
    }
    return !core.over;
  }

  /** The run's time is up, or nothing is left to happen. */
  private finish(): false {
    const { core } = this;
    const { open } = this.kernel.calls;
    if (core.queue.isEmpty && open.length > 0) {
      const stuck = open.map(({ process, input }) => `${process} ${JSON.stringify(input)}`).join(', ');
      core.fail(
        'stalled',
        `nothing is left to happen, but operations are outstanding: ${stuck}. Does the client retry, or give up?`,
      );
    }
    core.watches.end(
      (path) => core.worldOf(path),
      () => core.over,
    );
    core.over = true;
    return false;
  }

  // --- Looking -------------------------------------------------------------------------------------------------------------------

  /** 16 hex digits over every event so far. */
  digest(): string {
    return this.core.digest.toString();
  }

  /** Of the state of the world without its time: see state-hash.ts for what is in it. */
  stateHash(): string {
    return stateHashOf(this.kernel);
  }

  history(): readonly Operation[] {
    return this.kernel.calls.history();
  }

  /** Whether a node runs, be it that it stands still. */
  isUp(id: NodeId): boolean {
    return this.core.nodes[this.core.indexes.get(id) ?? -1]?.status === 'running';
  }

  /** A node's state, not a copy of it; undefined while the node is down or in the middle of a handler. */
  stateOf(id: NodeId): unknown {
    const index = this.core.indexes.get(id);
    return index === undefined ? undefined : this.core.worldOf('').stateOf(index);
  }

  /** What a node's clocks show now, and by how much they run too fast. */
  clocksOf(id: NodeId): Clocks & { readonly ratePpm: number } {
    const { clock, bootedLocal } = this.nodeOf(id);
    const { now } = this.core;
    return { now: clock.elapsed(now) - bootedLocal, wallClock: clock.wall(now), ratePpm: clock.save().ratePpm };
  }

  /** What a node looks like now; undefined while it is down or in the middle of a handler. */
  viewOf(id: NodeId): NodeView | undefined {
    const node = this.core.nodes[this.core.indexes.get(id) ?? -1];
    if (node === undefined || node.status !== 'running' || node.suffix !== undefined) return undefined;
    const part = node.parts[0] as Part;
    return part.role.view(part.state, part.options);
  }

  /** The logs on a node's disk, be it up or down; of each so many of the newest entries. */
  logsOf(id: NodeId, newest?: number): readonly LogOnDisk[] {
    return logsOn(this.nodeOf(id).disk, newest);
  }

  statistics(): Statistics {
    const { core, messages, injector, calls, committer } = this.kernel;
    return {
      events: core.event,
      deliveries: messages.deliveries,
      simulatedMicros: core.now,
      messages: Object.fromEntries(
        core.kinds.map(({ type, counts }) => [type, { ...counts, dropped: { ...counts.dropped } }]),
      ),
      faults: injector.statistics(),
      operations: calls.statistics(),
      notes: committer.notes(),
    };
  }

  // --- Explicit schedules --------------------------------------------------------------------------------------------------------

  /**
   * What could happen next, whatever its time, in the order in which `step` would make it happen: deliveries, drops, timers, syncs,
   * calls, faults. Ids are unique and stable. Empty when the run is over.
   */
  pending(): readonly Action[] {
    return pendingActions(this.core, this.kernel.messages, this.reception.ready);
  }

  /**
   * Makes one pending action happen. True time goes on to the action's own if nothing else is due before; else the action happens
   * early, at the present time.
   * @throws RangeError when it is not pending.
   */
  perform(action: Action | string): void {
    guarded(() => this.make(typeof action === 'string' ? action : action.id));
  }

  private make(id: string): void {
    const { core, reception } = this;
    const { messages } = this.kernel;
    const { event, drop, fromInbox } = takeAction(core, messages, reception.ready, id);
    if (drop) messages.drop(event, 'override');
    else if (fromInbox) reception.receive(core.nodes[event.node] as SimNode, event);
    else reception.dispatch(event);
    this.mayGoOn(event);
  }

  // --- Crashes by hand, for tests of recovery: crash-states.ts goes through all that one crash could leave ---------------------------

  /** The writes of a node that are not durable yet, oldest first. */
  unsyncedWrites(id: NodeId): readonly Write[] {
    return this.nodeOf(id).disk.unsyncedWrites();
  }

  /**
   * A node that is running crashes now. Of its unsynced writes those listed in `kept` (counted from 0) survive; with `torn` the first lost
   * append leaves a part of itself.
   */
  crash(id: NodeId, kept: readonly number[], torn = false): void {
    const node = this.nodeOf(id);
    if (node.status !== 'running') throw new RangeError(`${id} is not running`);
    guarded(() => {
      this.core.begin(FAULT_START, node.index, 0, 0);
      this.kernel.lifecycle.crashKeeping(node, kept, torn);
    });
  }

  /** A node that is down boots now, with what its disk has kept. */
  restart(id: NodeId): void {
    const node = this.nodeOf(id);
    if (node.status === 'running') throw new RangeError(`${id} is running`);
    guarded(() => this.kernel.lifecycle.boot(node));
  }

  private nodeOf(id: NodeId): SimNode {
    const node = this.core.nodes[this.core.indexes.get(id) ?? -1];
    if (node === undefined) throw new RangeError(`there is no node ${id}`);
    return node;
  }

  // --- Snapshots -----------------------------------------------------------------------------------------------------------------

  /**
   * Everything: nodes, disks, what is in flight, timers, streams, pending effects, history, triggers, and what observers remember.
   * @param withMemories without them it is for a simulation that has no observers: they remember more than the nodes do.
   */
  snapshot(withMemories = true): Snapshot {
    return takeSnapshot(this.kernel, withMemories);
  }

  /** Goes back (or forth) to a snapshot of this simulation, or of another one with the same setup. */
  restore(snapshot: Snapshot): void {
    restoreSnapshot(this.kernel, snapshot, false);
  }

  /** The same, where nobody else needs the snapshot any more: spares a copy of what is large in it. */
  adopt(snapshot: Snapshot): void {
    restoreSnapshot(this.kernel, snapshot, true);
  }
}
