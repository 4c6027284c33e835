/**
 * The three ways out of Redlock's model, found by fuzzing: the options claim less, and the campaign goes beyond by one kind of fault. Each
 * becomes a short story. (The seeds begin a little before one that finds it.)
 */
import { describe, expect, it } from 'vitest';
import { storyRowsOf } from '../../src/cli/one-run.ts';
import type { Capsule } from '../../src/explore/capsule.ts';
import { fuzz } from '../../src/explore/fuzz.ts';
import type { FuzzReport } from '../../src/explore/report.ts';
import { redlock } from '../../src/protocols/lease-lock/redlock/redlock.ts';
import { bareScenario, type Scenario } from '../../src/scenario/scenario.ts';
import type { FaultKind } from '../../src/sim/faults.ts';

const ROWS_MAX = 15;
const NODES = ['n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'c1', 'c2', 'c3'];

/** Nothing but this one kind of fault is out of the ordinary. */
const scenarioOf = (options: Scenario['options'], kind: FaultKind, property: string): Scenario => ({
  ...bareScenario('redlock', 'beyond its model', 'redlock'),
  options,
  nodes: { store: 5, client: 3 },
  clocks: Object.fromEntries(NODES.map((id) => [id, { ratePpm: 0 }])),
  network: { latency: { kind: 'uniform', min: 1_000, max: 5_000 }, lossPpm: 0, duplicationPpm: 0, fifo: false },
  chaos: { overBudget: true, faults: [kind] },
  properties: [property],
});

const search = (scenario: Scenario, seed: string): Promise<FuzzReport> =>
  fuzz(redlock, scenario, { seed, runs: 8, keepGoing: true, shrink: 'first' });

describe.each([
  {
    what: 'the clock of a store jumps',
    options: { storeClock: 'wall' },
    kind: 'clock-step',
    breaks: 'EXCL',
    seed: '812',
  },
  {
    what: 'a store forgets, and votes at once',
    options: { restarts: 'immediate' },
    kind: 'crash',
    breaks: 'EXCL',
    seed: '74',
  },
  { what: 'a holder stops', options: { trustedWith: 'writes' }, kind: 'pause', breaks: 'FENCE', seed: '602' },
] as const)('$what', ({ options, kind, breaks, seed }) => {
  it(`breaks ${breaks}, outside the model, in a story of ${ROWS_MAX} rows at most`, async () => {
    const { verdict, groups } = await search(scenarioOf(options, kind, breaks), seed);
    const [found] = groups;
    expect(found?.signature).toBe(`outside model: violated ${breaks}`);
    expect(found?.first.outsideModel).toEqual([kind]);
    expect(found?.capsule?.plan.faults.map((fault) => fault.kind)).toContain(kind);
    expect(storyRowsOf(redlock, found?.capsule as Capsule)).toBeLessThanOrEqual(ROWS_MAX);
    // What breaks outside the model is told, and is no failure of the algorithm.
    expect(['passed', 'inconclusive']).toContain(verdict);
  });

  it('and does not where the options claim to survive it', async () => {
    const claimed = { storeClock: 'monotonic', restarts: 'delayed', trustedWith: 'beliefs' };
    const { groups } = await search(scenarioOf(claimed, kind, breaks), seed);
    expect(groups).toEqual([]);
  });
});
