/** The process that a client asks: it collects the votes and leads the first round. From its own pre-commit on it is a member like the others. */
import { defineRole, type NodeId, type NodeView, type Role } from '../../sim/protocol.ts';
import { beginLife } from '../atomic-commit/life.ts';
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
  reopened,
  type Work,
  workOn,
} from '../atomic-commit/manager.ts';
import type { Executed, Origin, TxnId } from '../atomic-commit/transactions.ts';
import { learn } from './decisions.ts';
import { memberMessages, memberTimers } from './handlers.ts';
import { doubtLater, type Kit, newMember } from './member.ts';
import { propose, settle } from './proposals.ts';
import { recoverMember } from './recovery.ts';
import type { Rules } from './rules.ts';
import type { Ballot, CoordinatorContext, CoordinatorShape, CoordinatorState, Leading, Letter, Vote } from './shape.ts';
import { tell } from './telling.ts';

type State = CoordinatorState;
type CoordinatorKit = Kit<State, CoordinatorContext>;

export function createCoordinator(rules: Rules): Role<CoordinatorShape> {
  const kit: CoordinatorKit = { rules, outcomeOf: ({ outcomes }, txn) => outcomes[txn], carryOut };
  return defineRole<CoordinatorShape>({
    boot: (context) => boot(context),
    onMessage: {
      Begin: (state, from, message, context) => onBegin(rules, state.manager, from, message, context),
      Executed: (state, from, message, context) => onWorkDone(state, from, message, context),
      Refused: ({ manager }, from, { txn, killer }, context) => onRefused(manager, from, txn, killer, context),
      Released: ({ manager }, _from, { txn }, context) => onReleased(manager, txn, context),
      Vote: (state, from, message, context) => onVote(kit, state, from, message, context),
      ...memberMessages(kit),
    },
    onTimer: {
      work: ({ manager }, root, context) => onWorkTimer(manager, root as TxnId, context),
      restart: ({ manager }, key, context) => onRestartTimer(rules, manager, key as string, context),
      votes: (state, txn, context) => onVoteTimer(kit, state, txn as TxnId, context),
      ...memberTimers(kit),
    },
    view,
  });
}

const ballotOf = ({ ballots }: State, txn: TxnId): Ballot | undefined => ballots.find((ballot) => ballot.txn === txn);

// ---- Votes -----------------------------------------------------------------------------------------------------------------------

function onWorkDone(state: State, from: NodeId, message: Executed, context: CoordinatorContext): void {
  const work = onExecuted(state.manager, from, message, context);
  if (work === undefined || !allExecuted(work)) return;
  handOver(work, context);
  const { participants, sessions } = work;
  const { txn } = work.age;
  state.ballots.push({ txn, participants, yes: [] });
  context.note('voting', { txn });
  const group = [context.self, ...participants];
  const { incarnation } = state.manager;
  const letters = participants.map((to, i): Letter => {
    return { txn, to, message: { type: 'Prepare', txn, incarnation, session: sessions[i] as number, group } };
  });
  tell(state, letters, context);
  context.setTimer('votes', context.options.silenceTimeout, txn);
}

/** BHG 7.5: all yes: PRE-COMMIT. The coordinator's own pre-commit comes first: until it is on disk, it may still abort. */
function onVote(
  kit: CoordinatorKit,
  state: State,
  from: NodeId,
  { txn, vote, overdrawn }: Vote,
  context: CoordinatorContext,
): void {
  const ballot = ballotOf(state, txn);
  if (ballot === undefined) return;
  if (vote === 'no') {
    const work = overdrawn ? workOn(state.manager, txn) : undefined;
    if (work !== undefined) work.overdrawn = true;
    abandon(kit, state, ballot, context);
    return;
  }
  if (!ballot.yes.includes(from)) ballot.yes.push(from);
  if (ballot.yes.length < ballot.participants.length) return;
  context.cancelTimer('votes', txn);
  state.ballots = state.ballots.filter((other) => other !== ballot);
  const member = newMember(txn, [context.self, ...ballot.participants], 'w');
  state.members.push(member);
  const work = workOn(state.manager, txn) as Work;
  context.disk.append('wal', { type: 'open', txn, group: member.group, origin: work.origin, values: work.values });
  const leading: Leading = { election: 0, phase: 'committing', reports: [], acks: [], asked: [] };
  propose(state, member, leading, true, ballot.participants, context);
  settle(kit, state, member, leading, context);
}

