/**
 * Runs handlers and gathers what they record. One activation runs the handler of an event, then the handlers of components it asked
 * and of hosts that were answered, until no mail is left; their effects form one list.
 */
import { type ContextHost, ContractError, LimitError } from './context.ts';
import { type Core, errorOf } from './core.ts';
import { Effects } from './effects.ts';
import { CALL, DELIVER, eventAt, type QueuedEvent, SYNCED, TIMER } from './event.ts';
import { GuardError } from './guard.ts';
import type { Outcome } from './history.ts';
import type { Json } from './plain.ts';
import type { Part, SimNode } from './process.ts';
import type { Answer, AnyHandler, Micros, NodeId, Request, Tagged } from './protocol.ts';
import type { Failure } from './result.ts';
import { Rehearsals } from './strict.ts';

/** What an activation is about when it is not an event of the queue. */
export const BOOT = 20;
export const DISK_ERROR = 21;
export const ADMIN = 22;
/** For activations that no event of the queue brought about. */
export const NO_EVENT: QueuedEvent = eventAt(0 as never, -1, 0, undefined, 0, 0);

/** A request to a component, or an answer to its host, within one activation. */
interface Mail {
  readonly part: Part;
  readonly component: string;
  readonly request: Request | undefined;
  readonly answer: Answer | undefined;
}

export class Handlers implements ContextHost {
  running: unknown = undefined;
  /** What the running handler records, or the last one has recorded. */
  recorded: Effects = new Effects();
  /** Tells one activation from the next. */
  activation = 0;
  private readonly spare: Effects[] = [];
  private readonly rehearsals = new Rehearsals();
  /** A handler runs a second time, for strict mode to compare: what it throws is no failure of the run. */
  private rehearsing = false;
  readonly effectsMax: number;
  private readonly core: Core;
  private mail: Mail[] = [];
  private hostRequests = 0;
  /** By path and role. */
  private directory = new Map<string, Map<string, readonly NodeId[]>>();

  constructor(core: Core) {
    this.core = core;
    this.effectsMax = core.spec.limits.effectsPerHandlerMax;
  }

  get now(): Micros {
    return this.core.now;
  }

  /** Whether what leaves handlers is checked and frozen. What a second run records is only compared with what was. */
  get strict(): boolean {
    return this.core.strict && !this.rehearsing;
  }

  /**
   * Runs the handler for an event; its effects are then in `recorded`. False when it threw or broke the contract: the run has failed.
   * `name` and `argument` by kind: timer and key, operation and request, action and its data.
   */
  run(
    node: SimNode,
    part: Part,
    kind: number,
    event: QueuedEvent,
    name: string | undefined,
    argument: unknown,
  ): boolean {
    this.recorded.clear();
    this.activation++;
    return this.core.strict
      ? this.runStrictly(node, part, kind, event, name, argument)
      : this.attempt(node, part, kind, event, name, argument);
  }

  /** Apart from `run`: V8 makes an object for what a closure captures whenever the function around it is called (80 bytes here). */
  private runStrictly(
    node: SimNode,
    part: Part,
    kind: number,
    event: QueuedEvent,
    name: string | undefined,
    argument: unknown,
  ): boolean {
    const before = this.rehearsals.copyOf(node);
    const requestsBefore = this.hostRequests;
    if (!this.attempt(node, part, kind, event, name, argument)) return false;
    const why = this.rehearsals.check(node, this.recorded, before, () => {
      const first = this.handOver();
      this.recorded.clear();
      this.hostRequests = requestsBefore;
      this.activation++;
      this.rehearsing = true;
      const worked = this.attempt(node, part, kind, event, name, argument);
      this.rehearsing = false;
      const second = this.recorded;
      this.recorded = first;
      this.takeBack(second);
      return worked ? second : undefined;
    });
    if (why === undefined) return true;
    const handler = handlerName(part, kind, event, name);
    this.core.fail('strict', `${handler} at ${node.id}: ${why}`, node, handler);
    return false;
  }

  /** The recorded effects go to a node that must wait in the middle of them; the next handler records into another buffer. */
  handOver(): Effects {
    const { recorded } = this;
    this.recorded = this.spare.pop() ?? new Effects();
    return recorded;
  }

