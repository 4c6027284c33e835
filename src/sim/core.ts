/**
 * What all files of the kernel share: true time, the event's ordinal, nodes, the queue, the digest, the tracer, counts and verdicts.
 * Bookkeeping only; what happens to nodes and messages is in simulation.ts and the files it names.
 */
import { Agenda } from './agenda.ts';
import type { Distribution, RunSpec } from './config.ts';
import { Digest, placeOf, SharedSite } from './digest.ts';
import { GuardError } from './guard.ts';
import type { PlacedObserver, Verdict } from './observer.ts';
import { type Watch, Watches } from './observing.ts';
import type { Part, SimNode } from './process.ts';
import type { Micros, NodeId } from './protocol.ts';
import type { Failure, MessageCounts, Violation } from './result.ts';
import type { TraceSink } from './trace.ts';
import { Tracer } from './tracer.ts';
import { type Viewed, WorldView } from './world-view.ts';
import { WriteSites } from './writes.ts';

/** A message type of the components of one path, numbered in the order of first use: events carry the number. */
export interface MessageKind {
  readonly index: number;
  /** `AppendEntries`; components' types are counted as `raft:AppendEntries`. */
  readonly type: string;
  readonly path: string;
  readonly messageType: string;
  readonly counts: MessageCounts;
  readonly site: SharedSite;
}

const messageKind = (index: number, path: string, messageType: string, counts: MessageCounts): MessageKind => ({
  index,
  type: path === '' ? messageType : `${path}:${messageType}`,
  path,
  messageType,
  counts,
  site: new SharedSite(),
});

const NO_CALLS: Viewed['calls'] = { history: () => [] };

/** How many names of nodes are kept where they are found at once. */
const FOUND = 64;

/**
 * The same specification as an object that has one hidden class in all runs. Generators put plans together with spreads, whose results have
 * classes of their own; code that looks at them would be compiled anew for each run.
 */
function ofOneShape(spec: RunSpec): RunSpec {
  const { seed, nodes, network, disk, faults, calls, workload, overrides, interventions, calm } = spec;
  const { until, eventsMax, eventsPerInstantMax, effectsPerHandlerMax } = spec.limits;
  const limits = { until, eventsMax, eventsPerInstantMax, effectsPerHandlerMax };
  return { seed, nodes, network, disk, faults, calls, workload, overrides, interventions, calm, limits };
}

export class Core {
  readonly spec: RunSpec;
  readonly strict: boolean;
  /** Absent in fuzzing: then no trace objects are made. */
  readonly tracer: Tracer | undefined;

  /** True time. */
  now: Micros = 0;
  /** True time in two words: what is handed to the digest with each event is a small integer, for which V8 makes no object. */
  private nowLow = 0;
  private nowHigh = 0;
  /** Ordinal of the current event. */
  event = 0;
  /** True time at which the run ends. */
  until: Micros;
  /** How long syncs take now. */
  syncLatency: Distribution;
  /** Events since true time last moved. */
  instantEvents = 0;
  /** Index of the node whose effects are being committed: nobody may see its state meanwhile. -1 for none. */
  committing = -1;
  over = false;
  violation: Violation | undefined = undefined;
  failure: Failure | undefined = undefined;

  readonly nodes: SimNode[] = [];
  readonly names: NodeId[] = [];
  readonly indexes: Map<NodeId, number> = new Map();
  readonly queue: Agenda = new Agenda();
  readonly digest: Digest = new Digest();
  /** Where what is written to disks is hashed. */
  readonly written: WriteSites = new WriteSites();
  readonly watches: Watches;
  readonly kinds: MessageKind[] = [];
  private readonly foundIds: (NodeId | undefined)[] = new Array(FOUND).fill(undefined);
  private readonly foundIndexes: number[] = new Array(FOUND).fill(0);
  private readonly worlds = new Map<string, WorldView>();
  /** Who writes the client history: set when they are made. */
  calls: Viewed['calls'] = NO_CALLS;
  private tokens = 0;

  constructor(spec: RunSpec, observers: readonly PlacedObserver[], strict: boolean, sink: TraceSink | undefined) {
    this.spec = ofOneShape(spec);
    this.until = spec.limits.until;
    this.syncLatency = spec.disk.syncLatency;
    this.watches = new Watches(observers, this);
    this.strict = strict;
    this.tracer = sink === undefined ? undefined : new Tracer(this, sink);
  }

  /**
   * Index of a node, found again mostly at the place where it was found last: a third of the cost of a search, and there is one for each
   * message.
   */
  indexOf(id: NodeId): number | undefined {
    const place = placeOf(id, FOUND);
    if (this.foundIds[place] === id) return this.foundIndexes[place];
    const index = this.indexes.get(id);
    if (index !== undefined) {
      this.foundIds[place] = id;
      this.foundIndexes[place] = index;
    }
    return index;
  }

  /** Nodes are gone. */
  forgetIndexes(): void {
    this.foundIds.fill(undefined);
  }

  /** Begins an event: its ordinal, and its line in the digest. */
  begin(kind: number, node: number, detail: number, cause: number): void {
    const { digest } = this;
    this.event++;
    digest.words((kind << 24) ^ (node << 12) ^ this.nowHigh, this.nowLow, detail, cause);
  }

