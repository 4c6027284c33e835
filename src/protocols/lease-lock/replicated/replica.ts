/**
 * A replica: hosts a Raft server, executes what it has put in order, and, while it leads, answers clients and counts their leases. Leases
 * end through the log: only the leader looks at a clock, and what it sees is a command like any other (as etcd revokes leases).
 *
 * How long a lease has left is in the memory of the leader; a new one lets all leases begin anew. With `volatileLeases` a message that only
 * extends a lease is no command either: the leader notes it, and answers once a quorum has confirmed that it still led.
 */
import type { Json } from '../../../sim/plain.ts';
import {
  type Answer,
  type AnyRole,
  type Context,
  defineRole,
  type Micros,
  type NodeId,
  type Panel,
  type Role,
  type Tagged,
} from '../../../sim/protocol.ts';
import { type Confirm, createRaftServer, type Follow, type Followed, type Propose } from '../../raft/raft.ts';
import { lockDelayOf } from '../guard.ts';
import type { Rules } from '../rules.ts';
import type { GuardOptions, NewEpoch, NotLeader, NotYet } from '../shape.ts';
import { commands } from './commands.ts';
import type { Command, Effects, Lease, LeaseMachine } from './machine.ts';
import { type ReplicatedOptions, raftOptionsOf } from './options.ts';

/** A lease as its leader counts it. */
interface CountedLease extends Lease {
  /** On this server's monotonic clock. */
  until: Micros;
  /** Its end has been proposed. */
  isEnding: boolean;
}

export interface ReplicaState<State extends object> {
  readonly machine: State;
  /** Commands executed so far: index of the last one in the log. */
  applied: number;
  /** The term it leads; 0 for none. */
  leading: number;
  leases: CountedLease[];
  /** Leases of earlier terms whose clients have not been heard of in this one; none where masters have no epochs. */
  unheard: readonly number[];
}

interface ReplicaShape<State extends object, Ask extends Tagged, Told extends Tagged> {
  readonly state: ReplicaState<State>;
  readonly message: Ask;
  readonly sends: Told | NotLeader<Ask> | NewEpoch<Ask> | NotYet;
  readonly timer: 'expiry';
  readonly options: ReplicatedOptions & GuardOptions;
  readonly components: 'raft';
}

type AnyContext = Context<ReplicaShape<object, Tagged, Tagged>>;
type AnyMachine = LeaseMachine<object, Tagged, Tagged>;

/** What a replica is made of. */
interface Replica {
  readonly rules: Rules;
  readonly machine: AnyMachine;
  readonly hasEpochs: boolean;
}

/** Whose message a request to Raft comes from. */
interface Memo {
  readonly client: NodeId;
  readonly message: Tagged;
}

/** @param hasEpochs whether a new leader insists that clients know it, and hears of all sessions before it does anything else. */
export function createReplica<State extends object, Ask extends Tagged, Told extends Tagged>(
  rules: Rules,
  leaseMachine: LeaseMachine<State, Ask, Told>,
  hasEpochs = false,
): AnyRole {
  const machine = leaseMachine as unknown as AnyMachine;
  const replica: Replica = { rules, machine, hasEpochs };
  const onAsk = (state: ReplicaState<object>, from: NodeId, message: Tagged, context: AnyContext): void =>
    ask(replica, state, from, message, context);
  const role: Role<ReplicaShape<object, Tagged, Tagged>> = defineRole<ReplicaShape<object, Tagged, Tagged>>({
    components: { raft: { as: 'server', role: createRaftServer(commands) as AnyRole, options: raftOptionsOf } },
    boot: (context) => boot(machine, context),
    onMessage: Object.fromEntries(machine.questions.map((type) => [type, onAsk])),
    onTimer: { expiry: (state, _key, context) => onExpiryTimer(replica, state, context) },
    onReply: { raft: (state, answer, context) => onReply(replica, state, answer, context) },
    view: (state) => {
      const { role: name, label, ...rest } = machine.view(state.machine);
      const leads = state.leading === 0 ? '' : `leads t${state.leading}: `;
      const panels = leasePanels(machine, state);
      return { ...rest, role: state.leading === 0 ? 'replica' : name, label: `${leads}${label}`, panels };
    },
  });
  return role as AnyRole;
}

