import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Distribution } from '../../src/sim/config.ts';
import { sample } from '../../src/sim/distribution.ts';

const MEAN = 1_000_000;
/** 32 bits whose place in [0, 1) is `p`. */
const bitsAt = (p: number): number => Math.floor(p * 2 ** 32) | 0;
const quantile = (distribution: Distribution, p: number): number => sample(distribution, bitsAt(p));
const probabilities = Array.from({ length: 999 }, (_, i) => (i + 1) / 1_000);

/** The standard normal quantile, by bisection of the error function's series (good to 1e-9 here). */
function normalQuantile(p: number): number {
  let low = -8;
  let high = 8;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (normalProbability(middle) < p) low = middle;
    else high = middle;
  }
  return low;
}
function normalProbability(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < 200; n++) {
    term *= (x * x) / (2 * n + 1);
    sum += term;
  }
  return 0.5 + (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * sum;
}

const aDistribution = fc.oneof(
  fc.record({ kind: fc.constant('constant' as const), value: fc.nat(1e9) }),
  fc.tuple(fc.nat(1e6), fc.nat(1e6)).map(([min, more]) => ({ kind: 'uniform' as const, min, max: min + more })),
  fc.record({ kind: fc.constant('exponential' as const), min: fc.nat(1e6), mean: fc.nat(1e9) }),
  fc.record({ kind: fc.constant('log-normal' as const), median: fc.nat(1e9) }),
  fc.tuple(fc.nat(1e6), fc.nat(1e6), fc.nat(1e6), fc.nat(1e6)).map(([min, more, evenMore, slowPpm]) => ({
    kind: 'bimodal' as const,
    min,
    max: min + more,
    slowMax: min + more + evenMore,
    slowPpm,
  })),
);

describe('a distribution', () => {
  it('is the same integer for the same bits, never negative', () => {
    fc.assert(
      fc.property(aDistribution, fc.integer(), (distribution, bits) => {
        const drawn = sample(distribution, bits);
        expect(Number.isSafeInteger(drawn) && drawn >= 0).toBe(true);
        expect(sample(distribution, bits)).toBe(drawn);
      }),
    );
  });

  it('uniform reaches every integer from min to max, each about as often', () => {
    const counts = new Map<number, number>();
    for (let i = 0; i < 60_000; i++) {
      const drawn = quantile({ kind: 'uniform', min: 5, max: 10 }, i / 60_000);
      counts.set(drawn, (counts.get(drawn) ?? 0) + 1);
    }
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual([5, 6, 7, 8, 9, 10]);
    for (const count of counts.values()) expect(Math.abs(count - 10_000)).toBeLessThanOrEqual(1);
  });

  it('exponential has the quantiles of its definition, within a half percent', () => {
    const distribution: Distribution = { kind: 'exponential', min: 500, mean: MEAN };
    for (const p of probabilities.filter((one) => one <= 0.99)) {
      const expected = -Math.log(1 - p) * MEAN;
      expect(Math.abs(quantile(distribution, p) - 500 - expected)).toBeLessThan(0.005 * expected + 50);
    }
  });

  it('exponential has its mean, and its tail ends at eleven means', () => {
    const distribution: Distribution = { kind: 'exponential', min: 0, mean: MEAN };
    let sum = 0;
    for (let i = 0; i < 100_000; i++) sum += quantile(distribution, (i + 0.5) / 100_000);
    expect(sum / 100_000).toBeGreaterThan(0.99 * MEAN);
    expect(sum / 100_000).toBeLessThan(1.01 * MEAN);
    expect(sample(distribution, -1) / MEAN).toBeCloseTo(Math.log(2 ** 16), 2);
    expect(sample(distribution, 0)).toBe(0);
  });

  it('log-normal has the quantiles of its definition, within a half percent', () => {
    const distribution: Distribution = { kind: 'log-normal', median: MEAN };
    for (const p of probabilities.filter((one) => one >= 0.01 && one <= 0.99)) {
      const expected = Math.exp(0.5 * normalQuantile(p)) * MEAN;
      expect(Math.abs(quantile(distribution, p) - expected)).toBeLessThan(0.005 * expected);
    }
    expect(quantile(distribution, 0.5)).toBe(MEAN);
  });

  it('bimodal is slow as often as asked, and then between max and slowMax', () => {
    const distribution: Distribution = { kind: 'bimodal', min: 100, max: 200, slowMax: 5_000, slowPpm: 10_000 };
    const drawn = Array.from({ length: 100_000 }, (_, i) => quantile(distribution, i / 100_000));
    const slow = drawn.filter((one) => one > 200);
    expect(Math.abs(slow.length - 1_000)).toBeLessThan(15);
    expect(Math.min(...drawn)).toBe(100);
    expect(Math.max(...slow)).toBeGreaterThan(4_900);
    expect(Math.max(...slow)).toBeLessThanOrEqual(5_000);
    const middle = slow.filter((one) => one < 2_600).length;
    expect(middle / slow.length).toBeGreaterThan(0.45);
    expect(middle / slow.length).toBeLessThan(0.55);
  });

  it('rises with its bits, where it is drawn by quantile', () => {
    const kinds: Distribution[] = [
      { kind: 'uniform', min: 0, max: 99_999 },
      { kind: 'exponential', min: 0, mean: MEAN },
      { kind: 'log-normal', median: MEAN },
    ];
    for (const distribution of kinds) {
      let last = -1;
      for (let i = 0; i < 70_000; i++) {
        const drawn = quantile(distribution, i / 70_000);
        expect(drawn).toBeGreaterThanOrEqual(last);
        last = drawn;
      }
    }
  });
});
