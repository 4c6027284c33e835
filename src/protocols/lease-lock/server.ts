/** The lock server: one lock, a lease, a queue. What it promises is on disk before it is said. */
import type { Micros, NodeId, Panel, Role } from '../../sim/protocol.ts';
import { isGuardedByDelay, lockDelayOf } from './guard.ts';
import { clockNamed, type Rules } from './rules.ts';
import type {
  Acquire,
  Held,
  Holder,
  LockRecord,
  LostLock,
  Release,
  Renew,
  ServerContext,
  ServerShape,
  ServerState,
  Waiter,
} from './shape.ts';

export function createServer(rules: Rules): Role<ServerShape> {
  return {
    boot: (context) => boot(rules, context),
    onMessage: {
      Acquire: (state, from, message, context) => onAcquire(rules, state, from, message, context),
      Renew: (state, from, message, context) => onRenew(rules, state, from, message, context),
      Release: (state, from, message, context) => onRelease(rules, state, from, message, context),
    },
    onTimer: { expiry: (state, _key, context) => onExpiryTimer(rules, state, context) },
    view: ({ token, holder, lost, queue }) => ({
      ...standing(holder, lost),
      epoch: token,
      panels: [
        ...(holder === null ? [] : [leaseOf(rules, holder)]),
        {
          kind: 'table',
          title: 'queue',
          columns: ['client', 'acquisition'],
          rows: queue.map(({ client, id }) => [client, id]),
        },
      ],
    }),
  };
}

function standing(holder: Holder | null, lost: LostLock | null): { readonly role: string; readonly label: string } {
  if (holder !== null) return { role: 'locked', label: `${holder.client} #${holder.token}` };
  return lost === null
    ? { role: 'free', label: 'free' }
    : { role: 'delayed', label: `lost by ${lost.client} #${lost.token}` };
}

const leaseOf = (rules: Rules, { client, token, leaseUntil }: Holder): Panel => ({
  kind: 'lease',
  title: `${client} #${token}`,
  holder: client,
  until: leaseUntil,
  clock: clockNamed(rules.serverClock),
});

/**
 * Who held the lock holds it still, for a whole lease from now: how much of it was left is not on disk. The same goes for the lock-delay.
 * Waiters ask again.
 */
function boot(rules: Rules, context: ServerContext): ServerState {
  const stored = context.disk.read('lock');
  const record = stored.ok ? stored.value : undefined;
  if (record === undefined) return { token: 0, holder: null, lost: null, queue: [], over: {}, isSaved: true };
  const state: ServerState = {
    token: rules.tokenAfterRestart(record.token),
    holder: null,
    lost: null,
    queue: [],
    over: { ...record.over },
    isSaved: true,
  };
  if (record.holder !== null) {
    state.holder = { ...record.holder, attempt: 0, leaseUntil: leaseFromNow(rules, context) };
    setExpiryTimer(rules, state.holder.leaseUntil, context);
    context.note('restored', { ...record.holder });
  }
  if (record.lost !== undefined) keepLost(rules, state, record.lost, rules.delayAfterFailover, context);
  return state;
}

function leaseFromNow(rules: Rules, context: ServerContext): Micros {
  return rules.serverClock(context) + context.options.ttl;
}

/** Also keeps a waiter's place. */
function onAcquire(rules: Rules, state: ServerState, from: NodeId, message: Acquire, context: ServerContext): void {
  expireOverdue(rules, state, context);
  if (extendHolder(rules, state, from, message, context)) return;
  if (rules.isOver(message.id, state.over[from] ?? 0)) {
    sayLost(state, from, message.id, context);
    return;
  }
  enqueue(rules, state, from, message, context);
  grantNext(rules, state, context);
}

function onRenew(rules: Rules, state: ServerState, from: NodeId, message: Renew, context: ServerContext): void {
  expireOverdue(rules, state, context);
  if (!extendHolder(rules, state, from, message, context)) sayLost(state, from, message.id, context);
}

/** For good: where its end is only in memory a restart would find it the holder again. */
function sayLost(state: ServerState, client: NodeId, id: number, context: ServerContext): void {
  if (!state.isSaved) save(state, context);
  context.send(client, { type: 'Lost', id });
}

/** Answers whoever holds the lock under this acquisition; false when nobody does. */
function extendHolder(
  rules: Rules,
  { holder }: ServerState,
  from: NodeId,
  { id, attempt }: Acquire | Renew,
  context: ServerContext,
): boolean {
  if (holder === null || !rules.mayRenew(holder, from, id)) return false;
  holder.leaseUntil = leaseFromNow(rules, context);
  holder.attempt = Math.max(holder.attempt, attempt);
  setExpiryTimer(rules, holder.leaseUntil, context);
  context.send(from, { type: 'Granted', id, attempt, token: holder.token });
  return true;
}

function enqueue(
  rules: Rules,
  state: ServerState,
  client: NodeId,
  { id, attempt }: Acquire,
  context: ServerContext,
): void {
  const leaseUntil = leaseFromNow(rules, context);
  const waiting = state.queue.find((waiter) => waiter.client === client && waiter.id === id);
  if (waiting !== undefined) {
    waiting.attempt = Math.max(waiting.attempt, attempt);
    waiting.leaseUntil = leaseUntil;
    return;
  }
  state.queue.push({ client, id, attempt, leaseUntil });
  context.note('queued', { client, id });
}

