/** What any correct Raft does, after etcd's interaction tests. */
import { describe, expect, it } from 'vitest';
import { append, entry, leader, lone, propose, rejection, success } from './moves.ts';
import { led } from './room.ts';

describe("behaviours of etcd's interaction tests", () => {
  it('a commit notice is lost: the follower learns of the commit with the next heartbeat', () => {
    const room = led(3);
    room.seat(1).receive('c1', propose(7));
    room.settle(({ to, message }) => !(to === 's3' && message.type === 'AppendEntries' && message.leaderCommit === 2));
    expect(room.seat(3).state.commitIndex).toBe(1);
    room.seat(1).heartbeatTimeout();
    room.settle();
    expect(room.seat(3).state.commitIndex).toBe(2);
  });

  it('while the leader does not know where the logs meet, it has one message in flight', () => {
    const seat = leader();
    seat.receive('c1', propose(7));
    expect(seat.sent).toEqual([]);
    seat.receive('s2', success(1, 1));
    expect(seat.sent.map(([to]) => to)).toEqual(['s2']);
    seat.receive('c1', propose(8));
    expect(
      seat.sent.map(([to]) => to),
      's2 is streamed to, s3 has not answered',
    ).toEqual(['s2']);
  });

  it('a refusal that answers an older message does not undo what was found since', () => {
    const seat = leader({ term: 1, log: [1, 1, 1] });
    seat.receive('s2', rejection(2, 3, 1, 1));
    expect(seat.state.nextIndex[1]).toBe(2);
    seat.receive('s2', rejection(2, 3, 0, 0));
    expect(seat.state.nextIndex[1], 'not the answer to the probe').toBe(2);
    seat.receive('s2', success(2, 4));
    seat.receive('s2', rejection(2, 2, 0, 0));
    expect(seat.state.nextIndex[1], 'behind what is known to match').toBe(5);
  });

  it('the disk finishes an append that was overwritten: its replacement does not count as durable', () => {
    const room = led(3);
    const seat = room.seat(1);
    seat.receive('c1', propose(7));
    seat.receive('s2', append(2, 1, 1, [entry(2)]));
    expect(seat.state).toMatchObject({ role: 'follower', durableIndex: 2 });
    seat.receive('s2', append(3, 1, 1, [entry(3)]));
    seat.state.durableIndex = 1;
    seat.diskIsDone();
    expect(seat.state.durableIndex).toBe(1);
  });

  it('a refusal says where the logs may meet: the largest own index and term that are at most the refused ones', () => {
    const hint = (index: number, term: number): unknown => {
      const seat = lone({ term: 5, log: [1, 1, 3, 3] });
      seat.receive('s2', append(5, index, term));
      return seat.sent[0]?.[1];
    };
    expect(hint(9, 4), 'the log is too short').toEqual(rejection(5, 9, 4, 3));
    expect(hint(4, 2), 'its last entries are of a later term').toEqual(rejection(5, 4, 2, 1));
    expect(hint(3, 4), 'its entry is of an earlier term').toEqual(rejection(5, 3, 3, 3));
  });

  it('a leader that steps down tells whoever waits that it no longer knows', () => {
    const seat = led(3).seat(1);
    seat.receive('c1', propose(7));
    seat.receive('s2', append(2));
    expect(seat.sent).toContainEqual(['c1', expect.objectContaining({ status: 'lost', leader: 's2' })]);
    expect(seat.state.pending).toEqual([]);
  });

  it('a leader that hears of another leader in its own term stops at once: Election Safety is broken', () => {
    const seat = led(3).seat(1);
    expect(() => seat.receive('s2', append(1))).toThrow('term 1 has two leaders, s1 and s2');
  });
});
