/** ONCE holds a participant's store against its log, whichever of the two goes wrong. */
import { beforeEach, describe, expect, it } from 'vitest';
import { once } from '../../../src/protocols/atomic-commit/properties/stores.ts';
import { emptyStore, type Store } from '../../../src/protocols/atomic-commit/store.ts';
import type { World } from '../../../src/sim/observer.ts';
import type { Json } from '../../../src/sim/plain.ts';

const world = {
  event: 1,
  nodes: ['n1'],
  stateOf: () => ({ resource: { store } }),
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

  it('finds a commit of a new key that the store has not seen', () => {
    commits('2', 'r2', 'two');
    expect(looks()).toMatchObject({ sentence: expect.stringContaining('n1 holds nothing at r2') });
  });

  it('finds an item that is missing from a list, and one that is there twice', () => {
    for (const [txn, sequence] of [
      ['2', 2],
      ['3', 3],
    ] as const) {
      const origin = { process: 'c1', sequence };
      logs({ type: 'prepared', age: { txn }, origin, writes: [{ f: 'append', key: 'l1', value: txn }] });
      logs({ type: 'commit', txn });
      holds('l1', txn === '2' ? ['2'] : ['2', '3'], txn);
      expect(looks()).toBeUndefined();
    }
    holds('l1', ['2', '3', '3'], '3');
    expect(looks()).toMatchObject({ sentence: expect.stringContaining('gives ["2","3"]') });
    holds('l1', ['3'], '3');
    expect(looks()).toMatchObject({ sentence: expect.stringContaining('gives ["2","3"]') });
  });
});

describe('ONCE, of a store with many keys', () => {
  const KEYS = 40;
  const name = (i: number): string => `r${i}`;

  beforeEach(() => {
    for (let i = 1; i <= KEYS; i++) {
      commits(`${i}`, name(i), i);
      holds(name(i), i, `${i}`);
    }
    for (let i = 0; i < 2 * KEYS; i++) expect(looks()).toBeUndefined();
  });

  it('finds at once what the log has written and the store has not', () => {
    commits('99', name(7), 'new');
    expect(looks()).toMatchObject({ sentence: expect.stringContaining('n1 holds 7 at r7') });
  });

  it('finds before long what changes, comes or goes without a word in the log', () => {
    const finds = (): unknown =>
      Array.from({ length: 2 * KEYS + 2 }, looks).find((finding: unknown) => finding !== undefined);
    for (const key of [name(1), name(KEYS / 2), name(KEYS), 'r100']) {
      holds(key, 'none', '1');
      expect(finds()).toMatchObject({ sentence: expect.stringContaining(`n1 holds "none" at ${key}`) });
      if (key === 'r100') delete store.values[key];
      else holds(key, Number(key.slice(1)), '1');
      expect(finds()).toBeUndefined();
    }
    delete store.values[name(3)];
    expect(finds()).toMatchObject({ sentence: expect.stringContaining('n1 holds nothing at r3') });
  });

  it('looks at a key from the first time on that the log writes it', () => {
    commits('99', name(99), 99);
    holds(name(99), 99, '99');
    expect(looks()).toBeUndefined();
    store.values[name(99)] = 'none';
    const finding = Array.from({ length: 2 * KEYS + 2 }, looks).find((one: unknown) => one !== undefined);
    expect(finding).toMatchObject({ sentence: expect.stringContaining('n1 holds "none" at r99') });
  });

  it('finds it when the run is over', () => {
    store.values[name(9)] = 'none';
    expect(once.end?.(memory, world)).toMatchObject({ sentence: expect.stringContaining('n1 holds "none" at r9') });
  });
});
