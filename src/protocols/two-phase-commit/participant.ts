/** A resource manager: does the work, votes, obeys, and asks when it hears nothing. */
import { defineRole, type NodeId, type NodeView, type Role } from '../../sim/protocol.ts';
import { entryOf } from '../atomic-commit/ledger.ts';
import {
  abortLocal,
  abortRecorded,
  canCommit,
  commitLocal,
  type Hazard,
  hearIncarnation,
  isOverdrawn,
  type Local,
  leaveAsReader,
  localOf,
  prepareLocal,
  recover,
  runAll,
  settle,
} from '../atomic-commit/resource.ts';
import { coordinatorOf, type TxnId } from '../atomic-commit/transactions.ts';
import { participantPanels } from '../atomic-commit/view.ts';
import { workMessages, workTimers } from '../atomic-commit/work.ts';
import type { Rules } from './rules.ts';
import type { Decision, Inquiry, ParticipantContext, ParticipantShape, ParticipantState, Prepare } from './shape.ts';

type State = ParticipantState;

export function createParticipant(rules: Rules): Role<ParticipantShape> {
  return defineRole<ParticipantShape>({
    boot: (context) => boot(rules, context),
    onMessage: {
      ...workMessages(rules),
      Prepare: (state, from, message, context) => onPrepare(rules, state, from, message, context),
      Decision: (state, from, message, context) => onDecision(rules, state, from, message, context),
      Inquiry: (state, from, message, context) => onPeerInquiry(rules, state, from, message, context),
      Hearsay: (state, _from, { txn, commit }, context) => onHearsay(rules, state, txn, commit, context),
      Noted: (state, _from, { txn }, context) => onNoted(state, txn, context),
    },
    onTimer: {
      ...workTimers(rules),
      inquiry: (state, txn, context) => onInquiryTimer(rules, state, txn as TxnId, context),
    },
    onAdmin: {
      heuristic: (state, { commit }, context) => onHeuristic(rules, state, commit, context),
    },
    view: ({ resource }): NodeView => {
      const inDoubt = resource.locals.filter(({ phase }) => phase === 'prepared').length;
      return {
        role: 'participant',
        label: inDoubt === 0 ? 'P' : `P ${inDoubt} doubt`,
        panels: participantPanels(resource),
      };
    },
  });
}

// ---- Phase 1 ---------------------------------------------------------------------------------------------------------------------

/**
 * BHG 7.4. What is not known here, or was aborted, is refused: the work of it is gone. A yes is repeated as long as it is in doubt, and not
 * taken back when an operator has decided: whom the coordinator takes for one that has voted no it does not wait for.
 */
function onPrepare(
  rules: Rules,
  state: State,
  coordinator: NodeId,
  { txn, incarnation, session, participants, sessions }: Prepare,
  context: ParticipantContext,
): void {
  const { resource } = state;
  if (!hearIncarnation(rules, resource, coordinator, incarnation, context)) return;
  const local = localOf(resource, txn);
  if (local?.phase === 'prepared') {
    context.send(coordinator, { type: 'Vote', txn, vote: 'yes' });
  } else if (local === undefined || session !== resource.incarnation || !canCommit(resource, local)) {
    const finished = entryOf(resource.finished, txn);
    if (finished?.outcome === 'commit' || finished?.heuristic) return;
    const reader = finished?.outcome === 'read';
    const overdrawn = local !== undefined && local.phase === 'executed' && isOverdrawn(resource, local);
    if (local !== undefined) abortLocal(resource, txn, context);
    const vote = { type: 'Vote', txn, vote: reader ? 'read' : 'no' } as const;
    rules.sendVote(coordinator, overdrawn ? { overdrawn, ...vote } : vote, context);
  } else if (local.writes.length === 0 && context.options.readOnlyVotes) {
    leaveAsReader(resource, local, context);
    rules.sendVote(coordinator, { type: 'Vote', txn, vote: 'read' }, context);
  } else {
    prepareLocal(rules, resource, local, participants, context, sessions);
    context.setTimer('inquiry', context.options.inquiryInterval, txn);
    rules.sendVote(coordinator, { type: 'Vote', txn, vote: 'yes' }, context);
  }
  runAll(rules, resource, context);
}

// ---- Phase 2 ---------------------------------------------------------------------------------------------------------------------