  /** The buffer is not needed any more. */
  takeBack(effects: Effects): void {
    if (effects !== this.recorded) this.spare.push(effects);
  }

  private attempt(
    node: SimNode,
    first: Part,
    kind: number,
    event: QueuedEvent,
    name: string | undefined,
    argument: unknown,
  ): boolean {
    let mail: Mail | undefined;
    try {
      if (kind === BOOT) this.boot(node);
      else {
        this.enter(first);
        const result = this.invoke(first, kind, event, name, argument);
        if (result !== undefined) throw new ContractError(whyNoResult(result));
      }
      for (let mails = 0; this.mail.length > 0; mails++) {
        mail = this.mail.shift() as Mail;
        if (mails > this.effectsMax) throw new LimitError(whyNoEnd(this.effectsMax));
        this.enter(mail.part);
        const result = invokeMail(mail);
        if (result !== undefined) throw new ContractError(whyNoResult(result));
      }
      this.running = undefined;
      return true;
    } catch (error) {
      this.running = undefined;
      this.mail = [];
      if (!this.rehearsing)
        this.threw(node, mail === undefined ? handlerName(first, kind, event, name) : mailName(mail), error);
      return false;
    }
  }

  private enter(part: Part): void {
    this.running = part.context;
    this.recorded.touch(part.index);
  }

