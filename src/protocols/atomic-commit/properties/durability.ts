/** What is on disk before what, and that nothing a client was told is lost. */
import { always, type Property } from '../../../check/property.ts';
import type { Operation } from '../../../sim/history.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import { canonicalText } from '../../../sim/plain.ts';
import { entryOf, type Ledger, newLedger, setEntry } from '../ledger.ts';
import type { Step, TxnId } from '../transactions.ts';
import { type ClientOp, stepsOf } from '../workload.ts';
import { isDamagedByHand } from './by-hand.ts';
import {
  type AnyRecord,
  appended,
  durableRecords,
  factAt,
  factNow,
  isParticipant,
  nameOf,
  resourceOf,
  txnOf,
  WAL,
} from './facts.ts';

/** What a message says is so, and the types of records that say it on disk. */
export type Promised = (message: never, options: never) => readonly string[] | undefined;

/**
 * @param promised for each message type: the records, one of which must be on the sender's disk before it leaves; undefined where it
 * promises nothing.
 */
export const writeAhead = (promised: { readonly [type: string]: Promised }): Property =>
  always<Records>({
    name: 'WAL',
    title: 'what a message promises is on disk before it leaves: votes, decisions, acknowledgements',
    source: 'BHG 7.4',
    oracle: 'internal',
    messages: Object.keys(promised),
    start: () => ({ written: [] }),
    log({ written }, node, log, change) {
      const record = appended(log, change);
      if (record === undefined || change.kind !== 'append') return undefined;
      while (written.length <= node) written.push(newPlaces());
      add(written[node] as Places, txnOf(record), record.type, change.index);
      return undefined;
    },
    send(memory, from, _to, message: { readonly type: string; readonly txn: TxnId }, world) {
      const records = (promised[message.type] as Promised)(message as never, world.optionsOf(from) as never);
      if (records === undefined) return undefined;
      const { txn } = message;
      const { first, entries } = world.diskOf(from).durableLog(WAL);
      const end = first + entries.length;
      const places = memory.written[from];
      if (places !== undefined && isWritten(places, txn, records, end)) return undefined;
      return isOver(world, from, txn) ? undefined : tooEarly(message.type, txn, records, from, world);
    },
    boot(memory, node, world) {
      readAgain(memory, node, world);
      return undefined;
    },
  });

/** The records of one node. What is before the log's end on disk is durable. */
interface Places {
  /** Where the last record of each transaction is. */
  readonly last: Ledger<number>;
  /** By place in the log, counted from 1: what a record is, and where the one of the same transaction before it is; 0: nowhere. */
  readonly types: string[];
  readonly before: number[];
}

const newPlaces = (): Places => ({ last: newLedger(), types: [''], before: [0] });

/** By node. */
interface Records {
  readonly written: Places[];
}

/** A crash takes what has not arrived, and not in any order: places are counted anew. */
function readAgain({ written }: Records, node: number, world: World): void {
  if (written[node] === undefined) return;
  const places = newPlaces();
  written[node] = places;
  durableRecords(world, node).forEach((record, place) => {
    add(places, txnOf(record), record.type, place + 1);
  });
}

function add(places: Places, txn: TxnId, type: string, index: number): void {
  const { last, types, before } = places;
  const previous = entryOf(last, txn) ?? 0;
  types[index] = type;
  before[index] = previous < index ? previous : 0;
  setEntry(last, txn, index);
}

/** Whether one of these records of a transaction is before the end of the log. */
function isWritten({ last, types, before }: Places, txn: TxnId, records: readonly string[], end: number): boolean {
  for (let place = entryOf(last, txn) ?? 0; place > 0; place = before[place] as number) {
    if (place < end && records.includes(types[place] as string)) return true;
  }
  return false;
}

/** Everybody knows the outcome: what is answered to late questions binds nobody. */
const isOver = (world: World, node: number, txn: TxnId): boolean =>
  world
    .diskOf(node)
    .cachedLog(WAL)
    .entries.some((entry) => {
      const record = entry as AnyRecord;
      return record.type === 'end' && record.txn === txn;
    });

function tooEarly(type: string, txn: TxnId, records: readonly string[], from: number, world: World): Finding {
  return {
    sentence: `${nameOf(world, from)} sent ${type} ${txn} before its disk said so`,
    facts: [factNow(world, from, `no record of ${txn} on its disk is ${records.join(' or ')}`)],
  };
}

/** Appends, whose values never repeat, can be looked for one by one. What is in doubt is not lost. */
interface Acknowledged {
  readonly steps: { readonly operation: Operation; readonly step: Step }[];
  /** By process: how many of its operations have ended. */
  readonly ended: Map<string, number>;
}

export const durable: Property = always<Acknowledged>({
  name: 'DUR',
  title: 'what a client was told is committed is there at the end, or promised on disk',
  oracle: 'internal',
  start: () => ({ steps: [], ended: new Map() }),
  returned({ steps, ended }, operation) {
    const { process, input, outcome } = operation;
    const sequence = (ended.get(process) ?? 0) + 1;
    ended.set(process, sequence);
    if (outcome !== 'ok') return undefined;
    for (const step of stepsOf(input as unknown as ClientOp, { process, sequence })) {
      if (step.f === 'append') steps.push({ operation, step });
    }
    return undefined;
  },
  end({ steps }, world) {
    const stores = storesOf(world);
    for (const { operation, step } of steps) {
      if (!isThere(stores, step)) return isDamagedByHand(world) ? undefined : lost(operation, step, world);
    }
    return undefined;
  },
});

interface StoreSeen {
  readonly values: { readonly [key: string]: unknown };
  readonly promised: readonly Step[];
}

/** Of all participants that are up and between two handlers; where one is not, nothing can be said of its keys. */
function storesOf(world: World): readonly (StoreSeen | undefined)[] {
  return world.nodes.flatMap((_, node) => {
    if (!isParticipant(world, node)) return [];
    const state = world.stateOf(node);
    if (state === undefined) return [undefined];
    const { store, locals } = resourceOf(state);
    const promised = locals.filter(({ phase }) => phase === 'prepared').flatMap(({ writes }) => writes);
    return [{ values: store.values, promised }];
  });
}

function isThere(stores: readonly (StoreSeen | undefined)[], { key, value }: Step): boolean {
  if (stores.includes(undefined)) return true;
  return stores.some(
    (store) =>
      (store?.values[key] as readonly unknown[] | undefined)?.includes(value) === true ||
      store?.promised.some((step) => step.key === key && step.value === value),
  );
}

function lost(operation: Operation, { key, value }: Step, world: World): Finding {
  const client = world.nodes.findIndex((node) => operation.process.startsWith(node));
  return {
    sentence: `${operation.process} was told that ${canonicalText(value)} was appended to ${key}, and it is not there`,
    facts: [
      factAt(
        world,
        operation.returnedEvent ?? 0,
        Math.max(0, client),
        `is told that the append of ${canonicalText(value)} to ${key} is committed`,
      ),
    ],
  };
}
