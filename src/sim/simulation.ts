/**
 * The simulation: pops an event, runs its handler, commits the effects. Together with the files it wires up (messages, timers,
 * lifecycle, injector), the only code that changes the world.
 *
 * The way of a message: advance -> dispatch -> receive -> activate (its handler runs) -> commit -> settle (properties look).
 */
import { checkSpec } from './check-spec.ts';
import { Workload, type WorkloadSnapshot } from './clients.ts';
import type { NodeSpec, RunSpec } from './config.ts';
import { Core, type CoreSnapshot } from './core.ts';
import { hashString } from './digest.ts';
import type { Write } from './disk.ts';
import { sample } from './distribution.ts';
import type { Effects } from './effects.ts';
import * as effect from './effects.ts';
import {
  CALL,
  DELIVER,
  eventAt,
  FAULT_END,
  FAULT_START,
  type QueuedEvent,
  RESTART,
  RESUME,
  SYNCED,
  TIMER,
} from './event.ts';
import { guarded } from './guard.ts';
import { ADMIN, BOOT, DISK_ERROR, Handlers, NO_EVENT } from './handlers.ts';
import type { Operation, Outcome } from './history.ts';
import { Injector, type InjectorSnapshot } from './injector.ts';
import { Lifecycle } from './lifecycle.ts';
import { Messages, type MessagesSnapshot } from './messages.ts';
import type { LogChange, PlacedObserver } from './observer.ts';
import type { Watch } from './observing.ts';
import { deepFreeze, type Json } from './plain.ts';
import type { NodeSnapshot, Part, SimNode, Strike } from './process.ts';
import type { AnyRole, DiskErrorKind, Micros, NodeId, NodeView, Request, Tagged } from './protocol.ts';
import type { QueueSnapshot } from './queue.ts';
import type { Failure, Statistics, Violation } from './result.ts';
import { type Action, describe, pendingActions, takeAction } from './scheduler.ts';
import { stateHashOf } from './state-hash.ts';
import { Timers } from './timers.ts';
import type { TraceSink } from './trace.ts';
import { dataOf, digestWrite } from './writes.ts';

export interface Setup {
  readonly spec: RunSpec;
  readonly roles: { readonly [role: string]: AnyRole };
  readonly observers?: readonly PlacedObserver[];
  /** Freezes messages and durable data, checks that state is plain, runs every handler twice and compares. */
  readonly strict?: boolean;
  /** Gets every trace event. Without it no trace objects are made. */
  readonly sink?: TraceSink;
}

export class Simulation {
  private readonly core: Core;
  private readonly handlers: Handlers;
  private readonly messages: Messages;
  private readonly timers: Timers;
  private readonly lifecycle: Lifecycle;
  private readonly injector: Injector;
  private readonly workload: Workload;
  private noteCounts = new Map<string, number>();
  /** Nodes that may go on with their inbox. */
  private ready: number[] = [];
  private instantEvents = 0;

  constructor(setup: Setup) {
    const { spec } = setup;
    checkSpec(spec, Object.keys(setup.roles));
    this.core = new Core(spec, setup.observers ?? [], setup.strict ?? false, setup.sink);
    this.core.history = () => this.workload.history();
    this.handlers = new Handlers(this.core);
    this.messages = new Messages(this.core, () => this.injector);
    this.timers = new Timers(this.core);
    this.lifecycle = new Lifecycle(this.core, this.handlers, this.messages, setup.roles);
    this.workload = new Workload(spec.calls, spec.workload, spec.seed);
    this.injector = new Injector(this.core, this.messages, this, spec.faults);
    for (const node of spec.nodes) this.lifecycle.add(node);
    this.injector.schedule();
    guarded(() => {
      this.core.watches.start((path) => this.core.worldOf(path));
      // A fault that waits for a note of one node's boot may end the run, or boot another node.
      for (const node of this.core.nodes.slice(0, spec.nodes.length))
        if (node.incarnation === 0 && !this.core.over) this.boot(node);
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
      while (this.advance());
    });
  }

  /** One event; false when the run is over. */
  step(): boolean {
    return guarded(() => this.advance());
  }