function onDecision(
  rules: Rules,
  state: State,
  coordinator: NodeId,
  { txn, incarnation, commit }: Decision,
  context: ParticipantContext,
): void {
  const { resource } = state;
  hearIncarnation(rules, resource, coordinator, incarnation, context);
  const finished = entryOf(resource.finished, txn);
  const acknowledges = rules.wantsAck(context.options.presumption, commit);
  if (finished?.heuristic) {
    onOutcome(rules, state, coordinator, txn, commit, acknowledges, context);
  } else if (rules.isRepetition(finished !== undefined)) {
    // A late answer by presumption may say otherwise: what is decided is decided.
    if (acknowledges && (finished?.outcome === 'commit') === commit) {
      if (finished?.recorded === false) carryOut(rules, state, txn, false, context);
      context.send(coordinator, { type: 'Ack', txn });
    }
  } else {
    const local = localOf(resource, txn);
    // Nobody who knows nothing of it, or has not voted, has to commit: the coordinator has counted a vote that was never given.
    if (commit && finished === undefined && local?.phase !== 'prepared') context.note('commitWithoutVote', { txn });
    else carryOut(rules, state, txn, commit, context);
    if (acknowledges) context.send(coordinator, { type: 'Ack', txn });
  }
  runAll(rules, resource, context);
}

/** The record first; what is acknowledged is forced. */
function carryOut(rules: Rules, state: State, txn: TxnId, commit: boolean, context: ParticipantContext): void {
  context.cancelTimer('inquiry', txn);
  if (state.inquiries.length > 0) state.inquiries = state.inquiries.filter((inquired) => inquired.txn !== txn);
  context.disk.append('wal', { type: commit ? 'commit' : 'abort', txn });
  if (rules.participantForces(context.options.presumption, commit)) context.disk.sync();
  context.note(commit ? 'committed' : 'aborted', { txn });
  if (commit) commitLocal(state.resource, txn, context);
  else abortRecorded(state.resource, txn, context);
}

// ---- In doubt --------------------------------------------------------------------------------------------------------------------

const DOUBLINGS_MAX = 3;

function onInquiryTimer(rules: Rules, state: State, txn: TxnId, context: ParticipantContext): void {
  const local = localOf(state.resource, txn);
  if (local === undefined && hazardOf(state, txn) !== undefined) inquireByHand(state, txn, context);
  if (local?.phase !== 'prepared') return;
  const verdict = rules.whenInDoubt();
  if (verdict === 'ask') inquire(state, local, context);
  else carryOut(rules, state, txn, verdict === 'commit', context);
  runAll(rules, state.resource, context);
}

/** BHG 7.4: the coordinator, and where that is agreed the other participants. */
function inquire(state: State, local: Local, context: ParticipantContext): void {
  const { txn } = local.age;
  context.note('inquiring', { txn });
  context.send(local.coordinator, { type: 'Inquiry', txn });
  if (context.options.cooperative) {
    local.participants.forEach((peer, i) => {
      if (peer !== context.self) context.send(peer, { type: 'Inquiry', txn, session: local.sessions[i] ?? 0 });
    });
  }
  setInquiryTimer(state, txn, context);
}

function setInquiryTimer(state: State, txn: TxnId, context: ParticipantContext): void {
  const { inquiryInterval } = context.options;
  const times = timesInquired(state, txn);
  context.setTimer('inquiry', inquiryInterval * (1 << Math.min(times, DOUBLINGS_MAX)), txn);
}

/** How often before; and counts once more. */
function timesInquired({ inquiries }: State, txn: TxnId): number {
  const known = inquiries.find((one) => one.txn === txn);
  if (known === undefined) inquiries.push({ txn, times: 1 });
  return known === undefined ? 0 : known.times++;
}

function onPeerInquiry(
  rules: Rules,
  state: State,
  from: NodeId,
  { txn, session = 0 }: Inquiry,
  context: ParticipantContext,
): void {
  const { resource } = state;
  const knows = rules.knowsWhetherItVoted(session, resource.incarnation);
  const finished = entryOf(resource.finished, txn);
  if (finished !== undefined) {
    if (finished.outcome === 'read' || finished.heuristic) return;
    if (finished.outcome === 'abort' && !finished.recorded && !knows) return;
    // An abort that is only in memory would be forgotten by a crash, and the request to prepare could come after it.
    if (finished.outcome === 'abort') {
      if (!finished.recorded) carryOut(rules, state, txn, false, context);
      context.disk.sync();
    }
    context.send(from, { type: 'Hearsay', txn, commit: finished.outcome === 'commit' });
    return;
  }
  const verdict = rules.answerToPeer(localOf(resource, txn)?.phase);
  if (verdict === 'abort and say so' && !knows) return;
  if (verdict === 'nothing') return;
  if (verdict === 'abort and say so') {
    carryOut(rules, state, txn, false, context);
    context.disk.sync();
  }
  context.send(from, { type: 'Hearsay', txn, commit: false });
  runAll(rules, resource, context);
}

