/** Campaigns: what they find, what they prove, and that they never say more than they know. */
import { describe, expect, test } from 'vitest';
import { always, type Property, sometimes } from '../../src/check/property.ts';
import type { Protocol } from '../../src/check/protocol.ts';
import { execute } from '../../src/explore/execute.ts';
import { type FuzzOptions, fuzz } from '../../src/explore/fuzz.ts';
import { planSource } from '../../src/explore/generate.ts';
import { observeVocabulary } from '../../src/explore/probe.ts';
import type { FuzzReport, Progress } from '../../src/explore/report.ts';
import { replicatedLock } from '../../src/protocols/lease-lock/replicated/replicated-lock.ts';
import { withBug } from '../../src/registry.ts';
import { bareScenario, type Scenario } from '../../src/scenario/scenario.ts';
import { counter, type Spoiled } from '../toys/counter.ts';
import { protocol as register } from '../toys/quorum-register.ts';

const bare = bareScenario('toy', 'a toy', './toy.js');

const campaign = (protocol: Protocol, options: Partial<FuzzOptions> = {}, scenario: Partial<Scenario> = {}) =>
  fuzz(protocol, { ...bare, ...scenario }, { seed: '1', runs: 60, shrink: false, ...options });

const spoiledCampaign = (spoiled: Spoiled, options: Partial<FuzzOptions> = {}): Promise<FuzzReport> =>
  campaign(counter(spoiled), options);

describe('a protocol that keeps its promises', () => {
  test('passes, and the report says what the campaign exercised', async () => {
    const report = await campaign(register, { runs: 150 });
    expect(report.verdict).toBe('passed');
    expect(report.asExpected).toBe(true);
    expect(report.counts).toEqual({ passed: 150, violated: 0, failed: 0, unknown: 0 });
    expect(report.coverage.faultsNeverFired).toEqual([]);
    expect(report.coverage.messagesNeverDelivered).toEqual([]);
    expect(report.coverage.operations.ok).toBeGreaterThan(10_000);
    expect(report.coverage.linearizability).toMatchObject({ judged: 150, unknown: 0 });
    expect(report.coverage.goals.map(({ goal, seeds }) => [goal, seeds > 0])).toEqual([
      ['retried', true],
      ['gaveUp', true],
    ]);
    expect(report.rerunStrictly).toBeGreaterThan(0);
  });

  test('is found wanting where the scenario expects a violation', async () => {
    const report = await campaign(register, { runs: 10 }, { expect: { verdict: 'violated' } });
    expect(report).toMatchObject({ verdict: 'passed', asExpected: false });
  });
});

describe('a planted bug', () => {
  test.each([
    ['Q01', 300],
    ['Q02', 30],
    ['Q03', 150],
  ])('%s is found, with the seed that finds it again', async (id, runs) => {
    const buggy = withBug(register, id);
    const report = await campaign(buggy, { runs });
    expect(report.verdict).toBe('violated');
    const [group] = report.groups;
    expect(group?.signature).toBe('violated LIN');
    const again = await campaign(buggy, { seed: group?.first.seed as string, runs: 1 });
    expect(again.groups[0]?.first.execution).toEqual(group?.first.execution);
  });

  test('ends the campaign at the first seed that shows it, and the report counts up to there', async () => {
    const report = await campaign(withBug(register, 'Q02'), { runs: 500 });
    const index = report.groups[0]?.first.index as number;
    expect(report.runs).toBe(index + 1);
    expect(report.counts).toEqual({ passed: index, violated: 1, failed: 0, unknown: 0 });
  });

  test('does not end the campaign with keepGoing: its hits are one group', async () => {
    const report = await campaign(withBug(register, 'Q02'), { runs: 40, keepGoing: true });
    expect(report.runs).toBe(40);
    expect(report.groups).toHaveLength(1);
    expect(report.groups[0]?.count).toBe(report.counts.violated);
    expect(report.counts.violated).toBeGreaterThan(5);
  });

  test('is as expected where the scenario says so, by property too', async () => {
    const buggy = withBug(register, 'Q02');
    const expecting = (property: string) =>
      campaign(buggy, {}, { expect: { verdict: 'violated', property } }).then(({ asExpected }) => asExpected);
    expect(await expecting('LIN')).toBe(true);
    expect(await expecting('GROW')).toBe(false);
  });
});

describe('the same seeds', () => {
  test('give the same report, digest included, in one campaign or in two', async () => {
    const { wallSeconds: _wall, cpuSeconds: _cpu, ...whole } = await campaign(register, { seed: '40', runs: 45 });
    const { wallSeconds: _wall2, cpuSeconds: _cpu2, ...again } = await campaign(register, { seed: '40', runs: 45 });
    expect(again).toEqual(whole);
    expect((await campaign(register, { seed: '41', runs: 45 })).digest).not.toBe(whole.digest);
  });

  test('give the digests that single runs of the same plans have', async () => {
    const buggy = withBug(register, 'Q02');
    const source = planSource(buggy, bare, observeVocabulary(buggy, bare));
    const report = await campaign(buggy);
    const { seed, execution } = (report.groups[0] as FuzzReport['groups'][number]).first;
    expect(execute(buggy, source.plan(seed))).toEqual(execution);
  });
});

