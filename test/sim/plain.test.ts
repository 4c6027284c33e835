import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  byText,
  canonicalText,
  clone,
  deepFreeze,
  findNotPlain,
  isPlain,
  samePlain,
  whyNotPlain,
} from '../../src/sim/plain.ts';

const aPlain = fc.jsonValue({ maxDepth: 4 }).filter((value) => whyNotPlain(value) === undefined);

describe('a clone', () => {
  it('equals its original and shares nothing that can change', () => {
    fc.assert(
      fc.property(aPlain, (value) => {
        const copy = clone(value);
        expect(copy).toEqual(value);
        expect(canonicalText(copy)).toBe(canonicalText(value));
        expect(sharedObjects(copy, value)).toBe(0);
      }),
    );
  });

  it('shares what is frozen, for it cannot change', () => {
    const entries = deepFreeze([{ term: 1 }, { term: 2 }]);
    const state = { log: entries, next: { n2: 3 } };
    const copy = clone(state);
    expect(copy.log).toBe(entries);
    expect(copy.next).not.toBe(state.next);
  });

  it('copies Maps, Sets and typed arrays, as properties remember them', () => {
    const memory = {
      seen: new Map([['a', { votes: [1] }]]),
      events: new Set([{ n: 1 }]),
      match: new Int32Array([1, 2]),
    };
    const copy = clone(memory);
    expect(copy).toEqual(memory);
    memory.seen.get('a')?.votes.push(2);
    for (const item of memory.events) item.n = 9;
    memory.match[0] = 9;
    expect(copy.seen.get('a')?.votes).toEqual([1]);
    expect([...copy.events]).toEqual([{ n: 1 }]);
    expect([...copy.match]).toEqual([1, 2]);
  });

  it('copies a frozen Map, which freezing does not protect', () => {
    const memory = Object.freeze(new Map([['a', 1]]));
    const copy = clone(memory);
    memory.set('a', 2);
    expect(copy.get('a')).toBe(1);
  });
});

/** How many objects that are not frozen occur in both. */
function sharedObjects(one: unknown, other: unknown): number {
  const objects = new Set<unknown>();
  visit(other, (object) => objects.add(object));
  let shared = 0;
  visit(one, (object) => {
    if (objects.has(object)) shared++;
  });
  return shared;
}
function visit(value: unknown, found: (object: object) => void): void {
  if (typeof value !== 'object' || value === null) return;
  found(value);
  for (const item of Object.values(value)) visit(item, found);
}

describe('freezing', () => {
  it('reaches everything', () => {
    fc.assert(
      fc.property(aPlain, (value) => {
        let loose = 0;
        visit(deepFreeze(clone(value)), (object) => {
          if (!Object.isFrozen(object)) loose++;
        });
        expect(loose).toBe(0);
      }),
    );
  });
});

