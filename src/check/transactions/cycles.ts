/** Cycles in a graph of transactions, sorted by what they mean, each shown by a short one. Everything here is linear or nearly so. */
import type { CycleAnomalyName, CycleKind } from './anomaly.ts';
import {
  type Components,
  DATA_EDGES,
  findComponents,
  type Graph,
  PROCESS,
  REALTIME,
  RW,
  RW_HALF,
  WR,
  WW,
} from './graph.ts';

/** Transactions and helpers along a cycle; `kinds[i]` is the edge from `nodes[i]` to the next, the last back to the first. */
export interface NodeCycle {
  readonly nodes: readonly number[];
  readonly kinds: readonly number[];
}

export interface FoundCycle {
  readonly name: CycleAnomalyName;
  readonly cycle: NodeCycle;
}

const SUFFIXES: readonly { readonly suffix: '' | '-process' | '-realtime'; readonly kinds: number }[] = [
  { suffix: '', kinds: 0 },
  { suffix: '-process', kinds: PROCESS },
  { suffix: '-realtime', kinds: REALTIME },
];

/**
 * One cycle for each name there is. A cycle is named by the weakest order it needs: with process order only what is not
 * there without, with real-time order only what is not there with process order. Nodes from `transactions` on are helpers.
 */
export function findCycles(graph: Graph, transactions: number): readonly FoundCycle[] {
  const all = findComponents(graph, DATA_EDGES | PROCESS | REALTIME);
  if (!all.size.some((members) => members > 1)) return [];
  const core = restrict(graph, all, transactions);
  const found: FoundCycle[] = [];
  const named = new Set<CycleKind>();
  for (const { suffix, kinds } of SUFFIXES) {
    for (const { kind, cycle } of classify(core, kinds, named)) {
      named.add(kind);
      const nodes = cycle.nodes.map((node) => core.original[node] as number);
      found.push({ name: `${kind}${suffix}`, cycle: { nodes, kinds: cycle.kinds } });
    }
  }
  return found;
}

/** The part of a graph that lies on cycles. Helpers, which cost no step of a cycle, are the nodes from `helpersFrom` on. */
interface Core extends Graph {
  readonly helpersFrom: number;
  readonly original: Int32Array;
}

type Searchable = Pick<Core, keyof Graph | 'helpersFrom'>;

function restrict(graph: Graph, { of, size }: Components, transactions: number): Core {
  const place = new Int32Array(graph.nodes).fill(-1);
  const original: number[] = [];
  for (let node = 0; node < graph.nodes; node++) {
    if ((size[of[node] as number] as number) < 2) continue;
    place[node] = original.length;
    original.push(node);
  }
  const start = new Int32Array(original.length + 1);
  const target: number[] = [];
  const kind: number[] = [];
  for (const [at, node] of original.entries()) {
    for (let edge = graph.start[node] as number; edge < (graph.start[node + 1] as number); edge++) {
      const to = graph.target[edge] as number;
      if (of[to] !== of[node]) continue;
      target.push(place[to] as number);
      kind.push(graph.kind[edge] as number);
    }
    start[at + 1] = target.length;
  }
  return {
    nodes: original.length,
    start,
    target: Int32Array.from(target),
    kind: Uint8Array.from(kind),
    helpersFrom: original.filter((node) => node < transactions).length,
    original: Int32Array.from(original),
  };
}

interface Classified {
  readonly kind: CycleKind;
  readonly cycle: NodeCycle;
}

/** What each kind implies, itself included: once a kind is named, weaker names with more order say nothing new. */
const IMPLIED: Readonly<Record<CycleKind, readonly CycleKind[]>> = {
  G0: ['G0', 'G1c'],
  G1c: ['G1c'],
  'G-single-item': ['G-single-item', 'G-nonadjacent-item', 'G2-item'],
  'G-nonadjacent-item': ['G-nonadjacent-item', 'G2-item'],
  'G2-item': ['G2-item'],
};

