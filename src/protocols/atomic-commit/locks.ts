/**
 * Strict two-phase locking (Bernstein, Hadzilacos, Goodman, ch. 3): shared and exclusive locks, one queue a key, kept until the decision.
 * Pure data: who gives way to whom is decided in resource.ts by the rule `whenBlocked`.
 */
import { removeAt, withLast } from './lists.ts';
import { type Age, goesFirst, type TxnId } from './transactions.ts';

export type Mode = 'S' | 'X';

export interface Claim {
  readonly age: Age;
  readonly mode: Mode;
}

/** `holders` are compatible with each other; `queue` is in the order in which claims will be granted. */
export interface Lock {
  readonly key: string;
  readonly holders: Claim[];
  readonly queue: Claim[];
}

/** Exists only while somebody holds or wants the key. */
export type LockTable = Lock[];

/** What stands in the way of a claim: those it must wait for, and those that would have to wait for it from now on. */
export interface Conflict {
  readonly ahead: readonly Claim[];
  readonly overtaken: readonly Claim[];
}

const conflicts = (one: Mode, other: Mode): boolean => one === 'X' || other === 'X';

/** Its place among claims; -1 where it has none. */
function placeOf(claims: readonly Claim[], txn: TxnId): number {
  for (let place = 0; place < claims.length; place++) if (claims[place]?.age.txn === txn) return place;
  return -1;
}

const isAmong = (claims: readonly Claim[], txn: TxnId): boolean => placeOf(claims, txn) !== -1;

function findLock(table: LockTable, key: string): Lock | undefined {
  for (const lock of table) if (lock.key === key) return lock;
  return undefined;
}

export function holds(table: LockTable, key: string, txn: TxnId, mode: Mode): boolean {
  const lock = findLock(table, key);
  const place = lock === undefined ? -1 : placeOf(lock.holders, txn);
  return place !== -1 && (mode === 'S' || lock?.holders[place]?.mode === 'X');
}

/** Grants the claim if nothing stands in its way; else says what does. An upgrade from S to X is a new claim, before all that wait. */
export function claim(table: LockTable, key: string, wanted: Claim, byAge: boolean): Conflict | undefined {
  const lock = findLock(table, key);
  if (lock === undefined) {
    table.push({ key, holders: [wanted], queue: [] });
    return undefined;
  }
  const { holders, queue } = lock;
  const place = placeFor(lock, wanted, byAge);
  if (!isInTheWay(holders, holders.length, wanted) && !isInTheWay(queue, place, wanted)) {
    grant(lock, wanted);
    return undefined;
  }
  const ahead: Claim[] = [];
  addThoseInTheWay(ahead, holders, 0, holders.length, wanted);
  addThoseInTheWay(ahead, queue, 0, place, wanted);
  const overtaken: Claim[] = [];
  addThoseInTheWay(overtaken, queue, place, queue.length, wanted);
  return { ahead, overtaken };
}

const standsInTheWay = (other: Claim, { age, mode }: Claim): boolean =>
  conflicts(other.mode, mode) && other.age.txn !== age.txn;

/** Whether one of the first claims, up to a place, does. */
function isInTheWay(claims: readonly Claim[], to: number, wanted: Claim): boolean {
  for (let place = 0; place < to; place++) if (standsInTheWay(claims[place] as Claim, wanted)) return true;
  return false;
}

function addThoseInTheWay(found: Claim[], claims: readonly Claim[], from: number, to: number, wanted: Claim): void {
  for (let place = from; place < to; place++) {
    const other = claims[place] as Claim;
    if (standsInTheWay(other, wanted)) found.push(other);
  }
}

/** To be granted later. */
export function enqueue(table: LockTable, key: string, wanted: Claim, byAge: boolean): void {
  const lock = findLock(table, key);
  if (lock === undefined) table.push({ key, holders: [], queue: [wanted] });
  else insertAt(lock.queue, placeFor(lock, wanted, byAge), wanted);
}

function placeFor(lock: Lock, wanted: Claim, byAge: boolean): number {
  if (isAmong(lock.holders, wanted.age.txn)) return 0;
  if (!byAge) return lock.queue.length;
  for (let place = 0; place < lock.queue.length; place++) {
    const { age } = lock.queue[place] as Claim;
    if (goesFirst(wanted.age, age) && !isAmong(lock.holders, age.txn)) return place;
  }
  return lock.queue.length;
}

function insertAt(claims: Claim[], place: number, wanted: Claim): void {
  claims.push(wanted);
  for (let i = claims.length - 1; i > place; i--) claims[i] = claims[i - 1] as Claim;
  claims[place] = wanted;
}

function grant(lock: Lock, wanted: Claim): void {
  const place = placeOf(lock.holders, wanted.age.txn);
  if (place === -1) lock.holders.push(wanted);
  else lock.holders[place] = wanted;
}

/** Gives back all that a transaction holds or waits for; adds to `granted` the transactions whose claims are granted by that. */
export function release(table: LockTable, txn: TxnId, granted: TxnId[]): void {
  let isEmpty = false;
  for (const lock of table) {
    const { holders, queue } = lock;
    const held = placeOf(holders, txn);
    const waiting = placeOf(queue, txn);
    if (held === -1 && waiting === -1) continue;
    if (held !== -1) removeAt(holders, held);
    if (waiting !== -1) removeAt(queue, waiting);
    promote(lock, granted);
    isEmpty ||= holders.length + queue.length === 0;
  }
  if (!isEmpty) return;
  for (let i = table.length - 1; i >= 0; i--) {
    const { holders, queue } = table[i] as Lock;
    if (holders.length + queue.length === 0) removeAt(table, i);
  }
}

function promote(lock: Lock, granted: TxnId[]): void {
  const { holders, queue } = lock;
  for (let next = queue[0]; next !== undefined; next = queue[0]) {
    if (isInTheWay(holders, holders.length, next)) return;
    grant(lock, next);
    queue.shift();
    granted.push(next.age.txn);
  }
}

/** All that a transaction holds: what a prepared record must bring back after a crash. */
export function heldBy(table: LockTable, txn: TxnId): readonly { readonly key: string; readonly mode: Mode }[] {
  let held: { readonly key: string; readonly mode: Mode }[] = [];
  for (const { key, holders } of table) {
    const place = placeOf(holders, txn);
    // What is kept in the log should be no longer than it is.
    if (place !== -1) held = withLast(held, { key, mode: (holders[place] as Claim).mode });
  }
  return held;
}
