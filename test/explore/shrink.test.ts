/** Shrinking: what is left fails as it did, and nothing in it is superfluous. */
import { describe, expect, test } from 'vitest';
import { always } from '../../src/check/property.ts';
import type { Protocol } from '../../src/check/protocol.ts';
import { execute } from '../../src/explore/execute.ts';
import { type Execution, signatureOf } from '../../src/explore/execution.ts';
import { planSource } from '../../src/explore/generate.ts';
import { observeVocabulary } from '../../src/explore/probe.ts';
import { scheduleOf } from '../../src/explore/schedule.ts';
import { shrinkPlan } from '../../src/explore/shrink.ts';
import { type Threads, tryInOrder } from '../../src/explore/trial.ts';
import { type RaftOptions, raft } from '../../src/protocols/raft/raft.ts';
import { withBug } from '../../src/registry.ts';
import type { Plan } from '../../src/scenario/plan.ts';
import { bareScenario } from '../../src/scenario/scenario.ts';
import { counter } from '../toys/counter.ts';
import { protocol as register } from '../toys/quorum-register.ts';

const scenario = bareScenario('toy', 'a toy', './toy.js');

/** The first plans that fail, with their runs. */
function failing(protocol: Protocol, count: number): readonly (readonly [Plan, Execution])[] {
  const source = planSource(protocol, scenario, observeVocabulary(protocol, scenario));
  const found: [Plan, Execution][] = [];
  for (let seed = 0; found.length < count && seed < 2_000; seed++) {
    const plan = source.plan(String(seed));
    const execution = execute(protocol, plan);
    if (signatureOf(execution) !== undefined) found.push([plan, execution]);
  }
  expect(found).toHaveLength(count);
  return found;
}

describe.each(['Q02', 'Q03'])('%s', (id) => {
  const protocol = withBug(register, id);

  test('still fails in the same way, with the digest that the report gives, and is much smaller', async () => {
    for (const [plan, execution] of failing(protocol, 2)) {
      const shrunk = await shrinkPlan(protocol, plan, execution, { workMax: 600_000 });
      expect(signatureOf(shrunk.execution)).toBe(signatureOf(execution));
      expect(execute(protocol, shrunk.plan)).toEqual(shrunk.execution);
      const { before, after } = shrunk.report;
      expect(before.calls).toBe(plan.calls.length);
      expect(after.calls).toBeLessThan(before.calls / 2);
      expect(after.faults).toBeLessThanOrEqual(Math.max(3, before.faults / 2));
      expect(after.events).toBeLessThan(before.events / 2);
    }
  });
});

test('a failure that took luck is told message by message: no chance, no network fault, and a short story', async () => {
  const protocol = withBug(register, 'Q01');
  const isLong = ([plan, execution]: readonly [Plan, Execution]): boolean =>
    scheduleOf(protocol, plan, execution).pastHandlers > 300;
  const [plan, execution] = failing(protocol, 8).find(isLong) as [Plan, Execution];
  const { plan: small, execution: after } = await shrinkPlan(protocol, plan, execution, { workMax: 6_000_000 });
  expect(signatureOf(after)).toBe('violated LIN');
  expect(small.network).toMatchObject({ lossPpm: 0, duplicationPpm: 0 });
  expect(small.faults.filter(({ kind }) => kind !== 'crash')).toEqual([]);
  expect(small.overrides.some((override) => 'drop' in override)).toBe(true);
  expect(scheduleOf(protocol, small, after).pastHandlers).toBeLessThan(60);
});

test('where an accident takes a long story, a smaller world with another accident is told', async () => {
  const protocol = withBug(raft, 'R36');
  const source = planSource(protocol, scenario, observeVocabulary(protocol, scenario));
  const runs = Array.from({ length: 20 }, (_, index) => source.plan(`${index}`)).map(
    (plan) => [plan, execute(protocol, plan)] as const,
  );
  const isLong = ([plan, execution]: readonly [Plan, Execution]): boolean =>
    signatureOf(execution) === 'violated CI' && scheduleOf(protocol, plan, execution).pastHandlers > 100;
  const [plan, execution] = runs.find(isLong) as readonly [Plan, Execution];
  const { execution: after, report } = await shrinkPlan(protocol, plan, execution, { source });
  expect(signatureOf(after)).toBe('violated CI');
  expect(report.before.handlers).toBeGreaterThan(100);
  expect(report.after.handlers).toBeLessThanOrEqual(25);
});

test('no timer of a story fires sooner than it can: elections take their least timeout', async () => {
  const protocol = withBug(raft, 'R36');
  for (const [plan, execution] of failing(protocol, 4)) {
    const { plan: small } = await shrinkPlan(protocol, plan, execution, { workMax: 1_000_000 });
    expect(small.overrides).not.toEqual([]);
    for (const { id, options } of small.nodes) {
      const least = (options as RaftOptions).electionTimeoutMin;
      for (const override of small.overrides)
        if ('delay' in override && override.timer.startsWith(`${id}/election#`))
          expect(override.delay).toBeGreaterThanOrEqual(least);
    }
  }
});

