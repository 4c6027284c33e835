/**
 * Registers that are overwritten: a read shows a version, not what came before it. The order of versions is what the
 * recorder knows, else what can be inferred: initial values come first, a write follows what its transaction had read.
 */
import type { Json } from '../../sim/plain.ts';
import type { InitialValues, Transaction } from '../transaction.ts';
import { AnomalyList } from './anomaly.ts';
import type { Dependencies } from './dependencies.ts';
import { NOBODY, sameElement, Writes } from './elements.ts';
import { type GraphBuilder, RwFan, WR, WW } from './graph.ts';
import { VersionGraph } from './version-graph.ts';
import type { UnorderedPair } from './write-orders.ts';

export interface RwRegisterOptions {
  readonly initial?: InitialValues;
  /** Every version of a key in the order in which it was installed, where the recorder knows it. Exact. */
  readonly versionOrders?: InitialValues;
  /** Indices of transactions in the order in which they committed, where the recorder knows it. Exact. */
  readonly commitOrder?: readonly number[];
  /** A write comes after the version that its transaction read from the same key. Default true. */
  readonly writesFollowReads?: boolean;
  /** Assume that every key by itself follows real-time order. Default false. */
  readonly linearizableKeys?: boolean;
  /** Assume that every key by itself follows the order of each process. Default false. */
  readonly sequentialKeys?: boolean;
}

interface ExternalRead {
  readonly transaction: number;
  readonly key: number;
  readonly value: Json;
  /** The write that was seen; NOBODY for the initial value and for garbage. */
  readonly write: number;
  /** The version that was seen: the write, or a number of its own for the initial value and for garbage. */
  readonly version: number;
}

/** What a transaction did to one key: the version it found, and the one it left. Versions that are writes have their number. */
interface Visit {
  readonly transaction: number;
  readonly first: number;
  readonly last: number;
}

/** @throws DuplicateWriteError when a value is written to a key twice, and no transaction contradicts itself. */
export function rwRegisterDependencies(
  transactions: readonly Transaction[],
  builder: GraphBuilder,
  options: RwRegisterOptions = {},
): Omit<Dependencies, 'graph'> {
  return new RwRegister(transactions, builder, options).result();
}

class RwRegister {
  readonly #transactions: readonly Transaction[];
  readonly #graph: GraphBuilder;
  readonly #options: RwRegisterOptions;
  readonly #writes: Writes;
  readonly #initial: (Json | undefined)[] = [];
  readonly #anomalies = new AnomalyList();
  readonly #reads: ExternalRead[] = [];
  readonly #committed: Uint8Array;
  /** Per write: the transactions that read it. */
  readonly #readersOf: (number[] | undefined)[] = [];
  /** Per key: the transactions that read its initial value. */
  readonly #initialReaders: (number[] | undefined)[] = [];
  readonly #garbage = new Map<string, number>();
  readonly #garbageValues: Json[] = [];
  readonly #versions = new VersionGraph();

  constructor(transactions: readonly Transaction[], builder: GraphBuilder, options: RwRegisterOptions) {
    this.#transactions = transactions;
    this.#graph = builder;
    this.#options = options;
    this.#writes = new Writes(transactions);
    for (const [key, value] of options.initial ?? []) {
      this.#writes.noteInitial(key, value);
      this.#initial[this.#writes.keyId(key)] = value;
    }
    this.#committed = new Uint8Array(transactions.length);
  }

