/** A resource manager: does the work, votes in its own instance, and asks the acceptors when it hears nothing. */
import { defineRole, type NodeId, type NodeView, type Role } from '../../sim/protocol.ts';
import { entryOf } from '../atomic-commit/ledger.ts';
import { readWal } from '../atomic-commit/life.ts';
import {
  abortLocal,
  abortRecorded,
  canCommit,
  commitLocal,
  hearIncarnation,
  isOverdrawn,
  localOf,
  prepareLocal,
  recover,
  runAll,
} from '../atomic-commit/resource.ts';
import type { TxnId } from '../atomic-commit/transactions.ts';
import { participantPanels } from '../atomic-commit/view.ts';
import { workMessages, workTimers } from '../atomic-commit/work.ts';
import type { Rules } from './rules.ts';
import type { Group, ParticipantContext, ParticipantShape, ParticipantState, Prepare } from './shape.ts';

type State = ParticipantState;

export function createParticipant(rules: Rules): Role<ParticipantShape> {
  return defineRole<ParticipantShape>({
    boot: (context) => boot(rules, context),
    onMessage: {
      ...workMessages(rules),
      Prepare: (state, from, message, context) => onPrepare(rules, state, from, message, context),
      Decision: (state, _from, { txn, commit }, context) => onDecision(rules, state, txn, commit, context),
    },
    onTimer: {
      ...workTimers(rules),
      inquiry: (state, txn, context) => onInquiryTimer(state, txn as TxnId, context),
    },
    view: ({ resource, doubts }): NodeView => ({
      role: 'participant',
      label: `P ${doubts.length} in doubt`,
      panels: participantPanels(resource),
    }),
  });
}

// ---- The vote --------------------------------------------------------------------------------------------------------------------

/** GL 4.2: its own ballot 0. A yes is on disk before it leaves, and never changes; what was decided is not voted on again. */
function onPrepare(
  rules: Rules,
  state: State,
  coordinator: NodeId,
  { txn, incarnation, session, group }: Prepare,
  context: ParticipantContext,
): void {
  const { resource } = state;
  if (!hearIncarnation(rules, resource, coordinator, incarnation, context)) return;
  const local = localOf(resource, txn);
  if (local?.phase === 'prepared') {
    voteYes(rules, txn, group, context);
  } else if (local === undefined || session !== resource.incarnation || !canCommit(resource, local)) {
    if (entryOf(resource.finished, txn)?.recorded) return;
    const overdrawn = local !== undefined && local.phase === 'executed' && isOverdrawn(resource, local);
    if (local !== undefined) abortLocal(resource, txn, context);
    const vote = { type: 'Vote', txn, vote: 'no', group } as const;
    context.send(coordinator, overdrawn ? { overdrawn, ...vote } : vote);
  } else {
    context.disk.append('wal', { type: 'group', txn, group });
    prepareLocal(rules, resource, local, group.participants, context);
    state.doubts.push({ txn, group, times: 0 });
    context.setTimer('inquiry', context.options.inquiryInterval, txn);
    context.disk.sync();
    voteYes(rules, txn, group, context);
  }
  runAll(rules, resource, context);
}

function voteYes(rules: Rules, txn: TxnId, group: Group, context: ParticipantContext): void {
  for (const node of rules.votersFor(group.acceptors, context.options.votesTo)) {
    context.send(node, { type: 'Vote', txn, vote: 'yes', group });
  }
}

// ---- The decision ----------------------------------------------------------------------------------------------------------------

function onDecision(rules: Rules, state: State, txn: TxnId, commit: boolean, context: ParticipantContext): void {
  const { resource } = state;
  if (rules.isRepetition(entryOf(resource.finished, txn) !== undefined)) return;
  const local = localOf(resource, txn);
  // Nobody who has not voted has to commit: somebody has counted a vote that was never given.
  if (local?.phase === 'prepared') carryOut(state, txn, commit, context);
  else if (commit) context.note('commitWithoutVote', { txn });
  else abortLocal(resource, txn, context);
  runAll(rules, resource, context);
}

/** Not forced: the acceptors remember. Whoever loses it is in doubt again, and asks. */
function carryOut(state: State, txn: TxnId, commit: boolean, context: ParticipantContext): void {
  context.cancelTimer('inquiry', txn);
  state.doubts = state.doubts.filter((doubt) => doubt.txn !== txn);
  context.disk.append('wal', { type: commit ? 'commit' : 'abort', txn });
  context.note(commit ? 'committed' : 'aborted', { txn });
  if (commit) commitLocal(state.resource, txn, context);
  else abortRecorded(state.resource, txn, context);
}

// ---- In doubt --------------------------------------------------------------------------------------------------------------------

const DOUBLINGS_MAX = 3;

function onInquiryTimer(state: State, txn: TxnId, context: ParticipantContext): void {
  const doubt = state.doubts.find((one) => one.txn === txn);
  if (doubt === undefined) return;
  context.note('inquiring', { txn });
  const { group, times } = doubt;
  for (const node of group.acceptors) context.send(node, { type: 'Inquiry', txn, group });
  context.setTimer('inquiry', context.options.inquiryInterval * (1 << Math.min(times, DOUBLINGS_MAX)), txn);
  doubt.times++;
}

function boot(rules: Rules, context: ParticipantContext): State {
  const resource = recover(rules, context);
  const state: State = { role: 'participant', resource, doubts: [] };
  for (const record of readWal(context)) {
    if (record.type !== 'group' || localOf(resource, record.txn) === undefined) continue;
    state.doubts.push({ txn: record.txn, group: record.group, times: 0 });
  }
  for (const { txn } of state.doubts) {
    context.note('inDoubtAtRecovery', { txn });
    onInquiryTimer(state, txn, context);
  }
  return state;
}
