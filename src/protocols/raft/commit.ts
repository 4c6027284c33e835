/** Which entries are committed, and their application to the state machine (§5.3, §5.4.2; sessions as in diss 6.3). */
import type { Json } from '../../sim/plain.ts';
import { tellHost } from './hosts.ts';
import { entryAt, lastIndex } from './log.ts';
import { answerPending } from './proposals.ts';
import { applyInSession, openSession } from './sessions.ts';
import type { Command, Raft, ServerContext, ServerState } from './shape.ts';

/** The leader's commitIndex, after a matchIndex rose; answers whether it advanced. */
export function advanceCommit(raft: Raft, state: ServerState): boolean {
  state.matchIndex[state.self] = raft.rules.ownMatch(state.durableIndex, lastIndex(state));
  const quorum = raft.rules.quorum(state.members.length);
  const commit = raft.rules.leaderCommit(state, indexHeldBy(quorum, state.matchIndex));
  if (commit === state.commitIndex) return false;
  state.commitIndex = commit;
  return true;
}

/** Largest index that at least `count` members hold. Counting beats sorting for a handful of members: nothing is allocated. */
export function indexHeldBy(count: number, matchIndex: readonly number[]): number {
  let best = 0;
  for (const index of matchIndex) {
    if (index <= best) continue;
    let holders = 0;
    for (const other of matchIndex) if (other >= index) holders++;
    if (holders >= count) best = index;
  }
  return best;
}

/** Figure 2, All servers. */
export function applyCommitted(raft: Raft, state: ServerState, context: ServerContext): void {
  const through = raft.rules.applicableThrough(state);
  while (state.lastApplied < through) {
    const entry = entryAt(state, state.lastApplied + 1);
    state.lastApplied++;
    const result = apply(raft, state, state.lastApplied, entry.command, context);
    answerPending(raft, state, state.lastApplied, entry.term, result, context);
  }
  if (state.host !== null) tellHost(raft, state, context);
}

function apply(raft: Raft, state: ServerState, index: number, command: Command, context: ServerContext): Json {
  switch (command.type) {
    case 'no-op':
      return null;
    case 'register':
      return openSession(state, index, context);
    case 'operation':
      if (command.op === null) return null;
      if (command.session === 0) return raft.machine.apply(state.machine, command.op);
      return applyInSession(raft, state, index, command, context);
  }
}
