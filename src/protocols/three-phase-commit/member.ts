/**
 * A process as a member of the group that decides on one transaction: it acknowledges what a leader proposes, leads when it has heard
 * nothing for too long, and learns the decision. The same for coordinators and participants (BHG 7.5).
 */
import type { NodeId } from '../../sim/protocol.ts';
import type { TxnId } from '../atomic-commit/transactions.ts';
import type { Rules, Verdict } from './rules.ts';
import type {
  Ack,
  Leading,
  Letter,
  Member,
  MemberContext,
  MemberState,
  MemberTimer,
  PeerMessage,
  Pre,
  Report,
  StateReport,
  StateRequest,
} from './shape.ts';

/** What the two kinds of processes do in their own way. */
export interface Kit<State extends MemberState, Ctx extends MemberContext> {
  readonly rules: Rules;
  /** What is decided here, if anything. */
  outcomeOf(state: State, txn: TxnId): boolean | undefined;
  /** Records a decision, forces it, and carries it out. Also for a transaction on which this process has not voted. */
  carryOut(state: State, txn: TxnId, commit: boolean, context: Ctx): void;
}

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

// ---- Telling several others ------------------------------------------------------------------------------------------------------

/** All at once, or one after the other: then a crash may come between. */
export function tell(state: MemberState, letters: readonly Letter[], context: MemberContext): void {
  const { tellInterval } = context.options;
  const [first] = letters;
  if (first === undefined) return;
  if (tellInterval === 0) {
    for (const { to, message } of letters) context.send(to, message);
    return;
  }
  const isWaiting = state.outbox.some(({ txn }) => txn === first.txn);
  state.outbox.push(...letters);
  if (!isWaiting) onTellTimer(state, first.txn, context);
}

function onTellTimer(state: MemberState, txn: TxnId, context: MemberContext): void {
  const next = state.outbox.find((letter) => letter.txn === txn);
  if (next === undefined) return;
  state.outbox = state.outbox.filter((letter) => letter !== next);
  context.send(next.to, next.message);
  if (state.outbox.some((letter) => letter.txn === txn)) {
    context.setTimer('tell', context.options.tellInterval, txn);
  }
}

const toAll = (nodes: readonly NodeId[], message: PeerMessage): readonly Letter[] =>
  nodes.map((to) => ({ txn: message.txn, to, message }));

const othersOf = ({ group }: Member, { self }: MemberContext): readonly NodeId[] =>
  group.filter((node) => node !== self);

const memberOf = (members: readonly Member[], txn: TxnId): Member | undefined =>
  members.find((member) => member.txn === txn);

export function newMember(txn: TxnId, group: readonly NodeId[], state: Member['state']): Member {
  return {
    txn,
    group,
    state,
    election: 0,
    attempt: state === 'p' ? 1 : 0,
    recovered: false,
    leading: null,
    heard: [],
    rounds: 0,
  };
}

const ownReport = ({ state, attempt, recovered }: Member, node: NodeId): Report => ({
  node,
  state,
  attempt,
  recovered,
});

const rankOf = ({ group }: Member, node: NodeId): number => group.indexOf(node);

/** Half a time-out apart, so that mostly one leads. `patience` in time-outs. */
export function doubtLater(member: Member, patience: number, context: MemberContext): void {
  const { silenceTimeout } = context.options;
  const stagger = Math.floor((silenceTimeout * rankOf(member, context.self)) / 2);
  context.setTimer('doubt', silenceTimeout * patience + stagger, member.txn);
}

// ---- Proposals: pre-commit and pre-abort -----------------------------------------------------------------------------------------

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
  move(member, commit, leading.election, context);
  context.disk.sync();
  const isFirst = leading.election === 0;
  context.note(noteOf(commit, isFirst), { txn, election: leading.election });
  tell(state, toAll(asked, { type: 'Pre', txn, election: leading.election, commit }), context);
  context.setTimer('acks', context.options.silenceTimeout, txn);
}

function noteOf(commit: boolean, isFirst: boolean): string {
  if (!commit) return 'preAborting';
  return isFirst ? 'preCommitting' : 'preCommittingAgain';
}

