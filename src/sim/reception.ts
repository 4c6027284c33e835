/**
 * Events reach their nodes: at once where the node is free, through its inbox where it is busy or paused. What waits for a disk or for
 * the end of a pause goes on from here.
 */
import type { Calls } from './calls.ts';
import type { Calming } from './calm.ts';
import type { Committer } from './commit.ts';
import type { Core } from './core.ts';
import type { PendingSync } from './disk.ts';
import {
  CALL,
  CALM,
  DELIVER,
  eventAt,
  FAULT_END,
  FAULT_START,
  FAULT_STEP,
  LOOK,
  type QueuedEvent,
  RESTART,
  RESUME,
  SYNCED,
  TIMER,
  WORKED,
} from './event.ts';
import { DISK_ERROR, type Handlers } from './handlers.ts';
import type { Injector } from './injector.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Messages } from './messages.ts';
import type { Part, SimNode } from './process.ts';
import type { DiskErrorKind, Micros } from './protocol.ts';
import type { Timers } from './timers.ts';

export class Reception {
  /** Nodes that may go on with their inbox. */
  ready: number[] = [];
  private readonly core: Core;
  private readonly handlers: Handlers;
  private readonly messages: Messages;
  private readonly timers: Timers;
  private readonly calls: Calls;
  private readonly committer: Committer;
  private readonly injector: Injector;
  private readonly lifecycle: Lifecycle;
  private readonly calming: () => Calming;

  constructor(
    core: Core,
    handlers: Handlers,
    messages: Messages,
    timers: Timers,
    calls: Calls,
    committer: Committer,
    injector: Injector,
    lifecycle: Lifecycle,
    calming: () => Calming,
  ) {
    this.core = core;
    this.handlers = handlers;
    this.messages = messages;
    this.timers = timers;
    this.calls = calls;
    this.committer = committer;
    this.injector = injector;
    this.lifecycle = lifecycle;
    this.calming = calming;
  }

  /** What waits longest in the inbox of a node that has become free. */
  nextFromInbox(): QueuedEvent | undefined {
    for (;;) {
      const index = this.ready[0];
      if (index === undefined) return undefined;
      const node = this.core.nodes[index] as SimNode;
      if (node.isFree && node.hasInbox) return node.takeFromInbox();
      this.ready.shift();
    }
  }

  /**
   * When the queue's first event happens, Infinity where there is none. What the queue still has of timers that were cancelled, or set again
   * for later, is taken out before: it would move true time, and how much there is of it depends on who has looked into the queue.
   */
  timeOfNext(): Micros {
    const { queue, nodes } = this.core;
    for (;;) {
      const time = queue.nextDue();
      if (time === Number.POSITIVE_INFINITY) return time;
      const event = queue.peek();
      if (event.kind !== TIMER) return time;
      const part = (nodes[event.node] as SimNode).parts[event.part] as Part;
      if (this.timers.isDueAt(time, event, part)) return time;
      queue.pop();
      this.timers.putOff(event, part);
    }
  }

