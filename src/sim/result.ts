/** What a run comes to. */
import type { Finding } from './observer.ts';
import type { Micros, NodeId } from './protocol.ts';

/** A property does not hold. */
export interface Violation {
  readonly property: string;
  readonly path: string;
  readonly finding: Finding;
  readonly event: number;
  readonly at: Micros;
  readonly node?: NodeId;
}

/**
 * The run could not go on.
 * - `threw`: a handler or property threw. `contract`: the protocol's code broke a rule of the contract. `guard`: it reached for
 *   ambient time, randomness or I/O. `strict`: strict mode found hidden state or mutation.
 * - `limit`: a limit was reached. `stalled`: operations are outstanding and nothing is left to happen.
 */
export interface Failure {
  readonly kind: 'threw' | 'contract' | 'guard' | 'strict' | 'limit' | 'stalled';
  readonly sentence: string;
  readonly event: number;
  readonly at: Micros;
  readonly node?: NodeId;
  /** E.g. `onMessage.AppendEntries`. */
  readonly handler?: string;
  readonly error?: { readonly name: string; readonly message: string; readonly stack?: string };
}

export interface MessageCounts {
  sent: number;
  delivered: number;
  duplicated: number;
  dropped: { [reason: string]: number };
}

export interface Statistics {
  readonly events: number;
  readonly deliveries: number;
  readonly simulatedMicros: Micros;
  readonly messages: { readonly [type: string]: MessageCounts };
  /** Faults by kind; `loss` and `duplication` count messages. Skipped: the target was not there or not up. */
  readonly faults: { readonly [kind: string]: { readonly fired: number; readonly skipped: number } };
  readonly operations: { readonly ok: number; readonly fail: number; readonly unknown: number; readonly open: number };
  readonly notes: { readonly [text: string]: number };
}
