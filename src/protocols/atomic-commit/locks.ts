/**
 * Strict two-phase locking (Bernstein, Hadzilacos, Goodman, ch. 3): shared and exclusive locks, one queue a key, kept until the decision.
 * Pure data: who gives way to whom is decided in resource.ts by the rule `whenBlocked`.
 */
import { type Age, goesFirst, type TxnId } from './transactions.ts';

export type Mode = 'S' | 'X';

export interface Claim {
  readonly age: Age;
  readonly mode: Mode;
}

/** `holders` are compatible with each other; `queue` is in the order in which claims will be granted. */
export interface Lock {
  readonly key: string;
  holders: Claim[];
  queue: Claim[];
}

/** Exists only while somebody holds or wants the key. */
export type LockTable = Lock[];

/** What stands in the way of a claim: those it must wait for, and those that would have to wait for it from now on. */
export interface Conflict {
  readonly ahead: readonly Claim[];
  readonly overtaken: readonly Claim[];
}

const conflicts = (one: Mode, other: Mode): boolean => one === 'X' || other === 'X';

const of = (txn: TxnId) => (claim: Claim) => claim.age.txn === txn;

function lockOf(table: LockTable, key: string): Lock {
  const found = table.find((lock) => lock.key === key);
  if (found !== undefined) return found;
  const lock: Lock = { key, holders: [], queue: [] };
  table.push(lock);
  return lock;
}

export const holds = (table: LockTable, key: string, txn: TxnId, mode: Mode): boolean =>
  table.some(
    (lock) => lock.key === key && lock.holders.some((held) => of(txn)(held) && (mode === 'S' || held.mode === 'X')),
  );

/** Grants the claim if nothing stands in its way; else says what does. An upgrade from S to X is a new claim, before all that wait. */
export function claim(table: LockTable, key: string, wanted: Claim, byAge: boolean): Conflict | undefined {
  const lock = lockOf(table, key);
  const place = placeFor(lock, wanted, byAge);
  const inTheWay = (other: Claim): boolean => !of(wanted.age.txn)(other) && conflicts(other.mode, wanted.mode);
  const ahead = [...lock.holders, ...lock.queue.slice(0, place)].filter(inTheWay);
  if (ahead.length === 0) {
    grant(lock, wanted);
    return undefined;
  }
  return { ahead, overtaken: lock.queue.slice(place).filter(inTheWay) };
}

/** To be granted later. */
export function enqueue(table: LockTable, key: string, wanted: Claim, byAge: boolean): void {
  const lock = lockOf(table, key);
  lock.queue.splice(placeFor(lock, wanted, byAge), 0, wanted);
}

function placeFor(lock: Lock, wanted: Claim, byAge: boolean): number {
  if (lock.holders.some(of(wanted.age.txn))) return 0;
  if (!byAge) return lock.queue.length;
  const younger = lock.queue.findIndex(
    (waiting) => goesFirst(wanted.age, waiting.age) && !lock.holders.some(of(waiting.age.txn)),
  );
  return younger === -1 ? lock.queue.length : younger;
}

function grant(lock: Lock, wanted: Claim): void {
  const place = lock.holders.findIndex(of(wanted.age.txn));
  if (place === -1) lock.holders.push(wanted);
  else lock.holders[place] = wanted;
}

/** Gives back all that a transaction holds or waits for; answers with the transactions whose claims are granted by that. */
export function release(table: LockTable, txn: TxnId): readonly TxnId[] {
  const granted: TxnId[] = [];
  for (const lock of table) {
    const before = lock.holders.length + lock.queue.length;
    lock.holders = lock.holders.filter((held) => !of(txn)(held));
    lock.queue = lock.queue.filter((waiting) => !of(txn)(waiting));
    if (lock.holders.length + lock.queue.length < before) promote(lock, granted);
  }
  for (let i = table.length - 1; i >= 0; i--) {
    const { holders, queue } = table[i] as Lock;
    if (holders.length + queue.length === 0) table.splice(i, 1);
  }
  return granted;
}

function promote(lock: Lock, granted: TxnId[]): void {
  for (let next = lock.queue[0]; next !== undefined; next = lock.queue[0]) {
    const { age, mode } = next;
    if (lock.holders.some((held) => !of(age.txn)(held) && conflicts(held.mode, mode))) return;
    grant(lock, next);
    lock.queue.shift();
    granted.push(age.txn);
  }
}

/** All that a transaction holds: what a prepared record must bring back after a crash. */
export const heldBy = (table: LockTable, txn: TxnId): readonly { readonly key: string; readonly mode: Mode }[] =>
  table.flatMap(({ key, holders }) => holders.filter(of(txn)).map(({ mode }) => ({ key, mode })));
