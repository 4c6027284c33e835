/** What each model calls legal, as one-client stories: the search and the definition both take the model's word for it. */
import { describe, expect, it } from 'vitest';
import { checkLinearizability } from '../../src/check/linearizability.ts';
import { type Model, ModelError } from '../../src/check/model.ts';
import { counterModel } from '../../src/check/models/counter.ts';
import { keyValueModel } from '../../src/check/models/key-value.ts';
import { lockModel } from '../../src/check/models/lock.ts';
import { multiRegisterModel } from '../../src/check/models/multi-register.ts';
import { mutexModel } from '../../src/check/models/mutex.ts';
import { queueModel } from '../../src/check/models/queue.ts';
import { registerModel } from '../../src/check/models/register.ts';
import { setModel } from '../../src/check/models/set.ts';
import type { Operation } from '../../src/sim/history.ts';
import type { Json } from '../../src/sim/plain.ts';

type Exchange = readonly [input: Json, output: Json | undefined];

/** One client, one question after the other; an undefined answer is an unknown outcome. */
function story(exchanges: readonly Exchange[]): Operation[] {
  return exchanges.map(([input, output], index) =>
    output === undefined
      ? { process: 'c', input, outcome: 'unknown', called: 2 * index, returned: Number.POSITIVE_INFINITY }
      : { process: 'c', input, output, outcome: 'ok', called: 2 * index, returned: 2 * index + 1 },
  );
}

function isLegal<State, Input, Output>(model: Model<State, Input, Output>, exchanges: readonly Exchange[]): boolean {
  return checkLinearizability(story(exchanges), model, { strict: true }).verdict === 'linearizable';
}

const done: Json = { ok: true };

describe('lock', () => {
  const acquire = (owner: string): Json => ({ type: 'acquire', owner });
  const release = (owner: string, token?: number): Json => ({
    type: 'release',
    owner,
    ...(token === undefined ? {} : { token }),
  });
  const granted = (token: number): Json => ({ ok: true, token });

  it('is held by one owner at a time, and only the holder can release it', () => {
    expect(
      isLegal(lockModel(), [
        [acquire('p'), done],
        [acquire('q'), { ok: false }],
        [release('p'), done],
      ]),
    ).toBe(true);
    expect(
      isLegal(lockModel(), [
        [acquire('p'), done],
        [acquire('q'), done],
      ]),
    ).toBe(false);
    expect(
      isLegal(lockModel(), [
        [acquire('p'), done],
        [release('q'), done],
      ]),
    ).toBe(false);
    expect(isLegal(lockModel(), [[acquire('p'), { ok: false }]])).toBe(false);
  });

  it('gives every grant a higher token than all before', () => {
    const twice = (second: number): readonly Exchange[] => [
      [acquire('p'), granted(5)],
      [release('p', 5), done],
      [acquire('q'), granted(second)],
    ];
    expect(isLegal(lockModel(), twice(6))).toBe(true);
    expect(isLegal(lockModel(), twice(9))).toBe(true);
    expect(isLegal(lockModel(), twice(5))).toBe(false);
    expect(isLegal(lockModel(), twice(4))).toBe(false);
  });

  it('counts a grant nobody heard of: its token lies between the ones known', () => {
    const around = (last: number): readonly Exchange[] => [
      [acquire('p'), granted(5)],
      [release('p'), done],
      [acquire('q'), undefined],
      [{ type: 'expire', owner: 'q' }, done],
      [acquire('r'), granted(last)],
    ];
    expect(isLegal(lockModel(), around(7))).toBe(true);
    expect(isLegal(lockModel(), around(6))).toBe(false);
  });

  it('does not let a stale token renew or release', () => {
    const stale: readonly Exchange[] = [
      [acquire('p'), granted(1)],
      [{ type: 'expire', owner: 'p', token: 1 }, done],
      [acquire('p'), granted(2)],
    ];
    expect(isLegal(lockModel(), [...stale, [release('p', 1), { ok: false }]])).toBe(true);
    expect(isLegal(lockModel(), [...stale, [release('p', 1), done]])).toBe(false);
    expect(isLegal(lockModel(), [...stale, [{ type: 'renew', owner: 'p', token: 2 }, { ok: false }]])).toBe(false);
  });

  it('tells who holds it', () => {
    expect(
      isLegal(lockModel(), [
        [acquire('p'), granted(3)],
        [{ type: 'query' }, { owner: 'p', token: 3 }],
      ]),
    ).toBe(true);
    expect(
      isLegal(lockModel(), [
        [acquire('p'), granted(3)],
        [{ type: 'query' }, { owner: 'p', token: 2 }],
      ]),
    ).toBe(false);
    expect(
      isLegal(lockModel(), [
        [acquire('p'), granted(3)],
        [{ type: 'query' }, { owner: null }],
      ]),
    ).toBe(false);
  });

  it('is judged lock by lock', () => {
    const acquireOf = (key: string): Json => ({ type: 'acquire', owner: 'p', key });
    expect(
      isLegal(lockModel(), [
        [acquireOf('a'), done],
        [acquireOf('b'), done],
      ]),
    ).toBe(true);
  });
});

