/** The calm at the end of fuzzed runs: who is healed, by when progress is owed, and what is reported where there is none. */
import { describe, expect, test } from 'vitest';
import type { LivenessClaim } from '../../src/check/liveness.ts';
import type { Protocol } from '../../src/check/protocol.ts';
import { execute } from '../../src/explore/execute.ts';
import type { Execution } from '../../src/explore/execution.ts';
import { fuzz } from '../../src/explore/fuzz.ts';
import { planSource } from '../../src/explore/generate.ts';
import { shrinkPlan } from '../../src/explore/shrink.ts';
import type { Plan } from '../../src/scenario/plan.ts';
import { bareScenario, type Scenario } from '../../src/scenario/scenario.ts';
import { correct, quorumRegister } from '../toys/quorum-register.ts';

const majority = (count: number): number => Math.floor(count / 2) + 1;

/** What was open before is given up after all attempts; what is asked then takes two rounds. */
const claim: LivenessClaim = {
  quorum: { server: majority },
  within({ options, latencyMax, syncMax, clockRateMin, callAgainMax }) {
    const patience = ((options.attempts as number) * (options.retry as number)) / clockRateMin;
    return { service: 2 * patience + 2 * callAgainMax + 20 * (latencyMax + syncMax) };
  },
};

const live: Protocol = { ...quorumRegister(), liveness: claim };
/** Asks for an answer of every server: safe, and stuck as soon as one is gone. */
const needsAll: Protocol = { ...quorumRegister({ ...correct, quorum: (servers) => servers }), liveness: claim };

const bare = bareScenario('toy', 'a toy', './quorum-register.js');

function plansOf(protocol: Protocol, count: number, scenario: Scenario = bare): readonly Plan[] {
  const source = planSource(protocol, scenario);
  return Array.from({ length: count }, (_, index) => source.plan(`${index}`));
}

/** When faults that hang on times begin. */
const timesOf = ({ faults }: Plan): readonly number[] => faults.flatMap(({ at }) => at ?? []);

function firstStuck(): { readonly plan: Plan; readonly execution: Execution } {
  for (const plan of plansOf(needsAll, 50)) {
    const execution = execute(needsAll, plan);
    if (execution.violation !== undefined) return { plan, execution };
  }
  throw new Error('nothing got stuck in 50 runs');
}

describe('a fuzzed run of a protocol that says what it owes', () => {
  const plans = plansOf(live, 200);

  test('ends in a calm, whose core is a quorum of servers and somebody to ask them', () => {
    const sizes = new Set<string>();
    for (const { calm, nodes } of plans) {
      const servers = nodes.filter(({ role }) => role === 'server').map(({ id }) => id);
      const core = calm?.core ?? [];
      const inCore = servers.filter((id) => core.includes(id)).length;
      expect(inCore).toBeGreaterThanOrEqual(majority(servers.length));
      expect(core.length).toBeGreaterThan(inCore);
      expect(new Set(calm?.calls.map(({ client }) => client))).toEqual(
        new Set(core.filter((id) => id.startsWith('c'))),
      );
      sizes.add(`${inCore} of ${servers.length}`);
    }
    expect([...sizes].sort()).toEqual(['2 of 3', '3 of 3', '3 of 5', '4 of 5', '5 of 5']);
  });

  test('gets its calm amid the troubles now and then, and nothing is planned for later', () => {
    let amid = 0;
    let recovered = 0;
    for (const plan of plans) {
      const at = plan.calm?.at ?? 0;
      const base = (plan.nodes[0] as Plan['nodes'][number] & { options: { retry: number } }).options.retry;
      const last = Math.max(0, ...timesOf(plan));
      expect(last).toBeLessThan(Math.max(1, at));
      for (const call of plan.calls) expect(call.at).toBeLessThan(at);
      if (timesOf(plan).some((time) => time + 4 * base >= at)) amid++;
      else recovered++;
    }
    expect(amid).toBeGreaterThan(plans.length / 3);
    expect(recovered).toBeGreaterThan(plans.length / 5);
  });

  test('is not cut short where the scenario scripts faults or calls', () => {
    const options = { retry: 100_000 };
    const scripted: Scenario[] = [
      { ...bare, options, faults: [{ kind: 'pause', node: 'n1', at: 1_000_000, for: 1_000 }] },
      { ...bare, options, workload: { calls: [{ at: 1_000_000, client: 'c1', op: { type: 'read', key: 'k1' } }] } },
    ];
    for (const scenario of scripted)
      for (const { calm } of plansOf(live, 40, scenario)) expect(calm?.at).toBeGreaterThan(1_000_000);
  });

  test('ends when everybody is served, long before the bound', () => {
    for (const plan of plans) {
      const { verdict, liveness, statistics } = execute(live, plan);
      expect([verdict, liveness?.verdict]).toEqual(['passed', 'live']);
      expect(statistics.simulatedMicros).toBe((plan.calm?.at ?? 0) + (liveness?.afterMicros ?? 0));
      expect(statistics.simulatedMicros).toBeLessThan(plan.limits.until);
    }
  });

  test('has no calm where the scenario wants none, where nothing is fuzzed, or where nothing is claimed', () => {
    const none = (protocol: Protocol, changes: Partial<Scenario>): void => {
      for (const plan of plansOf(protocol, 5, { ...bare, ...changes })) expect(plan.calm).toBeUndefined();
    };
    none(live, { liveness: false });
    none(live, { chaos: { profile: 'none' } });
    none(live, { chaos: { overBudget: true } });
    none(quorumRegister(), {});
    for (const plan of plansOf(live, 5, { ...bare, chaos: { profile: 'none' }, liveness: true }))
      expect(plan.calm).toBeDefined();
  });
});

