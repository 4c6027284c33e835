import { describe, expect, it } from 'vitest';
import { checkLinearizability } from '../../src/check/linearizability.ts';
import { type Model, ModelError } from '../../src/check/model.ts';
import { keyValueModel } from '../../src/check/models/key-value.ts';
import { casRegisterModel, registerModel } from '../../src/check/models/register.ts';
import type { Operation } from '../../src/sim/history.ts';
import type { Json } from '../../src/sim/plain.ts';
import { drawFrom, randomHistory, type Shape } from './random-history.ts';
import { keyValue } from './workloads.ts';

function ok(process: string, called: number, returned: number, input: Json, output: Json): Operation {
  return { process, called, returned, input, output, outcome: 'ok' };
}

function unknown(process: string, called: number, input: Json): Operation {
  return { process, called, returned: Number.POSITIVE_INFINITY, input, outcome: 'unknown' };
}

const write = (value: Json): Json => ({ type: 'write', value });
const read: Json = { type: 'read' };
const done: Json = { ok: true };

describe('linearizability of a register', () => {
  it('accepts a read that sees a write that overlaps it', () => {
    const history = [ok('a', 0, 3, write(1), done), ok('b', 1, 2, read, { value: 1 })];
    expect(checkLinearizability(history, registerModel()).verdict).toBe('linearizable');
  });

  it('refuses a read that misses a write that returned before it, and blames that read', () => {
    const history = [
      ok('a', 0, 1, write(1), done),
      ok('b', 2, 3, read, { value: null }),
      ok('c', 4, 5, read, { value: 1 }),
    ];
    const result = checkLinearizability(history, registerModel());
    expect(result.verdict).toBe('illegal');
    expect(result.worst?.blame).toBe(1);
  });

  it('refuses two reads that see two writes in opposite orders', () => {
    const history = [
      ok('a', 0, 10, write(1), done),
      ok('b', 1, 11, write(2), done),
      ok('c', 2, 3, read, { value: 1 }),
      ok('c', 4, 5, read, { value: 2 }),
      ok('c', 6, 7, read, { value: 1 }),
    ];
    expect(checkLinearizability(history, registerModel())).toMatchObject({ verdict: 'illegal', worst: { blame: 4 } });
  });

  it('lets a write with unknown outcome happen at any later time, or never', () => {
    const lateWrite = [unknown('a', 0, write(1)), ok('b', 1, 2, read, { value: null })];
    expect(checkLinearizability(lateWrite, registerModel()).verdict).toBe('linearizable');
    const seen = [...lateWrite, ok('b', 3, 4, read, { value: 1 })];
    expect(checkLinearizability(seen, registerModel()).verdict).toBe('linearizable');
    const unseen = [...seen, ok('b', 5, 6, read, { value: null })];
    expect(checkLinearizability(unseen, registerModel())).toMatchObject({ verdict: 'illegal', worst: { blame: 3 } });
  });

  it('lets a write happen once only, whatever its outcome', () => {
    const history = [
      unknown('a', 0, write(1)),
      ok('b', 1, 2, write(2), done),
      ok('b', 3, 4, read, { value: 1 }),
      ok('b', 5, 6, write(3), done),
      ok('b', 7, 8, read, { value: 1 }),
    ];
    expect(checkLinearizability(history, registerModel())).toMatchObject({ verdict: 'illegal', worst: { blame: 4 } });
  });

  it('ignores an operation that is known not to have happened', () => {
    const failed: Operation = { process: 'a', called: 0, returned: 1, input: write(1), outcome: 'fail' };
    const history = [failed, ok('b', 2, 3, read, { value: 1 })];
    expect(checkLinearizability(history, registerModel())).toMatchObject({ verdict: 'illegal', operations: 1 });
  });

  it('takes a refused compare-and-set for a fact: the register was something else', () => {
    const cas: Json = { type: 'cas', expect: 1, value: 2 };
    const refused = [ok('a', 0, 1, write(1), done), ok('b', 2, 3, cas, { ok: false })];
    expect(checkLinearizability(refused, casRegisterModel()).verdict).toBe('illegal');
    const overlapped = [...refused, unknown('c', 2.5, write(7))];
    expect(checkLinearizability(overlapped, casRegisterModel()).verdict).toBe('linearizable');
  });

  it('treats operations that touch at one instant as overlapping', () => {
    const history = [ok('a', 0, 1, write(1), done), ok('b', 1, 2, read, { value: null })];
    expect(checkLinearizability(history, registerModel()).verdict).toBe('linearizable');
  });

  it('says that nothing was judged when nothing was', () => {
    expect(checkLinearizability([], registerModel())).toMatchObject({ verdict: 'linearizable', operations: 0 });
  });
});

