/** Workloads over few values, so that random histories often collide. */
import { counterModel } from '../../src/check/models/counter.ts';
import { keyValueModel } from '../../src/check/models/key-value.ts';
import { lockModel } from '../../src/check/models/lock.ts';
import { multiRegisterModel } from '../../src/check/models/multi-register.ts';
import { mutexModel } from '../../src/check/models/mutex.ts';
import { queueModel } from '../../src/check/models/queue.ts';
import { casRegisterModel, registerModel } from '../../src/check/models/register.ts';
import { setModel } from '../../src/check/models/set.ts';
import type { Json } from '../../src/sim/plain.ts';
import type { Draw, Workload } from './random-history.ts';

// biome-ignore lint/suspicious/noExplicitAny: a table of workloads whose states, inputs and outputs differ.
type AnyWorkload = Workload<any, any, any>;

const DONE = [{ ok: true }];
const YES_OR_NO = [{ ok: true }, { ok: false }];

interface RegisterQuestion {
  readonly type: string;
  readonly [field: string]: Json;
}

function registerAnswers({ type }: RegisterQuestion): Json[] {
  if (type === 'read') return [null, 1, 2, 3].map((value) => ({ value }));
  return type === 'cas' ? YES_OR_NO : DONE;
}

function registerQuestion(draw: Draw): RegisterQuestion {
  const value = 1 + draw(3);
  if (draw(3) === 0) return { type: 'read' };
  return draw(2) === 0 ? { type: 'write', value } : { type: 'cas', expect: 1 + draw(3), value };
}

const pick = <T>(draw: Draw, items: readonly T[]): T => items[draw(items.length)] as T;

export const casRegister: AnyWorkload = {
  model: casRegisterModel(),
  input: registerQuestion,
  answers: registerAnswers,
};

export const keyValue: AnyWorkload = {
  model: keyValueModel(),
  input: (draw) => ({ ...registerQuestion(draw), key: pick(draw, ['a', 'b']) }),
  answers: registerAnswers,
};

const TEXTS = ['', 'a', 'b', 'aa', 'ab', 'ba', 'bb', 'aab', 'abb'];

export const appendedStrings: AnyWorkload = {
  model: keyValueModel(''),
  input(draw) {
    const key = pick(draw, ['x', 'y']);
    const type = pick(draw, ['read', 'read', 'write', 'append', 'append']);
    return type === 'read' ? { type, key } : { type, key, value: pick(draw, ['a', 'b']) };
  },
  answers: ({ type }) => (type === 'read' ? TEXTS.map((value) => ({ value })) : DONE),
};

export const multiRegister: AnyWorkload = {
  model: multiRegisterModel({ x: 0, y: 0 }),
  input: (draw) => ({
    type: 'txn',
    steps: Array.from({ length: 1 + draw(2) }, () => {
      const key = pick(draw, ['x', 'y']);
      return draw(2) === 0 ? { type: 'read', key } : { type: 'write', key, value: draw(3) };
    }),
  }),
  answers: ({ steps }) =>
    steps
      .reduce(
        (answers: Json[][], { type }: RegisterQuestion) =>
          answers.flatMap((before) =>
            (type === 'read' ? [{ value: 0 }, { value: 1 }, { value: 2 }] : DONE).map((answer) => [...before, answer]),
          ),
        [[]],
      )
      .map((results: Json[]) => ({ results })),
};

export const mutex: AnyWorkload = {
  model: mutexModel(),
  input: (draw) => ({ type: pick(draw, ['acquire', 'release']) }),
  answers: () => YES_OR_NO,
};

export const lock: AnyWorkload = {
  model: lockModel(),
  input(draw) {
    const type = pick(draw, ['acquire', 'acquire', 'release', 'release', 'renew', 'expire', 'query']);
    if (type === 'query') return { type };
    const owner = pick(draw, ['p', 'q']);
    return type === 'acquire' || draw(2) === 0 ? { type, owner } : { type, owner, token: draw(3) };
  },
  answers({ type }) {
    const tokens = [0, 1, 2, 3];
    if (type === 'acquire') return [...YES_OR_NO, ...tokens.map((token) => ({ ok: true, token }))];
    if (type !== 'query') return YES_OR_NO;
    return [{ owner: null }, { owner: 'p' }, { owner: 'q' }, ...tokens.map((token) => ({ owner: 'p', token }))];
  },
};

export const queue: AnyWorkload = {
  model: queueModel(),
  input: (draw) => (draw(2) === 0 ? { type: 'dequeue' } : { type: 'enqueue', value: draw(3) }),
  answers: ({ type }) => (type === 'enqueue' ? DONE : [{ empty: true }, { value: 0 }, { value: 1 }, { value: 2 }]),
};

const SETS = [[], [0], [1], [2], [0, 1], [1, 2], [0, 2], [2, 1, 0]];

export const set: AnyWorkload = {
  model: setModel(),
  input(draw) {
    const type = pick(draw, ['add', 'remove', 'contains', 'read']);
    return type === 'read' ? { type } : { type, value: draw(3) };
  },
  answers({ type }) {
    if (type === 'read') return SETS.map((value) => ({ value }));
    return type === 'contains' ? [{ value: true }, { value: false }] : [...DONE, { changed: true }, { changed: false }];
  },
};

export const setByElement: AnyWorkload = {
  ...set,
  input: (draw) => ({ type: pick(draw, ['add', 'remove', 'contains']), value: draw(2) }),
};

export const counter: AnyWorkload = {
  model: counterModel(),
  input: (draw) => (draw(2) === 0 ? { type: 'read' } : { type: 'add', amount: pick(draw, [1, 2, -1]) }),
  answers: ({ type }) => {
    const values = [-1, 0, 1, 2, 3, 4].map((value) => ({ value }));
    return type === 'read' ? values : [...DONE, ...values];
  },
};

// Every written value is different: the shape that polynomial checks need.

export const uniqueRegister: AnyWorkload = {
  model: registerModel(0),
  input: (draw, ordinal) => (draw(2) === 0 ? { type: 'read' } : { type: 'write', value: ordinal + 1 }),
  answers: ({ type }) => (type === 'read' ? [0, 1, 2, 3, 4, 5, 6, 7].map((value) => ({ value })) : DONE),
};

export const uniqueQueue: AnyWorkload = {
  model: queueModel(),
  input: (draw, ordinal) => (draw(2) === 0 ? { type: 'dequeue' } : { type: 'enqueue', value: ordinal }),
  answers: ({ type }) =>
    type === 'enqueue' ? DONE : [{ empty: true }, ...[0, 1, 2, 3, 4, 5, 6].map((value) => ({ value }))],
};

export const growingSet: AnyWorkload = {
  model: setModel(),
  input: (draw, ordinal) => (draw(2) === 0 ? { type: 'read' } : { type: 'add', value: ordinal % 5 }),
  answers: ({ type }) => {
    if (type === 'add') return DONE;
    return Array.from({ length: 32 }, (_, bits) => ({ value: [0, 1, 2, 3, 4].filter((n) => (bits >> n) & 1) }));
  },
};
