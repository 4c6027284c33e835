import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NodeSpec } from '../../src/sim/config.ts';
import { Digest, hashString, SharedSite } from '../../src/sim/digest.ts';
import type { Fault } from '../../src/sim/faults.ts';
import { canonicalText } from '../../src/sim/plain.ts';
import { actor, type Step, tell } from '../toys/kernel-actor.ts';
import { nodes, runOf, specOf } from '../toys/kernel-spec.ts';

const digestOf = (value: unknown): string => {
  const digest = new Digest();
  digest.value(value);
  return digest.toString();
};

const aKey = fc.oneof(
  fc.constantFrom('a', 'b', 'type', 'term', 'toString', 'constructor', '__proto__', 'hasOwnProperty', 'quote"d', 'ä'),
  fc.string({ maxLength: 4 }),
);
const aLeaf = fc.oneof(
  fc.integer({ min: -10, max: 10 }),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 7, 8, 23, 2 ** 31, 2 ** 32, 2 ** 53, 1.5),
  fc.boolean(),
  fc.constant(null),
  fc.constantFrom('', 'a', 'x', 'null'),
  fc.string({ maxLength: 6 }),
);
const { value: aValue } = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, aLeaf, tie('array'), tie('object')),
  array: fc.array(tie('value'), { maxLength: 4 }),
  object: fc.dictionary(aKey, tie('value'), { maxKeys: 5 }),
}));
const aMessage = fc
  .tuple(fc.constantFrom('Vote', 'Append', 'x'), fc.dictionary(aKey, aValue, { maxKeys: 5 }))
  .map(([type, fields]) => ({ ...fields, type }));

/** The same data with its keys in another order. */
function turned(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(turned);
  const entries = Object.entries(value).map(([key, item]) => [key, turned(item)] as const);
  const copy: { [key: string]: unknown } = {};
  for (const [key, item] of entries.reverse())
    Object.defineProperty(copy, key, { value: item, enumerable: true, configurable: true, writable: true });
  return copy;
}

const text = (value: unknown): string => canonicalText(value).replaceAll('-0', '0');

