import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readDistribution, readDuration, readProbability, writeDuration } from '../../src/scenario/values.ts';

describe('a duration', () => {
  test.each([
    ['300us', 300],
    ['150ms', 150_000],
    ['1.5ms', 1_500],
    ['2s', 2_000_000],
    ['2m', 120_000_000],
    ['1h', 3_600_000_000],
    ['0', 0],
    [0, 0],
  ])('%s is %d microseconds', (text, micros) => {
    expect(readDuration(text, 'refused')).toEqual({ ok: true, value: micros });
  });

  test.each([
    ['-5s', 'is negative'],
    ['150', 'has no unit'],
    [150, 'has no unit'],
    ['5 weeks', 'unknown unit'],
    ['soon', 'is not a duration'],
    ['', 'is not a duration'],
    ['9999999999999999h', 'too long'],
  ])('%j is refused: %s', (text, reason) => {
    const reading = readDuration(text, 'refused');
    expect(reading.ok).toBe(false);
    expect(reading).toMatchObject({ wrong: expect.stringContaining(reason) });
  });

  test('may run backwards where a clock is stepped', () => {
    expect(readDuration('-500ms', 'refused', true)).toEqual({ ok: true, value: -500_000 });
  });

  test('is a number of microseconds in a module, where ms(150) made it', () => {
    expect(readDuration(150_000, 'micros')).toEqual({ ok: true, value: 150_000 });
    expect(readDuration(1.5, 'micros').ok).toBe(false);
  });

  test('is read back as the same number, however it is written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000_000_000 }), (micros) => {
        expect(readDuration(writeDuration(micros), 'refused')).toEqual({ ok: true, value: micros });
      }),
    );
  });
});

describe('a probability', () => {
  test.each([
    ['1%', 10_000],
    ['0.5%', 5_000],
    ['200ppm', 200],
    [0.01, 10_000],
    [1, 1_000_000],
    ['0', 0],
  ])('%s is %d parts per million', (text, ppm) => {
    expect(readProbability(text)).toEqual({ ok: true, value: ppm });
  });

  test('of 5 is taken for a percentage that lacks its sign', () => {
    expect(readProbability(5)).toMatchObject({ ok: false, hint: 'for 5 percent write 5%' });
  });

  test.each(['often', '-1%', '101%', ''])('%j is refused', (text) => {
    expect(readProbability(text).ok).toBe(false);
  });
});

describe('a distribution in short', () => {
  test('one duration is constant', () => {
    expect(readDistribution('2ms', 'refused')).toEqual({ ok: true, value: { kind: 'constant', value: 2_000 } });
  });

  test('two are a range, and the unit of the second will do for both', () => {
    const range = { ok: true, value: { kind: 'uniform', min: 1_000, max: 10_000 } };
    expect(readDistribution('1ms..10ms', 'refused')).toEqual(range);
    expect(readDistribution('1..10ms', 'refused')).toEqual(range);
  });

  test('does not run backwards', () => {
    expect(readDistribution('10ms..1ms', 'refused')).toMatchObject({ ok: false, wrong: '"10ms..1ms" runs backwards' });
  });
});
