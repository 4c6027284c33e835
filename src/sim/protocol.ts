/**
 * The contract: how a node of a protocol is written.
 *
 * A protocol is one or several *roles* (server, client, coordinator, ...). A role is a table of synchronous handlers over plain-data
 * state. A handler sees its state, its input and a context; it changes the state by plain assignment; everything it does to the world
 * is a call on the context, which is *recorded in order* and committed by the kernel when the handler returns. A crash or a pause may
 * fall between any two of the recorded effects.
 *
 * Handlers hold no promises, timers, I/O or references to a context; messages, log entries and records are immutable once handed over.
 */
import type { Json } from './plain.ts';

/** `"n1"`, `"c1"`, ...: the name of a node; also its identity across restarts. */
export type NodeId = string;

/** Integer microseconds. Build them with `ms(150)` and `seconds(2)`. */
export type Micros = number;

/** `ms(1.5)` is 1,500 microseconds. */
export const ms = (milliseconds: number): Micros => Math.round(milliseconds * 1_000);

/** `seconds(2)` is 2,000,000 microseconds. */
export const seconds = (count: number): Micros => Math.round(count * 1_000_000);

/**
 * The types one role is made of. Leave out what a role does not have: a role without timers has no `timer`, and then no `onTimer`.
 * - `state`: volatile state, plain data. Gone at a crash.
 * - `message`: union of the messages the role receives, told apart by `type`. `sends`: what it sends (any message if left out).
 * - `timer`: union of timer names.
 * - `op`: requests from outside the network: a workload's call (client roles) or a host's (components). `result`: its answers.
 * - `admin`: operator actions (membership change, transfer of leadership, a heuristic decision).
 * - `options`: per-node parameters.
 * - `records`, `logs`: what is on disk: named records, and named logs with the type of their entries.
 * - `sync`: tags of asynchronous syncs.
 * - `components`: names of the protocols hosted inside this role.
 */
export interface Shape {
  readonly state: object;
  readonly message?: Tagged;
  readonly sends?: Tagged;
  readonly timer?: string;
  readonly op?: Tagged;
  readonly result?: unknown;
  readonly admin?: Tagged;
  readonly options?: object;
  readonly records?: object;
  readonly logs?: object;
  readonly sync?: string;
  readonly components?: string;
}

/** Anything told apart by a `type`. */
export interface Tagged {
  readonly type: string;
}

type Of<P extends Shape, K extends keyof Shape, Missing> = P extends { readonly [_ in K]: infer T } ? T : Missing;
type Message<P extends Shape> = Of<P, 'message', never> & Tagged;
type Sent<P extends Shape> = Of<P, 'sends', Of<P, 'message', Tagged>> & Tagged;
type Operation<P extends Shape> = Of<P, 'op', never> & Tagged;
type Admin<P extends Shape> = Of<P, 'admin', never> & Tagged;
type Result<P extends Shape> = Of<P, 'result', Json>;
type Timer<P extends Shape> = Of<P, 'timer', never> & string;
type Sync<P extends Shape> = Of<P, 'sync', never> & string;
type Components<P extends Shape> = Of<P, 'components', never> & string;
type Records<P extends Shape> = Of<P, 'records', Record<never, never>>;
type Logs<P extends Shape> = Of<P, 'logs', Record<never, never>>;
type Options<P extends Shape> = Of<P, 'options', Record<never, never>>;
type ByType<T extends Tagged, K> = T extends { readonly type: K } ? T : never;

/** A table that must be given when it has keys, and may be left out when it has none: a missing handler is a compile error. */
type Table<Name extends string, Keys extends string, Handlers> = [Keys] extends [never]
  ? { readonly [_ in Name]?: Handlers }
  : { readonly [_ in Name]: Handlers };

