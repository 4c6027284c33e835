/** Who waits for which entry, and what they are told (§8, diss 6). */
import type { Json } from '../../sim/plain.ts';
import type { NodeId, Request } from '../../sim/protocol.ts';
import { OUTDATED, SESSION_EXPIRED } from './sessions.ts';
import type { Pending, Raft, ReplyStatus, ServerContext, ServerState } from './shape.ts';

/** Whoever waits for the entry just applied is answered; whoever waited for another entry at its index learns that it lost. */
export function answerPending(
  raft: Raft,
  state: ServerState,
  index: number,
  term: number,
  result: Json,
  context: ServerContext,
): void {
  while (state.pending.length > 0 && (state.pending[0] as Pending).index <= index) {
    const pending = state.pending.shift() as Pending;
    const isIts = pending.index === index && raft.rules.isAnsweredBy(pending.term, term);
    if (!isIts) tellLost(state, pending, context);
    else if (result === SESSION_EXPIRED) tell(pending, 'session-expired', null, state.leader, context);
    else if (result !== OUTDATED) tell(pending, 'ok', result, state.leader, context);
  }
}

/** diss 6.3: a leader that steps down cannot know what becomes of its proposals. */
export function abandonPending(raft: Raft, state: ServerState, context: ServerContext): void {
  if (raft.rules.keepsPendingAfterStepDown()) return;
  for (const pending of state.pending) tellLost(state, pending, context);
  state.pending = [];
}

function tellLost(state: ServerState, pending: Pending, context: ServerContext): void {
  context.note('proposalLost', { index: pending.index, term: pending.term });
  tell(pending, 'lost', null, state.leader, context);
}

function tell(
  pending: Pending,
  status: ReplyStatus,
  result: Json,
  leader: NodeId | null,
  context: ServerContext,
): void {
  if (pending.request !== null) answerHost(pending.request, status, result, context);
  else if (pending.client !== null) {
    const { session, sequence } = pending;
    context.send(pending.client, { type: 'ClientReply', session, sequence, status, result, leader });
  }
}

function answerHost(request: Request, status: ReplyStatus, result: Json, context: ServerContext): void {
  if (status === 'ok') context.reply(request, result);
  else if (status === 'not-leader') context.refuse(request, 'not the leader');
  else context.giveUp(request);
}