describe('a digest', () => {
  it('is equal for equal data, whatever the order of keys and whatever was hashed before', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(aValue, aMessage), { minLength: 1, maxLength: 8 }), (values) => {
        const first = values.map(digestOf);
        expect([...values].reverse().map(turned).map(digestOf).reverse()).toEqual(first);
      }),
      { numRuns: 2_000 },
    );
  });

  it('differs for different data: every field matters', () => {
    fc.assert(
      fc.property(fc.oneof(aValue, aMessage), fc.oneof(aValue, aMessage), (one, other) => {
        fc.pre(text(one) !== text(other));
        expect(digestOf(one)).not.toBe(digestOf(other));
      }),
      { numRuns: 5_000 },
    );
  });

  it('differs when one leaf of a message differs', () => {
    const smallLeaves = [
      0,
      1,
      2,
      3,
      4,
      5,
      6,
      7,
      8,
      -1,
      0.5,
      null,
      true,
      false,
      '',
      'a',
      [],
      {},
      [[]],
      [{}],
      [0],
      { a: 0 },
    ];
    const digests = smallLeaves.map((leaf) => digestOf({ type: 'leaf', before: 1, leaf, zafter: 2 }));
    expect(new Set(digests).size).toBe(smallLeaves.length);
    const bare = smallLeaves.map(digestOf);
    expect(new Set(bare).size).toBe(smallLeaves.length);
  });

  it('hashes messages of one type and other shapes alike, be they the first seen or the hundredth', () => {
    const shapes = Array.from({ length: 60 }, (_, i) =>
      Object.fromEntries([
        ['type', 'many-shapes'],
        ...Array.from({ length: i % 7 }, (_, k) => [`k${(k * 31 + i) % 50}`, i]),
      ]),
    );
    const before = shapes.map(digestOf);
    expect(shapes.map(turned).map(digestOf)).toEqual(before);
    expect(new Set(before).size).toBe(new Set(shapes.map(canonicalText)).size);
  });

  it('does not take what every object inherits for a field', () => {
    digestOf({ type: 'inherits', toString: 1 });
    const fields = { type: 'inherits', plain: 1 };
    const before = digestOf(fields);
    expect(digestOf({ type: 'inherits', toString: 2 })).not.toBe(before);
    expect(digestOf(turned(fields))).toBe(before);
  });

  it('tells a missing field from one that is undefined', () => {
    const missing = digestOf({ type: 'undefined', a: 1 });
    const present = digestOf({ type: 'undefined', a: 1, b: undefined });
    expect(present).not.toBe(missing);
    expect(digestOf({ b: undefined, a: 1, type: 'undefined' })).toBe(present);
    expect(digestOf({ type: 'undefined', a: 1, c: undefined })).not.toBe(present);
  });

  it('depends on the order of what it has seen', () => {
    fc.assert(
      fc.property(aValue, aValue, (one, other) => {
        fc.pre(text(one) !== text(other));
        expect(digestOf([one, other])).not.toBe(digestOf([other, one]));
      }),
    );
  });

  it('takes four words at once as one by one', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 4, maxLength: 4 }), ([a, b, c, d]) => {
        const together = new Digest();
        together.words(a as number, b as number, c as number, d as number);
        const apart = new Digest();
        for (const word of [a, b, c, d]) apart.word(word as number);
        expect(together.toString()).toBe(apart.toString());
        together.word(7);
        apart.word(7);
        expect(together.toString()).toBe(apart.toString());
      }),
    );
  });

  it('takes an object that comes again as it took it first, and another one as what it is', () => {
    fc.assert(
      fc.property(
        fc.array(aMessage, { minLength: 1, maxLength: 3 }),
        fc.array(fc.nat(2), { maxLength: 8 }),
        (few, order) => {
          const site = new SharedSite();
          const shared = new Digest();
          const plain = new Digest();
          for (const place of order) {
            const message = few[place % few.length] as { readonly type: string };
            shared.sharedAt(site, message);
            plain.object(message);
          }
          expect(shared.toString()).toBe(plain.toString());
        },
      ),
    );
  });

  it('goes on where it was saved', () => {
    const digest = new Digest();
    digest.value({ a: [1, 2, 'x'] });
    const other = new Digest();
    other.load(digest.save());
    digest.value('next');
    other.value('next');
    expect(other.toString()).toBe(digest.toString());
    expect(digest.toString()).toMatch(/^[0-9a-f]{16}$/);
  });

  it('remembers the hashes of strings without mixing them up', () => {
    const texts = Array.from({ length: 50_000 }, (_, i) => `string ${i}`);
    const hashes = texts.map(hashString);
    expect(texts.map(hashString)).toEqual(hashes);
    expect(new Set(hashes).size).toBeGreaterThan(49_990);
  });
});

