/** What a duration on a clock says of true time, where the clock runs too fast or too slow by no more than so much. */

const MILLION = 1_000_000;

/** In true time at least so much passes, in microseconds, while this passes on the clock. */
export const trueTimeMin = (micros: number, ratePpm: number): number =>
  Math.floor((micros * MILLION) / (MILLION + ratePpm));

/** In true time at most so much passes, in microseconds, while this passes on the clock. */
export const trueTimeMax = (micros: number, ratePpm: number): number =>
  Math.ceil((micros * MILLION) / (MILLION - ratePpm));