function classify(graph: Searchable, order: number, named: ReadonlySet<CycleKind>): readonly Classified[] {
  const found: Classified[] = [];
  const wanted = (kind: CycleKind): boolean => ![...named].some((other) => IMPLIED[other].includes(kind));
  const add = (kind: CycleKind, cycle: NodeCycle | undefined): void => {
    if (cycle !== undefined) found.push({ kind, cycle });
  };
  if (wanted('G0')) add('G0', cycleThrough(graph, WW, WW | order));
  if (wanted('G1c')) add('G1c', cycleThrough(graph, WR, WW | WR | order));
  const everything = findComponents(graph, DATA_EDGES | order);
  if (!hasEdgeInside(graph, everything, RW)) return found;
  if (wanted('G-single-item') || wanted('G-nonadjacent-item')) {
    // Linear, and it usually says that there is neither.
    const nonadjacent = nonadjacentCycle(graph, order);
    const single = nonadjacent !== undefined && wanted('G-single-item') ? singleRwCycle(graph, order) : undefined;
    if (single !== undefined) add('G-single-item', single);
    else if (wanted('G-nonadjacent-item')) add('G-nonadjacent-item', nonadjacent);
  }
  if (wanted('G2-item')) add('G2-item', adjacentCycle(graph, everything, order, found));
  return found;
}

function hasEdgeInside(graph: Graph, { of, size }: Components, kinds: number): boolean {
  for (let node = 0; node < graph.nodes; node++) {
    if ((size[of[node] as number] as number) < 2) continue;
    for (let edge = graph.start[node] as number; edge < (graph.start[node + 1] as number); edge++) {
      if (((graph.kind[edge] as number) & kinds) !== 0 && of[graph.target[edge] as number] === of[node]) return true;
    }
  }
  return false;
}

/** A short cycle of the given kinds with an edge of kind `through`. */
function cycleThrough(graph: Searchable, through: number, kinds: number): NodeCycle | undefined {
  const components = findComponents(graph, kinds);
  const closing = edgesInside(graph, components, through);
  return shortestClosing(graph, closing, kinds);
}

/** Edges as places in the graph's arrays, with their source. */
interface EdgeList {
  readonly from: readonly number[];
  readonly edge: readonly number[];
}

function edgesInside(graph: Graph, { of, size }: Components, kinds: number): EdgeList {
  const from: number[] = [];
  const edges: number[] = [];
  for (let node = 0; node < graph.nodes; node++) {
    if ((size[of[node] as number] as number) < 2) continue;
    for (let edge = graph.start[node] as number; edge < (graph.start[node + 1] as number); edge++) {
      if (((graph.kind[edge] as number) & kinds) === 0 || of[graph.target[edge] as number] !== of[node]) continue;
      from.push(node);
      edges.push(edge);
    }
  }
  return { from, edge: edges };
}

/** Edges followed in all while looking for a shorter cycle: bounds the time, not the verdict. */
const WITNESS_WORK = 5_000_000;

/** Among cycles that consist of one of these edges and a path of the given kinds: a shortest, as far as the work allows. */
function shortestClosing(graph: Searchable, closing: EdgeList, kinds: number): NodeCycle | undefined {
  const paths = new PathFinder(graph, kinds);
  let best: NodeCycle | undefined;
  let bestLength = Number.POSITIVE_INFINITY;
  for (const [at, edge] of closing.edge.entries()) {
    if (best !== undefined && paths.work > WITNESS_WORK) break;
    const from = closing.from[at] as number;
    const to = graph.target[edge] as number;
    const own = to < graph.helpersFrom ? 1 : 0;
    const path = paths.shortest(to, from, bestLength - own - 1);
    if (path === undefined) continue;
    best = { nodes: [from, ...path.nodes.slice(0, -1)], kinds: [graph.kind[edge] as number, ...path.kinds] };
    bestLength = path.length + own;
    if (bestLength === 2) break;
  }
  return best;
}

interface Path {
  readonly nodes: readonly number[];
  readonly kinds: readonly number[];
  /** Transactions after the first. */
  readonly length: number;
}

/** Breadth-first search, many times over one graph. A step to a helper is none: what counts is transactions. */
class PathFinder {
  work = 0;
  readonly #graph: Searchable;
  readonly #kinds: number;
  readonly #seen: Int32Array;
  readonly #cameBy: Int32Array;
  readonly #cameFrom: Int32Array;
  /** Nodes of this distance, and of the next. */
  #level: Int32Array;
  #following: Int32Array;
  #round = 0;

  constructor(graph: Searchable, kinds: number) {
    this.#graph = graph;
    this.#kinds = kinds;
    this.#seen = new Int32Array(graph.nodes);
    this.#cameBy = new Int32Array(graph.nodes);
    this.#cameFrom = new Int32Array(graph.nodes);
    this.#level = new Int32Array(graph.nodes);
    this.#following = new Int32Array(graph.nodes);
  }

