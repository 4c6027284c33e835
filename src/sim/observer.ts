/**
 * How the kernel lets properties look at a run. Observers see the effects of handlers one by one as they are committed, and a node's
 * state only when all effects of its handler are.
 */
import type { UnsyncedWrites } from './faults.ts';
import type { Operation } from './history.ts';
import type { Json } from './plain.ts';
import type { Micros, NodeId } from './protocol.ts';

/** The world as an observer may see it. Nodes are numbered from 0 in order of joining; `nodes[index]` is the name. */
export interface World {
  /** True time. */
  readonly now: Micros;
  /** Ordinal of the event being committed. */
  readonly event: number;
  readonly nodes: readonly NodeId[];
  /** Role of a node at the observer's path; undefined where the node has no such part. */
  roleOf(node: number): string | undefined;
  /**
   * Committed state of the part at the observer's path. Undefined while the node is down, has no such part, or is in the middle of a
   * handler: its effects are being committed (hooks of single effects), it waits for its disk, or it stands between two effects.
   */
  stateOf(node: number): unknown;
  optionsOf(node: number): object;
  /** Both images of the part's disk area; a crashed node's too. */
  diskOf(node: number): DiskView;
  isUp(node: number): boolean;
  /** What the node's monotonic clock shows, counted from the beginning of the run: by it a promise can be judged whatever clocks do. */
  localTime(node: number): Micros;
  /** How many events have come to a node and wait there: it is slow, stands still, or waits for its disk. Its timers wait in the same line. */
  backlogOf(node: number): number;
  /** The client history so far, in the order of the calls; open operations have outcome `unknown`. */
  history(): readonly Operation[];
}

/** What is there, or would be were it not damaged: observers see through bad sectors and flipped bits, unless these are silent. */
export interface DiskView {
  /** What would survive a crash that loses every unsynced write. */
  durableRecord(record: string): unknown;
  durableLog(log: string): { readonly first: number; readonly entries: readonly unknown[] };
  cachedRecord(record: string): unknown;
  cachedLog(log: string): { readonly first: number; readonly entries: readonly unknown[] };
}

/** What is wrong, in words, and the facts that contradict each other, each with the event at which it became true. */
export interface Finding {
  readonly sentence: string;
  readonly facts?: readonly Fact[];
}
export interface Fact {
  readonly event: number;
  readonly node?: NodeId;
  /** True time, where known: what is judged at the end of a run went wrong before. */
  readonly at?: Micros;
  readonly text: string;
}

/**
 * What a hook answers: nothing, what is wrong (a sentence, or a finding with its facts), or `true`: reached, ask no more.
 */
export type Verdict = Finding | string | boolean | undefined;

/**
 * Hooks; leave out what is not needed, a missing hook costs nothing. The memory is made once per run by `start` and handed to every
 * hook; it is part of snapshots: plain data, Maps, Sets and typed arrays.
 */
export interface Observer<Memory = unknown> {
  readonly name: string;
  /** Watches only nodes whose part plays this role; all when absent. */
  readonly role?: string;
  /** Message types that `send` and `deliver` are called for; all when absent. */
  readonly messages?: readonly string[];
  /** True: when it has answered `true` there is nothing more to see, and the run's time is up. */
  readonly endsRun?: boolean;
  start(world: World): Memory;
  /** All effects of one handler at `node` are committed; the state is visible. Also after boot. */
  step?(memory: Memory, node: number, state: unknown, world: World): Verdict;
  /** A node (re)starts; called before its boot handler. */
  boot?(memory: Memory, node: number, world: World): Verdict;
  crash?(memory: Memory, node: number, unsynced: UnsyncedWrites, world: World): Verdict;
  /** A message leaves. */
  send?(memory: Memory, from: number, to: number, message: unknown, world: World): Verdict;
  /** A message was delivered and is about to be handled. */
  deliver?(memory: Memory, from: number, to: number, message: unknown, world: World): Verdict;
  /** Writes became durable. */
  durable?(memory: Memory, node: number, world: World): Verdict;
  /** A write to a log went to the cache. */
  log?(memory: Memory, node: number, log: string, change: LogChange, world: World): Verdict;
  note?(memory: Memory, node: number, text: string, data: Json | undefined, world: World): Verdict;
  /** A client operation ended. */
  returned?(memory: Memory, operation: Operation, world: World): Verdict;
  /** The run's calm has begun (config.ts, Calm): called then, and every so often from then on. */
  calm?(memory: Memory, world: World): Verdict;
  /** The run is over. */
  end?(memory: Memory, world: World): Verdict;
}

/** An observer and the part of each node it watches: '' for the role itself, `raft` for a component of that name. */
export interface PlacedObserver {
  readonly path: string;
  // biome-ignore lint/suspicious/noExplicitAny: memories differ; each observer is checked where it is written.
  readonly observer: Observer<any>;
}

export type LogChange =
  | { readonly kind: 'append'; readonly index: number; readonly entry: unknown }
  | { readonly kind: 'truncate'; readonly index: number }
  | { readonly kind: 'drop-prefix'; readonly index: number }
  | { readonly kind: 'replace'; readonly first: number; readonly entries: readonly unknown[] };
