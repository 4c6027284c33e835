/**
 * Effects: what a handler has recorded happens, in order. A crash or a pause may fall between any two effects, and a blocking sync
 * makes the rest wait; properties and views see the state when all have happened.
 */
import type { Calls } from './calls.ts';
import type { Core } from './core.ts';
import { nameOf } from './damage.ts';
import { Site, wordOf } from './digest.ts';
import { sample } from './distribution.ts';
import type { Effects } from './effects.ts';
import * as effect from './effects.ts';
import { eventAt, type QueuedEvent, SYNCED, WORKED } from './event.ts';
import type { Handlers } from './handlers.ts';
import type { Write } from './image.ts';
import type { Injector } from './injector.ts';
import type { Messages } from './messages.ts';
import type { LogChange } from './observer.ts';
import type { Json } from './plain.ts';
import type { Part, SimNode, Strike } from './process.ts';
import type { Micros, NodeId, Request, Tagged } from './protocol.ts';
import type { Timers } from './timers.ts';
import { dataOf, digestWrite } from './writes.ts';

export class Committer {
  private readonly core: Core;
  private readonly handlers: Handlers;
  private readonly messages: Messages;
  private readonly timers: Timers;
  private readonly calls: Calls;
  private readonly injector: Injector;
  private readonly halt: (node: SimNode, reason: string) => void;
  private noteKinds = new Map<string, NoteKind>();
  /** Where data of asynchronous syncs is hashed. */
  private readonly syncData = new Site();

  constructor(
    core: Core,
    handlers: Handlers,
    messages: Messages,
    timers: Timers,
    calls: Calls,
    injector: Injector,
    halt: (node: SimNode, reason: string) => void,
  ) {
    this.core = core;
    this.handlers = handlers;
    this.messages = messages;
    this.timers = timers;
    this.calls = calls;
    this.injector = injector;
    this.halt = halt;
  }

  /** Runs a handler and commits its effects. */
  activate(
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
    if (node.handlerCost > 0) this.work(node);
    else this.commit(node, handlers.recorded, 0);
  }

  /** A slow node: what its handler does happens when it is done. */
  private work(node: SimNode): void {
    this.suspend(node, this.handlers.recorded, 0);
    this.goOnAfter(node, node.handlerCost);
  }

  /** The node goes on with its suffix, or learns what has failed, after a while. */
  private goOnAfter(node: SimNode, duration: Micros): void {
    const { core } = this;
    node.workToken = core.nextToken();
    core.queue.push(core.now + duration, eventAt(WORKED, node.index, 0, undefined, node.workToken, core.event));
  }

  /** Faults that wait for what a handler did, or for a handler of its length, take their places between its effects. */
  arm(node: SimNode, kind: number, event: QueuedEvent, name: string | undefined): void {
    const { injector } = this;
    if (injector.isWatching || node.ambushes !== undefined)
      injector.arm(node, kind, event, name, this.handlers.recorded);
  }

  /** Commits effects from `start` on. Stops where the node must wait for its disk, crashes or is paused. */
  commit(node: SimNode, effects: Effects, start: number): void {
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
          if (node.disk.isFaulty && this.writeFails(node, part, a[i] as Write)) {
            this.suspend(node, effects, count);
            return;
          }
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
          this.calls.end(node, (a[i] as Request).id, 'ok', b[i] as Json, undefined);
          break;
        case effect.REFUSE:
          this.calls.end(node, (a[i] as Request).id, 'fail', undefined, b[i] as string);
          break;
        case effect.GIVE_UP:
          this.calls.end(node, (a[i] as Request).id, 'unknown', undefined, undefined);
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
    this.core.committing = atEnd ? -1 : node.index;
    if (atEnd || node.pauses === 0) return false;
    this.suspend(node, effects, boundary);
    return true;
  }

  /** The rest of a handler is gone: the faults that waited for its later boundaries strike now. */
  strikeLeft(node: SimNode, strikes: readonly Strike[] | undefined): void {
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

  /** The rest of the handler's effects is gone with the write; the part is told so, at this instant but as an event of its own. */
  private writeFails(node: SimNode, part: Part, write: Write): boolean {
    const error = node.disk.refuses(write);
    if (error === undefined) return false;
    const { core } = this;
    core.digest.string(error);
    core.tracer?.diskError(node, error, nameOf(part.path, write.target));
    node.failedPart = part.index;
    node.failure = error;
    this.goOnAfter(node, 0);
    return true;
  }

  /** True when the node must wait. A blocking sync with nothing to write is done at once. */
  private sync(node: SimNode, part: Part, blocking: boolean, tag: string, data: Json | undefined): boolean {
    const { core } = this;
    const { disk } = node;
    core.digest.word(((blocking ? effect.SYNC : effect.SYNC_LATER) << 24) ^ part.index);
    if (!blocking) {
      core.digest.string(tag);
      core.digest.valueAt(this.syncData, data);
    }
    if (blocking && disk.isIdleFor(part.index)) return false;
    const token = core.nextToken();
    const sync = disk.begin(token, core.now, this.syncLatency(node), blocking, part.index, tag, data);
    core.tracer?.sync(node, part, blocking, tag);
    if (node.syncTraps !== undefined) this.injector.springSyncTraps(node, sync.done);
    core.queue.push(sync.done, eventAt(SYNCED, node.index, part.index, undefined, token, core.event));
    if (blocking) node.syncToken = token;
    return blocking;
  }

  private syncLatency(node: SimNode): Micros {
    const { syncLatency } = this.core;
    return syncLatency.kind === 'constant' ? syncLatency.value : sample(syncLatency, node.syncRandom.bits());
  }

  private note(node: SimNode, part: Part, text: string, data: Json | undefined): void {
    const { core } = this;
    core.digest.word((effect.NOTE << 24) ^ part.index);
    const kind = this.noteKinds.get(text) ?? this.addNoteKind(text);
    core.digest.word(kind.word);
    if (data !== undefined) core.digest.valueAt(kind.site, data);
    kind.count++;
    this.injector.noted(text, node);
    part.hooks.note?.(node.index, text, data, part.world);
    core.tracer?.note(node, part, text, data);
  }

  private addNoteKind(text: string): NoteKind {
    const kind = { count: 0, word: wordOf(text), site: new Site() };
    this.noteKinds.set(text, kind);
    return kind;
  }

  /** How often each note was written. */
  notes(): { readonly [text: string]: number } {
    return Object.fromEntries(this.save());
  }

  save(): ReadonlyMap<string, number> {
    return new Map([...this.noteKinds].map(([text, { count }]) => [text, count]));
  }

  load(noteCounts: ReadonlyMap<string, number>): void {
    this.noteKinds = new Map();
    for (const [text, count] of noteCounts) this.addNoteKind(text).count = count;
  }
}

/** What all notes of one text share. */
interface NoteKind {
  count: number;
  readonly word: number;
  /** Where their data is hashed. */
  readonly site: Site;
}

/** The first fault armed that is due at a boundary. */
const dueAt = ({ strikes }: SimNode, boundary: number): Strike | undefined =>
  strikes?.find((strike) => strike.boundary <= boundary);

function without(strikes: readonly Strike[] | undefined, strike: Strike): Strike[] | undefined {
  const rest = strikes?.filter((other) => other !== strike) ?? [];
  return rest.length === 0 ? undefined : rest;
}