/** Those that it counts: only a leader does. */
const leasePanels = (machine: AnyMachine, state: ReplicaState<object>): readonly Panel[] =>
  state.leases.flatMap(({ id, until }) => {
    const holder = machine.clientOf(state.machine, id);
    return holder === undefined ? [] : [{ kind: 'lease', title: `${holder} lease ${id}`, holder, until, clock: 'now' }];
  });

/** The machine is made anew from the log, which is on disk. */
function boot(machine: AnyMachine, context: AnyContext): ReplicaState<object> {
  const state = { machine: machine.start(context.options), applied: 0, leading: 0, leases: [], unheard: [] };
  follow(state, context);
  return state;
}

function follow({ applied, leading }: ReplicaState<object>, context: AnyContext): void {
  const question: Follow = { type: 'follow', after: applied, leading };
  context.ask('raft', question);
}

function onReply(replica: Replica, state: ReplicaState<object>, answer: Answer, context: AnyContext): void {
  switch (answer.op.type) {
    case 'follow':
      onFollowed(replica, state, answer.result as unknown as Followed, context);
      return;
    case 'confirm':
      if (answer.outcome === 'ok') onConfirmed(replica, state, answer.memo as unknown as Memo, context);
      return;
    default:
      // What becomes of a proposal is seen when it is executed.
      return;
  }
}

// ---- What clients ask ------------------------------------------------------------------------------------------------------------

function ask(replica: Replica, state: ReplicaState<object>, from: NodeId, message: Tagged, context: AnyContext): void {
  if (state.leading === 0) {
    context.send(from, { type: 'NotLeader', message });
    return;
  }
  if (replica.hasEpochs && !isWelcome(replica, state, from, message, context)) return;
  const counted = context.options.volatileLeases ? extendedBy(replica, state, from, message) : undefined;
  if (counted !== undefined) {
    extend(counted, state, context);
    const question: Confirm = { type: 'confirm' };
    context.ask('raft', question, { client: from, message } as unknown as Json);
    return;
  }
  // Those who are gone by now must not be served by what follows.
  expireOverdue(replica, state, context);
  propose({ type: 'asked', client: from, message }, context);
}

/**
 * Burrows 2006, section 2.9: a new master "picks a new client epoch number, which clients are required to present on every call", lets
 * clients keep their sessions alive "but no other session-related operations", and goes on when each session has answered or expired.
 */
function isWelcome(
  { rules, machine }: Replica,
  state: ReplicaState<object>,
  from: NodeId,
  message: Tagged,
  context: AnyContext,
): boolean {
  const { epoch = 0 } = message as { readonly epoch?: number };
  if (!rules.acceptsEpoch(epoch, state.leading)) {
    context.send(from, { type: 'NewEpoch', epoch: state.leading, message });
    return false;
  }
  const heard = machine.extendedBy(state.machine, from, message);
  if (heard !== undefined) state.unheard = state.unheard.filter((id) => id !== heard);
  if (heard !== undefined || state.unheard.length === 0) return true;
  context.send(from, { type: 'NotYet' });
  return false;
}

function propose(command: Command<Tagged>, context: AnyContext): void {
  const proposal: Propose = { type: 'propose', command };
  context.ask('raft', proposal);
}

/** Where its end has been proposed it must not be extended any more: what is asked then comes behind that in the log. */
function extendedBy(
  { machine }: Replica,
  state: ReplicaState<object>,
  from: NodeId,
  message: Tagged,
): CountedLease | undefined {
  const id = machine.extendedBy(state.machine, from, message);
  return id === undefined ? undefined : state.leases.find((lease) => lease.id === id && !lease.isEnding);
}

/** The message was here before the round that confirmed this leader, so before any other leader began to count. */
function onConfirmed(
  { machine }: Replica,
  state: ReplicaState<object>,
  { client, message }: Memo,
  context: AnyContext,
): void {
  machine.answerExtended(state.machine, client, message, effectsOf(context, state.applied));
}

// ---- What the log says -----------------------------------------------------------------------------------------------------------

function onFollowed(
  replica: Replica,
  state: ReplicaState<object>,
  { commands: followed, leading }: Followed,
  context: AnyContext,
): void {
  for (const command of followed) {
    state.applied++;
    if (command !== null) execute(replica, state, command as Command<Tagged>, context);
  }
  if (leading !== state.leading) changeLeading(replica, state, leading, context);
  follow(state, context);
}

