/**
 * Writes whose order nothing shows: is there one that a level allows? By trying, with all that follows from each choice.
 * Exact when it comes to an end; it is cut short where there is too much to try.
 */
import { DATA_EDGES, type Graph, PROCESS, REALTIME, RW, RW_HALF, WW } from './graph.ts';

/** Two transactions that wrote the same key, in an order that is not known. Either way round, readers of the first precede the second. */
export interface UnorderedPair {
  readonly key: string | number;
  readonly first: number;
  readonly second: number;
  /** Who read what `first` wrote, and what `second` wrote. */
  readonly readersOfFirst: readonly number[];
  readonly readersOfSecond: readonly number[];
}

/** Which cycles are forbidden: all (`serializable`), or those without two anti-dependencies in a row (`snapshot-isolation`). */
export type OrderLevel = 'serializable' | 'snapshot-isolation';

export type OrderSuffix = '' | '-process' | '-realtime';

/** `impossible` with the pair on which it showed. */
export type OrderAnswer =
  | { readonly answer: 'possible' | 'unknown' }
  | { readonly answer: 'impossible'; readonly pair: UnorderedPair };

/** Edges followed in all. */
const WORK = 3_000_000;

const SUFFIX_KINDS: Readonly<Record<OrderSuffix, number>> = { '': 0, '-process': PROCESS, '-realtime': REALTIME };

/** The graph must have no forbidden cycle yet. */
export function findWriteOrder(
  graph: Graph,
  pairs: readonly UnorderedPair[],
  level: OrderLevel,
  suffix: OrderSuffix,
): OrderAnswer {
  const search = new OrderSearch(graph, DATA_EDGES | SUFFIX_KINDS[suffix], level === 'snapshot-isolation');
  try {
    const conflict = search.settle(pairs);
    return conflict === undefined ? { answer: 'possible' } : { answer: 'impossible', pair: conflict };
  } catch (error) {
    if (error instanceof TooMuchWork) return { answer: 'unknown' };
    throw error;
  }
}

class TooMuchWork extends Error {}

interface Added {
  readonly from: number;
  readonly to: number;
  readonly kind: number;
}

class OrderSearch {
  readonly #graph: Graph;
  readonly #kinds: number;
  /** Under snapshot isolation every node is two places: not reached by rw, and reached by rw. */
  readonly #splits: boolean;
  readonly #added: Added[] = [];
  readonly #addedFrom = new Map<number, Added[]>();
  readonly #seen: Int32Array;
  readonly #queue: Int32Array;
  #round = 0;
  #work = 0;

  constructor(graph: Graph, kinds: number, splits: boolean) {
    this.#graph = graph;
    this.#kinds = kinds;
    this.#splits = splits;
    this.#seen = new Int32Array(graph.nodes * 2);
    this.#queue = new Int32Array(graph.nodes * 2);
  }

  /** Orders all pairs; answers with one that cannot be ordered, having undone everything. */
  settle(pairs: readonly UnorderedPair[]): UnorderedPair | undefined {
    const mark = this.#added.length;
    let open = pairs;
    for (let before = -1; before !== open.length; ) {
      before = open.length;
      const undecided: UnorderedPair[] = [];
      for (const pair of open) {
        const forward = this.#tries(pair, true);
        const backward = this.#tries(pair, false);
        if (forward && backward) undecided.push(pair);
        else if (!forward && !backward) {
          this.#undo(mark);
          return pair;
        } else this.#place(pair, forward);
      }
      open = undecided;
    }
    const [pair, ...rest] = open;
    if (pair === undefined) return undefined;
    let conflict: UnorderedPair | undefined;
    for (const forward of [true, false]) {
      const here = this.#added.length;
      this.#place(pair, forward);
      conflict = this.settle(rest);
      if (conflict === undefined) return undefined;
      this.#undo(here);
    }
    this.#undo(mark);
    return conflict;
  }

  #tries(pair: UnorderedPair, forward: boolean): boolean {
    const mark = this.#added.length;
    const possible = this.#place(pair, forward);
    this.#undo(mark);
    return possible;
  }

  /** Adds what follows from this order; false when it closes a forbidden cycle (then part of it may be added). */
  #place({ first, second, readersOfFirst, readersOfSecond }: UnorderedPair, forward: boolean): boolean {
    const [before, after, readers] = forward ? [first, second, readersOfFirst] : [second, first, readersOfSecond];
    if (!this.#add({ from: before, to: after, kind: WW })) return false;
    return readers.every((reader) => reader === after || this.#add({ from: reader, to: after, kind: RW }));
  }

  #add(edge: Added): boolean {
    if (this.#closes(edge)) return false;
    this.#added.push(edge);
    const known = this.#addedFrom.get(edge.from);
    if (known === undefined) this.#addedFrom.set(edge.from, [edge]);
    else known.push(edge);
    return true;
  }

  #undo(mark: number): void {
    while (this.#added.length > mark) {
      const { from } = this.#added.pop() as Added;
      (this.#addedFrom.get(from) as Added[]).pop();
    }
  }

  /** Whether a path leads from where the edge would arrive to where it would leave. Places are 2n, and 2n + 1 after an rw. */
  #closes({ from, to, kind }: Added): boolean {
    const arrival = this.#arrival(to, kind);
    const leaves = (place: number): boolean =>
      place >> 1 === from && (!this.#splits || kind !== RW || (place & 1) === 0);
    if (leaves(arrival)) return true;
    this.#round++;
    this.#seen[arrival] = this.#round;
    this.#queue[0] = arrival;
    let length = 1;
    const visit = (place: number): boolean => {
      if (this.#seen[place] === this.#round) return false;
      this.#seen[place] = this.#round;
      this.#queue[length++] = place;
      return leaves(place);
    };
    for (let at = 0; at < length; at++) {
      const place = this.#queue[at] as number;
      const node = place >> 1;
      const afterRw = (place & 1) === 1;
      for (let edge = this.#graph.start[node] as number; edge < (this.#graph.start[node + 1] as number); edge++) {
        if (++this.#work > WORK) throw new TooMuchWork();
        const next = this.#graph.kind[edge] as number;
        if ((next & this.#kinds) === 0 || (afterRw && (next & (RW | RW_HALF)) !== 0)) continue;
        if (visit(this.#arrival(this.#graph.target[edge] as number, next))) return true;
      }
      for (const added of this.#addedFrom.get(node) ?? []) {
        if (afterRw && added.kind === RW) continue;
        if (visit(this.#arrival(added.to, added.kind))) return true;
      }
    }
    return false;
  }

  #arrival(node: number, kind: number): number {
    return 2 * node + (this.#splits && kind === RW ? 1 : 0);
  }
}
