/** What a member hears of the others, whichever kind of process it is. */
import type { NodeId } from '../../sim/protocol.ts';
import type { TxnId } from '../atomic-commit/transactions.ts';
import { learn } from './decisions.ts';
import type { Kit } from './member.ts';
import { onAck, onPre } from './proposals.ts';
import { onAsk } from './recovery.ts';
import type { MemberContext, MemberState, MemberTimer, PeerMessage } from './shape.ts';
import { onTellTimer } from './telling.ts';
import { onAcksTimer, onCollectTimer, onDoubtTimer, onStateReport, onStateRequest } from './termination.ts';

type MemberMessages<State, Ctx> = {
  readonly [Message in PeerMessage as Message['type']]: (
    state: State,
    from: NodeId,
    message: Message,
    context: Ctx,
  ) => void;
};

type MemberTimers<State, Ctx> = {
  readonly [Timer in MemberTimer]: (state: State, txn: string | undefined, context: Ctx) => void;
};

/** What a member hears of the others, whichever kind of process it is. */
export const memberMessages = <State extends MemberState, Ctx extends MemberContext>(
  kit: Kit<State, Ctx>,
): MemberMessages<State, Ctx> => ({
  Pre: (state, from, message, context) => onPre(kit, state, from, message, context),
  Ack: (state, from, message, context) => onAck(kit, state, from, message, context),
  Decision: (state, _from, { txn, commit }, context) => learn(kit, state, txn, commit, context),
  StateRequest: (state, from, message, context) => onStateRequest(kit, state, from, message, context),
  StateReport: (state, _from, message, context) => onStateReport(kit, state, message, context),
  Ask: (state, from, { txn }, context) => onAsk(kit, state, from, txn, context),
});

export const memberTimers = <State extends MemberState, Ctx extends MemberContext>(
  kit: Kit<State, Ctx>,
): MemberTimers<State, Ctx> => ({
  doubt: (state, txn, context) => onDoubtTimer(kit, state, txn as TxnId, context),
  collect: (state, txn, context) => onCollectTimer(kit, state, txn as TxnId, context),
  acks: (state, txn, context) => onAcksTimer(kit, state, txn as TxnId, context),
  tell: (state, txn, context) => onTellTimer(state, txn as TxnId, context),
});
