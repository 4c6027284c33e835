/** Reads beside the log, at the leader: ReadIndex (diss 6.4) and leases (diss 6.4.1). */
import type { NodeId, Request } from '../../sim/protocol.ts';
import { follow } from './follow.ts';
import { readsBesideLog } from './options.ts';
import { answerQuery, onQueryAtFollower } from './queries.ts';
import { confirmRounds, hasLease, startRound } from './rounds.ts';
import type {
  ClientQuery,
  Confirm,
  HeartbeatReply,
  PendingRead,
  Raft,
  ReadIndex,
  ServerContext,
  ServerState,
} from './shape.ts';

export function onClientQuery(
  raft: Raft,
  state: ServerState,
  client: NodeId,
  message: ClientQuery,
  context: ServerContext,
): void {
  const { nonce, query } = message;
  if (state.role !== 'leader') onQueryAtFollower(raft, state, client, message, context);
  else beginRead(raft, state, { client, nonce, query, asker: client, request: null, index: -1, round: 0 }, context);
}

/** A server that does not lead says nothing: the client asks elsewhere when it has waited long enough. */
export function onReadIndex(
  raft: Raft,
  state: ServerState,
  from: NodeId,
  { client, nonce }: ReadIndex,
  context: ServerContext,
): void {
  if (state.role !== 'leader') return;
  beginRead(raft, state, { client, nonce, query: null, asker: from, request: null, index: -1, round: 0 }, context);
}

/** A host's question: it answers from its own state, which is as far as this server has applied. */
export function onConfirm(raft: Raft, state: ServerState, request: Request<Confirm>, context: ServerContext): void {
  if (state.role !== 'leader') context.refuse(request, 'not the leader');
  else {
    const { self } = context;
    beginRead(raft, state, { client: self, nonce: 0, query: null, asker: self, request, index: -1, round: 0 }, context);
  }
}

function beginRead(raft: Raft, state: ServerState, read: PendingRead, context: ServerContext): void {
  state.reads.push(read);
  takeReadIndexes(raft, state, context);
}

/**
 * diss 6.4, steps 1 and 2: "If the leader has not yet marked an entry from its current term committed, it waits until it has done so", then
 * "the leader saves its current commit index". Step 3 begins: a round of heartbeats not older than this, or a lease in its place.
 */
export function takeReadIndexes(raft: Raft, state: ServerState, context: ServerContext): void {
  if (!raft.rules.mayTakeReadIndex(state)) return;
  const isLeased = hasLease(raft, state, context);
  for (const read of state.reads) {
    if (read.index >= 0) continue;
    read.index = state.commitIndex;
    read.round = isLeased ? 0 : state.round + 1;
  }
  if (state.round === state.confirmedRound) startRoundIfWanted(raft, state, context);
  answerReads(raft, state, isLeased ? 'lease' : 'quorum', context);
}

export function onHeartbeatReply(
  raft: Raft,
  state: ServerState,
  from: NodeId,
  reply: HeartbeatReply,
  context: ServerContext,
): void {
  if (reply.term > state.currentTerm) {
    follow(raft, state, reply.term, null, context);
    return;
  }
  const member = state.members.indexOf(from);
  if (state.role !== 'leader' || reply.term < state.currentTerm || member === -1) return;
  state.heard[member] = true;
  state.ackedRound[member] = Math.max(state.ackedRound[member] as number, reply.round);
  if (!confirmRounds(raft, state, context)) return;
  answerReads(raft, state, 'quorum', context);
  startRoundIfWanted(raft, state, context);
}

/** One round at a time: queries that come while one is under way share the next. */
function startRoundIfWanted(raft: Raft, state: ServerState, context: ServerContext): void {
  if (state.reads.some(({ round }) => round > state.round)) startRound(raft, state, context);
}

/** diss 6.4, steps 3 and 4: "The leader waits for its state machine to advance at least as far as readIndex". */
function answerReads(raft: Raft, state: ServerState, by: 'lease' | 'quorum', context: ServerContext): void {
  const { rules } = raft;
  const isReady = ({ index, round }: PendingRead): boolean =>
    index >= 0 && rules.isConfirmed(round, state.confirmedRound) && rules.isApplied(state.lastApplied, index);
  const ready = state.reads.filter(isReady);
  if (ready.length === 0) return;
  state.reads = state.reads.filter((read) => !isReady(read));
  for (const { client, nonce, query, asker, request, index } of ready) {
    if (request !== null) context.reply(request, index);
    else if (query === null) context.send(asker, { type: 'ReadIndexReply', client, nonce, index });
    else answerQuery(raft, state, client, nonce, query, by, context);
  }
}

/** With each heartbeat the lease is looked at and renewed, and a round that was lost repeated. */
export function renewRound(raft: Raft, state: ServerState, context: ServerContext): void {
  const { options } = context;
  if (!readsBesideLog(options)) return;
  hasLease(raft, state, context);
  if (options.reads === 'lease' || state.reads.length > 0) startRound(raft, state, context);
}
