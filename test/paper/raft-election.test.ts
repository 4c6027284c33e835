/** Sentences of the Raft paper (extended version), one test each: basics and leader election. */
import { describe, expect, it } from 'vitest';
import { ms } from '../../src/sim/protocol.ts';
import { append, candidate, entry, granted, inRole, leader, lone, refused, rejection, vote } from './moves.ts';
import { followers, type Seat } from './room.ts';

describe('§5.1 Raft basics', () => {
  it.each(['follower', 'candidate', 'leader'] as const)(
    "if one server's current term is smaller than the other's, then it updates its current term to the larger value (%s)",
    (role) => {
      const seat = inRole[role]();
      seat.receive('s2', append(9));
      expect(seat.state.currentTerm).toBe(9);
    },
  );

  it.each(['candidate', 'leader'] as const)(
    'if a %s discovers that its term is out of date, it immediately reverts to follower state',
    (role) => {
      for (const message of [vote(9), append(9), refused(9), rejection(9, 0, 0, 0)]) {
        const seat = inRole[role]();
        seat.receive('s2', message);
        expect(seat.state.role).toBe('follower');
        expect(seat.state.currentTerm).toBe(9);
      }
    },
  );

  it('if a server receives a request with a stale term number, it rejects the request', () => {
    const seat = lone({ term: 5 });
    seat.receive('s2', append(4, 0, 0, [entry(4)]));
    expect(seat.sent).toEqual([['s2', expect.objectContaining({ success: false, term: 5 })]]);
    expect(seat.terms).toEqual([]);
    seat.receive('s3', vote(4));
    expect(seat.sent).toEqual([['s3', refused(5)]]);
  });

  it('a stale request has no effect: it restarts no timer', () => {
    const seat = lone({ term: 5 });
    for (const message of [append(4), vote(4)]) {
      expect(seat.receive('s2', message).filter(({ kind }) => kind !== 'send')).toEqual([]);
    }
  });
});