function onVoteTimer(kit: CoordinatorKit, state: State, txn: TxnId, context: CoordinatorContext): void {
  const ballot = ballotOf(state, txn);
  if (ballot === undefined) return;
  context.note('votesMissing', { txn });
  abandon(kit, state, ballot, context);
}

/** BHG 7.5: before its own pre-commit the coordinator may abort alone. */
function abandon(kit: CoordinatorKit, state: State, { txn, participants }: Ballot, context: CoordinatorContext): void {
  context.note('decidedAbort', { txn });
  learn(kit, state, txn, false, context);
  const letters = participants.map((to): Letter => ({ txn, to, message: { type: 'Decision', txn, commit: false } }));
  tell(state, letters, context);
}

// ---- Decision --------------------------------------------------------------------------------------------------------------------

function carryOut(state: State, txn: TxnId, commit: boolean, context: CoordinatorContext): void {
  const work = workOn(state.manager, txn);
  const origin: Origin = work?.origin ?? { process: '', sequence: 0 };
  const values = commit ? (work?.values ?? []) : [];
  const participants = work?.participants ?? [];
  context.disk.append('wal', { type: commit ? 'commit' : 'abort', txn, participants, origin, values });
  context.disk.sync();
  state.outcomes[txn] = commit;
  state.ballots = state.ballots.filter((ballot) => ballot.txn !== txn);
  context.cancelTimer('votes', txn);
  if (work !== undefined) answer(state.manager, work, commit, context);
}

// ---- Recovery --------------------------------------------------------------------------------------------------------------------

/** What it had pre-committed it may not decide alone, and its client's question stays open until it is decided. */
function boot(context: CoordinatorContext): State {
  const { incarnation, records } = beginLife(context);
  const state: State = {
    role: 'coordinator',
    manager: newManager(incarnation),
    ballots: [],
    members: [],
    outbox: [],
    outcomes: {},
  };
  for (const record of records) {
    const { txn } = record;
    if (record.type === 'open') {
      const { group, origin, values } = record;
      state.members.push({ ...newMember(txn, group, 'w'), recovered: true });
      state.manager.open.push({ ...reopened(txn, origin), values: [...values], participants: group.slice(1) });
      continue;
    }
    state.members = recoverMember(state.members, record);
    if (record.type !== 'commit' && record.type !== 'abort') continue;
    const { origin, values } = record;
    state.outcomes[txn] = record.type === 'commit';
    state.manager.open = state.manager.open.filter(({ age }) => age.txn !== txn);
    if (record.type === 'commit') {
      keepAnswer(state.manager, origin, { sequence: origin.sequence, committed: true, overdrawn: false, values });
    }
  }
  dropWithoutPreCommit(state);
  for (const member of state.members) {
    context.note('inDoubtAtRecovery', { txn: member.txn });
    doubtLater(member, 1, context);
  }
  return state;
}

/** Its own pre-commit did not reach the disk, so nobody was asked to: it may abort, and will when asked. */
function dropWithoutPreCommit(state: State): void {
  const lost = state.members.filter((member) => member.state === 'w').map(({ txn }) => txn);
  state.members = state.members.filter((member) => member.state !== 'w');
  state.manager.open = state.manager.open.filter(({ age }) => !lost.includes(age.txn));
}

// ---- View ------------------------------------------------------------------------------------------------------------------------

function view({ manager, ballots, members }: State): NodeView {
  return {
    role: 'coordinator',
    epoch: manager.incarnation,
    label: `C i${manager.incarnation} ${members.map(({ state }) => state).join('')}`,
    panels: [
      {
        kind: 'table',
        title: 'transactions',
        columns: ['transaction', 'state', 'acknowledged'],
        rows: [
          ...ballots.map(({ txn, yes }) => [txn, 'voting', yes.join(' ')]),
          ...members.map(({ txn, state, leading }) => [txn, state, leading?.acks.join(' ') ?? '']),
        ],
      },
    ],
  };
}
