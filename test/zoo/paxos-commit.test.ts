/**
 * The planted bugs of Paxos Commit, each killed by a schedule written by hand, on which the correct protocol lives.
 *
 * n1 coordinates, n2 and n3 stand by, n6 has a1 and n4 has a2. A transaction that a client asks for at 0 ms is voted on at 31 ms, accepted
 * by n1 and n2 at 37 ms, and decided at 42 ms. The coordinator waits for 100 ms, participants ask after 120 ms, n2 leads 80 ms after that.
 */
import { describe, expect, it } from 'vitest';
import { paxosCommit } from '../../src/protocols/paxos-commit/paxos-commit.ts';
import { ms } from '../../src/sim/protocol.ts';
import { bug, call, run, transfer } from '../protocols/atomic-commit/cluster.ts';
import type { Kill } from './two-phase-commit-kills.ts';

const calls = [call(0, 'c1', transfer('k1', 'k2'))];

const kills: readonly Kill[] = [
  {
    bug: 'P10',
    story: 'the coordinator does not hear that n2 has accepted, and has a majority accept "aborted"',
    scene: { calls, overrides: [{ message: 'n2>n1/Phase2b#1', latency: ms(300) }] },
    foundBy: ['CHOSEN'],
  },
  {
    bug: 'P10',
    story: 'n4 hears that the coordinator has committed, which dies; n6 asks, and n2 aborts',
    scene: {
      calls,
      overrides: [{ message: 'n1>n6/Decision#1', drop: true }],
      faults: [{ kind: 'crash', node: 'n1', at: ms(50), unsynced: 'none' }],
    },
    foundBy: ['AC1'],
  },
];

describe.each(kills)('$bug: $story', ({ bug: id, scene, foundBy }) => {
  it.each(foundBy)('is found by %s', (property) => {
    const { simulation } = run(scene, bug(paxosCommit, id), [property]);
    expect(simulation.failure).toBeUndefined();
    expect(simulation.violation?.property).toBe(property);
  });

  it('the correct protocol survives', () => {
    const { simulation } = run(scene, paxosCommit);
    expect(simulation.failure).toBeUndefined();
    expect(simulation.violation).toBeUndefined();
  });
});

it('has a schedule for every bug that is planted', () => {
  expect(new Set(kills.map((kill) => kill.bug))).toEqual(new Set(paxosCommit.bugs?.map(({ id }) => id)));
});