  private invoke(part: Part, kind: number, event: QueuedEvent, name: string | undefined, argument: unknown): unknown {
    const { role, state, context } = part;
    switch (kind) {
      case DELIVER: {
        const handler = part.messageHandlers[event.type] ?? messageHandlerOf(part, event);
        return handler(state, this.core.names[event.from], event.payload, context);
      }
      case TIMER:
        return role.onTimer?.[name as string]?.(state, argument, context);
      case CALL: {
        const handler = role.onRequest?.[name as string];
        if (handler === undefined) throw new ContractError(`the role "${part.roleName}" has no onRequest.${name}`);
        return handler(state, argument, context);
      }
      case SYNCED: {
        const sync = event.payload as { readonly fails: boolean; readonly tag: string; readonly data: unknown };
        const outcome = sync.fails ? { ok: false, error: 'sync' } : { ok: true };
        return role.onDisk?.[sync.tag]?.(state, outcome, sync.data, context);
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

  private boot(node: SimNode): void {
    // Components first: their host may ask them while it boots.
    for (let i = node.parts.length - 1; i >= 0; i--) {
      const part = node.parts[i] as Part;
      this.enter(part);
      part.state = part.role.boot(part.context as never);
      if (typeof part.state !== 'object' || part.state === null)
        throw new ContractError('boot must return the state, an object');
      if (isThenable(part.state)) throw new ContractError(whyNoResult(part.state));
    }
  }

  /** Code of the protocol has thrown: the run has failed. */
  threw(node: SimNode, handler: string, error: unknown): void {
    const thrown = errorOf(error);
    const kind = this.kindOf(error);
    const what = kind === 'threw' || kind === 'strict' ? `${thrown.name}: ${thrown.message}` : thrown.message;
    const hint = kind === 'strict' ? ` (${FROZEN_HINT})` : '';
    const sentence = `${handler} at ${node.id}: ${what}${hint}`;
    this.core.fail(kind, sentence, node, handler, thrown);
  }

  private kindOf(error: unknown): Failure['kind'] {
    if (error instanceof LimitError) return 'limit';
    if (error instanceof ContractError) return 'contract';
    if (error instanceof GuardError) return 'guard';
    const isFrozen =
      error instanceof TypeError && /read only|not extensible|Cannot delete property/.test(error.message);
    return this.core.strict && isFrozen ? 'strict' : 'threw';
  }

  // --- What contexts ask for -----------------------------------------------------------------------------------------------------

  indexOf(node: NodeId): number | undefined {
    return this.core.indexOf(node);
  }

  nodesWithRole(path: string, role: string): readonly NodeId[] {
    return this.directory.get(path)?.get(role) ?? this.findNodes(path, role);
  }

  private findNodes(path: string, role: string): readonly NodeId[] {
    const plays = ({ parts }: SimNode): boolean => parts.some((part) => part.path === path && part.roleName === role);
    const found = Object.freeze(this.core.nodes.filter(plays).map(({ id }) => id));
    const roles = this.directory.get(path) ?? new Map<string, readonly NodeId[]>();
    this.directory.set(path, roles.set(role, found));
    return found;
  }

  peersOf(node: SimNode, part: Part): readonly NodeId[] {
    return part.peers ?? this.findPeers(node, part);
  }

  private findPeers(node: SimNode, part: Part): readonly NodeId[] {
    part.peers = Object.freeze(this.nodesWithRole(part.path, part.roleName).filter((id) => id !== node.id));
    return part.peers;
  }

  /** Somebody has joined, or a snapshot was restored. */
  forgetDirectory(): void {
    this.directory.clear();
    for (const { parts } of this.core.nodes) for (const part of parts) part.peers = undefined;
  }

  askComponent(node: SimNode, part: Part, component: string, op: Tagged, memo: Json | undefined): void {
    const path = part.path === '' ? component : `${part.path}/${component}`;
    const target = node.parts.find((candidate) => candidate.path === path);
    if (target === undefined)
      throw new ContractError(`context.ask("${component}"): the role "${part.roleName}" hosts no such component`);
    const id = ++this.hostRequests;
    const request = { id, process: 'host', sequence: id, op, ...(memo === undefined ? {} : { memo }) };
    this.mail.push({ part: target, component, request, answer: undefined });
  }

  answerHost(
    node: SimNode,
    part: Part,
    request: Request & { readonly memo?: Json },
    outcome: Outcome,
    result: Json | undefined,
  ): void {
    const host = node.parts[part.host] as Part;
    const component = part.path.slice(part.path.lastIndexOf('/') + 1);
    this.mail.push({
      part: host,
      component,
      request: undefined,
      answer: { op: request.op, memo: request.memo, outcome, result },
    });
  }

  save(): number {
    return this.hostRequests;
  }

  load(hostRequests: number): void {
    this.hostRequests = hostRequests;
    this.mail = [];
    this.forgetDirectory();
  }
}

/** Found by name once; by the number of the message type from then on. */
function messageHandlerOf(part: Part, event: QueuedEvent): AnyHandler {
  const { type } = event.payload as Tagged;
  const handler = part.role.onMessage?.[type];
  if (handler === undefined) throw new ContractError(`the role "${part.roleName}" has no onMessage.${type}`);
  while (part.messageHandlers.length <= event.type) part.messageHandlers.push(undefined);
  part.messageHandlers[event.type] = handler;
  return handler;
}

function invokeMail({ part, component, request, answer }: Mail): unknown {
  const { role } = part;
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

function handlerName(part: Part, kind: number, event: QueuedEvent, name: string | undefined): string {
  const scope = part.path === '' ? '' : `${part.path}: `;
  return `${scope}${bareHandlerName(kind, event, name)}`;
}

function bareHandlerName(kind: number, event: QueuedEvent, name: string | undefined): string {
  switch (kind) {
    case DELIVER:
      return `onMessage.${(event.payload as Tagged).type}`;
    case TIMER:
      return `onTimer.${name}`;
    case CALL:
      return `onRequest.${name}`;
    case SYNCED:
      return `onDisk.${(event.payload as { readonly tag: string }).tag}`;
    case BOOT:
      return 'boot';
    case ADMIN:
      return `onAdmin.${name}`;
    default:
      return 'onDiskError';
  }
}

const FROZEN_HINT =
  'in strict mode what was sent, written, received or given as an option is frozen: handlers must not change it';

const whyNoEnd = (max: number): string =>
  `a host and its components asked and answered each other more than ${max} times in one event (limits.effectsPerHandlerMax): a loop?`;

const ignore = (): void => undefined;
const isThenable = (value: unknown): value is { then(done: () => void, failed: () => void): unknown } =>
  typeof (value as { readonly then?: unknown } | null)?.then === 'function';

function whyNoResult(result: unknown): string {
  if (isThenable(result)) {
    // Nobody waits for it: without this its rejection would end the whole program.
    result.then(ignore, ignore);
    return 'the handler returned a promise; handlers are synchronous (no async, no await): use context.setTimer and messages instead';
  }
  return `the handler returned ${typeof result}; handlers return nothing: use context.send, context.reply or the state`;
}