describe('the digest of a run', () => {
  const digestWith = (faults: readonly Fault[], seed = 'digest'): string =>
    runOf(specOf({ seed, nodes: nodes('actor', 3), faults }), { actor }).simulation.digest();
  /** What n1 does when it boots: options are not digested, so only its effects tell. */
  const doing = (...steps: Step[]): string => {
    const [first, ...others] = nodes('actor', 3);
    const boot = [{ do: 'put', record: 'r', value: 0 }, ...steps];
    const spec = specOf({ nodes: [{ ...(first as NodeSpec), options: { boot } }, ...others] });
    return runOf(spec, { actor }).simulation.digest();
  };

  it('differs with every field of every effect', () => {
    const runs = [
      doing(),
      doing({ do: 'send', to: 'n2', text: 'a' }),
      doing({ do: 'send', to: 'n3', text: 'a' }),
      doing({ do: 'send', to: 'n2', text: 'b' }),
      doing({ do: 'send', to: 'n2', text: 'a' }, { do: 'send', to: 'n2', text: 'a' }),
      doing({ do: 'send', to: 'n2', text: 'a' }, { do: 'send', to: 'n2', text: 'b' }),
      doing({ do: 'send', to: 'n2', text: 'a' }, { do: 'send', to: 'n2', text: 'c' }),
      doing({ do: 'append', log: 'r', entry: { a: 1 } }, { do: 'append', log: 's', entry: { a: 1 } }),
      doing({ do: 'append', log: 'r', entry: { a: 1 } }, { do: 'append', log: 's', entry: { a: 2 } }),
      doing({ do: 'put', record: 'r', value: 1 }),
      doing({ do: 'put', record: 's', value: 1 }),
      doing({ do: 'put', record: 'r', value: 2 }),
      doing({ do: 'append', log: 'r', entry: 1 }),
      doing({ do: 'append', log: 's', entry: 1 }),
      doing({ do: 'append', log: 'r', entry: 2 }),
      doing({ do: 'replace', log: 'r', first: 1, entries: [1] }),
      doing({ do: 'replace', log: 'r', first: 2, entries: [1] }),
      doing({ do: 'replace', log: 'r', first: 1, entries: [2] }),
      doing({ do: 'truncate', log: 'r', index: 1 }),
      doing({ do: 'drop-prefix', log: 'r', index: 1 }),
      doing({ do: 'sync' }),
      doing({ do: 'sync-later' }),
      doing({ do: 'sync-later', data: 1 }),
      doing({ do: 'sync-later', data: 2 }),
      doing({ do: 'timer', delay: 9_000_000 }),
      doing({ do: 'timer', delay: 9_000_001 }),
      doing({ do: 'timer', delay: 9_000_000, key: 'k' }),
      doing({ do: 'cancel' }),
      doing({ do: 'cancel', key: 'k' }),
      doing({ do: 'note', text: 'n' }),
      doing({ do: 'note', text: 'm' }),
      doing({ do: 'note', text: 'n', data: 1 }),
      doing({ do: 'halt' }),
    ];
    expect(new Set(runs).size).toBe(runs.length);
  });

  it('differs with every field of every fault', () => {
    const busy = [tell('n1', 4_000, { do: 'send', to: 'n2', text: 'a' }, { do: 'put', record: 'r', value: 1 })];
    const faults: Fault[] = [
      { kind: 'crash', node: 'n1', at: 5_000 },
      { kind: 'crash', node: 'n2', at: 5_000 },
      { kind: 'crash', node: 'n1', at: 5_001 },
      { kind: 'crash', node: 'n1', at: 5_000, unsynced: 'all' },
      { kind: 'crash', node: 'n1', at: 3_000, effect: 1 },
      { kind: 'crash', node: 'n1', at: 5_000, for: 10 },
      { kind: 'pause', node: 'n1', at: 5_000, for: 10 },
      { kind: 'pause', node: 'n1', at: 5_000, for: 11 },
      { kind: 'cut', from: ['n1'], to: ['n2'], at: 5_000 },
      { kind: 'cut', from: ['n1'], to: ['n3'], at: 5_000 },
      { kind: 'clog', from: ['n1'], to: ['n2'], at: 5_000 },
      { kind: 'isolate', node: 'n1', at: 5_000 },
      { kind: 'isolate', node: 'n1', at: 5_000, direction: 'inbound' },
      { kind: 'clock-step', node: 'n1', at: 5_000, by: 1 },
      { kind: 'clock-step', node: 'n1', at: 5_000, by: 2 },
      { kind: 'clock-rate', node: 'n1', at: 5_000, ppm: 1 },
      { kind: 'slow-disk', node: 'n1', at: 5_000, latency: 1 },
      { kind: 'sync-error', node: 'n1', at: 5_000 },
      { kind: 'noise', at: 5_000, lossPpm: 1 },
      { kind: 'join', at: 5_000, node: 'n4', role: 'actor' },
      { kind: 'restart', at: 5_000, node: 'n1' },
    ];
    const runs = [digestWith(busy), ...faults.map((fault) => digestWith([...busy, fault]))];
    expect(new Set(runs).size).toBe(runs.length);
  });

  it('does not depend on the seed where nothing was drawn, and does where something was', () => {
    const quiet = [tell('n1', 1_000, { do: 'send', to: 'n2', text: 'a' })];
    expect(digestWith(quiet, 'one')).toBe(digestWith(quiet, 'two'));
    const drawing = [tell('n1', 1_000, { do: 'draw', bound: 1_000_000 }, { do: 'timer', delay: 5 })];
    expect(digestWith(drawing, 'one')).toBe(digestWith(drawing, 'two'));
  });
});
