/** Every verdict is compared with the definition, executed: all orders of small random histories. */
import { describe, expect, it } from 'vitest';
import { checkLinearizability, type LinearizabilityVerdict } from '../../src/check/linearizability.ts';
import type { Operation } from '../../src/sim/history.ts';
import { isLinearizableByDefinition } from './brute-force.ts';
import { drawFrom, randomHistory, type Shape } from './random-history.ts';
import * as workloads from './workloads.ts';

const shapes: readonly Shape[] = [
  { operations: 4, processes: 2, wrongPercent: 20, unknownPercent: 0, failPercent: 0 },
  { operations: 6, processes: 3, wrongPercent: 15, unknownPercent: 10, failPercent: 5 },
  { operations: 7, processes: 4, wrongPercent: 10, unknownPercent: 30, failPercent: 5 },
  { operations: 6, processes: 3, wrongPercent: 20, unknownPercent: 20, failPercent: 0, equalTimes: true },
];

type AnyWorkload = (typeof workloads)[keyof typeof workloads];

/** Executing the definition is slow where many operations overlap, and the machine may have other things to do. */
const PATIENCE_MILLISECONDS = 180_000;

/**
 * Of `count` histories: how many were linearizable, and how many a polynomial check decided. The definition is executed
 * for one in `each`; search and polynomial check are compared for all.
 */
function compareWithDefinition(
  workload: AnyWorkload,
  count: number,
  each = 1,
): { linearizable: number; decided: number } {
  let linearizable = 0;
  let decided = 0;
  for (let seed = 0; seed < count; seed++) {
    const history = randomHistory(drawFrom(seed), workload, shapes[seed % shapes.length] as Shape);
    const searched = checkLinearizability(history, workload.model, { searchOnly: true, judgeAll: true });
    const expected = seed % each === 0 ? verdictByDefinition(history, workload) : searched.verdict;
    const fast = checkLinearizability(history, workload.model, { judgeAll: true });
    if (searched.verdict !== expected || fast.verdict !== expected) {
      throw new Error(
        `seed ${seed}: by definition ${expected}, by search ${searched.verdict}, with polynomial check ${fast.verdict}:\n${JSON.stringify(history)}`,
      );
    }
    if (fast.worst?.blame !== searched.worst?.blame) {
      throw new Error(
        `seed ${seed}: the search blames ${searched.worst?.blame}, the fast checks ${fast.worst?.blame}:\n${JSON.stringify(history)}`,
      );
    }
    if (expected === 'linearizable') linearizable++;
    const happened = history.filter(({ outcome }) => outcome !== 'fail');
    if (workload.model.decide?.(happened) !== undefined) decided++;
  }
  return { linearizable, decided };
}

function verdictByDefinition(history: readonly Operation[], workload: AnyWorkload): LinearizabilityVerdict {
  return isLinearizableByDefinition(history, workload.model) ? 'linearizable' : 'illegal';
}

describe('the search agrees with every order of every small history', () => {
  it.each([
    ['a compare-and-set register', workloads.casRegister, 40_000],
    ['keys and values', workloads.keyValue, 10_000],
    ['strings that are appended to', workloads.appendedStrings, 10_000],
    ['registers written together', workloads.multiRegister, 5_000],
    ['a mutex', workloads.mutex, 5_000],
    ['a lock with owners and tokens', workloads.lock, 10_000],
    ['a queue', workloads.queue, 10_000],
    ['a set', workloads.set, 10_000],
    ['a set, element by element', workloads.setByElement, 5_000],
    ['a counter', workloads.counter, 5_000],
  ] as const)(
    '%s',
    (_, workload, count) => {
      const { linearizable } = compareWithDefinition(workload, count);
      // Neither verdict is rare, or the comparison would show little.
      expect(linearizable).toBeGreaterThan(count / 10);
      expect(linearizable).toBeLessThan(count * 0.9);
    },
    PATIENCE_MILLISECONDS,
  );
});

describe('the polynomial checks agree with the search and the definition', () => {
  it.each([
    ['a register, by zones', workloads.uniqueRegister, 40_000],
    ['a queue, by order', workloads.uniqueQueue, 40_000],
    ['a growing set, by levels', workloads.growingSet, 40_000],
  ] as const)(
    '%s',
    (_, workload, count) => {
      const { linearizable, decided } = compareWithDefinition(workload, count, 5);
      expect(linearizable).toBeGreaterThan(count / 10);
      expect(linearizable).toBeLessThan(count * 0.9);
      expect(decided).toBeGreaterThan(count / 2);
    },
    PATIENCE_MILLISECONDS,
  );
});