function execute(replica: Replica, state: ReplicaState<object>, command: Command<Tagged>, context: AnyContext): void {
  const { machine } = replica;
  machine.apply(
    state.machine,
    command,
    state.applied,
    state.leading === 0 ? SILENT : effectsOf(context, state.applied),
  );
  if (replica.rules.countsLeases(state.leading !== 0)) recount(replica, state, context);
}

const SILENT: Effects<Tagged> = { tell: () => undefined, note: () => undefined };

const effectsOf = (context: AnyContext, index: number): Effects<Tagged> => ({
  tell: (to, message) => context.send(to, message),
  note: (text, data) => context.note(text, { index, ...data }),
});

function changeLeading(replica: Replica, state: ReplicaState<object>, leading: number, context: AnyContext): void {
  state.leading = leading;
  state.leases = [];
  state.unheard = [];
  if (leading !== 0) {
    context.note('leads', { term: leading });
    replica.machine.noteRestored(state.machine, effectsOf(context, state.applied));
    for (const lease of replica.machine.leases(state.machine)) {
      const until = untilAfterFailover(replica, lease, context);
      state.leases.push({ until, isEnding: false, ...lease });
      noteDelay(lease, context);
    }
    if (replica.hasEpochs) state.unheard = state.leases.filter(({ isDelay }) => !isDelay).map(({ id }) => id);
  }
  setExpiryTimer(state, context);
}

function untilAfterFailover({ rules }: Replica, lease: Lease, context: AnyContext): Micros {
  const { leaseAfterFailover, delayAfterFailover } = rules;
  return (lease.isDelay ? delayAfterFailover : leaseAfterFailover)(context.now, durationOf(lease, context));
}

// ---- Time ------------------------------------------------------------------------------------------------------------------------

/** A lease that was begun or extended by what has just been executed lasts from now on, which is after its client has asked. */
function recount({ machine }: Replica, state: ReplicaState<object>, context: AnyContext): void {
  state.leases = machine.leases(state.machine).map((lease) => {
    const counted = state.leases.find(({ id }) => id === lease.id);
    if (counted?.attempt === lease.attempt) return counted;
    noteDelay(lease, context);
    return { until: context.now + durationOf(lease, context), isEnding: false, ...lease };
  });
  if (state.unheard.length > 0) state.unheard = state.unheard.filter((id) => state.leases.some((one) => one.id === id));
  setExpiryTimer(state, context);
}

const durationOf = ({ isDelay }: Lease, { options }: AnyContext): Micros =>
  isDelay ? lockDelayOf(options) : options.ttl;

/** This leader counts a lock-delay from here on. */
function noteDelay({ id, isDelay }: Lease, context: AnyContext): void {
  if (isDelay) context.note('delays', { token: -id, at: context.now });
}

function onExpiryTimer(replica: Replica, state: ReplicaState<object>, context: AnyContext): void {
  expireOverdue(replica, state, context);
  setExpiryTimer(state, context);
}

/** Timers may be late: asked at every occasion. */
function expireOverdue(replica: Replica, state: ReplicaState<object>, context: AnyContext): void {
  for (const lease of state.leases) {
    if (lease.isEnding || replica.rules.isAlive(lease.until, context.now)) continue;
    lease.isEnding = true;
    const { id, attempt } = lease;
    if (replica.rules.expiresThroughLog()) propose({ type: 'expire', id, attempt }, context);
    else execute(replica, state, { type: 'expire', id, attempt }, context);
  }
}

function extend(lease: CountedLease, state: ReplicaState<object>, context: AnyContext): void {
  lease.until = context.now + context.options.ttl;
  setExpiryTimer(state, context);
}

function setExpiryTimer({ leases }: ReplicaState<object>, context: AnyContext): void {
  let until = Number.POSITIVE_INFINITY;
  for (const lease of leases) if (!lease.isEnding) until = Math.min(until, lease.until);
  if (until === Number.POSITIVE_INFINITY) context.cancelTimer('expiry');
  else context.setTimer('expiry', Math.max(1, until - context.now));
}
