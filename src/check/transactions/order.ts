/** Order between transactions that does not come from their data: of one process, and of real time. */
import type { Transaction } from '../transaction.ts';
import { type GraphBuilder, PROCESS, REALTIME } from './graph.ts';

/** Each process' committed transactions, one after the other. Needs times: without them the order is not known. */
export function addProcessOrder(
  transactions: readonly Transaction[],
  committed: Uint8Array,
  graph: GraphBuilder,
): void {
  const order = byTime(transactions, committed, 'called');
  const latest = new Map<string, number>();
  for (const index of order) {
    const { process } = transactions[index] as Transaction;
    const before = latest.get(process);
    if (before !== undefined) graph.addEdge(before, index, PROCESS);
    latest.set(process, index);
  }
}

/**
 * Completed before the other was called. Never all pairs: a helper node stands for each group of completions without a
 * call in between; completions lead to it, it leads to the next helper and to the calls before that.
 */
export function addRealtimeOrder(
  transactions: readonly Transaction[],
  committed: Uint8Array,
  graph: GraphBuilder,
): void {
  const calls = byTime(transactions, committed, 'called');
  const returns = byTime(transactions, committed, 'returned');
  let helper = -1;
  let next = 0;
  for (const index of calls) {
    const called = (transactions[index] as Transaction).called as number;
    let fresh = -1;
    for (; next < returns.length; next++) {
      const done = returns[next] as number;
      if (((transactions[done] as Transaction).returned as number) >= called) break;
      if (fresh < 0) fresh = graph.addNode();
      graph.addEdge(done, fresh, REALTIME);
    }
    if (fresh >= 0) {
      if (helper >= 0) graph.addEdge(helper, fresh, REALTIME);
      helper = fresh;
    }
    if (helper >= 0) graph.addEdge(helper, index, REALTIME);
  }
}

/** Committed transactions with this time known and finite, by it. */
function byTime(transactions: readonly Transaction[], committed: Uint8Array, time: 'called' | 'returned'): number[] {
  const order: number[] = [];
  let sorted = true;
  let latest = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < transactions.length; index++) {
    const transaction = transactions[index] as Transaction;
    const at = transaction[time];
    if (at === undefined || at === Number.POSITIVE_INFINITY || committed[index] === 0) continue;
    if (time === 'returned' && transaction.outcome !== 'ok') continue;
    if (at < latest) sorted = false;
    latest = at;
    order.push(index);
  }
  const timeOf = (index: number): number => (transactions[index] as Transaction)[time] as number;
  return sorted ? order : order.sort((left, right) => timeOf(left) - timeOf(right));
}
