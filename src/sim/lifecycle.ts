/** Nodes boot, crash, stop, pause and are told things by their operators. */
import type { Calls } from './calls.ts';
import type { Committer } from './commit.ts';
import type { NodeSpec } from './config.ts';
import type { Core } from './core.ts';
import { DELIVER, eventAt, RESTART, RESUME } from './event.ts';
import type { DiskLoss, UnsyncedWrites } from './faults.ts';
import { ADMIN, BOOT, type Handlers, NO_EVENT } from './handlers.ts';
import type { Messages } from './messages.ts';
import type { Nodes } from './nodes.ts';
import type { Part, SimNode } from './process.ts';
import type { Micros, Tagged } from './protocol.ts';
import type { Timers } from './timers.ts';

export class Lifecycle {
  private readonly core: Core;
  private readonly nodes: Nodes;
  private readonly handlers: Handlers;
  private readonly messages: Messages;
  private readonly timers: Timers;
  private readonly calls: Calls;
  private readonly committer: Committer;

  constructor(
    core: Core,
    nodes: Nodes,
    handlers: Handlers,
    messages: Messages,
    timers: Timers,
    calls: Calls,
    committer: Committer,
  ) {
    this.core = core;
    this.nodes = nodes;
    this.handlers = handlers;
    this.messages = messages;
    this.timers = timers;
    this.calls = calls;
    this.committer = committer;
  }

  /** The first nodes boot, in order. A fault that waits for a note of one may end the run, or boot another before its turn. */
  bootAll(): void {
    const { nodes, spec } = this.core;
    for (const node of nodes.slice(0, spec.nodes.length))
      if (node.incarnation === 0 && !this.core.over) this.boot(node);
  }

  /** Begins an incarnation. */
  boot(node: SimNode): void {
    const { core, committer, handlers } = this;
    node.status = 'running';
    node.incarnation++;
    node.bootedLocal = node.clock.elapsed(core.now);
    core.begin(BOOT, node.index, node.incarnation, core.event);
    core.tracer?.boot(node);
    for (const part of node.parts) part.hooks.boot?.(node.index, part.world);
    if (core.over) return;
    if (!handlers.run(node, node.parts[0] as Part, BOOT, NO_EVENT, undefined, undefined)) return;
    committer.arm(node, BOOT, NO_EVENT, undefined);
    committer.commit(node, handlers.recorded, 0);
    if (node.status === 'running') this.calls.schedule(node);
  }

  join(spec: NodeSpec): void {
    const node = this.nodes.add(spec);
    this.messages.network.joined(node.index);
    this.boot(node);
  }

  /** Memory is gone, and of the unsynced writes what `unsynced` says. `lostEffects`: of a handler that is being committed. */
  crash(node: SimNode, loss: DiskLoss, lostEffects: number): void {
    const { unsynced = 'none' } = loss;
    const isDrawn = unsynced === 'prefix' || unsynced === 'subset';
    this.crashWith(node, unsynced, lostEffects, node.disk.crash(loss, isDrawn ? node.crashRandom.bits() : 0));
  }

  /** Where somebody says which of its unsynced writes survive. */
  crashKeeping(node: SimNode, kept: readonly number[], torn: boolean): void {
    this.crashWith(
      node,
      'subset',
      0,
      node.disk.crashKeeping((write) => kept.includes(write), torn),
    );
  }

  private crashWith(node: SimNode, unsynced: UnsyncedWrites, lostEffects: number, lostWrites: number): void {
    const { core } = this;
    const { suffix } = node;
    const cutOff = suffix === undefined ? lostEffects : suffix.effects.count - suffix.next;
    core.digest.number(lostWrites);
    core.digest.number(cutOff);
    core.tracer?.crash(node, lostWrites, cutOff);
    if (node.disk.torn !== undefined) {
      core.digest.string(node.disk.torn);
      core.tracer?.diskError(node, 'torn', node.disk.torn);
    }
    this.stop(node, 'crashed', unsynced);
  }

  /** Stopped by itself or by the kernel, after an error. */
  halt(node: SimNode, reason: string): void {
    const { core } = this;
    node.disk.crash({}, 0);
    core.digest.string(reason);
    core.tracer?.halt(node, reason);
    this.stop(node, 'halted', 'none');
  }

  private stop(node: SimNode, status: 'crashed' | 'halted', unsynced: UnsyncedWrites): void {
    const { strikes } = node;
    const lost = node.inbox.slice(node.inboxHead);
    node.status = status;
    node.incarnation++;
    node.pauses = 0;
    node.syncToken = 0;
    node.workToken = 0;
    node.suffix = undefined;
    node.failedPart = -1;
    node.inbox = [];
    node.inboxHead = 0;
    for (const part of node.parts) {
      part.timers.clear();
      part.state = undefined;
      part.hooks.crash?.(node.index, unsynced, part.world);
    }
    for (const event of lost) if (event.kind === DELIVER) this.messages.drop(event, 'dead');
    this.calls.forget(node);
    this.committer.strikeLeft(node, strikes);
  }

  pause(node: SimNode, duration: Micros, fault: number): void {
    const { core } = this;
    node.pauses++;
    core.tracer?.pause(node);
    core.queue.push(core.now + duration, eventAt(RESUME, node.index, 0, fault, node.incarnation, core.event));
  }

  /** A pause ends: true when it was the last one in force. */
  resume(node: SimNode, cause: number): boolean {
    const { core } = this;
    core.begin(RESUME, node.index, node.incarnation, cause);
    node.pauses--;
    if (node.pauses > 0) return false;
    core.tracer?.resume(node, cause);
    return true;
  }

  /** An operator's action. */
  admin(node: SimNode, action: Tagged): void {
    const { core } = this;
    core.tracer?.admin(node, action);
    const event = eventAt(RESTART, node.index, 0, undefined, 0, core.event);
    this.committer.activate(node, node.parts[0] as Part, ADMIN, event, action.type, action);
  }

  setClockRate(node: SimNode, ppm: number): void {
    node.clock.setRate(ppm, this.core.now);
    this.timers.retime(node);
  }
}
