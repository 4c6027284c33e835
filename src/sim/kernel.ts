/** The parts of one simulation, wired up. */
import { Calls } from './calls.ts';
import { Calming } from './calm.ts';
import { Committer } from './commit.ts';
import type { RunSpec } from './config.ts';
import { Core } from './core.ts';
import { Handlers } from './handlers.ts';
import { Injector } from './injector.ts';
import { Interventions } from './interventions.ts';
import { Lifecycle } from './lifecycle.ts';
import { Messages } from './messages.ts';
import { Nodes } from './nodes.ts';
import type { PlacedObserver } from './observer.ts';
import type { AnyRole } from './protocol.ts';
import { Reception } from './reception.ts';
import { Timers } from './timers.ts';
import type { TraceSink } from './trace.ts';

export interface Setup {
  readonly spec: RunSpec;
  readonly roles: { readonly [role: string]: AnyRole };
  readonly observers?: readonly PlacedObserver[];
  /** Freezes messages and durable data, checks that state is plain, runs every handler twice and compares. */
  readonly strict?: boolean;
  /** Gets every trace event. Without it no trace objects are made. */
  readonly sink?: TraceSink;
}

export class Kernel {
  readonly core: Core;
  readonly handlers: Handlers;
  readonly messages: Messages;
  readonly injector: Injector;
  readonly calls: Calls;
  readonly committer: Committer;
  readonly nodes: Nodes;
  readonly lifecycle: Lifecycle;
  readonly reception: Reception;
  readonly interventions: Interventions;
  readonly calming: Calming;

  constructor({ spec, roles, observers = [], strict = false, sink }: Setup) {
    const core = new Core(spec, observers, strict, sink);
    const timers = new Timers(core);
    this.core = core;
    this.interventions = new Interventions(spec.interventions);
    this.calls = new Calls(core);
    core.calls = this.calls;
    this.handlers = new Handlers(core);
    this.nodes = new Nodes(core, this.handlers, roles);
    // Messages count what the injector counts, the injector acts on processes, and these commit effects that faults may strike.
    this.messages = new Messages(core, () => this.injector);
    this.injector = new Injector(core, this.messages, () => this.lifecycle, spec.faults);
    const { handlers, messages, calls, injector } = this;
    const halt: Lifecycle['halt'] = (node, reason) => this.lifecycle.halt(node, reason);
    this.committer = new Committer(core, handlers, messages, timers, calls, injector, halt);
    this.lifecycle = new Lifecycle(core, this.nodes, handlers, messages, timers, calls, this.committer);
    const { committer, lifecycle } = this;
    const calming = (): Calming => this.calming;
    this.reception = new Reception(core, handlers, messages, timers, calls, committer, injector, lifecycle, calming);
    this.calming = new Calming(core, messages, injector, calls, lifecycle, (node) => this.reception.unpause(node));
    for (const node of spec.nodes) this.nodes.add(node);
    this.injector.schedule();
    this.calming.schedule();
  }
}