describe('mutex', () => {
  it('is acquired when free, released when held', () => {
    expect(
      isLegal(mutexModel(), [
        [{ type: 'acquire' }, done],
        [{ type: 'release' }, done],
      ]),
    ).toBe(true);
    expect(isLegal(mutexModel(), [[{ type: 'release' }, done]])).toBe(false);
    expect(isLegal(mutexModel('held'), [[{ type: 'release' }, done]])).toBe(true);
    expect(
      isLegal(mutexModel(), [
        [{ type: 'acquire' }, done],
        [{ type: 'acquire' }, { ok: false }],
      ]),
    ).toBe(true);
    expect(isLegal(mutexModel(), [[{ type: 'acquire' }, { ok: false }]])).toBe(false);
  });
});

describe('queue', () => {
  const put = (value: Json): Exchange => [{ type: 'enqueue', value }, done];
  const take = (value: Json): Exchange => [{ type: 'dequeue' }, { value }];
  const empty: Exchange = [{ type: 'dequeue' }, { empty: true }];

  it('gives back in the order it was given, and says when it is empty', () => {
    expect(isLegal(queueModel(), [empty, put(1), put(2), take(1), take(2), empty])).toBe(true);
    expect(isLegal(queueModel(), [put(1), put(2), take(2)])).toBe(false);
    expect(isLegal(queueModel(), [put(1), empty])).toBe(false);
    expect(isLegal(queueModel(), [take(1)])).toBe(false);
    expect(isLegal(queueModel(), [put(1), take(1), take(1)])).toBe(false);
    expect(isLegal(queueModel([7]), [take(7), empty])).toBe(true);
  });

  it('may have lost its head to a dequeue that was never answered', () => {
    const lost: Exchange = [{ type: 'dequeue' }, undefined];
    expect(isLegal(queueModel(), [put(1), put(2), lost, take(2)])).toBe(true);
    expect(isLegal(queueModel(), [put(1), put(2), put(3), lost, take(3)])).toBe(false);
  });
});

describe('set', () => {
  const add = (value: Json): Exchange => [{ type: 'add', value }, done];
  const read = (...value: Json[]): Exchange => [{ type: 'read' }, { value }];

  it('holds each element once, in no order', () => {
    expect(isLegal(setModel(), [add(2), add(1), add(2), read(1, 2)])).toBe(true);
    expect(isLegal(setModel(), [add(1), read(1, 1)])).toBe(false);
    expect(isLegal(setModel(), [add(1), read()])).toBe(false);
    expect(isLegal(setModel(), [add(1), [{ type: 'remove', value: 1 }, done], read()])).toBe(true);
    expect(isLegal(setModel(), [add('1'), [{ type: 'contains', value: 1 }, { value: false }]])).toBe(true);
  });

  it('may tell whether it changed', () => {
    expect(isLegal(setModel(), [add(1), [{ type: 'add', value: 1 }, { changed: true }]])).toBe(false);
    expect(isLegal(setModel(), [add(1), [{ type: 'remove', value: 1 }, { changed: true }]])).toBe(true);
    expect(isLegal(setModel(), [[{ type: 'remove', value: 1 }, { changed: true }]])).toBe(false);
  });
});

