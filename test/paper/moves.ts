/** The messages of the paper, and servers in each role at the beginning of a test. */
import type {
  AppendEntries,
  AppendEntriesReply,
  ClientRequest,
  Entry,
  RequestVote,
  RequestVoteReply,
} from '../../src/protocols/raft/shape.ts';
import { command, Room, type Seat, type Situation } from './room.ts';

export const vote = (term: number, lastLogIndex = 0, lastLogTerm = 0): RequestVote => ({
  type: 'RequestVote',
  term,
  lastLogIndex,
  lastLogTerm,
});

export const granted = (term: number): RequestVoteReply => ({ type: 'RequestVoteReply', term, voteGranted: true });
export const refused = (term: number): RequestVoteReply => ({ type: 'RequestVoteReply', term, voteGranted: false });

export const entry = (term: number, value = 0): Entry => ({ term, command: command(value) });

export const append = (
  term: number,
  prevLogIndex = 0,
  prevLogTerm = 0,
  entries: readonly Entry[] = [],
  leaderCommit = 0,
): AppendEntries => ({ type: 'AppendEntries', term, prevLogIndex, prevLogTerm, entries, leaderCommit });

export const success = (term: number, index: number): AppendEntriesReply => ({
  type: 'AppendEntriesReply',
  term,
  success: true,
  index,
  hintIndex: 0,
  hintTerm: 0,
});

export const rejection = (term: number, index: number, hintIndex: number, hintTerm: number): AppendEntriesReply => ({
  type: 'AppendEntriesReply',
  term,
  success: false,
  index,
  hintIndex,
  hintTerm,
});

/** A client's write outside of any session. */
export const propose = (value: number): ClientRequest => ({
  type: 'ClientRequest',
  session: 0,
  sequence: 0,
  op: { type: 'write', key: 'k', value } as never,
});

/** The server in question, alone at its table among `count` silent others. */
export const lone = (situation: Situation = {}, count = 3): Seat =>
  new Room([situation, ...Array.from({ length: count - 1 }, () => ({}))]).seat(1);

export function candidate(situation: Situation = {}, count = 3): Seat {
  const seat = lone(situation, count);
  seat.electionTimeout();
  return seat;
}

export function leader(situation: Situation = {}, count = 3): Seat {
  const seat = candidate(situation, count);
  for (let voter = 2; voter <= Math.floor(count / 2) + 1; voter++) {
    seat.receive(`s${voter}`, granted(seat.state.currentTerm));
  }
  return seat;
}

export const inRole: { readonly [role in 'follower' | 'candidate' | 'leader']: typeof lone } = {
  follower: lone,
  candidate,
  leader,
};
