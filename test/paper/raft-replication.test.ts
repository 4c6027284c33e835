/** Sentences of the Raft paper (extended version), one test each: log replication. */
import { describe, expect, it } from 'vitest';
import type { Entry } from '../../src/protocols/raft/shape.ts';
import { append, entry, leader, lone, propose, success } from './moves.ts';
import { led, Room } from './room.ts';

describe('§5.3 Log replication', () => {
  it('the leader appends the command to its log as a new entry, then issues AppendEntries RPCs in parallel', () => {
    const room = led(3);
    const seat = room.seat(1);
    seat.receive('c1', propose(7));
    expect(seat.terms).toEqual([1, 1]);
    const sent = append(1, 1, 1, [seat.state.log[1] as Entry], 1);
    expect(seat.sent).toEqual([
      ['s2', sent],
      ['s3', sent],
    ]);
  });

  it('when the entry has been safely replicated, the leader applies it and returns the result of that execution to the client', () => {
    const room = led(3);
    const seat = room.seat(1);
    seat.receive('c1', propose(7));
    expect(seat.state.lastApplied).toBe(1);
    seat.diskIsDone();
    seat.receive('s2', success(1, 2));
    expect(seat.state.lastApplied).toBe(2);
    expect(seat.sent).toContainEqual([
      'c1',
      expect.objectContaining({ type: 'ClientReply', status: 'ok', result: { ok: true } }),
    ]);
  });

  it('the leader counts itself only once the entry is on its own disk (diss 10.2.1)', () => {
    const seat = led(3).seat(1);
    seat.receive('c1', propose(7));
    seat.receive('s2', success(1, 2));
    expect(seat.state.commitIndex).toBe(1);
    seat.diskIsDone();
    expect(seat.state.commitIndex).toBe(2);
  });

  it('the leader includes the highest index it knows to be committed in future AppendEntries RPCs, so that the others find out', () => {
    const room = led(3);
    room.seat(1).receive('c1', propose(7));
    room.settle();
    for (const seat of room.seats) expect(seat.state).toMatchObject({ commitIndex: 2, lastApplied: 2 });
  });

  it('if the follower does not find an entry in its log with the same index and term, then it refuses the new entries', () => {
    const seat = lone({ term: 2, log: [1, 1] });
    for (const [index, term] of [
      [3, 2],
      [2, 2],
    ] as const) {
      seat.receive('s2', append(2, index, term, [entry(2)]));
      expect(seat.sent).toEqual([['s2', expect.objectContaining({ success: false, index })]]);
      expect(seat.terms).toEqual([1, 1]);
    }
  });

  it('if an existing entry conflicts with a new one, the follower deletes it and all that follow it (Figure 2, AppendEntries 3)', () => {
    const seat = lone({ term: 3, log: [1, 2, 2, 2] });
    seat.receive('s2', append(3, 1, 1, [entry(3)]));
    expect(seat.terms).toEqual([1, 3]);
    expect(seat.effects).toContainEqual({ kind: 'truncate', from: 2 });
  });

  it('a follower appends only the entries that are not already in the log (Figure 2, AppendEntries 4)', () => {
    const seat = lone({ term: 1, log: [1, 1, 1] });
    const [first] = seat.state.log as [Entry];
    seat.receive('s2', append(1, 0, 0, [first]));
    expect(seat.terms, 'an old, shorter message does not shorten the log').toEqual([1, 1, 1]);
    expect(seat.sent, 'it acknowledges what the message covered, not what it has').toEqual([['s2', success(1, 1)]]);
  });

  it('commitIndex = min(leaderCommit, index of last new entry) (Figure 2, AppendEntries 5)', () => {
    const seat = lone({ term: 1, log: [1, 1, 1] });
    seat.receive('s2', append(1, 2, 1, [], 3));
    expect(seat.state.commitIndex).toBe(2);
    seat.receive('s2', append(1, 1, 1, [], 1));
    expect(seat.state.commitIndex, 'and it never falls').toBe(2);
  });

  it('entries are on disk before they are acknowledged (Figure 2: updated on stable storage before responding to RPCs)', () => {
    const seat = lone({ term: 1 });
    const kinds = seat.receive('s2', append(1, 0, 0, [entry(1)])).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind !== 'timer')).toEqual(['append', 'sync', 'send']);
  });

  it('a heartbeat needs no disk', () => {
    const seat = lone({ term: 1 });
    expect(seat.receive('s2', append(1)).some(({ kind }) => kind === 'sync')).toBe(false);
  });

  it('when a leader first comes to power, it initializes all nextIndex values to the index just after the last one in its log', () => {
    expect(leader({ term: 2, log: [1, 1, 2] }).state.nextIndex.slice(1)).toEqual([4, 4]);
  });

  describe('a leader forces the followers to duplicate its own log (Figure 7)', () => {
    const ofLeader = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6];
    const ofFollowers = {
      a: [1, 1, 1, 4, 4, 5, 5, 6, 6],
      b: [1, 1, 1, 4],
      c: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
      d: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7],
      e: [1, 1, 1, 4, 4, 4, 4],
      f: [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
    };

    it.each([64, 1])('with at most %i entries in a message', (maxEntriesPerAppend) => {
      const logs = [ofLeader, ...Object.values(ofFollowers)];
      const room = new Room(
        logs.map((log) => ({ term: 7, log })),
        { maxEntriesPerAppend },
      );
      room.seat(1).electionTimeout();
      room.settle();
      expect(room.seat(1).state).toMatchObject({ role: 'leader', currentTerm: 8, commitIndex: 11 });
      room.seat(1).heartbeatTimeout();
      room.settle();
      for (const seat of room.seats) {
        expect(seat.terms).toEqual([...ofLeader, 8]);
        expect(seat.state.commitIndex).toBe(11);
      }
    });

    it.each(Object.entries(ofFollowers).map(([name, log]) => ({ name, log })))(
      'with one rejected message at most for each term in which the logs differ ($name)',
      ({ log }) => {
        const room = new Room([{ term: 7, log: ofLeader }, { term: 7 }, { term: 7, log }]);
        room.seat(1).electionTimeout();
        let rejections = 0;
        room.settle(({ from, message }) => {
          if (from === 's3' && message.type === 'AppendEntriesReply' && !message.success) rejections++;
          return true;
        });
        expect(room.seat(3).terms).toEqual([...ofLeader, 8]);
        const differing = new Set([...log.filter((term, i) => term !== ofLeader[i])]);
        expect(rejections).toBeLessThanOrEqual(Math.max(1, differing.size));
      },
    );
  });
});
