/** DLF: circles of waiting transactions, also over several participants. 2PL: who holds a lock, and who waits for it. */
import { describe, expect, it } from 'vitest';
import { deadlockFreedom, strictLocking } from '../../../src/protocols/atomic-commit/properties/locking.ts';
import type { World } from '../../../src/sim/observer.ts';

/** Key, holders, queue: each claim a transaction's name and mode. */
type LockRow = readonly [key: string, holders: readonly string[], queue: readonly string[]];

const claimOf = (text: string): unknown => ({ age: { txn: text.slice(1) }, mode: text[0] });

function circle(tables: readonly (readonly LockRow[])[], asked: readonly string[] = []): unknown {
  const states = tables.map((rows) => ({
    resource: {
      locks: rows.map(([key, holders, queue]) => ({ key, holders: holders.map(claimOf), queue: queue.map(claimOf) })),
    },
  }));
  const world = {
    event: 1,
    nodes: states.map((_, node) => `n${node + 1}`),
    roleOf: () => 'participant',
    optionsOf: () => ({ lockPolicy: 'wait-die' }),
    stateOf: (node: number) => states[node],
  } as unknown as World;
  const memory = deadlockFreedom.start(world);
  for (const txn of asked) deadlockFreedom.send?.(memory, 0, 0, { type: 'Prepare', txn } as never, world);
  const finding = deadlockFreedom.step?.(memory, 0, states[0] as never, world);
  return (finding as { readonly sentence: string } | undefined)?.sentence;
}

describe('DLF', () => {
  it.each([
    ['nobody waits in a line', [[['x', ['Xa'], ['Xb', 'Xc']]], [['y', ['Xc'], ['Xd']]]]],
    ['readers do not wait for readers', [[['x', ['Sa'], ['Sb']]], [['y', ['Sb'], ['Sa']]]]],
    ['who wants more than it holds does not wait for itself', [[['x', ['Sa'], ['Xa']]]]],
    [
      'two wait for one that ends',
      [
        [
          ['x', ['Xa'], ['Xb']],
          ['y', ['Xa'], ['Xc']],
        ],
        [['z', ['Xb'], ['Xc']]],
      ],
    ],
  ] as const)('%s', (_, tables) => {
    expect(circle(tables)).toBeUndefined();
  });

  it.each([
    ['two wait for each other', [[['x', ['Xa'], ['Xb']]], [['y', ['Xb'], ['Xa']]]], 'b for a for b'],
    ['two readers both want to write', [[['x', ['Sa', 'Sb'], ['Xa', 'Xb']]]], 'a for b for a'],
    [
      'three, one of them by its place in a queue',
      [[['x', ['Sz'], ['Xa', 'Sb']]], [['y', ['Xb'], ['Xc']]], [['w', ['Xc'], ['Xa']]]],
      'a for c for b for a',
    ],
  ] as const)('%s', (_, tables, who) => {
    expect(circle(tables)).toBe(`transactions wait for each other: ${who}`);
  });
});

describe('DLF of copies', () => {
  it('does not count who has been asked to prepare: it waits for nothing, whatever a late copy has done again', () => {
    const tables: readonly (readonly LockRow[])[] = [[['x', ['Xa'], ['Xb']]], [['y', ['Xb'], ['Xa']]]];
    expect(circle(tables, ['b'])).toBeUndefined();
    expect(circle(tables, ['c'])).toBe('transactions wait for each other: b for a for b');
  });
});

describe('2PL', () => {
  const told = (
    rows: readonly LockRow[],
    writes: readonly string[] = [],
    workers: readonly string[] = [],
    mourners: readonly { readonly txn: string; readonly killer: string }[] = [],
  ): unknown => {
    const locks = rows.map(([key, holders, queue]) => ({
      key,
      holders: holders.map(claimOf),
      queue: queue.map(claimOf),
    }));
    const local = { age: { txn: 'a' }, phase: 'prepared', writes: writes.map((key) => ({ key })) };
    const world = { event: 1, nodes: ['n1'] } as unknown as World;
    const working = workers.map((txn) => ({ age: { txn }, phase: 'working', writes: [] }));
    const state = { resource: { locals: [local, ...working], locks, mourners } };
    const finding = strictLocking.step?.(strictLocking.start(world), 0, state as never, world);
    return (finding as { readonly sentence: string } | undefined)?.sentence;
  };

  it('asks for exclusive locks on what was promised', () => {
    expect(told([['x', ['Xa'], ['Xb']]], ['x'])).toBeUndefined();
    expect(told([['x', ['Sa'], []]], ['x'])).toBe(
      'n1 is in doubt about a, which will write x, and the lock of x is not held for it',
    );
  });

  it('finds two holders of an exclusive lock', () => {
    expect(told([['x', ['Sa', 'Sb'], []]])).toBeUndefined();
    expect(told([['x', ['Sa', 'Xb'], []]])).toBe('at n1 a (shared) and b (exclusive) hold the lock of x at once');
  });

  it('finds who waits for no lock and is left standing', () => {
    expect(told([['x', ['Xb'], []]], [], ['b'])).toBe(
      'n1 has work to do for b, which waits for no lock, and does not go on with it',
    );
    expect(told([['x', ['Xa'], ['Xb']]], [], ['b'])).toBeUndefined();
  });

  it('finds who waits for nobody', () => {
    expect(told([['x', ['Sa', 'Sb'], ['Xa', 'Sc']]])).toBeUndefined();
    expect(told([['x', ['Sa'], ['Sb']]])).toBe(
      'at n1 b (shared) waits for the lock of x, which a (shared) would share with it',
    );
    expect(told([['x', [], ['Xb']]])).toBe('at n1 b (exclusive) waits for the lock of x, which nobody holds');
    expect(told([['x', ['Sa'], ['Xa']]])).toMatch(/^at n1 a \(exclusive\) waits for the lock of x, which a/);
  });

  it('finds who waits behind another for what it alone holds', () => {
    expect(told([['x', ['Sa'], ['Xb', 'Xa']]])).toMatch(/^at n1 a \(exclusive\) waits for the lock of x, which a/);
    expect(told([['x', ['Sa', 'Sc'], ['Xb', 'Xa']]])).toBeUndefined();
  });

  it('finds who waits for the end of what is not open', () => {
    expect(told([], [], [], [{ txn: 'c', killer: 'a' }])).toBeUndefined();
    expect(told([], [], [], [{ txn: 'c', killer: 'b' }])).toBe(
      'at n1 c waits for the end of b, which is not open there',
    );
  });
});