test('nothing that is left could have been left out', async () => {
  const protocol = withBug(register, 'Q03');
  for (const [plan, execution] of failing(protocol, 3)) {
    const { plan: small } = await shrinkPlan(protocol, plan, execution);
    const fails = (candidate: Plan): boolean => signatureOf(execute(protocol, candidate)) === 'violated LIN';
    small.calls.forEach((_, index) => {
      expect(fails({ ...small, calls: small.calls.toSpliced(index, 1) })).toBe(false);
    });
    small.faults.forEach((_, index) => {
      expect(fails({ ...small, faults: small.faults.toSpliced(index, 1) })).toBe(false);
    });
  }
});

test('a failure is not traded for another: where less of the same would throw instead, enough is left', async () => {
  const onAdd = (state: { sum: number }, amount: number): void => {
    if (amount === 7 && state.sum < 20) throw new Error('seven, and not even twenty');
    state.sum = amount === 7 ? -1 : state.sum + amount;
  };
  const protocol = counter({ onAdd });
  const seen = new Set<string>();
  for (const [plan, execution] of failing(protocol, 12)) {
    const { plan: small, execution: after } = await shrinkPlan(protocol, plan, execution, { workMax: 300_000 });
    expect(signatureOf(after)).toBe(signatureOf(execution));
    const amounts = small.calls.map(({ op }) => op.amount as number);
    expect(amounts.filter((amount) => amount === 7)).toEqual([7]);
    const sum = amounts.reduce((total, amount) => total + amount, 0) - 7;
    // The network may deliver an addition twice.
    if (execution.verdict === 'violated') expect(2 * sum).toBeGreaterThanOrEqual(20);
    else expect(sum).toBe(0);
    seen.add(execution.verdict);
  }
  expect([...seen].sort()).toEqual(['failed', 'violated']);
});

test('one of five servers goes where one is enough, and its faults with it', async () => {
  const eager = always<null>({
    name: 'IDLE',
    title: 'n1 stores nothing',
    oracle: 'internal',
    start: () => null,
    durable: (_memory, node, world) => (world.nodes[node] === 'n1' ? 'n1 has stored something' : undefined),
  });
  const protocol = { ...register, properties: [eager] };
  // Of the first the time limit is as tight as its latencies are, and neither can be made simpler without the other.
  const [, , [plan, execution]] = failing(protocol, 3) as [unknown, unknown, [Plan, Execution]];
  const { plan: small } = await shrinkPlan(protocol, plan, execution);
  expect(small.nodes.map(({ id }) => id)).toEqual(['n1', expect.stringMatching(/^c/)]);
  expect(small.calls).toHaveLength(1);
  expect(small.faults).toEqual([]);
  expect(small.network).toMatchObject({ lossPpm: 0, duplicationPpm: 0, latency: { kind: 'constant' } });
  expect(small.nodes[0]?.options).toEqual({ retry: 100_000, attempts: 5 });
});

test('the same budget gives the same result; without any the plan stays as it was', async () => {
  const protocol = withBug(register, 'Q01');
  const [[plan, execution]] = failing(protocol, 1) as [[Plan, Execution]];
  const nothing = await shrinkPlan(protocol, plan, execution, { workMax: 0 });
  expect(nothing.plan).toEqual(plan);
  expect(nothing.report.stoppedEarly).toBe(true);
  const [once, twice] = [
    await shrinkPlan(protocol, plan, execution, { workMax: 100_000 }),
    await shrinkPlan(protocol, plan, execution, { workMax: 100_000 }),
  ];
  expect(once.plan).toEqual(twice.plan);
  expect(once.plan).not.toEqual(plan);
});

test('an interrupt ends it with the best so far', async () => {
  const protocol = withBug(register, 'Q01');
  const [[plan, execution]] = failing(protocol, 1) as [[Plan, Execution]];
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 100);
  const { execution: after, report } = await shrinkPlan(protocol, plan, execution, { signal: controller.signal });
  expect(signatureOf(after)).toBe('violated LIN');
  expect(report.executions).toBeGreaterThan(0);
});

/** Threads whose answers come late, and not in the order in which they were asked. */
const lateThreads = (protocol: Protocol, count: number): Threads & { asked: number } => {
  const threads = {
    count,
    afterWork: 20_000,
    asked: 0,
    try: async (...[plans, question]: Parameters<Threads['try']>) => {
      const turns = (threads.asked++ * 7) % 5;
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
      return tryInOrder(protocol, plans, question);
    },
  };
  return threads;
};

test('several threads find what one finds, with the same work', async () => {
  const protocol = withBug(register, 'Q02');
  const [[plan, execution]] = failing(protocol, 1) as [[Plan, Execution]];
  const alone = await shrinkPlan(protocol, plan, execution, { workMax: 400_000 });
  for (const count of [2, 5]) {
    const threads = lateThreads(protocol, count);
    const together = await shrinkPlan(protocol, plan, execution, { workMax: 400_000, threads });
    expect(threads.asked).toBeGreaterThan(20);
    expect(together.plan).toEqual(alone.plan);
    expect(together.execution).toEqual(alone.execution);
    expect(together.report).toEqual({ ...alone.report, cpuSeconds: together.report.cpuSeconds });
  }
});
