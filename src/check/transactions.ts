/** Do transactions, as their clients saw them, obey an isolation level? By dependency cycles: what is reported is so. */
import type { Transaction, Workload } from './transaction.ts';
import type { AnomalyName, CycleAnomalyName, DirectAnomaly } from './transactions/anomaly.ts';
import { findCycles, type NodeCycle } from './transactions/cycles.ts';
import type { Dependencies } from './transactions/dependencies.ts';
import type { DuplicateWriteError } from './transactions/elements.ts';
import {
  findComponents,
  type Graph,
  GraphBuilder,
  PROCESS,
  REALTIME,
  RW,
  RW_HALF,
  WR,
  WW,
} from './transactions/graph.ts';
import { impossibleLevels, type Level, weakestOf } from './transactions/levels.ts';
import { listAppendDependencies } from './transactions/list-append.ts';
import { addProcessOrder, addRealtimeOrder } from './transactions/order.ts';
import { type RwRegisterOptions, rwRegisterDependencies } from './transactions/rw-register.ts';
import { findWriteOrder, type OrderLevel, type OrderSuffix } from './transactions/write-orders.ts';

export interface TransactionOptions extends RwRegisterOptions {
  readonly workload: Workload;
  /** The level that `verdict` is about. Default `serializable`. */
  readonly level?: Level;
}

/**
 * `satisfied`: nothing found that the level forbids. `unknown`: nothing found, but nothing could have been: no transaction
 * depends on another. What is found is so; and it is all there is, unless many writes (more than 400 pairs of them) are in
 * an order that neither reads nor the recorder show.
 */
export type TransactionVerdict = 'satisfied' | 'violated' | 'unknown';

export type DependencyKind = 'ww' | 'wr' | 'rw' | 'process' | 'realtime';

export interface DependencyEdge {
  readonly from: number;
  readonly to: number;
  readonly kind: DependencyKind;
}

/** A cycle of dependencies; `sentences[i]` explains `edges[i]`, and each edge ends where the next begins. */
export interface CycleAnomaly {
  readonly name: CycleAnomalyName;
  readonly edges: readonly DependencyEdge[];
  readonly sentences: readonly string[];
}

export interface TransactionsResult {
  readonly verdict: TransactionVerdict;
  readonly level: Level;
  /** Transactions that happened, surely. */
  readonly committed: number;
  /** Names of all anomalies found, by severity of their kind. */
  readonly anomalies: readonly AnomalyName[];
  readonly direct: readonly DirectAnomaly[];
  /** How often each direct anomaly was found; `direct` keeps the first twenty. */
  readonly counts: Readonly<Record<string, number>>;
  readonly cycles: readonly CycleAnomaly[];
  /** Two transactions wrote the same value to a key, so dependencies could not be inferred; what was found stands. */
  readonly duplicate?: DuplicateWriteError;
  /** The weakest levels that cannot hold, and the stronger ones that fall with them. */
  readonly not: readonly Level[];
  readonly alsoNot: readonly Level[];
  /** Data dependencies between transactions, for pictures and tests; process and real-time order are left out. */
  edges(): readonly DependencyEdge[];
  /** Whether edges of these kinds alone form a cycle. */
  hasCycle(kinds: readonly DependencyKind[]): boolean;
}

/**
 * Judges transactions in the order in which their clients called them.
 * @throws DuplicateWriteError when a value is written to a key twice, so that reads do not tell whose it was; unless
 * some transaction contradicts itself: that is reported, and the rest left out.
 */
export function checkTransactions(
  transactions: readonly Transaction[],
  options: TransactionOptions,
): TransactionsResult {
  const builder = new GraphBuilder(transactions.length);
  const infer = options.workload === 'list-append' ? listAppendDependencies : rwRegisterDependencies;
  const dependencies = infer(transactions, builder, options);
  addProcessOrder(transactions, dependencies.committed, builder);
  addRealtimeOrder(transactions, dependencies.committed, builder);
  const graph = builder.build();
  const found = findCycles(graph, transactions.length);
  const known = [...dependencies.directCounts.keys(), ...found.map(({ name }) => name)];
  const unordered = dependencies.duplicate === undefined ? findUnorderable(graph, dependencies, known) : [];
  const names = [...known, ...unordered.map(({ name }) => name)];
  const impossible = impossibleLevels(names);
  const weakest = weakestOf(impossible);
  const level = options.level ?? 'serializable';
  return {
    verdict: impossible.includes(level) ? 'violated' : hasDependency(graph) ? 'satisfied' : 'unknown',
    level,
    committed: dependencies.committed.reduce((sum, one) => sum + one, 0),
    anomalies: names,
    direct: [...dependencies.direct, ...unordered],
    counts: {
      ...Object.fromEntries(dependencies.directCounts),
      ...Object.fromEntries(unordered.map(({ name }) => [name, 1])),
    },
    cycles: found.map(({ name, cycle }) => explainCycle(name, cycle, dependencies)),
    ...(dependencies.duplicate === undefined ? {} : { duplicate: dependencies.duplicate }),
    not: weakest,
    alsoNot: impossible.filter((one) => !weakest.includes(one)),
    edges: () => listEdges(graph, transactions.length),
    hasCycle: (kinds) => hasCycleOf(graph, kinds),
  };
}

