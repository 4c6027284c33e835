/** A client of a lock server: asks for the lock, renews its lease, gives the lock back. What it does meanwhile is in holder.ts. */
import type { Request, Role } from '../../sim/protocol.ts';
import { isGuardedByDelay } from './guard.ts';
import {
  believe,
  extended,
  finish,
  giveUp,
  holds,
  idleHolder,
  type Lock,
  leasePanels,
  lose,
  loseAtOnce,
  nextAttempt,
  noteRenewed,
  onRegistered,
  onWritten,
  repeatWork,
  step,
} from './holder.ts';
import type { Rules } from './rules.ts';
import { answered, nobodyAsked, onNotLeader, tellServer } from './servers.ts';
import type { ClientContext, ClientShape, ClientState, Granted, Release, Work } from './shape.ts';

/** A Release that is not answered is repeated so often; then the lease runs out by itself. */
const RELEASES_MAX = 5;

type ClientLock = Lock<ClientState, ClientContext>;

export function createClient(rules: Rules): Role<ClientShape> {
  const stopRenewing = (context: ClientContext): void => context.cancelTimer('renew');
  const lapse = (state: ClientState, context: ClientContext): false => loseAtOnce(lock, state, context);
  const abandon = (state: ClientState, { id }: Request, context: ClientContext): void =>
    tellServer(state, releaseOf(rules, id, state.phase !== 'waiting', context), context);
  const lock: ClientLock = { rules, idle, lapse, stopRenewing, release: sendRelease, abandon };
  return {
    boot: () => ({ releases: 0, ...idleHolder(), ...nobodyAsked() }),
    onRequest: { work: (state, request, context) => onWork(rules, state, request, context) },
    onMessage: {
      Granted: (state, _from, message, context) => onGranted(rules, state, message, context),
      Lost: (state, _from, { id }, context) => {
        answered(state);
        if (state.request?.id === id && state.phase !== 'releasing') lose(lock, state, context);
      },
      Released: (state, _from, { id }, context) => {
        answered(state);
        if (state.request?.id === id && state.phase === 'releasing') finish(lock, state, false, context);
      },
      Queued: answered,
      NotLeader: (state, from, { message }, context) =>
        onNotLeader(state, from, message, state.request?.id === message.id, context),
      Registered: (state, _from, message, context) => onRegistered(lock, state, message, context),
      Written: (state, _from, message, context) => onWritten(lock, state, message, context),
    },
    onTimer: {
      retry: (state, _key, context) => onRetryTimer(lock, state, context),
      renew: (state, _key, context) => onRenewTimer(rules, state, context),
      step: (state, _key, context) => step(lock, state, context),
    },
    view: ({ phase, request, token, written, validUntil }) => ({
      role: phase,
      ...(token === 0 ? {} : { epoch: token }),
      label: request === null ? 'idle' : `${phase}${token === 0 ? '' : ` #${token} ${written}/${request.op.writes}`}`,
      panels: leasePanels(rules, phase, `#${token}`, validUntil),
    }),
  };
}

/** The server that was found last stays known. */
const idle = (): Partial<ClientState> => ({ releases: 0, ...idleHolder() });

function onWork(rules: Rules, state: ClientState, request: Request<Work>, context: ClientContext): void {
  Object.assign(state, idle(), { phase: 'waiting', request });
  askForLease(rules, state, request, context);
  context.setTimer('retry', context.options.retryInterval);
}

/** Acquire while it waits, Renew while it holds. */
function askForLease(rules: Rules, state: ClientState, { id }: Request, context: ClientContext): void {
  const attempt = nextAttempt(rules, state, context);
  tellServer(state, { type: state.phase === 'waiting' ? 'Acquire' : 'Renew', id, attempt }, context);
}

function onGranted(rules: Rules, state: ClientState, { id, attempt, token }: Granted, context: ClientContext): void {
  answered(state);
  if (state.request?.id !== id) {
    // Of a call that is over, maybe of an earlier life: nobody knows what that has sent.
    tellServer(state, releaseOf(rules, id, true, context), context);
    return;
  }
  if (state.phase === 'releasing' || !extended(rules, state, attempt, context)) return;
  if (state.phase !== 'waiting') {
    noteRenewed(rules, state, context);
    return;
  }
  believe(rules, state, token, context);
  context.setTimer('renew', context.options.renewInterval);
}

function sendRelease(state: ClientState, { id }: Request, context: ClientContext): void {
  state.releases++;
  tellServer(state, { type: 'Release', id }, context);
  context.setTimer('retry', context.options.retryInterval);
}

/** Where the resource compares tokens it does not matter what is under way. */
function releaseOf(rules: Rules, id: number, mayHaveWritten: boolean, { options }: ClientContext): Release {
  const isUnfinished = isGuardedByDelay(options) && mayHaveWritten && rules.admitsUnfinished();
  return isUnfinished ? { type: 'Release', id, unfinished: true } : { type: 'Release', id };
}

function onRenewTimer(rules: Rules, state: ClientState, context: ClientContext): void {
  if (state.request === null || !holds(state)) return;
  askForLease(rules, state, state.request, context);
  context.setTimer('renew', context.options.renewInterval);
}

function onRetryTimer(lock: ClientLock, state: ClientState, context: ClientContext): void {
  const { request, phase } = state;
  if (request === null) return;
  if (phase === 'registering' || phase === 'working') {
    repeatWork(lock, state, context);
    return;
  }
  if (phase === 'waiting') {
    if (state.sentAt.length >= context.options.acquireAttempts) giveUp(lock, state, request, context);
    else {
      askForLease(lock.rules, state, request, context);
      context.setTimer('retry', context.options.retryInterval);
    }
  } else if (state.releases < RELEASES_MAX) sendRelease(state, request, context);
  else finish(lock, state, false, context);
}
