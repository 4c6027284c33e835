/** Why a history is not linearizable: what is blamed, how far orders get, what is cut away, how it looks. */
import { describe, expect, it, vi } from 'vitest';
import { explainLinearizability } from '../../src/check/explain-linearizability.ts';
import type { Explanation } from '../../src/check/linearizability/explain.ts';
import { explanationSvg } from '../../src/check/linearizability/explanation-svg.ts';
import { explanationLines } from '../../src/check/linearizability/explanation-text.ts';
import { checkLinearizability } from '../../src/check/linearizability.ts';
import type { Model } from '../../src/check/model.ts';
import { mutexModel } from '../../src/check/models/mutex.ts';
import { registerModel } from '../../src/check/models/register.ts';
import { objectModel } from '../../src/check/object-models.ts';
import type { Operation } from '../../src/sim/history.ts';
import type { Json } from '../../src/sim/plain.ts';
import { isLinearizableByDefinition } from './brute-force.ts';
import { drawFrom, randomHistory } from './random-history.ts';
import { filesOf, readObjectHistory } from './recorded.ts';
import { casRegister } from './workloads.ts';

// The machine may have other things to do.
vi.setConfig({ testTimeout: 180_000 });

function ok(process: string, called: number, returned: number, input: Json, output: Json): Operation {
  return { process, called, returned, input, output, outcome: 'ok' };
}

const write = (value: Json): Json => ({ type: 'write', value });
const read: Json = { type: 'read' };
const done: Json = { ok: true };

/** b reads what a's second write had replaced, among much that has nothing to do with it. */
const STALE: readonly Operation[] = [
  ok('c', 0, 1, read, { value: null }),
  ok('a', 2, 5, write(1), done),
  ok('c', 3, 7, read, { value: 1 }),
  ok('a', 8, 9, write(2), done),
  { process: 'd', called: 10, returned: Number.POSITIVE_INFINITY, input: write(7), outcome: 'unknown' },
  ok('b', 11, 12, read, { value: 1 }),
  ok('a', 13, 14, write(3), done),
];

function explain<State, Input, Output>(history: readonly Operation[], model: Model<State, Input, Output>): Explanation {
  const explanation = explainLinearizability(history, model, checkLinearizability(history, model));
  if (explanation === undefined) throw new Error('nothing to explain');
  return explanation;
}

describe('a stale read', () => {
  const explanation = explain(STALE, registerModel());

  it('is blamed, with the orders that get to it and what they leave', () => {
    expect(explanation.blame).toBe(5);
    expect(explanation.orders.map(({ state }) => state)).toEqual(['2']);
    expect(explanation.orders[0]?.steps.map(({ operation }) => operation)).toEqual([0, 1, 2, 3]);
  });

  it('is refused because the register holds something else; the pending write can come, but does not help', () => {
    expect(explanation.orders[0]?.refused).toEqual([
      { operation: 5, why: 'impossible' },
      { operation: 4, why: 'useless' },
    ]);
  });

  it('is cut down to the two writes and the read', () => {
    expect(explanation.minimal).toEqual([1, 3, 5]);
  });

  it('is told in lines', () => {
    expect(explanationLines(explanation, STALE, registerModel(), { ascii: true })).toEqual([
      'no order of the operations gets past the return of',
      '  b  read 1',
      '  called at 11, returned at 12',
      '',
      'The longest order has 4 of 7 operations:',
      '   1  c  read null            then: null',
      '   2  a  write 1              then: 1',
      '   3  c  read 1               then: 1',
      '   4  a  write 2              then: 2',
      'Nothing can come next, with 2:',
      '      b  read 1               impossible',
      '      d  write 7 (no answer)  possible, but nothing gets past it from there',
      '',
      'These fail by themselves, 3 of 7 operations:',
      '  a  write 1  |---|',
      '  a  write 2          |---|',
      '  b  read 1                   |---| <- here',
    ]);
  });

  it('is drawn: a bar an operation, the blamed one and the unanswered one set off', () => {
    const svg = explanationSvg(explanation, STALE, registerModel(), { marks: [{ at: 6, text: 'n1 <crashes>' }] });
    const count = (text: string): number => svg.split(text).length - 1;
    expect(count('<rect class="bar')).toBe(7);
    expect(count('class="bar blamed')).toBe(1);
    expect(count('class="bar unknown')).toBe(1);
    expect(count('<circle class="dot"')).toBe(4);
    expect(svg).toContain('<title>b: read 1; called at 11, returned at 12</title>');
    expect(svg).toContain(
      'd: write 7 (no answer); called at 10, no answer: it may take effect at any later time, or never',
    );
    expect(svg).toContain('n1 &lt;crashes&gt;');
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });
});

