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
   * handler: waiting for its disk, or stopped between two effects.
   */
  stateOf(node: number): unknown;
  optionsOf(node: number): object;
  /** Both images of the part's disk area; a crashed node's too. */
  diskOf(node: number): DiskView;
  isUp(node: number): boolean;
  /** The client history so far, open operations last with outcome `unknown`. Made on each call: use it at the end of a run. */
  history(): readonly Operation[];
}

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
  readonly text: string;
}

/**
 * Hooks; leave out what is not needed, a missing hook costs nothing. Every hook may return a finding.
 * `memory` is part of snapshots: plain data, Maps, Sets and typed arrays.
 */
export interface Observer<Memory = unknown> {
  readonly name: string;
  /** Which part of each node it watches: '' for the role itself, 'raft' for a component of that name. */
  readonly path: string;
  memory: Memory;
  /** All effects of one handler at `node` are committed; the state is visible. Also after boot. */
  step?(node: number, state: unknown, world: World): Finding | undefined;
  /** A node has (re)started; called before `step`. */
  boot?(node: number, world: World): Finding | undefined;
  crash?(node: number, unsynced: UnsyncedWrites, world: World): Finding | undefined;
  /** A message leaves. */
  send?(from: number, to: number, message: unknown, world: World): Finding | undefined;
  /** A message was delivered and is about to be handled. */
  deliver?(from: number, to: number, message: unknown, world: World): Finding | undefined;
  /** Writes became durable. */
  durable?(node: number, world: World): Finding | undefined;
  /** A write to a log went to the cache: entries appended from `index` on, or removed from `index` on. */
  log?(node: number, log: string, change: LogChange, world: World): Finding | undefined;
  note?(node: number, text: string, data: Json | undefined, world: World): Finding | undefined;
  /** A client operation ended. */
  returned?(operation: Operation, world: World): Finding | undefined;
  /** The run is over. */
  end?(world: World): Finding | undefined;
}

export type LogChange =
  | { readonly kind: 'append'; readonly index: number; readonly entry: unknown }
  | { readonly kind: 'truncate'; readonly index: number }
  | { readonly kind: 'drop-prefix'; readonly index: number }
  | { readonly kind: 'replace'; readonly first: number; readonly entries: readonly unknown[] };
