/** A transaction as its client saw it: a list of small operations on keys that took effect together, or should have. */
import type { Outcome } from '../sim/history.ts';
import type { Json } from '../sim/plain.ts';

/**
 * One step, in Jepsen's notation.
 * - `['append', key, element]` adds an element at the end of a list.
 * - `['w', key, value]` writes a register.
 * - `['r', key, value]` reads: the whole list, or the register's value. null in an answered transaction means "nothing
 *   there" (the initial value); in one without an answer it means "not known".
 */
export type MicroOperation = readonly [f: 'append' | 'w' | 'r', key: TransactionKey, value: Json];

export type TransactionKey = string | number;

export interface Transaction {
  /** The client. Its transactions follow each other in the order given. */
  readonly process: string;
  readonly outcome: Outcome;
  /** Answered: with the values read. Otherwise as asked. */
  readonly ops: readonly MicroOperation[];
  /**
   * When it was called and when it ended (`Infinity` when unknown), on one clock for all. Absent when not recorded: then
   * neither real-time order nor the order of one process is known.
   */
  readonly called?: number;
  readonly returned?: number;
}

export type Workload = 'list-append' | 'rw-register';

/** What keys hold before the first transaction; others hold an empty list or null. */
export type InitialValues = readonly (readonly [key: TransactionKey, value: Json])[];
