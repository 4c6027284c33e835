/** Makes nodes out of their specifications, roles and the components these host. */
import { ArmedTimers } from './armed.ts';
import { Clock } from './clock.ts';
import type { NodeSpec } from './config.ts';
import { ContractError, HandlerContext } from './context.ts';
import type { Core } from './core.ts';
import { SimDisk } from './disk.ts';
import type { Handlers } from './handlers.ts';
import { guardedOptions } from './options.ts';
import { clone, deepFreeze } from './plain.ts';
import { type Part, SimNode } from './process.ts';
import type { AnyRole, Component } from './protocol.ts';

export class Nodes {
  private readonly core: Core;
  private readonly handlers: Handlers;
  private readonly roles: { readonly [role: string]: AnyRole };

  constructor(core: Core, handlers: Handlers, roles: { readonly [role: string]: AnyRole }) {
    this.core = core;
    this.handlers = handlers;
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
    this.addParts(parts, role, spec.role, '', -1, this.guarded(options));
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
      timers: new ArmedTimers(),
      timerSets: new Map(),
      state: undefined,
      peers: undefined,
      world: this.core.worldOf(path),
      context: undefined,
      kinds: [],
      messageHandlers: [],
    });
    for (const [name, component] of Object.entries((role.components ?? {}) as { [name: string]: Component })) {
      const inner = component.options === undefined ? options : this.guarded(component.options(options));
      this.addParts(parts, component.role, component.as, path === '' ? name : `${path}/${name}`, index, inner);
    }
  }

  private guarded(options: object): object {
    return this.core.strict ? guardedOptions(options, 'context.options') : options;
  }

  /** Only those of the specification are left. */
  removeJoined(): void {
    const { core } = this;
    for (const node of core.nodes.splice(core.spec.nodes.length)) core.indexes.delete(node.id);
    core.names.length = core.nodes.length;
    core.forgetIndexes();
  }
}
