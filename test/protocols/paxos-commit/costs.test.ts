/** What Paxos Commit costs: the table of the folder's README, derived from the rules, read off runs. */
import { describe, expect, it } from 'vitest';
import { paxosCommit } from '../../../src/protocols/paxos-commit/paxos-commit.ts';
import { ms } from '../../../src/sim/protocol.ts';
import type { TraceEvent } from '../../../src/sim/trace.ts';
import { audit, call, run, type Scene, transfer } from '../atomic-commit/cluster.ts';

const WORK = ['Begin', 'Stale', 'Execute', 'Executed', 'Done'];

interface Cost {
  readonly messages: number;
  readonly forced: number;
  readonly decidedMs: number;
}

const isOf = (since: number) => (event: TraceEvent) =>
  event.at > since && event.kind === 'send' && !WORK.includes((event.message as { readonly type: string }).type);

function costOf(scene: Scene, f: number, n: number, since = 0): Cost {
  const nodes = { coordinator: 1, acceptor: 2 * f, participant: n, client: 1 };
  const done = run({ ...scene, nodes, options: { inquiryInterval: ms(300), ...scene.options } }, paxosCommit);
  expect(done.simulation.violation).toBeUndefined();
  expect(done.simulation.failure).toBeUndefined();
  const { trace } = done;
  // Work ends with the request to prepare, and by then all have started.
  const prepared = trace.find((event) => event.at > since && event.kind === 'note' && event.text === 'voting');
  const decided = trace.find(
    (event) => event.kind === 'note' && event.at > since && ['committed', 'aborted'].includes(event.text),
  );
  const at = prepared?.at ?? 0;
  return {
    messages: trace.filter(isOf(since)).length,
    forced: trace.filter((event) => event.kind === 'sync' && event.at > at).length,
    decidedMs: ((decided?.at ?? 0) - at) / 1_000,
  };
}

/** Reads all accounts, so that all participants have a part in it. */
const commit: Scene = { calls: [call(0, 'c1', audit)] };

describe.each([0, 1, 2])('F = %d', (f) => {
  describe.each([2, 3, 4])('of %d participants', (n) => {
    it('a commit costs one message more than in the paper, where the first participant is not asked to prepare', () => {
      const { messages, forced } = costOf(commit, f, n);
      expect(messages).toBe((n + 1) * (f + 3) - 4 + 1);
      expect(forced).toBe(n + f + 1);
    });

    it('a commit of which all acceptors are told costs more messages and writes', () => {
      const { messages, forced } = costOf({ ...commit, options: { votesTo: 'all' } }, f, n);
      expect(messages).toBe(n + n * (2 * f + 1) + 2 * f + n);
      expect(forced).toBe(n + 2 * f + 1);
    });

    it('an abort costs a ballot where a vote is missing', () => {
      const participant = `n${2 * f + 2}`;
      const overrides = [{ message: `${participant}>n1/Vote#1`, latency: ms(250) }];
      const { messages, forced } = costOf({ ...commit, overrides }, f, n);
      expect(messages).toBe(n + n * (f + 1) + f + (f === 0 ? 0 : 8 * f) + n);
      // F = 0: promised and accepted in one write.
      expect(forced).toBe(n + (f === 0 ? 1 : f + 2 * (2 * f + 1)));
    });
  });

  it('an abort costs no ballot where a participant says no', () => {
    const twice = [call(0, 'c1', transfer('k1', 'k2', 60)), call(ms(200), 'c1', transfer('k1', 'k2', 60))];
    const { messages, forced } = costOf({ calls: twice }, f, 2, ms(150));
    expect(messages).toBe(2 + 1 + (f + 1) + 1);
    expect(forced).toBe(1);
  });

  it(`takes ${f === 0 ? 'three' : 'four'} message delays and two writes from the request to prepare to the first commit`, () => {
    expect(costOf(commit, f, 3).decidedMs).toBe((f === 0 ? 3 : 4) * 5 + 2);
  });
});
