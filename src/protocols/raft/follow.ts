/** Terms and roles: when a server adopts a term, follows, steps down; and what is durable before it speaks. */

import type { NodeId } from '../../sim/protocol.ts';
import { tellHost } from './hosts.ts';
import { lastIndex, truncateFrom } from './log.ts';
import { isLoyal, longestElectionTimeout } from './options.ts';
import { abandonPending } from './proposals.ts';
import { abandonReads } from './queries.ts';
import type { PeerMessage, Raft, ServerContext, ServerState } from './shape.ts';

/** Figure 2, Followers: "election timeout elapses without receiving AppendEntries RPC from current leader or granting vote". */
export function restartElectionTimer(context: ServerContext): void {
  const { options } = context;
  const timeout = context.random.between(options.electionTimeoutMin, longestElectionTimeout(options));
  context.setTimer('election', timeout);
}

/**
 * A message of a leader whose term is not lower: §5.2, a candidate that hears from "another server claiming to be leader" in its own term
 * "recognizes the leader as legitimate and returns to follower state". Its election timer starts anew whatever the message asks.
 */
export function hearLeader(raft: Raft, state: ServerState, leader: NodeId, term: number, context: ServerContext): void {
  if (state.role === 'leader' && term === state.currentTerm) {
    throw new Error(`term ${term} has two leaders, ${context.self} and ${leader}`);
  }
  if (term > state.currentTerm || state.role !== 'follower' || state.leader !== leader) {
    follow(raft, state, term, leader, context);
  }
  restartElectionTimer(context);
  if (isLoyal(context.options)) state.loyalUntil = context.now + context.options.electionTimeoutMin;
}

/** diss 4.2.3, 9.6: whether it helps nobody into office now, because there is a leader that it hears from. */
export function isLoyalNow(raft: Raft, state: ServerState, context: ServerContext): boolean {
  return raft.rules.isLoyal(state.role, context.now, state.loyalUntil);
}

/**
 * §5.1: "If a server receives a request with a term number larger than its own (or a candidate or leader discovers that its term is
 * out of date), it immediately reverts to follower state." Also for a candidate that hears the leader of its own term (§5.2).
 * `leader` is null where the message does not come from one.
 */
export function follow(
  raft: Raft,
  state: ServerState,
  term: number,
  leader: NodeId | null,
  context: ServerContext,
): void {
  const isNewTerm = term > state.currentTerm;
  const vote = raft.rules.voteWhenFollowing(state.votedFor, isNewTerm);
  if (isNewTerm || vote !== state.votedFor) recordHard(raft, state, term, vote, context);
  state.leader = leader;
  if (state.role !== 'follower') stepDown(raft, state, context);
  const kept = raft.rules.lastIndexKeptInNewTerm(state);
  if (isNewTerm && kept < lastIndex(state)) truncateFrom(state, kept + 1, context);
}

/** A leader or candidate that steps down starts a fresh timer. */
export function stepDown(raft: Raft, state: ServerState, context: ServerContext): void {
  if (state.role === 'leader') {
    context.note('steppedDown', { term: state.currentTerm });
    context.cancelTimer('heartbeat');
    abandonPending(raft, state, context);
    abandonReads(state, context);
    state.loyalUntil = 0;
  }
  state.role = 'follower';
  state.votes = [];
  restartElectionTimer(context);
  tellHost(raft, state, context);
}

/** Sets term and vote, in memory and in the disk's cache; `makeDurable` before anybody may hear of it. */
export function recordHard(
  raft: Raft,
  state: ServerState,
  term: number,
  votedFor: NodeId | null,
  context: ServerContext,
): void {
  state.currentTerm = term;
  state.votedFor = votedFor;
  state.hardIsDurable = false;
  context.disk.put('hard', raft.rules.hardRecord(term, votedFor));
}

/** Waits until term, vote and log are on disk, unless they are. */
export function makeDurable(state: ServerState, context: ServerContext): void {
  if (!isDurable(state, lastIndex(state))) context.disk.sync();
  becomeDurable(state);
}

/** Sends what presumes that term, vote and the log up to `index` are on disk: waits for the disk where they are not. */
export function sendWhenDurable(
  raft: Raft,
  state: ServerState,
  to: NodeId,
  message: PeerMessage,
  index: number,
  context: ServerContext,
): void {
  if (isDurable(state, index)) {
    context.send(to, message);
    return;
  }
  raft.rules.sendAfterSync(to, message, context);
  becomeDurable(state);
}

function isDurable(state: ServerState, index: number): boolean {
  return state.hardIsDurable && state.durableIndex >= index;
}

/** A sync covers all that was written before it. Where it fails the node stops, so nobody sees what is claimed here too early. */
function becomeDurable(state: ServerState): void {
  state.hardIsDurable = true;
  state.durableIndex = lastIndex(state);
}
