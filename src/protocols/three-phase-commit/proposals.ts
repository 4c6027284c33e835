/** Proposals, pre-commit and pre-abort: who leads asks for acknowledgements before it decides. */
import type { NodeId } from '../../sim/protocol.ts';
import type { TxnId } from '../atomic-commit/transactions.ts';
import { decide } from './decisions.ts';
import { doubtLater, type Kit, memberOf } from './member.ts';
import type { Ack, Leading, Member, MemberContext, MemberState, Pre } from './shape.ts';
import { tell, toAll } from './telling.ts';

/** This process leads, has decided to propose, and is the first to accept: on disk before anybody is asked. */
export function propose(
  state: MemberState,
  member: Member,
  leading: Leading,
  commit: boolean,
  asked: readonly NodeId[],
  context: MemberContext,
): void {
  const { txn } = member;
  leading.phase = commit ? 'committing' : 'aborting';
  leading.asked = [context.self, ...asked];
  leading.acks = [context.self];
  member.leading = leading;
  const isFirst = leading.election === 0;
  const up = isFirst ? undefined : leading.asked;
  move(member, commit, leading.election, up, context);
  context.disk.sync();
  context.note(noteOf(commit, isFirst), { txn, election: leading.election });
  tell(state, toAll(asked, preOf(txn, leading.election, commit, up)), context);
  context.setTimer('acks', context.options.silenceTimeout, txn);
}

function noteOf(commit: boolean, isFirst: boolean): string {
  if (!commit) return 'preAborting';
  return isFirst ? 'preCommitting' : 'preCommittingAgain';
}

export function proposeToOthers(
  state: MemberState,
  member: Member,
  leading: Leading,
  commit: boolean,
  others: readonly NodeId[],
  context: MemberContext,
): void {
  const { txn } = member;
  leading.phase = commit ? 'committing' : 'aborting';
  leading.asked = [...others];
  tell(state, toAll(others, preOf(txn, leading.election, commit, leading.asked)), context);
  context.setTimer('acks', context.options.silenceTimeout, txn);
}

function preOf(txn: TxnId, election: number, commit: boolean, up: readonly NodeId[] | undefined): Pre {
  const pre: Pre = { type: 'Pre', txn, election, commit };
  return up === undefined ? pre : { up, ...pre };
}

/** The first round counts as attempt 1 (KD). Who is up is on disk with the state (Skeen 1983). */
function move(
  member: Member,
  commit: boolean,
  election: number,
  up: readonly NodeId[] | undefined,
  context: MemberContext,
): void {
  member.state = commit ? 'p' : 'pa';
  member.attempt = Math.max(1, election);
  const { txn, attempt } = member;
  const record = { type: commit ? 'precommit' : 'preabort', txn, attempt, election } as const;
  if (up !== undefined) member.up = up;
  context.disk.append('wal', up === undefined ? record : { up, ...record });
}

export function onPre<State extends MemberState, Ctx extends MemberContext>(
  { rules }: Kit<State, Ctx>,
  state: State,
  from: NodeId,
  { txn, election, commit, up }: Pre,
  context: Ctx,
): void {
  const member = memberOf(state.members, txn);
  if (member === undefined || !rules.obeys(election, member.election) || !rules.mayMove(member.state, commit)) return;
  if (member.state !== (commit ? 'p' : 'pa') || member.attempt !== Math.max(1, election))
    move(member, commit, election, up, context);
  context.disk.sync();
  context.send(from, { type: 'Ack', txn, election });
  doubtLater(member, 2, context);
}

export function onAck<State extends MemberState, Ctx extends MemberContext>(
  kit: Kit<State, Ctx>,
  state: State,
  from: NodeId,
  { txn, election }: Ack,
  context: Ctx,
): void {
  const member = memberOf(state.members, txn);
  const leading = member?.leading;
  if (member === undefined || leading?.election !== election || leading.phase === 'collecting') return;
  if (!leading.acks.includes(from)) leading.acks.push(from);
  settle(kit, state, member, leading, context);
}

export function settle<State extends MemberState, Ctx extends MemberContext>(
  kit: Kit<State, Ctx>,
  state: State,
  member: Member,
  { phase, acks, asked }: Leading,
  context: Ctx,
): void {
  const commit = phase === 'committing';
  if (kit.rules.isSettled(commit, acks.length, asked.length, member.group.length))
    decide(kit, state, member, commit, context);
}
