/** Rates of rare events, with what they are worth. */

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** 95 % of the normal distribution lies within so many standard deviations. */
const Z = 1.959963984540054;

/** The 95 % interval of Wilson (JASA 1927) for `hits` in `trials`: sound for few hits, and for none. */
export function wilsonInterval(hits: number, trials: number): Interval {
  if (trials === 0) return { low: 0, high: 1 };
  const rate = hits / trials;
  const denominator = 1 + (Z * Z) / trials;
  const centre = (rate + (Z * Z) / (2 * trials)) / denominator;
  const half = (Z / denominator) * Math.sqrt((rate * (1 - rate)) / trials + (Z * Z) / (4 * trials * trials));
  // At the ends the formula is exact but for rounding.
  return { low: hits === 0 ? 0 : Math.max(0, centre - half), high: hits === trials ? 1 : Math.min(1, centre + half) };
}

/** How many trials it takes until an event of this rate has happened with probability `quantile`; infinite for a rate of zero. */
export function trialsUntil(rate: number, quantile: number): number {
  if (rate <= 0) return Number.POSITIVE_INFINITY;
  if (rate >= 1) return 1;
  return Math.max(1, Math.log(1 - quantile) / Math.log(1 - rate));
}

export const overlap = (one: Interval, other: Interval): boolean => one.low <= other.high && other.low <= one.high;
