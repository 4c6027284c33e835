/** §5.3: log replication, pipelined as in diss 10.2.1. */

import type { DiskOutcome, NodeId } from '../../sim/protocol.ts';
import { advanceCommit, applyCommitted } from './commit.ts';
import { follow, hearLeader, sendWhenDurable } from './follow.ts';
import { append, entriesFrom, lastIndex, NO_ENTRIES, termAt, truncateFrom } from './log.ts';
import { answerQueries } from './queries.ts';
import { beginQuorumChecks, hearYourself } from './quorum.ts';
import { renewRound, takeReadIndexes } from './reads.ts';
import { beginRounds } from './rounds.ts';
import type {
  AppendEntries,
  AppendEntriesReply,
  Appended,
  Command,
  Entry,
  Raft,
  ServerContext,
  ServerState,
} from './shape.ts';

const NO_OP: Command = Object.freeze({ type: 'no-op', session: 0, sequence: 0, op: null });

// ---- The leader ------------------------------------------------------------------------------------------------------------------

/** §5.3 and §8: a leader begins with nextIndex behind its last entry, knows nothing of the others, and appends a no-op at once, so that
 * the entries of earlier terms can be committed with it. */
export function beginTerm(raft: Raft, state: ServerState, context: ServerContext): void {
  const next = lastIndex(state) + 1;
  for (let member = 0; member < state.members.length; member++) {
    state.nextIndex[member] = next;
    state.matchIndex[member] = 0;
    state.probing[member] = true;
    state.probeInFlight[member] = false;
  }
  beginRounds(state);
  beginQuorumChecks(raft, state, context);
  context.setTimer('heartbeat', context.options.heartbeatInterval);
  appendAsLeader(raft, state, NO_OP, context);
}

/** §5.3: "The leader appends the command to its log as a new entry, then issues AppendEntries RPCs in parallel." Answers its index. */
export function appendAsLeader(raft: Raft, state: ServerState, command: Command, context: ServerContext): number {
  const entry: Entry = { term: state.currentTerm, command };
  append(state, entry, context);
  // Frozen, so that snapshots of the simulation share entries instead of copying them; what is in it nobody changes, and where the
  // simulation makes sure of that, it has frozen the entry throughout as it was handed over. (Each freezing costs V8 half a microsecond.)
  Object.freeze(entry);
  const appended: Appended = { term: state.currentTerm, index: lastIndex(state) };
  context.disk.syncLater('appended', appended);
  settle(raft, state, context);
  replicateToAll(state, context);
  return appended.index;
}

/** Commits and applies what can be; answers whether there is news of a commit to spread. */
function settle(raft: Raft, state: ServerState, context: ServerContext): boolean {
  const advanced = advanceCommit(raft, state);
  if (advanced) context.note('committed', { term: state.currentTerm, index: state.commitIndex });
  applyCommitted(raft, state, context);
  if (advanced && state.reads.length > 0) takeReadIndexes(raft, state, context);
  // Of its time as a follower.
  if (state.queries.length > 0) answerQueries(raft, state, context);
  return advanced;
}

/** Followers that stand at the same index, and mostly they do, are sent one and the same message. */
function replicateToAll(state: ServerState, context: ServerContext): void {
  let last: AppendEntries | undefined;
  for (let member = 0; member < state.members.length; member++) {
    if (member !== state.self) last = replicate(state, member, last, context);
  }
}

/** One message with the entries from nextIndex on, or without entries the news of a commit. While probing, one in flight. */
function replicate(
  state: ServerState,
  member: number,
  last: AppendEntries | undefined,
  context: ServerContext,
): AppendEntries | undefined {
  if (state.probing[member]) {
    if (state.probeInFlight[member]) return last;
    state.probeInFlight[member] = true;
  }
  const next = state.nextIndex[member] as number;
  const message =
    last?.prevLogIndex === next - 1
      ? last
      : appendEntries(state, next - 1, entriesFrom(state, next, context.options.maxEntriesPerAppend));
  if (!state.probing[member]) state.nextIndex[member] = next + message.entries.length;
  context.send(state.members[member] as NodeId, message);
  return message;
}

