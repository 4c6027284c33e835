/**
 * A small replicated store, with what the recipes of etcd and of ZooKeeper need: sessions (etcd: leases) that live as long as their client
 * is heard of; nodes (etcd: keys) that die with their session; revisions, which count commands; and watches, which tell once that a node
 * is gone. Hunt et al. 2010, "ZooKeeper"; the etcd API, "Lease", "Watch".
 *
 * A session's requests are executed in the order in which they were sent, as over one connection: each carries the next `number`, and one
 * that was overtaken is dropped.
 */
import type { NodeId } from '../../../sim/protocol.ts';

/** Opens a session, or keeps it open: whatever is to be done with it, this may be repeated. */
export interface OpenSession {
  readonly type: 'OpenSession';
  readonly session: number;
  readonly attempt: number;
}

export interface KeepAlive {
  readonly type: 'KeepAlive';
  readonly session: number;
  readonly attempt: number;
}

/** Its nodes go with it. */
export interface CloseSession {
  readonly type: 'CloseSession';
  readonly session: number;
}

/** Makes a node behind all others. `id`: the acquisition it stands for, part of its name. `once`: only where there is none of that name. */
export interface Create {
  readonly type: 'Create';
  readonly session: number;
  readonly number: number;
  readonly id: number;
  readonly once: boolean;
}

export interface Delete {
  readonly type: 'Delete';
  readonly session: number;
  readonly number: number;
  readonly revision: number;
}

export interface List {
  readonly type: 'List';
  readonly session: number;
  readonly number: number;
}

/** Tell me when this node is gone. */
export interface Watch {
  readonly type: 'Watch';
  readonly session: number;
  readonly number: number;
  readonly revision: number;
}

export type SessionRequest = Create | Delete | List | Watch;
export type ToStore = OpenSession | KeepAlive | CloseSession | SessionRequest;

/** The session lives; `attempt`: the message of yours that it counts from. */
export interface KeptAlive {
  readonly type: 'KeptAlive';
  readonly session: number;
  readonly attempt: number;
}

/** It has expired or was closed, and its nodes are gone. */
export interface SessionGone {
  readonly type: 'SessionGone';
  readonly session: number;
}

export interface Created {
  readonly type: 'Created';
  readonly session: number;
  readonly number: number;
  /** Of the node; and of the last one before it, 0 where it is the first. */
  readonly revision: number;
  readonly before: number;
}

export interface Deleted {
  readonly type: 'Deleted';
  readonly session: number;
  readonly number: number;
}

export interface Listed {
  readonly type: 'Listed';
  readonly session: number;
  readonly number: number;
  /** In the order of revisions. */
  readonly nodes: readonly { readonly revision: number; readonly session: number; readonly id: number }[];
}

export interface Watching {
  readonly type: 'Watching';
  readonly session: number;
  readonly number: number;
}

/** What you watch is not there, or not any more. */
export interface Gone {
  readonly type: 'Gone';
  readonly session: number;
  readonly revision: number;
}

export type FromStore = KeptAlive | SessionGone | Created | Deleted | Listed | Watching | Gone;

export interface StoreSession {
  readonly id: number;
  readonly client: NodeId;
  attempt: number;
  /** The last request that was executed. */
  number: number;
}

export interface Watcher {
  readonly session: number;
  readonly client: NodeId;
}

export interface StoreNode {
  readonly revision: number;
  readonly session: number;
  readonly client: NodeId;
  readonly id: number;
  /** The request that made it. */
  readonly number: number;
  /** Index of the command since which it is the first; 0 before. */
  since: number;
  /** Who is told when it is gone. */
  readonly watchers: Watcher[];
  /** Nobody's any more: it keeps the lock from those behind it until its lock-delay is over. */
  isLost?: true;
}

export interface StoreState {
  /** Locks that are lost are kept for the lock-delay. */
  readonly hasDelays?: true;
  sessions: StoreSession[];
  /** In the order of revisions. */
  nodes: StoreNode[];
  /** By client, the last session that is over. */
  readonly over: { [client: NodeId]: number };
}