  /** A shortest path of at most this length; nodes include both ends. */
  shortest(from: number, to: number, limit: number): Path | undefined {
    if (from === to) return { nodes: [from], kinds: [], length: 0 };
    const { start, target, kind, helpersFrom } = this.#graph;
    const round = ++this.#round;
    this.#seen[from] = round;
    this.#level[0] = from;
    let size = 1;
    for (let length = 0; length <= limit && size > 0; length++) {
      let following = 0;
      // Helpers are added to the level while it is walked.
      for (let at = 0; at < size; at++) {
        const node = this.#level[at] as number;
        for (let edge = start[node] as number; edge < (start[node + 1] as number); edge++) {
          this.work++;
          const next = target[edge] as number;
          if (((kind[edge] as number) & this.#kinds) === 0 || this.#seen[next] === round) continue;
          const isHelper = next >= helpersFrom;
          if (!isHelper && length === limit) continue;
          this.#seen[next] = round;
          this.#cameBy[next] = edge;
          this.#cameFrom[next] = node;
          if (next === to) return this.#pathBack(from, to, isHelper ? length : length + 1);
          if (isHelper) this.#level[size++] = next;
          else this.#following[following++] = next;
        }
      }
      [this.#level, this.#following] = [this.#following, this.#level];
      size = following;
    }
    return undefined;
  }

  #pathBack(from: number, to: number, length: number): Path {
    const nodes = [to];
    const kinds: number[] = [];
    for (let node = to; node !== from; node = this.#cameFrom[node] as number) {
      kinds.push(this.#graph.kind[this.#cameBy[node] as number] as number);
      nodes.push(this.#cameFrom[node] as number);
    }
    return { nodes: nodes.reverse(), kinds: kinds.reverse(), length };
  }
}

/** A cycle with exactly one anti-dependency: an rw edge whose end leads back to its start without another. */
function singleRwCycle(graph: Searchable, order: number): NodeCycle | undefined {
  const kinds = WW | WR | RW_HALF | order;
  const closing = closedWithout(graph, kinds);
  return closing === undefined ? undefined : shortestClosing(graph, closing, kinds);
}

/** Words of bits handled at a time: 1,024 starts of rw edges in one sweep over the graph. */
const BLOCK_WORDS = 32;

/** Words combined in all. A graph that takes more has its cycle named G-nonadjacent, which a G-single is too. */
const SINGLE_RW_WORK = 1_000_000_000;

/**
 * The rw edges (of the first block of starts that has any) whose end reaches their start along `kinds`: reachability is
 * spread backwards over components in topological order, a bit for each start.
 */
function closedWithout(graph: Graph, kinds: number): EdgeList | undefined {
  const whole = findComponents(graph, kinds | RW);
  const candidates = edgesInside(graph, whole, RW);
  const components = findComponents(graph, kinds);
  const members = membersInOrder(components);
  const bitOf = new Int32Array(graph.nodes).fill(-1);
  const starts: number[] = [];
  for (const from of candidates.from) {
    if (bitOf[from] !== -1) continue;
    bitOf[from] = starts.length;
    starts.push(from);
  }
  const blockSize = BLOCK_WORDS * 32;
  const reached = new Int32Array(components.count * BLOCK_WORDS);
  const sweepWork = (graph.target.length + graph.nodes) * BLOCK_WORDS;
  for (let block = 0, work = 0; block < starts.length && work < SINGLE_RW_WORK; block += blockSize) {
    work += sweepWork;
    reached.fill(0);
    spread(graph, kinds, components, members, bitOf, block, reached);
    const closing: { from: number[]; edge: number[] } = { from: [], edge: [] };
    for (const [at, from] of candidates.from.entries()) {
      const bit = (bitOf[from] as number) - block;
      if (bit < 0 || bit >= blockSize) continue;
      const edge = candidates.edge[at] as number;
      const end = components.of[graph.target[edge] as number] as number;
      if (((reached[end * BLOCK_WORDS + (bit >>> 5)] as number) & (1 << (bit & 31))) === 0) continue;
      closing.from.push(from);
      closing.edge.push(edge);
    }
    if (closing.from.length > 0) return closing;
  }
  return undefined;
}

/** Nodes sorted by component; components come successors first. */
function membersInOrder({ count, of }: Components): Int32Array {
  const next = new Int32Array(count + 1);
  for (const component of of) next[component + 1] = (next[component + 1] as number) + 1;
  for (let component = 0; component < count; component++) {
    next[component + 1] = (next[component + 1] as number) + (next[component] as number);
  }
  const members = new Int32Array(of.length);
  for (const [node, component] of of.entries()) {
    const at = next[component] as number;
    next[component] = at + 1;
    members[at] = node;
  }
  return members;
}

function spread(
  graph: Graph,
  kinds: number,
  { of }: Components,
  members: Int32Array,
  bitOf: Int32Array,
  block: number,
  reached: Int32Array,
): void {
  for (const node of members) {
    const base = (of[node] as number) * BLOCK_WORDS;
    const bit = (bitOf[node] as number) - block;
    if (bit >= 0 && bit < BLOCK_WORDS * 32) {
      const word = base + (bit >>> 5);
      reached[word] = (reached[word] as number) | (1 << (bit & 31));
    }
    for (let edge = graph.start[node] as number; edge < (graph.start[node + 1] as number); edge++) {
      if (((graph.kind[edge] as number) & kinds) === 0) continue;
      const other = (of[graph.target[edge] as number] as number) * BLOCK_WORDS;
      if (other === base) continue;
      for (let word = 0; word < BLOCK_WORDS; word++) {
        reached[base + word] = (reached[base + word] as number) | (reached[other + word] as number);
      }
    }
  }
}

/**
 * A cycle in which no two anti-dependencies follow each other: exactly what snapshot isolation rules out. Every node is
 * split in two, "came by rw" or not, and rw edges leave only from the second; then any cycle is one.
 */
function nonadjacentCycle(graph: Searchable, order: number): NodeCycle | undefined {
  const split = splitGraph(graph, order);
  const components = findComponents(split, SPLIT_EDGES);
  const closing = edgesInside(split, components, RW);
  const cycle = shortestClosing(split, closing, SPLIT_EDGES);
  return cycle === undefined ? undefined : { nodes: cycle.nodes.map((node) => node >> 1), kinds: cycle.kinds };
}

const SPLIT_EDGES: number = DATA_EDGES | PROCESS | REALTIME;

/** Node 2n is n not reached by rw, node 2n + 1 is n reached by rw. */
function splitGraph(graph: Searchable, order: number): Searchable {
  const start = new Int32Array(2 * graph.nodes + 1);
  const target: number[] = [];
  const kinds: number[] = [];
  for (let node = 0; node < graph.nodes; node++) {
    for (let cameByRw = 0; cameByRw < 2; cameByRw++) {
      for (let edge = graph.start[node] as number; edge < (graph.start[node + 1] as number); edge++) {
        const kind = graph.kind[edge] as number;
        if ((kind & (DATA_EDGES | order)) === 0) continue;
        if (cameByRw === 1 && (kind & (RW | RW_HALF)) !== 0) continue;
        target.push(2 * (graph.target[edge] as number) + (kind === RW ? 1 : 0));
        kinds.push(kind);
      }
      start[2 * node + cameByRw + 1] = target.length;
    }
  }
  return {
    nodes: 2 * graph.nodes,
    start,
    target: Int32Array.from(target),
    kind: Uint8Array.from(kinds),
    helpersFrom: 2 * graph.helpersFrom,
  };
}

/**
 * A cycle with anti-dependencies that is none of the kinds found before. When there are others, one is only looked for
 * among shortest cycles, so a G2 beside worse things may go unnamed; what it rules out is ruled out anyway.
 */
function adjacentCycle(
  graph: Searchable,
  components: Components,
  order: number,
  found: readonly Classified[],
): NodeCycle | undefined {
  const kinds = DATA_EDGES | order;
  const closing = edgesInside(graph, components, RW);
  const cycle = shortestClosing(graph, closing, kinds);
  const rwFound = found.some(({ kind }) => kind === 'G-single-item' || kind === 'G-nonadjacent-item');
  if (cycle === undefined || !rwFound) return cycle;
  return hasAdjacentRws(cycle.kinds) ? cycle : undefined;
}

/** Around the cycle; the halves that lead to a fan of rw edges count with them. */
function hasAdjacentRws(kinds: readonly number[]): boolean {
  const whole = kinds.filter((kind) => kind !== RW_HALF);
  return whole.some((kind, at) => kind === RW && whole[(at + 1) % whole.length] === RW) && whole.length > 1;
}
