/** The fault budget: what a protocol does not claim to survive is weakened, counted, and told apart where it is wanted all the same. */
import { describe, expect, test } from 'vitest';
import { always } from '../../src/check/property.ts';
import type { Protocol } from '../../src/check/protocol.ts';
import { budgeted, outsideModel, withinBudget } from '../../src/explore/budget.ts';
import { execute } from '../../src/explore/execute.ts';
import { fuzz } from '../../src/explore/fuzz.ts';
import { planSource } from '../../src/explore/generate.ts';
import type { Plan } from '../../src/scenario/plan.ts';
import { bareScenario, type Scenario } from '../../src/scenario/scenario.ts';
import type { Fault } from '../../src/sim/faults.ts';
import type { Tolerance } from '../../src/sim/protocol.ts';
import { protocol } from '../toys/quorum-register.ts';

const nothing: Tolerance = {
  crashes: false,
  unsyncedLoss: false,
  partitions: false,
  messageLoss: false,
  duplication: false,
  reordering: false,
  pauses: false,
  clockRatePpm: 0,
  clockSteps: false,
};
const claiming = (claims: Partial<Tolerance>): Tolerance => ({ ...nothing, ...claims });
const bare = bareScenario('toy', 'a toy', './quorum-register.js');
const crash: Fault = { kind: 'crash', node: 'n1', at: 5, unsynced: 'prefix', torn: true, empty: true };

describe('a fault', () => {
  test('that is claimed passes the gate as it is, in whatever order its fields are', () => {
    const noise: Fault = { duplicationPpm: 7, kind: 'noise', for: 9, at: 1, lossPpm: 5 };
    expect(withinBudget(noise, claiming({ messageLoss: true, duplication: true }))).toBe(noise);
    const degrade: Fault = { for: 3, capacity: 4, kind: 'degrade', from: ['n1'], to: ['n2'], at: 1 };
    expect(withinBudget(degrade, claiming({ messageLoss: true }))).toBe(degrade);
    const all = claiming({ crashes: true, unsyncedLoss: true, tornWrites: true, emptyRestarts: true });
    expect(withinBudget(crash, all)).toBe(crash);
  });

  test('that is claimed in part is weakened to that part', () => {
    expect(withinBudget(crash, claiming({ crashes: true }))).toEqual({
      ...crash,
      unsynced: 'all',
      torn: false,
      empty: false,
    });
    expect(withinBudget(crash, claiming({ crashes: true, unsyncedLoss: true }))).toEqual({
      ...crash,
      torn: false,
      empty: false,
    });
    const fast: Fault = { kind: 'clock-rate', node: 'n1', at: 1, ppm: -900 };
    expect(withinBudget(fast, claiming({ clockRatePpm: 200 }))).toEqual({ ...fast, ppm: -200 });
    const noise: Fault = { kind: 'noise', at: 1, lossPpm: 5, duplicationPpm: 7 };
    expect(withinBudget(noise, claiming({ duplication: true }))).toEqual({ kind: 'noise', at: 1, duplicationPpm: 7 });
    const stray: Fault = { kind: 'misdirected-write', node: 'n1', at: 1 };
    expect(withinBudget(stray, claiming({ corruption: true }))).toEqual({ kind: 'bit-flip', node: 'n1', at: 1 });
  });

  test('that is not claimed at all is dropped; what operators do never is', () => {
    const unclaimed: readonly Fault[] = [
      { kind: 'partition', groups: [['n1'], ['n2']] },
      { kind: 'filter', messages: ['Vote'] },
      { kind: 'outage', nodes: ['n1'] },
      { kind: 'slow-node', node: 'n1', cost: 5 },
      { kind: 'clock-drift', node: 'n1', ppm: 5, every: 5 },
      { kind: 'clock-step', node: 'n1', by: 5 },
      { kind: 'disk-stall', node: 'n1', for: 5 },
      { kind: 'sync-error', node: 'n1' },
      { kind: 'bit-flip', node: 'n1' },
      { kind: 'noise', lossPpm: 1 },
    ];
    for (const fault of unclaimed) expect([fault.kind, withinBudget(fault, nothing)]).toEqual([fault.kind, undefined]);
    const restart: Fault = { kind: 'restart', node: 'n1' };
    expect(withinBudget(restart, nothing)).toBe(restart);
    expect(
      withinBudget({ kind: 'bit-flip', node: 'n1', silent: true }, claiming({ corruption: true })),
    ).toBeUndefined();
  });

  test('that the gate changed is counted by its kind', () => {
    const pause: Fault = { kind: 'pause', node: 'n1', at: 1, for: 2 };
    const { faults, downgraded } = budgeted([crash, pause, pause, crash], claiming({ crashes: true }));
    expect(faults.map(({ kind }) => kind)).toEqual(['crash', 'crash']);
    expect(downgraded).toEqual({ crash: 2, pause: 2 });
  });
});

