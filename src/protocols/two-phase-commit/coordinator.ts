/** The transaction manager: asks for votes, decides, and sees to it that everybody learns of the decision. */
import { defineRole, type NodeId, type NodeView, type Panel, type Role } from '../../sim/protocol.ts';
import { beginLife } from '../atomic-commit/life.ts';
import { removeAt } from '../atomic-commit/lists.ts';
import {
  allExecuted,
  answer,
  handOver,
  keepAnswer,
  newManager,
  onBegin,
  onExecuted,
  onRefused,
  onReleased,
  onRestartTimer,
  onWorkTimer,
  type Work,
  workOn,
} from '../atomic-commit/manager.ts';
import type { Executed, Origin, TxnId } from '../atomic-commit/transactions.ts';
import type { Rules } from './rules.ts';
import type {
  Ballot,
  CoordinatorContext,
  CoordinatorRecord,
  CoordinatorShape,
  CoordinatorState,
  Vote,
} from './shape.ts';

type State = CoordinatorState;

export function createCoordinator(rules: Rules): Role<CoordinatorShape> {
  return defineRole<CoordinatorShape>({
    boot: (context) => boot(rules, context),
    onMessage: {
      Begin: (state, from, message, context) => onBegin(rules, state.manager, from, message, context),
      Executed: (state, from, message, context) => onWorkDone(rules, state, from, message, context),
      Refused: ({ manager }, from, { txn, killer }, context) => onRefused(manager, from, txn, killer, context),
      Released: ({ manager }, _from, { txn }, context) => onReleased(manager, txn, context),
      Vote: (state, from, message, context) => onVote(rules, state, from, message, context),
      Ack: (state, from, { txn, damage }, context) => onAck(rules, state, from, txn, damage, context),
      Inquiry: (state, from, { txn }, context) => onInquiry(rules, state, from, txn, context),
    },
    onTimer: {
      work: ({ manager }, root, context) => onWorkTimer(manager, root as TxnId, context),
      restart: ({ manager }, key, context) => onRestartTimer(rules, manager, key as string, context),
      votes: (state, txn, context) => onVoteTimer(rules, state, txn as TxnId, context),
      resend: (state, txn, context) => onResendTimer(state, txn as TxnId, context),
    },
    view,
  });
}

function ballotOf({ ballots }: State, txn: TxnId): Ballot | undefined {
  for (const ballot of ballots) if (ballot.txn === txn) return ballot;
  return undefined;
}

// ---- Phase 1: votes --------------------------------------------------------------------------------------------------------------

function onWorkDone(rules: Rules, state: State, from: NodeId, message: Executed, context: CoordinatorContext): void {
  const work = onExecuted(state.manager, from, message, context);
  if (work === undefined) return;
  const asked = rules.toPrepareNow(work, from);
  if (asked.length > 0) askToPrepare(rules, state, work, asked, context);
  if (allExecuted(work)) handOver(work, context);
}

function askToPrepare(
  rules: Rules,
  state: State,
  work: Work,
  asked: readonly NodeId[],
  context: CoordinatorContext,
): void {
  const { txn } = work.age;
  const { participants } = work;
  if (ballotOf(state, txn) === undefined) {
    state.ballots.push({ txn, phase: 'voting', participants, yes: [], read: [], no: [], awaited: [] });
    if (context.options.presumption === 'commit') {
      context.disk.append('wal', { type: 'collecting', txn, participants });
      if (rules.forcesCollecting(context.options.presumption)) context.disk.sync();
    }
    context.note('voting', { txn });
    context.setTimer('votes', context.options.voteTimeout, txn);
  }
  const { incarnation } = state.manager;
  const sessions = [...work.sessions];
  for (const node of asked) {
    const session = sessions[participants.indexOf(node)] as number;
    context.send(node, { type: 'Prepare', txn, incarnation, session, participants, sessions });
  }
}

function onVote(
  rules: Rules,
  state: State,
  from: NodeId,
  { txn, vote, overdrawn }: Vote,
  context: CoordinatorContext,
): void {
  const ballot = ballotOf(state, txn);
  if (ballot === undefined || !rules.readsVoteIn(ballot.phase)) return;
  rules.countVote(ballot[vote], from);
  const work = overdrawn ? workOn(state.manager, txn) : undefined;
  if (work !== undefined) work.overdrawn = true;
  if (ballot.no.length > 0) decide(rules, state, ballot, false, context);
  else if (rules.isUnanimous(ballot)) decide(rules, state, ballot, true, context);
}

