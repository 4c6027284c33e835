/** diss 9.6: PreVote. A server that cannot win must not disturb with new terms those who have a leader. */
import type { NodeId } from '../../sim/protocol.ts';
import { campaign } from './election.ts';
import { follow, isLoyalNow, restartElectionTimer, sendWhenDurable } from './follow.ts';
import { lastIndex, lastTerm } from './log.ts';
import type { PreVote, PreVoteReply, Raft, ServerContext, ServerState } from './shape.ts';

/** Figure 2, Followers, with diss 9.6: "a candidate only increments its term if it first learns from a majority of the cluster that they
 * would be willing to grant the candidate their votes". */
export function onElectionTimer(raft: Raft, state: ServerState, context: ServerContext): void {
  if (context.options.preVote) preCampaign(raft, state, context);
  else campaign(raft, state, context);
}

/** Neither term nor vote changes, so nothing has to be on disk. */
function preCampaign(raft: Raft, state: ServerState, context: ServerContext): void {
  const again = state.role === 'pre-candidate' || state.role === 'candidate';
  state.role = 'pre-candidate';
  state.leader = null;
  state.votes = [context.self];
  const { electionTimeoutMin } = context.options;
  state.loyalUntil = raft.rules.loyalUntilAfterPreCampaign(state.loyalUntil, context.now, electionTimeoutMin);
  context.note('becamePreCandidate', { term: state.currentTerm, again });
  restartElectionTimer(context);
  const request: PreVote = {
    type: 'PreVote',
    term: state.currentTerm + 1,
    lastLogIndex: lastIndex(state),
    lastLogTerm: lastTerm(state),
  };
  for (const member of state.members) if (member !== context.self) context.send(member, request);
  campaignWithQuorum(raft, state, context);
}

/** diss 9.6: yes, "if the candidate's log is up-to-date enough" and the voter has "not received heartbeats from a valid leader for at
 * least a baseline election timeout". A refusal carries the own term, so that whoever is behind catches up with it. */
export function onPreVote(
  raft: Raft,
  state: ServerState,
  from: NodeId,
  request: PreVote,
  context: ServerContext,
): void {
  const granted = wouldVote(raft, state, request, context);
  const term = raft.rules.termAfterPreVote(state.currentTerm, request.term);
  if (term > state.currentTerm) follow(raft, state, term, null, context);
  if (granted) context.send(from, { type: 'PreVoteReply', term: request.term, voteGranted: true });
  else if (raft.rules.answersPreVote(request.term, state.currentTerm)) {
    const refusal: PreVoteReply = { type: 'PreVoteReply', term: state.currentTerm, voteGranted: false };
    sendWhenDurable(raft, state, from, refusal, 0, context);
  }
}

function wouldVote(raft: Raft, state: ServerState, request: PreVote, context: ServerContext): boolean {
  return (
    request.term > state.currentTerm &&
    !isLoyalNow(raft, state, context) &&
    raft.rules.isUpToDate(request.lastLogIndex, request.lastLogTerm, lastIndex(state), lastTerm(state))
  );
}

/** A grant is of the term that was asked for, which nobody has adopted. */
export function onPreVoteReply(
  raft: Raft,
  state: ServerState,
  from: NodeId,
  reply: PreVoteReply,
  context: ServerContext,
): void {
  if (!reply.voteGranted) {
    if (reply.term > state.currentTerm) follow(raft, state, reply.term, null, context);
    else context.note('preVoteRefused', { term: state.currentTerm });
    return;
  }
  if (state.role !== 'pre-candidate' || !raft.rules.readsVote(reply.term, state.currentTerm + 1)) return;
  raft.rules.countVote(state.votes, from);
  campaignWithQuorum(raft, state, context);
}

function campaignWithQuorum(raft: Raft, state: ServerState, context: ServerContext): void {
  if (state.votes.length >= raft.rules.quorum(state.members.length)) campaign(raft, state, context);
}
