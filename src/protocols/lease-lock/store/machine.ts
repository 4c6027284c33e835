/** The store as a replicated state machine. Whoever owns the first node holds the lock; its revision is the token. */
import type { NodeId } from '../../../sim/protocol.ts';
import { mix } from '../../raft/raft.ts';
import { isGuardedByDelay } from '../guard.ts';
import type { Command, Effects, Lease, LeaseMachine } from '../replicated/machine.ts';
import type { Rules } from '../rules.ts';
import type {
  Create,
  FromStore,
  SessionRequest,
  StoreNode,
  StoreSession,
  StoreState,
  ToStore,
  Watcher,
} from './shape.ts';

type StoreEffects = Effects<FromStore>;

export const storeMachine = (rules: Rules): LeaseMachine<StoreState, ToStore, FromStore> => ({
  questions: ['OpenSession', 'KeepAlive', 'CloseSession', 'Create', 'Delete', 'List', 'Watch'],
  start: (options) => {
    const delays = isGuardedByDelay(options) && rules.delaysAfterLoss();
    return { ...(delays ? { hasDelays: true } : {}), sessions: [], nodes: [], over: {} };
  },
  apply: (state, command, index, effects) => apply(rules, state, command, index, effects),
  leases: ({ sessions, nodes: [first] }) => {
    const leases: Lease[] = sessions.map(({ id, attempt }) => ({ id, attempt }));
    // No session has such a number.
    if (first?.isLost) leases.push({ id: -first.revision, attempt: 0, isDelay: true });
    return leases;
  },
  clientOf: (state, lease) => sessionOf(state, lease)?.client,
  digest: ({ sessions, nodes, over }) => {
    let digest = 0;
    for (const { id, attempt, number } of sessions) digest = mix(mix(digest, id), mix(attempt, number));
    for (const { revision, since, watchers, isLost } of nodes) {
      digest = mix(mix(digest, revision), mix(since, watchers.length));
      if (isLost) digest = mix(digest, revision);
    }
    for (const client in over) digest = mix(digest, over[client] as number);
    return digest;
  },
  extendedBy: (state, _client, { type, session }) =>
    (type === 'KeepAlive' || type === 'OpenSession') && sessionOf(state, session) !== undefined ? session : undefined,
  answerExtended(state, client, message, effects) {
    if (message.type !== 'KeepAlive' && message.type !== 'OpenSession') return;
    const { session, attempt } = message;
    const lives = sessionOf(state, session) !== undefined;
    effects.tell(client, lives ? { type: 'KeptAlive', session, attempt } : { type: 'SessionGone', session });
  },
  noteRestored({ nodes }, effects) {
    const [first] = nodes;
    if (first !== undefined && !first.isLost) effects.note('restored', noted(first));
  },
  view: ({ nodes }) => {
    const [first] = nodes;
    if (first === undefined) return { role: 'free', label: 'free' };
    if (first.isLost)
      return { role: 'delayed', epoch: first.revision, label: `lost by ${first.client} #${first.revision}` };
    return { role: 'locked', epoch: first.revision, label: `${first.client} #${first.revision}` };
  },
});

const noted = ({ client, id, revision, since }: StoreNode): { [name: string]: string | number } => ({
  client,
  id,
  token: revision,
  since,
});

const sessionOf = ({ sessions }: StoreState, session: number): StoreSession | undefined =>
  sessions.find(({ id }) => id === session);

function apply(rules: Rules, state: StoreState, command: Command<ToStore>, index: number, effects: StoreEffects): void {
  if (command.type === 'expire') {
    if (command.id < 0) endDelay(state, -command.id, index, effects);
    const session = sessionOf(state, command.id);
    // Proposed when nothing had come since that attempt: what has come meanwhile keeps the session alive.
    if (session === undefined || !rules.mayExpire(session.attempt, command.attempt)) return;
    endSession(rules, state, session, 'expiry', index, effects);
    return;
  }
  const { client, message } = command;
  switch (message.type) {
    case 'OpenSession':
      open(state, client, message.session);
      extend(state, client, message.session, message.attempt, effects);
      return;
    case 'KeepAlive':
      extend(state, client, message.session, message.attempt, effects);
      return;
    case 'CloseSession':
      close(rules, state, client, message.session, index, effects);
      return;
    default:
      request(state, client, message, index, effects);
  }
}

// ---- Sessions --------------------------------------------------------------------------------------------------------------------

const isOver = ({ over }: StoreState, client: NodeId, session: number): boolean => session <= (over[client] ?? 0);

/** One that is over is not opened again, however late the request comes. */
function open(state: StoreState, client: NodeId, id: number): void {
  if (sessionOf(state, id) !== undefined || isOver(state, client, id)) return;
  state.sessions.push({ id, client, attempt: 0, number: 0 });
}

function extend(state: StoreState, client: NodeId, id: number, attempt: number, effects: StoreEffects): void {
  const session = sessionOf(state, id);
  if (session === undefined) {
    // Where what keeps it alive has overtaken what opens it, that is still to come.
    if (isOver(state, client, id)) effects.tell(client, { type: 'SessionGone', session: id });
    return;
  }
  session.attempt = Math.max(session.attempt, attempt);
  effects.tell(client, { type: 'KeptAlive', session: id, attempt });
}

function close(
  rules: Rules,
  state: StoreState,
  client: NodeId,
  id: number,
  index: number,
  effects: StoreEffects,
): void {
  const session = sessionOf(state, id);
  state.over[client] = Math.max(state.over[client] ?? 0, id);
  if (session !== undefined) endSession(rules, state, session, 'release', index, effects);
  effects.tell(client, { type: 'SessionGone', session: id });
}

