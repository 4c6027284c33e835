/** A goal that a campaign is not asked for is one that it would not reach: what says otherwise hides that a campaign proved little. */
import { expect, test } from 'vitest';
import type { Protocol } from '../../src/check/protocol.ts';
import { coverageOf } from '../../src/explore/coverage.ts';
import { execute } from '../../src/explore/execute.ts';
import { planSource } from '../../src/explore/generate.ts';
import type { GoalReport } from '../../src/explore/report.ts';
import { addExecution, emptyTally } from '../../src/explore/tally.ts';
import { leaseLock } from '../../src/protocols/lease-lock/lease-lock.ts';
import { redlock } from '../../src/protocols/lease-lock/redlock/redlock.ts';
import { replicatedLock } from '../../src/protocols/lease-lock/replicated/replicated-lock.ts';
import { paxosCommit } from '../../src/protocols/paxos-commit/paxos-commit.ts';
import { raft } from '../../src/protocols/raft/raft.ts';
import { threePhaseCommit } from '../../src/protocols/three-phase-commit/three-phase-commit.ts';
import { twoPhaseCommit } from '../../src/protocols/two-phase-commit/two-phase-commit.ts';
import { bareScenario, type ChaosProfile, type Scenario } from '../../src/scenario/scenario.ts';
import type { Json } from '../../src/sim/plain.ts';

type Options = { readonly [option: string]: Json };
type Fixed = Partial<Pick<Scenario, 'nodes' | 'chaos'>>;

const cases: readonly (readonly [Protocol, Options, Fixed, readonly string[]])[] = [
  [raft, { clientAttempts: 1 }, {}, ['client-retried']],
  [twoPhaseCommit, { clientAttempts: 1, cooperative: false }, {}, ['told-by-peer', 'client-retried']],
  [paxosCommit, { clientAttempts: 1 }, {}, ['client-retried']],
  [redlock, { restarts: 'immediate', trustedWith: 'writes' }, {}, ['forgot', 'late-write']],
  [leaseLock, { guard: 'tokens' }, {}, ['lock-delayed']],
  // Nobody else is there.
  [
    raft,
    {},
    { nodes: { server: 1 } },
    [
      'leader-deposed',
      'entry-overwritten',
      'proposal-lost',
      'repaired-by-hint',
      'election-without-winner',
      'two-leaders',
      'match-reset',
    ],
  ],
  [replicatedLock, {}, { nodes: { server: 1 } }, ['failed-over']],
  [paxosCommit, {}, { nodes: { acceptor: 0 } }, ['outvoted']],
  [twoPhaseCommit, {}, { nodes: { participant: 1 } }, ['told-by-peer']],
  // Nobody crashes, and no operator is there.
  [raft, {}, { chaos: { faults: ['pause'] } }, ['commit-lower-after-restart']],
  [
    twoPhaseCommit,
    {},
    { chaos: { faults: ['pause', 'isolate'] } },
    [
      'in-doubt-at-recovery',
      'session-ended',
      'heuristic-decision',
      'heuristic-right',
      'heuristic-mixed',
      'told-of-damage',
      'waited-for-doubt',
    ],
  ],
  [threePhaseCommit, {}, { chaos: { faults: ['pause'] } }, ['in-doubt-at-recovery', 'asking']],
  [raft, {}, { chaos: { faultsMax: 0 } }, ['commit-lower-after-restart']],
  [leaseLock, {}, { chaos: { faults: ['pause'] } }, ['restored']],
  [redlock, {}, { chaos: { faults: ['isolate'] } }, ['forgot']],
];

test.each(cases.map((one) => [`${one[0].name} ${JSON.stringify(one[1])} ${JSON.stringify(one[2])}`, ...one] as const))(
  '%s',
  (_title, protocol, options, fixed, expected) => {
    const scenario: Scenario = { ...bareScenario(protocol.name, protocol.name, protocol.name), options, ...fixed };
    const source = planSource(protocol, scenario);
    const tally = emptyTally();
    for (let i = 0; i < 25; i++) {
      const { plan, downgraded } = source.draw(`${i}`);
      addExecution(tally, execute(protocol, plan), downgraded);
    }
    const { goals } = coverageOf(protocol, scenario, tally);
    const asked = new Set(goals.flatMap((goal) => (goal.requiredWithinSeeds === undefined ? [] : [goal.goal])));
    const always = coverageOf(protocol, bareScenario(protocol.name, protocol.name, protocol.name), emptyTally()).goals;
    const unreachable = always.flatMap(({ goal, requiredWithinSeeds }) =>
      requiredWithinSeeds === undefined || asked.has(goal) ? [] : [goal],
    );
    expect(unreachable).toEqual(expected);
    expect(goals.filter(({ goal, seeds }) => unreachable.includes(goal) && seeds > 0)).toEqual([]);
  },
);

/** What a world cannot bring about is one thing, what it does bring about another: that is always asked for. */
test.each(['crash', 'outage', 'crash-loop', 'write-error', 'sync-error'] as const)(
  'what is reached where nodes restart after a %s is asked for',
  (kind) => {
    const name = 'commit-lower-after-restart';
    const scenario: Scenario = { ...bareScenario('raft', 'raft', 'raft'), chaos: { faults: [kind] } };
    const source = planSource(raft, scenario);
    const tally = emptyTally();
    for (let i = 0; i < 25; i++) {
      const { plan, downgraded } = source.draw(`${i}`);
      addExecution(tally, execute(raft, plan), downgraded);
    }
    const goal = coverageOf(raft, scenario, tally).goals.find((one) => one.goal === name);
    expect(goal?.seeds).toBeGreaterThan(0);
    expect(goal?.requiredWithinSeeds).toBeDefined();
  },
);

test('where nothing is added to its world a campaign is told what it reached, and asked for nothing: how many seeds it takes was counted in bad ones', () => {
  const scenario = bareScenario('raft', 'raft', 'raft');
  const goals = (profile: ChaosProfile): readonly GoalReport[] =>
    coverageOf(raft, { ...scenario, chaos: { profile } }, emptyTally()).goals;
  const asked = (profile: ChaosProfile): number =>
    goals(profile).filter(({ requiredWithinSeeds }) => requiredWithinSeeds !== undefined).length;
  expect(goals('none').length).toBe(goals('default').length);
  expect(asked('none')).toBe(0);
  expect(asked('light')).toBe(asked('default'));
  expect(asked('default')).toBeGreaterThan(10);
});
