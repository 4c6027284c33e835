/** Termination: whoever is in doubt for too long leads, collects the states of the others, and goes on from there (BHG 7.5). */
import type { NodeId } from '../../sim/protocol.ts';
import { numberAbove } from '../atomic-commit/numbering.ts';
import type { TxnId } from '../atomic-commit/transactions.ts';
import { decide, learn } from './decisions.ts';
import { doubtLater, type Kit, memberOf, othersOf, ownReport, rankOf } from './member.ts';
import { propose, proposeToOthers, settle } from './proposals.ts';
import { ask, hear } from './recovery.ts';
import type { Rules, Verdict } from './rules.ts';
import type { Leading, Member, MemberContext, MemberState, Report, StateReport, StateRequest } from './shape.ts';
import { tell, toAll } from './telling.ts';

/** Nobody has been heard for too long. */
export function onDoubtTimer<State extends MemberState, Ctx extends MemberContext>(
  kit: Kit<State, Ctx>,
  state: State,
  txn: TxnId,
  context: Ctx,
): void {
  const member = memberOf(state.members, txn);
  if (member === undefined) return;
  const verdict = kit.rules.whenInDoubt(member.state);
  if (verdict !== 'terminate') {
    learn(kit, state, txn, verdict === 'commit', context);
  } else if (member.recovered && !kit.rules.recoveredTakePart) {
    ask(kit, state, member, context);
  } else {
    terminate(kit, state, member, context);
  }
}

export function onAcksTimer<State extends MemberState, Ctx extends MemberContext>(
  kit: Kit<State, Ctx>,
  state: State,
  txn: TxnId,
  context: Ctx,
): void {
  const member = memberOf(state.members, txn);
  const leading = member?.leading;
  if (member === undefined || leading === undefined || leading === null || leading.phase === 'collecting') return;
  context.note('acksMissing', { txn });
  if (kit.rules.whenAcksAreMissing() === 'decide') decide(kit, state, member, leading.phase === 'committing', context);
  else terminate(kit, state, member, context);
}

function terminate<State extends MemberState, Ctx extends MemberContext>(
  kit: Kit<State, Ctx>,
  state: State,
  member: Member,
  context: Ctx,
): void {
  const { txn, group } = member;
  const election = numberAbove(member.election, rankOf(member, context.self));
  join(kit.rules, member, election, context);
  const leading: Leading = {
    election,
    phase: 'collecting',
    reports: [ownReport(member, context.self)],
    acks: [],
    asked: [],
  };
  member.leading = leading;
  context.cancelTimer('doubt', txn);
  context.note('terminating', { txn, election });
  tell(state, toAll(othersOf(member, context), { type: 'StateRequest', txn, election }), context);
  context.setTimer('collect', context.options.silenceTimeout, txn);
  if (group.length === 1) conclude(kit, state, member, leading, context);
}

/** KD: Last_Elected is on disk before the answer leaves. */
function join(rules: Rules, member: Member, election: number, context: MemberContext): void {
  member.election = election;
  member.leading = null;
  context.cancelTimer('collect', member.txn);
  context.cancelTimer('acks', member.txn);
  if (!rules.recordsElections) return;
  context.disk.append('wal', { type: 'elected', txn: member.txn, election });
  context.disk.sync();
}

/** Skeen 1982: who has not voted aborts when it is asked, and says so. */
export function onStateRequest<State extends MemberState, Ctx extends MemberContext>(
  kit: Kit<State, Ctx>,
  state: State,
  from: NodeId,
  { txn, election }: StateRequest,
  context: Ctx,
): void {
  const member = memberOf(state.members, txn);
  if (member === undefined) {
    if (kit.outcomeOf(state, txn) === undefined) learn(kit, state, txn, false, context);
    const report: Report = {
      node: context.self,
      state: kit.outcomeOf(state, txn) ? 'c' : 'a',
      attempt: 0,
      recovered: false,
      up: [],
    };
    context.send(from, { type: 'StateReport', txn, election, report });
    return;
  }
  if (election <= member.election) return;
  join(kit.rules, member, election, context);
  context.send(from, { type: 'StateReport', txn, election, report: ownReport(member, context.self) });
  doubtLater(member, 3, context);
}

export function onStateReport<State extends MemberState, Ctx extends MemberContext>(
  kit: Kit<State, Ctx>,
  state: State,
  { txn, election, report }: StateReport,
  context: Ctx,
): void {
  const member = memberOf(state.members, txn);
  if (member === undefined) return;
  if (election === -1) {
    hear(kit, state, member, report, context);
    return;
  }
  const { leading } = member;
  if (leading?.election !== election || leading.phase !== 'collecting') return;
  leading.reports = [...leading.reports.filter(({ node }) => node !== report.node), report];
  const isDecided = report.state === 'a' || report.state === 'c';
  if (isDecided || leading.reports.length === member.group.length) conclude(kit, state, member, leading, context);
}

export function onCollectTimer<State extends MemberState, Ctx extends MemberContext>(
  kit: Kit<State, Ctx>,
  state: State,
  txn: TxnId,
  context: Ctx,
): void {
  const member = memberOf(state.members, txn);
  const leading = member?.leading;
  if (member !== undefined && leading?.phase === 'collecting') conclude(kit, state, member, leading, context);
}

/** BHG 7.5: the state of a process that has crashed since it voted says nothing about what may have been decided without it. */
function conclude<State extends MemberState, Ctx extends MemberContext>(
  kit: Kit<State, Ctx>,
  state: State,
  member: Member,
  leading: Leading,
  context: Ctx,
): void {
  context.cancelTimer('collect', member.txn);
  const decided = (report: Report): boolean => report.state === 'a' || report.state === 'c';
  const counted = leading.reports.filter((one) => kit.rules.recoveredTakePart || !one.recovered || decided(one));
  follow(kit, state, member, leading, kit.rules.verdict(counted, member.group.length), counted, context);
}

function follow<State extends MemberState, Ctx extends MemberContext>(
  kit: Kit<State, Ctx>,
  state: State,
  member: Member,
  leading: Leading,
  verdict: Verdict,
  counted: readonly Report[],
  context: Ctx,
): void {
  if (verdict === 'commit' || verdict === 'abort') {
    decide(kit, state, member, verdict === 'commit', context);
  } else if (verdict === 'block') {
    member.leading = null;
    member.rounds++;
    context.note('blocked', {
      txn: member.txn,
      reports: counted.map(({ node, state: of }) => `${node} ${of}`).join(', '),
    });
    doubtLater(member, 2, context);
  } else {
    const commit = verdict === 'pre-commit';
    // A leader that cannot go along itself has others go: it is not counted.
    const others = counted.filter(({ node }) => node !== context.self).map(({ node }) => node);
    if (kit.rules.mayMove(member.state, commit)) propose(state, member, leading, commit, others, context);
    else proposeToOthers(state, member, leading, commit, others, context);
    settle(kit, state, member, leading, context);
  }
}