/**
 * One kind of node.
 * - `boot` makes the volatile state. The first boot finds an empty disk, a restart exactly what survived; everything else is gone.
 * - `onMessage`, `onTimer`, `onRequest`, `onAdmin`: one handler per message type, timer, operation, operator action.
 * - `onDisk`: the end of a `syncLater`, ok or with an error.
 * - `onDiskError`: a write or a blocking `sync` failed; the effects recorded after it are gone. The node must stop or refuse (a retry
 *   of a sync is unsound: ATC'20 "Can applications recover from fsync failures?"). Without this handler the kernel stops the node.
 * - `onReply`: a component answered a request of its host.
 * - `view`: what timeline and reports show; `options` are the node's own.
 */
export type Role<P extends Shape> = {
  boot(context: Context<P>): P['state'];
  onDiskError?(state: P['state'], error: DiskErrorKind, context: Context<P>): void;
  view(state: P['state'], options: P['options']): NodeView;
  readonly components?: { readonly [_ in Components<P>]: Component };
} & Table<
  'onMessage',
  Message<P>['type'],
  {
    readonly [K in Message<P>['type']]: (
      state: P['state'],
      from: NodeId,
      message: ByType<Message<P>, K>,
      context: Context<P>,
    ) => void;
  }
> &
  Table<
    'onTimer',
    Timer<P>,
    { readonly [K in Timer<P>]: (state: P['state'], key: string | undefined, context: Context<P>) => void }
  > &
  Table<
    'onRequest',
    Operation<P>['type'],
    {
      readonly [K in Operation<P>['type']]: (
        state: P['state'],
        request: Request<ByType<Operation<P>, K>>,
        context: Context<P>,
      ) => void;
    }
  > &
  Table<
    'onAdmin',
    Admin<P>['type'],
    {
      readonly [K in Admin<P>['type']]: (state: P['state'], action: ByType<Admin<P>, K>, context: Context<P>) => void;
    }
  > &
  Table<
    'onDisk',
    Sync<P>,
    {
      readonly [K in Sync<P>]: (
        state: P['state'],
        outcome: DiskOutcome,
        data: Json | undefined,
        context: Context<P>,
      ) => void;
    }
  > &
  Table<
    'onReply',
    Components<P>,
    { readonly [K in Components<P>]: (state: P['state'], answer: Answer, context: Context<P>) => void }
  >;

// biome-ignore lint/suspicious/noExplicitAny: the kernel runs roles of every shape; each role is checked where it is written.
export type AnyHandler = (...inputs: any[]) => void;
type AnyTable = { readonly [name: string]: AnyHandler };

/** A role of any shape, as the kernel and the registry hold it. */
export interface AnyRole {
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  boot(context: any): object;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  view(state: any, options: any): NodeView;
  onDiskError?: AnyHandler;
  readonly components?: { readonly [name: string]: Component };
  readonly onMessage?: AnyTable;
  readonly onTimer?: AnyTable;
  readonly onRequest?: AnyTable;
  readonly onAdmin?: AnyTable;
  readonly onDisk?: AnyTable;
  readonly onReply?: AnyTable;
}

/** Types a role where it is written: `const server = defineRole<MyShape>({ ... })`. */
export const defineRole = <P extends Shape>(role: Role<P>): Role<P> => role;

/**
 * A protocol hosted inside another role, under a name. Its messages, timers, disk areas and requests are scoped by that name; it
 * talks to the components of the same name on other nodes.
 */
export interface Component {
  /** The name the component's own directory knows its role by, e.g. `server`. */
  readonly as: string;
  readonly role: AnyRole;
  /** The component's options, from the options of its host. */
  options?(hostOptions: object): object;
}

/**
 * A request from outside the network: plain data, may be kept in state and answered later, once.
 * A retry belongs to the same request.
 */
export interface Request<Op extends Tagged = Tagged> {
  /** Unique within a run. */
  readonly id: number;
  /** The logical client: one request outstanding at a time, retired once an outcome is unknown. `host` for a host's requests. */
  readonly process: string;
  /** 1, 2, 3, ... within the process. */
  readonly sequence: number;
  readonly op: Op;
}

/** What a component answered to its host. */
export interface Answer {
  readonly op: Tagged;
  /** What the host attached to its request. */
  readonly memo: Json | undefined;
  readonly outcome: 'ok' | 'fail' | 'unknown';
  readonly result: Json | undefined;
}

