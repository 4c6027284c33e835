/** The context a handler gets. Its calls only record effects; simulation.ts commits them. Dead once the handler has returned. */

import type { Write } from './disk.ts';
import {
  CANCEL_TIMER,
  type Effects,
  GIVE_UP,
  HALT,
  NOTE,
  REFUSE,
  REPLY,
  SEND,
  SET_TIMER,
  SYNC,
  SYNC_LATER,
  WRITE,
} from './effects.ts';
import type { Outcome } from './history.ts';
import type { Json } from './plain.ts';
import type { Part, SimNode } from './process.ts';
import type {
  Context,
  Directory,
  Disk,
  Micros,
  NodeId,
  Random,
  ReadResult,
  Request,
  StoredLog,
  Tagged,
} from './protocol.ts';

/** The protocol's code breaks the contract; the message says which rule and what to do instead. */
export class ContractError extends Error {
  override readonly name = 'ContractError';
}

/** What contexts need of the simulation. */
export interface ContextHost {
  readonly now: Micros;
  /** The context whose handler is running; undefined between handlers. */
  running: unknown;
  readonly recorded: Effects;
  /** Tells one activation from the next. */
  readonly activation: number;
  readonly effectsMax: number;
  indexOf(node: NodeId): number | undefined;
  nodesWithRole(path: string, role: string): readonly NodeId[];
  peersOf(node: SimNode, part: Part): readonly NodeId[];
  askComponent(node: SimNode, part: Part, component: string, op: Tagged, memo: Json | undefined): void;
  answerHost(node: SimNode, part: Part, request: Request, outcome: Outcome, result: Json | undefined): void;
}

export class HandlerContext implements Context<never> {
  readonly self: NodeId;
  readonly options: never;
  readonly disk: Disk<never>;
  readonly directory: Directory;
  private readonly host: ContextHost;
  private readonly node: SimNode;
  private readonly part: Part;

  constructor(host: ContextHost, node: SimNode, part: Part) {
    this.host = host;
    this.node = node;
    this.part = part;
    this.self = node.id;
    this.options = part.options as never;
    this.directory = {
      withRole: (role) => host.nodesWithRole(part.path, role),
      get peers() {
        return host.peersOf(node, part);
      },
    };
    this.disk = new ContextDisk(host, this, node, part) as unknown as Disk<never>;
  }

  get now(): Micros {
    return this.node.clock.elapsed(this.host.now) - this.node.bootedLocal;
  }

  get wallClock(): Micros {
    return this.node.clock.wall(this.host.now);
  }

  get random(): Random {
    this.alive('random');
    return this.node.random;
  }

  send(to: NodeId, message: Tagged): void {
    this.alive('send');
    const target = this.host.indexOf(to);
    if (target === undefined)
      throw new ContractError(`send to "${to}": there is no such node (context.directory lists them)`);
    if (typeof message !== 'object' || message === null || typeof message.type !== 'string') {
      throw new ContractError(`send to "${to}": a message must be an object with a string \`type\``);
    }
    this.record(SEND, to, message, target);
  }

  setTimer(timer: string, delay: Micros, key?: string): void {
    this.alive('setTimer');
    if (!(delay >= 0) || !Number.isSafeInteger(delay)) {
      throw new ContractError(
        `setTimer("${timer}", ${delay}): the delay must be a whole number of microseconds, 0 or more`,
      );
    }
    if (this.part.role.onTimer?.[timer as never] === undefined) {
      throw new ContractError(`setTimer("${timer}"): the role "${this.part.roleName}" has no onTimer.${timer}`);
    }
    this.record(SET_TIMER, timer, key, delay);
  }

  cancelTimer(timer: string, key?: string): void {
    this.alive('cancelTimer');
    this.record(CANCEL_TIMER, timer, key, undefined);
  }

  reply(request: Request, result: unknown): void {
    this.alive('reply');
    if (this.part.host >= 0) this.host.answerHost(this.node, this.part, request, 'ok', result as Json);
    else this.record(REPLY, request, result, undefined);
  }

  refuse(request: Request, reason: string): void {
    this.alive('refuse');
    if (this.part.host >= 0) this.host.answerHost(this.node, this.part, request, 'fail', reason);
    else this.record(REFUSE, request, reason, undefined);
  }