describe('a drawn plan', () => {
  const plans = (of: Protocol, scenario: Scenario, count: number): readonly Plan[] => {
    const source = planSource(of, scenario);
    return Array.from({ length: count }, (_, index) => source.plan(`${index}`));
  };

  test('lies within the model, whatever that is', () => {
    for (const claims of [{}, { crashes: true }, { partitions: true, clockRatePpm: 300 }, { duplication: true }]) {
      const modest = { ...protocol, tolerates: claiming(claims) };
      for (const plan of plans(modest, bare, 100)) expect(outsideModel(modest, plan)).toEqual([]);
    }
    for (const plan of plans(protocol, bare, 100)) expect(outsideModel(protocol, plan)).toEqual([]);
  });

  test('lies outside where that is wanted, and says with what', () => {
    const modest = { ...protocol, tolerates: claiming({ crashes: true }) };
    const beyond = plans(modest, { ...bare, chaos: { overBudget: true } }, 100).map((plan) =>
      outsideModel(modest, plan),
    );
    expect(beyond.filter((kinds) => kinds.length > 0).length).toBeGreaterThan(80);
    expect(new Set(beyond.flat())).toContain('partition');
    expect(new Set(beyond.flat())).toContain('clock-step');
  });

  test('outside the model is not judged by what holds within it alone', () => {
    const never = (withinModel: boolean): Protocol['properties'] => [
      always<null>({
        name: 'NO',
        title: 'nothing is sent',
        oracle: 'internal',
        withinModel,
        start: () => null,
        send: () => 'sent',
      }),
    ];
    const [plan] = plans({ ...protocol, tolerates: claiming({}) }, { ...bare, chaos: { profile: 'none' } }, 1) as [
      Plan,
    ];
    const broken = (withinModel: boolean, lossPpm: number): string | undefined => {
      const modest = { ...protocol, tolerates: claiming({}), properties: never(withinModel) };
      return execute(modest, { ...plan, network: { ...plan.network, lossPpm } }).violation?.property;
    };
    expect([broken(true, 0), broken(true, 1)]).toEqual(['NO', undefined]);
    expect([broken(false, 0), broken(false, 1)]).toEqual(['NO', 'NO']);
  });

  test('lies outside where messages or syncs take longer than is assumed, or some are decided upon to', () => {
    // Base timeout 100 ms: a message may take 10 ms, a sync 3.
    const punctual = { ...protocol, tolerates: claiming({ crashes: true }), baseTimeout: () => 100_000 };
    const constant = (value: number): { kind: 'constant'; value: number } => ({ kind: 'constant', value });
    const plan: Plan = { ...planSource(punctual, bare).plan('1'), overrides: [] };
    const such = (latency: number, sync: number, overrides: Plan['overrides'] = []): readonly string[] =>
      outsideModel(punctual, {
        ...plan,
        network: { ...plan.network, latency: constant(latency) },
        disk: { syncLatency: constant(sync) },
        overrides,
      });
    expect(such(10_000, 3_000)).toEqual([]);
    expect(such(10_001, 4_000)).toEqual(['latency', 'sync latency']);
    expect(such(1, 1, [{ message: 'n1>n2/Write#1', latency: 10_001 }])).toEqual(['latency']);
    expect(such(1, 1, [{ message: 'n1>n2/Write#1', drop: true }])).toEqual(['loss']);
  });

  test('damages no more disks than are claimed, and draws whose before the run', () => {
    const brittle = { ...protocol, tolerates: { ...protocol.tolerates, diskErrors: true, corruption: true } };
    let damaged = 0;
    for (const { disk, faults, nodes } of plans(brittle, { ...bare, nodes: { server: 5 } }, 300)) {
      if (disk.damageable === undefined) continue;
      damaged++;
      expect(disk.damageable.length).toBeLessThanOrEqual(2);
      for (const fault of faults)
        if (fault.kind === 'bit-flip' || fault.kind === 'read-error') expect(disk.damageable).toContain(fault.node);
      expect(nodes.length).toBeGreaterThan(5);
    }
    expect(damaged).toBeGreaterThan(4);
  });
});