function onVoteTimer(rules: Rules, state: State, txn: TxnId, context: CoordinatorContext): void {
  const ballot = ballotOf(state, txn);
  if (ballot?.phase !== 'voting') return;
  context.note('votesMissing', { txn });
  decide(rules, state, ballot, rules.whenVotesAreMissing() === 'commit', context);
}

// ---- Phase 2: the decision -------------------------------------------------------------------------------------------------------

function decide(rules: Rules, state: State, ballot: Ballot, commit: boolean, context: CoordinatorContext): void {
  const { txn } = ballot;
  const { presumption } = context.options;
  const work = workOn(state.manager, txn);
  context.cancelTimer('votes', txn);
  context.note(commit ? 'decidedCommit' : 'decidedAbort', { txn });
  const told = toBeTold(ballot, commit);
  // All have only read: nobody cares, there is no second phase (R* 2).
  if (told.length > 0) {
    const writes = commit || presumption !== 'abort';
    if (writes) context.disk.append('wal', decisionRecord(ballot, told, commit, work));
    const { incarnation } = state.manager;
    rules.announce(
      told,
      { type: 'Decision', txn, incarnation, commit },
      writes && rules.forcesDecision(presumption, commit),
      context,
    );
  }
  if (work !== undefined) answer(state.manager, work, commit, context);
  if (told.length > 0 && rules.wantsAck(presumption, commit)) awaitAcks(ballot, told, commit, context);
  else forget(state, txn, context);
}

/** Those that have voted yes, or not at all; mostly all. */
function toBeTold({ participants, read, no }: Ballot, commit: boolean): readonly NodeId[] {
  if (read.length === 0 && (commit || no.length === 0)) return participants;
  return participants.filter((node) => !read.includes(node) && (commit || !no.includes(node)));
}

function decisionRecord(
  { txn }: Ballot,
  participants: readonly NodeId[],
  commit: boolean,
  work: Work | undefined,
): CoordinatorRecord {
  const origin = work?.origin ?? { process: '', sequence: 0 };
  const values = commit ? (work?.values ?? []) : [];
  return { type: commit ? 'commit' : 'abort', txn, participants, origin, values };
}

function awaitAcks(ballot: Ballot, told: readonly NodeId[], commit: boolean, context: CoordinatorContext): void {
  ballot.phase = commit ? 'committing' : 'aborting';
  ballot.awaited = [...told];
  context.setTimer('resend', context.options.resendInterval, ballot.txn);
}

function onAck(
  rules: Rules,
  state: State,
  from: NodeId,
  txn: TxnId,
  damage: Origin | undefined,
  context: CoordinatorContext,
): void {
  if (damage !== undefined) onDamage(rules, state, from, txn, damage, context);
  const ballot = ballotOf(state, txn);
  if (ballot === undefined || ballot.phase === 'voting' || !ballot.awaited.includes(from)) return;
  ballot.awaited = ballot.awaited.filter((node) => node !== from);
  const acknowledged = ballot.participants.length - ballot.awaited.length;
  if (!rules.mayForget(ballot.awaited, acknowledged)) return;
  context.cancelTimer('resend', txn);
  context.disk.append('wal', { type: 'end', txn });
  forget(state, txn, context);
}

/** R* 5, X/Open XA ("heuristically mixed"): on disk before the participant may forget it, and told to whoever asked for the transaction. */
function onDamage(
  rules: Rules,
  state: State,
  participant: NodeId,
  txn: TxnId,
  { process }: Origin,
  context: CoordinatorContext,
): void {
  if (!isDamaged(state, txn, participant)) {
    if (rules.recordsDamage()) context.disk.append('wal', { type: 'damage', txn, participant });
    context.disk.sync();
    state.damages.push({ txn, participant });
    context.note('heuristicDamage', { txn, participant });
    const [client = process] = process.split('/');
    context.send(client, { type: 'Damaged', txn, participant });
  }
  context.send(participant, { type: 'Noted', txn });
}

const isDamaged = ({ damages }: State, txn: TxnId, participant: NodeId): boolean =>
  damages.some((one) => one.txn === txn && one.participant === participant);

