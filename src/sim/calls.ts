/** Calls of clients: issued when their time has come, ended by replies, refusals and surrender; one outstanding each. */
import { Workload, type WorkloadSnapshot } from './clients.ts';
import type { Calm, OperationInput } from './config.ts';
import type { Core } from './core.ts';
import { Site } from './digest.ts';
import { REPLY } from './effects.ts';
import { CALL, eventAt } from './event.ts';
import type { Operation, Outcome } from './history.ts';
import { deepFreeze, type Json } from './plain.ts';
import type { Part, SimNode } from './process.ts';
import type { NodeId, Request } from './protocol.ts';

export class Calls {
  private readonly core: Core;
  private readonly workload: Workload;
  /** Where operations and results are hashed. */
  private readonly inputs = new Site();
  private readonly outputs = new Site();

  constructor(core: Core) {
    const { calls, workload, seed } = core.spec;
    this.core = core;
    this.workload = new Workload(calls, workload, seed);
  }

  /** Whether the client has something to call, and no call outstanding. */
  mayIssue(node: SimNode): boolean {
    return this.workload.nextCallAt(node.id, this.core.now) !== undefined;
  }

  /** A call of this client that comes before all others; false while it waits for an answer. */
  urge(client: NodeId, op: OperationInput): boolean {
    return this.workload.urge(client, op);
  }

  /** Takes the client's next call. */
  issue(node: SimNode): Request {
    const { core } = this;
    const request = this.workload.call(node.id, core.now, core.event);
    core.digest.objectAt(this.inputs, request.op as never);
    core.tracer?.call(node, request);
    return core.strict ? deepFreeze(request) : request;
  }

  /** Puts the client's next call into the queue. */
  schedule(node: SimNode): void {
    const { core } = this;
    const at = this.workload.nextCallAt(node.id, core.now);
    if (at !== undefined) core.queue.push(at, eventAt(CALL, node.index, 0, undefined, node.incarnation, core.event));
  }

  end(node: SimNode, request: number, outcome: Outcome, result: Json | undefined, reason: string | undefined): void {
    const { core } = this;
    const operation = this.workload.end(node.id, request, outcome, result, core.now, core.event);
    core.digest.words(REPLY, node.index, request, operation === undefined ? 1 : 0);
    core.digest.string(outcome);
    core.digest.valueAt(this.outputs, result);
    core.digest.value(reason);
    if (operation === undefined) return;
    const part = node.parts[0] as Part;
    part.hooks.returned?.(node.index, operation, part.world);
    core.tracer?.returned(node, operation, request, reason);
    if (node.status === 'running') this.schedule(node);
  }

  /** The call of a client that is gone has an unknown outcome. */
  forget(node: SimNode): void {
    const request = this.workload.outstanding(node.id);
    if (request !== 0) this.end(node, request, 'unknown', undefined, undefined);
  }

  /** From now on clients ask what they are to ask in the calm. */
  calm(calm: Calm): void {
    this.workload.calm(calm);
  }

  /** Operations that have not ended. */
  get open(): readonly Operation[] {
    return this.workload.open;
  }

  history(): readonly Operation[] {
    return this.workload.history();
  }

  statistics(): ReturnType<Workload['statistics']> {
    return this.workload.statistics();
  }

  /** What a state hash covers. */
  contents(): unknown {
    return this.workload.contents();
  }

  save(): WorkloadSnapshot {
    return this.workload.save();
  }

  load(snapshot: WorkloadSnapshot, isOurs: boolean): void {
    this.workload.load(snapshot, isOurs);
  }
}