  /** An event of the queue has come up. */
  dispatch(event: QueuedEvent): void {
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
        if (node.incarnation === event.id) this.lifecycle.boot(node);
        return;
      case RESUME:
        if (node.incarnation === event.id && this.lifecycle.resume(node, event.cause) && isAtRest(node))
          this.goOn(node);
        return;
      case FAULT_STEP:
        this.injector.step(event);
        return;
      case WORKED:
        this.worked(node, event);
        return;
      case CALM:
        this.calming().begin();
        return;
      case LOOK:
        this.calming().look();
        return;
    }
  }

  /** All pauses of a node end at once. */
  unpause(node: SimNode): void {
    if (node.pauses === 0) return;
    node.pauses = 1;
    if (this.lifecycle.resume(node, this.core.event) && isAtRest(node)) this.goOn(node);
  }

  private handOver(node: SimNode, event: QueuedEvent): void {
    if (node.isFree) this.receive(node, event);
    else node.inbox.push(event);
  }

  /** Handles an event at a node that is free. */
  receive(node: SimNode, event: QueuedEvent): void {
    const { core } = this;
    const part = node.parts[event.part] as Part;
    switch (event.kind) {
      case DELIVER:
        core.begin(DELIVER, event.node, event.id ^ (event.copy << 31), event.cause);
        this.messages.delivered(event, node, part);
        if (!core.over) this.committer.activate(node, part, DELIVER, event, undefined, undefined);
        return;
      case TIMER: {
        // A timer that waited in the inbox may have been cancelled or set again meanwhile.
        const timer = this.timers.due(event, part, false);
        if (timer === undefined) return;
        part.timers.take(timer);
        core.begin(TIMER, event.node, timer.hash, timer.cause);
        core.tracer?.timer(node, part, timer);
        this.committer.activate(node, part, TIMER, event, timer.name, timer.key);
        return;
      }
      case CALL: {
        if (!this.calls.mayIssue(node)) return;
        core.begin(CALL, event.node, 0, event.cause);
        const request = this.calls.issue(node);
        this.committer.activate(node, part, CALL, event, request.op.type, request);
        return;
      }
      default:
        core.begin(SYNCED, event.node, event.id, event.cause);
        this.tellOutcome(node, part, event);
    }
  }

  /** How an asynchronous sync has ended. */
  private tellOutcome(node: SimNode, part: Part, outcome: QueuedEvent): void {
    const { fails, known } = outcome.payload as PendingSync;
    if (fails) node.disk.tell(part.index, known);
    this.committer.activate(node, part, SYNCED, outcome, undefined, undefined);
  }

  /** The disk has finished a sync, whatever the process is doing. */
  private synced(node: SimNode, event: QueuedEvent): void {
    const { core } = this;
    const sync = node.disk.finish(event.id);
    if (sync === undefined) return;
    const part = node.parts[sync.part] as Part;
    core.begin(SYNCED, event.node, sync.fails ? -event.id : event.id, event.cause);
    core.tracer?.synced(node, part, sync, event.cause);
    if (node.disk.strays !== undefined) this.wentAstray(node);
    if (node.disk.hardened > 0) this.becameDurable(node);
    if (core.over) return;
    if (!sync.blocking) {
      const outcome = eventAt(SYNCED, event.node, sync.part, sync, event.id, event.cause);
      if (node.isFree) this.tellOutcome(node, part, outcome);
      else node.inbox.push(outcome);
      return;
    }
    node.syncToken = 0;
    if (sync.fails) {
      // The next thing that this part does is to hear of it.
      node.disk.tell(part.index, sync.known);
      node.failedPart = part.index;
      node.failure = 'sync';
    }
    if (node.pauses === 0) this.goOn(node);
  }

  /** Writes that have become durable at wrong places. */
  private wentAstray(node: SimNode): void {
    const { core } = this;
    for (const { meant, destroyed = '' } of node.disk.strays ?? []) {
      core.digest.string(`${meant}>${destroyed}`);
      core.tracer?.diskError(node, 'misdirected', meant);
      if (destroyed !== '') core.tracer?.diskError(node, 'corrupt', destroyed);
    }
    node.disk.strays = undefined;
  }

  /** A handler of a slow node is done, or a write has failed. */
  private worked(node: SimNode, event: QueuedEvent): void {
    if (node.workToken !== event.id) return;
    this.core.begin(WORKED, event.node, 0, event.cause);
    node.workToken = 0;
    if (node.pauses === 0) this.goOn(node);
  }

  private becameDurable(node: SimNode): void {
    for (let p = 0; p < node.parts.length; p++) {
      const part = node.parts[p] as Part;
      part.hooks.durable?.(node.index, part.world);
    }
  }

  /** A write or a blocking sync failed: the rest of the handler's effects is gone; the role must stop or refuse. */
  private diskFailed(node: SimNode, part: Part): void {
    const { incarnation, failure } = node;
    node.suffix = undefined;
    node.failedPart = -1;
    if (part.role.onDiskError === undefined) {
      this.lifecycle.halt(node, `${whatFailed[failure]}, and the role has no onDiskError`);
      return;
    }
    this.committer.strikeLeft(node, node.strikes);
    if (node.incarnation !== incarnation) return;
    const error = eventAt(SYNCED, node.index, part.index, failure, 0, this.core.event);
    this.committer.activate(node, part, DISK_ERROR, error, undefined, undefined);
    this.markReady(node);
  }

  /** Goes on with the effects that waited for a sync or the end of a pause, then with the inbox. */
  private goOn(node: SimNode): void {
    if (node.failedPart >= 0) {
      this.diskFailed(node, node.parts[node.failedPart] as Part);
      return;
    }
    const { suffix } = node;
    node.suffix = undefined;
    if (suffix !== undefined) {
      this.committer.commit(node, suffix.effects, suffix.next);
      if (node.suffix === undefined) this.handlers.takeBack(suffix.effects);
    }
    this.markReady(node);
  }

  private markReady(node: SimNode): void {
    if (node.isFree && node.hasInbox) this.ready.push(node.index);
  }
}

/** Neither waiting for its disk nor at work: the end of the last pause lets it go on. */
const isAtRest = ({ syncToken, workToken }: SimNode): boolean => syncToken === 0 && workToken === 0;

const whatFailed: { readonly [Kind in DiskErrorKind]: string } = {
  sync: 'a sync failed',
  write: 'a write failed',
  full: 'the disk is full',
  read: 'a read failed',
  corrupt: 'the disk is corrupt',
  torn: 'an entry is torn',
};
