/** An order that explains a history is a proof: held against all orders of small random histories, executed. */
import { describe, expect, it } from 'vitest';
import type { Transaction, Workload } from '../../src/check/transaction.ts';
import { isExplainedBy } from '../../src/check/transactions/witness.ts';
import { isSerializable } from './isolation-oracle.ts';
import { drawFrom } from './random-history.ts';
import { randomTransactions } from './random-transactions.ts';

const answered = (transactions: readonly Transaction[], order: readonly number[]): readonly number[] =>
  order.filter((index) => transactions[index]?.outcome === 'ok');

describe('what an order explains, brute force finds strictly serializable', () => {
  it.each(['list-append', 'rw-register'] as const)('%s', (workload: Workload) => {
    let explained = 0;
    let not = 0;
    for (let seed = 0; seed < 3_000; seed++) {
      const { transactions, versions, commitOrder } = randomTransactions(drawFrom(seed), {
        workload,
        transactions: 3 + (seed % 2),
        keys: 2,
        steps: 3,
        processes: 3,
        unknownPercent: 10,
        failPercent: 10,
      });
      const known = seed % 2 === 0 ? versions : undefined;
      const byCall = transactions.map((_, index) => index);
      for (const order of [commitOrder, byCall, [...byCall].reverse()]) {
        if (!isExplainedBy(transactions, answered(transactions, order), workload, known)) {
          not++;
          continue;
        }
        explained++;
        const options = { realtime: true, ...(known === undefined ? {} : { versions: new Map(known) }) };
        if (!isSerializable(transactions, options)) throw new Error(`seed ${seed}: ${JSON.stringify(transactions)}`);
      }
    }
    expect(explained).toBeGreaterThan(500);
    expect(not).toBeGreaterThan(500);
  });
});

describe('no order explains', () => {
  const at = (process: string, called: number, returned: number, ops: Transaction['ops']): Transaction => ({
    process,
    outcome: 'ok',
    ops,
    called,
    returned,
  });
  const write = at('a', 1, 2, [['w', 'x', 1]]);

  it('a read of what is not there, or not any more', () => {
    const overwrite = at('b', 3, 4, [['w', 'x', 2]]);
    const stale = at('c', 5, 6, [['r', 'x', 1]]);
    expect(isExplainedBy([write, overwrite, { ...stale, ops: [['r', 'x', 2]] }], [0, 1, 2], 'rw-register')).toBe(true);
    expect(isExplainedBy([write, overwrite, stale], [0, 1, 2], 'rw-register')).toBe(false);
    const list = at('a', 1, 2, [['append', 'x', 1]]);
    const reads = (value: readonly number[] | null): Transaction => at('b', 3, 4, [['r', 'x', value]]);
    expect(isExplainedBy([list, reads([1])], [0, 1], 'list-append')).toBe(true);
    for (const value of [null, [], [2], [1, 1]])
      expect(isExplainedBy([list, reads(value)], [0, 1], 'list-append')).toBe(false);
  });

  it('an order against real time, or against that of a process', () => {
    const blind = at('b', 3, 4, [['r', 'y', null]]);
    expect(isExplainedBy([write, blind], [0, 1], 'rw-register')).toBe(true);
    expect(isExplainedBy([write, blind], [1, 0], 'rw-register')).toBe(false);
    const together = { ...blind, called: 1.5 };
    expect(isExplainedBy([write, together], [1, 0], 'rw-register')).toBe(true);
    expect(isExplainedBy([write, { ...together, process: 'a' }], [1, 0], 'rw-register')).toBe(false);
  });

  it('what is left out, or in twice, or not answered, or has no time', () => {
    const blind = at('b', 3, 4, [['r', 'y', null]]);
    for (const order of [[0], [0, 0], []]) expect(isExplainedBy([write, blind], order, 'rw-register')).toBe(false);
    const { called, ...timeless } = blind;
    expect(called).toBe(3);
    for (const odd of [{ ...blind, outcome: 'unknown' } as const, timeless])
      for (const order of [[0, 1], [1]]) expect(isExplainedBy([write, odd], order, 'rw-register')).toBe(false);
  });

  it('versions in another order than the known one', () => {
    const overwrite = at('b', 1, 4, [['w', 'x', 2]]);
    const explains = (versions: readonly number[], order: readonly number[]): boolean =>
      isExplainedBy([write, overwrite], order, 'rw-register', [['x', versions]]);
    expect(explains([1, 2], [0, 1])).toBe(true);
    expect(explains([2, 1], [1, 0])).toBe(true);
    expect(explains([2, 1], [0, 1])).toBe(false);
    expect(explains([1, 2, 3], [0, 1])).toBe(false);
    expect(explains([1], [0, 1])).toBe(false);
  });
});
