/** The context a handler gets. Its calls only record effects; simulation.ts commits them. Dead once the handler has returned. */

import {
  CANCEL_TIMER,
  type Effects,
  effectNames,
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
import type { Write } from './image.ts';
import { deepFreeze, type Json, thawed, whyNotPlain } from './plain.ts';
import type { Part, SimNode } from './process.ts';
import type {
  Context,
  Directory,
  Disk,
  LogReadResult,
  Micros,
  NodeId,
  Random,
  ReadResult,
  Request,
  Tagged,
} from './protocol.ts';

/** The protocol's code breaks the contract; the message says which rule and what to do instead. */
export class ContractError extends Error {
  override readonly name = 'ContractError';
}

/** A handler does without end what one handler should do in a few steps. */
export class LimitError extends ContractError {}

/** What contexts need of the simulation. */
export interface ContextHost {
  readonly now: Micros;
  /** The context whose handler is running; undefined between handlers. */
  running: unknown;
  readonly recorded: Effects;
  /** Tells one activation from the next. */
  readonly activation: number;
  readonly effectsMax: number;
  readonly strict: boolean;
  indexOf(node: NodeId): number | undefined;
  nodesWithRole(path: string, role: string): readonly NodeId[];
  peersOf(node: SimNode, part: Part): readonly NodeId[];
  askComponent(node: SimNode, part: Part, component: string, op: Tagged, memo: Json | undefined): void;
  answerHost(node: SimNode, part: Part, request: Request, outcome: Outcome, result: Json | undefined): void;
}

/**
 * V8 puts a function that is assigned to a property where it is made, and the shape of an object with a getter of its own, among what is
 * old; there it keeps alive what it closes over, the whole simulation, until all garbage is collected. Young garbage then costs as much
 * as what is alive.
 */
class ContextDirectory implements Directory {
  readonly withRole: (role: string) => readonly NodeId[];
  private readonly host: ContextHost;
  private readonly node: SimNode;
  private readonly part: Part;

  constructor(host: ContextHost, node: SimNode, part: Part) {
    this.host = host;
    this.node = node;
    this.part = part;
    // No method: protocols may take it apart. And named first: see above.
    const withRole = (role: string): readonly NodeId[] => host.nodesWithRole(part.path, role);
    this.withRole = withRole;
  }

  get peers(): readonly NodeId[] {
    return this.host.peersOf(this.node, this.part);
  }
}

export class HandlerContext implements Context<never> {
  readonly self: NodeId;
  readonly options: never;
  readonly disk: Disk<never>;
  readonly directory: Directory;
  private readonly host: ContextHost;
  private readonly node: SimNode;
  private readonly part: Part;
  /** The last timer that was found to have a handler. */
  private knownTimer: string | undefined = undefined;

  constructor(host: ContextHost, node: SimNode, part: Part) {
    this.host = host;
    this.node = node;
    this.part = part;
    this.self = node.id;
    this.options = part.options as never;
    this.directory = new ContextDirectory(host, node, part);
    this.disk = new ContextDisk(host, this, node, part) as unknown as Disk<never>;
  }

  get now(): Micros {
    this.alive('now');
    return this.node.clock.elapsed(this.host.now) - this.node.bootedLocal;
  }

  get wallClock(): Micros {
    this.alive('wallClock');
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
    this.mustHaveTimer('setTimer', timer);
    this.record(SET_TIMER, timer, key, delay);
  }

  cancelTimer(timer: string, key?: string): void {
    this.alive('cancelTimer');
    this.mustHaveTimer('cancelTimer', timer);
    this.record(CANCEL_TIMER, timer, key, undefined);
  }

  private mustHaveTimer(call: string, timer: string): void {
    if (timer === this.knownTimer) return;
    if (this.part.role.onTimer?.[timer] === undefined)
      throw new ContractError(`${call}("${timer}"): the role "${this.part.roleName}" has no onTimer.${timer}`);
    this.knownTimer = timer;
  }

  reply(request: Request, result: unknown): void {
    this.end('reply', REPLY, 'ok', request, result);
  }

  refuse(request: Request, reason: string): void {
    this.end('refuse', REFUSE, 'fail', request, reason);
  }

  giveUp(request: Request): void {
    this.end('giveUp', GIVE_UP, 'unknown', request, undefined);
  }

  private end(call: string, kind: number, outcome: Outcome, request: Request, result: unknown): void {
    this.alive(call);
    if (typeof request?.id !== 'number')
      throw new ContractError(`${call}: its first argument must be the request that it ends, as it was handed over`);
    if (this.part.host < 0) {
      this.record(kind, request, result, undefined);
      return;
    }
    if (this.host.strict) handOverStrictly(call, result);
    this.host.answerHost(this.node, this.part, request, outcome, result as Json);
  }

  ask(component: string, op: Tagged, memo?: Json): void {
    this.alive('ask');
    if (typeof op?.type !== 'string')
      throw new ContractError(`ask("${component}"): a request must be an object with a string \`type\``);
    if (this.host.strict) handOverStrictly('ask', op, memo);
    this.host.askComponent(this.node, this.part, component, op, memo);
  }

  halt(reason: string): void {
    this.alive('halt');
    this.record(HALT, reason, undefined, undefined);
  }

  note(text: string, data?: Json): void {
    this.alive('note');
    if (typeof text !== 'string')
      throw new ContractError(`note(${String(text)}): a note is a text; data goes beside it`);
    this.record(NOTE, text, data, undefined);
  }

  record(kind: number, a: unknown, b: unknown, c: unknown): void {
    const { recorded, effectsMax, strict } = this.host;
    if (strict) handOverStrictly(effectNames[kind] as string, a, b);
    if (recorded.count >= effectsMax) {
      throw new LimitError(
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

/** Strict mode: what leaves a handler is plain data, and nobody changes it any more. */
function handOverStrictly(call: string, ...values: readonly unknown[]): void {
  for (const value of values) {
    if (value === undefined) continue;
    const why = whyNotPlain(value);
    if (why !== undefined) throw new ContractError(`${call}: what is handed over must be plain data: ${why}`);
    deepFreeze(value);
  }
}

/** Records writes; reads see the disk as it was when the handler started, since its own writes are not committed yet. */
class ContextDisk {
  private readonly host: ContextHost;
  private readonly context: HandlerContext;
  private readonly node: SimNode;
  private readonly part: Part;
  /**
   * First index of each log and the index after its last, counting what the running handler has recorded. A handler writes to one log
   * or two: a list that is used again costs less than a Map that is cleared for each handler (100 ns).
   */
  private readonly bounds: Bounds[] = [];
  private boundsCount = 0;
  private boundsOf = -1;

  constructor(host: ContextHost, context: HandlerContext, node: SimNode, part: Part) {
    this.host = host;
    this.context = context;
    this.node = node;
    this.part = part;
  }

  read(record: string): ReadResult<unknown> {
    this.context.alive('disk.read');
    const error = this.node.disk.cached.recordError(this.part.path, record);
    if (error !== undefined) return { ok: false, error };
    // A copy: what is read often becomes state, and assigning to state must not change what is on disk.
    return { ok: true, value: thawed(this.node.disk.cached.record(this.part.path, record)) };
  }

  readLog(log: string): LogReadResult<unknown> {
    this.context.alive('disk.readLog');
    const { cached } = this.node.disk;
    const image = cached.log(this.part.path, log);
    const { first, entries } = image;
    const bad = cached.unreadableIn(image);
    if (bad === undefined) return { ok: true, value: { first, entries: entries.slice() } };
    const { index, error } = bad;
    return { ok: false, error, index, before: { first, entries: entries.slice(0, index - first) } };
  }

  put(record: string, value: unknown): void {
    this.context.alive('disk.put');
    this.write({ area: this.part.path, kind: 'put', target: record, value });
  }

  append(log: string, entry: unknown): void {
    this.context.alive('disk.append');
    const index = this.boundsIn(log).end++;
    this.write({ area: this.part.path, kind: 'append', target: log, index, entry });
  }

  truncateFrom(log: string, index: number): void {
    this.context.alive('disk.truncateFrom');
    mustBeIndex('truncateFrom', log, index);
    const bounds = this.boundsIn(log);
    if (index < bounds.first)
      throw new ContractError(`truncateFrom("${log}", ${index}): the log begins at index ${bounds.first}`);
    bounds.end = Math.min(bounds.end, index);
    this.write({ area: this.part.path, kind: 'truncate', target: log, index });
  }

  dropPrefix(log: string, index: number): void {
    this.context.alive('disk.dropPrefix');
    mustBeIndex('dropPrefix', log, index);
    const bounds = this.boundsIn(log);
    if (index > bounds.end)
      throw new ContractError(`dropPrefix("${log}", ${index}): the log ends at index ${bounds.end - 1}`);
    bounds.first = Math.max(bounds.first, index);
    this.write({ area: this.part.path, kind: 'drop-prefix', target: log, index });
  }

  replace(log: string, first: number, entries: readonly unknown[]): void {
    this.context.alive('disk.replace');
    mustBeIndex('replace', log, first);
    const bounds = this.boundsIn(log);
    bounds.first = first;
    bounds.end = first + entries.length;
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
    this.context.record(WRITE, write, undefined, undefined);
  }

  private boundsIn(log: string): Bounds {
    // At the start of an activation nothing is recorded beyond the cached image.
    if (this.boundsOf !== this.host.activation) {
      this.boundsCount = 0;
      this.boundsOf = this.host.activation;
    }
    for (let i = 0; i < this.boundsCount; i++) {
      const bounds = this.bounds[i] as Bounds;
      if (bounds.log === log) return bounds;
    }
    if (this.boundsCount === this.bounds.length) this.bounds.push({ log: '', first: 0, end: 0 });
    const bounds = this.bounds[this.boundsCount++] as Bounds;
    const { first, entries } = this.node.disk.cached.log(this.part.path, log);
    bounds.log = log;
    bounds.first = first;
    bounds.end = first + entries.length;
    return bounds;
  }
}

interface Bounds {
  log: string;
  first: number;
  end: number;
}

function mustBeIndex(call: string, log: string, index: number): void {
  if (Number.isSafeInteger(index) && index >= 1) return;
  throw new ContractError(`${call}("${log}", ${index}): log indexes are whole numbers from 1`);
}