  result(): Omit<Dependencies, 'graph'> {
    this.#collectReads();
    if (this.#writes.duplicate !== undefined) {
      if (this.#anomalies.kept.length === 0) throw this.#writes.duplicate;
      return this.#found();
    }
    this.#markCommitted();
    for (const read of this.#reads) this.#reportRead(read);
    this.#addReadEdges();
    const finals = this.#finalWrites();
    this.#inferOrders(finals);
    for (let key = 0; key < this.#writes.keys.length; key++) {
      this.#addInitialEdges(key, finals[key] ?? []);
      if (!this.#reportCyclicVersions(key, finals[key] ?? [])) this.#addVersionEdges(key);
    }
    this.#findLostUpdates();
    return this.#found();
  }

  #found(): Omit<Dependencies, 'graph'> {
    return {
      transactions: this.#transactions.length,
      duplicate: this.#writes.duplicate,
      committed: this.#committed,
      direct: this.#anomalies.kept,
      directCounts: this.#anomalies.counts,
      unorderedPairs: (most) => this.#unorderedPairs(most),
      explain: (from, to, kind) => this.#explain(from, to, kind),
    };
  }

  // Reads, one transaction at a time.

  #collectReads(): void {
    const touched: number[] = [];
    const known: Json[] = [];
    for (const [transaction, { outcome, ops }] of this.#transactions.entries()) {
      if (outcome !== 'ok') continue;
      for (const [f, name, value] of ops) {
        const key = this.#writes.keyId(name);
        const isFirst = touched[key] !== transaction;
        if (f === 'r' && isFirst) this.#noteRead(transaction, key, value ?? null);
        else if (f === 'r' && !sameElement(known[key], value ?? null)) {
          const [before, now] = [known[key] as Json, value ?? null];
          this.#anomalies.add({ name: 'internal', transactions: [transaction], key: name, value: now }, () => {
            return `T${transaction} read ${show(now)} from ${name}, where it had just read or written ${show(before)}`;
          });
        }
        touched[key] = transaction;
        known[key] = value ?? null;
      }
    }
  }

  #noteRead(transaction: number, key: number, value: Json): void {
    const isInitial = sameElement(value, this.#initialValue(key));
    const write = isInitial ? NOBODY : this.#writes.find(key, value);
    const version = isInitial ? initialVersion(key) : write === NOBODY ? this.#garbageVersion(key, value) : write;
    this.#reads.push({ transaction, key, value, write, version });
    if (isInitial) pushTo(this.#initialReaders, key, transaction);
    else if (write !== NOBODY) pushTo(this.#readersOf, write, transaction);
  }

  #garbageVersion(key: number, value: Json): number {
    const name = JSON.stringify([key, value]);
    const known = this.#garbage.get(name);
    if (known !== undefined) return known;
    const version = this.#writes.transactionOf.length + this.#garbage.size;
    this.#garbage.set(name, version);
    this.#garbageValues.push(value);
    return version;
  }

  #valueOf(version: number, key: number): Json {
    if (version < 0) return this.#initialValue(key);
    const garbage = version - this.#writes.transactionOf.length;
    return (garbage < 0 ? this.#writes.valueOf[version] : this.#garbageValues[garbage]) as Json;
  }

  #initialValue(key: number): Json {
    return this.#initial[key] ?? null;
  }

  #markCommitted(): void {
    for (const [transaction, { outcome }] of this.#transactions.entries()) {
      if (outcome === 'ok') this.#committed[transaction] = 1;
    }
    const seen = (write: number): void => {
      const writer = this.#writes.transactionOf[write];
      if (writer !== undefined && this.#transactions[writer]?.outcome === 'unknown') this.#committed[writer] = 1;
    };
    for (const { write } of this.#reads) seen(write);
    // What the recorder saw installed has happened too.
    for (const [name, values] of this.#options.versionOrders ?? []) {
      const key = this.#writes.keyId(name);
      for (const value of values as readonly Json[]) seen(this.#writes.find(key, value));
    }
    for (const transaction of this.#options.commitOrder ?? []) {
      if (this.#transactions[transaction]?.outcome === 'unknown') this.#committed[transaction] = 1;
    }
  }

  #reportRead({ transaction, key, value, write }: ExternalRead): void {
    const name = this.#writes.keys[key] as string | number;
    const seen = `T${transaction} read ${show(value)} from ${name}`;
    if (write === NOBODY) {
      if (sameElement(value, this.#initialValue(key))) return;
      this.#anomalies.add({ name: 'garbage-read', transactions: [transaction], key: name, value }, () => {
        return `${seen}, which nobody wrote`;
      });
      return;
    }
    const writer = this.#writes.transactionOf[write] as number;
    const transactions = [transaction, writer];
    if (writer === transaction) {
      this.#anomalies.add({ name: 'future-read', transactions: [transaction], key: name, value }, () => {
        return `${seen}, which it wrote only later`;
      });
    } else if (this.#transactions[writer]?.outcome === 'fail') {
      this.#anomalies.add({ name: 'G1a', transactions, key: name, value }, () => {
        return `${seen}, written by T${writer}, which aborted`;
      });
    } else if (this.#writes.isOverwritten[write] === 1) {
      this.#anomalies.add({ name: 'G1b', transactions, key: name, value }, () => {
        return `${seen}, which T${writer} itself overwrote`;
      });
    }
  }

  #addReadEdges(): void {
    for (const { transaction, write } of this.#reads) {
      if (write === NOBODY) continue;
      const writer = this.#writes.transactionOf[write] as number;
      if (writer !== transaction && this.#committed[writer] === 1) this.#graph.addEdge(writer, transaction, WR);
    }
  }

  // The order of versions.

  /** Per key: what committed transactions left there, in order of the input. */
  #finalWrites(): (number[] | undefined)[] {
    const finals: (number[] | undefined)[] = [];
    for (const [write, transaction] of this.#writes.transactionOf.entries()) {
      if (this.#committed[transaction] === 0 || this.#writes.isOverwritten[write] === 1) continue;
      pushTo(finals, this.#writes.keyOf[write] as number, write);
    }
    return finals;
  }

  #inferOrders(finals: readonly (readonly number[] | undefined)[]): void {
    const { versionOrders, commitOrder, linearizableKeys, sequentialKeys, writesFollowReads } = this.#options;
    const ordered = new Set<number>();
    for (const [name, values] of versionOrders ?? []) {
      const key = this.#writes.keyId(name);
      ordered.add(key);
      this.#orderChain(
        key,
        (values as readonly Json[]).map((value) => this.#writes.find(key, value)),
      );
    }
    if (commitOrder !== undefined) {
      const rank = new Map(commitOrder.map((transaction, place) => [transaction, place]));
      for (const [key, writes] of finals.entries()) {
        if (writes === undefined || ordered.has(key)) continue;
        ordered.add(key);
        this.#orderChain(key, this.#byRank(writes, rank));
      }
    }
    if (writesFollowReads !== false) this.#orderWritesAfterReads(ordered);
    if (linearizableKeys || sequentialKeys) this.#orderVisits(ordered, linearizableKeys ?? false);
  }

  #byRank(writes: readonly number[], rank: ReadonlyMap<number, number>): readonly number[] {
    const rankOf = (write: number): number | undefined => rank.get(this.#writes.transactionOf[write] as number);
    return writes
      .filter((write) => rankOf(write) !== undefined)
      .sort((left, right) => (rankOf(left) as number) - (rankOf(right) as number));
  }

  #orderChain(key: number, writes: readonly number[]): void {
    this.#versions.orderChain(
      key,
      writes.filter((write) => this.#isCommitted(write)),
    );
  }

  #orderWritesAfterReads(ordered: ReadonlySet<number>): void {
    for (const { transaction, key, write } of this.#reads) {
      if (write === NOBODY || ordered.has(key) || !this.#isCommitted(write)) continue;
      const own = this.#finalWriteOf(transaction, key);
      if (own !== undefined && own !== write) this.#versions.order(key, write, own);
    }
  }

  #finalWriteOf(transaction: number, key: number): number | undefined {
    return this.#writes
      .of(transaction)
      .find((write) => this.#writes.keyOf[write] === key && this.#writes.isOverwritten[write] === 0);
  }

  /** Assumed order of each key by itself: visits that follow each other in real time, or in one process. */
  #orderVisits(ordered: ReadonlySet<number>, realtime: boolean): void {
    for (const [key, visits] of this.#visits().entries()) {
      if (visits === undefined || ordered.has(key)) continue;
      if (realtime) this.#orderByTime(key, visits);
      else this.#orderByProcess(key, visits);
    }
  }

  #visits(): (Visit[] | undefined)[] {
    const visits: (Visit[] | undefined)[] = [];
    const visited = new Set<number>();
    const keys = this.#writes.keys.length;
    for (const { transaction, key, version } of this.#reads) {
      visited.add(transaction * keys + key);
      const last = this.#finalWriteOf(transaction, key) ?? version;
      pushTo(visits, key, { transaction, first: version, last });
    }
    for (const [write, transaction] of this.#writes.transactionOf.entries()) {
      const key = this.#writes.keyOf[write] as number;
      if (this.#committed[transaction] === 0 || this.#writes.isOverwritten[write] === 1) continue;
      if (!visited.has(transaction * keys + key)) pushTo(visits, key, { transaction, first: write, last: write });
    }
    return visits;
  }

  #orderByTime(key: number, visits: readonly Visit[]): void {
    const time = (visit: Visit, end: 'called' | 'returned'): number =>
      this.#transactions[visit.transaction]?.[end] ?? Number.POSITIVE_INFINITY;
    const byCall = visits
      .filter((visit) => time(visit, 'called') !== Number.POSITIVE_INFINITY)
      .sort((left, right) => time(left, 'called') - time(right, 'called'));
    // Completed before this call, and not superseded by another completed one.
    let frontier: Visit[] = [];
    const open: Visit[] = [];
    for (const visit of byCall) {
      const called = time(visit, 'called');
      open.sort((left, right) => time(left, 'returned') - time(right, 'returned'));
      while (open.length > 0 && time(open[0] as Visit, 'returned') < called) {
        const done = open.shift() as Visit;
        frontier = frontier.filter((earlier) => time(earlier, 'returned') >= time(done, 'called'));
        frontier.push(done);
      }
      for (const earlier of frontier) this.#versions.order(key, earlier.last, visit.first);
      if (this.#transactions[visit.transaction]?.outcome === 'ok') open.push(visit);
    }
  }

  #orderByProcess(key: number, visits: readonly Visit[]): void {
    const latest = new Map<string, Visit>();
    const sorted = visits.slice().sort((left, right) => left.transaction - right.transaction);
    for (const visit of sorted) {
      const { process, called } = this.#transactions[visit.transaction] as Transaction;
      if (called === undefined) continue;
      const before = latest.get(process);
      if (before !== undefined) this.#versions.order(key, before.last, visit.first);
      latest.set(process, visit);
    }
  }

  /** False also for versions that nobody wrote. */
  #isCommitted(version: number): boolean {
    return version >= 0 && this.#committed[this.#writes.transactionOf[version] ?? -1] === 1;
  }

  // Edges from the order of versions.

  /** Whoever saw the initial value came before all who wrote. */
  #addInitialEdges(key: number, finals: readonly number[]): void {
    const readers = this.#initialReaders[key];
    if (readers === undefined || finals.length === 0) return;
    const fan = new RwFan(
      this.#graph,
      finals.map((write) => this.#writes.transactionOf[write] as number),
    );
    for (const reader of readers) fan.connect(reader);
  }

  #reportCyclicVersions(key: number, finals: readonly number[]): boolean {
    if (this.#versions.hasEarlier(key, initialVersion(key))) {
      for (const write of finals) this.#versions.order(key, initialVersion(key), write);
    }
    const members = this.#versions.cycle(key);
    if (members === undefined) return false;
    const values = members.map((version) => this.#valueOf(version, key));
    const transactions = members.flatMap((version) => this.#writes.transactionOf[version] ?? []);
    const name = this.#writes.keys[key] as string | number;
    this.#anomalies.add({ name: 'cyclic-versions', transactions, key: name, value: values }, () => {
      return `the versions ${show(values)} of ${name} each come before the other`;
    });
    return true;
  }

  #addVersionEdges(key: number): void {
    for (const [before, later] of this.#versions.of(key)) {
      const writer = this.#writes.transactionOf[before];
      const writers = [...later]
        .filter((write) => this.#isCommitted(write))
        .map((write) => this.#writes.transactionOf[write] as number);
      if (writer !== undefined && this.#isCommitted(before)) {
        for (const after of writers) if (after !== writer) this.#graph.addEdge(writer, after, WW);
      }
      const fan = new RwFan(this.#graph, writers);
      for (const reader of this.#readersOf[before] ?? []) fan.connect(reader);
    }
  }

  #unorderedPairs(most: number): readonly UnorderedPair[] | undefined {
    const pairs: UnorderedPair[] = [];
    for (const [id, writes] of this.#finalWrites().entries()) {
      if (writes === undefined || this.#versions.isChain(id, writes)) continue;
      const key = this.#writes.keys[id] as string | number;
      for (const [place, second] of writes.entries()) {
        if (pairs.length + place > most) return undefined;
        for (const first of writes.slice(0, place)) {
          pairs.push({
            key,
            first: this.#writes.transactionOf[first] as number,
            second: this.#writes.transactionOf[second] as number,
            readersOfFirst: this.#readersOf[first] ?? [],
            readersOfSecond: this.#readersOf[second] ?? [],
          });
        }
      }
    }
    return pairs;
  }

  /** Two transactions that read the same version of a key and both overwrite it: one did not see the other. */
  #findLostUpdates(): void {
    const firstReader = new Map<string, number>();
    for (const { transaction, key, value, write } of this.#reads) {
      if (write === NOBODY && !sameElement(value, this.#initialValue(key))) continue;
      if (this.#finalWriteOf(transaction, key) === undefined) continue;
      const version = `${key} ${write}`;
      const other = firstReader.get(version);
      if (other === undefined) firstReader.set(version, transaction);
      else {
        const name = this.#writes.keys[key] as string | number;
        this.#anomalies.add({ name: 'lost-update', transactions: [other, transaction], key: name, value }, () => {
          return `T${other} and T${transaction} both read ${show(value)} from ${name} and both overwrote it`;
        });
      }
    }
  }

  // Words.

  #explain(from: number, to: number, kind: 'ww' | 'wr' | 'rw'): string {
    if (kind === 'wr') {
      const read = this.#readsOf(to).find(
        ({ write }) => write !== NOBODY && this.#writes.transactionOf[write] === from,
      );
      if (read !== undefined) return `T${from} wrote ${this.#cell(read.key, read.value)}, which T${to} read`;
    }
    for (const write of this.#writes.of(to)) {
      const key = this.#writes.keyOf[write] as number;
      const written = this.#cell(key, this.#writes.valueOf[write] as Json);
      if (kind === 'ww') {
        const before = this.#writes.of(from).find((other) => this.#versions.comesBefore(key, other, write));
        const earlier = before === undefined ? undefined : show(this.#writes.valueOf[before] as Json);
        if (earlier !== undefined) return `T${to} wrote ${written} over the ${earlier} of T${from}, or later`;
      } else {
        const read = this.#readsOf(from).find((other) => other.key === key && this.#precedes(other, write));
        if (read !== undefined) return `T${from} read ${this.#cell(key, read.value)}, before T${to} wrote ${written}`;
      }
    }
    return `T${from} comes before T${to} (${kind})`;
  }

  #precedes(read: ExternalRead, write: number): boolean {
    if (read.write === write) return false;
    return read.write === NOBODY || this.#versions.comesBefore(read.key, read.write, write);
  }

  #cell(key: number, value: Json): string {
    return `${this.#writes.keys[key]} = ${show(value)}`;
  }

  #readsOf(transaction: number): readonly ExternalRead[] {
    return this.#reads.filter((read) => read.transaction === transaction);
  }
}

/** A version of its own for what a key holds at first. */
function initialVersion(key: number): number {
  return NOBODY - 1 - key;
}

function pushTo<T>(lists: (T[] | undefined)[], at: number, item: T): void {
  const list = lists[at];
  if (list === undefined) lists[at] = [item];
  else list.push(item);
}

function show(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 40)}...${text.slice(-12)}` : text;
}
