/**
 * How people write quantities in scenario files: `150ms`, `2ms..20ms`, `0.5%`. Each reader answers with the value, or with what is
 * wrong and what would be right.
 */
import type { Distribution } from '../sim/config.ts';
import type { Micros } from '../sim/protocol.ts';

export type Reading<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly wrong: string; readonly hint?: string };

const microsPer: { readonly [unit: string]: number } = {
  us: 1,
  µs: 1,
  ms: 1_000,
  s: 1_000_000,
  m: 60_000_000,
  min: 60_000_000,
  h: 3_600_000_000,
};

export const DURATION_PATTERN = '^(0|[0-9]+(\\.[0-9]+)?(us|µs|ms|s|m|min|h))$';
export const SIGNED_DURATION_PATTERN = '^[+-]?(0|[0-9]+(\\.[0-9]+)?(us|µs|ms|s|m|min|h))$';
export const DURATION_EXPECTED = 'a duration with its unit, e.g. 300us, 150ms or 2s';

const wrong = (sentence: string, hint?: string): Reading<never> =>
  hint === undefined ? { ok: false, wrong: sentence } : { ok: false, wrong: sentence, hint };

/**
 * A duration as text. Bare numbers are refused in files, where their unit would be a guess, and are microseconds in modules,
 * which build them with `ms(150)`.
 */
export function readDuration(input: string | number, numbers: 'refused' | 'micros', signed = false): Reading<Micros> {
  if (typeof input === 'number') return readBareNumber(input, numbers, signed);
  const match = /^([+-]?)(\d+(?:\.\d+)?)\s*([a-zµ]*)$/i.exec(input.trim());
  if (match === null) return wrong(`${JSON.stringify(input)} is not a duration`);
  const [, sign = '', digits = '', unit = ''] = match;
  if (sign === '-' && !signed) return wrong(`${JSON.stringify(input)} is negative`, 'time only runs forward here');
  if (unit === '' && Number(digits) !== 0) return wrong(`${JSON.stringify(input)} has no unit`, suggestUnits(digits));
  const factor = unit === '' ? 1 : microsPer[unit.toLowerCase()];
  if (factor === undefined) {
    return wrong(
      `${JSON.stringify(input)} has an unknown unit ${JSON.stringify(unit)}`,
      'units are us, ms, s, m and h',
    );
  }
  const micros = Math.round(Number(digits) * factor);
  if (!Number.isSafeInteger(micros)) return wrong(`${JSON.stringify(input)} is too long to be counted in microseconds`);
  return { ok: true, value: sign === '-' ? -micros : micros };
}

function readBareNumber(input: number, numbers: 'refused' | 'micros', signed: boolean): Reading<Micros> {
  if (input === 0) return { ok: true, value: 0 };
  if (input < 0 && !signed) return wrong(`${input} is negative`, 'time only runs forward here');
  if (numbers === 'refused') return wrong(`${input} has no unit`, suggestUnits(String(input)));
  if (!Number.isSafeInteger(input)) return wrong(`${input} is not a whole number of microseconds`, 'ms(1.5) makes one');
  return { ok: true, value: input };
}

const suggestUnits = (digits: string): string => `write ${digits}ms or ${digits}s`;

export const PROBABILITY_PATTERN = '^[0-9]+(\\.[0-9]+)?\\s*(%|ppm)$';
export const PROBABILITY_EXPECTED = 'a probability, e.g. 1%, 200ppm or 0.01';

/** A probability as text or as a number from 0 to 1, in parts per million. */
export function readProbability(input: string | number): Reading<number> {
  const ppm = typeof input === 'number' ? input * 1_000_000 : ppmOfText(input);
  if (ppm === undefined) return wrong(`${JSON.stringify(input)} is not a probability`);
  if (ppm < 0) return wrong(`${JSON.stringify(input)} is negative`, 'a probability lies between 0 and 1');
  if (ppm > 1_000_000) return wrong(`${JSON.stringify(input)} is more than 1`, suggestPercent(input));
  return { ok: true, value: Math.round(ppm) };
}

function ppmOfText(input: string): number | undefined {
  const match = /^([+-]?\d+(?:\.\d+)?)\s*(%|ppm|)$/.exec(input.trim());
  if (match === null) return undefined;
  const number = Number(match[1]);
  if (match[2] === '%') return number * 10_000;
  return match[2] === 'ppm' ? number : number * 1_000_000;
}

const suggestPercent = (input: string | number): string =>
  typeof input === 'number' && input <= 100
    ? `for ${input} percent write ${input}%`
    : 'the largest probability is 100%';

export const DISTRIBUTION_EXPECTED =
  'a duration (2ms), a range (1ms..10ms), or a table with a kind: constant, uniform, exponential, log-normal or bimodal';

/** `2ms`, `1ms..10ms`: the two distributions that have a short form. */
export function readDistribution(input: string | number, numbers: 'refused' | 'micros'): Reading<Distribution> {
  const parts = typeof input === 'string' ? input.split('..') : [];
  if (parts.length !== 2) {
    const value = readDuration(input, numbers);
    return value.ok ? { ok: true, value: { kind: 'constant', value: value.value } } : value;
  }
  const [low = '', high = ''] = parts;
  const max = readDuration(high, numbers);
  if (!max.ok) return max;
  // `1..10ms`: the unit of the upper end is meant for both.
  const unit = /[a-zµ]+$/i.exec(high.trim())?.[0] ?? '';
  const min = readDuration(/[a-zµ]$/i.test(low.trim()) ? low : `${low.trim()}${unit}`, numbers);
  if (!min.ok) return min;
  if (min.value > max.value)
    return wrong(`${JSON.stringify(input)} runs backwards`, 'the shorter duration comes first');
  return { ok: true, value: { kind: 'uniform', min: min.value, max: max.value } };
}

/** The shortest way to write a duration: `1.5s`, `150ms`, `300us`. Read back, it is the same number. */
export function writeDuration(micros: Micros): string {
  const size = Math.abs(micros);
  if (size >= 1_000_000 && size % 1_000 === 0) return `${micros / 1_000_000}s`;
  return size >= 1_000 ? `${micros / 1_000}ms` : `${micros}us`;
}