describe('§5.2 Leader election', () => {
  it('when servers start up, they begin as followers', () => {
    for (const seat of followers(3).seats) expect(seat.state.role).toBe('follower');
  });

  it('a server remains in follower state as long as it receives valid RPCs from a leader or candidate', () => {
    const restartsTimer = (effects: ReturnType<Seat['receive']>) =>
      effects.some((effect) => effect.kind === 'timer' && effect.timer === 'election');
    expect(restartsTimer(lone().receive('s2', append(1)))).toBe(true);
    expect(restartsTimer(lone().receive('s2', vote(1)))).toBe(true);
    expect(restartsTimer(lone({ term: 1, log: [1] }).receive('s2', vote(2)))).toBe(false);
    expect(restartsTimer(lone({ term: 1 }).receive('s2', append(1, 7, 1)))).toBe(true);
  });

  it('to begin an election, a follower increments its current term and transitions to candidate state', () => {
    const seat = lone({ term: 4 });
    seat.electionTimeout();
    expect(seat.state).toMatchObject({ role: 'candidate', currentTerm: 5, votedFor: 's1' });
  });

  it('it then votes for itself and issues RequestVote RPCs in parallel to each of the other servers in the cluster', () => {
    const seat = candidate({ term: 4, log: [1, 3] });
    expect(seat.state.votes).toEqual(['s1']);
    expect(seat.sent).toEqual([
      ['s2', vote(5, 2, 3)],
      ['s3', vote(5, 2, 3)],
    ]);
  });

  it('its own vote is on disk before anybody hears of the campaign (Figure 2: updated on stable storage)', () => {
    const kinds = candidate().effects.map(({ kind }) => kind);
    expect(kinds.indexOf('put')).toBeLessThan(kinds.indexOf('sync'));
    expect(kinds.indexOf('sync')).toBeLessThan(kinds.indexOf('send'));
  });

  it.each([
    { servers: 1, votes: 0, wins: true },
    { servers: 2, votes: 0, wins: false },
    { servers: 2, votes: 1, wins: true },
    { servers: 3, votes: 0, wins: false },
    { servers: 3, votes: 1, wins: true },
    { servers: 4, votes: 1, wins: false },
    { servers: 4, votes: 2, wins: true },
    { servers: 5, votes: 1, wins: false },
    { servers: 5, votes: 2, wins: true },
    { servers: 7, votes: 2, wins: false },
    { servers: 7, votes: 3, wins: true },
  ])(
    'a candidate wins an election if it receives votes from a majority of the servers ($votes of the others among $servers: $wins)',
    ({ servers, votes, wins }) => {
      const seat = candidate({}, servers);
      for (let voter = 2; voter < 2 + votes; voter++) seat.receive(`s${voter}`, granted(1));
      expect(seat.state.role).toBe(wins ? 'leader' : 'candidate');
    },
  );

  it('votes of an earlier term do not count "for the same term"', () => {
    const seat = candidate();
    seat.electionTimeout();
    seat.receive('s2', granted(1));
    expect(seat.state).toMatchObject({ role: 'candidate', currentTerm: 2 });
  });

  it('each server votes for at most one candidate in a given term, on a first-come-first-served basis', () => {
    const seat = lone();
    seat.receive('s2', vote(1));
    expect(seat.sent).toEqual([['s2', granted(1)]]);
    seat.receive('s3', vote(1));
    expect(seat.sent).toEqual([['s3', refused(1)]]);
    seat.receive('s2', vote(1));
    expect(seat.sent, 'a repeated request is answered as before').toEqual([['s2', granted(1)]]);
    seat.restart();
    seat.receive('s3', vote(1));
    expect(seat.sent, 'a restart does not make the vote free').toEqual([['s3', refused(1)]]);
  });

  it('a vote is on disk before it is given (Figure 2: updated on stable storage before responding to RPCs)', () => {
    const effects = lone().receive('s2', vote(1));
    const kinds = effects.map(({ kind }) => kind).filter((kind) => kind !== 'timer');
    expect(kinds).toEqual(['put', 'put', 'sync', 'send']);
    expect(effects).toContainEqual({ kind: 'put', hard: { term: 1, votedFor: 's2' } });
  });

  it('once a candidate wins an election, it becomes leader and sends messages to all of the other servers to establish its authority', () => {
    const seat = leader();
    expect(seat.sent.map(([to, message]) => [to, message.type])).toEqual([
      ['s2', 'AppendEntries'],
      ['s3', 'AppendEntries'],
    ]);
  });

  it('leaders send periodic heartbeats, AppendEntries RPCs that carry no log entries, to all followers', () => {
    const seat = leader();
    seat.heartbeatTimeout();
    expect(seat.sent).toEqual([
      ['s2', append(1)],
      ['s3', append(1)],
    ]);
    expect(seat.effects).toContainEqual({ kind: 'timer', timer: 'heartbeat', delay: ms(50) });
  });

  it("if the leader's term is at least as large as the candidate's, the candidate recognizes the leader and returns to follower state", () => {
    const seat = candidate();
    seat.receive('s2', append(1));
    expect(seat.state).toMatchObject({ role: 'follower', leader: 's2', currentTerm: 1, votedFor: 's1' });
  });

  it("if the term in the RPC is smaller than the candidate's, then the candidate rejects the RPC and continues in candidate state", () => {
    const seat = candidate({ term: 4 });
    seat.receive('s2', append(4));
    expect(seat.state.role).toBe('candidate');
    expect(seat.sent).toEqual([['s2', expect.objectContaining({ success: false, term: 5 })]]);
  });

  it('when votes are split, each candidate times out and starts a new election by incrementing its term', () => {
    const seat = candidate();
    seat.electionTimeout();
    expect(seat.state).toMatchObject({ role: 'candidate', currentTerm: 2, votes: ['s1'] });
  });
});
