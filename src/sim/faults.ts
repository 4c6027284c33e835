/**
 * Faults as data: what the world does to a protocol, and when.
 * Their application is in simulation.ts, the only file that changes the world.
 */
import type { Distribution } from './config.ts';
import type { Json } from './plain.ts';
import type { Micros, NodeId, Tagged } from './protocol.ts';

/**
 * The moment of a fault: a true time, or an event; with both, an event of that time or later.
 * An event is named by exactly one of `note` (a note's text), `message` (delivery of a message type) or `timer` (its firing),
 * optionally at one node, and by its ordinal `nth` (default 1) among those.
 */
export interface Trigger {
  readonly note?: string;
  readonly message?: string;
  readonly timer?: string;
  readonly node?: NodeId;
  readonly nth?: number;
}

/**
 * A node by name; the node that last wrote a note (`{ noted: 'becameLeader' }`: before any did, the fault does not fire); or the one
 * that is the next to send to several nodes in one handler (`{ telling: 'several' }`: whoever leads or takes over does).
 */
export type Target = NodeId | { readonly noted: string } | { readonly telling: 'several' };

export interface Anchor {
  readonly at?: Micros;
  readonly when?: Trigger;
}

/**
 * What a crash leaves of the writes that were not synced: none, all, a prefix in the order they were made, or any subset
 * (both drawn from a stream of the node's own).
 */
export type UnsyncedWrites = 'none' | 'all' | 'prefix' | 'subset';

/** What a crash does to the disk, beside the process. */
export interface DiskLoss {
  readonly unsynced?: UnsyncedWrites;
  /** The first append that was lost has left a part of itself behind the last entry. */
  readonly torn?: boolean;
}

/**
 * Durations (`for`) are true time; a fault without one lasts to the end of the run.
 * Probabilities are parts per million.
 * `effect: k` on crash and pause: strikes after the k-th effect of a handler: the anchor's own handler where the anchor is an event,
 * else the first handler from `at` on that has more than k effects.
 */