export interface Context<P extends Shape> {
  readonly self: NodeId;
  readonly directory: Directory;
  readonly options: Options<P>;
  /** Monotonic clock: this node's own rate, no steps, zero at boot. */
  readonly now: Micros;
  /** Wall clock: offset, drift and steps. Never compare with another node's and believe it. */
  readonly wallClock: Micros;
  /** This node's own stream. */
  readonly random: Random;
  readonly disk: Disk<P>;
  /** A message to the same component on another node (or on this one: it then arrives like any other). */
  send(to: NodeId, message: Sent<P>): void;
  /** Fires after `delay` on the monotonic clock. Setting the same (timer, key) again replaces it. */
  setTimer(timer: Timer<P>, delay: Micros, key?: string): void;
  cancelTimer(timer: Timer<P>, key?: string): void;
  /** Answers a request: outcome `ok`. */
  reply(request: Request, result: Result<P>): void;
  /** Ends a request that is known not to have happened and never to happen: outcome `fail`. */
  refuse(request: Request, reason: string): void;
  /** Stops waiting: outcome `unknown`. The request's process is retired; the next call comes under a new one. */
  giveUp(request: Request): void;
  /** A request to a hosted component, run within this event; the answer comes to `onReply[component]` with `memo`. */
  ask(component: Components<P>, op: Tagged, memo?: Json): void;
  /** The node stops: what is recorded before is done, memory and unsynced writes are gone. Only a restart brings it back. */
  halt(reason: string): void;
  /** A caption on the timeline. Goals, fault triggers and lessons hang on notes. */
  note(text: string, data?: Json): void;
}

/** Who exists. Nodes may join while the simulation runs. */
export interface Directory {
  /** All nodes with this role, in order of their joining; includes this node where it has the role. */
  withRole(role: string): readonly NodeId[];
  /** All other nodes with this node's role. */
  readonly peers: readonly NodeId[];
}

/** Seeded numbers. Every method draws exactly once. */
export interface Random {
  /** Integer in [0, bound). */
  below(bound: number): number;
  /** Integer in [low, high], both included. */
  between(low: number, high: number): number;
  /** True with probability `perMillion` / 1,000,000. */
  chance(perMillion: number): boolean;
  /** One of the items, which must not be empty. */
  pick<T>(items: readonly T[]): T;
}

/**
 * - `sync`, `write`, `full`: what was asked has not happened.
 * - `read`: the medium cannot give it back, now or ever. `corrupt`: it can, but the checksum does not match.
 * - `torn`: an entry of a log that was being appended when the node crashed: its end was never written (which a reader can tell from a
 *   flipped bit, as etcd's WAL does by the zeros in it). It is always the last one, and was never synced.
 */
export type DiskErrorKind = 'read' | 'write' | 'sync' | 'full' | 'corrupt' | 'torn';
export type DiskOutcome = { readonly ok: true } | { readonly ok: false; readonly error: DiskErrorKind };
export type ReadResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: DiskErrorKind };

/** A log as read back. Where an entry cannot be read: its index, and what comes before it. */
export type LogReadResult<Entry> =
  | { readonly ok: true; readonly value: StoredLog<Entry> }
  | {
      readonly ok: false;
      readonly error: DiskErrorKind;
      readonly index: number;
      readonly before: StoredLog<Entry>;
    };

/** A log as read back: the entry at `entries[0]` has index `first`. */
export interface StoredLog<Entry> {
  readonly first: number;
  readonly entries: readonly Entry[];
}

/**
 * Named records and named logs. Each call is one atomic record on the medium. Writes go to a cache; a crash may lose what was not
 * synced. Log indexes count from 1, as in the papers. Reads see the disk as it was when the handler started; a record is read as a copy,
 * a log's entries are shared and must not be changed.
 */
