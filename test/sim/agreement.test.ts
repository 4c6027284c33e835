import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Agreement } from '../../src/sim/agreement.ts';
import { clone, deepFreeze, samePlain, whyNotPlain } from '../../src/sim/plain.ts';

const aPlain = fc.jsonValue({ maxDepth: 4 }).filter((value) => whyNotPlain(value) === undefined);
const agree = (first: unknown, second: unknown): boolean => new Agreement().holds([first], [second]);

describe('two states agree', () => {
  it('where they are the same plain data, and only there', () => {
    fc.assert(
      fc.property(aPlain, aPlain, (one, other) => {
        expect(agree({ one }, clone({ one }))).toBe(true);
        expect(agree({ one }, clone({ one: other }))).toBe(samePlain(one, other) && sameOrder(one, other));
      }),
    );
  });

  it('not where a leaf differs, wherever it is', () => {
    const state = { term: 1, log: [{ term: 1 }, { term: 2 }], next: { n2: [0, 5] } };
    const changes: ((copy: typeof state) => void)[] = [
      (copy) => copy.term++,
      (copy) => copy.log.pop(),
      (copy) => copy.log.push({ term: 3 }),
      (copy) => Object.assign(copy.log[1] as object, { term: 3 }),
      (copy) => Object.assign(copy.next, { n3: [] }),
      (copy) => copy.next.n2.splice(0, 1, -0),
      (copy) => Object.assign(copy, { next: null }),
      (copy) => Object.assign(copy, { log: { ...copy.log } }),
    ];
    for (const change of changes) {
      const copy = clone(state);
      change(copy);
      expect(agree(state, copy), change.toString()).toBe(false);
      expect(agree(copy, state), change.toString()).toBe(false);
    }
  });

  it.each([
    ['a Map', new Map()],
    ['a class', new (class Term {})()],
    ['undefined', undefined],
    ['NaN', Number.NaN],
    ['a function', () => 1],
    ['an integer-like key', { '7': 1 }],
    ['a hole', Object.assign(new Array(3), { 0: 1, 2: 3 })],
    ['a frozen object of loose ones', Object.freeze({ members: [] })],
  ])('not where they hold %s, which is not plain', (_what, any) => {
    expect(agree({ any }, { any })).toBe(false);
    expect(agree({ any }, { any: Array.isArray(any) ? any.slice() : any })).toBe(false);
  });
});

describe('the second state is no copy of the first', () => {
  it('where they share what may be changed', () => {
    const shared = { n: 1 };
    expect(agree({ shared }, { shared })).toBe(false);
    expect(agree({ shared: deepFreeze({ n: 1 }) }, { shared: deepFreeze({ n: 1 }) })).toBe(true);
  });

  it('where the first has two names for one thing', () => {
    const one = [1];
    expect(agree({ one, two: one }, { one: [1], two: [1] })).toBe(false);
    const entry = deepFreeze({ term: 1 });
    expect(agree({ log: [entry], last: entry }, { log: [entry], last: entry })).toBe(true);
  });

  it('where its keys are in another order, or its objects have no prototype', () => {
    expect(agree({ a: 1, b: 2 }, { b: 2, a: 1 })).toBe(false);
    const bare = (): object => Object.assign(Object.create(null), { a: 1 });
    expect(agree({ bare: bare() }, { bare: bare() })).toBe(false);
  });

  it('where it is frozen and the first is not', () => {
    expect(agree({ list: [1] }, { list: Object.freeze([1]) })).toBe(false);
  });
});

it('what is frozen in the first takes the place of its like in the second', () => {
  const entry = deepFreeze({ term: 1 });
  const second = { log: [{ term: 1 }], last: { term: 1 } };
  expect(agree({ log: [entry], last: entry }, second)).toBe(true);
  expect(second.log[0]).toBe(entry);
  expect(second.last).toBe(entry);
});

/** Whether keys come in the same order. */
const sameOrder = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

describe('what a long list held is remembered', () => {
  type List = { log: unknown[] };
  const entry = (term: number): unknown => deepFreeze({ term });
  const start = (): List => ({ log: Array.from({ length: 100 }, (_, i) => entry(i)) });

  const one = entry(1);
  const other = entry(2);
  const ignored = (): undefined => undefined;
  const loose = { term: 7 };
  const put =
    (item: unknown) =>
    ({ log }: List): void => {
      log[7] = item;
    };
  const append = ({ log }: List): void => void log.push(one);
  const both =
    (change: (list: List) => void) =>
    (first: List, second: List): void => {
      change(first);
      change(second);
    };
  const changes: readonly (readonly [string, (first: List, second: List) => void])[] = [
    ['nothing happens', () => undefined],
    ['both append the same', both(append)],
    ['one appends', append],
    ['both cut', both(({ log }) => void log.splice(40))],
    ['one is cut', (_, { log }) => void log.pop()],
    ['both have another', both(put(other))],
    ['one has another', put(other)],
    ['the other has its like', (_, second) => put(clone({ term: 7 }))(second)],
    ['both have a hole', both(({ log }) => void delete log[7])],
    ['both have what is not plain', both(put(ignored))],
    ['they share what may be changed', both(put(loose))],
    ['both have a zero', both(put(0))],
    ['one zero is negative', (_, second) => put(-0)(second)],
  ];

  it('and no verdict is another for it', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: changes.length - 1 }), { maxLength: 12 }), (steps) => {
        const remembering = new Agreement();
        let [first, second] = [start(), start()];
        for (const step of steps) {
          const [what, change] = changes[step] as (typeof changes)[number];
          change(first, second);
          const verdict = new Agreement().holds([first], [{ log: second.log.slice() }]);
          expect(remembering.holds([first], [second]), what).toBe(verdict);
          if (!verdict) [first, second] = [start(), start()];
        }
      }),
    );
  });
});
