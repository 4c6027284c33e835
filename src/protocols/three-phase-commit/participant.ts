/** A resource manager that votes, and then is a member of the group that decides. */
import { defineRole, type NodeId, type Role } from '../../sim/protocol.ts';
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
  type ParticipantRecord,
  prepareLocal,
  recover,
  runAll,
} from '../atomic-commit/resource.ts';
import { coordinatorOf, type TxnId } from '../atomic-commit/transactions.ts';
import { participantPanels } from '../atomic-commit/view.ts';
import { workMessages, workTimers } from '../atomic-commit/work.ts';
import { memberMessages, memberTimers } from './handlers.ts';
import { doubtLater, type Kit, newMember } from './member.ts';
import { recoverMember } from './recovery.ts';
import type { Rules } from './rules.ts';
import type { ParticipantContext, ParticipantShape, ParticipantState, Prepare } from './shape.ts';

type State = ParticipantState;

export function createParticipant(rules: Rules): Role<ParticipantShape> {
  const kit: Kit<State, ParticipantContext> = {
    rules,
    outcomeOf,
    carryOut: (state, txn, commit, context) => carryOut(rules, state, txn, commit, context),
  };
  return defineRole<ParticipantShape>({
    boot: (context) => boot(rules, context),
    onMessage: {
      ...workMessages(rules),
      Prepare: (state, from, message, context) => onPrepare(rules, state, from, message, context),
      ...memberMessages(kit),
    },
    onTimer: {
      ...workTimers(rules),
      ...memberTimers(kit),
    },
    view: ({ resource, members }) => ({
      role: 'participant',
      label: `P ${members.map(({ state }) => state).join('')}`,
      panels: participantPanels(resource),
    }),
  });
}

/** BHG 7.5: yes is w, and on disk before it leaves. A repeated request is answered alike; what is not known here is refused. */
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
    context.send(coordinator, { type: 'Vote', txn, vote: 'yes' });
  } else if (local === undefined || session !== resource.incarnation || !canCommit(resource, local)) {
    if (entryOf(resource.finished, txn)?.outcome === 'commit') return;
    const overdrawn = local !== undefined && local.phase === 'executed' && isOverdrawn(resource, local);
    if (local !== undefined) abortLocal(resource, txn, context);
    const vote = { type: 'Vote', txn, vote: 'no' } as const;
    context.send(coordinator, overdrawn ? { overdrawn, ...vote } : vote);
  } else {
    prepareLocal(rules, resource, local, group.slice(1), context);
    const member = newMember(txn, group, 'w');
    state.members.push(member);
    doubtLater(member, 2, context);
    context.disk.sync();
    context.send(coordinator, { type: 'Vote', txn, vote: 'yes' });
  }
  runAll(rules, resource, context);
}

function outcomeOf({ resource }: State, txn: TxnId): boolean | undefined {
  const finished = entryOf(resource.finished, txn);
  return finished === undefined || !finished.recorded ? undefined : finished.outcome === 'commit';
}

function carryOut(rules: Rules, { resource }: State, txn: TxnId, commit: boolean, context: ParticipantContext): void {
  context.disk.append('wal', { type: commit ? 'commit' : 'abort', txn });
  context.disk.sync();
  context.note(commit ? 'committed' : 'aborted', { txn });
  if (commit) commitLocal(resource, txn, context);
  else abortRecorded(resource, txn, context);
  runAll(rules, resource, context);
}

/** BHG 7.5: who has crashed in w or p asks, and never decides alone. */
function boot(rules: Rules, context: ParticipantContext): State {
  const resource = recover(rules, context);
  let members: State['members'] = [];
  for (const record of readWal(context)) {
    if (record.type === 'prepared') {
      const { age, participants } = record as Extract<ParticipantRecord, { type: 'prepared' }>;
      const group = [coordinatorOf(age.txn), ...participants];
      members.push({ ...newMember(age.txn, group, 'w'), recovered: true });
    } else {
      members = recoverMember(members, record);
    }
  }
  for (const member of members) {
    context.note('inDoubtAtRecovery', { txn: member.txn });
    doubtLater(member, 1, context);
  }
  return { role: 'participant', resource, members, outbox: [] };
}