describe('a finding outside the model', () => {
  /** Breaks whenever a server restarts. */
  const fragile: Protocol = {
    ...protocol,
    tolerates: { ...protocol.tolerates, crashes: false },
    properties: [
      ...protocol.properties,
      always<number[]>({
        name: 'ONCE',
        title: 'a server boots once',
        oracle: 'internal',
        role: 'server',
        start: () => [],
        boot(boots, node) {
          boots[node] = (boots[node] ?? 0) + 1;
          return boots[node] > 1 ? 'a server has restarted' : undefined;
        },
      }),
    ],
  };
  const overBudget: Scenario = { ...bare, chaos: { overBudget: true } };

  test('is labelled, does not end the campaign, and does not fail it', async () => {
    const report = await fuzz(fragile, overBudget, { seed: '2', runs: 60, shrink: false });
    expect(report).toMatchObject({ verdict: 'passed', asExpected: true, runs: 60 });
    const [group] = report.groups;
    expect(group?.signature).toBe('outside model: violated ONCE');
    expect(group?.count).toBeGreaterThan(5);
    expect(group?.first.outsideModel?.join()).toMatch(/crash|outage|sync-error/);
    expect(report.coverage.liveness).toBeUndefined();
  });

  test('does not happen within the budget', async () => {
    const report = await fuzz(fragile, bare, { seed: '1', runs: 60, shrink: false });
    expect(report).toMatchObject({ verdict: 'passed', groups: [] });
  });

  test('is a failure all the same when what is left of it lies within the model', async () => {
    // A restart is an operator's doing: shrunk to it, nothing is left that is not claimed.
    const always = { ...fragile, properties: [...protocol.properties, brokenFromTheStart] };
    const report = await fuzz(always, overBudget, { seed: '1', runs: 3 });
    expect(report).toMatchObject({ verdict: 'violated', asExpected: false });
    expect(report.groups[0]?.signature).toBe('violated BROKEN');
  });

  const brokenFromTheStart = always<null>({
    name: 'BROKEN',
    title: 'nobody boots',
    oracle: 'internal',
    start: () => null,
    boot: () => 'somebody booted',
  });

  test('is what a scenario may expect', async () => {
    const expecting: Scenario = { ...overBudget, expect: { verdict: 'violated', property: 'ONCE' } };
    expect(await fuzz(fragile, expecting, { seed: '1', runs: 20, shrink: false })).toMatchObject({ asExpected: true });
    const other: Scenario = { ...overBudget, expect: { verdict: 'violated', property: 'GROW' } };
    expect(await fuzz(fragile, other, { seed: '1', runs: 20, shrink: false })).toMatchObject({ asExpected: false });
  });
});