export interface Disk<P extends Shape> {
  read<K extends keyof Records<P> & string>(record: K): ReadResult<Records<P>[K] | undefined>;
  readLog<K extends keyof Logs<P> & string>(log: K): LogReadResult<Logs<P>[K]>;
  put<K extends keyof Records<P> & string>(record: K, value: Records<P>[K]): void;
  append<K extends keyof Logs<P> & string>(log: K, entry: Logs<P>[K]): void;
  /** Removes the entries with index >= `index`. */
  truncateFrom<K extends keyof Logs<P> & string>(log: K, index: number): void;
  /** Removes the entries with index < `index`. */
  dropPrefix<K extends keyof Logs<P> & string>(log: K, index: number): void;
  /** The log becomes `entries`, the first of which has index `first`. */
  replace<K extends keyof Logs<P> & string>(log: K, first: number, entries: readonly Logs<P>[K][]): void;
  /**
   * Barrier: what is recorded after it leaves only when all writes before it are durable; the node is busy until then. Fails with every
   * failure of a sync that this role has not been told of when it begins: there is no hole before it that the role does not know of.
   */
  sync(): void;
  /** The node goes on; ends in `onDisk[tag]` with ok or an error. Several may be in flight; they end in order, and one that fails takes those behind it along. */
  syncLater(tag: Sync<P>, data?: Json): void;
}

/** What a view of a node shows. Panels are data; every renderer draws them its own way. */
export interface NodeView {
  /** One word, e.g. `leader`; its first letter is shown where space is short. */
  readonly role: string;
  /** Term, ballot, epoch. */
  readonly epoch?: number;
  /** A few characters, e.g. `L t2 c8`. */
  readonly label: string;
  readonly panels?: readonly Panel[];
}

export type Panel =
  | {
      readonly kind: 'table';
      readonly title: string;
      readonly columns: readonly string[];
      readonly rows: readonly (readonly (string | number)[])[];
    }
  | {
      readonly kind: 'log';
      readonly title: string;
      /** Index of the first cell. */
      readonly first: number;
      /** One short text per entry, e.g. its term. */
      readonly cells: readonly string[];
      /** Entries up to this index are settled (committed). */
      readonly settled: number;
    }
  | {
      readonly kind: 'lease';
      readonly title: string;
      /** Who holds it, or what it was given for, as far as this node knows; absent where it is this node itself. */
      readonly holder?: NodeId;
      /** When it ends, on the clock of this node that it is counted on. */
      readonly until: Micros;
      readonly clock: keyof Clocks;
    };

/** A node's own clocks: `now` starts from zero at boot and never jumps, `wallClock` may. */
export interface Clocks {
  readonly now: Micros;
  readonly wallClock: Micros;
}

/**
 * What a protocol claims to survive without losing *safety*. The fault budget enforces it: a fault outside the claim is a finding
 * about the model, not about the protocol.
 */
export interface Tolerance {
  readonly crashes: boolean;
  /** A crash loses what was not synced. */
  readonly unsyncedLoss: boolean;
  readonly partitions: boolean;
  readonly messageLoss: boolean;
  readonly duplication: boolean;
  readonly reordering: boolean;
  readonly pauses: boolean;
  /** Largest clock rate error in parts per million; `Infinity` where no clock matters for safety. */
  readonly clockRatePpm: number;
  readonly clockSteps: boolean;
  /** The last append before a crash may be torn: it is found, and what was not synced is not believed. Default: false. */
  readonly tornWrites?: boolean;
  /** A sync or a write that fails, a full disk, a record that cannot be read: the node stops or refuses. Default: false. */
  readonly diskErrors?: boolean;
  /** A record whose checksum does not match: the node stops, or repairs it. Default: false. */
  readonly corruption?: boolean;
  /** A write that lands elsewhere, unnoticed: an old value is read back as if it were the last. Default: false. */
  readonly misdirectedWrites?: boolean;
  /** A node that has lost its disk, and comes back with an empty one. Default: false. */
  readonly emptyRestarts?: boolean;
  /** How many nodes' disks may be damaged or lost; default: a minority of the servers. */
  readonly damagedDisksMax?: number;
}