describe('a protocol that gets stuck', () => {
  test('is told who was not served, how long it was calm, and among whom', () => {
    const { plan, execution } = firstStuck();
    expect(execution.violation).toMatchObject({ property: 'liveness', path: '', oracle: 'client' });
    expect(execution.violation?.sentence).toMatch(/of c\d, asked (once|\d+ times) in [\d.]+ s of calm, was not ack/);
    expect(execution.violation?.facts[0]?.text).toBe(
      `the world becomes calm: ${plan.calm?.core.join(', ')} run and reach each other from now on`,
    );
    expect(execution.violation?.at).toBe(plan.limits.until);
  });

  test('is not accused before its time is up', () => {
    const { plan } = firstStuck();
    const cutShort = { ...plan, limits: { ...plan.limits, until: plan.limits.until - 1 } };
    expect(execute(needsAll, cutShort)).toMatchObject({ verdict: 'passed', liveness: { verdict: 'unjudged' } });
  });

  test('is not accused where it owes nothing', () => {
    const { plan } = firstStuck();
    const modest: Protocol = { ...needsAll, liveness: { ...claim, within: () => undefined } };
    expect(execute(modest, plan)).toMatchObject({ verdict: 'passed', liveness: { verdict: 'unjudged' } });
  });

  test('is not accused where nobody could have gone on', () => {
    const { plan } = firstStuck();
    const lost: Protocol = { ...needsAll, liveness: { ...claim, whyUnrecoverable: () => 'all is lost' } };
    const liveness = { verdict: 'unrecoverable', why: 'all is lost' };
    expect(execute(lost, plan)).toMatchObject({ verdict: 'passed', liveness });
  });

  test('is not accused where messages are decided upon one by one', () => {
    const { plan } = firstStuck();
    const explicit = { ...plan, overrides: [{ message: 'n1>c1/Told#999', drop: true as const }] };
    const execution = execute(needsAll, explicit);
    expect(execution.verdict).not.toBe('violated');
    expect(execution.liveness).toBeUndefined();
  });

  test('is not accused where only other properties are asked for', () => {
    const { plan } = firstStuck();
    expect(execute(needsAll, { ...plan, properties: ['GROW'] }).liveness).toBeUndefined();
    expect(execute(needsAll, { ...plan, properties: ['liveness'] }).verdict).toBe('violated');
  });

  test('is shrunk to a small calm that is still owed', async () => {
    const { plan, execution } = firstStuck();
    const small = await shrinkPlan(needsAll, plan, execution);
    expect(small.execution.violation?.property).toBe('liveness');
    expect(small.plan.overrides).toEqual([]);
    expect(small.plan.faults).toEqual([]);
    expect(small.plan.calls).toEqual([]);
    expect(small.plan.calm?.calls).toHaveLength(1);
    expect(small.plan.calm?.at).toBeLessThan((plan.calm?.at ?? 0) / 8);
    expect(execute(needsAll, small.plan).digest).toBe(small.execution.digest);
  });
});

describe('a protocol that says when its nodes agree', () => {
  const never: LivenessClaim = {
    ...claim,
    within: (circumstances) => ({ ...claim.within(circumstances), agreement: 50_000, service: 60_000_000 }),
    disagreement: (world, core) => `${world.nodes[core[0] as number]} sees it otherwise`,
  };

  test('must agree by that time, whatever clients were told', () => {
    const [plan] = plansOf({ ...live, liveness: never }, 1) as [Plan];
    const { violation } = execute({ ...live, liveness: never }, plan);
    expect(violation?.sentence).toMatch(/^after [\d.]+ s of calm the nodes do not agree: n\d sees it otherwise$/);
    const waited = (violation?.at ?? 0) - (plan.calm?.at ?? 0);
    expect(waited).toBeGreaterThanOrEqual(50_000);
    expect(waited).toBeLessThan(50_000 + 2 * (plan.calm?.every ?? 0));
  });

  test('need not have agreed at that very moment: once is enough', () => {
    const { plan } = firstStuck();
    let looks = 0;
    const once: LivenessClaim = { ...never, disagreement: () => (looks++ === 0 ? undefined : 'not now') };
    // A little longer than is owed: timers that were set while timers fired late may still fire late.
    const longer = { ...plan, limits: { ...plan.limits, until: (plan.calm?.at ?? 0) + 61_000_000 } };
    const { violation } = execute({ ...needsAll, liveness: once }, longer);
    expect(looks).toBeGreaterThan(10);
    expect(violation?.at).toBe(longer.limits.until);
    expect(violation?.sentence).toMatch(/was not acknowledged$/);
  });
});

test('a campaign counts what came of its calms, and says where progress was not judged', async () => {
  const judged = await fuzz(live, bare, { seed: '1', runs: 20 });
  expect(judged.coverage.liveness).toMatchObject({ live: 20, unrecoverable: 0, unjudged: 0 });
  expect(judged.coverage.liveness?.slowestMicros).toBeGreaterThan(0);
  const unjudged = await fuzz(quorumRegister(), bare, { seed: '1', runs: 5 });
  expect(unjudged.coverage.liveness).toBeUndefined();
});
