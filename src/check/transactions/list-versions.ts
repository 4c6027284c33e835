/** What a history of list appends shows of the versions of each key: which reads there were, and in which order appends took effect. */
import type { Json } from '../../sim/plain.ts';
import type { InitialValues, MicroOperation, Transaction, TransactionKey } from '../transaction.ts';
import { AnomalyList } from './anomaly.ts';
import { lowerBound, NOBODY, sameElement, Writes } from './elements.ts';

/** One read that shows what was there before the transaction's own appends. */
export interface ExternalRead {
  readonly transaction: number;
  readonly key: number;
  readonly list: readonly Json[];
  /** How many elements at the end are the transaction's own. */
  readonly own: number;
  /** Whether the transaction appends to the key as well, before or later. */
  appends: boolean;
}

/** The versions of one key, oldest first, as far as anybody saw them. */
export interface VersionOrder {
  /** The longest list read, as read. */
  readonly longest: readonly Json[];
  /** `longest` without repetitions, as writes; NOBODY for initial elements and ones nobody wrote. */
  readonly writes: readonly number[];
  /** Per length of a prefix of `longest`: how many entries of `writes` it covers. */
  readonly covered: readonly number[];
  /** Per place: the nearest place from there on whose writer committed, or `writes.length`. */
  readonly nextCommitted: readonly number[];
  /** The first place of an element of an aborted transaction, and of one nobody wrote; else Infinity. */
  readonly firstAborted: number;
  readonly firstGarbage: number;
}

export interface ListAppendOptions {
  readonly initial?: InitialValues;
  /** Every version of a key in the order in which it was installed, where the recorder knows it. Settles unread appends. */
  readonly versionOrders?: InitialValues;
}

const EMPTY: readonly Json[] = [];

/** When an element was appended to a key twice, only what is wrong inside single transactions is found: see `writes.duplicate`. */
export class ListVersions {
  readonly transactions: readonly Transaction[];
  readonly writes: Writes;
  readonly anomalies: AnomalyList = new AnomalyList();
  readonly reads: ExternalRead[] = [];
  /** 1: happened, surely. */
  readonly committed: Uint8Array;
  /** Per key. */
  readonly orders: VersionOrder[] = [];
  /** Per write: its place in its key's version order, or -1 when nobody saw it. */
  readonly placeOf: Int32Array;
  readonly #initial: (readonly Json[])[];
  readonly #longest: (readonly Json[])[] = [];

  constructor(transactions: readonly Transaction[], options: ListAppendOptions) {
    this.transactions = transactions;
    this.writes = new Writes(transactions);
    this.#initial = listsByKey(this.writes, options.initial ?? []);
    for (const [key, list] of options.initial ?? []) {
      for (const element of list as readonly Json[]) this.writes.noteInitial(key, element);
    }
    for (const [key, list] of listsByKey(this.writes, options.versionOrders ?? []).entries()) {
      if (list !== undefined) this.#longest[key] = list;
    }
    this.committed = new Uint8Array(transactions.length);
    this.placeOf = new Int32Array(this.writes.transactionOf.length).fill(-1);
    this.#collectReads();
    if (this.writes.duplicate !== undefined) return;
    this.#markAppendingReaders();
    this.#markCommitted();
    for (let key = 0; key < this.writes.keys.length; key++) this.orders.push(this.#orderVersions(key));
  }

  name(key: number): TransactionKey {
    return this.writes.keys[key] as TransactionKey;
  }

  isInitialElement(key: number, place: number, element: Json): boolean {
    const initial = this.#initial[key] ?? EMPTY;
    return place < initial.length && sameElement(element, initial[place]);
  }

  /** Reads were collected transaction by transaction. */
  readsOf(transaction: number): readonly ExternalRead[] {
    const first = lowerBound(this.reads.length, (at) => (this.reads[at] as ExternalRead).transaction < transaction);
    let end = first;
    while (this.reads[end]?.transaction === transaction) end++;
    return this.reads.slice(first, end);
  }

  // Reads, one transaction at a time.

  #collectReads(): void {
    // What the current transaction has seen and done, per key; `touched` says whether an entry is of this transaction.
    const touched: number[] = [];
    const lastRead: (readonly Json[] | undefined)[] = [];
    const ownSince: (Json[] | undefined)[] = [];
    for (let transaction = 0; transaction < this.transactions.length; transaction++) {
      const { outcome, ops } = this.transactions[transaction] as Transaction;
      if (outcome !== 'ok') continue;
      for (let step = 0; step < ops.length; step++) {
        const [f, name, value] = ops[step] as MicroOperation;
        const key = this.writes.keyId(name);
        if (touched[key] !== transaction) {
          touched[key] = transaction;
          lastRead[key] = undefined;
          ownSince[key] = undefined;
        }
        if (f !== 'r') {
          const own = ownSince[key];
          if (own === undefined) ownSince[key] = [value];
          else own.push(value);
          continue;
        }
        const list = (value ?? EMPTY) as readonly Json[];
        this.#noteRead(transaction, key, list, lastRead[key], ownSince[key] ?? EMPTY);
        lastRead[key] = list;
        ownSince[key] = undefined;
      }
    }
  }

