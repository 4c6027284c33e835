/** diss 6.4: rounds of heartbeats that tell a leader that it still was one when the round began, and the lease that follows from them. */
import type { Micros, NodeId } from '../../sim/protocol.ts';
import { indexHeldBy } from './commit.ts';
import { hearLeader, sendWhenDurable } from './follow.ts';
import type { Heartbeat, HeartbeatReply, Raft, Round, ServerContext, ServerState } from './shape.ts';

/** Numbers of rounds are unique within a term, and begin anew with it. */
export function beginRounds(state: ServerState): void {
  state.round = 0;
  state.confirmedRound = 0;
  for (let member = 0; member < state.members.length; member++) state.ackedRound[member] = 0;
  state.rounds = [];
  state.leaseFrom = 0;
  state.leaseTrustedAt = 0;
  state.reads = [];
}

export function startRound(raft: Raft, state: ServerState, context: ServerContext): void {
  state.round++;
  state.rounds.push({ round: state.round, at: raft.rules.leaseClock(context) });
  const heartbeat: Heartbeat = { type: 'Heartbeat', term: state.currentTerm, round: state.round };
  for (const member of state.members) if (member !== context.self) context.send(member, heartbeat);
  confirmRounds(raft, state, context);
}

/** The largest round that a quorum has acknowledged, this server with them; answers whether there is a new one. */
export function confirmRounds(raft: Raft, state: ServerState, context: ServerContext): boolean {
  state.ackedRound[state.self] = state.round;
  const confirmed = indexHeldBy(raft.rules.quorum(state.members.length), state.ackedRound);
  if (confirmed <= state.confirmedRound) return false;
  state.confirmedRound = confirmed;
  while ((state.rounds[0]?.round ?? confirmed + 1) <= confirmed) {
    const { at } = state.rounds.shift() as Round;
    state.leaseFrom = raft.rules.leaseStart(at, raft.rules.leaseClock(context));
  }
  return true;
}

/** diss 6.4.1: those who acknowledged the round elect nobody for an election timeout. */
export function hasLease(raft: Raft, state: ServerState, context: ServerContext): boolean {
  const { reads, electionTimeoutMin, clockRatePpmMax } = context.options;
  if (reads !== 'lease' || state.confirmedRound === 0) return false;
  const elapsed: Micros = raft.rules.leaseClock(context) - state.leaseFrom;
  const lasts = elapsed < raft.rules.leaseDuration(electionTimeoutMin, clockRatePpmMax);
  if (lasts) state.leaseTrustedAt = context.now;
  return lasts;
}

/**
 * It asks nothing of the log; a leader of the past learns the term from the answer, and no more: it may lead again by then, in a term whose
 * rounds have the same numbers.
 */
export function onHeartbeat(
  raft: Raft,
  state: ServerState,
  from: NodeId,
  message: Heartbeat,
  context: ServerContext,
): void {
  if (message.term >= state.currentTerm) hearLeader(raft, state, from, message.term, context);
  const round = message.term < state.currentTerm ? 0 : message.round;
  const reply: HeartbeatReply = { type: 'HeartbeatReply', term: state.currentTerm, round };
  sendWhenDurable(raft, state, from, reply, 0, context);
}
