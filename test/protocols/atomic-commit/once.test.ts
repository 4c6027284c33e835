/** ONCE holds a participant's store against its log, whichever of the two goes wrong. */
import { beforeEach, describe, expect, it } from 'vitest';
import { once } from '../../../src/protocols/atomic-commit/properties/stores.ts';
import { emptyStore, type Store } from '../../../src/protocols/atomic-commit/store.ts';
import type { World } from '../../../src/sim/observer.ts';
import type { Json } from '../../../src/sim/plain.ts';

const world = {
  event: 1,
  nodes: ['n1'],
  diskOf: () => ({ durableLog: () => ({ first: 1, entries: [] }) }),
} as unknown as World;

let memory: unknown;
let store: Store;

beforeEach(() => {
  memory = once.start(world);
  store = emptyStore();
  once.boot?.(memory, 0, world);
});

const logs = (entry: Json): unknown => once.log?.(memory, 0, 'wal', { kind: 'append', index: 1, entry }, world);
const looks = (): unknown => once.step?.(memory, 0, { resource: { store } } as never, world);

function commits(txn: string, key: string, value: Json, sequence = Number(txn)): unknown {
  const origin = { process: 'c1', sequence };
  logs({ type: 'prepared', age: { txn }, origin, writes: [{ f: 'write', key, value }] });
  return logs({ type: 'commit', txn });
}

function holds(key: string, value: Json, writer: string): void {
  store.values[key] = value;
  store.writers[key] = writer;
}

describe('ONCE', () => {
  beforeEach(() => {
    commits('1', 'r1', 'one');
    holds('r1', 'one', '1');
    expect(looks()).toBeUndefined();
    expect(looks()).toBeUndefined();
  });

  it('finds a commit in the log that the store has not seen', () => {
    commits('2', 'r1', 'two');
    expect(looks()).toMatchObject({ sentence: expect.stringContaining('n1 holds "one" at r1') });
  });

  it('finds a value that no commit explains, also when its writer is as it was', () => {
    store.values.r1 = 'none';
    expect(looks()).toMatchObject({ sentence: expect.stringContaining('n1 holds "none" at r1') });
  });

  it('finds it at a key beside others that have changed rightly, and at a new one', () => {
    commits('2', 'r2', 'two');
    holds('r2', 'two', '2');
    expect(looks()).toBeUndefined();
    holds('r3', 'three', '3');
    expect(looks()).toMatchObject({ sentence: expect.stringContaining('n1 holds "three" at r3') });
  });

  it('finds a request that two transactions carry out, and lets one commit twice', () => {
    expect(commits('2', 'r2', 'two')).toBeUndefined();
    expect(commits('2', 'r2', 'two')).toBeUndefined();
    const sentence = 'the request c1 #2 was carried out twice: by transaction 2 and by 3';
    expect(commits('3', 'r2', 'two', 2)).toMatchObject({ sentence });
  });

  it('finds a value of another writer that is wrong', () => {
    holds('r1', 'other', '9');
    expect(looks()).toMatchObject({ facts: [{ node: 'n1', text: '9 was the last to write r1' }] });
  });
});
