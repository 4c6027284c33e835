/** Keys and written values as integers. */
import type { Json } from '../../sim/plain.ts';
import { canonicalKey } from '../model.ts';
import type { MicroOperation, Transaction, TransactionKey } from '../transaction.ts';

/** Nobody in the history wrote it. */
export const NOBODY = -1;

/** The same value written twice to one key: then a read does not tell whose it saw, and nothing can be inferred. */
export class DuplicateWriteError extends Error {
  override readonly name = 'DuplicateWriteError';
  readonly type: 'duplicate-appends' | 'duplicate-writes';
  readonly key: TransactionKey;
  readonly value: Json;
  /** Indices of the two transactions; equal when one did both. */
  readonly transactions: readonly [number, number];

  constructor(f: 'append' | 'w', key: TransactionKey, value: Json, transactions: readonly [number, number]) {
    const what = f === 'append' ? 'appended' : 'written';
    super(
      `${JSON.stringify(value)} is ${what} to ${JSON.stringify(key)} twice (transactions ${transactions.join(' and ')}): values must be unique per key`,
    );
    this.type = f === 'append' ? 'duplicate-appends' : 'duplicate-writes';
    this.key = key;
    this.value = value;
    this.transactions = transactions;
  }
}

/** Everything that was written, by anybody, whatever became of it. A "write" is an append or a register write. */
export class Writes {
  readonly keys: TransactionKey[] = [];
  /** Per write: its transaction, its key, its value, its place among the transaction's steps. */
  readonly transactionOf: number[] = [];
  readonly keyOf: number[] = [];
  readonly valueOf: Json[] = [];
  readonly stepOf: number[] = [];
  /** 1 when the same transaction writes the key again later. */
  readonly isOverwritten: number[] = [];
  #lists = false;
  readonly #keyIds = new Map<TransactionKey, number>();
  readonly #byValue: Map<string | number, number>[] = [];

  /** The first value written to a key twice. Then `find` tells only the first write, and nothing may be inferred. */
  duplicate: DuplicateWriteError | undefined = undefined;

  constructor(transactions: readonly Transaction[]) {
    const lastOnKey: number[] = [];
    for (let transaction = 0; transaction < transactions.length; transaction++) {
      const { ops } = transactions[transaction] as Transaction;
      for (let step = 0; step < ops.length; step++) {
        const [f, name, value] = ops[step] as MicroOperation;
        const key = this.keyId(name);
        if (f === 'r') continue;
        const write = this.#add(transaction, step, key, value, f);
        const previous = lastOnKey[key];
        if (previous !== undefined && this.transactionOf[previous] === transaction) this.isOverwritten[previous] = 1;
        lastOnKey[key] = write;
      }
    }
  }

  #add(transaction: number, step: number, key: number, value: Json, f: 'append' | 'w'): number {
    const write = this.transactionOf.length;
    const known = this.#byValue[key] as Map<string | number, number>;
    const valueKey = typeof value === 'number' ? value : canonicalKey(value);
    const before = known.get(valueKey);
    if (before === undefined) known.set(valueKey, write);
    else {
      const both = [this.transactionOf[before] as number, transaction] as const;
      this.duplicate ??= new DuplicateWriteError(f, this.keys[key] as TransactionKey, value, both);
    }
    if (f === 'append') this.#lists = true;
    this.transactionOf.push(transaction);
    this.keyOf.push(key);
    this.valueOf.push(value);
    this.stepOf.push(step);
    this.isOverwritten.push(0);
    return write;
  }

  keyId(key: TransactionKey): number {
    let id = this.#keyIds.get(key);
    if (id === undefined) {
      id = this.keys.length;
      this.#keyIds.set(key, id);
      this.keys.push(key);
      this.#byValue.push(new Map());
    }
    return id;
  }

  /** What a key held from the start counts as written: when somebody writes it again, a read does not tell which it saw. */
  noteInitial(key: TransactionKey, value: Json): void {
    const write = this.find(this.keyId(key), value);
    if (write === NOBODY) return;
    const transaction = this.transactionOf[write] as number;
    this.duplicate ??= new DuplicateWriteError(this.#lists ? 'append' : 'w', key, value, [transaction, transaction]);
  }

  /** The writes of a transaction, in order. */
  of(transaction: number): readonly number[] {
    const first = lowerBound(this.transactionOf.length, (at) => (this.transactionOf[at] as number) < transaction);
    const found: number[] = [];
    for (let write = first; this.transactionOf[write] === transaction; write++) found.push(write);
    return found;
  }

  /** The write that put this value there, or NOBODY. */
  find(key: number, value: Json): number {
    return this.#byValue[key]?.get(typeof value === 'number' ? value : canonicalKey(value)) ?? NOBODY;
  }
}

/** The first of `count` places that is not below; those below come first. */
export function lowerBound(count: number, isBelow: (place: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBelow(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Equality of values read and written; cheap for numbers and strings. */
export function sameElement(left: Json | undefined, right: Json | undefined): boolean {
  if (left === right) return true;
  return typeof left === 'object' && typeof right === 'object' && canonicalKey(left) === canonicalKey(right);
}
