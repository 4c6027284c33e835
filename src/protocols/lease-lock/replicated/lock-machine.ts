/** The lock as a replicated state machine: whose it is, who waits, what is over. The rules are those of the single server. */
import type { NodeId } from '../../../sim/protocol.ts';
import { mix } from '../../raft/raft.ts';
import { isGuardedByDelay } from '../guard.ts';
import type { Rules } from '../rules.ts';
import type { Acquire, Granted, Lost, Queued, Release, Released, Renew } from '../shape.ts';
import type { Command, Effects, Lease, LeaseMachine } from './machine.ts';

type Ask = Acquire | Renew | Release;
type Told = Granted | Lost | Released | Queued;
type LockEffects = Effects<Told>;

interface Waiter {
  readonly client: NodeId;
  readonly id: number;
  /** Index of the command that put it into the queue. */
  readonly asked: number;
  /** The last attempt that came through the log. */
  attempt: number;
}

interface Owner extends Waiter {
  readonly token: number;
  /** Index of the command that granted it. */
  readonly since: number;
}

export interface LockState {
  token: number;
  owner: Owner | null;
  /** First come, first served. */
  readonly queue: Waiter[];
  /** By client, the last acquisition that is over. */
  readonly over: { [client: NodeId]: number };
  /** Whether a lock that is lost is kept from others for a while; and the token under which it was, while it is. */
  readonly hasDelays: boolean;
  lost: number;
}

export const lockMachine = (rules: Rules): LeaseMachine<LockState, Ask, Told> => ({
  questions: ['Acquire', 'Renew', 'Release'],
  start: (options) => {
    const hasDelays = isGuardedByDelay(options) && rules.delaysAfterLoss();
    return { token: 0, owner: null, queue: [], over: {}, hasDelays, lost: 0 };
  },
  apply: (state, command, index, effects) => apply(rules, state, command, index, effects),
  leases: ({ owner, queue, lost }) => {
    const leases: Lease[] = (owner === null ? queue : [owner, ...queue]).map(({ id, attempt }) => ({ id, attempt }));
    // No acquisition has such a number.
    if (lost !== 0) leases.push({ id: -lost, attempt: 0, isDelay: true });
    return leases;
  },
  clientOf: ({ owner, queue }, lease) => (owner?.id === lease ? owner : queue.find(({ id }) => id === lease))?.client,
  digest: ({ token, owner, queue, over, lost }) => {
    let digest = mix(token, owner === null ? 0 : mix(owner.id, owner.attempt));
    if (lost !== 0) digest = mix(digest, lost);
    for (const { id, attempt } of queue) digest = mix(mix(digest, id), attempt);
    for (const client in over) digest = mix(digest, over[client] as number);
    return digest;
  },
  extendedBy: ({ owner, queue }, client, message) => {
    if (message.type === 'Release') return undefined;
    const waits = message.type === 'Acquire' && queue.some((waiter) => isOf(waiter, client, message.id));
    return waits || isOf(owner, client, message.id) ? message.id : undefined;
  },
  answerExtended({ owner }, client, message, effects) {
    if (message.type === 'Release') return;
    const { id, attempt } = message;
    if (isOf(owner, client, id)) effects.tell(client, { type: 'Granted', id, attempt, token: owner.token });
    else effects.tell(client, { type: 'Queued', id });
  },
  noteRestored({ owner }, effects) {
    if (owner === null) return;
    const { client, id, token, since } = owner;
    effects.note('restored', { client, id, token, since });
  },
  view: ({ token, owner, lost }) => {
    if (lost !== 0) return { role: 'delayed', epoch: token, label: `lost #${lost}` };
    if (owner === null) return { role: 'free', epoch: token, label: 'free' };
    return { role: 'locked', epoch: token, label: `${owner.client} #${owner.token}` };
  },
});

function isOf<One extends Waiter>(one: One | null, client: NodeId, id: number): one is One {
  return one !== null && one.client === client && one.id === id;
}

function apply(rules: Rules, state: LockState, command: Command<Ask>, index: number, effects: LockEffects): void {
  if (command.type === 'expire') {
    expire(rules, state, command.id, command.attempt, index, effects);
    return;
  }
  const { client, message } = command;
  switch (message.type) {
    case 'Acquire':
      acquire(rules, state, client, message, index, effects);
      return;
    case 'Renew':
      if (!extendOwner(state, client, message, effects)) effects.tell(client, { type: 'Lost', id: message.id });
      return;
    case 'Release':
      release(rules, state, client, message, index, effects);
  }
}

