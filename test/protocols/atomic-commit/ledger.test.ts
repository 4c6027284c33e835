/** What is known of transactions, by their names. */
import { assert, constantFrom, array as listOf, nat, oneof, property, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  dropEntry,
  entriesBy,
  entryMadeAt,
  entryOf,
  newLedger,
  setEntry,
} from '../../../src/protocols/atomic-commit/ledger.ts';
import type { TxnId } from '../../../src/protocols/atomic-commit/transactions.ts';

const given = tuple(constantFrom('n1', 'n2', 'n12'), nat(2), nat(12)).map(([node, life, n]) => `${node}.${life}.${n}`);
/** None that a coordinator gives out, and much like those that it does. */
const odd = constantFrom(
  '',
  '.',
  'n1',
  'n1.',
  'n1.7',
  'n1.1.',
  'n1.1.07',
  'n1.1.7',
  'n1.1.0',
  '.5',
  '7',
  'n1.1.12345678',
  'n1.1.-1',
  'n1.1.x3',
);

describe('a ledger', () => {
  it('answers as a Map does, for any names', () => {
    const action = tuple(constantFrom('set', 'drop', 'get'), oneof(given, odd), nat(5));
    assert(
      property(listOf(action, { maxLength: 60 }), (actions) => {
        const ledger = newLedger<number>();
        const map = new Map<TxnId, number>();
        for (const [what, txn, entry] of actions) {
          if (what === 'set') setEntry(ledger, txn, entry);
          if (what === 'set') map.set(txn, entry);
          if (what === 'drop') dropEntry(ledger, txn);
          if (what === 'drop') map.delete(txn);
          expect(entryOf(ledger, txn)).toBe(map.get(txn));
        }
        for (const [, txn] of actions) expect(entryOf(ledger, txn)).toBe(map.get(txn));
      }),
      { numRuns: 500 },
    );
  });

  it('keeps no list as long as a name says', () => {
    const ledger = newLedger<number>();
    setEntry(ledger, 'n1.1.1000000000', 1);
    expect(JSON.stringify(ledger).length).toBeLessThan(100);
    expect(entryOf(ledger, 'n1.1.1000000000')).toBe(1);
  });

  it('tells a life from one whose name begins alike', () => {
    const ledger = newLedger<number>();
    setEntry(ledger, 'n9.7', 1);
    expect(entryOf(ledger, 'n9.1.7')).toBeUndefined();
  });

  it('makes an entry once', () => {
    const ledger = newLedger<number[]>();
    const made = entryMadeAt(ledger, 'n1.1.1', () => []);
    expect(entryMadeAt(ledger, 'n1.1.1', () => [1])).toBe(made);
  });

  it('knows whose transactions they are', () => {
    const ledger = newLedger<string>();
    for (const txn of ['n1.1.2', 'n2.1.1', 'n1.2.1', 'n12.1.1']) setEntry(ledger, txn, txn);
    expect(entriesBy(ledger, 'n1')).toEqual(['n1.1.2', 'n1.2.1']);
  });
});
