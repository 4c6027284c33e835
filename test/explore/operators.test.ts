/** What people do to nodes in trouble is drawn too: seldom, where the protocol says what there is to do, and unless a scenario says otherwise. */
import { describe, expect, test } from 'vitest';
import type { Protocol } from '../../src/check/protocol.ts';
import { execute } from '../../src/explore/execute.ts';
import { planSource } from '../../src/explore/generate.ts';
import { observeVocabulary } from '../../src/explore/probe.ts';
import { twoPhaseCommit } from '../../src/protocols/two-phase-commit/two-phase-commit.ts';
import type { Plan } from '../../src/scenario/plan.ts';
import { readPlan } from '../../src/scenario/plan-schema.ts';
import { bareScenario, type Scenario } from '../../src/scenario/scenario.ts';
import type { Fault } from '../../src/sim/faults.ts';
import { protocol as register } from '../toys/quorum-register.ts';

const bare = bareScenario('toy', 'a toy', './toy.js');
const operated: Protocol = {
  ...register,
  operatorActions: [
    { type: 'resize', noted: 'retried', weight: 3, arguments: { to: { kind: 'integer', min: 2, max: 4 } } },
    { type: 'wipe', noted: 'gaveUp' },
  ],
};

type Action = Extract<Fault, { readonly kind: 'admin' }>;

function plans(chaos: Scenario['chaos'], count: number, of = operated): readonly Plan[] {
  const source = planSource(of, { ...bare, chaos: { ...bare.chaos, ...chaos } });
  return Array.from({ length: count }, (_, index) => source.plan(`p${index}`));
}

const actionsIn = ({ faults }: Plan): readonly Action[] =>
  faults.filter((fault): fault is Action => fault.kind === 'admin');

const share = (drawn: readonly Plan[]): number =>
  drawn.filter((plan) => actionsIn(plan).length > 0).length / drawn.length;

describe('an operator', () => {
  const drawn = plans({}, 600);
  const actions = drawn.flatMap(actionsIn);

  test('acts in few runs, at whoever has just told of the trouble, before it is calm', () => {
    expect(share(drawn)).toBeGreaterThan(0.07);
    expect(share(drawn)).toBeLessThan(0.18);
    for (const plan of drawn) {
      for (const { node, at = -1, when, action } of actionsIn(plan)) {
        const noted = action.type === 'resize' ? 'retried' : 'gaveUp';
        expect(node).toEqual({ noted });
        expect(when).toMatchObject({ note: noted });
        expect(at).toBeGreaterThanOrEqual(0);
        expect(at).toBeLessThan(plan.calm?.at ?? plan.limits.until);
      }
      expect(readPlan(plan)).toMatchObject({ ok: true });
    }
  });

  test('does what the protocol says, the likelier the heavier, with arguments like those of operations', () => {
    const resized = actions.filter(({ action }) => action.type === 'resize');
    expect(resized.length).toBeGreaterThan(1.5 * (actions.length - resized.length));
    expect(resized.length).toBeLessThan(actions.length);
    for (const { action } of resized) expect([2, 3, 4]).toContain(action.to);
  });

  test('does nothing to a protocol that has nothing for him to do, nor where a scenario forbids it', () => {
    expect(share(plans({}, 200, register))).toBe(0);
    expect(share(plans({ faults: ['crash'] }, 200))).toBe(0);
    expect(share(plans({ weights: { admin: 0 } }, 200))).toBe(0);
    expect(share(plans({ faultsMax: 0 }, 200))).toBe(0);
    expect(share(plans({ profile: 'none' }, 200))).toBe(0);
  });

  test('acts in all runs where a scenario asks for it', () => {
    const wanted = plans({ faults: ['crash', 'admin'] }, 100);
    // Those of which the calm has come before are not begun.
    expect(share(wanted)).toBeGreaterThan(0.8);
  });

  test('and all that befalls a run are no more than a scenario allows', () => {
    for (const faultsMax of [1, 2, 5]) {
      const few = plans({ faultsMax, weights: { admin: 1 } }, 100);
      expect(Math.max(...few.map(({ faults }) => faults.length))).toBe(faultsMax);
      expect(share(few)).toBeGreaterThan(0.8);
    }
  });

  test('is at the node that is in doubt when he decides', () => {
    const scenario: Scenario = {
      ...bare,
      protocol: 'two-phase-commit',
      chaos: { ...bare.chaos, weights: { admin: 1 } },
    };
    const source = planSource(twoPhaseCommit, scenario, observeVocabulary(twoPhaseCommit, scenario));
    let decided = 0;
    for (let seed = 0; seed < 60; seed++) {
      const { verdict, statistics } = execute(twoPhaseCommit, source.plan(`${seed}`));
      expect(verdict).toBe('passed');
      if ((statistics.notes.heuristicDecision ?? 0) > 0) decided++;
    }
    expect(decided).toBeGreaterThan(16);
  });
});
