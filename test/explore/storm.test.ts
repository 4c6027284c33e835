/** Storms and late copies: what is drawn apart from all else, where it is allowed. */
import { describe, expect, test } from 'vitest';
import type { Protocol } from '../../src/check/protocol.ts';
import { outsideModel } from '../../src/explore/budget.ts';
import { planSource } from '../../src/explore/generate.ts';
import { threePhaseCommit } from '../../src/protocols/three-phase-commit/three-phase-commit.ts';
import type { Plan } from '../../src/scenario/plan.ts';
import { readPlan } from '../../src/scenario/plan-schema.ts';
import { bareScenario, type Scenario } from '../../src/scenario/scenario.ts';
import type { Fault } from '../../src/sim/faults.ts';
import { protocol } from '../toys/quorum-register.ts';

const bare = bareScenario('toy', 'a toy', './quorum-register.js');

function plans(count: number, changes: Partial<Scenario> = {}, of: Protocol = protocol): readonly Plan[] {
  const source = planSource(of, { ...bare, ...changes });
  return Array.from({ length: count }, (_, index) => source.plan(`s${index}`));
}

const isStormy = ({ faults }: Plan): boolean => faults.length > 0 && faults.every(({ kind }) => kind === 'crash-loop');
const restarts = ({ faults }: Plan): number =>
  faults.reduce((sum, fault) => sum + (fault.kind === 'crash-loop' ? fault.times : 0), 0);

describe('storms', () => {
  const drawn = plans(600);
  const stormy = drawn.filter((plan) => isStormy(plan) && restarts(plan) > 6);

  test('are in about one of ten default runs', () => {
    expect(stormy.length).toBeGreaterThan(30);
    expect(stormy.length).toBeLessThan(100);
  });

  test('have servers restart many times, and messages that outlive them', () => {
    for (const plan of stormy) {
      const { latency, duplicationPpm, fifo } = plan.network;
      expect(latency).toMatchObject({ kind: 'bimodal' });
      expect(duplicationPpm).toBeGreaterThanOrEqual(50_000);
      expect(fifo).toBe(false);
      const roles = new Map(plan.nodes.map(({ id, role }) => [id, role]));
      for (const fault of plan.faults as readonly Extract<Fault, { kind: 'crash-loop' }>[]) {
        expect(roles.get(fault.node as string)).not.toBe('client');
        if (latency.kind === 'bimodal') expect(latency.slowMax).toBeGreaterThan(fault.down);
      }
    }
    expect(Math.max(...stormy.map(restarts))).toBeGreaterThan(15);
  });

  test('are valid plans, and the same again', () => {
    for (const plan of stormy) expect(readPlan(JSON.parse(JSON.stringify(plan)))).toMatchObject({ ok: true });
    expect(plans(600)).toEqual(drawn);
  });

  test.each<[string, Partial<Scenario>, Partial<Protocol['tolerates']>]>([
    ['the scenario says how many faults there are', { chaos: { ...bare.chaos, faultsMax: 5 } }, {}],
    ['it lists others', { chaos: { ...bare.chaos, faults: ['partition'] } }, {}],
    ['it says when', { chaos: { ...bare.chaos, from: 1_000 } }, {}],
    ['it wants a light world', { chaos: { ...bare.chaos, profile: 'light' } }, {}],
    ['the protocol does not survive crashes', {}, { crashes: false }],
    ['it relies on order', {}, { reordering: false }],
    ['it relies on messages being in time', {}, { partitions: false, messageLoss: false }],
  ])('do not come where %s', (_, changes, tolerates) => {
    const of = { ...protocol, tolerates: { ...(protocol.tolerates as object), ...tolerates } } as Protocol;
    const many = plans(200, changes, of).filter((plan) => isStormy(plan) && restarts(plan) > 12);
    expect(many).toEqual([]);
  });

  test('leave the network as the scenario has it', () => {
    const { latency } = { latency: { kind: 'constant', value: 777 } as const };
    for (const { network } of plans(200, { network: { latency } })) expect(network.latency).toEqual(latency);
  });
});

describe('late copies', () => {
  const drawn = plans(400);
  const late = drawn.filter(({ network }) => network.copyLatency !== undefined);

  test('are in many runs in which copies may overtake, and in no others', () => {
    expect(late.length).toBeGreaterThan(60);
    for (const { network, faults } of late) {
      expect(network.fifo).toBe(false);
      expect(network.duplicationPpm > 0 || faults.some((fault) => 'duplicationPpm' in fault)).toBe(true);
    }
  });

  test('are not added where the scenario says how late copies are', () => {
    const copyLatency = { kind: 'constant', value: 5 } as const;
    for (const { network } of plans(100, { network: { copyLatency } }))
      expect(network.copyLatency).toEqual(copyLatency);
  });

  test('are beyond the model of who relies on messages being in time, where there are any', () => {
    const source = planSource(threePhaseCommit, bareScenario('3pc', 'plain', 'three-phase-commit'));
    const plan = { ...source.plan('1'), faults: [] };
    const told = (changes: Partial<Plan['network']>): readonly string[] =>
      outsideModel(threePhaseCommit, { ...plan, network: { ...plan.network, ...changes } });
    const copyLatency = { kind: 'constant', value: 60_000_000 } as const;
    expect(told({ copyLatency, fifo: false, duplicationPpm: 1_000 })).toContain('latency');
    expect(told({ copyLatency, fifo: true, duplicationPpm: 1_000 })).not.toContain('latency');
    expect(told({ copyLatency, fifo: false, duplicationPpm: 0 })).not.toContain('latency');
  });
});