describe('partition by key', () => {
  const stale = (key: string, at: number): Operation[] => [
    ok(`${key}1`, at, at + 1, { type: 'write', key, value: 1 }, done),
    ok(`${key}1`, at + 2, at + 3, { type: 'read', key }, { value: null }),
  ];

  it('judges each key apart and names the illegal one', () => {
    const fine = ok('x', 0, 1, { type: 'write', key: 'a', value: 1 }, done);
    const result = checkLinearizability([fine, ...stale('b', 10)], keyValueModel(), { judgeAll: true });
    expect(result.verdict).toBe('illegal');
    expect(result.parts.map(({ key, verdict }) => [key, verdict])).toEqual([
      ['a', 'linearizable'],
      ['b', 'illegal'],
    ]);
    expect(result.worst).toMatchObject({ key: 'b', blame: 2 });
  });

  it('starts with the key whose broken operation returned first when several are broken', () => {
    const history = [...stale('a', 10), ...stale('b', 0)];
    expect(checkLinearizability(history, keyValueModel(), { judgeAll: true }).worst).toMatchObject({ key: 'b' });
  });

  it('finds a cheap illegal key behind an expensive one', () => {
    const hopeless = hardHistory(14).map((operation) => ({
      ...operation,
      input: { ...(operation.input as object), key: 'a' },
    }));
    const history = [...hopeless, ...stale('b', 1000)];
    const result = checkLinearizability(history, keyValueModel(), { budget: 5_000, searchOnly: true });
    expect(result.verdict).toBe('illegal');
    expect(result.worst?.key).toBe('b');
  });
});

/** Many different writes at once, then a read of a value that nobody wrote: every order of the writes has to be tried. */
function hardHistory(writers: number): Operation[] {
  const writes = Array.from({ length: writers }, (_, n) => ok(`w${n}`, n, 100 + n, write(n), done));
  const reads = Array.from({ length: writers }, (_, n) => ok(`r${n}`, n + 0.5, 100 + n + 0.5, read, { value: n }));
  return [...writes, ...reads, ok('late', 50, 60, read, { value: 'never' })];
}

describe('an answer that is impossible by itself', () => {
  it('is blamed without trying all orders of what came before', () => {
    const spoilt = hardHistory(60).map((one) => ({ ...one, input: repeated(one.input), output: repeated(one.output) }));
    const result = checkLinearizability(spoilt, registerModel());
    expect(result.verdict).toBe('illegal');
    expect(result.nodes).toBeLessThan(1_000);
    expect(spoilt[result.worst?.blame as number]?.process).toBe('late');
    expect(checkLinearizability(spoilt, registerModel(), { searchOnly: true, budget: 20_000 }).verdict).toBe('unknown');
  });

  it('is not blamed when no order got past something before it', () => {
    const stale = [ok('a', 0, 1, write(1), done), ok('a', 2, 3, write(1), done), ok('b', 4, 5, read, { value: null })];
    const history = [...stale, ok('c', 6, 7, read, { value: 9 })];
    expect(checkLinearizability(history, registerModel()).worst?.blame).toBe(2);
  });

  /** Ten values, so that nothing is written once only. */
  function repeated(data: Json | undefined): Json {
    const { value, ...rest } = data as { readonly value?: Json };
    return typeof value === 'number' ? { ...rest, value: value % 10 } : (data as Json);
  }
});

