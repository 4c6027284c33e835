/** PROPOSE: what a leader may propose. */
import { beforeEach, describe, expect, it } from 'vitest';
import { paxosCommit } from '../../../src/protocols/paxos-commit/paxos-commit.ts';
import { proposalsFree } from '../../../src/protocols/paxos-commit/properties/proposals.ts';
import type { World } from '../../../src/sim/observer.ts';
import { ms } from '../../../src/sim/protocol.ts';
import { bug, call, run, transfer } from '../atomic-commit/cluster.ts';

const group = { participants: ['n6', 'n7'], acceptors: ['n1', 'n2', 'n3', 'n4', 'n5'] };
const world = { event: 1, nodes: ['n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7'] } as unknown as World;
let memory: unknown;

interface Accepted {
  readonly ballot: number;
  readonly prepared: readonly string[];
}

/** n1 asks in ballot 64, having accepted this itself. */
function asks(accepted: Accepted | null): void {
  const entry = { type: 'promised', txn: 't', group, ballot: 64, accepted };
  proposalsFree.log?.(memory, 0, 'wal', { kind: 'append', index: 1, entry }, world);
  proposalsFree.send?.(memory, 0, 1, { type: 'Phase1a', txn: 't', ballot: 64, group } as never, world);
}

const promises = (from: number, accepted: Accepted | null): unknown =>
  proposalsFree.deliver?.(memory, from, 0, { type: 'Phase1b', txn: 't', ballot: 64, accepted } as never, world);

const proposes = (prepared: readonly string[]): unknown =>
  proposalsFree.send?.(memory, 0, 1, { type: 'Phase2a', txn: 't', ballot: 64, group, prepared } as never, world);

describe('PROPOSE', () => {
  beforeEach(() => {
    memory = proposalsFree.start(world);
  });

  it('lets a majority that is free be proposed to abort, and finds anything else', () => {
    asks(null);
    promises(1, null);
    promises(2, null);
    expect(proposes(['n6', 'n7'])).toMatchObject({
      sentence:
        'n1 proposes n6 and n7 to be prepared in ballot 1.0 of t, and what it was told leaves only that nobody is prepared',
    });
    memory = proposalsFree.start(world);
    asks(null);
    promises(1, null);
    promises(2, null);
    expect(proposes([])).toBeUndefined();
  });

  it('counts a promise that comes twice once', () => {
    asks(null);
    promises(1, null);
    promises(1, null);
    expect(proposes([])).toMatchObject({
      sentence: 'n1 proposes that nobody is prepared in ballot 1.0 of t, and only 2 of 5 acceptors have promised',
    });
  });

  it('joins what was heard in ballot 0, and holds to the highest of the others', () => {
    asks({ ballot: 0, prepared: ['n6'] });
    promises(1, { ballot: 0, prepared: ['n7'] });
    promises(2, null);
    expect(proposes(['n7', 'n6'])).toBeUndefined();
    memory = proposalsFree.start(world);
    asks({ ballot: 0, prepared: ['n6', 'n7'] });
    promises(1, { ballot: 33, prepared: [] });
    promises(2, null);
    expect(proposes(['n6', 'n7'])).toMatchObject({ sentence: expect.stringContaining('leaves only that nobody') });
  });

  it('finds a leader that does not ask, in a run', () => {
    const scene = {
      calls: [call(0, 'c1', transfer('k1', 'k2'))],
      overrides: [{ message: 'n2>n1/Phase2b#1', latency: ms(300) }],
    };
    const { simulation } = run(scene, bug(paxosCommit, 'P10'), ['PROPOSE']);
    expect(simulation.violation?.finding.sentence).toBe(
      'n1 proposes that nobody is prepared in ballot 1.0 of n1.1.1, and only 0 of 3 acceptors have promised',
    );
    expect(run(scene, paxosCommit, ['PROPOSE']).simulation.violation).toBeUndefined();
  });
});
