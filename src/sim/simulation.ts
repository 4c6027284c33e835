/**
 * The simulation: pops an event, runs its handler, commits the effects. The only file that changes the world; faults reach it through
 * injector.ts, explicit schedules through scheduler.ts.
 *
 * Hot path of a message: step -> arrive -> receive -> activate (the handler runs) -> commit -> settle (properties look).
 */

import { Workload, type WorkloadSnapshot } from './clients.ts';
import { Clock } from './clock.ts';
import type { NodeSpec, RunSpec } from './config.ts';
import { type ContextHost, ContractError, HandlerContext } from './context.ts';
import { Digest, hashString } from './digest.ts';
import { SimDisk, type Write } from './disk.ts';
import { sample } from './distribution.ts';
import {
  CANCEL_TIMER,
  Effects,
  GIVE_UP,
  NOTE,
  REFUSE,
  REPLY,
  SEND,
  SET_TIMER,
  SYNC,
  SYNC_LATER,
  WRITE,
} from './effects.ts';
import {
  CALL,
  DELIVER,
  type EventKind,
  FAULT_END,
  FAULT_START,
  QueuedEvent,
  RESTART,
  RESUME,
  SYNCED,
  TIMER,
} from './event.ts';
import type { Override, UnsyncedWrites } from './faults.ts';
import { GuardError, guarded } from './guard.ts';
import type { Operation, Outcome } from './history.ts';
import { Injector, type InjectorSnapshot } from './injector.ts';
import { type Lane, Network, type NetworkSnapshot, overridesByLane } from './network.ts';
import type { Finding, LogChange, Observer } from './observer.ts';
import { observerTables } from './observing.ts';
import { canonicalText, clone, deepFreeze, type Json, whyNotPlain } from './plain.ts';
import { type ArmedTimer, type NodeSnapshot, type ObserverTable, type Part, SimNode } from './process.ts';
import type {
  Answer,
  AnyRole,
  Component,
  DiskErrorKind,
  Micros,
  NodeId,
  NodeView,
  Request,
  Tagged,
} from './protocol.ts';
import { EventQueue, type QueueSnapshot } from './queue.ts';
import { derive, Stream, type StreamState, scale } from './random.ts';
import type { Failure, MessageCounts, Statistics, Violation } from './result.ts';
import { type Action, type Choice, pendingActions, takeAction } from './scheduler.ts';
import { checkRerun, strictCopy } from './strict.ts';
import type { DropReason, TraceSink } from './trace.ts';
import { WorldView } from './world-view.ts';

export interface Setup {
  readonly spec: RunSpec;
  readonly roles: { readonly [role: string]: AnyRole };
  readonly observers?: readonly Observer[];
  /** Freezes messages and durable data, checks that state is plain, runs every handler twice and compares. */
  readonly strict?: boolean;
  /** Gets every trace event. Without it no trace objects are made. */
  readonly sink?: TraceSink;
}

/** Concerns that are derived from a message's one draw. */
const LATENCY = 1;
const LOSS = 2;
const DUPLICATION = 3;
const COPY_LATENCY = 4;

/** What a handler activation is about when it is not an event of the queue. */
const BOOT = 20;
const DISK_ERROR = 21;
const ADMIN = 22;

interface Mail {
  readonly part: Part;
  readonly request: Request | undefined;
  readonly component: string;
  readonly answer: Answer | undefined;
}

export class Simulation implements ContextHost {
  readonly spec: RunSpec;
  readonly roles: { readonly [role: string]: AnyRole };
  readonly strict: boolean;
  readonly sink: TraceSink | undefined;
  readonly effectsMax: number;

  /** True time. */
  now: Micros = 0;
  /** Ordinal of the current event. */
  event = 0;
  violation: Violation | undefined;
  failure: Failure | undefined;

  /** Between handlers: undefined. */
  running: unknown;
  readonly recorded: Effects = new Effects();

  // What follows is open to the other files of src/sim, and to nobody else.
  readonly nodes: SimNode[] = [];
  readonly names: NodeId[] = [];
  readonly queue: EventQueue<QueuedEvent> = new EventQueue();
  readonly network: Network;
  readonly workload: Workload;
  readonly injector: Injector;
  /** Messages that wait at a clog. */
  held: QueuedEvent[] = [];
  private readonly indexes = new Map<NodeId, number>();
  private readonly rolling = new Digest();
  private readonly observers: readonly Observer[];
  private readonly tables: Map<string, ObserverTable>;
  private readonly worlds = new Map<string, WorldView>();
  private readonly timerOverrides: ReadonlyMap<string, ReadonlyMap<number, Override>>;
  private readonly namesTimers: boolean;
  private diskStream: Stream | undefined;
  private over = false;
  private ready: number[] = [];
  private mail: Mail[] = [];
  private cause = 0;
  private tokens = 0;
  private messageIds = 0;
  private hostRequests = 0;
  private deliveries = 0;
  private instantEvents = 0;
  private counts = new Map<string, MessageCounts>();
  private noteCounts = new Map<string, number>();
  private directoryCache = new Map<string, readonly NodeId[]>();

  constructor(setup: Setup) {
    const { spec } = setup;
    this.spec = spec;
    this.roles = setup.roles;
    this.strict = setup.strict ?? false;
    this.sink = setup.sink;
    this.effectsMax = spec.limits.effectsPerHandlerMax;
    this.observers = setup.observers ?? [];
    this.tables = observerTables(this.observers);
    this.network = new Network(spec.network, spec.seed, spec.overrides);
    this.workload = new Workload(spec.calls, spec.workload, spec.seed);
    this.timerOverrides = overridesByLane(spec.overrides.filter((override) => 'timer' in override));
    this.namesTimers = this.timerOverrides.size > 0 || this.sink !== undefined;
    this.injector = new Injector(this, spec.faults);
    for (const node of spec.nodes) this.addNode(node);
    this.injector.schedule();
    guarded(() => {
      for (const node of this.nodes) this.bootNode(node);
    });
  }

