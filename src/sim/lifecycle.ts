/** Nodes come, crash, stop, pause and go on. */
import { Clock } from './clock.ts';
import type { NodeSpec } from './config.ts';
import { ContractError, HandlerContext } from './context.ts';
import type { Core } from './core.ts';
import { SimDisk } from './disk.ts';
import { DELIVER, eventAt, RESUME } from './event.ts';
import type { UnsyncedWrites } from './faults.ts';
import { BOOT, type Handlers, NO_EVENT } from './handlers.ts';
import type { Messages } from './messages.ts';
import { clone, deepFreeze } from './plain.ts';
import { type Part, SimNode } from './process.ts';
import type { AnyRole, Component, Micros } from './protocol.ts';

export class Lifecycle {
  private readonly core: Core;
  private readonly handlers: Handlers;
  private readonly messages: Messages;
  private readonly roles: { readonly [role: string]: AnyRole };

  constructor(core: Core, handlers: Handlers, messages: Messages, roles: { readonly [role: string]: AnyRole }) {
    this.core = core;
    this.handlers = handlers;
    this.messages = messages;
    this.roles = roles;
  }

  /** A node that is there from the start, or joins. It does not run yet. */
  add(spec: NodeSpec): SimNode {
    const { core } = this;
    const role = this.roles[spec.role] as AnyRole;
    if (core.indexes.has(spec.id)) throw new ContractError(`there are two nodes called "${spec.id}"`);
    const parts: Part[] = [];
    // Options are shared by all incarnations and runs: in strict mode nobody may change them.
    const options = core.strict ? deepFreeze(clone(spec.options)) : spec.options;
    this.addParts(parts, role, spec.role, '', -1, options);
    const clock = new Clock(spec.clock ?? { offset: 0, ratePpm: 0 });
    const index = core.nodes.length;
    const node = new SimNode(index, spec.id, spec.role, spec.options, clock, new SimDisk(), parts, core.spec.seed);
    for (const part of parts) part.context = new HandlerContext(this.handlers, node, part);
    core.nodes.push(node);
    core.names.push(spec.id);
    core.indexes.set(spec.id, index);
    this.handlers.forgetDirectory();
    return node;
  }

  private addParts(parts: Part[], role: AnyRole, roleName: string, path: string, host: number, options: object): void {
    const index = parts.length;
    parts.push({
      index,
      path,
      roleName,
      role,
      options,
      host,
      hooks: this.core.watches.tableFor(path, roleName),
      timers: new Map(),
      timerSets: new Map(),
      state: undefined,
      peers: undefined,
      world: this.core.worldOf(path),
      context: undefined,
      kinds: [],
      messageHandlers: [],
    });
    for (const [name, component] of Object.entries((role.components ?? {}) as { [name: string]: Component })) {
      const inner = component.options === undefined ? options : component.options(options);
      this.addParts(parts, component.role, component.as, path === '' ? name : `${path}/${name}`, index, inner);
    }
  }

  /** Begins an incarnation: true when boot has run and its effects wait to be committed. */
  boot(node: SimNode): boolean {
    const { core } = this;
    node.status = 'running';
    node.incarnation++;
    node.bootedLocal = node.clock.elapsed(core.now);
    core.begin(BOOT, node.index, node.incarnation, core.event);
    core.tracer?.boot(node);
    for (const part of node.parts) part.hooks.boot?.(node.index, part.world);
    return this.handlers.run(node, node.parts[0] as Part, BOOT, NO_EVENT, undefined, undefined);
  }

  /** Memory is gone, and of the unsynced writes what `unsynced` says. */
  crash(node: SimNode, unsynced: UnsyncedWrites, lostEffects: number): void {
    const { core } = this;
    const cutOff = node.suffix === undefined ? lostEffects : node.suffix.effects.count - node.suffix.next;
    const lostWrites = node.disk.crash(unsynced, unsynced === 'prefix' ? node.crashRandom.bits() : 0);
    core.digest.number(lostWrites);
    core.digest.number(cutOff);
    core.tracer?.crash(node, lostWrites, cutOff);
    this.stop(node, 'crashed', unsynced);
  }

  /** Stopped by itself or by the kernel, after an error. */
  halt(node: SimNode, reason: string): void {
    const { core } = this;
    node.disk.crash('none', 0);
    core.digest.string(reason);
    core.tracer?.halt(node, reason);
    this.stop(node, 'halted', 'none');
  }

  private stop(node: SimNode, status: 'crashed' | 'halted', unsynced: UnsyncedWrites): void {
    const lost = node.inbox.slice(node.inboxHead);
    node.status = status;
    node.incarnation++;
    node.pauses = 0;
    node.syncToken = 0;
    node.suffix = undefined;
    node.failedPart = -1;
    node.strikes = undefined;
    node.inbox = [];
    node.inboxHead = 0;
    for (const part of node.parts) {
      part.timers.clear();
      part.state = undefined;
      part.hooks.crash?.(node.index, unsynced, part.world);
    }
    for (const event of lost) if (event.kind === DELIVER) this.messages.drop(event, 'dead');
  }

  pause(node: SimNode, duration: Micros, fault: number): void {
    const { core } = this;
    node.pauses++;
    core.tracer?.pause(node);
    core.queue.push(core.now + duration, eventAt(RESUME, node.index, 0, fault, node.incarnation, core.event, core.now));
  }
}
