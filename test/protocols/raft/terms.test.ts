/** Properties of terms and campaigns: a planted violation of each, told in words. */
import { describe, expect, it } from 'vitest';
import type { PreVote, RequestVote, ServerContext, ServerState } from '../../../src/protocols/raft/shape.ts';
import { ms, type NodeId } from '../../../src/sim/protocol.ts';
import { run, type Scene } from './cluster.ts';
import { killOf, told, withHandler, withRules } from './planted.ts';

/** n1 campaigns at 100 ms. */
const election: Scene = { timeouts: { n1: ms(100) }, until: ms(600) };

describe('AT: terms are adopted', () => {
  it('a server that stays in its term', () => {
    const deaf = withHandler(
      'onMessage',
      'RequestVote',
      () =>
        (state: ServerState, from: NodeId, _request: RequestVote, context: ServerContext): void =>
          context.send(from, { type: 'RequestVoteReply', term: state.currentTerm, voteGranted: false }),
    );
    expect(told(election, 'AT', deaf)).toMatch(
      /^n\d stays in term 0 in spite of the RequestVote of term 1 that n1 has sent it$/,
    );
  });

  it('a term taken from a PreVote, and from a request for a vote that is ignored', () => {
    const moved = withRules({ termAfterPreVote: (currentTerm, asked) => Math.max(currentTerm, asked) });
    expect(told(killOf('R15'), 'AT', moved)).toMatch(
      /^n\d adopts term 1 because of the PreVote of term 1 that n1 has sent it, which is to move nobody$/,
    );
    const stirred = withHandler(
      'onMessage',
      'RequestVote',
      (original) => (state: ServerState, from, request: RequestVote, context) => {
        original(state, from, request, context);
        state.currentTerm = Math.max(state.currentTerm, request.term);
      },
    );
    const sticky: Scene = { timeouts: { n1: ms(100), n2: ms(150), n3: ms(400) }, options: { stickiness: true } };
    const scene: Scene = { ...sticky, faults: [{ kind: 'cut', from: ['n1'], to: ['n2'], at: ms(130) }] };
    expect(told(scene, 'AT', stirred)).toMatch(/^n\d adopts term 2 because of the RequestVote of term 2 that n2 has/);
  });
});

describe('PV: PreVotes are meant', () => {
  it('a campaign without the PreVotes of a majority', () => {
    const hasty = withRules({ quorum: () => 1 });
    expect(told({ ...election, options: { preVote: true } }, 'PV', hasty)).toBe(
      'n1 campaigns in term 1 with the PreVotes of only 1 of 3 servers (n1)',
    );
  });

  it('a PreVote of a server that cannot vote', () => {
    const polite = withHandler(
      'onMessage',
      'PreVote',
      () =>
        (_state, from: NodeId, { term }: PreVote, context: ServerContext): void =>
          context.send(from, { type: 'PreVoteReply', term, voteGranted: true }),
    );
    const scene: Scene = {
      timeouts: { n1: ms(100), n3: ms(150) },
      options: { preVote: true },
      faults: [{ kind: 'isolate', node: 'n3', direction: 'inbound', at: ms(10) }],
      until: ms(600),
    };
    expect(told(scene, 'PV', polite)).toMatch(
      /^n\d granted n3 a PreVote for term 1, in which it cannot vote for it: it has voted for n1 there$/,
    );
  });
});

describe('LT: leaders are left in peace, and so are elections', () => {
  it('a campaign of a server that has just voted', () => {
    const scene: Scene = { timeouts: { n1: ms(100), n2: ms(107) }, until: ms(300) };
    const restless = withRules({ restartsTimerAfterVoteRequest: () => false });
    expect(told(scene, 'LT', restless)).toMatch(
      /^n2 asks for votes by a RequestVote of term 2 \d+ us after it was asked for the vote that it has given/,
    );
    expect(run(scene, { properties: ['LT'] }).simulation.violation).toBeUndefined();
  });

  it('a vote and a PreVote of servers that have just heard from their leader', () => {
    const { reads, ...options } = killOf('R24').options ?? {};
    expect(reads).toBe('lease');
    const scene: Scene = { ...killOf('R24'), options: { ...options, stickiness: true }, calls: [] };
    expect(told(scene, 'LT', withRules({ ignoresVoteRequest: () => false }))).toMatch(
      /^n\d votes for n\d \d+ us after/,
    );
    const asking: Scene = { ...killOf('R24'), options: { ...options, preVote: true }, calls: [] };
    expect(told(asking, 'LT', withRules({ isLoyal: () => false }))).toMatch(/^n\d grants n\d a PreVote \d+ us after/);
  });
});
