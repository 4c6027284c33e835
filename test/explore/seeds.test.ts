/** What is a seed, and which seeds a campaign runs. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { freshSeed, parseSeed, SeedError, seedAt } from '../../src/explore/seeds.ts';

const first = (text: string): string => seedAt(parseSeed(text), 0);
const third = (text: string): string => seedAt(parseSeed(text), 2);

test('an integer counts up, whatever its length', () => {
  expect(third('17')).toBe('19');
  expect(third('0')).toBe('2');
  expect(third('9007199254740993')).toBe('9007199254740995');
});

test('a hexadecimal integer is the same seed as its decimal form', () => {
  expect(first('0x2a')).toBe('42');
  expect(first('0XFF')).toBe('255');
});

test('a word, such as a commit hash, gives seeds that are words again', () => {
  expect(first('4dd91e2')).toBe('4dd91e2');
  expect(third('4dd91e2')).toBe('4dd91e2+2');
  expect(third('release-1.2')).toBe('release-1.2+2');
});

test('each seed of a campaign can be given on its own', () => {
  const words = fc.stringMatching(/^[a-z0-9][a-z0-9.+_-]{0,20}$/);
  fc.assert(
    fc.property(fc.oneof(words, fc.nat().map(String)), fc.nat(5_000), (text, index) => {
      const seed = seedAt(parseSeed(text), index);
      expect(first(seed)).toBe(seed);
    }),
  );
});

test.each(['-5', '', 'two words', 'tab\tbed', 'x'.repeat(201)])(
  '%j is no seed, and the message says what would be',
  (text) => {
    expect(() => parseSeed(text)).toThrow(SeedError);
    try {
      parseSeed(text);
    } catch (error) {
      expect((error as SeedError).hint).toContain('unsigned integer');
    }
  },
);

test('a fresh seed is a short integer', () => {
  expect(seedAt(freshSeed(), 0)).toMatch(/^\d{1,10}$/);
});