function onRelease(
  rules: Rules,
  state: ServerState,
  from: NodeId,
  { id, unfinished }: Release,
  context: ServerContext,
): void {
  expireOverdue(rules, state, context);
  const { holder } = state;
  setOver(state, from, id);
  // A client has one call at a time: what it began before this acquisition is over too, should its Release have been overtaken.
  for (const waiter of state.queue.filter((one) => one.client === from && one.id <= id)) {
    leaveQueue(state, from, waiter.id, 'release', context);
  }
  if (holder !== null && rules.mayRelease(holder, from, id)) {
    free(rules, state, holder, unfinished ? 'loss' : 'release', id, context);
  } else if (state.isSaved) {
    context.send(from, { type: 'Released', id });
    return;
  }
  save(state, context);
  context.send(from, { type: 'Released', id });
  grantNext(rules, state, context);
}

function setOver(state: ServerState, client: NodeId, id: number): void {
  if (id <= (state.over[client] ?? 0)) return;
  state.over[client] = id;
  state.isSaved = false;
}

function leaveQueue(
  state: ServerState,
  client: NodeId,
  id: number,
  why: 'release' | 'silence',
  context: ServerContext,
): void {
  const place = state.queue.findIndex((waiter) => waiter.client === client && waiter.id === id);
  if (place === -1) return;
  state.queue.splice(place, 1);
  context.note('leftQueue', { client, id, why });
}

function onExpiryTimer(rules: Rules, state: ServerState, context: ServerContext): void {
  expireOverdue(rules, state, context);
  const until = state.holder?.leaseUntil ?? state.lost?.until;
  if (until !== undefined) setExpiryTimer(rules, until, context);
}

/** Timers may be late, and clocks may jump: asked at every occasion. */
function expireOverdue(rules: Rules, state: ServerState, context: ServerContext): void {
  const { holder, lost } = state;
  const until = holder?.leaseUntil ?? lost?.until;
  if (until === undefined || rules.isAlive(until, rules.serverClock(context))) return;
  if (holder === null) state.lost = null;
  else {
    setOver(state, holder.client, holder.id);
    // Also where its client has given back a later acquisition.
    state.isSaved = false;
    free(rules, state, holder, 'expiry', holder.id, context);
  }
  grantNext(rules, state, context);
}

/** `named`: the acquisition that was to be ended. `loss`: given back, with writes that may be under way. */
function free(
  rules: Rules,
  state: ServerState,
  holder: Holder,
  why: 'release' | 'expiry' | 'loss',
  named: number,
  context: ServerContext,
): void {
  const { client, id } = holder;
  state.holder = null;
  context.cancelTimer('expiry');
  context.note('freed', { client, id, why, named });
  if (why === 'release' || !isGuardedByDelay(context.options) || !rules.delaysAfterLoss()) return;
  keepLost(rules, state, holder, (now, lockDelay) => now + lockDelay, context);
}

/** Burrows 2006, section 2.4: the lock is not free yet. */
function keepLost(
  rules: Rules,
  state: ServerState,
  { client, id, token }: Held,
  untilWhen: (now: Micros, lockDelay: Micros) => Micros,
  context: ServerContext,
): void {
  const until = untilWhen(rules.serverClock(context), lockDelayOf(context.options));
  state.lost = { client, id, token, until };
  setExpiryTimer(rules, until, context);
  context.note('delays', { token, at: context.now });
}

/** Chubby 2.4, and every fair lock: to the one that has waited longest and is still there. */
function grantNext(rules: Rules, state: ServerState, context: ServerContext): void {
  while (state.holder === null && state.lost === null && state.queue.length > 0) {
    const place = rules.nextInLine(state.queue.length);
    const next = state.queue[place] as Waiter;
    if (rules.isAlive(next.leaseUntil, rules.serverClock(context))) {
      state.queue.splice(place, 1);
      grant(rules, state, next, context);
    } else if (rules.passesOver()) leaveQueue(state, next.client, next.id, 'silence', context);
    else return;
  }
}

/** The token is on disk before anybody can hear of it. The lease is the one the waiter had. */
function grant(rules: Rules, state: ServerState, next: Waiter, context: ServerContext): void {
  const { client, id, attempt, leaseUntil } = next;
  const token = rules.nextToken(state.token);
  state.token = token;
  const holder: Holder = { client, id, token, attempt, leaseUntil };
  state.holder = holder;
  setExpiryTimer(rules, leaseUntil, context);
  save(state, context);
  context.note('granted', { client, id, token });
  context.send(client, { type: 'Granted', id, attempt, token });
}

function setExpiryTimer(rules: Rules, until: Micros, context: ServerContext): void {
  context.setTimer('expiry', Math.max(1, until - rules.serverClock(context)));
}

function save(state: ServerState, context: ServerContext): void {
  const { token, holder, lost, over } = state;
  state.isSaved = true;
  const record: LockRecord = { token, holder: holder === null ? null : heldUnder(holder), over: { ...over } };
  context.disk.put('lock', lost === null ? record : { lost: heldUnder(lost), ...record });
  context.disk.sync();
}

const heldUnder = ({ client, id, token }: Held): Held => ({ client, id, token });