  /** True time goes on. */
  setNow(now: Micros): void {
    this.now = now;
    this.nowLow = now | 0;
    this.nowHigh = (now / 4294967296) | 0;
  }

  /** A number no timer or sync of this run has had. */
  nextToken(): number {
    return ++this.tokens;
  }

  /** The message type sent by a part. Its few types are in a list: comparing names costs less than joining path and type. */
  kindOf(part: Part, messageType: string): MessageKind {
    const { kinds } = part;
    for (let i = 0; i < kinds.length; i++) {
      const kind = kinds[i] as MessageKind;
      if (kind.messageType === messageType) return kind;
    }
    const kind = this.findOrAddKind(part.path, messageType);
    kinds.push(kind);
    return kind;
  }

  private findOrAddKind(path: string, messageType: string): MessageKind {
    const known = this.kinds.find((one) => one.path === path && one.messageType === messageType);
    if (known !== undefined) return known;
    const counts = { sent: 0, delivered: 0, duplicated: 0, dropped: {} };
    const kind = messageKind(this.kinds.length, path, messageType, counts);
    this.kinds.push(kind);
    this.watches.addType(messageType);
    return kind;
  }

  worldOf(path: string): WorldView {
    let world = this.worlds.get(path);
    if (world === undefined) {
      world = new WorldView(this, path);
      this.worlds.set(path, world);
    }
    return world;
  }

  // --- Verdicts: the first one ends the run --------------------------------------------------------------------------------------

  /** An observer has answered something. */
  answered(watch: Watch, verdict: Verdict, node: number): void {
    if (verdict === undefined || verdict === false || this.over) return;
    if (verdict === true) {
      watch.reachedAt = this.event;
      if (watch.observer.endsRun) this.until = this.now;
      return;
    }
    const name = this.names[node];
    const finding = typeof verdict === 'string' ? { sentence: verdict } : verdict;
    this.over = true;
    this.violation = {
      property: watch.name,
      path: watch.path,
      finding,
      event: this.event,
      at: this.now,
      ...(name === undefined ? {} : { node: name }),
    };
    this.tracer?.violation(watch, finding);
  }

  /** An observer's own code has failed: no verdict on the protocol. */
  threw(watch: Watch, hook: string, error: unknown): void {
    const thrown = errorOf(error);
    const kind = error instanceof GuardError ? 'guard' : 'threw';
    const handler = `property ${watch.path === '' ? '' : `${watch.path}:`}${watch.name}`;
    const sentence = `${handler}, ${hook}: ${kind === 'guard' ? '' : `${thrown.name}: `}${thrown.message}`;
    this.fail(kind, sentence, undefined, handler, thrown);
  }

  fail(kind: Failure['kind'], sentence: string, node?: SimNode, handler?: string, error?: Failure['error']): void {
    if (this.over) return;
    this.over = true;
    this.failure = {
      kind,
      sentence,
      event: this.event,
      at: this.now,
      ...(node === undefined ? {} : { node: node.id }),
      ...(handler === undefined ? {} : { handler }),
      ...(error === undefined ? {} : { error }),
    };
    this.tracer?.failure(sentence, node);
  }

  // --- Snapshots -----------------------------------------------------------------------------------------------------------------

  save(): CoreSnapshot {
    return {
      now: this.now,
      event: this.event,
      until: this.until,
      syncLatency: this.syncLatency,
      instantEvents: this.instantEvents,
      over: this.over,
      violation: this.violation,
      failure: this.failure,
      tokens: this.tokens,
      kinds: this.kinds.map(({ path, messageType, counts }) => ({ path, messageType, counts: copyOf(counts) })),
      digest: this.digest.save(),
    };
  }

  load(snapshot: CoreSnapshot): void {
    this.setNow(snapshot.now);
    this.event = snapshot.event;
    this.until = snapshot.until;
    this.syncLatency = snapshot.syncLatency;
    this.instantEvents = snapshot.instantEvents;
    this.over = snapshot.over;
    this.violation = snapshot.violation;
    this.failure = snapshot.failure;
    this.tokens = snapshot.tokens;
    const kinds = snapshot.kinds.map(({ path, messageType, counts }, i) =>
      messageKind(i, path, messageType, copyOf(counts)),
    );
    this.kinds.splice(0, this.kinds.length, ...kinds);
    this.watches.forgetTypes();
    for (const { messageType } of kinds) this.watches.addType(messageType);
    this.digest.load(snapshot.digest);
  }
}

/** Anything may be thrown. */
export const errorOf = (
  error: unknown,
): { readonly name: string; readonly message: string; readonly stack?: string } =>
  error instanceof Error
    ? { name: error.name, message: error.message, ...(error.stack === undefined ? {} : { stack: error.stack }) }
    : { name: 'Error', message: String(error) };

const copyOf = (counts: MessageCounts): MessageCounts => ({ ...counts, dropped: { ...counts.dropped } });

export interface CoreSnapshot {
  readonly now: Micros;
  readonly event: number;
  readonly until: Micros;
  readonly syncLatency: Distribution;
  readonly instantEvents: number;
  readonly over: boolean;
  readonly violation: Violation | undefined;
  readonly failure: Failure | undefined;
  readonly tokens: number;
  readonly kinds: readonly Pick<MessageKind, 'path' | 'messageType' | 'counts'>[];
  readonly digest: readonly [number, number];
}