  // --- Running -----------------------------------------------------------------------------------------------------------------

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
    if (this.over) return false;
    while (this.ready.length > 0) {
      const node = this.nodes[this.ready[0] as number] as SimNode;
      if (node.isFree && node.hasInbox) {
        this.receive(node, node.takeFromInbox());
        return !this.over;
      }
      this.ready.shift();
    }
    const { queue, spec } = this;
    if (queue.size === 0) return this.finish();
    const time = queue.nextTime;
    if (time > spec.limits.until) {
      this.now = spec.limits.until;
      return this.finish();
    }
    if (time > this.now) {
      this.now = time;
      this.instantEvents = 0;
    } else if (++this.instantEvents > spec.limits.eventsPerInstantMax) {
      this.fail(
        'limit',
        `more than ${spec.limits.eventsPerInstantMax} events at one instant (limits.eventsPerInstantMax): time does not advance`,
      );
    }
    this.dispatch(queue.pop());
    return !this.over;
  }

  /** What happens at an event of the queue. */
  dispatch(event: QueuedEvent): void {
    switch (event.kind) {
      case DELIVER:
        this.arrive(event);
        return;
      case TIMER:
        this.timerDue(event);
        return;
      case SYNCED:
        this.synced(event);
        return;
      case CALL:
        this.callDue(event);
        return;
      case FAULT_START:
        this.injector.start(event.id, undefined);
        return;
      case FAULT_END:
        this.injector.end(event.id, event.payload);
        return;
      case RESTART:
        if ((this.nodes[event.node] as SimNode).incarnation === event.id) this.restart(event.node, event.cause);
        return;
      case RESUME:
        if ((this.nodes[event.node] as SimNode).incarnation === event.id) this.resume(event.node, event.cause);
        return;
    }
  }

  private finish(): false {
    if (this.over) return false;
    this.over = true;
    const { open } = this.workload;
    if (this.queue.size === 0 && open.length > 0 && this.held.length === 0) {
      const stuck = open.map(({ process, input }) => `${process} ${JSON.stringify(input)}`).join(', ');
      this.fail(
        'stalled',
        `nothing is left to happen, but operations are outstanding: ${stuck}. Does the client retry, or give up?`,
      );
      return false;
    }
    for (const observer of this.observers) {
      if (observer.end !== undefined) this.look(observer, () => observer.end?.(this.worldOf(observer.path)));
    }
    return false;
  }

  /** Begins an event: its ordinal, and its line in the digest. */
  begin(kind: number, node: number, detail: number, cause: number): void {
    this.event++;
    this.cause = cause;
    if (this.event > this.spec.limits.eventsMax) {
      this.fail('limit', `more than ${this.spec.limits.eventsMax} events in one run (limits.eventsMax)`);
    }
    const { rolling } = this;
    rolling.word((kind << 24) ^ node);
    rolling.number(this.now);
    rolling.number(detail);
    rolling.number(cause);
  }

  // --- Messages ----------------------------------------------------------------------------------------------------------------

  private commitSend(node: SimNode, part: Part, to: NodeId, message: Tagged): void {
    const target = this.indexes.get(to) as number;
    if (this.strict) deepFreeze(message);
    const { network, rolling } = this;
    rolling.word((SEND << 24) ^ target);
    rolling.object(message as never);
    const link = network.link(node.index, target);
    const lane = network.lane(link, message.type, part.path, () => `${node.id}>${to}`);
    const ordinal = ++lane.count;
    const bits = network.draw(lane);
    const id = ++this.messageIds;
    this.countsOf(message.type).sent++;
    const hooks = part.observers.send;
    for (let i = 0; i < hooks.length; i++) {
      const observer = hooks[i] as Observer;
      const finding = observer.send?.(node.index, target, message, this.worldOf(part.path));
      if (finding !== undefined) this.found(observer, finding, node.index);
    }
    this.sink?.({
      kind: 'send',
      event: this.event,
      at: this.now,
      node: node.id,
      ...pathOf(part),
      to,
      id,
      name: `${lane.name}#${ordinal}`,
      message: message as unknown as Json,
    });
    const override = lane.overrides?.get(ordinal);
    if (override !== undefined && 'drop' in override) {
      this.drop(
        new QueuedEvent(DELIVER, target, part.index, node.index, message, id, bits, this.event, this.now, 0),
        'override',
      );
      return;
    }
    const latency =
      override !== undefined && 'latency' in override
        ? override.latency
        : sample(this.spec.network.latency, derive(bits, LATENCY));
    let arrival = this.now + latency;
    if (this.spec.network.fifo) {
      arrival = Math.max(arrival, link.lastArrival);
      link.lastArrival = arrival;
    }
    this.queue.push(
      arrival,
      new QueuedEvent(DELIVER, target, part.index, node.index, message, id, bits, this.event, this.now, 0),
    );
    if (network.duplicationPpm > 0 && scale(derive(bits, DUPLICATION), 1_000_000) < network.duplicationPpm)
      this.duplicate(node, part, target, message, id, bits);
  }

  private duplicate(node: SimNode, part: Part, target: number, message: Tagged, id: number, bits: number): void {
    // A copy takes the long way round: twice what a message takes, so that it arrives among later ones.
    const arrival = this.now + 2 * sample(this.spec.network.latency, derive(bits, COPY_LATENCY));
    this.queue.push(
      arrival,
      new QueuedEvent(DELIVER, target, part.index, node.index, message, id, bits, this.event, this.now, 1),
    );
    this.countsOf(message.type).duplicated++;
    this.injector.count('duplication', true);
    this.sink?.({
      kind: 'duplicate',
      event: this.event,
      at: this.now,
      from: node.id,
      to: this.names[target] as NodeId,
      id,
      copy: 1,
      ...pathOf(part),
    });
  }

  /** A message has come to the end of its link. Loss and cuts are judged here, so that a partition also kills what is in flight. */
  private arrive(event: QueuedEvent): void {
    const node = this.nodes[event.node] as SimNode;
    const { network } = this;
    if (network.isCut(event.from, event.node)) this.drop(event, 'cut');
    else if (network.isClogged(event.from, event.node)) this.held.push(event);
    else if (network.lossPpm > 0 && this.isLost(event)) {
      this.injector.count('loss', true);
      this.drop(event, 'loss');
    } else if (node.status !== 'running') this.drop(event, 'dead');
    else if (node.isFree) this.receive(node, event);
    else node.inbox.push(event);
  }

  private isLost(event: QueuedEvent): boolean {
    return scale(derive(event.bits, LOSS + 8 * event.copy), 1_000_000) < this.network.lossPpm;
  }

  drop(event: QueuedEvent, reason: DropReason): void {
    this.begin(DELIVER + 8, event.node, event.id, event.cause);
    this.rolling.string(reason);
    const { dropped } = this.countsOf((event.payload as Tagged).type);
    dropped[reason] = (dropped[reason] ?? 0) + 1;
    if (this.sink === undefined) return;
    const { parts } = this.nodes[event.node] as SimNode;
    this.sink({
      kind: 'drop',
      event: this.event,
      at: this.now,
      cause: event.cause,
      from: this.names[event.from] as NodeId,
      to: this.names[event.node] as NodeId,
      id: event.id,
      message: event.payload as Json,
      reason,
      ...pathOf(parts[event.part] as Part),
    });
  }

  // --- Events at a node --------------------------------------------------------------------------------------------------------

  /** Handles an event at a node that is free. */
  private receive(node: SimNode, event: QueuedEvent): void {
    const part = node.parts[event.part] as Part;
    switch (event.kind) {
      case DELIVER:
        this.begin(DELIVER, event.node, event.id, event.cause);
        this.delivered(node, part, event);
        if (this.over) return;
        break;
      case TIMER: {
        const timer = part.timers.get(event.payload as string);
        if (timer === undefined || timer.token !== event.id) return;
        part.timers.delete(event.payload as string);
        this.begin(TIMER, event.node, hashString(event.payload as string), event.cause);
        this.sink?.({
          kind: 'timer',
          event: this.event,
          at: this.now,
          cause: event.cause,
          node: node.id,
          ...pathOf(part),
          timer: timer.name,
          ...(timer.key === undefined ? {} : { key: timer.key }),
        });
        this.activate(node, part, event.kind, event, timer.name, timer.key);
        return;
      }
      case CALL:
        if (this.workload.nextCallAt(node.id, this.now) === undefined) return;
        this.begin(CALL, event.node, 0, event.cause);
        this.issueCall(node, part, event);
        return;
      case SYNCED:
        this.begin(SYNCED, event.node, event.id, event.cause);
        break;
      default:
        throw new Error(`kernel: an event of kind ${event.kind} cannot wait in an inbox`);
    }
    this.activate(node, part, event.kind, event, undefined, undefined);
  }

  private delivered(node: SimNode, part: Part, event: QueuedEvent): void {
    const message = event.payload as Tagged;
    this.deliveries++;
    this.countsOf(message.type).delivered++;
    const hooks = part.observers.deliver;
    for (let i = 0; i < hooks.length; i++) {
      const observer = hooks[i] as Observer;
      const finding = observer.deliver?.(event.from, event.node, message, this.worldOf(part.path));
      if (finding !== undefined) this.found(observer, finding, node.index);
    }
    this.sink?.({
      kind: 'deliver',
      event: this.event,
      at: this.now,
      cause: event.cause,
      node: node.id,
      ...pathOf(part),
      from: this.names[event.from] as NodeId,
      id: event.id,
      message: message as unknown as Json,
      sentAt: event.sentAt,
      ...(event.copy === 0 ? {} : { copy: event.copy }),
    });
  }

  private timerDue(event: QueuedEvent): void {
    const node = this.nodes[event.node] as SimNode;
    const timer = (node.parts[event.part] as Part).timers.get(event.payload as string);
    if (timer === undefined || timer.token !== event.id) return;
    if (timer.due > this.now) {
      timer.queuedAt = timer.due;
      this.queue.push(timer.due, event);
    } else if (node.isFree) this.receive(node, event);
    else node.inbox.push(event);
  }

  private callDue(event: QueuedEvent): void {
    const node = this.nodes[event.node] as SimNode;
    if (node.status !== 'running' || node.incarnation !== event.id) return;
    if (node.isFree) this.receive(node, event);
    else node.inbox.push(event);
  }

  private issueCall(node: SimNode, part: Part, event: QueuedEvent): void {
    const request = this.workload.call(node.id, this.now);
    this.rolling.object(request.op as never);
    this.sink?.({
      kind: 'call',
      event: this.event,
      at: this.now,
      node: node.id,
      request: request.id,
      process: request.process,
      op: request.op as unknown as Json,
    });
    if (this.strict) deepFreeze(request);
    this.activate(node, part, CALL, event, request.op.type, request);
  }

  /** The disk has finished a sync, whatever the process is doing. */
  private synced(event: QueuedEvent): void {
    const node = this.nodes[event.node] as SimNode;
    const sync = node.disk.finish(event.id);
    if (sync === undefined) return;
    this.begin(SYNCED, event.node, sync.fails ? -event.id : event.id, event.cause);
    this.sink?.({
      kind: 'synced',
      event: this.event,
      at: this.now,
      cause: event.cause,
      node: node.id,
      ...pathOf(node.parts[sync.part] as Part),
      blocking: sync.blocking,
      ok: !sync.fails,
      ...(sync.tag === '' ? {} : { tag: sync.tag }),
      ...(sync.fails ? { error: 'sync' } : {}),
    });
    if (!sync.fails) this.becameDurable(node);
    if (this.over) return;
    const outcome = new QueuedEvent(SYNCED, event.node, sync.part, -1, sync, event.id, 0, event.cause, event.sentAt, 0);
    if (!sync.blocking) {
      if (node.isFree) this.activate(node, node.parts[sync.part] as Part, SYNCED, outcome, undefined, undefined);
      else node.inbox.push(outcome);
      return;
    }
    node.syncToken = 0;
    if (sync.fails) this.syncFailed(node, sync.part);
    else if (node.pauses === 0) this.continueSuffix(node);
  }

  private becameDurable(node: SimNode): void {
    for (const part of node.parts) {
      const hooks = part.observers.durable;
      for (let i = 0; i < hooks.length; i++) {
        const observer = hooks[i] as Observer;
        const finding = observer.durable?.(node.index, this.worldOf(part.path));
        if (finding !== undefined) this.found(observer, finding, node.index);
      }
    }
  }

  /** The rest of the handler's effects is gone; the role must stop or refuse. */
  private syncFailed(node: SimNode, partIndex: number): void {
    const part = node.parts[partIndex] as Part;
    node.suffix = undefined;
    if (part.role.onDiskError === undefined) {
      this.halt(node, 'a sync failed, and the role has no onDiskError');
      return;
    }
    const event = new QueuedEvent(
      SYNCED,
      node.index,
      partIndex,
      -1,
      'sync' satisfies DiskErrorKind,
      0,
      0,
      this.event,
      this.now,
      0,
    );
    this.activate(node, part, DISK_ERROR, event, undefined, undefined);
  }

  /** Goes on with the effects that waited for a sync or a pause. */
  continueSuffix(node: SimNode): void {
    const { suffix } = node;
    if (suffix === undefined) {
      if (node.hasInbox) this.ready.push(node.index);
      return;
    }
    node.suffix = undefined;
    this.cause = suffix.cause;
    this.commit(node, suffix.effects, suffix.next);
    if (node.isFree && node.hasInbox) this.ready.push(node.index);
  }

  // --- Handlers ----------------------------------------------------------------------------------------------------------------

  /** Runs the handler, then the handlers of components it asked and hosts they answered; commits all their effects in order. */
  private activate(
    node: SimNode,
    part: Part,
    kind: number,
    event: QueuedEvent,
    name: string | undefined,
    argument: unknown,
  ): void {
    const effects = this.recorded;
    effects.clear();
    const before = this.strict && kind !== BOOT ? strictCopy(node) : undefined;
    const requestsBefore = this.hostRequests;
    if (!this.attempt(node, part, kind, event, name, argument)) return;
    if (this.strict) {
      const rerun = (): boolean => {
        this.hostRequests = requestsBefore;
        return this.attempt(node, part, kind, event, name, argument);
      };
      const why = checkRerun(node, effects, before, rerun);
      if (why !== undefined) {
        this.fail(
          'strict',
          `${handlerName(kind, event, name)} at ${node.id}: ${why}`,
          node,
          handlerName(kind, event, name),
        );
        return;
      }
    }
    this.injector.arm(node, kind, event, name, effects);
    this.commit(node, effects, 0);
  }

  /** False when a handler threw or broke the contract; the run has then failed. */
  private attempt(
    node: SimNode,
    first: Part,
    kind: number,
    event: QueuedEvent,
    name: string | undefined,
    argument: unknown,
  ): boolean {
    let part = first;
    let mail: Mail | undefined;
    try {
      let result: unknown;
      if (kind === BOOT) this.bootParts(node);
      else {
        this.enter(part);
        result = this.invoke(part, kind, event, name, argument);
      }
      for (;;) {
        if (result !== undefined) throw new ContractError(whyNoResult(result));
        mail = this.mail.shift();
        if (mail === undefined) break;
        part = mail.part;
        this.enter(part);
        result = invokeMail(mail);
      }
      this.running = undefined;
      return true;
    } catch (error) {
      this.running = undefined;
      this.mail = [];
      const handler = mail === undefined ? handlerName(kind, event, name) : mailName(mail);
      this.handlerThrew(node, handler, error);
      return false;
    }
  }

  private enter(part: Part): void {
    this.running = part.context;
    const { touched } = this.recorded;
    if (!touched.includes(part.index)) touched.push(part.index);
  }

  private invoke(part: Part, kind: number, event: QueuedEvent, name: string | undefined, argument: unknown): unknown {
    const role = part.role as unknown as HandlerTables;
    const { state, context } = part;
    switch (kind) {
      case DELIVER: {
        const message = event.payload as Tagged;
        const handler = role.onMessage?.[message.type];
        if (handler === undefined)
          throw new ContractError(`the role "${part.roleName}" has no onMessage.${message.type}`);
        return handler(state, this.names[event.from], message, context);
      }
      case TIMER:
        return (role.onTimer?.[name as string] as Handler)(state, argument, context);
      case CALL: {
        const handler = role.onRequest?.[name as string];
        if (handler === undefined) throw new ContractError(`the role "${part.roleName}" has no onRequest.${name}`);
        return handler(state, argument, context);
      }
      case SYNCED: {
        const sync = event.payload as { fails: boolean; tag: string; data: unknown };
        const outcome = sync.fails ? { ok: false, error: 'sync' } : { ok: true };
        return (role.onDisk?.[sync.tag] as Handler)(state, outcome, sync.data, context);
      }
      case ADMIN: {
        const handler = role.onAdmin?.[name as string];
        if (handler === undefined) throw new ContractError(`the role "${part.roleName}" has no onAdmin.${name}`);
        return handler(state, argument, context);
      }
      default:
        return role.onDiskError?.(state, event.payload, context);
    }
  }

  private bootParts(node: SimNode): void {
    // Components first: their host may ask them while it boots.
    for (let i = node.parts.length - 1; i >= 0; i--) {
      const part = node.parts[i] as Part;
      this.enter(part);
      part.state = part.role.boot(part.context as never);
      if (typeof part.state !== 'object' || part.state === null)
        throw new ContractError('boot must return the state, an object');
    }
  }

  askComponent(node: SimNode, part: Part, component: string, op: Tagged, memo: Json | undefined): void {
    const path = part.path === '' ? component : `${part.path}/${component}`;
    const target = node.parts.find((candidate) => candidate.path === path);
    if (target === undefined)
      throw new ContractError(`context.ask("${component}"): the role "${part.roleName}" hosts no such component`);
    const id = ++this.hostRequests;
    const request = { id, process: 'host', sequence: id, op, ...(memo === undefined ? {} : { memo }) };
    this.mail.push({ part: target, request, component, answer: undefined });
  }

  /** A component's answer goes to its host within the same event. */
  answerHost(
    node: SimNode,
    part: Part,
    request: Request & { memo?: Json },
    outcome: Outcome,
    result: Json | undefined,
  ): void {
    const host = node.parts[part.host] as Part;
    const component = part.path.slice(part.path.lastIndexOf('/') + 1);
    this.mail.push({
      part: host,
      request: undefined,
      component,
      answer: { op: request.op, memo: request.memo, outcome, result },
    });
  }

  private handlerThrew(node: SimNode, handler: string, error: unknown): void {
    const { name, message, stack } =
      error instanceof Error ? error : { name: 'Error', message: String(error), stack: undefined };
    const kind = error instanceof ContractError ? 'contract' : error instanceof GuardError ? 'guard' : 'threw';
    const sentence = `${handler} at ${node.id}: ${kind === 'threw' ? `${name}: ` : ''}${message}`;
    this.fail(kind, sentence, node, handler, { name, message, ...(stack === undefined ? {} : { stack }) });
  }

  // --- Effects -----------------------------------------------------------------------------------------------------------------

  /** Commits effects from `start` on. Stops where the node must wait for its disk, crashes or is paused. */
  private commit(node: SimNode, effects: Effects, start: number): void {
    const { count, kinds, parts, a, b, c } = effects;
    for (let i = start; i < count; i++) {
      if (node.strikes !== undefined && this.strike(node, effects, i)) return;
      const part = node.parts[parts[i] as number] as Part;
      switch (kinds[i]) {
        case SEND:
          this.commitSend(node, part, a[i] as NodeId, b[i] as Tagged);
          break;
        case SET_TIMER:
          this.commitTimer(node, part, a[i] as string, b[i] as string | undefined, c[i] as Micros);
          break;
        case CANCEL_TIMER:
          this.commitCancel(node, part, a[i] as string, b[i] as string | undefined);
          break;
        case WRITE:
          this.commitWrite(node, part, a[i] as Write);
          break;
        case SYNC:
          if (this.commitSync(node, part, true, '', undefined)) {
            node.suffix = {
              effects: effects === this.recorded ? effects.copy() : effects,
              next: i + 1,
              cause: this.event,
            };
            return;
          }
          break;
        case SYNC_LATER:
          this.commitSync(node, part, false, a[i] as string, b[i] as Json | undefined);
          break;
        case NOTE:
          this.commitNote(node, part, a[i] as string, b[i] as Json | undefined);
          break;
        case REPLY:
          this.commitEnd(node, part, a[i] as Request, 'ok', b[i] as Json, undefined);
          break;
        case REFUSE:
          this.commitEnd(node, part, a[i] as Request, 'fail', undefined, b[i] as string);
          break;
        case GIVE_UP:
          this.commitEnd(node, part, a[i] as Request, 'unknown', undefined, undefined);
          break;
      }
      if (this.over) return;
    }
    this.settle(node, effects);
    if (node.strikes !== undefined && !this.over) this.strike(node, effects, Number.POSITIVE_INFINITY);
  }

  /** All effects of a handler are committed: properties and views may look. */
  private settle(node: SimNode, effects: Effects): void {
    const { touched } = effects;
    for (let t = 0; t < touched.length; t++) {
      const part = node.parts[touched[t] as number] as Part;
      const hooks = part.observers.step;
      for (let i = 0; i < hooks.length; i++) {
        const observer = hooks[i] as Observer;
        const finding = observer.step?.(node.index, part.state, this.worldOf(part.path));
        if (finding !== undefined) this.found(observer, finding, node.index);
      }
    }
    if (this.sink !== undefined) this.showView(node);
  }

  /** Lets the faults strike that wait at this boundary. True when the handler's remaining effects must wait or are gone. */
  private strike(node: SimNode, effects: Effects, boundary: number): boolean {
    const due = (node.strikes ?? []).filter((strike) => strike.boundary <= boundary);
    if (due.length === 0) return false;
    const rest = (node.strikes ?? []).filter((strike) => strike.boundary > boundary);
    node.strikes = rest.length === 0 ? undefined : rest;
    const { incarnation } = node;
    const atEnd = boundary === Number.POSITIVE_INFINITY;
    for (const { fault } of due) {
      const lostEffects = atEnd ? 0 : effects.count - boundary;
      this.injector.start(fault, node, lostEffects);
      if (this.over || node.status !== 'running' || node.incarnation !== incarnation) return true;
    }
    if (atEnd || node.pauses === 0) return false;
    node.suffix = { effects: effects === this.recorded ? effects.copy() : effects, next: boundary, cause: this.event };
    return true;
  }

  private commitTimer(node: SimNode, part: Part, name: string, key: string | undefined, asked: Micros): void {
    const id = key === undefined ? name : `${name}/${key}`;
    let delay = asked;
    if (this.namesTimers) delay = this.nameTimer(node, part, id, name, key, asked);
    this.rolling.word((SET_TIMER << 24) ^ part.index);
    this.rolling.string(id);
    this.rolling.number(delay);
    const local = node.clock.elapsed(this.now) + delay;
    this.arm(node, part, id, name, key, local);
  }

  /** Arms a timer for a local time. Where an entry for it is queued early enough, only the deadline moves (the usual case). */
  arm(node: SimNode, part: Part, id: string, name: string, key: string | undefined, local: Micros): void {
    const due = node.clock.trueTimeOf(local, this.now);
    const armed = part.timers.get(id);
    if (armed !== undefined && due >= armed.queuedAt) {
      armed.local = local;
      armed.due = due;
      return;
    }
    const timer: ArmedTimer = { name, key, token: ++this.tokens, local, due, queuedAt: due };
    part.timers.set(id, timer);
    this.queue.push(
      due,
      new QueuedEvent(TIMER, node.index, part.index, -1, id, timer.token, 0, this.event, this.now, 0),
    );
  }

  private nameTimer(
    node: SimNode,
    part: Part,
    id: string,
    timer: string,
    key: string | undefined,
    asked: Micros,
  ): Micros {
    const ordinal = (part.timerSets.get(id) ?? 0) + 1;
    part.timerSets.set(id, ordinal);
    const lane = `${node.id}/${part.path === '' ? '' : `${part.path}:`}${id}`;
    const override = this.timerOverrides.get(lane)?.get(ordinal);
    const delay = override !== undefined && 'delay' in override ? override.delay : asked;
    this.sink?.({
      kind: 'set-timer',
      event: this.event,
      at: this.now,
      node: node.id,
      ...pathOf(part),
      timer,
      ...(key === undefined ? {} : { key }),
      delay,
      name: `${lane}#${ordinal}`,
    });
    return delay;
  }

  private commitCancel(node: SimNode, part: Part, timer: string, key: string | undefined): void {
    const id = key === undefined ? timer : `${timer}/${key}`;
    this.rolling.word((CANCEL_TIMER << 24) ^ part.index);
    this.rolling.string(id);
    if (!part.timers.delete(id)) return;
    this.sink?.({
      kind: 'cancel-timer',
      event: this.event,
      at: this.now,
      node: node.id,
      ...pathOf(part),
      timer,
      ...(key === undefined ? {} : { key }),
    });
  }

  private commitWrite(node: SimNode, part: Part, write: Write): void {
    const data =
      write.kind === 'put'
        ? write.value
        : write.kind === 'append'
          ? write.entry
          : write.kind === 'replace'
            ? write.entries
            : undefined;
    if (this.strict) deepFreeze(data);
    const { rolling } = this;
    rolling.word((WRITE << 24) ^ part.index);
    rolling.string(write.kind);
    rolling.string(write.target);
    if ('index' in write) rolling.number(write.index);
    if (data !== undefined) rolling.value(data);
    node.disk.write(write);
    const hooks = part.observers.log;
    if (hooks.length > 0 && write.kind !== 'put') {
      for (let i = 0; i < hooks.length; i++) {
        const observer = hooks[i] as Observer;
        const finding = observer.log?.(node.index, write.target, write as LogChange, this.worldOf(part.path));
        if (finding !== undefined) this.found(observer, finding, node.index);
      }
    }
    this.sink?.({
      kind: 'write',
      event: this.event,
      at: this.now,
      node: node.id,
      ...pathOf(part),
      target: write.target,
      write: write.kind,
      ...('index' in write ? { index: write.index } : {}),
      ...(data === undefined ? {} : { data: data as Json }),
    });
  }

  /** True when the node must wait. A sync with nothing to write is done at once. */
  private commitSync(node: SimNode, part: Part, blocking: boolean, tag: string, data: Json | undefined): boolean {
    const { disk } = node;
    this.rolling.word(((blocking ? SYNC : SYNC_LATER) << 24) ^ part.index);
    if (blocking && !disk.hasUnsynced && disk.failing === 0) return false;
    const token = ++this.tokens;
    const sync = disk.begin(token, this.now, this.syncLatency(), blocking, part.index, tag, data);
    this.sink?.({
      kind: 'sync',
      event: this.event,
      at: this.now,
      node: node.id,
      ...pathOf(part),
      blocking,
      ...(tag === '' ? {} : { tag }),
    });
    this.queue.push(
      sync.done,
      new QueuedEvent(SYNCED, node.index, part.index, -1, undefined, token, 0, this.event, this.now, 0),
    );
    if (blocking) node.syncToken = token;
    return blocking;
  }

  private syncLatency(): Micros {
    const { syncLatency } = this.spec.disk;
    if (syncLatency.kind === 'constant') return syncLatency.value;
    if (this.diskStream === undefined) this.diskStream = new Stream(`${this.spec.seed}/disk`);
    return sample(syncLatency, this.diskStream.bits());
  }

  private commitNote(node: SimNode, part: Part, text: string, data: Json | undefined): void {
    this.rolling.word((NOTE << 24) ^ part.index);
    this.rolling.string(text);
    if (data !== undefined) this.rolling.value(data);
    this.noteCounts.set(text, (this.noteCounts.get(text) ?? 0) + 1);
    this.injector.noted(text, node);
    const hooks = part.observers.note;
    for (let i = 0; i < hooks.length; i++) {
      const observer = hooks[i] as Observer;
      const finding = observer.note?.(node.index, text, data, this.worldOf(part.path));
      if (finding !== undefined) this.found(observer, finding, node.index);
    }
    this.sink?.({
      kind: 'note',
      event: this.event,
      at: this.now,
      node: node.id,
      ...pathOf(part),
      text,
      ...(data === undefined ? {} : { data }),
    });
  }

  private commitEnd(
    node: SimNode,
    part: Part,
    request: Request,
    outcome: Outcome,
    result: Json | undefined,
    reason: string | undefined,
  ): void {
    const ended = this.workload.end(node.id, request.id, outcome, result, this.now);
    this.rolling.word((REPLY << 24) ^ (ended === undefined ? 1 : 0));
    this.rolling.string(outcome);
    this.rolling.value(result);
    if (ended === undefined) return;
    this.returned(node, part, ended, request.id, reason);
    this.scheduleCall(node);
  }

  private returned(node: SimNode, part: Part, operation: Operation, request: number, reason: string | undefined): void {
    for (const observer of part.observers.returned) {
      const finding = observer.returned?.(operation, this.worldOf(part.path));
      if (finding !== undefined) this.found(observer, finding, node.index);
    }
    const { process, outcome, output } = operation;
    this.sink?.({
      kind: 'return',
      event: this.event,
      at: this.now,
      node: node.id,
      request,
      process,
      outcome,
      ...(output === undefined ? {} : { result: output }),
      ...(reason === undefined ? {} : { reason }),
    });
  }

  private scheduleCall(node: SimNode): void {
    const at = this.workload.nextCallAt(node.id, this.now);
    if (at === undefined) return;
    this.queue.push(
      at,
      new QueuedEvent(CALL, node.index, 0, -1, undefined, node.incarnation, 0, this.event, this.now, 0),
    );
  }

  // --- Processes ---------------------------------------------------------------------------------------------------------------

  /** A node that is there from the start, or joins. */
  addNode(spec: NodeSpec): SimNode {
    const role = this.roles[spec.role];
    if (role === undefined) throw new ContractError(`node "${spec.id}": there is no role "${spec.role}"`);
    const index = this.nodes.length;
    const parts: Part[] = [];
    this.addParts(parts, role, spec.role, '', -1, spec.options);
    const clock = new Clock(spec.clock ?? { offset: 0, ratePpm: 0 });
    const node = new SimNode(
      index,
      spec.id,
      spec.role,
      spec.options,
      clock,
      new SimDisk(),
      parts,
      `${this.spec.seed}/node/${spec.id}`,
    );
    for (const part of parts) part.context = new HandlerContext(this, node, part);
    this.nodes.push(node);
    this.names.push(spec.id);
    this.indexes.set(spec.id, index);
    this.directoryCache.clear();
    return node;
  }

  private addParts(parts: Part[], role: AnyRole, roleName: string, path: string, host: number, options: object): void {
    const index = parts.length;
    const observers = this.tables.get(path) ?? (this.tables.get('none') as ObserverTable);
    parts.push({
      index,
      path,
      roleName,
      role,
      options,
      host,
      observers,
      timers: new Map(),
      timerSets: new Map(),
      state: undefined,
      context: undefined,
    });
    for (const [name, component] of Object.entries((role.components ?? {}) as { [name: string]: Component })) {
      const inner = component.options === undefined ? options : component.options(options);
      this.addParts(parts, component.role, component.as, path === '' ? name : `${path}/${name}`, index, inner);
    }
  }

  bootNode(node: SimNode): void {
    node.status = 'running';
    node.incarnation++;
    node.bootedLocal = node.clock.elapsed(this.now);
    this.begin(BOOT, node.index, node.incarnation, this.event);
    this.sink?.({
      kind: 'boot',
      event: this.event,
      at: this.now,
      node: node.id,
      incarnation: node.incarnation,
      role: node.roleName,
    });
    for (const part of node.parts) {
      for (const observer of part.observers.boot) {
        const finding = observer.boot?.(node.index, this.worldOf(part.path));
        if (finding !== undefined) this.found(observer, finding, node.index);
      }
    }
    const event = new QueuedEvent(RESTART, node.index, 0, -1, undefined, node.incarnation, 0, this.event, this.now, 0);
    this.activate(node, node.parts[0] as Part, BOOT, event, undefined, undefined);
    this.scheduleCall(node);
  }

  /** Memory is gone, and of the unsynced writes what `unsynced` says. */
  crash(node: SimNode, unsynced: UnsyncedWrites, lostEffects: number): void {
    const pendingEffects = node.suffix === undefined ? lostEffects : node.suffix.effects.count - node.suffix.next;
    const lostWrites = node.disk.crash(unsynced, unsynced === 'prefix' ? node.random.bits() : 0);
    this.stop(node, 'crashed');
    this.rolling.number(lostWrites);
    this.sink?.({
      kind: 'crash',
      event: this.event,
      at: this.now,
      node: node.id,
      lostWrites,
      lostEffects: pendingEffects,
    });
    for (const part of node.parts) {
      for (const observer of part.observers.crash) {
        const finding = observer.crash?.(node.index, unsynced, this.worldOf(part.path));
        if (finding !== undefined) this.found(observer, finding, node.index);
      }
    }
  }

  halt(node: SimNode, reason: string): void {
    node.disk.crash('none', 0);
    this.stop(node, 'halted');
    this.rolling.string(reason);
    this.sink?.({ kind: 'halt', event: this.event, at: this.now, node: node.id, reason });
    for (const part of node.parts) {
      for (const observer of part.observers.crash) {
        const finding = observer.crash?.(node.index, 'none', this.worldOf(part.path));
        if (finding !== undefined) this.found(observer, finding, node.index);
      }
    }
  }

  private stop(node: SimNode, status: 'crashed' | 'halted'): void {
    node.status = status;
    node.incarnation++;
    node.pauses = 0;
    node.syncToken = 0;
    node.suffix = undefined;
    node.strikes = undefined;
    const lost = node.inbox.slice(node.inboxHead);
    node.inbox = [];
    node.inboxHead = 0;
    for (const part of node.parts) {
      part.timers.clear();
      part.state = undefined;
    }
    for (const event of lost) if (event.kind === DELIVER) this.drop(event, 'dead');
    const outstanding = this.workload.outstanding(node.id);
    if (outstanding === 0) return;
    const ended = this.workload.end(node.id, outstanding, 'unknown', undefined, this.now);
    if (ended !== undefined) this.returned(node, node.parts[0] as Part, ended, outstanding, undefined);
  }

  restart(index: number, cause: number): void {
    const node = this.nodes[index] as SimNode;
    this.cause = cause;
    this.bootNode(node);
  }

  pause(node: SimNode, duration: Micros): void {
    node.pauses++;
    this.sink?.({ kind: 'pause', event: this.event, at: this.now, node: node.id });
    this.queue.push(
      this.now + duration,
      new QueuedEvent(RESUME, node.index, 0, -1, undefined, node.incarnation, 0, this.event, this.now, 0),
    );
  }

  private resume(index: number, cause: number): void {
    const node = this.nodes[index] as SimNode;
    this.begin(RESUME, index, node.incarnation, cause);
    node.pauses--;
    if (node.pauses > 0) return;
    this.sink?.({ kind: 'resume', event: this.event, at: this.now, cause, node: node.id });
    if (node.syncToken === 0) this.continueSuffix(node);
  }

  /** An operator's action. */
  admin(node: SimNode, action: Tagged): void {
    this.sink?.({ kind: 'admin', event: this.event, at: this.now, node: node.id, action: action as unknown as Json });
    const event = new QueuedEvent(RESTART, node.index, 0, -1, undefined, 0, 0, this.event, this.now, 0);
    this.activate(node, node.parts[0] as Part, ADMIN, event, action.type, action);
  }

  /** After a change of clock rate every armed timer fires at another true time. */
  retime(node: SimNode): void {
    for (const part of node.parts) {
      const armed = [...part.timers];
      part.timers.clear();
      for (const [id, timer] of armed) this.arm(node, part, id, timer.name, timer.key, timer.local);
    }
  }

  /** Messages whose clog has ended go on, in the order they came. */
  releaseHeld(): void {
    const { held } = this;
    this.held = [];
    for (const event of held) {
      if (this.network.isClogged(event.from, event.node)) this.held.push(event);
      else this.queue.push(this.now, event);
    }
  }

  /** True when the node cannot take part in a fault of this kind now. */
  indexOf(id: NodeId): number | undefined {
    return this.indexes.get(id);
  }

  hashIntoDigest(text: string): void {
    this.rolling.string(text);
  }

  // --- Looking -----------------------------------------------------------------------------------------------------------------

  knows(node: NodeId): boolean {
    return this.indexes.has(node);
  }

  nodesWithRole(path: string, role: string): readonly NodeId[] {
    const key = `${path} ${role}`;
    let found = this.directoryCache.get(key);
    if (found === undefined) {
      found = this.nodes
        .filter(({ parts }) => parts.some((part) => part.path === path && part.roleName === role))
        .map(({ id }) => id);
      this.directoryCache.set(key, found);
    }
    return found;
  }

  peersOf(node: SimNode, part: Part): readonly NodeId[] {
    const key = `${part.path} ${part.roleName} ${node.id}`;
    let peers = this.directoryCache.get(key);
    if (peers === undefined) {
      peers = this.nodesWithRole(part.path, part.roleName).filter((id) => id !== node.id);
      this.directoryCache.set(key, peers);
    }
    return peers;
  }

  worldOf(path: string): WorldView {
    let world = this.worlds.get(path);
    if (world === undefined) {
      world = new WorldView(this, path);
      this.worlds.set(path, world);
    }
    return world;
  }

  /** 16 hex digits over every event so far. */
  digest(): string {
    return this.rolling.toString();
  }

  /** Of everything the future depends on but true time: nodes, disks, messages in flight, armed timers, cuts. */
  stateHash(): string {
    const digest = new Digest();
    const flight = this.queue
      .entries()
      .flatMap(({ payload }) =>
        payload.kind === DELIVER ? [canonicalText([payload.from, payload.node, payload.part, payload.payload])] : [],
      );
    const nodes = this.nodes.map((node) => [
      node.id,
      node.status,
      node.pauses,
      node.suffix === undefined ? 0 : node.suffix.effects.count - node.suffix.next,
      node.disk.contents(),
      node.parts.map((part) => [part.state, [...part.timers.keys()].sort()]),
      node.inbox.slice(node.inboxHead).map(({ kind, from, payload }) => [kind, from, payload]),
    ]);
    const held = this.held.map(({ from, node, payload }) => [from, node, payload]);
    digest.string(canonicalText([nodes, flight.sort(), held, this.network.contents()]));
    return digest.toString();
  }

  history(): readonly Operation[] {
    return this.workload.history();
  }

  /** What a node looks like now; undefined while it is down or in the middle of a handler. */
  viewOf(id: NodeId): NodeView | undefined {
    const node = this.nodes[this.indexes.get(id) ?? -1];
    const part = node?.parts[0];
    if (node === undefined || part === undefined || node.status !== 'running' || node.suffix !== undefined)
      return undefined;
    return part.role.view(part.state);
  }

  private showView(node: SimNode): void {
    const view = this.viewOf(node.id);
    if (view === undefined) return;
    const text = JSON.stringify(view);
    if (text === node.lastView) return;
    node.lastView = text;
    this.sink?.({ kind: 'view', event: this.event, at: this.now, node: node.id, view });
  }

  statistics(): Statistics {
    return {
      events: this.event,
      deliveries: this.deliveries,
      simulatedMicros: this.now,
      messages: Object.fromEntries(
        [...this.counts].map(([type, counts]) => [type, { ...counts, dropped: { ...counts.dropped } }]),
      ),
      faults: this.injector.statistics(),
      operations: this.workload.statistics(),
      notes: Object.fromEntries(this.noteCounts),
    };
  }

  private countsOf(type: string): MessageCounts {
    let counts = this.counts.get(type);
    if (counts === undefined) {
      counts = { sent: 0, delivered: 0, duplicated: 0, dropped: {} };
      this.counts.set(type, counts);
    }
    return counts;
  }

  // --- Verdicts ----------------------------------------------------------------------------------------------------------------

  private found(observer: Observer, finding: Finding, node: number): void {
    if (this.violation !== undefined) return;
    const name = this.names[node];
    this.violation = {
      property: observer.name,
      path: observer.path,
      finding,
      event: this.event,
      at: this.now,
      ...(name === undefined ? {} : { node: name }),
    };
    this.over = true;
    this.sink?.({
      kind: 'violation',
      event: this.event,
      at: this.now,
      property: observer.name,
      sentence: finding.sentence,
      ...(observer.path === '' ? {} : { path: observer.path }),
    });
  }

  private look(observer: Observer, hook: () => Finding | undefined): void {
    const finding = hook();
    if (finding !== undefined) this.found(observer, finding, -1);
  }

  fail(kind: Failure['kind'], sentence: string, node?: SimNode, handler?: string, error?: Failure['error']): void {
    if (this.failure !== undefined) return;
    this.over = true;
    this.failure = {
      kind,
      sentence,
      event: this.event,
      at: this.now,
      ...(node === undefined ? {} : { node: node.id }),
      ...(handler === undefined ? {} : { handler }),
      ...(error === undefined ? {} : { error }),
    };
    this.sink?.({
      kind: 'failure',
      event: this.event,
      at: this.now,
      sentence,
      ...(node === undefined ? {} : { node: node.id }),
    });
  }

  // --- Explicit schedules ------------------------------------------------------------------------------------------------------

  /** What could happen next, whatever its time: deliveries, drops, timers, syncs, calls, faults. Ids are stable. */
  pending(): readonly Action[] {
    return pendingActions(this);
  }

  /** Makes one pending action happen now. Throws a RangeError when it is not pending. */
  perform(action: Action | string): void {
    const choice: Choice = takeAction(this, typeof action === 'string' ? action : action.id);
    guarded(() => {
      if (choice.drop) this.drop(choice.event, 'override');
      else if (choice.fromInbox) this.receive(this.nodes[choice.event.node] as SimNode, choice.event);
      else this.dispatch(choice.event);
    });
  }

  // --- Snapshots ---------------------------------------------------------------------------------------------------------------

  snapshot(): Snapshot {
    return {
      now: this.now,
      event: this.event,
      violation: this.violation,
      failure: this.failure,
      over: this.over,
      ready: this.ready.slice(),
      tokens: this.tokens,
      messageIds: this.messageIds,
      hostRequests: this.hostRequests,
      deliveries: this.deliveries,
      instantEvents: this.instantEvents,
      counts: clone(this.counts),
      noteCounts: clone(this.noteCounts),
      digest: this.rolling.save(),
      queue: this.queue.save(),
      held: this.held.slice(),
      network: this.network.save(),
      workload: this.workload.save(),
      injector: this.injector.save(),
      diskStream: this.diskStream?.save(),
      nodes: this.nodes.map((node) => ({
        spec: { id: node.id, role: node.roleName, options: node.options },
        saved: node.save(),
      })),
      memories: this.observers.map(({ memory }) => clone(memory)),
    };
  }

  /** Goes back (or forth) to a snapshot of this simulation, or of another one with the same setup. */
  restore(snapshot: Snapshot): void {
    this.now = snapshot.now;
    this.event = snapshot.event;
    this.violation = snapshot.violation;
    this.failure = snapshot.failure;
    this.over = snapshot.over;
    this.ready = snapshot.ready.slice();
    this.mail = [];
    this.tokens = snapshot.tokens;
    this.messageIds = snapshot.messageIds;
    this.hostRequests = snapshot.hostRequests;
    this.deliveries = snapshot.deliveries;
    this.instantEvents = snapshot.instantEvents;
    this.counts = clone(snapshot.counts) as Map<string, MessageCounts>;
    this.noteCounts = clone(snapshot.noteCounts) as Map<string, number>;
    this.rolling.load(snapshot.digest);
    this.queue.load(snapshot.queue);
    this.held = snapshot.held.slice();
    this.network.load(snapshot.network);
    this.workload.load(snapshot.workload);
    this.injector.load(snapshot.injector);
    this.diskStream = snapshot.diskStream === undefined ? undefined : Stream.restored(snapshot.diskStream);
    this.restoreNodes(snapshot);
    this.observers.forEach((observer, i) => {
      observer.memory = clone(snapshot.memories[i]);
    });
  }

  private restoreNodes(snapshot: Snapshot): void {
    for (const node of this.nodes.splice(snapshot.nodes.length)) this.indexes.delete(node.id);
    this.names.length = this.nodes.length;
    this.directoryCache.clear();
    snapshot.nodes.forEach(({ spec, saved }, i) => {
      (this.nodes[i] ?? this.addNode(spec)).load(saved);
    });
  }
}

