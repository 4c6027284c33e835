/** Verdicts on transactions, compared with the definitions of the levels, executed: all orders of small random histories. */
import { describe, expect, it, vi } from 'vitest';
import type { Workload } from '../../src/check/transaction.ts';
import type { Level } from '../../src/check/transactions/levels.ts';
import { checkTransactions, type TransactionOptions } from '../../src/check/transactions.ts';
import { isSerializable, isSnapshotIsolated, type OracleOptions } from './isolation-oracle.ts';
import { drawFrom } from './random-history.ts';
import { type RandomTransactions, randomTransactions, type TransactionShape } from './random-transactions.ts';

// The machine may have other things to do.
vi.setConfig({ testTimeout: 180_000 });

const LEVELS: readonly {
  readonly level: Level;
  readonly explains: typeof isSerializable;
  readonly realtime: boolean;
}[] = [
  { level: 'serializable', explains: isSerializable, realtime: false },
  { level: 'strong-serializable', explains: isSerializable, realtime: true },
  { level: 'snapshot-isolation', explains: isSnapshotIsolated, realtime: false },
  { level: 'strong-snapshot-isolation', explains: isSnapshotIsolated, realtime: true },
];

function shapeOf(seed: number, workload: Workload): TransactionShape {
  return {
    workload,
    transactions: 3 + (seed % 2),
    keys: 2,
    steps: 3,
    processes: 3,
    unknownPercent: 10,
    failPercent: 10,
  };
}

interface Tally {
  /** Explained by no execution of the level, and called violated. */
  caught: number;
  /** Explained by no execution of the level, but not called violated. */
  missed: number;
  explained: number;
}

/** Throws when something is called violated that an execution explains. */
function compare(
  count: number,
  workload: Workload,
  optionsOf: (random: RandomTransactions) => Partial<TransactionOptions & OracleOptions> | undefined,
): Readonly<Record<string, Tally>> {
  const tallies: Record<string, Tally> = {};
  for (let seed = 0; seed < count; seed++) {
    const random = randomTransactions(drawFrom(seed), shapeOf(seed, workload));
    const options = optionsOf(random);
    if (options === undefined) continue;
    const { not, alsoNot } = checkTransactions(random.transactions, { workload, ...options });
    for (const { level, explains, realtime } of LEVELS) {
      const tally = tallies[level] ?? { caught: 0, missed: 0, explained: 0 };
      tallies[level] = tally;
      const { versions } = options;
      const explained = explains(random.transactions, { realtime, ...(versions === undefined ? {} : { versions }) });
      const violated = not.includes(level) || alsoNot.includes(level);
      if (explained && violated) {
        throw new Error(`seed ${seed}: ${level} is called violated, wrongly: ${JSON.stringify(random.transactions)}`);
      }
      if (explained) tally.explained++;
      else if (violated) tally.caught++;
      else tally.missed++;
    }
  }
  return tallies;
}

/** The order in which the database really installed versions. */
function knownVersions(random: RandomTransactions): Partial<TransactionOptions & OracleOptions> | undefined {
  const { versions } = random;
  return versions === undefined ? undefined : { versionOrders: versions, versions: new Map(versions) };
}

describe('with the order of versions supplied, verdicts are exact', () => {
  it.each(['list-append', 'rw-register'] as const)('%s', (workload) => {
    const tallies = compare(5_000, workload, knownVersions);
    for (const { level } of LEVELS) {
      const { caught, missed, explained } = tallies[level] as Tally;
      expect(missed).toBe(0);
      expect(caught).toBeGreaterThan(100);
      expect(explained).toBeGreaterThan(1_000);
    }
  });
});

describe('with the order of versions inferred, and tried out where nothing shows it, verdicts are exact too', () => {
  it.each(['list-append', 'rw-register'] as const)('%s', (workload) => {
    const tallies = compare(5_000, workload, () => ({}));
    for (const { level } of LEVELS) {
      const { caught, missed, explained } = tallies[level] as Tally;
      expect(missed).toBe(0);
      expect(caught).toBeGreaterThan(200);
      expect(explained).toBeGreaterThan(1_000);
    }
  });
});
