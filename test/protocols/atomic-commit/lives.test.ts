/** Messages that come when the life is over that they were meant for, or that they come from: a copy, an answer, a question. */
import { describe, expect, it } from 'vitest';
import type { Protocol } from '../../../src/check/protocol.ts';
import { keepAnswer, newManager } from '../../../src/protocols/atomic-commit/manager.ts';
import { correctRules } from '../../../src/protocols/two-phase-commit/rules.ts';
import { createTwoPhaseCommit, twoPhaseCommit } from '../../../src/protocols/two-phase-commit/two-phase-commit.ts';
import { type AnyRole, ms } from '../../../src/sim/protocol.ts';
import { call, run, type Scene, transfer } from './cluster.ts';

const dropped = (lane: string, ...ordinals: readonly number[]): { message: string; drop: true }[] =>
  ordinals.map((ordinal) => ({ message: `${lane}#${ordinal}`, drop: true }));

describe('a participant that has only read, left with its vote, and restarted', () => {
  // n3 writes and is in doubt, since n1 does not reach it; n2 has read. A copy of the request has n2 do the work again in its next life.
  const scene: Scene = {
    calls: [call(0, 'c1', { type: 'append-read', to: 'k1', read: 'k3' })],
    network: { duplicationPpm: 1_000_000, copyLatency: { kind: 'constant', value: ms(60) } },
    faults: [
      { kind: 'crash', node: 'n2', at: ms(40), for: ms(10) },
      { kind: 'filter', messages: ['Decision'], from: ['n1'], to: ['n3'], at: 0, for: ms(600) },
      { kind: 'cut', from: ['n3'], to: ['n1'], at: ms(100), for: ms(500) },
    ],
    until: ms(1_500),
  };

  it('does not tell who asks that it aborts: it does not know whether it has voted', () => {
    const { simulation, trace } = run(scene, twoPhaseCommit);
    expect(simulation.violation).toBeUndefined();
    expect(simulation.failure).toBeUndefined();
    const happened = (kind: 'send' | 'deliver', type: string): number =>
      trace.filter(
        (event) => event.kind === kind && event.node === 'n2' && (event.message as { type: string }).type === type,
      ).length;
    expect(happened('send', 'Executed')).toBe(2);
    expect(happened('deliver', 'Inquiry')).toBeGreaterThan(0);
  });

  it('would break AC1 if it did', () => {
    const talkative = createTwoPhaseCommit({ ...correctRules, knowsWhetherItVoted: () => true });
    expect(run(scene, talkative, ['AC1']).simulation.violation?.finding.sentence).toMatch(
      /^n1 commits transaction n1\.1\.1, and n[23] aborts it$/,
    );
  });
});

describe('an answer of a life that is over', () => {
  // n1 refuses the transfer, since a1 has too little; its answer is late. It restarts, is asked anew when a1 has enough, and commits.
  const scene: Scene = {
    options: { clientTimeout: ms(100) },
    calls: [call(0, 'c1', transfer('k1', 'k2', 150)), call(ms(35), 'c2', transfer('k3', 'k1', 90))],
    faults: [{ kind: 'crash', node: 'n1', at: ms(85), for: ms(5) }],
    overrides: [
      { message: 'n1>c1/Done#1', latency: ms(150) },
      { message: 'n1>c1/Done#2', latency: ms(250) },
      ...dropped('n1>c1/Done', 3, 4, 5),
    ],
    until: ms(1_500),
  };

  it('is not believed by a client that has asked the next', () => {
    const { simulation } = run(scene, twoPhaseCommit);
    expect(simulation.violation).toBeUndefined();
    expect(simulation.history().find(({ process }) => process === 'c1')).toMatchObject({
      outcome: 'ok',
      output: { values: [190, 190, 100] },
    });
  });

  it('is what DENY finds where it is believed', () => {
    const { client } = twoPhaseCommit.roles as unknown as {
      readonly client: { readonly onMessage: { readonly [type: string]: (...inputs: unknown[]) => void } };
    };
    const { Done: believe } = client.onMessage as { readonly Done: (...inputs: unknown[]) => void };
    const Done = (state: unknown, from: unknown, message: object, context: unknown): void =>
      believe(state, from, { ...message, incarnation: Number.MAX_SAFE_INTEGER }, context);
    const credulous = { ...client, onMessage: { ...client.onMessage, Done } } as unknown as AnyRole;
    const protocol: Protocol = { ...twoPhaseCommit, roles: { ...twoPhaseCommit.roles, client: credulous } };
    expect(run(scene, protocol, ['DENY']).simulation.violation?.finding.sentence).toBe(
      'the request c1 #1 was carried out, and its client was told that it was not',
    );
  });
});

describe('the answer to a request on which its client has given up', () => {
  const manager = newManager(1);
  const answer = (sequence: number) => ({ sequence, committed: true, overdrawn: false, values: [] });

  it('does not take the place of the answer to a later one', () => {
    for (const sequence of [5, 4]) keepAnswer(manager, { process: 'c1', sequence }, answer(sequence));
    expect(manager.answered.c1?.sequence).toBe(5);
    keepAnswer(manager, { process: 'c1', sequence: 6 }, answer(6));
    expect(manager.answered.c1?.sequence).toBe(6);
  });
});