/** The first round counts as attempt 1 (KD). */
function move(member: Member, commit: boolean, election: number, context: MemberContext): void {
  member.state = commit ? 'p' : 'pa';
  member.attempt = Math.max(1, election);
  const { txn, attempt } = member;
  context.disk.append('wal', { type: commit ? 'precommit' : 'preabort', txn, attempt, election });
}

function onPre<State extends MemberState, Ctx extends MemberContext>(
  { rules }: Kit<State, Ctx>,
  state: State,
  from: NodeId,
  { txn, election, commit }: Pre,
  context: Ctx,
): void {
  const member = memberOf(state.members, txn);
  if (member === undefined || !rules.obeys(election, member.election) || !rules.mayMove(member.state, commit)) return;
  if (member.state !== (commit ? 'p' : 'pa') || member.attempt !== Math.max(1, election))
    move(member, commit, election, context);
  context.disk.sync();
  context.send(from, { type: 'Ack', txn, election });
  doubtLater(member, 2, context);
}

function onAck<State extends MemberState, Ctx extends MemberContext>(
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

function onAcksTimer<State extends MemberState, Ctx extends MemberContext>(
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

// ---- Decisions -------------------------------------------------------------------------------------------------------------------

function decide<State extends MemberState, Ctx extends MemberContext>(
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

// ---- Termination -----------------------------------------------------------------------------------------------------------------

/** Nobody has been heard for too long. */
function onDoubtTimer<State extends MemberState, Ctx extends MemberContext>(
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

/** Elections are numbered so that no two leaders have one number: a counter, and the leader's place in the group. */
const PLACES = 64;

function terminate<State extends MemberState, Ctx extends MemberContext>(
  kit: Kit<State, Ctx>,
  state: State,
  member: Member,
  context: Ctx,
): void {
  const { txn, group } = member;
  const election = (Math.floor(member.election / PLACES) + 1) * PLACES + rankOf(member, context.self);
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
function onStateRequest<State extends MemberState, Ctx extends MemberContext>(
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
    };
    context.send(from, { type: 'StateReport', txn, election, report });
    return;
  }
  if (election <= member.election) return;
  join(kit.rules, member, election, context);
  context.send(from, { type: 'StateReport', txn, election, report: ownReport(member, context.self) });
  doubtLater(member, 3, context);
}

function onStateReport<State extends MemberState, Ctx extends MemberContext>(
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

function onCollectTimer<State extends MemberState, Ctx extends MemberContext>(
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

function proposeToOthers(
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
  tell(state, toAll(others, { type: 'Pre', txn, election: leading.election, commit }), context);
  context.setTimer('acks', context.options.silenceTimeout, txn);
}

// ---- Recovery --------------------------------------------------------------------------------------------------------------------

function ask<State extends MemberState, Ctx extends MemberContext>(
  kit: Kit<State, Ctx>,
  state: State,
  member: Member,
  context: Ctx,
): void {
  const { txn, group } = member;
  context.note('asking', { txn });
  const verdict = kit.rules.afterRecovery(ownReport(member, context.self), member.heard, group.length);
  if (verdict === 'commit' || verdict === 'abort') {
    decide(kit, state, member, verdict === 'commit', context);
    return;
  }
  for (const node of group) if (node !== context.self) context.send(node, { type: 'Ask', txn });
  doubtLater(member, 1, context);
}

function onAsk<State extends MemberState, Ctx extends MemberContext>(
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

function hear<State extends MemberState, Ctx extends MemberContext>(
  kit: Kit<State, Ctx>,
  state: State,
  member: Member,
  report: Report,
  context: Ctx,
): void {
  if (!member.recovered) return;
  member.heard = [...member.heard.filter(({ node }) => node !== report.node), report];
  const verdict = kit.rules.afterRecovery(ownReport(member, context.self), member.heard, member.group.length);
  if (verdict === 'commit' || verdict === 'abort') decide(kit, state, member, verdict === 'commit', context);
}

/** What the log says of a transaction that is not decided: read record by record. */
export function recoverMember(members: Member[], record: { readonly type: string; readonly txn?: TxnId }): Member[] {
  const member = members.find(({ txn }) => txn === record.txn);
  if (member === undefined) return members;
  switch (record.type) {
    case 'precommit':
    case 'preabort': {
      const { attempt, election } = record as unknown as { attempt: number; election: number };
      member.state = record.type === 'precommit' ? 'p' : 'pa';
      member.attempt = attempt;
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