export type Fault = Anchor &
  /**
   * Cuts the links between members that share no group. Groups may overlap: the shared nodes are a bridge. Who is in no group is
   * left alone.
   */
  (
    | { readonly kind: 'partition'; readonly groups: readonly (readonly NodeId[])[]; readonly for?: Micros }
    /** Cuts a node off from all others, also from those that join later. */
    | {
        readonly kind: 'isolate';
        readonly node: Target;
        /** Which direction is cut, seen from the node; default both. */
        readonly direction?: 'both' | 'inbound' | 'outbound';
        /** From whom; default from all others. A leader that only its clients still reach is isolated from the servers. */
        readonly from?: readonly NodeId[];
        readonly for?: Micros;
      }
    /** Both directions between the two of each pair are cut: partial connectivity. */
    | {
        readonly kind: 'partial';
        readonly pairs: readonly (readonly [NodeId, NodeId])[];
        readonly for?: Micros;
      }
    /** A partition that comes and goes, to the end of `for`: cut for `cut`, whole for `healed`, and so on. */
    | {
        readonly kind: 'flapping';
        readonly groups: readonly (readonly NodeId[])[];
        readonly cut: Micros;
        readonly healed: Micros;
        readonly for: Micros;
      }
    /** One-way: messages from any of `from` to any of `to` are cut. */
    | { readonly kind: 'cut'; readonly from: readonly NodeId[]; readonly to: readonly NodeId[]; readonly for?: Micros }
    /** Messages wait on the link and are delivered, in order, when the clog ends. */
    | { readonly kind: 'clog'; readonly from: readonly NodeId[]; readonly to: readonly NodeId[]; readonly for?: Micros }
    /**
     * Each of these nodes is clogged with probability 1/2: what is sent to it waits. One by one in the first half of `for`, released in
     * another order in the second (FoundationDB's swizzle).
     */
    | { readonly kind: 'swizzle-clog'; readonly nodes: readonly NodeId[]; readonly for: Micros }
    /**
     * Links of another quality than the network's: what is given replaces the network's own value on them. `capacity`: so many messages
     * are under way at a time; one more pushes one of them, or itself, out. Where several are in force on a link, the last begun decides.
     */
    | ({
        readonly kind: 'degrade';
        readonly from: readonly NodeId[];
        readonly to: readonly NodeId[];
        readonly for?: Micros;
      } & LinkQuality)
    /** Messages of these types are dropped, on all links or on those from `from` to `to`. */
    | {
        readonly kind: 'filter';
        readonly messages: readonly string[];
        readonly from?: readonly NodeId[];
        readonly to?: readonly NodeId[];
        readonly for?: Micros;
      }
    /** Raises the network's loss and duplication for a while. */
    | {
        readonly kind: 'noise';
        readonly lossPpm?: number;
        readonly duplicationPpm?: number;
        readonly for?: Micros;
      }
    | ({
        readonly kind: 'crash';
        readonly node: Target;
        readonly effect?: number;
        /**
         * `sync`: strikes while a sync is under way: halfway through the next one that begins.
         * `sends`: strikes between the sends of the next handler that tells several others: `effect` (default 1) of them have left,
         * counted around where the handler has fewer.
         */
        readonly during?: 'sync' | 'sends';
        /** The disk is lost with the process: the node restarts with an empty one. */
        readonly empty?: boolean;
        /** Time until the restart; without it the node stays down until a `restart`. */
        readonly for?: Micros;
      } & DiskLoss)
    /** The power fails: these nodes crash at one moment, and restart at one moment. */
    | ({ readonly kind: 'outage'; readonly nodes: readonly NodeId[]; readonly for?: Micros } & DiskLoss)
    /** Crashes `times` times: down for `down`, then up for `up`, and so on. */
    | ({
        readonly kind: 'crash-loop';
        readonly node: Target;
        readonly times: number;
        readonly down: Micros;
        readonly up: Micros;
      } & DiskLoss)
    | { readonly kind: 'restart'; readonly node: Target }
    | { readonly kind: 'pause'; readonly node: Target; readonly for: Micros; readonly effect?: number }
    /** Every handler but `boot` takes this long: what it does to the world happens when it is done, and what arrives meanwhile waits. */
    | { readonly kind: 'slow-node'; readonly node: Target; readonly cost: Micros; readonly for?: Micros }
    /** A quarter of these nodes' timers fire late, by `max` times r^1000: nearly always by nothing, now and then by a lot. */
    | { readonly kind: 'timer-jitter'; readonly nodes: readonly NodeId[]; readonly max: Micros; readonly for?: Micros }
    | { readonly kind: 'clock-step'; readonly node: Target; readonly by: Micros }
    /** The clock's rate is drawn anew every `every`, from -ppm to +ppm. */
    | {
        readonly kind: 'clock-drift';
        readonly node: Target;
        readonly ppm: number;
        readonly every: Micros;
        readonly for?: Micros;
      }
    /** Where several are in force at a node, the last begun decides; likewise `clock-drift`, `slow-disk`, `slow-node`. */
    | { readonly kind: 'clock-rate'; readonly node: Target; readonly ppm: number; readonly for?: Micros }
    /** Every sync takes `latency` instead of what the disk model draws. */
    | { readonly kind: 'slow-disk'; readonly node: Target; readonly latency: Micros; readonly for?: Micros }
    /** No sync ends while it lasts: those under way and those that begin end when it is over. */
    | { readonly kind: 'disk-stall'; readonly node: Target; readonly for: Micros }
    /** The next sync fails, and what it covered is not durable. */
    | { readonly kind: 'sync-error'; readonly node: Target }
    /** The next write fails; the rest of its handler's effects does not happen. */
    | { readonly kind: 'write-error'; readonly node: Target }
    /** Writes that need room fail; those that only remove succeed. */
    | { readonly kind: 'full-disk'; readonly node: Target; readonly for?: Micros }
    /**
     * A record or an entry of a log that is durable cannot be read until it is written anew, or until `for` is over. `target` as in
     * `hard` or `log[3]`; without one, any that there is, drawn from a stream of the node's own.
     */
    | { readonly kind: 'read-error'; readonly node: Target; readonly target?: string; readonly for?: Micros }
    /** A bit of a durable record or entry flips: its checksum does not match. `silent`: nobody computes checksums, its value is another. */
    | { readonly kind: 'bit-flip'; readonly node: Target; readonly target?: string; readonly silent?: boolean }
    /**
     * The next write that a sync makes durable goes to a wrong place: a record keeps its old value, a log has a hole there, and what was
     * at the wrong place is corrupt. Seen after a restart.
     */
    | { readonly kind: 'misdirected-write'; readonly node: Target }
    | { readonly kind: 'join'; readonly node: NodeId; readonly role: string; readonly options?: object }
    | { readonly kind: 'admin'; readonly node: Target; readonly action: Tagged & { readonly [field: string]: Json } }
  );

/** What may be different on single links; what is left out is as everywhere. */
export interface LinkQuality {
  readonly latency?: Distribution;
  readonly lossPpm?: number;
  readonly duplicationPpm?: number;
  readonly fifo?: boolean;
  readonly capacity?: number;
}

export type FaultKind = Fault['kind'];

/**
 * An explicit decision about one message or timer, which replaces what would have been drawn.
 * A message is named by link, type and ordinal: `n1>n2/AppendEntries#17` (counted from 1 on that link; hosted components prefix the
 * type with their path, `raft:AppendEntries`); a timer by node, name and how often it was set: `n3/election#4`.
 * Such a name stays the same when something elsewhere changes.
 */
export type Override =
  | { readonly message: string; readonly drop: true }
  | { readonly message: string; readonly latency: Micros }
  | { readonly timer: string; readonly delay: Micros };
