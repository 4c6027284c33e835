/** A request is carried out once, whatever its coordinator has forgotten in a restart. */
import { describe, expect, it } from 'vitest';
import { paxosCommit } from '../../../src/protocols/paxos-commit/paxos-commit.ts';
import type { Operation } from '../../../src/sim/history.ts';
import { ms } from '../../../src/sim/protocol.ts';
import { call, putGet, type Run, run, type Scene, transfer } from '../atomic-commit/cluster.ts';

const operationsOf = ({ world }: Run): readonly Operation[] => world().history();
const notesOf = ({ trace }: Run, text: string): readonly unknown[] =>
  trace.flatMap((event) => (event.kind === 'note' && event.text === text ? [event.data] : []));

const surely = (scene: Scene): Run => {
  const one = run(scene, paxosCommit);
  expect(one.simulation.failure).toBeUndefined();
  expect(one.simulation.violation).toBeUndefined();
  return one;
};

it('hears no vote of before a restart whose request it has lost, also where it was asked about that first', () => {
  const one = surely({
    nodes: { coordinator: 1, acceptor: 0, participant: 3, client: 1 },
    options: { inquiryInterval: ms(10), clientTimeout: ms(30) },
    calls: [call(0, 'c1', putGet('r3', 'r3'))],
    // n2 votes at 31 ms and asks at 40 ms; n1 hears both while it is starting, the question first.
    faults: [{ kind: 'crash', node: 'n1', at: ms(32), for: ms(12.5) }],
    overrides: [{ message: 'n2>n1/Vote#1', latency: ms(14.3) }],
  });
  expect(notesOf(one, 'decidedAbort')).toEqual([{ txn: 'n1.1.1' }]);
  expect(notesOf(one, 'decidedCommit')).toEqual([{ txn: 'n1.2.1' }]);
});

describe('a client whose coordinator has lost a request that others carry out', () => {
  const nodes = { coordinator: 1, acceptor: 2, participant: 3, client: 1 };
  const options = { inquiryInterval: ms(10), takeoverDelay: ms(5), clientAttempts: 20 };

  it('does not ask anew because it is told of an older request', () => {
    const one = surely({
      nodes,
      options: { ...options, clientTimeout: ms(30) },
      // The first overdraws an account. It is asked for again at 30 ms, which n1 hears after its restart.
      calls: [call(0, 'c1', transfer('k1', 'k2', 10_000)), call(ms(50), 'c1', putGet('r3', 'r3'))],
      faults: [{ kind: 'crash', node: 'n1', at: ms(72), for: ms(10) }],
      overrides: [{ message: 'c1>n1/Begin#3', latency: ms(54) }],
    });
    expect(notesOf(one, 'committed')).toEqual([{ txn: 'n1.1.2' }]);
    expect(operationsOf(one)[1]).toMatchObject({ outcome: 'unknown' });
  });

  it('does not ask anew because of a question that it put before it knew of any life', () => {
    const one = surely({
      nodes,
      options: { ...options, clientTimeout: ms(8) },
      calls: [call(0, 'c1', putGet('r3', 'r3'))],
      faults: [{ kind: 'crash', node: 'n1', at: ms(32), for: ms(10) }],
      overrides: [{ message: 'c1>n1/Begin#2', latency: ms(35.5) }],
    });
    expect(notesOf(one, 'committed')).toEqual([{ txn: 'n1.1.1' }]);
    expect(operationsOf(one)[0]).toMatchObject({ outcome: 'unknown' });
  });
});

it.each([
  ['it has promised to follow', [], 'aborted', 'fail'],
  ['of which it hears by what that proposes', ['Phase1a'], 'committed', 'ok'],
] as const)(
  'answers its client, although another leads, %s, and the news of what was decided there is lost',
  (_, lost, end, outcome) => {
    const one = surely({
      nodes: { coordinator: 1, acceptor: 2, participant: 3, client: 1 },
      options: { inquiryInterval: ms(60), takeoverDelay: ms(5), voteTimeout: ms(50), clientTimeout: ms(1_500) },
      calls: [call(0, 'c1', putGet('r3', 'r3'))],
      // n1 hears of no vote, and leads ballot 1 without hearing of a promise; asked by the participant, n2 and n3 do so at once.
      faults: [
        {
          kind: 'filter',
          messages: [...lost, 'Vote', 'Phase1b', 'Phase2b', 'Inquiry', 'Decision'],
          to: ['n1'],
          at: 0,
          for: ms(400),
        },
      ],
    });
    expect(notesOf(one, end)).toEqual([{ txn: 'n1.1.1' }]);
    expect(operationsOf(one)[0]).toMatchObject({ outcome });
  },
);
