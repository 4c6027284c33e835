/** Deciding, telling the others, and learning what they have decided. */
import type { TxnId } from '../atomic-commit/transactions.ts';
import { type Kit, memberOf, othersOf } from './member.ts';
import type { Member, MemberContext, MemberState } from './shape.ts';
import { tell, toAll } from './telling.ts';

export function decide<State extends MemberState, Ctx extends MemberContext>(
  kit: Kit<State, Ctx>,
  state: State,
  member: Member,
  commit: boolean,
  context: Ctx,
): void {
  const { txn, leading } = member;
  context.note(commit ? 'decidedCommit' : 'decidedAbort', { txn });
  learn(kit, state, txn, commit, context);
  if (leading !== null && leading.election > 0) context.note('terminated', { txn, commit });
  tell(state, toAll(othersOf(member, context), { type: 'Decision', txn, commit }), context);
}

/** What one has decided all may know. */
export function learn<State extends MemberState, Ctx extends MemberContext>(
  kit: Kit<State, Ctx>,
  state: State,
  txn: TxnId,
  commit: boolean,
  context: Ctx,
): void {
  if (kit.outcomeOf(state, txn) !== undefined) return;
  const member = memberOf(state.members, txn);
  if (member === undefined && commit) return;
  if (member !== undefined) {
    state.members = state.members.filter((other) => other !== member);
    for (const timer of ['doubt', 'collect', 'acks'] as const) context.cancelTimer(timer, txn);
  }
  kit.carryOut(state, txn, commit, context);
}