/** §5.2: "Leaders send periodic heartbeats (AppendEntries RPCs that carry no log entries)". They repeat a lost probe and find out lost
 * entries: the follower compares prevLogIndex as always. */
export function onHeartbeatTimer(raft: Raft, state: ServerState, context: ServerContext): void {
  for (let member = 0; member < state.members.length; member++) {
    if (member === state.self) continue;
    const message = appendEntries(state, (state.nextIndex[member] as number) - 1, NO_ENTRIES);
    context.send(state.members[member] as NodeId, message);
  }
  hearYourself(raft, state, context);
  renewRound(raft, state, context);
  context.setTimer('heartbeat', context.options.heartbeatInterval);
}

const appendEntries = (state: ServerState, prevLogIndex: number, entries: readonly Entry[]): AppendEntries => ({
  type: 'AppendEntries',
  term: state.currentTerm,
  prevLogIndex,
  prevLogTerm: termAt(state, prevLogIndex),
  entries,
  leaderCommit: state.commitIndex,
});

export function onAppendEntriesReply(
  raft: Raft,
  state: ServerState,
  from: NodeId,
  reply: AppendEntriesReply,
  context: ServerContext,
): void {
  if (reply.term > state.currentTerm) {
    follow(raft, state, reply.term, null, context);
    return;
  }
  const member = state.members.indexOf(from);
  if (state.role !== 'leader' || reply.term < state.currentTerm || member === -1) return;
  state.heard[member] = true;
  if (reply.success) onSuccess(raft, state, member, reply.index, context);
  else onRejection(raft, state, member, reply, context);
}

function onSuccess(raft: Raft, state: ServerState, member: number, index: number, context: ServerContext): void {
  const before = state.matchIndex[member] as number;
  const next = state.nextIndex[member] as number;
  const match = raft.rules.matchAfterSuccess(before, index, lastIndex(state));
  const endsProbe = state.probing[member] === true && index >= next - 1;
  state.matchIndex[member] = match;
  state.nextIndex[member] = raft.rules.nextAfterSuccess(next, match);
  if (endsProbe) {
    state.probing[member] = false;
    state.probeInFlight[member] = false;
  }
  if (match > state.commitIndex && settle(raft, state, context)) replicateToAll(state, context);
  else if (match > before || endsProbe) replicateBacklog(state, member, context);
}

/** Only progress draws the next batch: if every reply did, a server that lags would be sent one more stream with each heartbeat. */
function replicateBacklog(state: ServerState, member: number, context: ServerContext): void {
  const hasBacklog = (state.nextIndex[member] as number) <= lastIndex(state);
  if (hasBacklog && !state.probing[member]) replicate(state, member, undefined, context);
}

/** §5.3: "After a rejection, the leader decrements nextIndex and retries the AppendEntries RPC"; the hint says how far. */
function onRejection(
  raft: Raft,
  state: ServerState,
  member: number,
  reply: AppendEntriesReply,
  context: ServerContext,
): void {
  const next = state.nextIndex[member] as number;
  const match = state.matchIndex[member] as number;
  const isProbing = state.probing[member] as boolean;
  if (raft.rules.ignoresRejection(isProbing, reply.index, next, match)) return;
  const fallback = raft.rules.nextAfterRejection(state, match, reply.hintIndex, reply.hintTerm);
  // A follower that refuses what it once acknowledged would be asked for ever, as fast as the network goes: let the heartbeat ask.
  if (isProbing && fallback >= next) return;
  state.nextIndex[member] = fallback;
  state.probing[member] = true;
  state.probeInFlight[member] = false;
  context.note('backedUp', { refused: reply.index, next: fallback });
  replicate(state, member, undefined, context);
}

