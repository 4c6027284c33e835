import { expect, test } from 'vitest';
import { counted, grouped, labelled, rounded, spellSeconds, tally } from '../../src/report/words.ts';

test('numbers are grouped, whatever the locale', () => {
  expect([0, 999, 1_000, 1_234_567, 1234.5].map(grouped)).toEqual(['0', '999', '1,000', '1,234,567', '1,234.5']);
});

test('large numbers are rounded to three digits', () => {
  expect([0, 9.876, 950, 1_234, 999_499, 4_500_000].map(rounded)).toEqual([
    '0',
    '9.88',
    '950',
    '1.23 k',
    '999 k',
    '4.5 M',
  ]);
});

test('one is not many', () => {
  expect([counted(1, 'run'), counted(2, 'run'), counted(0, 'run')]).toEqual(['1 run', '2 runs', '0 runs']);
});

test('a tally begins with the largest and leaves out what never was', () => {
  expect(tally({ a: 1, b: 3, c: 0, d: 1 })).toBe('b 3, a 1, d 1');
});

test('seconds', () => {
  expect([0.0851, 2.449, 61.23].map(spellSeconds)).toEqual(['85 ms', '2.45 s', '61.2 s']);
});

test('a long text stays in its column', () => {
  expect(labelled('faults', 'one two three', 8, 20)).toEqual(['  faults   one two', '           three']);
});
