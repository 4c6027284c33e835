/**
 * Faults as data: what the world does to a protocol, and when.
 * Their application is in simulation.ts, the only file that changes the world.
 */
import type { Json } from './plain.ts';
import type { Micros, NodeId, Tagged } from './protocol.ts';

/**
 * The moment of a fault: a true time, or an event.
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

/** A node by name, or the node that last wrote a note (`{ noted: 'becameLeader' }`). Before any did, the fault does not fire. */
export type Target = NodeId | { readonly noted: string };

export interface Anchor {
  readonly at?: Micros;
  readonly when?: Trigger;
}

/**
 * What a crash leaves of the writes that were not synced: none, all, or a prefix in the order they were made
 * (drawn from a stream of the node's own).
 */
export type UnsyncedWrites = 'none' | 'all' | 'prefix';

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
        readonly for?: Micros;
      }
    /** One-way: messages from any of `from` to any of `to` are cut. */
    | { readonly kind: 'cut'; readonly from: readonly NodeId[]; readonly to: readonly NodeId[]; readonly for?: Micros }
    /** Messages wait on the link and are delivered, in order, when the clog ends. */
    | { readonly kind: 'clog'; readonly from: readonly NodeId[]; readonly to: readonly NodeId[]; readonly for?: Micros }
    /** Raises the network's loss and duplication for a while. */
    | {
        readonly kind: 'noise';
        readonly lossPpm?: number;
        readonly duplicationPpm?: number;
        readonly for?: Micros;
      }
    | {
        readonly kind: 'crash';
        readonly node: Target;
        readonly unsynced?: UnsyncedWrites;
        readonly effect?: number;
        /** Time until the restart; without it the node stays down until a `restart`. */
        readonly for?: Micros;
      }
    | { readonly kind: 'restart'; readonly node: Target }
    | { readonly kind: 'pause'; readonly node: Target; readonly for: Micros; readonly effect?: number }
    | { readonly kind: 'clock-step'; readonly node: Target; readonly by: Micros }
    /** Where several are in force at a node, the last begun decides; likewise `slow-disk`. */
    | { readonly kind: 'clock-rate'; readonly node: Target; readonly ppm: number; readonly for?: Micros }
    /** Every sync takes `latency` instead of what the disk model draws. */
    | { readonly kind: 'slow-disk'; readonly node: Target; readonly latency: Micros; readonly for?: Micros }
    /** The next sync fails, and what it covered is not durable. */
    | { readonly kind: 'sync-error'; readonly node: Target }
    | { readonly kind: 'join'; readonly node: NodeId; readonly role: string; readonly options?: object }
    | { readonly kind: 'admin'; readonly node: Target; readonly action: Tagged & { readonly [field: string]: Json } }
  );

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