/** From here on the transaction is answered for by the presumption. */
function forget(state: State, txn: TxnId, context: CoordinatorContext): void {
  for (let place = state.ballots.length - 1; place >= 0; place--) {
    if (state.ballots[place]?.txn === txn) removeAt(state.ballots, place);
  }
  context.note('forgotten', { txn });
}

function onResendTimer(state: State, txn: TxnId, context: CoordinatorContext): void {
  const ballot = ballotOf(state, txn);
  if (ballot !== undefined && ballot.phase !== 'voting') resend(state, ballot, context);
}

function resend(state: State, { txn, phase, awaited }: Ballot, context: CoordinatorContext): void {
  const { incarnation } = state.manager;
  for (const node of awaited)
    context.send(node, { type: 'Decision', txn, incarnation, commit: phase === 'committing' });
  context.setTimer('resend', context.options.resendInterval, txn);
}

/** The presumption speaks only where there is no trace: while votes are collected nobody knows the outcome. */
function onInquiry(rules: Rules, state: State, from: NodeId, txn: TxnId, context: CoordinatorContext): void {
  const ballot = ballotOf(state, txn);
  if (ballot?.phase === 'voting' || workOn(state.manager, txn) !== undefined) return;
  if (isDamaged(state, txn, from)) {
    context.send(from, { type: 'Noted', txn });
    return;
  }
  const commit = ballot === undefined ? rules.presumed(context.options.presumption) : ballot.phase === 'committing';
  if (ballot === undefined) context.note('presumed', { txn, commit });
  context.send(from, { type: 'Decision', txn, incarnation: state.manager.incarnation, commit });
}

// ---- Recovery --------------------------------------------------------------------------------------------------------------------

/** BHG 7.4, R* 3: what was decided and not acknowledged is sent again; votes that were being collected come to nothing. */
function boot(rules: Rules, context: CoordinatorContext): State {
  const { incarnation, records } = beginLife(context);
  const state: State = { role: 'coordinator', manager: newManager(incarnation), ballots: [], damages: [] };
  for (const record of records) remember(rules, state, record, context);
  for (const ballot of [...state.ballots]) {
    if (ballot.phase === 'voting') decide(rules, state, ballot, false, context);
    else resend(state, ballot, context);
  }
  return state;
}

function remember(rules: Rules, state: State, record: CoordinatorRecord, context: CoordinatorContext): void {
  const { txn } = record;
  if (record.type === 'damage') {
    state.damages.push({ txn, participant: record.participant });
    return;
  }
  const others = state.ballots.filter((ballot) => ballot.txn !== txn);
  state.ballots = others;
  if (record.type === 'end') return;
  const { participants } = record;
  const ballot: Ballot = { txn, phase: 'voting', participants, yes: [], read: [], no: [], awaited: [...participants] };
  if (record.type === 'collecting') {
    others.push(ballot);
    return;
  }
  const commit = record.type === 'commit';
  const { origin, values } = record;
  if (commit)
    keepAnswer(state.manager, origin, { sequence: origin.sequence, committed: true, overdrawn: false, values });
  ballot.phase = commit ? 'committing' : 'aborting';
  if (rules.wantsAck(context.options.presumption, commit)) others.push(ballot);
}

// ---- View ------------------------------------------------------------------------------------------------------------------------

function view({ manager, ballots, damages }: State): NodeView {
  return {
    role: 'coordinator',
    epoch: manager.incarnation,
    label: `C i${manager.incarnation} ${ballots.length}`,
    panels: [
      {
        kind: 'table',
        title: 'transactions',
        columns: ['transaction', 'phase', 'yes', 'read', 'awaited'],
        rows: [
          ...manager.open
            .filter(({ phase }) => phase !== 'committing')
            .map(({ age, phase }) => [age.txn, phase, '', '', '']),
          ...ballots.map(({ txn, phase, yes, read, awaited }) => [
            txn,
            phase,
            yes.join(' '),
            read.join(' '),
            awaited.join(' '),
          ]),
        ],
      },
      ...(damages.length === 0 ? [] : [damagePanel(damages)]),
    ],
  };
}

const damagePanel = (damages: State['damages']): Panel => ({
  kind: 'table',
  title: 'decided otherwise by an operator',
  columns: ['transaction', 'at'],
  rows: damages.map(({ txn, participant }) => [txn, participant]),
});
