/** Makes trace events for a sink. Exists only where somebody listens, so that fuzzing makes no trace objects. */

import type { ArmedTimer } from './armed.ts';
import type { QueuedEvent } from './event.ts';
import type { Fault } from './faults.ts';
import type { Operation } from './history.ts';
import type { Write } from './image.ts';
import type { Finding } from './observer.ts';
import type { Watch } from './observing.ts';
import type { Json } from './plain.ts';
import type { Part, SimNode } from './process.ts';
import type { Micros, NodeId, NodeView, Request, Tagged } from './protocol.ts';
import type { DropReason, TraceEvent, TraceSink } from './trace.ts';

interface Traced {
  readonly now: Micros;
  readonly event: number;
  readonly names: readonly NodeId[];
  readonly nodes: readonly SimNode[];
}

type OfDisk = Extract<TraceEvent, { readonly kind: 'disk-error' }>;
type Place = { readonly node: NodeId; readonly path?: string };
type Body = TraceEvent extends infer E ? (E extends TraceEvent ? Omit<E, 'event' | 'at'> : never) : never;

const placeOf = (node: SimNode, part: Part): Place =>
  part.path === '' ? { node: node.id } : { node: node.id, path: part.path };
const keyOf = (key: string | undefined): { readonly key?: string } => (key === undefined ? {} : { key });

export class Tracer {
  private readonly world: Traced;
  private readonly sink: TraceSink;
  private lastViews = new Map<NodeId, string>();

  constructor(world: Traced, sink: TraceSink) {
    this.world = world;
    this.sink = sink;
  }

  save(): ReadonlyMap<NodeId, string> {
    return new Map(this.lastViews);
  }

  load(lastViews: ReadonlyMap<NodeId, string>): void {
    this.lastViews = new Map(lastViews);
  }

  private emit(body: Body): void {
    this.sink(Object.assign(body, { event: this.world.event, at: this.world.now }) as TraceEvent);
  }

  boot(node: SimNode): void {
    this.lastViews.delete(node.id);
    // Each crash takes a number too, so that what was meant for the crashed process is told from what is meant for the next.
    const incarnation = (node.incarnation + 1) / 2;
    this.emit({ kind: 'boot', node: node.id, incarnation, role: node.roleName });
  }

  send(node: SimNode, part: Part, to: NodeId, id: number, name: string, message: Tagged): void {
    this.emit({ kind: 'send', ...placeOf(node, part), to, id, name, message: message as unknown as Json });
  }

  duplicate(node: SimNode, part: Part, to: NodeId, id: number): void {
    const path = part.path === '' ? {} : { path: part.path };
    this.emit({ kind: 'duplicate', from: node.id, to, id, copy: 1, ...path });
  }

  deliver(node: SimNode, part: Part, event: QueuedEvent): void {
    this.emit({
      kind: 'deliver',
      cause: event.cause,
      ...placeOf(node, part),
      from: this.world.names[event.from] as NodeId,
      id: event.id,
      message: event.payload as Json,
      sentAt: event.sentAt,
      ...(event.copy === 0 ? {} : { copy: event.copy }),
    });
  }

  drop(event: QueuedEvent, reason: DropReason): void {
    const node = this.world.nodes[event.node] as SimNode;
    const { path } = node.parts[event.part] as Part;
    this.emit({
      kind: 'drop',
      cause: event.cause,
      from: this.world.names[event.from] as NodeId,
      to: node.id,
      id: event.id,
      message: event.payload as Json,
      reason,
      ...(path === '' ? {} : { path }),
    });
  }

  timer(node: SimNode, part: Part, timer: ArmedTimer): void {
    this.emit({ kind: 'timer', cause: timer.cause, ...placeOf(node, part), timer: timer.name, ...keyOf(timer.key) });
  }

  setTimer(node: SimNode, part: Part, timer: string, key: string | undefined, delay: Micros, name: string): void {
    this.emit({ kind: 'set-timer', ...placeOf(node, part), timer, ...keyOf(key), delay, name });
  }

