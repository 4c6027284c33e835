/**
 * Something of each transaction, by its name. Transactions are many, each message asks about one, and nearly all are numbered one after the
 * other in one life of one coordinator: so there is a list for each life. A Map takes six times the room, and most of a search in it is
 * spent on waiting for memory.
 */
import type { NodeId } from '../../sim/protocol.ts';
import { coordinatorOf, type TxnId } from './transactions.ts';

export interface Ledger<Entry> {
  readonly lives: Life<Entry>[];
  /** Of names that are no numbers of a life: none that a coordinator gives out. */
  readonly others: { readonly txn: TxnId; entry: Entry }[];
}

/** Entries by number; null where there is none. */
interface Life<Entry> {
  /** `n1.2.` */
  readonly name: string;
  readonly entries: (Entry | null)[];
}

export const newLedger = <Entry>(): Ledger<Entry> => ({ lives: [], others: [] });

export function entryOf<Entry>(ledger: Ledger<Entry>, txn: TxnId): Entry | undefined {
  if (txn !== split.txn) splitUp(txn);
  const { life, number } = split;
  if (number === NO_NUMBER) return ledger.others.find((other) => other.txn === txn)?.entry;
  for (const { name, entries } of ledger.lives)
    if (name === life) return number < entries.length ? (entries[number] ?? undefined) : undefined;
  return undefined;
}

/** Made on first use. */
export function entryMadeAt<Entry>(ledger: Ledger<Entry>, txn: TxnId, make: () => Entry): Entry {
  let entry = entryOf(ledger, txn);
  if (entry === undefined) {
    entry = make();
    setEntry(ledger, txn, entry);
  }
  return entry;
}

/** Those of one coordinator. */
export function entriesBy<Entry>({ lives }: Ledger<Entry>, coordinator: NodeId): readonly Entry[] {
  const own = lives.filter(({ name }) => coordinatorOf(name) === coordinator);
  return own.flatMap(({ entries }) => entries.filter((entry) => entry !== null));
}

export function setEntry<Entry>(ledger: Ledger<Entry>, txn: TxnId, entry: Entry): void {
  if (txn !== split.txn) splitUp(txn);
  const { life, number } = split;
  if (number === NO_NUMBER) {
    const known = ledger.others.find((other) => other.txn === txn);
    if (known === undefined) ledger.others.push({ txn, entry });
    else known.entry = entry;
    return;
  }
  const entries = entriesOf(ledger, life);
  while (entries.length <= number) entries.push(null);
  entries[number] = entry;
}

/** As if it had never been there. */
export function dropEntry<Entry>(ledger: Ledger<Entry>, txn: TxnId): void {
  if (txn !== split.txn) splitUp(txn);
  const { life, number } = split;
  const place = number === NO_NUMBER ? ledger.others.findIndex((other) => other.txn === txn) : -1;
  if (place !== -1) ledger.others.splice(place, 1);
  for (const { name, entries } of ledger.lives) if (name === life && number < entries.length) entries[number] = null;
}

function entriesOf<Entry>({ lives }: Ledger<Entry>, life: string): (Entry | null)[] {
  for (const { name, entries } of lives) if (name === life) return entries;
  const entries: (Entry | null)[] = [];
  lives.push({ name: life, entries });
  return entries;
}

const NO_NUMBER = -1;
const DIGITS_MAX = 6;
const ZERO = '0'.charCodeAt(0);
const POINT = '.'.charCodeAt(0);

/** The name that was asked for last, in its parts: a message is looked at by many who all ask for the same. */
const split = { txn: '', life: '', number: NO_NUMBER };
/** Names of lives, each as one string, so that comparing them takes no time. */
const lives: string[] = [];
const LIVES_MAX = 16;

function splitUp(txn: TxnId): void {
  let number = 0;
  let place = txn.length - 1;
  let first = NO_NUMBER;
  for (let unit = 1; place >= 0; place--) {
    const digit = txn.charCodeAt(place) - ZERO;
    if (digit < 0 || digit > 9) break;
    number += unit * digit;
    unit *= 10;
    first = digit;
  }
  const digits = txn.length - 1 - place;
  const isNumbered = first > 0 && digits <= DIGITS_MAX && place >= 0 && txn.charCodeAt(place) === POINT;
  split.txn = txn;
  split.number = isNumbered ? number : NO_NUMBER;
  split.life = isNumbered ? lifeOf(txn, place + 1) : '';
}

function lifeOf(txn: TxnId, length: number): string {
  for (const life of lives) if (life.length === length && txn.startsWith(life)) return life;
  if (lives.length === LIVES_MAX) lives.shift();
  const life = txn.slice(0, length);
  lives.push(life);
  return life;
}