describe('messages of hosted protocols', () => {
  test('that were never delivered are named with their path, as they are counted', async () => {
    const { coverage } = await campaign(replicatedLock, { runs: 4 });
    expect(coverage.messages['raft:AppendEntries']?.delivered).toBeGreaterThan(0);
    expect(coverage.messagesNeverDelivered.filter((type) => type.endsWith('AppendEntries'))).toEqual([]);
    // A host asks the Raft beside it, and not by messages.
    expect(coverage.messagesNeverDelivered).toContain('raft:ClientRequest');
  });
});

describe('a campaign that proves little', () => {
  test('is inconclusive when no operation was ever acknowledged', async () => {
    const report = await spoiledCampaign({ isMute: true });
    expect(report.verdict).toBe('inconclusive');
    expect(report.reasons).toEqual(['no operation was acknowledged in any run']);
    expect(report.coverage.messagesNeverDelivered).toEqual(['Sum']);
  });

  const never = (requiredWithinSeeds: number) =>
    sometimes<null>({
      name: 'negative',
      title: 'a sum went below zero',
      oracle: 'internal',
      requiredWithinSeeds,
      start: () => null,
      step: (_memory, _node, state: { readonly sum?: number }) => (state.sum ?? 0) < 0,
    });
  const always1 = always<null>({ name: 'ANY', title: 'anything goes', oracle: 'internal', start: () => null });

  test('is inconclusive when a required goal was not reached, but not before enough seeds were run', async () => {
    const late = await spoiledCampaign({ properties: [always1, never(61)] });
    expect(late.verdict).toBe('passed');
    const missed = await spoiledCampaign({ properties: [always1, never(60)] });
    expect(missed.verdict).toBe('inconclusive');
    expect(missed.reasons).toEqual(['goal negative (a sum went below zero) was not reached, though 60 seeds should']);
  });

  test('is not asked for a goal that nobody reaches under the options that it fixes', async () => {
    const options = { depth: { kind: 'choice', title: 'how deep', default: 1, of: [1, 2] } } as const;
    const goal = { ...never(60), reachableUnder: ({ depth }: { readonly depth?: unknown }) => depth !== 1 } as Property;
    const deep: Protocol = { ...counter({ properties: [always1, goal] }), options };
    const verdict = async (fixed: { readonly depth?: number }): Promise<string> =>
      (await campaign(deep, {}, { ...bare, options: fixed })).verdict;
    expect(await verdict({ depth: 1 })).toBe('passed');
    expect(await verdict({ depth: 2 })).toBe('inconclusive');
    expect(await verdict({})).toBe('inconclusive');
  });

  test('has checked nothing when there are neither invariants nor a model, or no runs', async () => {
    expect(await spoiledCampaign({ properties: [] })).toMatchObject({ verdict: 'nothing-ran' });
    expect(await spoiledCampaign({}, { runs: 0 })).toMatchObject({ verdict: 'nothing-ran', runs: 0 });
  });
});

