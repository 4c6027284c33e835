/** §5.2: leader election. */
import type { NodeId } from '../../sim/protocol.ts';
import { follow, isLoyalNow, makeDurable, recordHard, restartElectionTimer, sendWhenDurable } from './follow.ts';
import { lastIndex, lastTerm } from './log.ts';
import { isSticky } from './options.ts';
import { beginTerm } from './replication.ts';
import type { Raft, RequestVote, RequestVoteReply, ServerContext, ServerState } from './shape.ts';

/** §5.2: "To begin an election, a follower increments its current term and transitions to candidate state. It then votes for itself and
 * issues RequestVote RPCs": its own vote is as durable as any other before anybody hears of the campaign. */
export function campaign(raft: Raft, state: ServerState, context: ServerContext): void {
  const again = state.role === 'candidate';
  state.role = 'candidate';
  state.leader = null;
  state.votes = [context.self];
  recordHard(raft, state, state.currentTerm + 1, context.self, context);
  context.note('becameCandidate', { term: state.currentTerm, again });
  restartElectionTimer(context);
  makeDurable(state, context);
  const request: RequestVote = {
    type: 'RequestVote',
    term: state.currentTerm,
    lastLogIndex: lastIndex(state),
    lastLogTerm: lastTerm(state),
  };
  for (const member of state.members) if (member !== context.self) context.send(member, request);
  leadWithQuorum(raft, state, context);
}

/** Figure 2, RequestVote: one vote in a term, first come first served, and only for a log that is at least as up to date. */
export function onRequestVote(
  raft: Raft,
  state: ServerState,
  from: NodeId,
  request: RequestVote,
  context: ServerContext,
): void {
  if (raft.rules.ignoresVoteRequest(isSticky(context.options), isLoyalNow(raft, state, context))) {
    context.note('voteRequestIgnored', { term: request.term });
    return;
  }
  if (request.term > state.currentTerm) follow(raft, state, request.term, null, context);
  const granted = grantsVote(raft, state, from, request);
  if (granted && state.votedFor !== from) recordHard(raft, state, state.currentTerm, from, context);
  if (state.role !== 'leader' && raft.rules.restartsTimerAfterVoteRequest(granted)) restartElectionTimer(context);
  const reply: RequestVoteReply = { type: 'RequestVoteReply', term: state.currentTerm, voteGranted: granted };
  sendWhenDurable(raft, state, from, reply, 0, context);
}

function grantsVote(raft: Raft, state: ServerState, candidate: NodeId, request: RequestVote): boolean {
  return (
    request.term === state.currentTerm &&
    raft.rules.isVoteFree(state.votedFor, candidate) &&
    raft.rules.isUpToDate(request.lastLogIndex, request.lastLogTerm, lastIndex(state), lastTerm(state))
  );
}

/** §5.2: "A candidate wins an election if it receives votes from a majority of the servers in the full cluster for the same term." */
export function onRequestVoteReply(
  raft: Raft,
  state: ServerState,
  from: NodeId,
  reply: RequestVoteReply,
  context: ServerContext,
): void {
  if (reply.term > state.currentTerm) {
    follow(raft, state, reply.term, null, context);
    return;
  }
  if (state.role !== 'candidate' || !raft.rules.readsVote(reply.term, state.currentTerm)) return;
  if (!reply.voteGranted) return;
  raft.rules.countVote(state.votes, from);
  leadWithQuorum(raft, state, context);
}

function leadWithQuorum(raft: Raft, state: ServerState, context: ServerContext): void {
  if (state.votes.length < raft.rules.quorum(state.members.length)) return;
  state.role = 'leader';
  state.leader = context.self;
  context.note('becameLeader', { term: state.currentTerm, votes: [...state.votes] });
  context.cancelTimer('election');
  beginTerm(raft, state, context);
}
