/**
 * A process as a member of the group that decides on one transaction: it acknowledges what a leader proposes (proposals.ts), leads when it
 * has heard nothing for too long (termination.ts), and learns the decision (decisions.ts). The same for coordinators and participants
 * (BHG 7.5).
 */
import type { NodeId } from '../../sim/protocol.ts';
import type { TxnId } from '../atomic-commit/transactions.ts';
import type { Rules } from './rules.ts';
import type { Member, MemberContext, MemberState, Report } from './shape.ts';

/** What the two kinds of processes do in their own way. */
export interface Kit<State extends MemberState, Ctx extends MemberContext> {
  readonly rules: Rules;
  /** What is decided here, if anything. */
  outcomeOf(state: State, txn: TxnId): boolean | undefined;
  /** Records a decision, forces it, and carries it out. Also for a transaction on which this process has not voted. */
  carryOut(state: State, txn: TxnId, commit: boolean, context: Ctx): void;
}

export const memberOf = (members: readonly Member[], txn: TxnId): Member | undefined =>
  members.find((member) => member.txn === txn);

export function newMember(txn: TxnId, group: readonly NodeId[], state: Member['state']): Member {
  return {
    txn,
    group,
    state,
    election: 0,
    attempt: state === 'p' ? 1 : 0,
    up: group,
    recovered: false,
    leading: null,
    heard: [],
    rounds: 0,
  };
}

export const ownReport = ({ state, attempt, recovered, up }: Member, node: NodeId): Report => ({
  node,
  state,
  attempt,
  recovered,
  up,
});

export const othersOf = ({ group }: Member, { self }: MemberContext): readonly NodeId[] =>
  group.filter((node) => node !== self);

export const rankOf = ({ group }: Member, node: NodeId): number => group.indexOf(node);

/** One after the other, so that mostly one leads. `patience` in time-outs. */
export function doubtLater(member: Member, patience: number, context: MemberContext): void {
  const { silenceTimeout, takeoverInterval } = context.options;
  context.setTimer('doubt', silenceTimeout * patience + takeoverInterval * rankOf(member, context.self), member.txn);
}