describe('plain data', () => {
  it('is what JSON can say', () => {
    fc.assert(
      fc.property(aPlain, (value) => {
        expect(whyNotPlain(JSON.parse(JSON.stringify(value)))).toBeUndefined();
      }),
    );
    expect(whyNotPlain(Object.assign(Object.create(null), { a: 1 }))).toBeUndefined();
  });

  class Counter {
    count = 0;
  }
  const cyclic: { self?: unknown; list: unknown[] } = { list: [] };
  cyclic.list.push({ deep: cyclic });
  const withHole = [1, 2, 3];
  delete withHole[1];

  it.each([
    ['a Map', { votes: new Map() }, 'votes: an instance of Map is not plain data (use objects and arrays)'],
    ['a Set', { a: [{ b: new Set() }] }, 'a[0].b: an instance of Set is not plain data (use objects and arrays)'],
    ['a class', new Counter(), 'the value itself: an instance of Counter is not plain data (use objects and arrays)'],
    ['a Date', { at: new Date(0) }, 'at: an instance of Date is not plain data (use objects and arrays)'],
    [
      'a typed array',
      { a: new Int32Array(1) },
      'a: an instance of Int32Array is not plain data (use objects and arrays)',
    ],
    ['a promise', { a: Promise.resolve() }, 'a: an instance of Promise is not plain data (use objects and arrays)'],
    ['undefined', { leader: undefined }, 'leader: undefined is not plain data (use null, or leave the key out)'],
    ['a function', { run: () => 1 }, 'run: a function is not plain data'],
    ['a symbol', [Symbol('x')], '[0]: a symbol is not plain data'],
    ['a bigint', { a: { b: 1n } }, 'a.b: a bigint is not plain data'],
    ['not a number', { a: [0, Number.NaN] }, 'a[1]: NaN is not a finite number'],
    ['infinity', Number.POSITIVE_INFINITY, 'the value itself: Infinity is not a finite number'],
    ['a hole', { list: withHole }, 'list: the array has a hole at 1'],
    [
      'an integer-like key',
      { byIndex: { '10': 'a' } },
      'byIndex: the key "10" looks like an integer; such keys are enumerated out of order (use an array, or a key like "k10")',
    ],
    [
      'a cycle',
      cyclic,
      'list[0].deep.list[0].deep.list[0].deep.l...: nested more than 200 deep; does it contain itself?',
    ],
    ['a prototype', JSON.parse('{"a":{"__proto__":{}}}'), 'a: the key "__proto__" means an object\'s prototype'],
  ])('is not %s', (_what, value, why) => {
    expect(whyNotPlain(value)).toBe(why);
  });

  it('may have keys that only look a little like integers', () => {
    expect(whyNotPlain({ '01': 1, '-1': 1, '1.5': 1, '1e3': 1, n1: 1, '': 1 })).toBeUndefined();
  });

  it('may mention one object twice: that is no cycle', () => {
    const entry = { term: 1 };
    expect(whyNotPlain({ log: [entry, entry], last: entry })).toBeUndefined();
  });

  it('is not what is frozen at the top and loose below, for snapshots share what is frozen', () => {
    expect(whyNotPlain({ config: Object.freeze({ members: ['n1'] }) })).toBe(
      'config: it is frozen, but what it holds at members is not (freeze it throughout, or not at all)',
    );
    expect(whyNotPlain(Object.freeze({ members: Object.freeze(['n1']) }))).toBeUndefined();
  });
});

describe('the canonical text', () => {
  it('is equal exactly for equal data', () => {
    const turned = (value: unknown): unknown =>
      typeof value !== 'object' || value === null
        ? value
        : Array.isArray(value)
          ? value.map(turned)
          : Object.fromEntries(
              Object.entries(value)
                .reverse()
                .map(([key, item]) => [key, turned(item)]),
            );
    fc.assert(
      fc.property(aPlain, aPlain, (one, other) => {
        expect(canonicalText(turned(one))).toBe(canonicalText(one));
        expect(samePlain(one, turned(one))).toBe(true);
        expect(samePlain(one, other)).toBe(canonicalText(one) === canonicalText(other));
        expect(canonicalText(one) === canonicalText(other)).toBe(
          JSON.stringify(sorted(one)) === JSON.stringify(sorted(other)),
        );
      }),
    );
  });

  it('orders by code units, not by a locale', () => {
    expect(['b', 'a', 'B', 'ä', 'Z'].sort(byText)).toEqual(['B', 'Z', 'a', 'b', 'ä']);
  });
});

const sorted = (value: unknown): unknown =>
  typeof value !== 'object' || value === null
    ? value
    : Array.isArray(value)
      ? value.map(sorted)
      : {
          fields: Object.entries(value)
            .sort(([a], [b]) => byText(a, b))
            .map(([key, item]) => [key, sorted(item)]),
        };

