/** What both workloads yield: a graph of dependencies between the transactions that happened, and how to explain its edges. */
import type { DirectAnomaly, DirectAnomalyName } from './anomaly.ts';
import type { DuplicateWriteError } from './elements.ts';
import type { Graph } from './graph.ts';
import type { UnorderedPair } from './write-orders.ts';

export interface Dependencies {
  /** Nodes 0 to transactions - 1 are the transactions, by index in the input; the rest are helpers. */
  readonly transactions: number;
  readonly graph: Graph;
  /** 1: committed, surely: answered, or seen by one that was. */
  readonly committed: Uint8Array;
  /** A value written twice to one key: then there are no edges, and what was found is wrong whoever wrote it. */
  readonly duplicate: DuplicateWriteError | undefined;
  readonly direct: readonly DirectAnomaly[];
  readonly directCounts: ReadonlyMap<DirectAnomalyName, number>;
  /** Writes of one key whose order nothing shows; undefined when they are more than `most`. */
  unorderedPairs(most: number): readonly UnorderedPair[] | undefined;
  /** Data edges, `ww`, `wr` or `rw`, in words: "T3 appended 2 to x, after the 1 of T1". */
  explain(from: number, to: number, kind: 'ww' | 'wr' | 'rw'): string;
}
