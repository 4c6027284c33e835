/** A goal that a campaign is not asked for is one that it would not reach: what says otherwise hides that a campaign proved little. */
import { expect, test } from 'vitest';
import { placedProperties } from '../../src/check/monitor.ts';
import type { Protocol } from '../../src/check/protocol.ts';
import { execute } from '../../src/explore/execute.ts';
import { planSource } from '../../src/explore/generate.ts';
import { leaseLock } from '../../src/protocols/lease-lock/lease-lock.ts';
import { redlock } from '../../src/protocols/lease-lock/redlock/redlock.ts';
import { paxosCommit } from '../../src/protocols/paxos-commit/paxos-commit.ts';
import { raft } from '../../src/protocols/raft/raft.ts';
import { twoPhaseCommit } from '../../src/protocols/two-phase-commit/two-phase-commit.ts';
import { bareScenario } from '../../src/scenario/scenario.ts';
import type { Json } from '../../src/sim/plain.ts';

type Options = { readonly [option: string]: Json };

const cases: readonly (readonly [Protocol, Options, readonly string[]])[] = [
  [raft, { clientAttempts: 1 }, ['client-retried']],
  [twoPhaseCommit, { clientAttempts: 1, cooperative: false }, ['told-by-peer', 'client-retried']],
  [paxosCommit, { clientAttempts: 1 }, ['client-retried']],
  [redlock, { restarts: 'immediate', trustedWith: 'writes' }, ['forgot', 'late-write']],
  [leaseLock, { guard: 'tokens' }, ['lock-delayed']],
];

test.each(cases.map((one) => [`${one[0].name} ${JSON.stringify(one[1])}`, ...one] as const))(
  '%s',
  (_title, protocol, options, expected) => {
    const properties = placedProperties(protocol).map(({ property }) => property);
    const unreachable = properties.flatMap((property) =>
      property.kind === 'sometimes' && property.reachableUnder?.(options) === false ? [property.name] : [],
    );
    expect(unreachable).toEqual(expected);
    const source = planSource(protocol, { ...bareScenario(protocol.name, protocol.name, protocol.name), options });
    const reached = Array.from({ length: 25 }, (_, i) => Object.keys(execute(protocol, source.plan(`${i}`)).goals));
    expect(reached.flat().filter((goal) => unreachable.includes(goal))).toEqual([]);
  },
);
