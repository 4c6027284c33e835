/** diss 6.2: CheckQuorum. A leader that nobody answers must make room, and send its clients elsewhere. */
import { stepDown } from './follow.ts';
import { checksQuorum, isLoyal, longestElectionTimeout } from './options.ts';
import type { Raft, ServerContext, ServerState } from './shape.ts';

/** A leader begins with having heard from nobody: in an election timeout it can. */
export function beginQuorumChecks(raft: Raft, state: ServerState, context: ServerContext): void {
  for (let member = 0; member < state.members.length; member++) state.heard[member] = false;
  hearYourself(raft, state, context);
  if (checksQuorum(context.options)) context.setTimer('quorum', longestElectionTimeout(context.options));
}

/** diss 6.2: "a leader steps down if an election timeout elapses without a successful round of heartbeats to a majority of its cluster". */
export function onQuorumTimer(raft: Raft, state: ServerState, context: ServerContext): void {
  if (state.role !== 'leader') return;
  let members = 1;
  for (let member = 0; member < state.members.length; member++) {
    if (member !== state.self && state.heard[member]) members++;
    state.heard[member] = false;
  }
  if (members >= raft.rules.quorum(state.members.length)) {
    context.setTimer('quorum', longestElectionTimeout(context.options));
    return;
  }
  context.note('quorumLost', { term: state.currentTerm, heard: members });
  state.leader = null;
  stepDown(raft, state, context);
}

/** diss 4.2.3: with each heartbeat a leader hears from itself. */
export function hearYourself(raft: Raft, state: ServerState, context: ServerContext): void {
  if (isLoyal(context.options)) state.loyalUntil = context.now + context.options.electionTimeoutMin;
  for (let member = 0; member < state.members.length; member++) {
    if (raft.rules.hearsWhomItSendsTo()) state.heard[member] = true;
  }
}