const ORDER_QUESTIONS: readonly { readonly order: OrderLevel; readonly suffix: OrderSuffix; readonly level: Level }[] =
  [
    { order: 'snapshot-isolation', suffix: '', level: 'snapshot-isolation' },
    { order: 'serializable', suffix: '', level: 'serializable' },
    { order: 'snapshot-isolation', suffix: '-process', level: 'strong-session-snapshot-isolation' },
    { order: 'serializable', suffix: '-process', level: 'strong-session-serializable' },
    { order: 'snapshot-isolation', suffix: '-realtime', level: 'strong-snapshot-isolation' },
    { order: 'serializable', suffix: '-realtime', level: 'strong-serializable' },
  ];

/** More than this are not tried. */
const UNORDERED_PAIRS_MAX = 400;

/** Levels that no order of the writes could satisfy whose order nothing shows; only asked where nothing else rules them out. */
function findUnorderable(
  graph: Graph,
  dependencies: Omit<Dependencies, 'graph'>,
  known: readonly AnomalyName[],
): readonly DirectAnomaly[] {
  const pairs = dependencies.unorderedPairs(UNORDERED_PAIRS_MAX);
  if (pairs === undefined || pairs.length === 0) return [];
  const found: DirectAnomaly[] = [];
  for (const { order, suffix, level } of ORDER_QUESTIONS) {
    if (impossibleLevels([...known, ...found.map(({ name }) => name)]).includes(level)) continue;
    const answer = findWriteOrder(graph, pairs, order, suffix);
    if (answer.answer !== 'impossible') continue;
    const { key, first, second } = answer.pair;
    const sentence = `T${first} and T${second} both wrote ${key}: whichever came first, what was read is not ${level}`;
    found.push({ name: `no-order-${order}${suffix}`, transactions: [first, second], key, sentence });
  }
  return found;
}

const KIND_NAMES: ReadonlyMap<number, DependencyKind> = new Map([
  [WW, 'ww'],
  [WR, 'wr'],
  [RW, 'rw'],
  [PROCESS, 'process'],
  [REALTIME, 'realtime'],
]);

function hasDependency(graph: Graph): boolean {
  return graph.kind.some((kind) => (kind & (WW | WR | RW)) !== 0);
}

/** Begins with the first of its transactions. Leaves out the helpers: a chain of real-time steps is one edge, and so are the two halves of an anti-dependency. */
function explainCycle(
  name: CycleAnomalyName,
  cycle: NodeCycle,
  { transactions, explain }: Omit<Dependencies, 'graph'>,
): CycleAnomaly {
  const first = cycle.nodes.indexOf(cycle.nodes.reduce((least, node) => Math.min(least, node)));
  const edges: DependencyEdge[] = [];
  let from = cycle.nodes[first] as number;
  for (let step = 0; step < cycle.nodes.length; step++) {
    const at = (first + step) % cycle.nodes.length;
    const to = cycle.nodes[(at + 1) % cycle.nodes.length] as number;
    if (to >= transactions) continue;
    edges.push({ from, to, kind: KIND_NAMES.get(cycle.kinds[at] as number) as DependencyKind });
    from = to;
  }
  const sentences = edges.map((edge) => {
    if (edge.kind === 'process') return `T${edge.from} came before T${edge.to} in the same process`;
    if (edge.kind === 'realtime') return `T${edge.from} had completed before T${edge.to} was called`;
    return explain(edge.from, edge.to, edge.kind);
  });
  return { name, edges, sentences };
}

function listEdges(graph: Graph, transactions: number): readonly DependencyEdge[] {
  const edges: DependencyEdge[] = [];
  for (let from = 0; from < transactions; from++) {
    forEachEdge(graph, from, (to, kind) => {
      if (kind === RW_HALF) for (const end of fanEnds(graph, to)) edges.push({ from, to: end, kind: 'rw' });
      else if ((kind & (WW | WR | RW)) !== 0) edges.push({ from, to, kind: KIND_NAMES.get(kind) as DependencyKind });
    });
  }
  return edges;
}

function forEachEdge(graph: Graph, node: number, visit: (to: number, kind: number) => void): void {
  for (let edge = graph.start[node] as number; edge < (graph.start[node + 1] as number); edge++) {
    visit(graph.target[edge] as number, graph.kind[edge] as number);
  }
}

/** The writers at the ends of a fan of anti-dependencies. */
function fanEnds(graph: Graph, helper: number): readonly number[] {
  const ends: number[] = [];
  for (let next: number | undefined = helper; next !== undefined; ) {
    let following: number | undefined;
    forEachEdge(graph, next, (to, kind) => {
      if (kind === RW) ends.push(to);
      else following = to;
    });
    next = following;
  }
  return ends;
}

function hasCycleOf(graph: Graph, kinds: readonly DependencyKind[]): boolean {
  const bits: Readonly<Record<DependencyKind, number>> = {
    ww: WW,
    wr: WR,
    rw: RW | RW_HALF,
    process: PROCESS,
    realtime: REALTIME,
  };
  const mask = kinds.reduce((sum, kind) => sum | bits[kind], 0);
  return findComponents(graph, mask).size.some((members) => members > 1);
}
