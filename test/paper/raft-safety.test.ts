/** Sentences of the Raft paper (extended version), one test each: safety, crashes, clients. */
import { describe, expect, it } from 'vitest';
import { correctRules } from '../../src/protocols/raft/rules.ts';
import type { AppendEntries } from '../../src/protocols/raft/shape.ts';
import { append, entry, granted, lone, propose, refused, success, vote } from './moves.ts';
import { among, led, Room, type Wire } from './room.ts';

describe('§5.4 Safety', () => {
  it.each([
    { own: [1], asks: [1, 1], answer: true },
    { own: [1], asks: [2, 1], answer: true },
    { own: [1, 1], asks: [1, 1], answer: false },
    { own: [1, 1], asks: [1, 2], answer: true },
    { own: [1, 2], asks: [5, 1], answer: false },
    { own: [], asks: [0, 0], answer: true },
    { own: [1], asks: [0, 0], answer: false },
  ] as const)(
    'the voter denies its vote if its own log is more up-to-date than that of the candidate (own $own, candidate ends $asks: $answer)',
    ({ own, asks: [index, term], answer }) => {
      const seat = lone({ term: 2, log: own });
      seat.receive('s2', vote(3, index, term));
      expect(seat.sent).toEqual([['s2', answer ? granted(3) : refused(3)]]);
    },
  );

  describe('Raft never commits log entries from previous terms by counting replicas (Figure 8)', () => {
    /** (b): S1 has led term 2 and replicated index 2 to S2 alone; S5 has led term 3 with another entry there, and crashed. */
    const situation = [
      { term: 2, log: [1, 2] },
      { term: 2, log: [1, 2] },
      { term: 3, votedFor: 's5', log: [1] },
      { term: 3, votedFor: 's5', log: [1] },
      { term: 3, votedFor: 's5', log: [1, 3] },
    ];
    const figure8 = (rules = correctRules): Room => new Room(situation, { maxEntriesPerAppend: 1 }, rules);

    /** (c): S1 restarts, is elected leader of term 4 and replicates the entry of term 2 to S3, but not yet its own. */
    function continueReplication(room: Room): void {
      room.seat(1).electionTimeout();
      room.settle(among(1, 2, 3));
      room.seat(1).electionTimeout();
      const butNotItsOwn = (wire: Wire): boolean => among(1, 2, 3)(wire) && !carriesTerm(wire.message, 4);
      room.settle(butNotItsOwn);
      room.seat(1).heartbeatTimeout();
      room.settle(butNotItsOwn);
    }

    const carriesTerm = (message: { readonly type: string }, term: number): boolean =>
      message.type === 'AppendEntries' && (message as AppendEntries).entries.some((one) => one.term === term);

    it('(c) the entry of term 2 is on a majority of the servers, but it is not committed', () => {
      const room = figure8();
      continueReplication(room);
      expect(room.seats.map(({ terms }) => terms[1])).toEqual([2, 2, 2, undefined, 3]);
      expect(room.seat(1).state).toMatchObject({ role: 'leader', currentTerm: 4, commitIndex: 0 });
    });

    it('(d) S5 could be elected with votes from S2, S3 and S4 and overwrite the entry', () => {
      const room = figure8();
      continueReplication(room);
      const lost = room.seat(2).state.log[1];
      takeOver(room);
      expect(room.seat(5).state).toMatchObject({ role: 'leader' });
      for (const number of [2, 3, 4]) expect(room.seat(number).terms.slice(0, 2)).toEqual([1, 3]);
      for (const seat of room.seats) expect(seat.state.log.slice(0, seat.state.lastApplied)).not.toContain(lost);
    });

    it('a leader that did commit it would lose it', () => {
      const counting = {
        ...correctRules,
        leaderCommit: (state: { commitIndex: number }, held: number) => Math.max(state.commitIndex, held),
      };
      const room = figure8(counting);
      continueReplication(room);
      expect(room.seat(1).state.commitIndex).toBe(2);
      const committed = room.seat(1).state.log[1];
      takeOver(room);
      expect(room.seat(5).state.role).toBe('leader');
      expect(room.seat(2).state.log).not.toContain(committed);
    });

    it('(e) once an entry from its current term is on a majority, S5 cannot win an election and all prior entries are committed', () => {
      const room = figure8();
      continueReplication(room);
      room.seat(1).heartbeatTimeout();
      room.settle(among(1, 2, 3));
      expect(room.seat(1).state.commitIndex).toBe(3);
      takeOver(room);
      expect(room.seat(5).state.role).toBe('candidate');
      expect(room.seat(2).terms).toEqual([1, 2, 4]);
    });

    /** S1 crashes; S5 campaigns until its term is higher than any the others have seen. */
    function takeOver(room: Room): void {
      room.table = [];
      while (room.seat(5).state.currentTerm <= room.seat(1).state.currentTerm) {
        room.seat(5).electionTimeout();
        if (room.seat(5).state.currentTerm <= room.seat(1).state.currentTerm) room.table = [];
      }
      room.settle(among(2, 3, 4, 5));
    }
  });
});