describe('counter', () => {
  it('counts', () => {
    const add: Json = { type: 'add', amount: 3 };
    expect(
      isLegal(counterModel(), [
        [add, done],
        [{ type: 'add' }, { value: 4 }],
        [{ type: 'read' }, { value: 4 }],
      ]),
    ).toBe(true);
    expect(
      isLegal(counterModel(), [
        [add, done],
        [{ type: 'read' }, { value: 0 }],
      ]),
    ).toBe(false);
    expect(isLegal(counterModel(1), [[add, { value: 3 }]])).toBe(false);
  });
});

describe('registers written together', () => {
  const txn = (...steps: Json[]): Json => ({ type: 'txn', steps });
  const write = (key: string, value: Json): Json => ({ type: 'write', key, value });
  const read = (key: string): Json => ({ type: 'read', key });

  it('applies the steps in order, at one instant', () => {
    const both = txn(write('x', 1), read('x'), write('x', 2));
    expect(isLegal(multiRegisterModel(), [[both, { results: [done, { value: 1 }, done] }]])).toBe(true);
    expect(isLegal(multiRegisterModel(), [[both, { results: [done, { value: 2 }, done] }]])).toBe(false);
    expect(
      isLegal(multiRegisterModel({ y: 5 }), [
        [txn(read('x'), read('y')), { results: [{ value: null }, { value: 5 }] }],
      ]),
    ).toBe(true);
    expect(isLegal(multiRegisterModel({ y: 5 }), [[txn(read('y')), { results: [{ value: null }] }]])).toBe(false);
    expect(isLegal(multiRegisterModel({ y: 5 }), [[txn(read('y')), { results: [{}] }]])).toBe(true);
  });
});

describe('strings that are appended to', () => {
  const append: Json = { type: 'append', key: 'k', value: 'b' };
  const read: Json = { type: 'read', key: 'k' };

  it('adds at the end; nothing counts as an empty string; a write starts anew', () => {
    expect(
      isLegal(keyValueModel(), [
        [append, done],
        [append, done],
        [read, { value: 'bb' }],
      ]),
    ).toBe(true);
    const write: Json = { type: 'write', key: 'k', value: 'a' };
    expect(
      isLegal(keyValueModel(''), [
        [append, done],
        [write, done],
        [append, done],
        [read, { value: 'ab' }],
      ]),
    ).toBe(true);
    expect(
      isLegal(keyValueModel(''), [
        [append, done],
        [write, done],
        [append, done],
        [read, { value: 'bab' }],
      ]),
    ).toBe(false);
  });

  it('refuses to append to a number', () => {
    expect(() =>
      isLegal(keyValueModel(1), [
        [read, { value: 1 }],
        [append, done],
      ]),
    ).toThrow(ModelError);
  });
});

describe('values', () => {
  it('are compared as data: lists and objects too, numbers apart from strings', () => {
    const write = (value: Json): Exchange => [{ type: 'write', value }, done];
    const read = (value: Json): Exchange => [{ type: 'read' }, { value }];
    expect(isLegal(registerModel(), [write({ a: 1, b: [2] }), read({ b: [2], a: 1 })])).toBe(true);
    expect(isLegal(registerModel(), [write(1), read('1')])).toBe(false);
    expect(isLegal(registerModel(), [write([1]), read([1, 1])])).toBe(false);
  });
});
