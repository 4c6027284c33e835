/** Isolation levels by their definitions, executed: every order, every snapshot, every fate of unknown transactions. For a few transactions. */

import type { Transaction, TransactionKey } from '../../src/check/transaction.ts';
import type { Json } from '../../src/sim/plain.ts';

/** All values ever written to a key, oldest first. */
type State = ReadonlyMap<TransactionKey, readonly Json[]>;

export interface OracleOptions {
  /** Completed before called means before in the order, and in the snapshot. */
  readonly realtime: boolean;
  /** When given: exactly the values that every key ever held, oldest first. */
  readonly versions?: State;
}

const committedOf = (transactions: readonly Transaction[]): readonly Transaction[] =>
  transactions.filter(({ outcome }) => outcome !== 'fail');

/** Some order of the transactions, one after the other, explains every read. */
export function isSerializable(transactions: readonly Transaction[], options: OracleOptions): boolean {
  const place = (left: readonly Transaction[], state: State): boolean => {
    if (left.every(({ outcome }) => outcome === 'unknown') && endsWell(state, options)) return true;
    return left.some((next) => {
      const others = left.filter((other) => other !== next);
      if (options.realtime && others.some((other) => completedBefore(other, next))) return false;
      const after = execute(next, state);
      return after !== undefined && place(others, after);
    });
  };
  return place(committedOf(transactions), new Map());
}

interface Started {
  readonly transaction: Transaction;
  /** Writes of transactions that committed since the snapshot, by key. */
  readonly overwritten: ReadonlySet<TransactionKey>;
}

/**
 * Every transaction reads a snapshot, some committed state, and its own writes; of two that overlap and write the same
 * key only one commits.
 */
export function isSnapshotIsolated(transactions: readonly Transaction[], options: OracleOptions): boolean {
  const step = (idle: readonly Transaction[], started: readonly Started[], state: State): boolean => {
    const undone = [...idle, ...started.map(({ transaction }) => transaction)];
    if (undone.every(({ outcome }) => outcome === 'unknown') && endsWell(state, options)) return true;
    const begins = idle.some((next) => {
      if (options.realtime && undone.some((other) => completedBefore(other, next))) return false;
      if (execute(next, state) === undefined) return false;
      const begun = { transaction: next, overwritten: new Set<TransactionKey>() };
      return step(
        idle.filter((other) => other !== next),
        [...started, begun],
        state,
      );
    });
    if (begins) return true;
    return started.some((next) => {
      const keys = writtenBy(next.transaction);
      if (keys.some((key) => next.overwritten.has(key))) return false;
      const others = started
        .filter((other) => other !== next)
        .map((other) => ({ ...other, overwritten: new Set([...other.overwritten, ...keys]) }));
      return step(idle, others, install(next.transaction, state));
    });
  };
  return step(committedOf(transactions), [], new Map());
}

function completedBefore(other: Transaction, next: Transaction): boolean {
  return other.outcome === 'ok' && (other.returned ?? Number.NaN) < (next.called ?? Number.NaN);
}

function writtenBy({ ops }: Transaction): readonly TransactionKey[] {
  return ops.filter(([f]) => f !== 'r').map(([, key]) => key);
}

/** The state after the transaction, or undefined when it would have read something else. */
function execute(transaction: Transaction, state: State): State | undefined {
  const now = new Map(state);
  for (const [f, key, value] of transaction.ops) {
    const values = now.get(key) ?? [];
    if (f !== 'r') now.set(key, [...values, value]);
    else if (transaction.outcome === 'ok' && !sees(values, value)) return undefined;
  }
  return now;
}

/** A read of a list sees all values, a read of a register the last; null is nothing. */
function sees(values: readonly Json[], read: Json): boolean {
  if (read === null || values.length === 0) return values.length === 0 && (read === null || sameJson(read, []));
  return sameJson(Array.isArray(read) ? values : values.at(-1), read);
}

function sameJson(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

function install(transaction: Transaction, state: State): State {
  return execute({ ...transaction, outcome: 'unknown' }, state) as State;
}

function endsWell(state: State, { versions }: OracleOptions): boolean {
  if (versions === undefined) return true;
  const keys = new Set([...state.keys(), ...versions.keys()]);
  return [...keys].every((key) => sameJson(state.get(key) ?? [], versions.get(key) ?? []));
}