  giveUp(request: Request): void {
    this.alive('giveUp');
    if (this.part.host >= 0) this.host.answerHost(this.node, this.part, request, 'unknown', undefined);
    else this.record(GIVE_UP, request, undefined, undefined);
  }

  ask(component: string, op: Tagged, memo?: Json): void {
    this.alive('ask');
    this.host.askComponent(this.node, this.part, component, op, memo);
  }

  halt(reason: string): void {
    this.alive('halt');
    this.record(HALT, reason, undefined, undefined);
  }

  note(text: string, data?: Json): void {
    this.alive('note');
    this.record(NOTE, text, data, undefined);
  }

  record(kind: number, a: unknown, b: unknown, c: unknown): void {
    const { recorded, effectsMax } = this.host;
    if (recorded.count >= effectsMax) {
      throw new ContractError(
        `the handler recorded more than ${effectsMax} effects (limits.effectsPerHandlerMax): a loop?`,
      );
    }
    recorded.record(kind, this.part.index, a, b, c);
  }

  /** Throws unless this context's own handler is running. */
  alive(call: string): void {
    if (this.host.running !== this) {
      throw new ContractError(
        `context.${call} was called outside of its handler: contexts must not be kept (state is what is kept between handlers)`,
      );
    }
  }
}

/** Records writes; reads see the disk as it was when the handler started, since its own writes are not committed yet. */
class ContextDisk {
  private readonly host: ContextHost;
  private readonly context: HandlerContext;
  private readonly node: SimNode;
  private readonly part: Part;
  /** Index after the last entry of each log, counting the appends recorded by the running handler. */
  private readonly ends = new Map<string, number>();
  private endsOf = -1;

  constructor(host: ContextHost, context: HandlerContext, node: SimNode, part: Part) {
    this.host = host;
    this.context = context;
    this.node = node;
    this.part = part;
  }

  read(record: string): ReadResult<unknown> {
    this.context.alive('disk.read');
    return { ok: true, value: this.node.disk.cached.record(this.part.path, record) };
  }

  readLog(log: string): ReadResult<StoredLog<unknown>> {
    this.context.alive('disk.readLog');
    const { first, entries } = this.node.disk.cached.log(this.part.path, log);
    return { ok: true, value: { first, entries: entries.slice() } };
  }

  put(record: string, value: unknown): void {
    this.write({ area: this.part.path, kind: 'put', target: record, value });
  }

  append(log: string, entry: unknown): void {
    this.context.alive('disk.append');
    const index = this.endOf(log);
    this.ends.set(log, index + 1);
    this.write({ area: this.part.path, kind: 'append', target: log, index, entry });
  }

  truncateFrom(log: string, index: number): void {
    const end = this.endOf(log);
    this.ends.set(log, Math.min(end, index));
    this.write({ area: this.part.path, kind: 'truncate', target: log, index });
  }

  dropPrefix(log: string, index: number): void {
    const end = this.endOf(log);
    if (index > end) throw new ContractError(`dropPrefix("${log}", ${index}): the log ends at index ${end - 1}`);
    this.write({ area: this.part.path, kind: 'drop-prefix', target: log, index });
  }

  replace(log: string, first: number, entries: readonly unknown[]): void {
    this.endOf(log);
    this.ends.set(log, first + entries.length);
    this.write({ area: this.part.path, kind: 'replace', target: log, first, entries });
  }

  sync(): void {
    this.context.alive('disk.sync');
    this.context.record(SYNC, undefined, undefined, undefined);
  }

  syncLater(tag: string, data?: Json): void {
    this.context.alive('disk.syncLater');
    if (this.part.role.onDisk?.[tag as never] === undefined) {
      throw new ContractError(`disk.syncLater("${tag}"): the role "${this.part.roleName}" has no onDisk.${tag}`);
    }
    this.context.record(SYNC_LATER, tag, data, undefined);
  }

  private write(write: Write): void {
    this.context.alive(`disk.${write.kind}`);
    this.context.record(WRITE, write, undefined, undefined);
  }

  private endOf(log: string): number {
    // At the start of an activation nothing is recorded beyond the cached image.
    if (this.endsOf !== this.host.activation) {
      this.ends.clear();
      this.endsOf = this.host.activation;
    }
    const known = this.ends.get(log);
    if (known !== undefined) return known;
    const { first, entries } = this.node.disk.cached.log(this.part.path, log);
    return first + entries.length;
  }
}
