/** A directed graph of transactions with kinds of edges, in flat arrays: 100,000 nodes are nothing special. */

/** Kinds of edges, as bits, so that a search can be told which to follow. */
export const WW = 1;
export const WR = 2;
export const RW = 4;
/** From a reader to a helper node that fans out into rw edges; half of an anti-dependency. */
export const RW_HALF = 8;
/** The next transaction of the same client. */
export const PROCESS = 16;
/** Completed before the other was called; by way of helper nodes, one after every group of completions. */
export const REALTIME = 32;

export const DATA_EDGES: number = WW | WR | RW | RW_HALF;

/** Edges grouped by source: those of node n are `target[start[n] .. start[n + 1])`. */
export interface Graph {
  readonly nodes: number;
  readonly start: Int32Array;
  readonly target: Int32Array;
  readonly kind: Uint8Array;
}

export class GraphBuilder {
  nodes: number;
  #edges = 0;
  #from = new Int32Array(1024);
  #to = new Int32Array(1024);
  #kind = new Uint8Array(1024);

  constructor(nodes: number) {
    this.nodes = nodes;
  }

  addNode(): number {
    return this.nodes++;
  }

  addEdge(from: number, to: number, kind: number): void {
    if (this.#edges === this.#from.length) this.#grow();
    this.#from[this.#edges] = from;
    this.#to[this.#edges] = to;
    this.#kind[this.#edges] = kind;
    this.#edges++;
  }

  build(): Graph {
    const start = new Int32Array(this.nodes + 1);
    for (let edge = 0; edge < this.#edges; edge++) {
      const after = (this.#from[edge] as number) + 1;
      start[after] = (start[after] as number) + 1;
    }
    for (let node = 0; node < this.nodes; node++)
      start[node + 1] = (start[node + 1] as number) + (start[node] as number);
    const next = start.slice();
    const target = new Int32Array(this.#edges);
    const kind = new Uint8Array(this.#edges);
    for (let edge = 0; edge < this.#edges; edge++) {
      const from = this.#from[edge] as number;
      const at = next[from] as number;
      next[from] = at + 1;
      target[at] = this.#to[edge] as number;
      kind[at] = this.#kind[edge] as number;
    }
    return { nodes: this.nodes, start, target, kind };
  }

  #grow(): void {
    const size = this.#edges * 2;
    const from = new Int32Array(size);
    from.set(this.#from);
    const to = new Int32Array(size);
    to.set(this.#to);
    const kind = new Uint8Array(size);
    kind.set(this.#kind);
    this.#from = from;
    this.#to = to;
    this.#kind = kind;
  }
}

/**
 * Anti-dependencies from any number of readers to all of some writers but the reader itself, with a number of edges that is
 * linear: two chains of helper nodes, one fanning out to the writers up to each place, one to those from it on.
 */
export class RwFan {
  readonly #graph: GraphBuilder;
  readonly #writers: readonly number[];
  readonly #place = new Map<number, number>();
  /** `#upTo[i]` leads to writers 0 to i, `#from[i]` to writers i and later. */
  #upTo: readonly number[] | undefined;
  #from: readonly number[] | undefined;

  constructor(graph: GraphBuilder, writers: readonly number[]) {
    this.#graph = graph;
    this.#writers = writers;
    for (const [place, writer] of writers.entries()) this.#place.set(writer, place);
  }

  connect(reader: number): void {
    const place = this.#place.get(reader);
    if (place === undefined) this.#link(reader, this.#fromHere(), 0);
    else {
      if (place > 0) this.#link(reader, this.#upToHere(), place - 1);
      this.#link(reader, this.#fromHere(), place + 1);
    }
  }

  #link(reader: number, chain: readonly number[], place: number): void {
    const helper = chain[place];
    if (helper !== undefined) this.#graph.addEdge(reader, helper, RW_HALF);
  }

  #fromHere(): readonly number[] {
    this.#from ??= this.#chain(1);
    return this.#from;
  }

  #upToHere(): readonly number[] {
    this.#upTo ??= this.#chain(-1);
    return this.#upTo;
  }

  #chain(step: 1 | -1): readonly number[] {
    const helpers = this.#writers.map(() => this.#graph.addNode());
    for (const [place, helper] of helpers.entries()) {
      this.#graph.addEdge(helper, this.#writers[place] as number, RW);
      const next = helpers[place + step];
      if (next !== undefined) this.#graph.addEdge(helper, next, RW_HALF);
    }
    return helpers;
  }
}

/** Strongly connected components: `of[node]`, numbered so that no edge leads to a higher number. */
export interface Components {
  readonly count: number;
  readonly of: Int32Array;
  readonly size: Int32Array;
}

const UNSEEN = -1;

/** Tarjan's algorithm over edges of the given kinds, without recursion. */
export function findComponents(graph: Graph, kinds: number): Components {
  const { nodes, start, target, kind } = graph;
  const of = new Int32Array(nodes).fill(UNSEEN);
  const index = new Int32Array(nodes).fill(UNSEEN);
  const low = new Int32Array(nodes);
  const cursor = new Int32Array(nodes);
  const path = new Int32Array(nodes);
  const stack = new Int32Array(nodes);
  const sizes: number[] = [];
  let depth = 0;
  let stacked = 0;
  let order = 0;
  for (let root = 0; root < nodes; root++) {
    if (index[root] !== UNSEEN) continue;
    path[depth++] = root;
    while (depth > 0) {
      const node = path[depth - 1] as number;
      if (index[node] === UNSEEN) {
        index[node] = order;
        low[node] = order;
        order++;
        cursor[node] = start[node] as number;
        stack[stacked++] = node;
      }
      const end = start[node + 1] as number;
      let at = cursor[node] as number;
      let descended = false;
      for (; at < end; at++) {
        if (((kind[at] as number) & kinds) === 0) continue;
        const next = target[at] as number;
        if (index[next] === UNSEEN) {
          cursor[node] = at;
          path[depth++] = next;
          descended = true;
          break;
        }
        if (of[next] === UNSEEN && (low[next] as number) < (low[node] as number)) low[node] = low[next] as number;
      }
      if (descended) continue;
      depth--;
      if (low[node] === index[node]) {
        let size = 0;
        for (;;) {
          const member = stack[--stacked] as number;
          of[member] = sizes.length;
          size++;
          if (member === node) break;
        }
        sizes.push(size);
      } else {
        const parent = path[depth - 1] as number;
        if ((low[node] as number) < (low[parent] as number)) low[parent] = low[node] as number;
      }
    }
  }
  return { count: sizes.length, of, size: Int32Array.from(sizes) };
}