describe("a user's code that misbehaves", () => {
  test('by throwing: the report names seed, event, node, handler and stack', async () => {
    const onAdd = (state: { sum: number }, amount: number): void => {
      if (amount === 7) throw new RangeError('seven is too much');
      state.sum += amount;
    };
    const report = await spoiledCampaign({ onAdd });
    expect(report.verdict).toBe('failed');
    expect(report.groups[0]?.signature).toBe('failed threw onMessage.Add');
    const failure = report.groups[0]?.first.execution.failure;
    expect(failure).toMatchObject({ kind: 'threw', node: 'n1', handler: 'onMessage.Add' });
    expect(failure?.sentence).toContain('seven is too much');
    expect(failure?.stack).toContain('onAdd');
  });

  test('by looping for ever: found, named, and not the end of the campaign', async () => {
    const onAdd = (state: { sum: number }, amount: number): void => {
      state.sum += amount;
      if (state.sum >= 40) for (;;);
    };
    const report = await spoiledCampaign({ onAdd }, { hangSeconds: 0.3, keepGoing: true, runs: 4 });
    expect(report.verdict).toBe('failed');
    expect(report.runs).toBe(4);
    expect(report.groups[0]?.signature).toBe('failed hung onMessage.Add');
    expect(report.groups[0]?.first.execution.failure).toMatchObject({
      kind: 'hung',
      node: 'n1',
      handler: 'onMessage.Add',
    });
    // The world outside is whole again: the guard of the run that was cut off is gone.
    expect(Math.random()).toBeLessThan(1);
    expect(Date.now()).toBeGreaterThan(0);
  });

  test('unless it was the machine that stopped: what hangs, hangs again', async () => {
    // The run that shows what happens, the batch, and the run alone.
    let stops = 3;
    const onAdd = (state: { sum: number }, amount: number): void => {
      state.sum += amount;
      if (stops > 0 && stops-- > 0) for (;;);
    };
    const report = await spoiledCampaign({ onAdd }, { hangSeconds: 0.3, runs: 1 });
    expect(report.counts).toMatchObject({ passed: 1, failed: 0 });
  });

  test('by remembering outside of its state: two runs of one seed differ, and the first difference is shown', async () => {
    let calls = 0;
    const onAdd = (state: { sum: number }, amount: number): void => {
      state.sum += amount + (++calls % 7 === 0 ? 1 : 0);
    };
    const report = await spoiledCampaign({ onAdd });
    // Strict mode runs every handler twice, which is how it sees that state is kept elsewhere.
    expect(report.groups[0]?.first.execution.failure?.kind).toBe('strict');
  });

  test('by throwing only where what it was given is frozen: a failure of strict runs, not of determinism', async () => {
    const onAdd = (state: { sum: number }, amount: number, context: { readonly options: object }): void => {
      if (Object.isFrozen(context.options)) throw new Error('who has frozen my options?');
      state.sum += amount;
    };
    const report = await spoiledCampaign({ onAdd });
    expect(report.verdict).toBe('failed');
    const [group] = report.groups;
    expect(group?.signature).toBe('failed threw onMessage.Add');
    expect(group?.first.strictOnly).toBe(true);
  });

  test('by handing over what is no data, and failing of it later: no question of determinism either', async () => {
    const onAdd = (
      state: { sum: number },
      amount: number,
      context: { note(text: string, data: unknown): void },
    ): void => {
      state.sum += amount;
      context.note('added', { amount: undefined });
      if (state.sum >= 40) throw new Error('too much');
    };
    const report = await spoiledCampaign({ onAdd });
    const [group] = report.groups;
    expect(group?.signature).toBe('failed contract onMessage.Add');
    expect(group?.first.strictOnly).toBe(true);
  });

  test('by booting differently from run to run: the two digests and the first event that differs are shown', async () => {
    let total = 0;
    const report = await spoiledCampaign(
      {
        boot: () => ({ sum: total % 7 }),
        onAdd: (state, amount) => {
          total += amount;
          state.sum += amount;
        },
      },
      { seed: '5' },
    );
    expect(report.verdict).toBe('nondeterministic');
    const first = report.groups[0]?.first;
    expect(first?.otherDigest).not.toBe(first?.execution.digest);
    expect(first?.difference?.sides.join('; ')).toMatch(/first run: .*; second run: .*/);
    expect(report.groups[0]?.capsule).toBeUndefined();
  });

  test('by changing for good after its first run: what is run again is compared with the first run too', async () => {
    let boots = 0;
    const report = await spoiledCampaign({ boot: () => ({ sum: ++boots > 50 ? 1 : 0 }) });
    expect(report.verdict).toBe('nondeterministic');
    const first = report.groups[0]?.first;
    expect(first?.otherDigest).not.toBe(first?.execution.digest);
  });

  test('by keeping time of its own: refused', async () => {
    const onAdd = (state: { sum: number }): void => {
      state.sum = Date.now();
    };
    const report = await spoiledCampaign({ onAdd });
    expect(report.groups[0]?.first.execution.failure?.kind).toBe('guard');
  });
});

describe('budgets and interruptions', () => {
  test('time ends a campaign too', async () => {
    const report = await campaign(register, { runs: 1_000_000, forSeconds: 0.5 });
    expect(report.runs).toBeGreaterThan(0);
    expect(report.wallSeconds).toBeLessThan(5);
    expect(report.verdict).toBe('passed');
  });

  test('an interrupted campaign reports what it has run', async () => {
    const controller = new AbortController();
    const seen: Progress[] = [];
    const onProgress = (progress: Progress): void => {
      seen.push(progress);
      if (progress.runs >= 20) controller.abort();
    };
    const report = await campaign(register, { runs: 100_000, signal: controller.signal, onProgress });
    expect(report.interrupted).toBe(true);
    expect(report.runs).toBe(seen.at(-1)?.runs);
    expect(report.runs).toBeGreaterThanOrEqual(20);
    expect(report.runs).toBeLessThan(500);
    expect(seen[0]).toMatchObject({ runsTotal: 100_000, phase: 'running', failures: 0, goalsTotal: 2 });
  });

  test('a seed that is none is refused before anything runs', async () => {
    await expect(campaign(register, { seed: '-5' })).rejects.toThrow('begins with a minus');
  });
});
