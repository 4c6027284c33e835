/** What is said of broken transactions, in words. T0 is the first transaction given. */
import { describe, expect, it } from 'vitest';
import type { MicroOperation, Transaction } from '../../src/check/transaction.ts';
import { DuplicateWriteError } from '../../src/check/transactions/elements.ts';
import { checkTransactions, type TransactionOptions, type TransactionsResult } from '../../src/check/transactions.ts';

type Steps = readonly MicroOperation[];

/** Transactions of which only the answers are known. */
function answered(...steps: readonly Steps[]): Transaction[] {
  return steps.map((ops, index) => ({ process: `p${index}`, outcome: 'ok', ops }));
}

/** Transactions one after the other, each by a process of its own. */
function inTurn(...steps: readonly Steps[]): Transaction[] {
  return answered(...steps).map((one, index) => ({ ...one, called: 2 * index, returned: 2 * index + 1 }));
}

function lists(transactions: readonly Transaction[], options: Partial<TransactionOptions> = {}): TransactionsResult {
  return checkTransactions(transactions, { workload: 'list-append', ...options });
}

function registers(
  transactions: readonly Transaction[],
  options: Partial<TransactionOptions> = {},
): TransactionsResult {
  return checkTransactions(transactions, { workload: 'rw-register', ...options });
}

function sentences({ direct, cycles }: TransactionsResult): readonly string[] {
  return [...direct.map(({ sentence }) => sentence), ...cycles.flatMap((cycle) => cycle.sentences)];
}

describe('cycles, explained edge by edge', () => {
  it('read skew over lists', () => {
    const result = lists(
      answered(
        [
          ['append', 'x', 1],
          ['append', 'y', 1],
        ],
        [
          ['r', 'x', [1]],
          ['r', 'y', null],
        ],
      ),
    );
    expect(result.anomalies).toEqual(['G-single-item']);
    expect(result.not).toEqual(['repeatable-read', 'consistent-view']);
    expect(sentences(result)).toEqual([
      'T0 appended 1 to x, which T1 read',
      'T1 read [] from y, without the 1 that T0 appended',
    ]);
  });

  it('write cycle over lists', () => {
    const result = lists(
      answered(
        [
          ['append', 'x', 1],
          ['append', 'y', 1],
        ],
        [
          ['append', 'x', 2],
          ['append', 'y', 2],
        ],
        [
          ['r', 'x', [1, 2]],
          ['r', 'y', [2, 1]],
        ],
      ),
    );
    expect(result.anomalies).toContain('G0');
    expect(result.not).toEqual(['read-uncommitted']);
    expect(result.cycles[0]?.sentences).toEqual([
      'T1 appended 2 to x after T0 had appended 1',
      'T0 appended 1 to y after T1 had appended 2',
    ]);
  });

  it('a stale read, which only real time shows', () => {
    const stale = inTurn([['append', 'x', 1]], [['r', 'x', null]]);
    const result = lists(stale, { level: 'strong-serializable' });
    expect(result).toMatchObject({ verdict: 'violated', anomalies: ['G-single-item-realtime'] });
    expect(sentences(result)).toEqual([
      'T0 had completed before T1 was called',
      'T1 read [] from x, without the 1 that T0 appended',
    ]);
    expect(lists(stale, { level: 'serializable' }).verdict).toBe('satisfied');
  });

  it('a stale read of one process, which its own order shows', () => {
    const own = inTurn([['append', 'x', 1]], [['r', 'x', null]]).map((one) => ({ ...one, process: 'p' }));
    const result = lists(own);
    expect(result.anomalies).toEqual(['G-single-item-process']);
    expect(result.not).toEqual(['strong-session-snapshot-isolation']);
    expect(sentences(result)).toContain('T0 came before T1 in the same process');
  });

  it('write skew between registers', () => {
    const result = registers(
      answered(
        [
          ['r', 'x', null],
          ['w', 'y', 1],
        ],
        [
          ['r', 'y', null],
          ['w', 'x', 1],
        ],
      ),
    );
    expect(result.anomalies).toEqual(['G2-item']);
    expect(result.not).toEqual(['repeatable-read']);
    expect(sentences(result)).toEqual([
      'T0 read x = null, before T1 wrote x = 1',
      'T1 read y = null, before T0 wrote y = 1',
    ]);
  });

  it('a register write follows what its transaction read', () => {
    const skewed = answered(
      [['w', 'x', 1]],
      [
        ['r', 'x', 1],
        ['w', 'x', 2],
        ['w', 'y', 2],
      ],
      [
        ['r', 'y', 2],
        ['r', 'x', 1],
      ],
    );
    const result = registers(skewed);
    expect(result.anomalies).toEqual(['G-single-item']);
    expect(sentences(result)).toEqual(['T1 wrote y = 2, which T2 read', 'T2 read x = 1, before T1 wrote x = 2']);
    // Without that, each order of the two writes is tried, and neither will do.
    const tried = registers(skewed, { writesFollowReads: false });
    expect(tried.not).toEqual(['snapshot-isolation']);
    expect(sentences(tried)).toEqual([
      'T0 and T1 both wrote x: whichever came first, what was read is not snapshot-isolation',
    ]);
  });

  it('blind register writes, once their order is supplied', () => {
    const blind = answered(
      [
        ['w', 'x', 1],
        ['w', 'y', 1],
      ],
      [
        ['w', 'x', 2],
        ['w', 'y', 2],
      ],
    );
    expect(registers(blind).verdict).toBe('unknown');
    const orders: TransactionOptions['versionOrders'] = [
      ['x', [1, 2]],
      ['y', [2, 1]],
    ];
    const result = registers(blind, { versionOrders: orders as NonNullable<typeof orders> });
    expect(result.anomalies).toEqual(['G0']);
    expect(sentences(result)).toContain('T1 wrote x = 2 over the 1 of T0, or later');
    expect(registers(blind, { commitOrder: [0, 1] }).verdict).toBe('satisfied');
  });

  it('a long fork, which snapshot isolation forbids', () => {
    const result = lists(
      answered(
        [['append', 'x', 1]],
        [['append', 'y', 1]],
        [
          ['r', 'x', [1]],
          ['r', 'y', null],
        ],
        [
          ['r', 'x', null],
          ['r', 'y', [1]],
        ],
      ),
      { level: 'snapshot-isolation' },
    );
    expect(result).toMatchObject({ verdict: 'violated', anomalies: ['G-nonadjacent-item'] });
    expect(result.cycles[0]?.edges).toHaveLength(4);
  });
});

