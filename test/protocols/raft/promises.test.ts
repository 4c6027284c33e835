/** Properties of what servers keep, answer and believe of others: a planted violation of each, told in words. */
import { describe, expect, it } from 'vitest';
import type { HeartbeatReply, ReadIndexReply, ServerContext, ServerState } from '../../../src/protocols/raft/shape.ts';
import { ms } from '../../../src/sim/protocol.ts';
import { inARow } from '../../zoo/raft-option-kills.ts';
import { call, notes, read, run, type Scene, write } from './cluster.ts';
import { killOf, told, withHandler, withRules } from './planted.ts';

/** A leader, a client, two writes. */
const quiet: Scene = {
  clients: 1,
  timeouts: { n1: ms(100) },
  calls: [call(ms(150), 'c1', write('k1', 1)), call(ms(300), 'c1', write('k1', 2))],
  until: ms(600),
};

/** Queries beside the log, one at the leader and one at a follower or the other way round. */
const asked: Scene = {
  ...quiet,
  clients: 2,
  options: { reads: 'read-index', followerReads: true, clientTimeout: ms(40) },
  calls: [call(ms(150), 'c1', write('k1', 1)), call(ms(300), 'c1', read('k1')), call(ms(310), 'c2', read('k1'))],
  until: ms(1_500),
};

describe('MD: what is in memory is written', () => {
  it('a vote and an entry that are in memory only', () => {
    const fickle = withHandler('onTimer', 'heartbeat', (original) => (state: ServerState, key, context) => {
      original(state, key, context);
      state.votedFor = 'n2';
    });
    expect(told(quiet, 'MD', fickle)).toBe(
      'n1 has term 1 and its vote for n2 in memory, and has written term 1 and a vote for n1',
    );
    const dreaming = withHandler(
      'onMessage',
      'AppendEntries',
      (original) => (state: ServerState, from, message, context: ServerContext) => {
        original(state, from, message, context);
        if (context.self === 'n3') state.log.length = 0;
      },
    );
    expect(told(quiet, 'MD', dreaming)).toBe(
      'the log of n3 ends at index 0 in memory and at index 1 in what was written',
    );
  });
});

describe('NF: nobody is forgotten', () => {
  it('a proposal that is applied and not answered', () => {
    const silent = withHandler('onMessage', 'AppendEntriesReply', (original) => (state: ServerState, ...rest) => {
      const { pending } = state;
      state.pending = [];
      original(state, ...rest);
      state.pending = pending;
    });
    expect(told(quiet, 'NF', silent)).toMatch(/^n1 has applied index 2, and c1 still waits for index 2$/);
  });

  it('a query that could be answered', () => {
    const slow = withHandler(
      'onMessage',
      'ReadIndexReply',
      () => (state: ServerState, _from, reply: ReadIndexReply) => {
        for (const query of state.queries) if (query.nonce === reply.nonce) query.index = reply.index;
      },
    );
    expect(told({ ...killOf('R22a'), overrides: [] }, 'NF', slow)).toMatch(
      /^n[23] does not answer a query of c\d as of index \d, which it has applied$/,
    );
  });

  it('a query of a follower that becomes the leader', () => {
    // n3 has what is written, and never hears that it is committed; then n1, which has told it what to wait for, is gone.
    const scene: Scene = {
      ...killOf('R22a'),
      timeouts: { n1: ms(100), n3: ms(250) },
      options: { reads: 'read-index', followerReads: true, clientTimeout: ms(5_000) },
      overrides: inARow(6, 20).map((nth) => ({ message: `n1>n3/AppendEntries#${nth}`, drop: true })),
      faults: [{ kind: 'crash', node: 'n1', at: ms(340) }],
      until: ms(900),
    };
    const absent = withHandler('onMessage', 'AppendEntriesReply', (original) => (state: ServerState, ...rest) => {
      const { queries } = state;
      state.queries = [];
      original(state, ...rest);
      state.queries = queries;
    });
    expect(told(scene, 'NF', absent)).toMatch(/^n3 does not answer a query of c2 as of index 3, which it has applied$/);
    const right = run(scene, { properties: ['NF'] });
    expect(right.simulation.violation).toBeUndefined();
    expect(notes(right, 'queryAnswered').map(({ node, data }) => [node, data])).toEqual([['n3', { by: 'follower' }]]);
  });
});

describe('NO: refusals have reasons', () => {
  it('a vote that is asked for twice', () => {
    const twice: Scene = { ...quiet, network: { duplicationPpm: 1_000_000 } };
    const once = withRules({ isVoteFree: (votedFor) => votedFor === null });
    expect(told(twice, 'NO', once)).toMatch(
      /^n[23] refuses n1 its vote in term 1, which is given to that very one; its own log ends at index 0 of term 0/,
    );
    expect(run(twice, { properties: ['NO'] }).simulation.violation).toBeUndefined();
  });

  it('a vote that is free, for a log that is up to date', () => {
    const proud = withRules({ isUpToDate: (index, term, ownIndex, ownTerm) => term > ownTerm || index > ownIndex });
    expect(told(quiet, 'NO', proud)).toMatch(/^n[23] refuses n1 its vote in term 1, which is free/);
  });

  it('entries that fit', () => {
    const picky = withHandler('onMessage', 'AppendEntries', (original) => (state, from, message, context) => {
      original(state, from, message.prevLogIndex === 1 ? { ...message, prevLogTerm: 99 } : message, context);
    });
    expect(told(quiet, 'NO', picky)).toMatch(
      /^n[23] refuses entries of n1 in term 1, although its log has index 1 of term 1, which they follow$/,
    );
  });
});

describe('what is believed of others', () => {
  it('RI: a round that nobody has acknowledged', () => {
    const hopeful = withHandler(
      'onMessage',
      'HeartbeatReply',
      (original) => (state, from, reply: HeartbeatReply, context) =>
        original(state, from, { ...reply, round: reply.round + 1 }, context),
    );
    expect(told(asked, 'RI', hopeful)).toMatch(
      /^n1 believes that n\d has acknowledged round 2 of term 1, and it has acknowledged round 1$/,
    );
  });

  it('CQ: a leader that gives up although it is heard', () => {
    const timid = withHandler('onTimer', 'quorum', (original) => (state: ServerState, key, context: ServerContext) => {
      state.heard.fill(false);
      original(state, key, context);
    });
    const scene: Scene = { ...quiet, options: { checkQuorum: true } };
    expect(told(scene, 'CQ', timid)).toBe(
      'n1 gives up term 1 for want of a quorum, although it has just heard from 3 of 3 servers, itself among them',
    );
    expect(run(scene, { properties: ['CQ'] }).simulation.violation).toBeUndefined();
  });

  it('LK: a server that votes at once after a restart', () => {
    const scene: Scene = {
      ...killOf('R23'),
      calls: [],
      overrides: [],
      faults: [
        { kind: 'crash', node: 'n1', at: ms(320) },
        { kind: 'crash', node: 'n3', at: ms(330), for: ms(20) },
      ],
    };
    expect(told(scene, 'LK', withRules({ loyalUntilAtBoot: () => 0 }))).toMatch(
      /^n3 helps another into office \d+ us after its restart, whatever it had promised before$/,
    );
    expect(run(scene, { properties: ['LK'] }).simulation.violation).toBeUndefined();
  });
});