export interface Snapshot {
  readonly now: Micros;
  readonly event: number;
  readonly violation: Violation | undefined;
  readonly failure: Failure | undefined;
  readonly over: boolean;
  readonly ready: readonly number[];
  readonly tokens: number;
  readonly messageIds: number;
  readonly hostRequests: number;
  readonly deliveries: number;
  readonly instantEvents: number;
  readonly counts: ReadonlyMap<string, MessageCounts>;
  readonly noteCounts: ReadonlyMap<string, number>;
  readonly digest: readonly [number, number];
  readonly queue: QueueSnapshot<QueuedEvent>;
  readonly held: readonly QueuedEvent[];
  readonly network: NetworkSnapshot;
  readonly workload: WorkloadSnapshot;
  readonly injector: InjectorSnapshot;
  readonly diskStream: StreamState | undefined;
  readonly nodes: readonly { readonly spec: NodeSpec; readonly saved: NodeSnapshot }[];
  readonly memories: readonly unknown[];
}

// biome-ignore lint/suspicious/noExplicitAny: handlers of every shape; each is checked where its role is written.
type Handler = (...inputs: any[]) => unknown;
interface HandlerTables {
  readonly onMessage?: { readonly [name: string]: Handler };
  readonly onTimer?: { readonly [name: string]: Handler };
  readonly onRequest?: { readonly [name: string]: Handler };
  readonly onAdmin?: { readonly [name: string]: Handler };
  readonly onDisk?: { readonly [name: string]: Handler };
  readonly onReply?: { readonly [name: string]: Handler };
  onDiskError?: Handler;
}