describe('the fast walk and the one in words', () => {
  class Point {
    readonly x = 1;
  }
  const odd = fc.constantFrom<() => unknown>(
    () => -0,
    () => Number.NaN,
    () => Number.POSITIVE_INFINITY,
    () => undefined,
    () => 1n,
    () => Symbol('s'),
    () => () => 1,
    () => new Point(),
    () => new Map([['a', 1]]),
    () => new Set([1]),
    () => new Date(0),
    () => /x/,
    () => new Uint8Array(2),
    () => new Number(1),
    () => Object.create(null),
    () => Object.create({ inherited: 1 }),
    () => Object.create(Object.create(null)),
    () => new Array(2),
    // biome-ignore lint/suspicious/noSparseArray: holes are what this is about.
    () => [1, , 2],
    () => [undefined],
    () => Object.assign([1], { extra: () => 1 }),
    () => ({ [Symbol('key')]: () => 1, a: 1 }),
    () => Object.defineProperty({ a: 1 }, 'hidden', { value: () => 1, enumerable: false }),
    () => ({
      get read() {
        return { fresh: 1 };
      },
    }),
    () => ({
      get read() {
        return () => 1;
      },
    }),
    () => JSON.parse('{"__proto__":1}'),
    () => ({ 7: 'a' }),
    () => ({ '07': 'a', '-1': 'b', '1.5': 'c' }),
    () => Object.freeze({ loose: {} }),
    () => Object.freeze([[]]),
    () => Object.freeze(new Map([['a', {}]])),
    () => Object.freeze(new Point()),
    () => {
      const cycle: unknown[] = [];
      cycle.push(cycle);
      return cycle;
    },
    () => {
      const cycle: { self?: unknown } = {};
      cycle.self = { in: [cycle] };
      return Object.freeze(cycle);
    },
  );
  const freezing = fc.constantFrom<(value: unknown) => unknown>(
    (value) => value,
    (value) => value,
    (value) => (ArrayBuffer.isView(value) ? value : Object.freeze(value)),
    (value) => frozenThroughout(value),
    // Known from then on.
    (value) => {
      isPlain(value);
      return value;
    },
  );
  const nest = (inner: unknown, depth: number): unknown => {
    let outer = inner;
    for (let i = 0; i < depth; i++) outer = i % 2 === 0 ? [outer] : { in: outer };
    return outer;
  };
  const { shape } = fc.letrec<{ shape: unknown; inner: unknown }>((tie) => ({
    inner: fc.oneof(
      { weight: 6, arbitrary: fc.oneof(fc.string(), fc.integer(), fc.double(), fc.boolean(), fc.constant(null)) },
      { weight: 1, arbitrary: odd.map((make) => make()) },
      { weight: 4, arbitrary: tie('shape') },
    ),
    shape: fc
      .tuple(
        fc.oneof(
          fc.array(tie('inner'), { maxLength: 4 }),
          fc.dictionary(fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom('a', 'b', '0', '12')), tie('inner'), {
            maxKeys: 4,
            noNullPrototype: false,
          }),
          odd.map((make) => make()),
        ),
        freezing,
        fc.oneof(
          { weight: 20, arbitrary: fc.constant(0) },
          { weight: 1, arbitrary: fc.integer({ max: 210, min: 100 }) },
        ),
      )
      .map(([value, freeze, depth]) => freeze(nest(value, depth))),
  }));

  it('agree about every shape: one finds nothing exactly where the other says yes', () => {
    const seen = { plain: 0, other: 0 };
    fc.assert(
      fc.property(shape, (value) => {
        // The words first: what was found plain is known from then on, to both.
        const found = findNotPlain(value);
        const plain = isPlain(value);
        seen[plain ? 'plain' : 'other']++;
        expect([plain, found]).toEqual(plain ? [true, undefined] : [false, expect.any(String)]);
        expect(whyNotPlain(value)).toBe(found);
      }),
      { numRuns: 3_000 },
    );
    expect(Math.min(seen.plain, seen.other)).toBeGreaterThan(300);
  });

  it('agree about frozen data that is known, however deep it stands', () => {
    const known = deepFreeze(nest({ term: 1 }, 150));
    expect(isPlain(known)).toBe(true);
    const deep = nest(known, 150);
    expect([isPlain(deep), findNotPlain(deep)]).toEqual([true, undefined]);
    // What is wrong is told, not how deep the rest of it is.
    expect(findNotPlain([deep, () => 1])).toBe('[1]: a function is not plain data');
  });
});

function frozenThroughout(value: unknown, seen = new Set<unknown>()): unknown {
  if (typeof value !== 'object' || value === null || seen.has(value) || ArrayBuffer.isView(value)) return value;
  seen.add(value);
  for (const key of Object.keys(value)) frozenThroughout((value as { [key: string]: unknown })[key], seen);
  return Object.freeze(value);
}