function endSession(
  rules: Rules,
  state: StoreState,
  { id, client }: StoreSession,
  why: 'release' | 'expiry',
  index: number,
  effects: StoreEffects,
): void {
  state.sessions = state.sessions.filter((session) => session.id !== id);
  state.over[client] = Math.max(state.over[client] ?? 0, id);
  // Its nodes go all at once, as in ZooKeeper. The first of the queue is taken last, or the lock would fall to the next of the same session.
  for (const node of state.nodes.filter(({ session }) => session === id).reverse()) {
    const isLoss = why === 'expiry' || rules.delaysAfterClose();
    if (state.hasDelays && isLoss && node === state.nodes[0]) keepLost(node, why, effects);
    else remove(state, node, why, index, effects);
  }
}

// ---- What a session asks ---------------------------------------------------------------------------------------------------------

function request(
  state: StoreState,
  client: NodeId,
  message: SessionRequest,
  index: number,
  effects: StoreEffects,
): void {
  const session = sessionOf(state, message.session);
  if (session === undefined) {
    effects.tell(client, { type: 'SessionGone', session: message.session });
    return;
  }
  if (message.number < session.number) return;
  // A copy of the last one is answered again, and nothing happens twice.
  const isCopy = message.number === session.number;
  session.number = message.number;
  switch (message.type) {
    case 'Create':
      create(state, session, message, isCopy, index, effects);
      return;
    case 'Delete':
      deleteNode(state, session, message.revision, index, effects);
      effects.tell(client, { type: 'Deleted', session: session.id, number: message.number });
      return;
    case 'List':
      effects.tell(client, { type: 'Listed', session: session.id, number: message.number, nodes: listed(state) });
      return;
    case 'Watch':
      watch(state, session, message.revision, message.number, effects);
  }
}

/** etcd's recipe makes its key in a transaction, unless it is there (`once`); a sequential node of ZooKeeper is always a new one. */
function create(
  state: StoreState,
  session: StoreSession,
  { id, number, once }: Create,
  isCopy: boolean,
  index: number,
  effects: StoreEffects,
): void {
  const { client } = session;
  const made = state.nodes.find((node) => node.session === session.id && node.number === number);
  const there = once ? state.nodes.find((node) => node.session === session.id && node.id === id) : made;
  if (isCopy && there === undefined) return;
  const node = there ?? { revision: index, session: session.id, client, id, number, since: 0, watchers: [] };
  if (there === undefined) {
    state.nodes.push(node);
    effects.note('queued', { client, id });
    grantFirst(state, index, effects);
  }
  const before = state.nodes[state.nodes.indexOf(node) - 1]?.revision ?? 0;
  effects.tell(client, { type: 'Created', session: session.id, number, revision: node.revision, before });
}

function deleteNode(
  state: StoreState,
  session: StoreSession,
  revision: number,
  index: number,
  effects: StoreEffects,
): void {
  const node = state.nodes.find((one) => one.revision === revision && one.session === session.id);
  if (node !== undefined) remove(state, node, 'release', index, effects);
}

const listed = ({ nodes }: StoreState): { revision: number; session: number; id: number }[] =>
  nodes.map(({ revision, session, id }) => ({ revision, session, id }));

function watch(
  state: StoreState,
  { id, client }: StoreSession,
  revision: number,
  number: number,
  effects: StoreEffects,
): void {
  const node = state.nodes.find((one) => one.revision === revision);
  if (node === undefined) {
    effects.tell(client, { type: 'Gone', session: id, revision });
    return;
  }
  if (!node.watchers.some(({ session }) => session === id)) node.watchers.push({ session: id, client });
  effects.tell(client, { type: 'Watching', session: id, number });
}

// ---- Nodes -----------------------------------------------------------------------------------------------------------------------

function remove(
  state: StoreState,
  node: StoreNode,
  why: 'release' | 'expiry',
  index: number,
  effects: StoreEffects,
): void {
  const isFirst = state.nodes[0] === node;
  state.nodes.splice(state.nodes.indexOf(node), 1);
  const { client, id, revision, watchers } = node;
  if (isFirst) effects.note('freed', { client, id, why, named: id });
  else effects.note('leftQueue', { client, id, why: why === 'release' ? why : 'silence' });
  if (why === 'release') effects.note('over', { client, id });
  wake(revision, watchers, effects);
  grantFirst(state, index, effects);
}

/**
 * Burrows 2006, section 2.4: the lock is not free yet. Also where the client has closed its session: who has done its work, and has had
 * that acknowledged, deletes its node instead.
 */
function keepLost(node: StoreNode, why: 'release' | 'expiry', effects: StoreEffects): void {
  node.isLost = true;
  const { client, id } = node;
  effects.note('freed', { client, id, why, named: id });
  if (why === 'release') effects.note('over', { client, id });
}

/** Nobody is told more than that the node is gone. */
function endDelay(state: StoreState, revision: number, index: number, effects: StoreEffects): void {
  const [first] = state.nodes;
  if (first === undefined || !first.isLost || first.revision !== revision) return;
  state.nodes.shift();
  wake(revision, first.watchers, effects);
  grantFirst(state, index, effects);
}

/** Also those whose session is over: they watch over their connection, and do not know yet. */
function wake(revision: number, watchers: readonly Watcher[], effects: StoreEffects): void {
  if (watchers.length > 0) effects.note('woken', { revision, count: watchers.length });
  for (const { session, client } of watchers) effects.tell(client, { type: 'Gone', session, revision });
}

/** Nobody decides it: it is so as soon as the node is the first. */
function grantFirst({ nodes }: StoreState, index: number, effects: StoreEffects): void {
  const [first, second] = nodes;
  if (first === undefined || first.since !== 0) return;
  first.since = index;
  effects.note('granted', { asked: first.revision, waiting: second?.revision ?? 0, ...noted(first) });
}
