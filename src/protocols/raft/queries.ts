/** Queries as their clients see them: who is answered, who is sent elsewhere, and what waits at a follower (diss 6.4). */
import type { NodeId, Tagged } from '../../sim/protocol.ts';
import type { ClientQuery, Raft, ReadIndexReply, ServerContext, ServerState } from './shape.ts';

/** `by`: what made sure that the state is not an old one. */
export function answerQuery(
  raft: Raft,
  state: ServerState,
  client: NodeId,
  nonce: number,
  query: Tagged,
  by: 'lease' | 'quorum' | 'follower',
  context: ServerContext,
): void {
  const result = raft.machine.apply(state.machine, query);
  context.note('queryAnswered', { by });
  const { leader, lastApplied: index } = state;
  context.send(client, { type: 'ClientQueryReply', nonce, status: 'ok', result, index, leader });
}

function redirectQuery(state: ServerState, client: NodeId, nonce: number, context: ServerContext): void {
  const { leader } = state;
  context.send(client, { type: 'ClientQueryReply', nonce, status: 'not-leader', result: null, index: 0, leader });
}

/** diss 6.4: a leader that steps down cannot confirm anything; followers that asked it are left to their clients' patience. */
export function abandonReads(state: ServerState, context: ServerContext): void {
  for (const { client, nonce, query, request } of state.reads) {
    if (request !== null) context.refuse(request, 'not the leader');
    else if (query !== null) redirectQuery(state, client, nonce, context);
  }
  state.reads = [];
}

/** diss 6.4: "followers could issue a request to the leader that just asks for a current read index". A client has one question open. */
export function onQueryAtFollower(
  raft: Raft,
  state: ServerState,
  client: NodeId,
  { nonce, query }: ClientQuery,
  context: ServerContext,
): void {
  const { leader } = state;
  if (!context.options.followerReads || leader === null) {
    redirectQuery(state, client, nonce, context);
    return;
  }
  const index = raft.rules.localReadIndex(state.commitIndex);
  state.queries = state.queries.filter((other) => other.client !== client);
  state.queries.push({ client, nonce, query, index });
  if (index < 0) context.send(leader, { type: 'ReadIndex', client, nonce });
  else answerQueries(raft, state, context);
}

export function onReadIndexReply(
  raft: Raft,
  state: ServerState,
  { client, nonce, index }: ReadIndexReply,
  context: ServerContext,
): void {
  const asked = state.queries.find((query) => query.client === client && query.nonce === nonce);
  if (asked === undefined) return;
  asked.index = Math.max(asked.index, index);
  answerQueries(raft, state, context);
}

/** diss 6.4: the follower "waits for its state machine to advance at least as far as the readIndex". */
export function answerQueries(raft: Raft, state: ServerState, context: ServerContext): void {
  const waiting = state.queries;
  const isReady = (index: number): boolean => index >= 0 && raft.rules.isApplied(state.lastApplied, index);
  if (!waiting.some(({ index }) => isReady(index))) return;
  state.queries = waiting.filter(({ index }) => !isReady(index));
  for (const { client, nonce, query, index } of waiting) {
    if (isReady(index)) answerQuery(raft, state, client, nonce, query, 'follower', context);
  }
}