/** diss 10.2.1: the leader's own entries count once its disk has them. The completion names (term, index): an entry that was
 * overwritten meanwhile must not make its replacement look durable. */
export function onAppended(
  raft: Raft,
  state: ServerState,
  outcome: DiskOutcome,
  { term, index }: Appended,
  context: ServerContext,
): void {
  if (!outcome.ok) {
    // A failed sync must not be repeated: the disk may claim next time that it has what it lost (ATC'20).
    context.halt('the disk failed to sync entries of the log');
    return;
  }
  if (index > state.durableIndex && termAt(state, index) === term) state.durableIndex = index;
  if (state.role === 'leader' && settle(raft, state, context)) replicateToAll(state, context);
}

// ---- The follower ----------------------------------------------------------------------------------------------------------------

/** Figure 2, AppendEntries. */
export function onAppendEntries(
  raft: Raft,
  state: ServerState,
  from: NodeId,
  message: AppendEntries,
  context: ServerContext,
): void {
  if (message.term < state.currentTerm) {
    reject(raft, state, from, message.prevLogIndex, 0, context);
    return;
  }
  hearLeader(raft, state, from, message.term, context);
  if (!matchesAt(state, message.prevLogIndex, message.prevLogTerm)) {
    const hint = raft.rules.rejectionHint(state, message.prevLogIndex, message.prevLogTerm);
    reject(raft, state, from, message.prevLogIndex, hint, context);
    return;
  }
  accept(raft, state, from, message, context);
}

/** §5.3: "If the follower does not find an entry in its log with the same index and term, then it refuses the new entries." What is
 * committed equals the leader's log by Leader Completeness (§5.4). */
function matchesAt(state: ServerState, index: number, term: number): boolean {
  return index < state.commitIndex || termAt(state, index) === term;
}

function accept(raft: Raft, state: ServerState, from: NodeId, message: AppendEntries, context: ServerContext): void {
  const lastNew = message.prevLogIndex + message.entries.length;
  if (lastNew >= state.commitIndex) store(raft, state, message, context);
  const matched = Math.max(lastNew, state.commitIndex);
  const commit = raft.rules.followerCommit(state.commitIndex, message.leaderCommit, lastNew, lastIndex(state));
  if (commit !== state.commitIndex) {
    state.commitIndex = commit;
    applyCommitted(raft, state, context);
    if (state.queries.length > 0) answerQueries(raft, state, context);
  }
  const reply: AppendEntriesReply = {
    type: 'AppendEntriesReply',
    term: state.currentTerm,
    success: true,
    index: matched,
    hintIndex: 0,
    hintTerm: 0,
  };
  sendWhenDurable(raft, state, from, reply, matched, context);
}

/** Figure 2, AppendEntries 3 and 4; entries up to commitIndex are there already. */
function store(raft: Raft, state: ServerState, message: AppendEntries, context: ServerContext): void {
  const skipped = Math.max(0, state.commitIndex - message.prevLogIndex);
  const prevLogIndex = message.prevLogIndex + skipped;
  const entries = skipped === 0 ? message.entries : message.entries.slice(skipped);
  const conflict = raft.rules.truncationPoint(state, prevLogIndex, entries);
  if (conflict > 0) truncateFrom(state, conflict, context);
  for (let i = lastIndex(state) - prevLogIndex; i < entries.length; i++) append(state, entries[i] as Entry, context);
}

function reject(
  raft: Raft,
  state: ServerState,
  to: NodeId,
  index: number,
  hintIndex: number,
  context: ServerContext,
): void {
  const reply: AppendEntriesReply = {
    type: 'AppendEntriesReply',
    term: state.currentTerm,
    success: false,
    index,
    hintIndex,
    hintTerm: termAt(state, hintIndex),
  };
  sendWhenDurable(raft, state, to, reply, 0, context);
}
