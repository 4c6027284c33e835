import fc from 'fast-check';
import seedrandom from 'seedrandom';
import { describe, expect, it } from 'vitest';
import { derive, Stream, scale } from '../../src/sim/random.ts';

const draws = (stream: Stream, count: number): number[] => Array.from({ length: count }, () => stream.bits());

describe('a random stream', () => {
  it('is the Alea generator of seedrandom, drawn 32 bits at a time', () => {
    const stream = new Stream('test/net/n1>n2/ping');
    const alea = seedrandom.alea('test/net/n1>n2/ping');
    expect(draws(stream, 1_000)).toEqual(Array.from({ length: 1_000 }, () => alea.int32()));
  });

  it('goes on where it was saved, as often as one likes', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(50), (name, before) => {
        const stream = new Stream(name);
        draws(stream, before);
        const state = stream.save();
        const after = draws(stream, 20);
        expect(draws(Stream.restored(state), 20)).toEqual(after);
        expect(draws(Stream.restored(JSON.parse(JSON.stringify(state))), 20)).toEqual(after);
      }),
    );
  });

  it('draws exactly once per method, whatever the arguments', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 1_000_000 }), (name, bound) => {
        const methods: ((stream: Stream) => unknown)[] = [
          (stream) => stream.below(bound),
          (stream) => stream.between(-bound, bound),
          (stream) => stream.chance(bound),
          (stream) => stream.chance(0),
          (stream) => stream.pick(['a', 'b', 'c']),
        ];
        for (const method of methods) {
          const stream = new Stream(name);
          const reference = new Stream(name);
          method(stream);
          reference.bits();
          expect(stream.bits()).toBe(reference.bits());
        }
      }),
    );
  });

  it('stays within its bounds, both of which occur', () => {
    const stream = new Stream('bounds');
    const seen = new Set(Array.from({ length: 2_000 }, () => stream.between(3, 7)));
    expect([...seen].sort()).toEqual([3, 4, 5, 6, 7]);
    expect(scale(0, 10)).toBe(0);
    expect(scale(-1, 10)).toBe(9);
    expect(scale(-1, Number.MAX_SAFE_INTEGER)).toBeLessThan(Number.MAX_SAFE_INTEGER);
  });

  it('refuses bounds that hold nothing', () => {
    const stream = new Stream('refusals');
    expect(() => stream.below(0)).toThrow('below(0): the bound must be at least 1');
    expect(() => stream.below(Number.NaN)).toThrow('below(NaN)');
    expect(() => stream.between(2, 1)).toThrow('between(2, 1): the bounds are the wrong way round');
    expect(() => stream.pick([])).toThrow('pick([])');
  });

  /** Counts of `values` in `cells` equal cells; the statistic of Pearson's test, which for 99 degrees of freedom exceeds 149 once in 1,000. */
  function chiSquare(values: readonly number[], cells = 100): number {
    const counts = Array.from({ length: cells }, () => 0);
    for (const value of values) counts[scale(value, cells)] = (counts[scale(value, cells)] as number) + 1;
    const expected = values.length / cells;
    return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  }

  it('spreads evenly, and so do the first draws of neighbouring seeds and names', () => {
    expect(chiSquare(draws(new Stream('even'), 20_000))).toBeLessThan(149);
    const seeds = Array.from({ length: 20_000 }, (_, i) => new Stream(`${i}/node/n1`).bits());
    expect(chiSquare(seeds)).toBeLessThan(149);
    const links = Array.from({ length: 20_000 }, (_, i) => new Stream(`s/net/n${i >> 7}>n${i & 127}/ping`).bits());
    expect(chiSquare(links)).toBeLessThan(149);
  });

  it('gives one draw many independent concerns', () => {
    const bits = draws(new Stream('concerns'), 20_000);
    for (const concern of [1, 2, 3, 4, 5]) expect(chiSquare(bits.map((one) => derive(one, concern)))).toBeLessThan(149);
    // Lost messages are as often duplicated as others: the concerns do not hang together.
    const lost = bits.filter((one) => scale(derive(one, 2), 100) < 10);
    const alsoCopied = lost.filter((one) => scale(derive(one, 3), 100) < 10).length;
    expect(alsoCopied / lost.length).toBeGreaterThan(0.07);
    expect(alsoCopied / lost.length).toBeLessThan(0.13);
  });
});