describe('single reads', () => {
  const committed = (ops: Steps): Transaction => ({ process: 'p', outcome: 'ok', ops });
  const aborted = (ops: Steps): Transaction => ({ process: 'q', outcome: 'fail', ops });

  it('of what was aborted', () => {
    const list = lists([aborted([['append', 'x', 1]]), committed([['r', 'x', [1]]])]);
    expect(sentences(list)).toEqual(['T1 read [1] from x, with 1, appended by T0, which aborted']);
    const register = registers([aborted([['w', 'x', 1]]), committed([['r', 'x', 1]])]);
    expect(sentences(register)).toEqual(['T1 read 1 from x, written by T0, which aborted']);
    expect(register.not).toEqual(['read-committed']);
  });

  it('of what nobody wrote', () => {
    expect(sentences(lists(answered([['r', 'x', [7]]])))).toEqual([
      'T0 read [7] from x, with 7, which nobody appended',
    ]);
    const register = registers(answered([['r', 'x', 7]]));
    expect(sentences(register)).toEqual(['T0 read 7 from x, which nobody wrote']);
    expect(register.verdict).toBe('violated');
    expect(registers(answered([['r', 'x', 7]]), { initial: [['x', 7]] }).anomalies).toEqual([]);
  });

  it('of what its writer changed again', () => {
    const steps: Steps = [
      ['append', 'x', 1],
      ['append', 'x', 2],
    ];
    expect(sentences(lists(answered(steps, [['r', 'x', [1]]])))).toContain(
      'T1 read [1] from x: it ends with 1, not the last that T0 appended',
    );
    const register = registers(
      answered(
        [
          ['w', 'x', 1],
          ['w', 'x', 2],
        ],
        [['r', 'x', 1]],
      ),
    );
    expect(sentences(register)).toEqual(['T1 read 1 from x, which T0 itself overwrote']);
  });

  it('that contradict the transaction itself', () => {
    const list = lists(
      answered([
        ['append', 'x', 1],
        ['r', 'x', null],
      ]),
    );
    expect(sentences(list)).toEqual(['T0 appended [1] on x, then read []']);
    const register = registers(
      answered([
        ['w', 'x', 1],
        ['r', 'x', null],
      ]),
    );
    expect(sentences(register)).toEqual(['T0 read null from x, where it had just read or written 1']);
    expect(register.not).toEqual(['read-atomic']);
  });

  it('of its own future', () => {
    const list = lists(
      answered([
        ['r', 'x', [1]],
        ['append', 'x', 1],
      ]),
    );
    expect(sentences(list)).toEqual(['T0 read [1] from x, with elements that it appended only later']);
    const register = registers(
      answered([
        ['r', 'x', 1],
        ['w', 'x', 1],
      ]),
    );
    expect(sentences(register)).toEqual(['T0 read 1 from x, which it wrote only later']);
  });

  it('that both precede a change of the same version', () => {
    const update = (element: number): Steps => [
      ['r', 'x', null],
      ['append', 'x', element],
    ];
    expect(sentences(lists(answered(update(1), update(2))))).toContain(
      'T0 and T1 both read [] from x and both appended to it',
    );
  });

  it('of a transaction without an answer say nothing; being read says that it happened', () => {
    const unknown: Transaction = {
      process: 'p',
      outcome: 'unknown',
      ops: [
        ['r', 'x', null],
        ['append', 'y', 1],
      ],
    };
    expect(lists([unknown, committed([['append', 'x', 1]])]).committed).toBe(1);
    const seen = lists([unknown, committed([['r', 'y', [1]]])]);
    expect(seen.committed).toBe(2);
    expect(seen.edges()).toEqual([{ from: 0, to: 1, kind: 'wr' }]);
  });
});

describe('values that are not unique', () => {
  it('are refused, because a read would not tell whose it saw', () => {
    const twice = answered([['w', 'x', 1]], [['w', 'x', 1]]);
    expect(() => registers(twice)).toThrow(DuplicateWriteError);
    expect(() => registers(answered([['w', 'x', 0]]), { initial: [['x', 0]] })).toThrow(/0 is written to "x" twice/);
  });

  it('do not hide what is wrong inside one transaction', () => {
    const result = lists(
      answered(
        [['append', 'x', 1]],
        [
          ['append', 'x', 1],
          ['r', 'x', null],
        ],
      ),
    );
    expect(result.anomalies).toEqual(['internal']);
    expect(result.duplicate?.message).toMatch(/1 is appended to "x" twice/);
  });
});

it('nothing follows from transactions that have nothing to do with each other', () => {
  expect(lists(answered([['append', 'x', 1]], [['append', 'y', 1]])).verdict).toBe('unknown');
  expect(lists([]).verdict).toBe('unknown');
});
