/** Virtual time as people read it. */
import type { Micros } from '../sim/protocol.ts';

/** Milliseconds with three decimals, `1412.600`: every row of a timeline has the same precision, so that columns line up. */
export const inMilliseconds = (at: Micros): string => (at / 1_000).toFixed(3);

/** A duration as short as it can be said: `300 us`, `1.5 ms`, `2 s`. */
export function spellDuration(micros: Micros): string {
  const size = Math.abs(micros);
  if (size >= 1_000_000) return `${trimmed(micros / 1_000_000)} s`;
  return size >= 1_000 ? `${trimmed(micros / 1_000)} ms` : `${micros} us`;
}

const trimmed = (number: number): string => String(Number(number.toFixed(3)));
