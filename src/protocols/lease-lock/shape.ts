/**
 * The vocabulary of lease locks: one server that grants a lock for a time, clients that guard a resource with it, and the resource.
 * Leases: Gray and Cheriton 1989. Fencing tokens, called sequencers there: Burrows, "The Chubby lock service", 2006, section 2.4.
 */
import type { Context, Micros, NodeId, Request } from '../../sim/protocol.ts';
import type { Reach } from './servers.ts';

/**
 * An acquisition is one attempt of a client to get the lock, from its first Acquire to its end. `id` is the number of the call it is made
 * for, which no other call of the run has. Every Acquire and Renew of it carries a number of its own, the next one each time.
 */
export interface Acquire {
  readonly type: 'Acquire';
  readonly id: number;
  readonly attempt: number;
}

export interface Renew {
  readonly type: 'Renew';
  readonly id: number;
  readonly attempt: number;
}

/** Gives the lock back, or stops waiting for it. `unfinished`: writes may be under way, which nothing but the lock-delay keeps apart. */
export interface Release {
  readonly type: 'Release';
  readonly id: number;
  readonly unfinished?: true;
}

/** You hold the lock. `attempt`: the message of yours that the lease counts from. */
export interface Granted {
  readonly type: 'Granted';
  readonly id: number;
  readonly attempt: number;
  readonly token: number;
}

/** You do not hold the lock under this acquisition, and never will again. */
export interface Lost {
  readonly type: 'Lost';
  readonly id: number;
}

export interface Released {
  readonly type: 'Released';
  readonly id: number;
}

/** Yes, and you must wait: said by replicas, of which a client must know that it has found the one that leads. */
export interface Queued {
  readonly type: 'Queued';
  readonly id: number;
}

/** Of several servers another one leads. `message`: what it was asked. */
export interface NotLeader<Ask = ToServer> {
  readonly type: 'NotLeader';
  readonly message: Ask;
}

/** The one that you ask leads in another epoch than you think. `message`: what it was asked. */
export interface NewEpoch<Ask> {
  readonly type: 'NewEpoch';
  readonly epoch: number;
  readonly message: Ask;
}

/** Not yet: sessions of the last epoch have not all been heard of. */
export interface NotYet {
  readonly type: 'NotYet';
}

/** From now on the resource is to refuse smaller tokens. */
export interface Register {
  readonly type: 'Register';
  readonly token: number;
  readonly id: number;
}

export interface Registered {
  readonly type: 'Registered';
  readonly id: number;
  readonly ok: boolean;
}

/** `step` counts the holder's writes: 1, 2, 3, ... */
export interface Write {
  readonly type: 'Write';
  readonly token: number;
  readonly id: number;
  readonly step: number;
}

export interface Written {
  readonly type: 'Written';
  readonly id: number;
  readonly step: number;
  readonly ok: boolean;
}

export type ToServer = Acquire | Renew | Release;
export type ToResource = Register | Write;
export type ToClient = Granted | Lost | Released | Queued | NotLeader | Registered | Written;

/**
 * What keeps late writes of an earlier holder from the resource: it compares tokens; or it compares nothing, and a lock that was not given
 * back is not granted again for the lock-delay.
 */
export type Guard = 'tokens' | 'lock-delay';

/** Where there are none the resource compares tokens. */
export interface GuardOptions {
  readonly guard?: Guard;
  /** For how long nobody gets a lock that was lost. */
  readonly lockDelay?: Micros;
}

export interface LeaseLockOptions {
  /** How long the server keeps a lease after the last message that extended it. */
  readonly ttl: Micros;
  /** How often a holder renews. */
  readonly renewInterval: Micros;
  /** How long anybody waits for an answer before asking again; waiters keep their place in the queue alive with it. */
  readonly retryInterval: Micros;
  /** Time between two guarded writes. */
  readonly stepInterval: Micros;
  /** How often a client asks for the lock before it gives up. */
  readonly acquireAttempts: number;
  /** No clock is off by more, it is assumed: leases are shortened by as much. */
  readonly clockRatePpmMax: number;
}

