/** A member that has crashed since it voted: it asks the others, and its log says how far it was. */
import type { NodeId } from '../../sim/protocol.ts';
import type { TxnId } from '../atomic-commit/transactions.ts';
import { decide, learn } from './decisions.ts';
import { doubtLater, type Kit, memberOf, ownReport } from './member.ts';
import type { Member, MemberContext, MemberState, PreRecord, Report } from './shape.ts';

export function ask<State extends MemberState, Ctx extends MemberContext>(
  kit: Kit<State, Ctx>,
  state: State,
  member: Member,
  context: Ctx,
): void {
  const { txn, group } = member;
  context.note('asking', { txn });
  const verdict = kit.rules.afterRecovery(ownReport(member, context.self), member.heard);
  if (verdict === 'commit' || verdict === 'abort') {
    decide(kit, state, member, verdict === 'commit', context);
    return;
  }
  for (const node of group) if (node !== context.self) context.send(node, { type: 'Ask', txn });
  doubtLater(member, 1, context);
}

export function onAsk<State extends MemberState, Ctx extends MemberContext>(
  kit: Kit<State, Ctx>,
  state: State,
  from: NodeId,
  txn: TxnId,
  context: Ctx,
): void {
  const member = memberOf(state.members, txn);
  if (member === undefined) {
    if (kit.outcomeOf(state, txn) === undefined) learn(kit, state, txn, false, context);
    context.send(from, { type: 'Decision', txn, commit: kit.outcomeOf(state, txn) === true });
  } else if (member.recovered) {
    context.send(from, { type: 'StateReport', txn, election: -1, report: ownReport(member, context.self) });
  }
}

export function hear<State extends MemberState, Ctx extends MemberContext>(
  kit: Kit<State, Ctx>,
  state: State,
  member: Member,
  report: Report,
  context: Ctx,
): void {
  if (!member.recovered) return;
  member.heard = [...member.heard.filter(({ node }) => node !== report.node), report];
  const verdict = kit.rules.afterRecovery(ownReport(member, context.self), member.heard);
  if (verdict === 'commit' || verdict === 'abort') decide(kit, state, member, verdict === 'commit', context);
}

/** What the log says of a transaction that is not decided: read record by record. */
export function recoverMember(members: Member[], record: { readonly type: string; readonly txn?: TxnId }): Member[] {
  const member = members.find(({ txn }) => txn === record.txn);
  if (member === undefined) return members;
  switch (record.type) {
    case 'precommit':
    case 'preabort': {
      const { attempt, election, up } = record as unknown as PreRecord;
      member.state = record.type === 'precommit' ? 'p' : 'pa';
      member.attempt = attempt;
      member.up = up ?? member.up;
      member.election = Math.max(member.election, election);
      return members;
    }
    case 'elected':
      member.election = (record as unknown as { election: number }).election;
      return members;
    case 'commit':
    case 'abort':
      return members.filter((other) => other !== member);
    default:
      return members;
  }
}