  cancelTimer(node: SimNode, part: Part, timer: string, key: string | undefined): void {
    this.emit({ kind: 'cancel-timer', ...placeOf(node, part), timer, ...keyOf(key) });
  }

  write(node: SimNode, part: Part, write: Write, data: unknown): void {
    this.emit({
      kind: 'write',
      ...placeOf(node, part),
      target: write.target,
      write: write.kind,
      ...('index' in write ? { index: write.index } : {}),
      ...(data === undefined ? {} : { data: data as Json }),
    });
  }

  sync(node: SimNode, part: Part, blocking: boolean, tag: string): void {
    this.emit({ kind: 'sync', ...placeOf(node, part), blocking, ...(tag === '' ? {} : { tag }) });
  }

  synced(node: SimNode, part: Part, sync: { blocking: boolean; tag: string; fails: boolean }, cause: number): void {
    const { blocking, tag, fails } = sync;
    this.emit({
      kind: 'synced',
      cause,
      ...placeOf(node, part),
      blocking,
      ok: !fails,
      ...(tag === '' ? {} : { tag }),
      ...(fails ? { error: 'sync' } : {}),
    });
  }

  diskError(node: SimNode, error: OfDisk['error'], target: string): void {
    this.emit({ kind: 'disk-error', node: node.id, error, target });
  }

  call(node: SimNode, request: Request): void {
    const { id, process, op } = request;
    this.emit({ kind: 'call', node: node.id, request: id, process, op: op as unknown as Json });
  }

  returned(node: SimNode, operation: Operation, request: number, reason: string | undefined): void {
    const { process, outcome, output } = operation;
    this.emit({
      kind: 'return',
      node: node.id,
      request,
      process,
      outcome,
      ...(output === undefined ? {} : { result: output }),
      ...(reason === undefined ? {} : { reason }),
    });
  }

  note(node: SimNode, part: Part, text: string, data: Json | undefined): void {
    this.emit({ kind: 'note', ...placeOf(node, part), text, ...(data === undefined ? {} : { data }) });
  }

  /** Only where the node looks different from last time. */
  view(node: SimNode): void {
    const part = node.parts[0] as Part;
    if (node.status !== 'running' || node.suffix !== undefined) return;
    const view: NodeView = part.role.view(part.state, part.options);
    const text = JSON.stringify(view);
    if (text === this.lastViews.get(node.id)) return;
    this.lastViews.set(node.id, text);
    this.emit({ kind: 'view', node: node.id, view });
  }

  crash(node: SimNode, lostWrites: number, lostEffects: number): void {
    this.emit({ kind: 'crash', node: node.id, lostWrites, lostEffects });
  }

  pause(node: SimNode): void {
    this.emit({ kind: 'pause', node: node.id });
  }

  resume(node: SimNode, cause: number): void {
    this.emit({ kind: 'resume', node: node.id, cause });
  }

  halt(node: SimNode, reason: string): void {
    this.emit({ kind: 'halt', node: node.id, reason });
  }

  admin(node: SimNode, action: Tagged): void {
    this.emit({ kind: 'admin', node: node.id, action: action as unknown as Json });
  }

  fault(
    id: number,
    fault: Fault,
    phase: 'start' | 'step' | 'end' | 'skipped',
    cause: number | undefined,
    why: string | undefined,
  ): void {
    this.emit({
      kind: 'fault',
      id,
      fault,
      phase,
      ...(cause === undefined ? {} : { cause }),
      ...(why === undefined ? {} : { why }),
    });
  }

  calm(core: readonly NodeId[]): void {
    this.emit({ kind: 'calm', core });
  }

  violation(watch: Watch, finding: Finding): void {
    const path = watch.path === '' ? {} : { path: watch.path };
    this.emit({ kind: 'violation', property: watch.name, sentence: finding.sentence, ...path });
  }

  failure(sentence: string, node: SimNode | undefined): void {
    this.emit({ kind: 'failure', sentence, ...(node === undefined ? {} : { node: node.id }) });
  }
}
