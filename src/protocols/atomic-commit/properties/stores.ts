/** What is in the stores: each committed write once, and money neither made nor lost. */
import { always, type Property } from '../../../check/property.ts';
import type { Operation } from '../../../sim/history.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import { canonicalText, type Json } from '../../../sim/plain.ts';
import { dropEntry, entryOf, type Ledger, newLedger, setEntry } from '../ledger.ts';
import type { Prepared } from '../resource.ts';
import { initialValue, OPENING_BALANCE, type Store } from '../store.ts';
import type { Step, TxnId } from '../transactions.ts';
import { accounts, type ClientOp, type ClientResult } from '../workload.ts';
import { isDamagedByHand } from './by-hand.ts';
import { type AnyRecord, appended, durableRecords, factAt, factNow, isPrepared, nameOf, resourceOf } from './facts.ts';

/** One participant's store as it should be, computed from its log alone. */
interface Should {
  readonly redo: Ledger<Prepared>;
  readonly done: Ledger<true>;
  readonly values: { [key: string]: Json };
  /** Keys that the log has written since the store was last looked at. */
  readonly written: string[];
  /** All keys of the store when they were last listed, and what was there when each was last compared. */
  keys: readonly string[];
  readonly held: (Json | undefined)[];
  /** Which of them is looked at next. */
  next: number;
}

interface Once {
  readonly byNode: Should[];
  /** Which transaction carried out which request of a client: by process and number. */
  readonly carriedOut: Map<string, (CarriedOut | undefined)[]>;
}

interface CarriedOut {
  readonly txn: TxnId;
  readonly event: number;
  readonly node: number;
}

const newShould = (): Should => ({
  redo: newLedger(),
  done: newLedger(),
  values: {},
  written: [],
  keys: [],
  held: [],
  next: 0,
});

/**
 * After each handler at a participant the keys that its log has written are compared, and besides all others where they are few. Of many
 * one is looked at after each handler, in turn, and all when the run is over: what changes in a store without a word in the log is seen
 * soon, at a cost that does not grow with the store.
 */
export const once: Property = always<Once>({
  name: 'ONCE',
  title: 'the writes of each committed transaction, and each request of a client, are carried out once',
  oracle: 'internal',
  role: 'participant',
  start: () => ({ byNode: [], carriedOut: new Map() }),
  boot(memory, node, world) {
    const should = newShould();
    memory.byNode[node] = should;
    for (const record of durableRecords(world, node)) follow(should, record);
    return undefined;
  },
  log(memory, node, log, change, world) {
    const record = appended(log, change);
    if (record === undefined) return undefined;
    follow(memory.byNode[node] as Should, record);
    return isPrepared(record) ? undefined : requestOnce(memory, node, record, world);
  },
  step(memory, node, state: object, world) {
    const should = memory.byNode[node] as Should;
    const { store } = resourceOf(state);
    const finding = should.written.length === 0 ? undefined : compareWritten(should, node, store, world);
    if (finding !== undefined) return finding;
    if (should.keys.length > FEW_KEYS) return compareNext(should, node, store, world);
    return isAsBefore(should, store) ? undefined : compareAll(should, node, store, world);
  },
  end({ byNode }, world) {
    for (let node = 0; node < byNode.length; node++) {
      const should = byNode[node];
      const state = should === undefined ? undefined : world.stateOf(node);
      const finding =
        state === undefined ? undefined : compareAll(should as Should, node, resourceOf(state).store, world);
      if (finding !== undefined) return finding;
    }
    return undefined;
  },
});

/** So many are all looked at after each handler. */
const FEW_KEYS = 8;

function follow(should: Should, record: AnyRecord | Prepared): void {
  if (isPrepared(record)) {
    setEntry(should.redo, record.age.txn, record);
    return;
  }
  if (record.type !== 'commit' || entryOf(should.done, record.txn)) return;
  setEntry(should.done, record.txn, true);
  for (const step of entryOf(should.redo, record.txn)?.writes ?? []) {
    carryOut(should.values, step);
    should.written.push(step.key);
  }
}

/** Lists are nobody else's, and grow at their place. */
function carryOut(values: Should['values'], { f, key, value }: Step): void {
  const before = values[key] ?? initialValue(key);
  if (f === 'write') values[key] = value;
  else if (f === 'add') values[key] = (before as number) + (value as number);
  else if (values[key] === undefined) values[key] = [value];
  else (before as Json[]).push(value);
}

function compareWritten(should: Should, node: number, store: Store, world: World): Finding | undefined {
  for (let key = should.written.pop(); key !== undefined; key = should.written.pop()) {
    const finding = compare(should, node, store, key, world);
    if (finding !== undefined) return finding;
  }
  return undefined;
}