function acquire(
  rules: Rules,
  state: LockState,
  client: NodeId,
  message: Acquire,
  index: number,
  effects: LockEffects,
): void {
  if (extendOwner(state, client, message, effects)) return;
  const { id, attempt } = message;
  if (rules.isOver(id, state.over[client] ?? 0)) {
    effects.tell(client, { type: 'Lost', id });
    return;
  }
  const waiting = state.queue.find((waiter) => isOf(waiter, client, id));
  if (waiting !== undefined) waiting.attempt = Math.max(waiting.attempt, attempt);
  else {
    state.queue.push({ client, id, attempt, asked: index });
    effects.note('queued', { client, id });
  }
  grantNext(rules, state, index, effects);
  if (state.owner?.id !== id) effects.tell(client, { type: 'Queued', id });
}

/** Answers whoever holds the lock under this acquisition; false when nobody does. */
function extendOwner(
  { owner }: LockState,
  client: NodeId,
  { id, attempt }: Acquire | Renew,
  effects: LockEffects,
): boolean {
  if (!isOf(owner, client, id)) return false;
  owner.attempt = Math.max(owner.attempt, attempt);
  effects.tell(client, { type: 'Granted', id, attempt, token: owner.token });
  return true;
}

function release(
  rules: Rules,
  state: LockState,
  client: NodeId,
  { id, unfinished }: Release,
  index: number,
  effects: LockEffects,
): void {
  setOver(state, client, id);
  // A client has one call at a time: what it began before this acquisition is over too, should its Release have been overtaken.
  for (const waiter of state.queue.filter((one) => one.client === client && one.id <= id)) {
    leaveQueue(state, waiter, 'release', effects);
  }
  if (state.owner !== null && rules.mayRelease(state.owner, client, id))
    free(state, state.owner, unfinished ? 'loss' : 'release', id, effects);
  effects.note('over', { client, id });
  effects.tell(client, { type: 'Released', id });
  grantNext(rules, state, index, effects);
}

/** Proposed when nothing had come since `attempt`: what has come meanwhile keeps the lease alive. */
function expire(
  rules: Rules,
  state: LockState,
  id: number,
  attempt: number,
  index: number,
  effects: LockEffects,
): void {
  if (id < 0 && state.lost === -id) {
    state.lost = 0;
    grantNext(rules, state, index, effects);
    return;
  }
  const { owner } = state;
  const waiter = state.queue.find((one) => one.id === id);
  if (waiter !== undefined && rules.mayExpire(waiter.attempt, attempt)) leaveQueue(state, waiter, 'silence', effects);
  if (owner?.id !== id || !rules.mayExpire(owner.attempt, attempt)) return;
  setOver(state, owner.client, id);
  free(state, owner, 'expiry', id, effects);
  grantNext(rules, state, index, effects);
}

function setOver(state: LockState, client: NodeId, id: number): void {
  state.over[client] = Math.max(state.over[client] ?? 0, id);
}

function leaveQueue(state: LockState, waiter: Waiter, why: 'release' | 'silence', effects: LockEffects): void {
  state.queue.splice(state.queue.indexOf(waiter), 1);
  effects.note('leftQueue', { client: waiter.client, id: waiter.id, why });
}

/** `named`: the acquisition that was to be ended. `loss`: given back, with writes that may be under way. Burrows 2006, section 2.4. */
function free(
  state: LockState,
  { client, id, token }: Owner,
  why: 'release' | 'expiry' | 'loss',
  named: number,
  effects: LockEffects,
): void {
  state.owner = null;
  if (state.hasDelays && why !== 'release') state.lost = token;
  effects.note('freed', { client, id, why, named });
}

/** Those whose lease was over when the leader took the command have left the queue before it. */
function grantNext(rules: Rules, state: LockState, index: number, effects: LockEffects): void {
  if (state.owner !== null || state.lost !== 0 || state.queue.length === 0) return;
  const [next] = state.queue.splice(rules.nextInLine(state.queue.length), 1);
  if (next === undefined) return;
  const { client, id, attempt, asked } = next;
  const token = rules.nextToken(state.token);
  state.token = token;
  state.owner = { client, id, asked, attempt, token, since: index };
  const waiting = state.queue[0]?.asked ?? 0;
  effects.note('granted', { client, id, token, since: index, asked, waiting });
  effects.tell(client, { type: 'Granted', id, attempt, token });
}