/** The lock, as the server has it in memory. */
export interface Holder {
  readonly client: NodeId;
  readonly id: number;
  readonly token: number;
  /** The last message that extended the lease. */
  attempt: number;
  /** On the server's clock. */
  leaseUntil: Micros;
}

/** Waiters have leases too: whoever is silent for too long is passed over. */
export interface Waiter {
  readonly client: NodeId;
  readonly id: number;
  attempt: number;
  leaseUntil: Micros;
}

/** Under which acquisition the lock is, or was, held. */
export type Held = Pick<Holder, 'client' | 'id' | 'token'>;

/** Lost, and nobody's for the lock-delay. `until`: on the server's clock. */
export interface LostLock extends Held {
  readonly until: Micros;
}

/** One atomic record. `over`: by client, the last acquisition that was released, given up, or expired. `lost`: under the lock-delay. */
export interface LockRecord {
  readonly token: number;
  readonly holder: Held | null;
  readonly over: { readonly [client: NodeId]: number };
  readonly lost?: Held;
}

export interface ServerState {
  /** The greatest token granted so far. */
  token: number;
  holder: Holder | null;
  /** Only where there is no holder. */
  lost: LostLock | null;
  /** First come, first served. */
  queue: Waiter[];
  over: { [client: NodeId]: number };
  /** Whether `over` is on disk as it is here. */
  isSaved: boolean;
}

export interface ServerShape {
  readonly state: ServerState;
  readonly message: ToServer;
  readonly sends: ToClient;
  readonly timer: 'expiry';
  readonly options: LeaseLockOptions & GuardOptions;
  readonly records: { readonly lock: LockRecord };
}

/** The greatest token seen, whose it is, and how many of its writes were done. */
export interface FenceRecord {
  readonly token: number;
  readonly id: number;
  readonly step: number;
}

/** By client: the last of its writes that was done. */
export interface DoneRecord {
  readonly [client: NodeId]: { readonly id: number; readonly step: number };
}

export interface ResourceState {
  fence: FenceRecord;
  /** Where it compares no tokens. */
  done?: DoneRecord;
}

export interface ResourceShape {
  readonly state: ResourceState;
  readonly message: ToResource;
  readonly sends: ToClient;
  readonly options: LeaseLockOptions & GuardOptions;
  readonly records: { readonly fence: FenceRecord; readonly done: DoneRecord };
}

/** A call: take the lock, write so many times, give the lock back. */
export interface Work {
  readonly type: 'work';
  readonly writes: number;
}

/** `lost`: the lock was lost on the way, after so many writes that are known to be done. */
export interface WorkResult {
  readonly written: number;
  readonly lost: boolean;
}

/** `registering`: holds the lock, and has not heard yet that the resource knows its token. */
export type Phase = 'idle' | 'waiting' | 'registering' | 'working' | 'releasing';

/** What a holder knows of its lease and its work, whatever lock it holds. */
export interface HolderState {
  phase: Phase;
  request: Request<Work> | null;
  /** On the clock that this client goes by: when each Acquire and Renew was sent, by attempt; attempt 1 first. */
  sentAt: Micros[];
  /** The same on its monotonic clock, whatever it goes by: for those who watch. */
  askedAt: Micros[];
  /** The last attempt that is known to have extended the lease; 0 before. */
  ackedAttempt: number;
  /** On this client's clock: it holds the lock, as far as it can know, before this instant. */
  validUntil: Micros;
  token: number;
  /** Writes that are done. */
  written: number;
}

export interface ClientState extends HolderState, Reach {
  /** How often the Release was sent. */
  releases: number;
}

export interface ClientShape {
  readonly state: ClientState;
  readonly message: ToClient;
  readonly sends: ToServer | ToResource;
  readonly timer: 'retry' | 'renew' | 'step';
  readonly op: Work;
  readonly result: { readonly written: number; readonly lost: boolean };
  readonly options: LeaseLockOptions & GuardOptions;
}

export type ServerContext = Context<ServerShape>;
export type ResourceContext = Context<ResourceShape>;
export type ClientContext = Context<ClientShape>;
