/** The process that a client asks: it sees to the work, has the participants vote, and is the first acceptor of its own transactions. */
import { defineRole, type NodeView, type Role } from '../../sim/protocol.ts';
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
  workOn,
} from '../atomic-commit/manager.ts';
import { coordinatorOf, type Executed, incarnationOf, type TxnId } from '../atomic-commit/transactions.ts';
import { newAcceptor, remember } from './acceptor.ts';
import { acceptorMessages, acceptorTimers, type Kit, lead, listen } from './leader.ts';
import type { Rules } from './rules.ts';
import type { AcceptorRecord, CoordinatorContext, CoordinatorShape, CoordinatorState, Requested } from './shape.ts';
import { ballotsPanel } from './view.ts';

type State = CoordinatorState;
type CoordinatorKit = Kit<State, CoordinatorContext>;

export function createCoordinator(rules: Rules): Role<CoordinatorShape> {
  const kit: CoordinatorKit = { rules, requestOf, decided, insists, isOver };
  const { Vote: onVote, ...acceptors } = acceptorMessages(kit);
  return defineRole<CoordinatorShape>({
    boot: (context) => boot(kit, context),
    onMessage: {
      Begin: (state, from, message, context) =>
        onBegin(rules, state.manager, from, message, context, standby(context).length > 0),
      Executed: (state, from, message, context) => onWorkDone(state, from, message, context),
      Refused: ({ manager }, from, { txn, killer }, context) => onRefused(manager, from, txn, killer, context),
      Released: ({ manager }, _from, { txn }, context) => onReleased(manager, txn, context),
      Vote(state, from, message, context) {
        const work = message.overdrawn ? workOn(state.manager, message.txn) : undefined;
        if (work !== undefined) work.overdrawn = true;
        onVote(state, from, message, context);
      },
      ...acceptors,
    },
    onTimer: {
      work: ({ manager }, root, context) => onWorkTimer(manager, root as TxnId, context),
      restart: ({ manager }, key, context) => onRestartTimer(rules, manager, key as string, context),
      ...acceptorTimers(kit),
    },
    view,
  });
}

const standby = (context: CoordinatorContext): readonly string[] => context.directory.withRole('acceptor');

function acceptorsNow({ acceptor: { silent } }: State, context: CoordinatorContext): readonly string[] {
  const all = standby(context);
  if (silent.length === 0) return [context.self, ...all];
  return [context.self, ...all.filter((node) => !silent.includes(node)), ...silent];
}

function onWorkDone(state: State, from: string, message: Executed, context: CoordinatorContext): void {
  const work = onExecuted(state.manager, from, message, context);
  if (work === undefined || !allExecuted(work)) return;
  handOver(work, context);
  const { participants, sessions } = work;
  const { txn } = work.age;
  const group = { participants: [...participants], acceptors: acceptorsNow(state, context) };
  context.note('voting', { txn });
  const { incarnation } = state.manager;
  participants.forEach((node, i) => {
    context.send(node, { type: 'Prepare', txn, incarnation, session: sessions[i] as number, group });
  });
  listen(state.acceptor, txn, group, context);
}

// ---- As an acceptor --------------------------------------------------------------------------------------------------------------

function requestOf({ manager }: State, txn: TxnId): Requested {
  const work = workOn(manager, txn);
  return work === undefined ? {} : { origin: work.origin, values: work.values };
}

function decided({ manager }: State, txn: TxnId, commit: boolean, context: CoordinatorContext): void {
  const work = workOn(manager, txn);
  if (work !== undefined) answer(manager, work, commit, context);
}

/** A client waits. */
const insists = ({ manager }: State, txn: TxnId): boolean => workOn(manager, txn) !== undefined;

/**
 * A vote of before a restart is too late unless the disk tells whose request it is about: that of any other may have been put anew. With no
 * other acceptor nobody else can have accepted it. What was heard since, as a question of a participant in doubt, is no trace of it.
 */
const isOver = ({ manager }: State, txn: TxnId, context: CoordinatorContext): boolean =>
  coordinatorOf(txn) === context.self &&
  incarnationOf(txn) !== manager.incarnation &&
  workOn(manager, txn) === undefined;

// ---- Recovery --------------------------------------------------------------------------------------------------------------------

/** What it had accepted and knows no outcome of it leads: its client's question stays open until it is decided. */
function boot(kit: CoordinatorKit, context: CoordinatorContext): State {
  const { incarnation, records } = beginLife(context);
  const state: State = { role: 'coordinator', manager: newManager(incarnation), acceptor: newAcceptor() };
  for (const record of records) rememberRequest(state, record);
  for (const { age } of [...state.manager.open]) {
    const one = state.acceptor.consensus[age.txn];
    if (one !== undefined) lead(kit, state, age.txn, one.group, context);
  }
  return state;
}

function rememberRequest({ manager, acceptor }: State, record: AcceptorRecord): void {
  remember(acceptor, record);
  const { txn, origin, values = [] } = record;
  if (record.type === 'promised' || record.type === 'accepted') {
    if (origin === undefined || workOn(manager, txn) !== undefined) return;
    manager.open.push({ ...reopened(txn, origin), values: [...values], participants: [...record.group.participants] });
    return;
  }
  manager.open = manager.open.filter(({ age }) => age.txn !== txn);
  if (record.type !== 'commit' || origin === undefined) return;
  keepAnswer(manager, origin, { sequence: origin.sequence, committed: true, overdrawn: false, values });
}

// ---- View ------------------------------------------------------------------------------------------------------------------------

function view({ manager, acceptor }: State): NodeView {
  return {
    role: 'coordinator',
    epoch: manager.incarnation,
    label: `C i${manager.incarnation} ${acceptor.leading.length}`,
    panels: [ballotsPanel(acceptor)],
  };
}
