/** Lists that are appended to: reads show the order of versions, and with it every dependency. */
import type { Json } from '../../sim/plain.ts';
import type { Transaction } from '../transaction.ts';
import type { Dependencies } from './dependencies.ts';
import { NOBODY } from './elements.ts';
import { type GraphBuilder, RW, RwFan, WR, WW } from './graph.ts';
import { reportRead } from './list-read-anomalies.ts';
import {
  type ExternalRead,
  type ListAppendOptions,
  ListVersions,
  show,
  startsWith,
  type VersionOrder,
} from './list-versions.ts';
import { explainListDependency } from './list-words.ts';
import type { UnorderedPair } from './write-orders.ts';

/** @throws DuplicateWriteError when an element is appended to a key twice, and no transaction contradicts itself. */
export function listAppendDependencies(
  transactions: readonly Transaction[],
  builder: GraphBuilder,
  options: ListAppendOptions = {},
): Omit<Dependencies, 'graph'> {
  const history = new ListVersions(transactions, options);
  const { duplicate } = history.writes;
  const edges = new EdgeWriter(history, builder);
  if (duplicate === undefined) {
    edges.write();
    findLostUpdates(history);
  } else if (history.anomalies.kept.length === 0) throw duplicate;
  return {
    transactions: transactions.length,
    duplicate,
    committed: history.committed,
    direct: history.anomalies.kept,
    directCounts: history.anomalies.counts,
    unorderedPairs: (most) => edges.unorderedPairs(most),
    explain: (from, to, kind) => explainListDependency(history, from, to, kind),
  };
}

class EdgeWriter {
  readonly #history: ListVersions;
  readonly #graph: GraphBuilder;
  /** Per key: committed transactions with an append that nobody saw. It comes after all that were seen. */
  readonly #unseen: readonly (readonly number[] | undefined)[];

  constructor(history: ListVersions, graph: GraphBuilder) {
    this.#history = history;
    this.#graph = graph;
    this.#unseen = this.#unseenWriters();
  }

  write(): void {
    this.#addWriteEdges();
    this.#addReadEdges();
  }

  /** Appends that nobody saw, of one key: all come last, in an order of their own. */
  unorderedPairs(most: number): readonly UnorderedPair[] | undefined {
    const pairs: UnorderedPair[] = [];
    for (const [id, writers] of this.#unseen.entries()) {
      const key = this.#history.name(id);
      for (const [place, second] of (writers ?? []).entries()) {
        if (pairs.length + place > most) return undefined;
        for (const first of (writers ?? []).slice(0, place)) {
          pairs.push({ key, first, second, readersOfFirst: [], readersOfSecond: [] });
        }
      }
    }
    return pairs;
  }

  #addWriteEdges(): void {
    for (const [key, order] of this.#history.orders.entries()) {
      let before = NOBODY;
      for (const write of order.writes) {
        if (write === NOBODY) continue;
        if (this.#history.isCommitted(write)) {
          const writer = this.#history.writes.transactionOf[write] as number;
          if (before !== NOBODY && before !== writer) this.#graph.addEdge(before, writer, WW);
          before = writer;
        }
      }
      if (order.firstAborted < order.longest.length) reportDirtyUpdates(this.#history, key, order);
      for (const writer of this.#unseen[key] ?? []) {
        if (before !== NOBODY && before !== writer) this.#graph.addEdge(before, writer, WW);
      }
    }
  }

  #unseenWriters(): (number[] | undefined)[] {
    const unseen: (number[] | undefined)[] = [];
    for (let write = 0; write < this.#history.placeOf.length; write++) {
      if ((this.#history.placeOf[write] as number) >= 0 || !this.#history.isCommitted(write)) continue;
      const key = this.#history.writes.keyOf[write] as number;
      const writer = this.#history.writes.transactionOf[write] as number;
      const writers = unseen[key];
      if (writers === undefined) unseen[key] = [writer];
      else if (writers.at(-1) !== writer) writers.push(writer);
    }
    return unseen;
  }

  #addReadEdges(): void {
    const fans: (RwFan | undefined)[] = [];
    for (const read of this.#history.reads) {
      const { transaction, key, list, own } = read;
      const order = this.#history.orders[key] as VersionOrder;
      const external = list.length - own;
      const isPrefix = startsWith(order.longest, list);
      reportRead(this.#history, read, order, isPrefix);
      this.#addReadDependency(read, external);
      if (!isPrefix) continue;
      const place = order.covered[external] as number;
      const next = order.nextCommitted[place] as number;
      if (next < order.writes.length) {
        const writer = this.#history.writes.transactionOf[order.writes[next] as number] as number;
        if (writer !== transaction) this.#graph.addEdge(transaction, writer, RW);
        continue;
      }
      const unseen = this.#unseen[key];
      if (unseen === undefined || (unseen.length === 1 && unseen[0] === transaction)) continue;
      if (unseen.length === 1) this.#graph.addEdge(transaction, unseen[0] as number, RW);
      else {
        fans[key] ??= new RwFan(this.#graph, unseen);
        fans[key].connect(transaction);
      }
    }
  }

  /** The reader depends on whoever wrote the last element that is not its own. */
  #addReadDependency({ transaction, key, list }: ExternalRead, external: number): void {
    if (external === 0) return;
    const last = list[external - 1] as Json;
    const write = this.#history.writes.find(key, last);
    if (write === NOBODY || !this.#history.isCommitted(write)) return;
    const writer = this.#history.writes.transactionOf[write] as number;
    if (writer !== transaction) this.#graph.addEdge(writer, transaction, WR);
  }
}

function reportDirtyUpdates(history: ListVersions, key: number, order: VersionOrder): void {
  let aborted = NOBODY;
  for (const write of order.writes) {
    if (write === NOBODY) continue;
    if (history.isAborted(write)) aborted = write;
    else if (aborted !== NOBODY && history.isCommitted(write)) {
      const [lost, kept] = [aborted, write];
      const transactions = [history.writes.transactionOf[lost] as number, history.writes.transactionOf[kept] as number];
      const value = history.writes.valueOf[kept] as Json;
      history.anomalies.add({ name: 'dirty-update', transactions, key: history.name(key), value }, () => {
        const base = `the ${show(history.writes.valueOf[lost] as Json)} of aborted T${transactions[0]}`;
        return `T${transactions[1]} appended ${show(value)} to ${history.name(key)} on top of ${base}`;
      });
      aborted = NOBODY;
    }
  }
}

/** Two transactions that read the same version of a key and both append to it: one did not see the other. */
function findLostUpdates(history: ListVersions): void {
  const firstReader = new Map<number, Map<number, number>>();
  for (const { transaction, key, list, own, appends } of history.reads) {
    if (!appends) continue;
    if (!startsWith((history.orders[key] as VersionOrder).longest, list)) continue;
    let byVersion = firstReader.get(key);
    if (byVersion === undefined) {
      byVersion = new Map();
      firstReader.set(key, byVersion);
    }
    const version = list.length - own;
    const other = byVersion.get(version);
    if (other === undefined) byVersion.set(version, transaction);
    else {
      const transactions = [other, transaction];
      history.anomalies.add({ name: 'lost-update', transactions, key: history.name(key) }, () => {
        const both = `T${other} and T${transaction} both read ${show(list.slice(0, version))}`;
        return `${both} from ${history.name(key)} and both appended to it`;
      });
    }
  }
}
