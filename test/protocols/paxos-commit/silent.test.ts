/** GL 4.3: F + 1 acceptors suffice. Which ones the participants tell their votes: those that were not waited for in vain. */
import { describe, expect, it } from 'vitest';
import { paxosCommit } from '../../../src/protocols/paxos-commit/paxos-commit.ts';
import { ms } from '../../../src/sim/protocol.ts';
import { audit, call, type Run, run } from '../atomic-commit/cluster.ts';

/** F = 2: n1 coordinates, n2 to n5 are the other acceptors, n6 and n7 take part. */
const nodes = { coordinator: 1, acceptor: 4, participant: 2, client: 2 };

/** Participants lose patience, and another acceptor leads, long before the coordinator would. */
const options = { inquiryInterval: ms(40), takeoverDelay: ms(10), voteTimeout: ms(100), clientAttempts: 1 };

/** Of each transaction, in the order in which they are voted on: whom a participant tells its vote, and whether a leader was needed. */
function votingOf({ trace, simulation }: Run): readonly { readonly voters: string; readonly wasLed: boolean }[] {
  expect(simulation.violation).toBeUndefined();
  expect(simulation.failure).toBeUndefined();
  const voters = new Map<string, string[]>();
  const led = new Set<string>();
  for (const event of trace) {
    if (event.kind === 'note' && event.text === 'leading') led.add((event.data as { readonly txn: string }).txn);
    if (event.kind !== 'send' || event.node !== 'n6') continue;
    const message = event.message as { readonly type: string; readonly txn: string };
    if (message.type === 'Vote') voters.set(message.txn, [...(voters.get(message.txn) ?? []), event.to]);
  }
  return [...voters].map(([txn, to]) => ({ voters: to.join(' '), wasLed: led.has(txn) }));
}

describe('an acceptor that is down', () => {
  it('is not waited for again, also where others are sooner than the time-out for votes', () => {
    const done = run(
      {
        nodes,
        options,
        faults: [{ kind: 'crash', node: 'n2', at: ms(1) }],
        calls: [call(ms(10), 'c1', audit), call(ms(400), 'c1', audit), call(ms(800), 'c1', audit)],
      },
      paxosCommit,
    );
    expect(votingOf(done)).toEqual([
      { voters: 'n1 n2 n3', wasLed: true },
      { voters: 'n1 n3 n4', wasLed: false },
      { voters: 'n1 n3 n4', wasLed: false },
    ]);
    expect(done.trace.some((event) => event.kind === 'note' && event.text === 'votesMissing')).toBe(false);
  });

  it('comes after others that are silent, and were waited for longer ago', () => {
    const done = run(
      {
        nodes,
        options,
        faults: [
          // All of them are waited for in vain; of n4 alone the coordinator hears again, by a decision.
          { kind: 'cut', from: ['n2', 'n3', 'n4', 'n5'], to: ['n1'], at: ms(1), for: ms(399) },
          { kind: 'filter', messages: ['Phase1b'], from: ['n4'], to: ['n1'], at: ms(1) },
          { kind: 'filter', messages: ['Phase1b', 'Decision'], from: ['n3'], to: ['n1'], at: ms(1) },
          { kind: 'outage', nodes: ['n2', 'n5'], at: ms(400) },
        ],
        calls: [
          call(ms(10), 'c1', audit),
          call(ms(150), 'c2', audit),
          ...[1_000, 1_400, 1_800, 2_200].map((at) => call(ms(at), 'c1', audit)),
        ],
        until: ms(3_000),
      },
      paxosCommit,
    );
    expect(votingOf(done)).toEqual([
      { voters: 'n1 n2 n3', wasLed: true },
      { voters: 'n1 n4 n5', wasLed: true },
      { voters: 'n1 n4 n2', wasLed: true },
      { voters: 'n1 n4 n3', wasLed: false },
      { voters: 'n1 n3 n4', wasLed: false },
      { voters: 'n1 n3 n4', wasLed: false },
    ]);
  });
});