describe('remarks', () => {
  it('say that nobody had written what was read', () => {
    const history = [ok('a', 0, 1, read, { value: 9 }), ok('b', 2, 3, write(9), done)];
    expect(explain(history, registerModel()).remark).toBe('nobody had written 9');
    expect(explain(STALE, registerModel()).remark).toBeUndefined();
  });
});

describe('what is cut away', () => {
  it('leaves two holders of one lock, not hundreds of operations', () => {
    const history = readObjectHistory('knossos', 'mutex__etcd.json');
    const { minimal } = explain(history.operations, mutexModel());
    const inputs = minimal.map((index) => history.operations[index]?.input);
    expect(inputs).toEqual([{ type: 'acquire' }, { type: 'acquire' }]);
  });

  it('fails by itself and is small, for recorded histories of all kinds', () => {
    const files = ['porcupine', 'knossos'].flatMap((folder) =>
      filesOf(folder)
        .filter((file) => /etcd_0[0-3]|mut\.json|-bad/.test(file))
        .map((file) => [folder, file] as const),
    );
    expect(files.length).toBeGreaterThan(20);
    for (const [folder, file] of files) {
      const history = readObjectHistory(folder, file);
      const model = objectModel(history);
      const result = checkLinearizability(history.operations, model);
      if (result.verdict !== 'illegal') continue;
      const explanation = explainLinearizability(history.operations, model, result) as Explanation;
      expect(explanation.blame).toBe(result.worst?.blame);
      expect(explanation.minimal).toContain(explanation.blame);
      expect(explanation.minimal.length).toBeLessThanOrEqual(8);
      const kept = explanation.minimal.map((index) => history.operations[index] as Operation);
      expect(checkLinearizability(kept, model).verdict).toBe('illegal');
    }
  });

  it('still fails by the definition, for random histories', () => {
    let explained = 0;
    for (let seed = 0; seed < 3_000; seed++) {
      const shape = { operations: 7, processes: 3, wrongPercent: 20, unknownPercent: 15, failPercent: 5 };
      const history = randomHistory(drawFrom(seed), casRegister, shape);
      const result = checkLinearizability(history, casRegister.model);
      if (result.verdict !== 'illegal') continue;
      explained++;
      const explanation = explainLinearizability(history, casRegister.model, result) as Explanation;
      const kept = explanation.minimal.map((index) => history[index] as Operation);
      expect(isLinearizableByDefinition(kept, casRegister.model)).toBe(false);
      for (const order of explanation.orders) {
        expectOrderIsLegal(history, order.steps);
        expectOrderGetsTo(history, order.steps, explanation.blame);
      }
    }
    expect(explained).toBeGreaterThan(500);
  });
});

/** Every step follows from the one before, and no operation comes before one that had returned when it was called. */
function expectOrderIsLegal(history: readonly Operation[], steps: Explanation['orders'][number]['steps']): void {
  const { model } = casRegister;
  let states: readonly unknown[] = [model.initial];
  for (const [place, { operation }] of steps.entries()) {
    const { input, output, called } = history[operation] as Operation;
    states = states.flatMap((state) => model.step(state, input, output));
    expect(states).not.toEqual([]);
    const later = steps.slice(place + 1).map((step) => history[step.operation] as Operation);
    for (const other of later) expect(other.returned).toBeGreaterThan(called);
  }
}

/** Everything that returned before the blamed operation is in the order. */
function expectOrderGetsTo(
  history: readonly Operation[],
  steps: Explanation['orders'][number]['steps'],
  blame: number,
): void {
  const ordered = new Set(steps.map(({ operation }) => operation));
  const until = (history[blame] as Operation).returned;
  for (const [index, { outcome, returned }] of history.entries()) {
    if (outcome === 'ok' && returned < until) expect(ordered).toContain(index);
  }
  expect(ordered).not.toContain(blame);
}