/** What another participant knows to be decided, is. The coordinator is not told: it will ask. */
function onHearsay(rules: Rules, state: State, txn: TxnId, commit: boolean, context: ParticipantContext): void {
  if (localOf(state.resource, txn)?.phase !== 'prepared') return;
  context.note('toldByPeer', { txn, commit });
  carryOut(rules, state, txn, commit, context);
  runAll(rules, state.resource, context);
}

// ---- Heuristic decisions ---------------------------------------------------------------------------------------------------------

/** R* 5: an operator may cut the knot. It is recorded as what it is, and nobody forgets it before it is known to be right or told to be wrong. */
function onHeuristic(rules: Rules, state: State, commit: boolean, context: ParticipantContext): void {
  const { resource } = state;
  const doubtful = resource.locals.filter(({ phase }) => phase === 'prepared');
  for (const { age } of doubtful) {
    const { txn } = age;
    context.disk.append('wal', { type: commit ? 'commit' : 'abort', txn, heuristic: true });
    context.note('heuristicDecision', { txn, commit });
  }
  if (doubtful.length > 0) context.disk.sync();
  for (const { age, origin } of doubtful) {
    const { txn } = age;
    resource.hazards.push({ txn, origin });
    if (commit) commitLocal(resource, txn, context, true);
    else abortRecorded(resource, txn, context, true);
  }
  runAll(rules, resource, context);
}

const hazardOf = ({ resource }: State, txn: TxnId): Hazard | undefined =>
  resource.hazards.find((hazard) => hazard.txn === txn);

/** Whether it was right is known at the coordinator alone: what other participants say may be by hand too. */
function inquireByHand(state: State, txn: TxnId, context: ParticipantContext): void {
  context.send(coordinatorOf(txn), { type: 'Inquiry', txn });
  setInquiryTimer(state, txn, context);
}

/** The outcome of what an operator has decided. Damage is told, and told again with each answer, until the coordinator has it on disk. */
function onOutcome(
  rules: Rules,
  state: State,
  coordinator: NodeId,
  txn: TxnId,
  commit: boolean,
  acknowledges: boolean,
  context: ParticipantContext,
): void {
  const hazard = hazardOf(state, txn);
  const byHand = entryOf(state.resource.finished, txn)?.outcome === 'commit';
  const damage = hazard !== undefined && rules.isDamage(commit, byHand);
  if (damage) {
    context.note('heuristicWrong', { txn });
    context.send(coordinator, { type: 'Ack', txn, damage: hazard.origin });
    return;
  }
  if (hazard !== undefined) {
    context.note('heuristicRight', { txn });
    settleByHand(state, txn, commit, context);
  }
  // A late answer by presumption may say otherwise.
  if (acknowledges && state.resource.settled[txn] === commit) context.send(coordinator, { type: 'Ack', txn });
}

function onNoted(state: State, txn: TxnId, context: ParticipantContext): void {
  if (hazardOf(state, txn) !== undefined)
    settleByHand(state, txn, entryOf(state.resource.finished, txn)?.outcome !== 'commit', context);
}

/** Forced: once the coordinator has been told it may forget, and whoever asked again would be answered by the presumption. */
function settleByHand(state: State, txn: TxnId, commit: boolean, context: ParticipantContext): void {
  const record = { type: 'settled', txn, commit } as const;
  context.disk.append('wal', record);
  context.disk.sync();
  context.cancelTimer('inquiry', txn);
  if (state.inquiries.length > 0) state.inquiries = state.inquiries.filter((inquired) => inquired.txn !== txn);
  settle(state.resource, record);
}

// ---- Recovery --------------------------------------------------------------------------------------------------------------------

function boot(rules: Rules, context: ParticipantContext): State {
  const resource = recover(rules, context);
  const state: State = { role: 'participant', resource, inquiries: [] };
  for (const local of resource.locals) {
    context.note('inDoubtAtRecovery', { txn: local.age.txn });
    inquire(state, local, context);
  }
  for (const { txn } of resource.hazards) inquireByHand(state, txn, context);
  return state;
}
