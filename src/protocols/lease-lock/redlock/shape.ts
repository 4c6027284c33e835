/**
 * The vocabulary of Redlock: independent stores with one key each, clients that hold the lock while most stores have their value, and the
 * resource that they guard. Redis, "Distributed locks with Redis"; Kleppmann 2016, "How to do distributed locking"; antirez 2016, "Is
 * Redlock safe?".
 */
import type { Context, Micros, NodeId, Request } from '../../../sim/protocol.ts';
import type { Work, WorkResult } from '../shape.ts';

/** SET key value NX PX ttl. A value names an attempt: whose it is, and the how manieth. */
export interface SetIfAbsent {
  readonly type: 'SetIfAbsent';
  readonly value: string;
}

/** Prolongs the key if it has this value. `round` counts the holder's extensions. */
export interface Extend {
  readonly type: 'Extend';
  readonly value: string;
  readonly round: number;
}

/** Deletes the key if it has this value. */
export interface Delete {
  readonly type: 'Delete';
  readonly value: string;
}

export interface Vote {
  readonly type: 'Vote';
  readonly value: string;
  readonly ok: boolean;
}

export interface Extended {
  readonly type: 'Extended';
  readonly value: string;
  readonly round: number;
  readonly ok: boolean;
}

export interface Deleted {
  readonly type: 'Deleted';
  readonly value: string;
}

/** `step` counts the holder's writes: 1, 2, 3, ... There is no token to send with it. */
export interface Write {
  readonly type: 'Write';
  readonly id: number;
  readonly step: number;
}

export interface Written {
  readonly type: 'Written';
  readonly id: number;
  readonly step: number;
}

export type ToStore = SetIfAbsent | Extend | Delete;
export type ToClient = Vote | Extended | Deleted | Written;

export interface RedlockOptions {
  /** How long a store keeps a key that is not extended. */
  readonly ttl: Micros;
  /** How long a client waits for the stores. */
  readonly storeTimeout: Micros;
  /** Time between two attempts: so much, and up to `retryJitter` more. */
  readonly retryDelay: Micros;
  readonly retryJitter: Micros;
  /** How often a client tries before it gives up. */
  readonly acquireAttempts: number;
  /** A holder asks for more time when so much is left. */
  readonly extendBefore: Micros;
  /** How often it asks in one acquisition. */
  readonly extensionsMax: number;
  /** Time between two guarded writes, and until one is repeated that was not acknowledged. */
  readonly stepInterval: Micros;
  readonly writeRetryInterval: Micros;
  /** No clock is off by more, it is assumed: the drift of the published algorithm is twice as much, of the ttl. */
  readonly clockRatePpmMax: number;
  /** What stores count on. Redis: the wall clock. */
  readonly storeClock: 'monotonic' | 'wall';
  /** A restarted store has forgotten everything. Delayed: it stays out until what it has forgotten is over. */
  readonly restarts: 'delayed' | 'immediate';
  /**
   * What the lock is trusted with: that no two clients believe to hold it, or also that no write of an earlier holder arrives after one
   * of a later. The latter takes a world in which messages and processes are never late.
   */
  readonly trustedWith: 'beliefs' | 'writes';
}

/** A key, on the store's clock. */
export interface Key {
  readonly value: string;
  expiresAt: Micros;
}

export interface StoreState {
  key: Key | null;
  /** It has lived before, and forgotten. */
  readonly isRestarted: boolean;
}

export interface StoreShape {
  readonly state: StoreState;
  readonly message: ToStore;
  readonly sends: ToClient;
  readonly options: RedlockOptions;
  readonly records: { readonly started: true };
}

export interface ResourceShape {
  readonly state: { writes: number };
  readonly message: Write;
  readonly sends: ToClient;
  readonly options: RedlockOptions;
}

/** `asking`: an attempt is under way. `waiting`: for the next one. */
export type Phase = 'idle' | 'asking' | 'waiting' | 'working' | 'releasing';

export interface ClientState {
  phase: Phase;
  request: Request<Work> | null;
  /** Attempts made so far. */
  attempt: number;
  value: string;
  /** When the latest attempt or extension was sent: on the clock that this client goes by, and on its monotonic one for those who watch. */
  sentAt: Micros;
  askedAt: Micros;
  /** Stores that said yes or no to it. */
  yes: NodeId[];
  no: NodeId[];
  /** On this client's clock: it holds the lock, as far as it can know, before this instant. */
  validUntil: Micros;
  /** The monotonic clock when what the lease comes from was sent. */
  leaseAskedAt: Micros;
  /** Extensions asked for so far; the latest is this round. */
  round: number;
  /** Writes that are done. */
  written: number;
  /** Stores that have deleted the key, and how often they were asked. */
  deleted: NodeId[];
  releases: number;
}

export interface ClientShape {
  readonly state: ClientState;
  readonly message: ToClient;
  readonly sends: ToStore | Write;
  readonly timer: 'timeout' | 'backoff' | 'extend' | 'step' | 'rewrite' | 'release';
  readonly op: Work;
  readonly result: WorkResult;
  readonly options: RedlockOptions;
}

export type StoreContext = Context<StoreShape>;
export type ClientContext = Context<ClientShape>;
