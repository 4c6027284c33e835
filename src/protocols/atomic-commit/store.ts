/** One participant's share of the keys, with the transaction that wrote each. Volatile: recovery reads it back from the log. */
import type { Json } from '../../sim/plain.ts';
import type { Seen, Step, TxnId } from './transactions.ts';

export interface Store {
  readonly values: { [key: string]: Json };
  readonly writers: { [key: string]: TxnId };
}

/** What an account holds before the first transfer. */
export const OPENING_BALANCE = 100;

export const emptyStore = (): Store => ({ values: {}, writers: {} });

/** Accounts begin with a balance, lists empty, registers with nothing. The first letter of a key tells which it is. */
export function initialValue(key: string): Json {
  if (key.startsWith('a')) return OPENING_BALANCE;
  return key.startsWith('l') ? NOTHING : null;
}

const NOTHING: readonly Json[] = Object.freeze([]);

export const isAccount = (key: string): boolean => key.startsWith('a');

const valueAt = ({ values }: Store, key: string): Json => {
  const value = values[key];
  return value === undefined ? initialValue(key) : value;
};

export function applyStep(store: Store, step: Step, txn: TxnId): void {
  store.values[step.key] = after(valueAt(store, step.key), step);
  store.writers[step.key] = txn;
}

/** What the transaction with these writes behind it sees: its own writes over what is committed. */
export function seenBy(store: Store, writes: readonly Step[], txn: TxnId, key: string): Seen {
  let value = valueAt(store, key);
  let writer = store.writers[key] ?? '';
  for (const write of writes) {
    if (write.key !== key) continue;
    value = after(value, write);
    writer = txn;
  }
  return { value, writer };
}

/** A value once a step has been done to it. */
function after(value: Json, { f, value: argument }: Step): Json {
  switch (f) {
    case 'read':
      return value;
    case 'write':
      return argument;
    case 'append':
      return [...(value as readonly Json[]), argument];
    case 'add':
      return (value as number) + (argument as number);
  }
}