  #noteRead(
    transaction: number,
    key: number,
    list: readonly Json[],
    before: readonly Json[] | undefined,
    own: readonly Json[],
  ): void {
    const longest = this.#longest[key];
    if (longest === undefined || list.length > longest.length) this.#longest[key] = list;
    const length = before === undefined ? list.length : before.length + own.length;
    const consistent =
      list.length === length && (before === undefined || startsWith(list, before)) && endsWith(list, own);
    if (!consistent) {
      this.anomalies.add({ name: 'internal', transactions: [transaction], key: this.name(key), value: list }, () => {
        const did = own.length === 0 ? '' : `appended ${show(own)}`;
        const saw = before === undefined ? '' : `read ${show(before)}`;
        const earlier = [saw, did].filter((part) => part !== '').join(' and ');
        return `T${transaction} ${earlier} on ${this.name(key)}, then read ${show(list)}`;
      });
    }
    if (before === undefined) {
      this.reads.push({ transaction, key, list, own: consistent ? own.length : 0, appends: own.length > 0 });
    }
  }

  /** Reads and writes both come transaction by transaction. */
  #markAppendingReaders(): void {
    const { transactionOf, keyOf } = this.writes;
    let first = 0;
    for (const read of this.reads) {
      while ((transactionOf[first] as number) < read.transaction) first++;
      for (let write = first; transactionOf[write] === read.transaction; write++) {
        if (keyOf[write] === read.key) read.appends = true;
      }
    }
  }

  /** Answered ones, and those of unknown outcome whose appends somebody saw. */
  #markCommitted(): void {
    const unknowns: number[] = [];
    for (const [transaction, { outcome }] of this.transactions.entries()) {
      if (outcome === 'ok') this.committed[transaction] = 1;
      else if (outcome === 'unknown') unknowns.push(transaction);
    }
    if (unknowns.length === 0) return;
    const maybe = new Set(unknowns);
    const seen = (key: number, list: readonly Json[]): void => {
      for (const element of list) {
        const write = this.writes.find(key, element);
        const writer = write === NOBODY ? NOBODY : (this.writes.transactionOf[write] as number);
        if (maybe.delete(writer)) this.committed[writer] = 1;
      }
    };
    for (const [key, list] of this.#longest.entries()) if (list !== undefined) seen(key, list);
    for (const { key, list } of this.reads) {
      if (maybe.size > 0 && !startsWith(this.#longest[key] as readonly Json[], list)) seen(key, list);
    }
  }

  // Versions of a key.

  #orderVersions(key: number): VersionOrder {
    const initial = this.#initial[key] ?? EMPTY;
    const read = this.#longest[key] ?? EMPTY;
    const longest = read.length < initial.length ? initial : read;
    const writes: number[] = [];
    const covered: number[] = [0];
    let firstAborted = Number.POSITIVE_INFINITY;
    let firstGarbage = Number.POSITIVE_INFINITY;
    for (const [place, element] of longest.entries()) {
      const isInitial = this.isInitialElement(key, place, element);
      const write = isInitial ? NOBODY : this.writes.find(key, element);
      if (write === NOBODY && !isInitial && firstGarbage > place) firstGarbage = place;
      if (write !== NOBODY && this.isAborted(write) && firstAborted > place) firstAborted = place;
      if (write === NOBODY || this.placeOf[write] === -1) {
        if (write !== NOBODY) this.placeOf[write] = writes.length;
        writes.push(write);
      } else this.#reportDuplicate(key, element, longest);
      covered.push(writes.length);
    }
    const nextCommitted = new Array<number>(writes.length + 1).fill(writes.length);
    for (let place = writes.length - 1; place >= 0; place--) {
      const write = writes[place] as number;
      nextCommitted[place] = this.isCommitted(write) ? place : (nextCommitted[place + 1] as number);
    }
    return { longest, writes, covered, nextCommitted, firstAborted, firstGarbage };
  }

  isAborted(write: number): boolean {
    return this.transactions[this.writes.transactionOf[write] as number]?.outcome === 'fail';
  }

  isCommitted(write: number): boolean {
    return write !== NOBODY && this.committed[this.writes.transactionOf[write] as number] === 1;
  }

  #reportDuplicate(key: number, element: Json, list: readonly Json[]): void {
    const readers = this.reads.filter((read) => read.key === key && read.list === list);
    const transactions = readers.slice(0, 1).map(({ transaction }) => transaction);
    this.anomalies.add({ name: 'duplicate-elements', transactions, key: this.name(key), value: list }, () => {
      const reader = transactions[0] === undefined ? 'somebody' : `T${transactions[0]}`;
      return `${reader} read ${show(list)} from ${this.name(key)}: ${show(element)} is in it twice, but was appended once`;
    });
  }
}

function listsByKey(writes: Writes, values: InitialValues): (readonly Json[])[] {
  const lists: (readonly Json[])[] = [];
  for (const [key, value] of values) {
    if (!Array.isArray(value)) throw new TypeError(`the initial value of ${key} is not a list`);
    lists[writes.keyId(key)] = value as readonly Json[];
  }
  return lists;
}

export function startsWith(list: readonly Json[], start: readonly Json[]): boolean {
  if (list === start) return true;
  if (start.length > list.length) return false;
  for (let at = start.length - 1; at >= 0; at--) {
    if (list[at] !== start[at] && !sameElement(list[at], start[at])) return false;
  }
  return true;
}

function endsWith(list: readonly Json[], end: readonly Json[]): boolean {
  const from = list.length - end.length;
  return from >= 0 && end.every((element, at) => sameElement(list[from + at], element));
}

/** Data in a sentence, cut short. */
export function show(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 40)}...${text.slice(-12)}` : text;
}
