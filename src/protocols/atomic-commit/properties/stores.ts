/** What is in the stores: each committed write once, and money neither made nor lost. */
import { always, type Property } from '../../../check/property.ts';
import type { Operation } from '../../../sim/history.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import { canonicalText, type Json } from '../../../sim/plain.ts';
import type { Prepared, Resource } from '../resource.ts';
import { applyStep, emptyStore, OPENING_BALANCE, type Store } from '../store.ts';
import type { TxnId } from '../transactions.ts';
import { accounts, type ClientOp, type ClientResult } from '../workload.ts';
import { isDamagedByHand } from './by-hand.ts';
import { type AnyRecord, appended, durableRecords, factAt, factNow, isPrepared, nameOf, resourceOf } from './facts.ts';

/** One participant's store as it should be, computed from its log alone. */
interface Should {
  readonly redo: Map<TxnId, Prepared>;
  readonly done: Set<TxnId>;
  readonly store: Store;
  /** What the participant held when it was last compared, key by key in the order of its keys: what is the same is not compared again. */
  readonly values: Json[];
  readonly writers: TxnId[];
  /** The log has gone on since. */
  hasChanged: boolean;
}

interface Once {
  readonly byNode: Should[];
  /** Which transaction carried out which request of a client: by process and number. */
  readonly carriedOut: Map<string, Map<number, CarriedOut>>;
}

interface CarriedOut {
  readonly txn: TxnId;
  readonly event: number;
  readonly node: number;
}

const newShould = (): Should => ({
  redo: new Map(),
  done: new Set(),
  store: emptyStore(),
  values: [],
  writers: [],
  hasChanged: true,
});

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
  step: (memory, node, state: object, world) =>
    compareStore(memory.byNode[node] as Should, node, resourceOf(state), world),
});

function follow(should: Should, record: AnyRecord | Prepared): void {
  if (isPrepared(record)) {
    should.redo.set(record.age.txn, record);
    return;
  }
  if (record.type !== 'commit' || should.done.has(record.txn)) return;
  should.done.add(record.txn);
  should.hasChanged = true;
  for (const step of should.redo.get(record.txn)?.writes ?? []) applyStep(should.store, step, record.txn);
}

const compareStore = (should: Should, node: number, { store }: Resource, world: World): Finding | undefined =>
  isAsBefore(should, store) ? undefined : compareValues(should, node, store, world);

/** Each loop over the keys of the object that it reads from: V8 then needs no search for them. */
function isAsBefore(should: Should, { values, writers }: Store): boolean {
  if (should.hasChanged) return false;
  let place = 0;
  for (const key in values) if (should.values[place++] !== values[key]) return false;
  if (place !== should.values.length) return false;
  place = 0;
  for (const key in writers) if (should.writers[place++] !== writers[key]) return false;
  return place === should.writers.length;
}

function compareValues(should: Should, node: number, store: Store, world: World): Finding | undefined {
  should.hasChanged = false;
  let place = 0;
  for (const key in store.writers) should.writers[place++] = store.writers[key] as TxnId;
  place = -1;
  for (const key in store.values) {
    const value = store.values[key] as Json;
    if (should.values[++place] === value && should.store.writers[key] === store.writers[key]) continue;
    should.values[place] = value;
    const expected = should.store.values[key];
    if (expected === value || isSameList(expected, value)) continue;
    const writer = store.writers[key] as TxnId;
    return {
      sentence: `${nameOf(world, node)} holds ${canonicalText(value)} at ${key}; carrying out each committed transaction once gives ${canonicalText(expected)}`,
      facts: [factNow(world, node, `${writer} was the last to write ${key}`)],
    };
  }
  return undefined;
}

/** Lists are made of names: the only values that are not compared by themselves. */
const isSameList = (one: Json | undefined, other: Json): boolean =>
  Array.isArray(one) &&
  Array.isArray(other) &&
  one.length === other.length &&
  one.every((item, place) => item === other[place]);

/** A retry belongs to the same request: a second transaction for it must not commit too. */
function requestOnce(
  memory: Once,
  node: number,
  { type, txn, heuristic }: AnyRecord,
  world: World,
): Finding | undefined {
  if (type !== 'commit' || heuristic) return undefined;
  const record = memory.byNode[node]?.redo.get(txn);
  if (record === undefined) return undefined;
  const { process, sequence } = record.origin;
  let known = memory.carriedOut.get(process);
  if (known === undefined) {
    known = new Map();
    memory.carriedOut.set(process, known);
  }
  const first = known.get(sequence);
  if (first === undefined) {
    known.set(sequence, { txn, event: world.event, node });
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
