/** diss 4.2.3, 6.2, 6.4 and 9.6: leaders left in peace, and reads beside the log. */
import { describe, expect, it } from 'vitest';
import { correctRules } from '../../src/protocols/raft/rules.ts';
import type { PreVote, PreVoteReply } from '../../src/protocols/raft/shape.ts';
import { ms } from '../../src/sim/protocol.ts';
import { append, granted, refused, rejection, vote } from './moves.ts';
import { led, Room, type Seat } from './room.ts';

const ask = (term: number, lastLogIndex = 0, lastLogTerm = 0): PreVote => ({
  type: 'PreVote',
  term,
  lastLogIndex,
  lastLogTerm,
});

const answer = (term: number, voteGranted: boolean): PreVoteReply => ({ type: 'PreVoteReply', term, voteGranted });

const kinds = (seat: Seat): readonly string[] => seat.effects.map(({ kind }) => kind);
const types = (seat: Seat): readonly string[] => seat.sent.map(([, message]) => message.type);

describe('diss 9.6: PreVote', () => {
  const room = (): Room => new Room([{ term: 1, log: [1, 1] }, { term: 1, log: [1] }, { term: 4 }], { preVote: true });

  it('a server that times out asks for the next term, and changes neither its term nor its disk', () => {
    const seat = room().seat(1);
    seat.electionTimeout();
    expect(seat.sent).toEqual(['s2', 's3'].map((to) => [to, ask(2, 2, 1)]));
    expect(seat.state).toMatchObject({ currentTerm: 1, votedFor: null, leader: null });
    expect(kinds(seat)).not.toContain('put');
    expect(kinds(seat)).not.toContain('sync');
  });

  it('whoever would vote for it says so, in the term that was asked for, and stays in its own', () => {
    const seat = room().seat(2);
    seat.receive('s1', ask(2, 2, 1));
    expect(seat.sent).toEqual([['s1', answer(2, true)]]);
    expect(seat.state.currentTerm).toBe(1);
    expect(kinds(seat)).not.toContain('timer');
  });

  it('a server whose log is behind is refused, and the next message of the leader makes it a follower', () => {
    const seat = room().seat(2);
    seat.electionTimeout();
    seat.receive('s1', answer(1, false));
    expect(seat.state).toMatchObject({ role: 'pre-candidate', currentTerm: 1 });
    seat.receive('s1', append(1));
    expect(seat.state).toMatchObject({ role: 'follower', currentTerm: 1, leader: 's1' });
  });

  it('a refusal tells the term of whoever refuses, and whoever is behind adopts it', () => {
    const asking = room().seat(1);
    const refusing = room().seat(3);
    refusing.receive('s1', ask(2, 2, 1));
    expect(refusing.sent).toEqual([['s1', answer(4, false)]]);
    asking.electionTimeout();
    asking.receive('s3', answer(4, false));
    expect(asking.state).toMatchObject({ role: 'follower', currentTerm: 4 });
  });

  it('with grants of a majority it campaigns', () => {
    const seat = room().seat(1);
    seat.electionTimeout();
    seat.receive('s2', answer(2, true));
    expect(seat.state).toMatchObject({ role: 'candidate', currentTerm: 2, votedFor: 's1' });
  });

  it('grants of an earlier question do not count', () => {
    const seat = room().seat(1);
    seat.electionTimeout();
    seat.receive('s2', answer(1, true));
    expect(seat.state.role).toBe('pre-candidate');
  });

  it('is refused by the leader, and by who hears it', () => {
    const peaceful = led(3, {}, { preVote: true });
    for (const seat of [peaceful.seat(1), peaceful.seat(2)]) {
      seat.receive('s3', ask(9, 9, 9));
      expect(seat.sent).toEqual([['s3', answer(1, false)]]);
      expect(seat.state.currentTerm).toBe(1);
    }
  });
});