describe('budget', () => {
  it('bounds the work, not only the nodes, where hundreds of operations are pending', () => {
    const pending = Array.from({ length: 300 }, (_, n) => unknown(`u${n}`, 0, write(n)));
    const writes = Array.from({ length: 20 }, (_, n) => ok('w', 2 * n + 0.5, 2 * n + 2.5, write(1000 + n), done));
    const reads = Array.from({ length: 20 }, (_, n) => ok('r', 2 * n + 1, 2 * n + 2, read, { value: 7 * n }));
    const history = [...pending, ...writes, ...reads, ok('r', 100, 101, read, { value: 'never' })];
    const result = checkLinearizability(history, registerModel(), { searchOnly: true, budget: 20_000 });
    expect(result.verdict).toBe('unknown');
    // Each node is compared with hundreds of others.
    expect(result.nodes).toBeLessThan(5_000);
  });

  it('answers unknown when it runs out, and says how far the search got', () => {
    const result = checkLinearizability(hardHistory(14), registerModel(), { budget: 100, searchOnly: true });
    expect(result).toMatchObject({ verdict: 'unknown', nodes: 100 });
    expect(result.worst?.blame).toBe(28);
  });

  it('gives the same verdict, effort and blame every time', () => {
    const draw = drawFrom(7);
    const shape: Shape = { operations: 60, processes: 6, wrongPercent: 3, unknownPercent: 10, failPercent: 5 };
    for (let round = 0; round < 50; round++) {
      const history = randomHistory(draw, keyValue, shape);
      const first = checkLinearizability(history, keyValueModel());
      expect(checkLinearizability(history, keyValueModel())).toEqual(first);
      expect(checkLinearizability(structuredClone(history), keyValueModel())).toEqual(first);
    }
  });
});

describe("a user's own model", () => {
  /** A die: rolling it may answer any face, and leaves that face up. */
  const die: Model<number, { readonly type: 'roll' | 'look' }, { readonly face?: number }> = {
    name: 'die',
    initial: 1,
    step(face, input, output) {
      if (input.type === 'look') return output?.face === undefined || output.face === face ? [face] : [];
      return output?.face === undefined ? [1, 2, 3] : [output.face];
    },
  };

  it('may let the object choose among several next states', () => {
    const roll = unknown('a', 0, { type: 'roll' });
    const look = (at: number, face: number): Operation => ok('b', at, at + 1, { type: 'look' }, { face });
    expect(checkLinearizability([roll, look(1, 1), look(3, 3)], die).verdict).toBe('linearizable');
    expect(checkLinearizability([roll, look(1, 2), look(3, 3)], die).verdict).toBe('illegal');
    expect(checkLinearizability([roll, look(1, 4)], die).verdict).toBe('illegal');
  });

  it('is refused when it calls an operation an observer that changes the state', () => {
    const lying = { ...die, observes: () => true };
    const history = [ok('a', 0, 1, { type: 'roll' }, { face: 3 })];
    expect(() => checkLinearizability(history, lying)).toThrow(ModelError);
  });

  it('is refused in strict mode when it answers differently each time', () => {
    let rolls = 0;
    const moody: typeof die = { ...die, step: () => [rolls++] };
    const history = [ok('a', 0, 1, { type: 'roll' }, { face: 3 })];
    expect(() => checkLinearizability(history, moody, { strict: true })).toThrow(/two steps .* differ/);
  });

  it('is told about an operation it does not know', () => {
    const history = [ok('a', 0, 1, { type: 'increment' }, done)];
    expect(() => checkLinearizability(history, keyValueModel())).toThrow(/unknown operation type "increment"/);
  });
});