/** The loop is over the keys of the object that it reads from: V8 then needs no search for them. */
function isAsBefore({ held }: Should, { values }: Store): boolean {
  let place = 0;
  for (const key in values) if (held[place++] !== values[key]) return false;
  return place === held.length;
}

function compareAll(should: Should, node: number, store: Store, world: World): Finding | undefined {
  listKeys(should, store);
  for (let place = 0; place < should.keys.length; place++) {
    const finding = compareAt(should, node, store, place, world);
    if (finding !== undefined) return finding;
  }
  return undefined;
}

function compareNext(should: Should, node: number, store: Store, world: World): Finding | undefined {
  if (should.next === should.keys.length) listKeys(should, store);
  return compareAt(should, node, store, should.next++, world);
}

/** Those of the store, and those that it lacks. New ones come at the end of the list, and none should ever go. */
function listKeys(should: Should, { values }: Store): void {
  const keys = Object.keys(values);
  for (const key in should.values) if (values[key] === undefined) keys.push(key);
  keys.forEach((key, place) => {
    if (key !== should.keys[place]) should.held[place] = undefined;
  });
  should.keys = keys;
  should.held.length = keys.length;
  should.next = 0;
}

/** What is the same is not compared again. */
function compareAt(should: Should, node: number, store: Store, place: number, world: World): Finding | undefined {
  const key = should.keys[place] as string;
  const value = store.values[key];
  if (value !== undefined && value === should.held[place]) return undefined;
  should.held[place] = value;
  return compare(should, node, store, key, world);
}

function compare(should: Should, node: number, store: Store, key: string, world: World): Finding | undefined {
  const value = store.values[key];
  const expected = should.values[key];
  if (expected === value || isSameList(expected, value)) return undefined;
  const writer = store.writers[key];
  const last = writer === undefined ? `nobody has written ${key}` : `${writer} was the last to write ${key}`;
  return {
    sentence: `${nameOf(world, node)} holds ${tellValue(value)} at ${key}; carrying out each committed transaction once gives ${tellValue(expected)}`,
    facts: [factNow(world, node, last)],
  };
}

const tellValue = (value: Json | undefined): string => (value === undefined ? 'nothing' : canonicalText(value));

/** Lists are made of names: the only values that are not compared by themselves. */
function isSameList(one: Json | undefined, other: Json | undefined): boolean {
  if (!Array.isArray(one) || !Array.isArray(other) || one.length !== other.length) return false;
  for (let place = 0; place < one.length; place++) if (one[place] !== other[place]) return false;
  return true;
}

/** A retry belongs to the same request: a second transaction for it must not commit too. */
function requestOnce(
  memory: Once,
  node: number,
  { type, txn, heuristic }: AnyRecord,
  world: World,
): Finding | undefined {
  if (type !== 'commit' || heuristic) return undefined;
  const { redo } = memory.byNode[node] as Should;
  const record = entryOf(redo, txn);
  if (record === undefined) return undefined;
  // Its log may say so again: that carries out nothing more.
  dropEntry(redo, txn);
  const { process, sequence } = record.origin;
  let known = memory.carriedOut.get(process);
  if (known === undefined) {
    known = [];
    memory.carriedOut.set(process, known);
  }
  const first = known[sequence];
  if (first === undefined) {
    known[sequence] = { txn, event: world.event, node };
    return undefined;
  }
  if (first.txn === txn) return undefined;
  return {
    sentence: `the request ${process} #${sequence} was carried out twice: by transaction ${first.txn} and by ${txn}`,
    facts: [factAt(world, first.event, first.node, `commits ${first.txn}`), factNow(world, node, `commits ${txn}`)],
  };
}

const TOTAL = accounts.length * OPENING_BALANCE;

export const conservation: Property = always<null>({
  name: 'CONS',
  title: 'every committed audit finds all the money, and no account overdrawn',
  oracle: 'client',
  start: () => null,
  returned(_memory, operation: Operation, world) {
    const op = operation.input as unknown as ClientOp;
    if (op.type !== 'audit' || operation.outcome !== 'ok') return undefined;
    const balances = (operation.output as unknown as ClientResult).values as readonly number[];
    const sum = balances.reduce((total, balance) => total + balance, 0);
    const negative = balances.findIndex((balance) => balance < 0);
    if ((sum === TOTAL && negative === -1) || isDamagedByHand(world)) return undefined;
    const what = sum === TOTAL ? `${accounts[negative]} overdrawn` : `${sum} in all accounts, not ${TOTAL}`;
    return {
      sentence: `an audit of ${operation.process} finds ${what}`,
      facts: [{ event: operation.returnedEvent ?? 0, text: `balances are ${balances.join(', ')}` }],
    };
  },
});