describe('diss 4.2.3: "if a server receives a RequestVote request within the minimum election timeout of hearing from a current leader"', () => {
  it('"it does not update its term or grant its vote"', () => {
    const peaceful = led(3, {}, { stickiness: true });
    for (const seat of [peaceful.seat(1), peaceful.seat(2)]) {
      seat.receive('s3', vote(9, 9, 9));
      expect(seat.sent).toEqual([]);
      expect(seat.state.currentTerm).toBe(1);
    }
  });

  it('the promise is kept by a voter that learns of a higher term meanwhile', () => {
    const room = led(3, {}, { reads: 'lease' });
    const seat = room.seat(2);
    seat.receive('s3', refused(7));
    expect(seat.state.currentTerm).toBe(7);
    seat.receive('s3', vote(8, 9, 9));
    expect(seat.sent).toEqual([]);
    room.now += room.options.electionTimeoutMin;
    seat.receive('s3', vote(8, 9, 9));
    expect(seat.sent).toEqual([['s3', granted(8)]]);
  });

  it('with lease reads a voter that restarts keeps what it may have promised', () => {
    const room = led(3, {}, { reads: 'lease' });
    const seat = room.seat(2);
    seat.restart();
    seat.receive('s3', vote(8, 9, 9));
    expect(seat.sent).toEqual([]);
    expect(seat.state.currentTerm).toBe(1);
    room.now += room.options.electionTimeoutMin;
    seat.receive('s3', vote(8, 9, 9));
    expect(seat.sent).toEqual([['s3', granted(8)]]);
  });
});

describe('diss 6.4: reads beside the log', () => {
  const query = { type: 'ClientQuery', nonce: 1, query: { type: 'read', key: 'k' } as never } as const;
  const leader = (): Seat => led(3, {}, { reads: 'read-index' }).seat(1);

  it('the leader asks for a round of heartbeats first, and answers when a majority has acknowledged it', () => {
    const seat = leader();
    seat.receive('c1', query);
    expect(types(seat)).toEqual(['Heartbeat', 'Heartbeat']);
    seat.receive('s2', { type: 'HeartbeatReply', term: 1, round: 1 });
    expect(types(seat)).toEqual(['ClientQueryReply']);
  });

  it('a round that began before the question confirms nothing', () => {
    const seat = leader();
    seat.receive('c1', query);
    seat.receive('c2', { ...query, nonce: 2 });
    expect(types(seat)).toEqual([]);
    seat.receive('s2', { type: 'HeartbeatReply', term: 1, round: 1 });
    expect(seat.sent.map(([to, { type }]) => `${type} ${to}`)).toEqual([
      'ClientQueryReply c1',
      'Heartbeat s2',
      'Heartbeat s3',
    ]);
  });

  it('"If the leader has not yet marked an entry from its current term committed, it waits until it has done so"', () => {
    const seat = new Room([{ log: [1] }, {}, {}], { reads: 'read-index' }).seat(1);
    seat.electionTimeout();
    seat.receive('s2', { type: 'RequestVoteReply', term: 1, voteGranted: true });
    seat.receive('c1', query);
    expect(seat.state.role).toBe('leader');
    expect(types(seat)).toEqual([]);
  });

  it('a leader that steps down sends clients elsewhere', () => {
    const seat = leader();
    seat.receive('c1', query);
    seat.receive('s2', rejection(5, 0, 0, 0));
    expect(seat.sent.map(([to, message]) => [to, 'status' in message && message.status])).toEqual([
      ['c1', 'not-leader'],
    ]);
  });

  it('diss 6.4.1: while the lease lasts the answer comes at once', () => {
    const room = led(3, {}, { reads: 'lease' });
    const seat = room.seat(1);
    seat.heartbeatTimeout();
    const sentAt = room.now;
    room.now += ms(100);
    seat.receive('s2', { type: 'HeartbeatReply', term: 1, round: 1 });
    seat.receive('c1', query);
    expect(seat.sent).toMatchObject([['c1', { type: 'ClientQueryReply', status: 'ok' }]]);
    room.now = sentAt + room.options.electionTimeoutMin;
    seat.receive('c1', { ...query, nonce: 2 });
    expect(types(seat)).toEqual(['Heartbeat', 'Heartbeat']);
  });

  it('the lease is over on the slowest clock before the promise is on the fastest', () => {
    for (const ppm of [0, 100, 1_000, 100_000]) {
      const longest = correctRules.leaseDuration(ms(150), ppm) / (1 - ppm / 1e6);
      expect(longest).toBeLessThan(ms(150) / (1 + ppm / 1e6));
      expect(longest).toBeGreaterThan(ms(149.9) / (1 + ppm / 1e6));
    }
  });
});
