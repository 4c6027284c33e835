/** What can be wrong with a set of transactions: found directly, or as a cycle of dependencies. */
import type { Json } from '../../sim/plain.ts';
import type { TransactionKey } from '../transaction.ts';
import type { OrderLevel, OrderSuffix } from './write-orders.ts';

/** Anomalies seen in single reads or keys, before any graph. */
export type DirectAnomalyName =
  | 'G1a'
  | 'G1b'
  | 'internal'
  | 'future-read'
  | 'duplicate-elements'
  | 'incompatible-order'
  | 'dirty-update'
  | 'lost-update'
  | 'garbage-read'
  | 'cyclic-versions'
  | NoOrderName;

/** Whatever order the writes are given that nobody saw in order, the level is broken. */
export type NoOrderName = `no-order-${OrderLevel}${OrderSuffix}`;

export type CycleKind = 'G0' | 'G1c' | 'G-single-item' | 'G-nonadjacent-item' | 'G2-item';

/** A suffix says which order between transactions the cycle needs besides their data. */
export type CycleAnomalyName = CycleKind | `${CycleKind}-process` | `${CycleKind}-realtime`;

export type AnomalyName = DirectAnomalyName | CycleAnomalyName;

/** Something found directly, with the transactions (indices) it is about. */
export interface DirectAnomaly {
  readonly name: DirectAnomalyName;
  readonly transactions: readonly number[];
  readonly key: TransactionKey;
  /** The value that shows it, when one does. */
  readonly value?: Json;
  readonly sentence: string;
}

/** Instances of one name that are kept with their sentence; the rest are counted. */
const KEPT_PER_NAME = 20;

export class AnomalyList {
  readonly kept: DirectAnomaly[] = [];
  readonly counts: Map<DirectAnomalyName, number> = new Map();

  /** The sentence is only made for the ones that are kept. */
  add(anomaly: Omit<DirectAnomaly, 'sentence'>, sentence: () => string): void {
    const count = this.counts.get(anomaly.name) ?? 0;
    this.counts.set(anomaly.name, count + 1);
    if (count < KEPT_PER_NAME) this.kept.push({ ...anomaly, sentence: sentence() });
  }
}