  private advance(): boolean {
    const { core } = this;
    if (core.over) return false;
    const waiting = this.ready.length > 0 ? this.nextFromInbox() : undefined;
    if (waiting !== undefined) {
      this.receive(core.nodes[waiting.node] as SimNode, waiting);
      return this.mayGoOn(waiting);
    }
    const { queue } = core;
    if (queue.size === 0) return this.finish();
    const { until, eventsPerInstantMax } = core.spec.limits;
    const time = queue.nextTime;
    if (time > until) {
      core.now = until;
      return this.finish();
    }
    if (time > core.now) {
      core.now = time;
      this.instantEvents = 0;
    } else if (++this.instantEvents > eventsPerInstantMax) {
      const next = queue.peek();
      const what = `more than ${eventsPerInstantMax} events at one instant (limits.eventsPerInstantMax): time does not advance`;
      core.fail('limit', `${what}; next would be ${describe(core, next)}`, core.nodes[next.node]);
      return false;
    }
    const event = queue.pop();
    this.dispatch(event);
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

  /** What waits longest in the inbox of a node that has become free. */
  private nextFromInbox(): QueuedEvent | undefined {
    for (;;) {
      const index = this.ready[0];
      if (index === undefined) return undefined;
      const node = this.core.nodes[index] as SimNode;
      if (node.isFree && node.hasInbox) return node.takeFromInbox();
      this.ready.shift();
    }
  }

  private dispatch(event: QueuedEvent): void {
    const node = this.core.nodes[event.node] as SimNode;
    switch (event.kind) {
      case DELIVER:
        if (this.messages.arrives(event, node)) this.handOver(node, event);
        return;
      case TIMER:
        if (this.timers.due(event, node.parts[event.part] as Part, !node.isFree) !== undefined)
          this.handOver(node, event);
        return;
      case CALL:
        if (node.status === 'running' && node.incarnation === event.id) this.handOver(node, event);
        return;
      case SYNCED:
        this.synced(node, event);
        return;
      case FAULT_START:
        this.injector.start(event.id);
        return;
      case FAULT_END:
        this.injector.end(event.id);
        return;
      case RESTART:
        if (node.incarnation === event.id) this.boot(node);
        return;
      case RESUME:
        if (node.incarnation === event.id) this.resume(node, event.cause);
        return;
    }
  }

  /** The run's time is up, or nothing is left to happen. */
  private finish(): false {
    const { core } = this;
    const { open } = this.workload;
    if (core.queue.size === 0 && open.length > 0) {
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

  // --- Events at a node ----------------------------------------------------------------------------------------------------------

  private handOver(node: SimNode, event: QueuedEvent): void {
    if (node.isFree) this.receive(node, event);
    else node.inbox.push(event);
  }

  /** Handles an event at a node that is free. */
  private receive(node: SimNode, event: QueuedEvent): void {
    const { core } = this;
    const part = node.parts[event.part] as Part;
    switch (event.kind) {
      case DELIVER:
        core.begin(DELIVER, event.node, event.id ^ (event.copy << 31), event.cause);
        this.messages.delivered(event, node, part);
        if (!core.over) this.activate(node, part, DELIVER, event, undefined, undefined);
        return;
      case TIMER: {
        // A timer that waited in the inbox may have been cancelled or set again meanwhile.
        const timer = this.timers.due(event, part, false);
        if (timer === undefined) return;
        part.timers.delete(event.payload as string);
        core.begin(TIMER, event.node, hashString(event.payload as string), timer.cause);
        core.tracer?.timer(node, part, timer);
        this.activate(node, part, TIMER, event, timer.name, timer.key);
        return;
      }
      case CALL: {
        if (this.workload.nextCallAt(node.id, core.now) === undefined) return;
        core.begin(CALL, event.node, 0, event.cause);
        this.issueCall(node, part, event);
        return;
      }
      default:
        core.begin(SYNCED, event.node, event.id, event.cause);
        this.activate(node, part, SYNCED, event, undefined, undefined);
    }
  }

  private issueCall(node: SimNode, part: Part, event: QueuedEvent): void {
    const { core } = this;
    const request = this.workload.call(node.id, core.now, core.event);
    core.digest.object(request.op as never);
    core.tracer?.call(node, request);
    if (core.strict) deepFreeze(request);
    this.activate(node, part, CALL, event, request.op.type, request);
  }

  /** The disk has finished a sync, whatever the process is doing. */
  private synced(node: SimNode, event: QueuedEvent): void {
    const { core } = this;
    const unsynced = node.disk.unsyncedCount;
    const sync = node.disk.finish(event.id);
    if (sync === undefined) return;
    const part = node.parts[sync.part] as Part;
    core.begin(SYNCED, event.node, sync.fails ? -event.id : event.id, event.cause);
    core.tracer?.synced(node, part, sync, event.cause);
    if (!sync.fails && node.disk.unsyncedCount < unsynced) this.becameDurable(node);
    if (core.over) return;
    if (!sync.blocking) {
      const outcome = eventAt(SYNCED, event.node, sync.part, sync, event.id, event.cause, core.now);
      if (node.isFree) this.activate(node, part, SYNCED, outcome, undefined, undefined);
      else node.inbox.push(outcome);
      return;
    }
    node.syncToken = 0;
    if (sync.fails) node.failedPart = part.index;
    if (node.pauses === 0) this.goOn(node);
  }

  private becameDurable(node: SimNode): void {
    for (let p = 0; p < node.parts.length; p++) {
      const part = node.parts[p] as Part;
      part.hooks.durable?.(node.index, part.world);
    }
  }

  /** A blocking sync failed: the rest of the handler's effects is gone; the role must stop or refuse. */
  private syncFailed(node: SimNode, part: Part): void {
    const { incarnation } = node;
    node.suffix = undefined;
    node.failedPart = -1;
    if (part.role.onDiskError === undefined) {
      this.halt(node, 'a sync failed, and the role has no onDiskError');
      return;
    }
    this.strikeLeft(node, node.strikes);
    if (node.incarnation !== incarnation) return;
    const error = eventAt(
      SYNCED,
      node.index,
      part.index,
      'sync' satisfies DiskErrorKind,
      0,
      this.core.event,
      this.core.now,
    );
    this.activate(node, part, DISK_ERROR, error, undefined, undefined);
    this.markReady(node);
  }

  /** Goes on with the effects that waited for a sync or the end of a pause, then with the inbox. */
  private goOn(node: SimNode): void {
    if (node.failedPart >= 0) {
      this.syncFailed(node, node.parts[node.failedPart] as Part);
      return;
    }
    const { suffix } = node;
    node.suffix = undefined;
    if (suffix !== undefined) {
      this.commit(node, suffix.effects, suffix.next);
      if (node.suffix === undefined) this.handlers.takeBack(suffix.effects);
    }
    this.markReady(node);
  }

  private markReady(node: SimNode): void {
    if (node.isFree && node.hasInbox) this.ready.push(node.index);
  }

  /** Runs a handler and commits its effects. */
  private activate(
    node: SimNode,
    part: Part,
    kind: number,
    event: QueuedEvent,
    name: string | undefined,
    argument: unknown,
  ): void {
    const { handlers } = this;
    if (!handlers.run(node, part, kind, event, name, argument)) return;
    this.arm(node, kind, event, name);
    this.commit(node, handlers.recorded, 0);
  }

  private arm(node: SimNode, kind: number, event: QueuedEvent, name: string | undefined): void {
    const { injector } = this;
    if (injector.isWatching || node.ambushes !== undefined)
      injector.arm(node, kind, event, name, this.handlers.recorded);
  }

  // --- Effects -------------------------------------------------------------------------------------------------------------------

  /** Commits effects from `start` on. Stops where the node must wait for its disk, crashes or is paused. */
  private commit(node: SimNode, effects: Effects, start: number): void {
    const { core } = this;
    const { count, kinds, parts, a, b, c } = effects;
    core.committing = node.index;
    for (let i = start; i < count; i++) {
      if (node.strikes !== undefined && this.strike(node, effects, i)) return;
      const part = node.parts[parts[i] as number] as Part;
      switch (kinds[i]) {
        case effect.SEND:
          this.messages.send(node, part, a[i] as NodeId, c[i] as number, b[i] as Tagged);
          break;
        case effect.SET_TIMER:
          this.timers.set(node, part, a[i] as string, b[i] as string | undefined, c[i] as Micros);
          break;
        case effect.CANCEL_TIMER:
          this.timers.cancel(node, part, a[i] as string, b[i] as string | undefined);
          break;
        case effect.WRITE:
          this.write(node, part, a[i] as Write);
          break;
        case effect.SYNC:
          if (this.sync(node, part, true, '', undefined)) {
            this.suspend(node, effects, i + 1);
            return;
          }
          break;
        case effect.SYNC_LATER:
          this.sync(node, part, false, a[i] as string, b[i] as Json | undefined);
          break;
        case effect.NOTE:
          this.note(node, part, a[i] as string, b[i] as Json | undefined);
          break;
        case effect.REPLY:
          this.endCall(node, (a[i] as Request).id, 'ok', b[i] as Json, undefined);
          break;
        case effect.REFUSE:
          this.endCall(node, (a[i] as Request).id, 'fail', undefined, b[i] as string);
          break;
        case effect.GIVE_UP:
          this.endCall(node, (a[i] as Request).id, 'unknown', undefined, undefined);
          break;
        case effect.HALT:
          this.halt(node, a[i] as string);
          return;
      }
      if (core.over) return;
    }
    this.settle(node, effects);
    if (node.strikes !== undefined && !core.over) this.strike(node, effects, Number.POSITIVE_INFINITY);
  }

  /** All effects of a handler are committed: properties and views may look. */
  private settle(node: SimNode, effects: Effects): void {
    this.core.committing = -1;
    for (let t = 0; t < effects.touchedCount; t++) {
      const part = node.parts[effects.touched[t] as number] as Part;
      part.hooks.step?.(node.index, part.state, part.world);
    }
    if (this.core.tracer !== undefined) this.show(node);
  }

  private show(node: SimNode): void {
    try {
      this.core.tracer?.view(node);
    } catch (error) {
      this.handlers.threw(node, 'view', error);
    }
  }

  private suspend(node: SimNode, effects: Effects, next: number): void {
    node.suffix = { effects: effects === this.handlers.recorded ? this.handlers.handOver() : effects, next };
  }

  /** Lets the faults strike that wait at this boundary. True when the handler's remaining effects must wait or are gone. */
  private strike(node: SimNode, effects: Effects, boundary: number): boolean {
    const { incarnation } = node;
    const atEnd = boundary === Number.POSITIVE_INFINITY;
    let due = dueAt(node, boundary);
    if (due === undefined) return false;
    // A fault may run handlers of other nodes, which need a buffer of their own.
    if (effects === this.handlers.recorded) this.handlers.handOver();
    for (; due !== undefined; due = dueAt(node, boundary)) {
      node.strikes = without(node.strikes, due);
      this.injector.strike(due.fault, node, atEnd ? 0 : effects.count - boundary);
      if (this.core.over || node.incarnation !== incarnation) return true;
    }
    this.core.committing = node.index;
    if (atEnd || node.pauses === 0) return false;
    this.suspend(node, effects, boundary);
    return true;
  }

  /** The rest of a handler is gone: the faults that waited for its later boundaries strike now. */
  private strikeLeft(node: SimNode, strikes: readonly Strike[] | undefined): void {
    node.strikes = undefined;
    for (const { fault } of strikes ?? []) if (!this.core.over) this.injector.strike(fault, node, 0);
  }

  private write(node: SimNode, part: Part, write: Write): void {
    const { core } = this;
    core.digest.word((effect.WRITE << 24) ^ part.index);
    digestWrite(core.digest, core.written, write);
    node.disk.write(write);
    if (write.kind !== 'put') part.hooks.log?.(node.index, write.target, write as LogChange, part.world);
    core.tracer?.write(node, part, write, dataOf(write));
  }

  /** True when the node must wait. A blocking sync with nothing to write is done at once. */
  private sync(node: SimNode, part: Part, blocking: boolean, tag: string, data: Json | undefined): boolean {
    const { core } = this;
    const { disk } = node;
    core.digest.word(((blocking ? effect.SYNC : effect.SYNC_LATER) << 24) ^ part.index);
    if (!blocking) {
      core.digest.string(tag);
      core.digest.value(data);
    }
    if (blocking && !disk.hasUnsynced && disk.failing === 0) return false;
    const token = core.nextToken();
    const sync = disk.begin(token, core.now, this.syncLatency(node), blocking, part.index, tag, data);
    core.tracer?.sync(node, part, blocking, tag);
    core.queue.push(sync.done, eventAt(SYNCED, node.index, part.index, undefined, token, core.event, core.now));
    if (blocking) node.syncToken = token;
    return blocking;
  }

  private syncLatency(node: SimNode): Micros {
    const { syncLatency } = this.core.spec.disk;
    return syncLatency.kind === 'constant' ? syncLatency.value : sample(syncLatency, node.syncRandom.bits());
  }

  private note(node: SimNode, part: Part, text: string, data: Json | undefined): void {
    const { core } = this;
    core.digest.word((effect.NOTE << 24) ^ part.index);
    core.digest.string(text);
    if (data !== undefined) core.digest.value(data);
    this.noteCounts.set(text, (this.noteCounts.get(text) ?? 0) + 1);
    this.injector.noted(text, node);
    part.hooks.note?.(node.index, text, data, part.world);
    core.tracer?.note(node, part, text, data);
  }

  // --- Calls ---------------------------------------------------------------------------------------------------------------------

  private endCall(
    node: SimNode,
    request: number,
    outcome: Outcome,
    result: Json | undefined,
    reason: string | undefined,
  ): void {
    const { core } = this;
    const operation = this.workload.end(node.id, request, outcome, result, core.now, core.event);
    core.digest.words(effect.REPLY, node.index, request, operation === undefined ? 1 : 0);
    core.digest.string(outcome);
    core.digest.value(result);
    core.digest.value(reason);
    if (operation === undefined) return;
    const part = node.parts[0] as Part;
    part.hooks.returned?.(node.index, operation, part.world);
    core.tracer?.returned(node, operation, request, reason);
    if (node.status === 'running') this.scheduleCall(node);
  }

  private scheduleCall(node: SimNode): void {
    const { core } = this;
    const at = this.workload.nextCallAt(node.id, core.now);
    if (at !== undefined)
      core.queue.push(at, eventAt(CALL, node.index, 0, undefined, node.incarnation, core.event, core.now));
  }

  // --- Processes: what faults do to them -----------------------------------------------------------------------------------------

  boot(node: SimNode): void {
    if (!this.lifecycle.boot(node)) return;
    this.arm(node, BOOT, NO_EVENT, undefined);
    this.commit(node, this.handlers.recorded, 0);
    if (node.status === 'running') this.scheduleCall(node);
  }

  join(spec: NodeSpec): void {
    const node = this.lifecycle.add(spec);
    this.messages.network.joined(node.index);
    this.boot(node);
  }

  crash(node: SimNode, unsynced: 'none' | 'all' | 'prefix', lostEffects: number): void {
    const { strikes } = node;
    this.lifecycle.crash(node, unsynced, lostEffects);
    this.forgetCall(node);
    this.strikeLeft(node, strikes);
  }

  private halt(node: SimNode, reason: string): void {
    const { strikes } = node;
    this.lifecycle.halt(node, reason);
    this.forgetCall(node);
    this.strikeLeft(node, strikes);
  }

  /** The call of a client that is gone has an unknown outcome. */
  private forgetCall(node: SimNode): void {
    const request = this.workload.outstanding(node.id);
    if (request !== 0) this.endCall(node, request, 'unknown', undefined, undefined);
  }

  pause(node: SimNode, duration: Micros, fault: number): void {
    this.lifecycle.pause(node, duration, fault);
  }

  private resume(node: SimNode, cause: number): void {
    this.core.begin(RESUME, node.index, node.incarnation, cause);
    node.pauses--;
    if (node.pauses > 0) return;
    this.core.tracer?.resume(node, cause);
    if (node.syncToken === 0) this.goOn(node);
  }

  /** An operator's action. */
  admin(node: SimNode, action: Tagged): void {
    this.core.tracer?.admin(node, action);
    const event = eventAt(RESTART, node.index, 0, undefined, 0, this.core.event, this.core.now);
    this.activate(node, node.parts[0] as Part, ADMIN, event, action.type, action);
  }

  setClockRate(node: SimNode, ppm: number): void {
    node.clock.setRate(ppm, this.core.now);
    this.timers.retime(node);
  }

  // --- Looking -------------------------------------------------------------------------------------------------------------------

  /** 16 hex digits over every event so far. */
  digest(): string {
    return this.core.digest.toString();
  }

  /** Of the state of the world without its time: see state-hash.ts for what is in it. */
  stateHash(): string {
    return stateHashOf(this.core, this.messages, this.workload, this.injector);
  }

  history(): readonly Operation[] {
    return this.workload.history();
  }

  /** What a node looks like now; undefined while it is down or in the middle of a handler. */
  viewOf(id: NodeId): NodeView | undefined {
    const node = this.core.nodes[this.core.indexes.get(id) ?? -1];
    if (node === undefined || node.status !== 'running' || node.suffix !== undefined) return undefined;
    const part = node.parts[0] as Part;
    return part.role.view(part.state);
  }

  statistics(): Statistics {
    const { core } = this;
    return {
      events: core.event,
      deliveries: this.messages.deliveries,
      simulatedMicros: core.now,
      messages: Object.fromEntries(
        core.kinds.map(({ type, counts }) => [type, { ...counts, dropped: { ...counts.dropped } }]),
      ),
      faults: this.injector.statistics(),
      operations: this.workload.statistics(),
      notes: Object.fromEntries(this.noteCounts),
    };
  }

  // --- Explicit schedules --------------------------------------------------------------------------------------------------------

  /**
   * What could happen next, whatever its time, in the order in which `step` would make it happen: deliveries, drops, timers, syncs,
   * calls, faults. Ids are unique and stable. Empty when the run is over.
   */
  pending(): readonly Action[] {
    return pendingActions(this.core, this.messages, this.ready);
  }

  /**
   * Makes one pending action happen. True time goes on to the action's own if nothing else is due before; else the action happens
   * early, at the present time.
   * @throws RangeError when it is not pending.
   */
  perform(action: Action | string): void {
    const id = typeof action === 'string' ? action : action.id;
    const { event, drop, fromInbox } = takeAction(this.core, this.messages, this.ready, id);
    guarded(() => {
      if (drop) this.messages.drop(event, 'override');
      else if (fromInbox) this.receive(this.core.nodes[event.node] as SimNode, event);
      else this.dispatch(event);
      this.mayGoOn(event);
    });
  }

  // --- Snapshots -----------------------------------------------------------------------------------------------------------------

  /** Everything: nodes, disks, what is in flight, timers, streams, pending effects, property memory, history, triggers. */
  snapshot(): Snapshot {
    const { core } = this;
    return {
      core: core.save(),
      queue: core.queue.save(),
      nodes: core.nodes.map((node) => ({
        spec: { id: node.id, role: node.roleName, options: node.options },
        saved: node.save(),
      })),
      hostRequests: this.handlers.save(),
      messages: this.messages.save(),
      workload: this.workload.save(),
      injector: this.injector.save(),
      noteCounts: new Map(this.noteCounts),
      ready: this.ready.slice(),
      instantEvents: this.instantEvents,
      watches: core.watches.save(),
      views: core.tracer?.save() ?? new Map(),
    };
  }

  /** Goes back (or forth) to a snapshot of this simulation, or of another one with the same setup. */
  restore(snapshot: Snapshot): void {
    const { core } = this;
    core.load(snapshot.core);
    core.queue.load(snapshot.queue);
    // Who joined here may not have joined there, or in another order.
    for (const node of core.nodes.splice(core.spec.nodes.length)) core.indexes.delete(node.id);
    core.names.length = core.nodes.length;
    snapshot.nodes.forEach(({ spec, saved }, i) => {
      (core.nodes[i] ?? this.lifecycle.add(spec)).load(saved);
    });
    this.handlers.load(snapshot.hostRequests);
    this.messages.load(snapshot.messages);
    this.workload.load(snapshot.workload);
    this.injector.load(snapshot.injector);
    this.noteCounts = new Map(snapshot.noteCounts);
    this.ready = snapshot.ready.slice();
    this.instantEvents = snapshot.instantEvents;
    core.watches.load(snapshot.watches);
    core.tracer?.load(snapshot.views);
  }
}

/** Opaque: made by `snapshot`, taken by `restore`; shares immutable data with the simulation it comes from. */
export interface Snapshot {
  readonly core: CoreSnapshot;
  readonly queue: QueueSnapshot<QueuedEvent>;
  readonly nodes: readonly { readonly spec: NodeSpec; readonly saved: NodeSnapshot }[];
  readonly hostRequests: number;
  readonly messages: MessagesSnapshot;
  readonly workload: WorkloadSnapshot;
  readonly injector: InjectorSnapshot;
  readonly noteCounts: ReadonlyMap<string, number>;
  readonly ready: readonly number[];
  readonly instantEvents: number;
  readonly watches: ReturnType<Core['watches']['save']>;
  readonly views: ReadonlyMap<NodeId, string>;
}

/** The first fault armed that is due at a boundary. */
const dueAt = ({ strikes }: SimNode, boundary: number): Strike | undefined =>
  strikes?.find((strike) => strike.boundary <= boundary);

function without(strikes: readonly Strike[] | undefined, strike: Strike): Strike[] | undefined {
  const rest = strikes?.filter((other) => other !== strike) ?? [];
  return rest.length === 0 ? undefined : rest;
}