describe('§5.5 Follower and candidate crashes', () => {
  it('Raft RPCs are idempotent: a follower ignores entries that are already present in its log', () => {
    const seat = lone({ term: 1 });
    const message = append(1, 0, 0, [entry(1, 1), entry(1, 2)]);
    seat.receive('s2', message);
    const effects = seat.receive('s2', message);
    expect(effects.filter(({ kind }) => kind === 'append' || kind === 'truncate' || kind === 'sync')).toEqual([]);
    expect(seat.sent).toEqual([['s2', success(1, 2)]]);
  });

  it('a restarted server knows its term, vote and log, and learns anew what is committed', () => {
    const seat = led(3).seat(2);
    expect(seat.state).toMatchObject({ currentTerm: 1, votedFor: 's1', commitIndex: 1 });
    seat.restart();
    expect(seat.state).toMatchObject({
      role: 'follower',
      currentTerm: 1,
      votedFor: 's1',
      commitIndex: 0,
      lastApplied: 0,
    });
    expect(seat.terms).toEqual([1]);
  });
});

describe('§8 Client interaction', () => {
  it('a server that is not the leader rejects the request and supplies the most recent leader it has heard from', () => {
    const room = led(3);
    room.seat(2).receive('c1', propose(7));
    expect(room.seat(2).sent).toEqual([['c1', expect.objectContaining({ status: 'not-leader', leader: 's1' })]]);
  });

  it('each leader commits a blank no-op entry into the log at the start of its term', () => {
    const room = led(3, { term: 1, log: [1] });
    expect(room.seat(1).state.log.at(-1)).toMatchObject({ term: 2, command: { type: 'no-op' } });
    expect(room.seat(1).state.commitIndex).toBe(2);
  });

  it('a command whose serial number has already been executed is answered without being executed again', () => {
    const room = led(3);
    const seat = room.seat(1);
    seat.receive('c1', { type: 'RegisterClient', nonce: 1 });
    room.settle();
    const request = (sequence: number, op: object) =>
      ({ type: 'ClientRequest', session: 2, sequence, op: op as never }) as const;
    const answers: unknown[] = [];
    const ask = (sequence: number, op: object): void => {
      seat.receive('c1', request(sequence, op));
      seat.diskIsDone();
      seat.receive('s2', success(1, seat.state.log.length));
      answers.push(
        ...seat.sent.flatMap(([to, message]) => (to === 'c1' ? [(message as { result: unknown }).result] : [])),
      );
    };
    ask(1, { type: 'cas', key: 'k', expect: null, value: 1 });
    ask(1, { type: 'cas', key: 'k', expect: null, value: 1 });
    ask(2, { type: 'read', key: 'k' });
    expect(answers).toEqual([{ ok: true }, { ok: true }, { value: 1 }]);
  });
});
