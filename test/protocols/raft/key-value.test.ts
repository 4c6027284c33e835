/** The key-value machine, and the fingerprint of its state. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fingerprint } from '../../../src/protocols/raft/fingerprint.ts';
import {
  type KeyValueOp,
  type KeyValueState,
  keyValueMachine,
} from '../../../src/protocols/raft/machines/key-value.ts';

const key = fc.constantFrom('k1', 'k2', 'k3');
const value = fc.oneof(fc.integer(), fc.constant(null), fc.string(), fc.constant({ deep: [1, 'a', true] }));
const op: fc.Arbitrary<KeyValueOp> = fc.oneof(
  fc.record({ type: fc.constant('read' as const), key }),
  fc.record({ type: fc.constant('write' as const), key, value }),
  fc.record({ type: fc.constant('cas' as const), key, expect: value, value }),
);

const stateAfter = (ops: readonly KeyValueOp[]): KeyValueState => {
  const state = keyValueMachine.start();
  for (const one of ops) keyValueMachine.apply(state, one);
  return state;
};

describe('the key-value machine', () => {
  it('reads what was written last, null where nothing was', () => {
    const state = stateAfter([{ type: 'write', key: 'k1', value: 7 }]);
    expect(keyValueMachine.apply(state, { type: 'read', key: 'k1' })).toEqual({ value: 7 });
    expect(keyValueMachine.apply(state, { type: 'read', key: 'k2' })).toEqual({ value: null });
  });

  it('compares by value and writes only where the comparison holds', () => {
    const state = stateAfter([{ type: 'write', key: 'k1', value: { a: [1] } }]);
    const cas = (expected: KeyValueState['values'][string], next: number): unknown =>
      keyValueMachine.apply(state, { type: 'cas', key: 'k1', expect: expected, value: next });
    expect(cas({ a: [2] }, 1)).toEqual({ ok: false });
    expect(cas({ a: [1] }, 2)).toEqual({ ok: true });
    expect(cas(2, 3)).toEqual({ ok: true });
    expect(state.values.k1).toBe(3);
  });

  it('answers regardless of the state only what every state answers', () => {
    fc.assert(
      fc.property(fc.array(op), op, (history, last) => {
        const promised = keyValueMachine.answerRegardless(last);
        if (promised !== undefined) expect(keyValueMachine.apply(stateAfter(history), last)).toEqual(promised);
      }),
    );
    expect(keyValueMachine.answerRegardless({ type: 'write', key: 'k1', value: 1 })).toEqual({ ok: true });
  });

  it('keeps a fingerprint that depends on its contents alone, not on how they came about', () => {
    fc.assert(
      fc.property(fc.array(op), (history) => {
        const state = stateAfter(history);
        const rebuilt = stateAfter(
          Object.entries(state.values)
            .reverse()
            .map(([name, held]) => ({ type: 'write', key: name, value: held })),
        );
        expect(keyValueMachine.digest(state)).toBe(keyValueMachine.digest(rebuilt));
      }),
    );
  });

  it('gives different contents different fingerprints', () => {
    const digests = new Set<number>();
    for (const name of ['k1', 'k2', 'k3', 'k12']) {
      for (const held of [
        null,
        0,
        1,
        -1,
        1.5,
        2 ** 40,
        '',
        '1',
        'a',
        'b',
        true,
        false,
        [],
        {},
        [1],
        [[1]],
        { a: 1 },
        { b: 1 },
      ]) {
        digests.add(keyValueMachine.digest(stateAfter([{ type: 'write', key: name, value: held }])));
      }
    }
    expect(digests.size).toBe(4 * 18);
  });

  it('tells operations in a few words', () => {
    expect(keyValueMachine.tell({ type: 'read', key: 'k1' }, { value: 7 })).toBe('read k1: 7');
    expect(keyValueMachine.tell({ type: 'write', key: 'k1', value: 7 }, undefined)).toBe('write k1 = 7');
    expect(keyValueMachine.tell({ type: 'cas', key: 'k1', expect: null, value: 7 }, { ok: false })).toBe(
      'cas k1 null to 7: false',
    );
  });
});

describe('a fingerprint', () => {
  it('is a 32-bit integer', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (any) => {
        const hash = fingerprint(any as never);
        expect(hash).toBe(hash | 0);
      }),
    );
  });
});