function invokeMail({ part, request, component, answer }: Mail): unknown {
  const role = part.role as unknown as HandlerTables;
  if (request !== undefined) {
    const handler = role.onRequest?.[request.op.type];
    if (handler === undefined)
      throw new ContractError(`the component "${component}" has no onRequest.${request.op.type}`);
    return handler(part.state, request, part.context);
  }
  const handler = role.onReply?.[component];
  if (handler === undefined) throw new ContractError(`the role "${part.roleName}" has no onReply.${component}`);
  return handler(part.state, answer, part.context);
}

const mailName = ({ request, component }: Mail): string =>
  request === undefined ? `onReply.${component}` : `${component}: onRequest.${request.op.type}`;

function handlerName(kind: number, event: QueuedEvent, name: string | undefined): string {
  switch (kind) {
    case DELIVER:
      return `onMessage.${(event.payload as Tagged).type}`;
    case TIMER:
      return `onTimer.${name}`;
    case CALL:
      return `onRequest.${name}`;
    case SYNCED:
      return `onDisk.${(event.payload as { tag: string }).tag}`;
    case BOOT:
      return 'boot';
    case ADMIN:
      return `onAdmin.${name}`;
    default:
      return 'onDiskError';
  }
}

function whyNoResult(result: unknown): string {
  if (typeof (result as { then?: unknown })?.then === 'function') {
    return 'the handler returned a promise; handlers are synchronous (no async, no await): use context.setTimer and messages instead';
  }
  return `the handler returned ${typeof result}; handlers return nothing: use context.send, context.reply or the state`;
}

const pathOf = (part: Part): { readonly path?: string } => (part.path === '' ? {} : { path: part.path });

export type { EventKind, Lane };
export { whyNotPlain };
