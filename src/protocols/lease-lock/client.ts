/** A client: takes the lock, makes itself known at the resource, writes step by step while its lease lasts, gives the lock back. */
import type { Micros, NodeId, Request, Role } from '../../sim/protocol.ts';
import type { Rules } from './rules.ts';
import type { ClientContext, ClientShape, ClientState, Granted, Registered, ToServer, Work, Written } from './shape.ts';

/** A Release that is not answered is repeated so often; then the lease runs out by itself. */
const RELEASES_MAX = 5;

export function createClient(rules: Rules): Role<ClientShape> {
  return {
    boot: () => idle(),
    onRequest: { work: (state, request, context) => onWork(rules, state, request, context) },
    onMessage: {
      Granted: (state, from, message, context) => onGranted(rules, state, from, message, context),
      Lost: (state, _from, { id }, context) => {
        if (state.request?.id === id && state.phase !== 'releasing') lose(state, context);
      },
      Released: (state, _from, { id }, context) => {
        if (state.request?.id === id && state.phase === 'releasing') finish(state, false, context);
      },
      Registered: (state, _from, message, context) => onRegistered(rules, state, message, context),
      Written: (state, _from, message, context) => onWritten(state, message, context),
    },
    onTimer: {
      retry: (state, _key, context) => onRetryTimer(rules, state, context),
      renew: (state, _key, context) => onRenewTimer(rules, state, context),
      step: (state, _key, context) => step(rules, state, context),
    },
    view: ({ phase, request, token, written }) => ({
      role: phase,
      ...(token === 0 ? {} : { epoch: token }),
      label: request === null ? 'idle' : `${phase}${token === 0 ? '' : ` #${token} ${written}/${request.op.writes}`}`,
    }),
  };
}

const idle = (): ClientState => ({
  phase: 'idle',
  request: null,
  sentAt: [],
  askedAt: [],
  ackedAttempt: 0,
  validUntil: 0,
  token: 0,
  written: 0,
  releases: 0,
});

function onWork(rules: Rules, state: ClientState, request: Request<Work>, context: ClientContext): void {
  Object.assign(state, idle(), { phase: 'waiting', request });
  askForLease(rules, state, request, context);
  context.setTimer('retry', context.options.retryInterval);
}

/** Acquire while it waits, Renew while it holds. The time is taken before the message leaves. */
function askForLease(rules: Rules, state: ClientState, { id }: Request, context: ClientContext): void {
  state.sentAt.push(rules.holderClock(context));
  state.askedAt.push(context.now);
  const type = state.phase === 'waiting' ? 'Acquire' : 'Renew';
  tellServer({ type, id, attempt: state.sentAt.length }, context);
}

function tellServer(message: ToServer, context: ClientContext): void {
  context.send(context.directory.withRole('server')[0] as NodeId, message);
}

const resourceOf = ({ directory }: ClientContext): NodeId => directory.withRole('resource')[0] as NodeId;

function onGranted(
  rules: Rules,
  state: ClientState,
  _from: NodeId,
  { id, attempt, token }: Granted,
  context: ClientContext,
): void {
  const { request } = state;
  if (request?.id !== id) {
    // Of a call that is over, maybe of an earlier life.
    tellServer({ type: 'Release', id }, context);
    return;
  }
  if (state.phase === 'releasing') return;
  // Answers may overtake each other; the latest request counts.
  if (attempt >= state.ackedAttempt) {
    state.ackedAttempt = attempt;
    state.validUntil = leaseOf(rules, state, attempt, context);
  }
  const now = rules.holderClock(context);
  // An answer that took too long is none: the next one may come in time.
  if (!rules.isValid(now, state.validUntil)) return;
  const left = state.validUntil - now;
  if (state.phase !== 'waiting') {
    context.note('renewed', { id, token, left });
    return;
  }
  context.note('believes', { id, token, left, at: context.now });
  state.phase = 'registering';
  state.token = token;
  register(state, context);
  context.setTimer('renew', context.options.renewInterval);
}

function leaseOf(rules: Rules, state: ClientState, attempt: number, context: ClientContext): Micros {
  const { ttl, clockRatePpmMax } = context.options;
  const sentAt = state.sentAt[attempt - 1] as Micros;
  const waited = state.phase === 'waiting' && state.sentAt.length > 1;
  return rules.validUntil(sentAt, rules.holderClock(context), ttl, clockRatePpmMax, waited);
}

function register({ request, token }: ClientState, context: ClientContext): void {
  context.send(resourceOf(context), { type: 'Register', token, id: (request as Request).id });
  context.setTimer('retry', context.options.retryInterval);
}

function onRegistered(rules: Rules, state: ClientState, { id, ok }: Registered, context: ClientContext): void {
  if (state.phase !== 'registering' || state.request?.id !== id) return;
  if (!ok) {
    lose(state, context);
    return;
  }
  state.phase = 'working';
  step(rules, state, context);
}

/** Chubby 2.4, Kleppmann 2016: the lease is looked at before each step, and the step is fenced all the same. */
function step(rules: Rules, state: ClientState, context: ClientContext): void {
  const { request, token, written, ackedAttempt } = state;
  if (state.phase !== 'working' || request === null) return;
  if (!rules.isValid(rules.holderClock(context), state.validUntil)) {
    lose(state, context);
    return;
  }
  const age = context.now - (state.askedAt[ackedAttempt - 1] as Micros);
  context.note('guardedStep', { id: request.id, token, at: context.now, age });
  context.send(resourceOf(context), { type: 'Write', token, id: request.id, step: written + 1 });
  context.setTimer('retry', context.options.retryInterval);
}

function onWritten(state: ClientState, { id, step: done, ok }: Written, context: ClientContext): void {
  const { request } = state;
  if (state.phase !== 'working' || request?.id !== id || done !== state.written + 1) return;
  if (!ok) {
    lose(state, context);
    return;
  }
  state.written = done;
  context.cancelTimer('retry');
  if (done < request.op.writes) context.setTimer('step', context.options.stepInterval);
  else release(state, request, context);
}

function release(state: ClientState, request: Request, context: ClientContext): void {
  context.note('released', { id: request.id, token: state.token });
  state.phase = 'releasing';
  context.cancelTimer('renew');
  sendRelease(state, request, context);
}

function sendRelease(state: ClientState, { id }: Request, context: ClientContext): void {
  state.releases++;
  tellServer({ type: 'Release', id }, context);
  context.setTimer('retry', context.options.retryInterval);
}

function onRenewTimer(rules: Rules, state: ClientState, context: ClientContext): void {
  const { request, phase } = state;
  if (request === null || (phase !== 'registering' && phase !== 'working')) return;
  askForLease(rules, state, request, context);
  context.setTimer('renew', context.options.renewInterval);
}

function onRetryTimer(rules: Rules, state: ClientState, context: ClientContext): void {
  const { request, phase } = state;
  if (request === null) return;
  switch (phase) {
    case 'waiting':
      if (state.sentAt.length >= context.options.acquireAttempts) abandon(state, request, context);
      else {
        askForLease(rules, state, request, context);
        context.setTimer('retry', context.options.retryInterval);
      }
      return;
    case 'registering':
      if (rules.isValid(rules.holderClock(context), state.validUntil)) register(state, context);
      else lose(state, context);
      return;
    case 'working':
      step(rules, state, context);
      return;
    case 'releasing':
      if (state.releases < RELEASES_MAX) sendRelease(state, request, context);
      else finish(state, false, context);
  }
}

/** It never held the lock, and so has done nothing. */
function abandon(state: ClientState, request: Request, context: ClientContext): void {
  context.note('gaveUp', { id: request.id });
  tellServer({ type: 'Release', id: request.id }, context);
  end(state, context);
  context.refuse(request, 'the lock was not to be had');
}

/** The holder stops at once, and gives back what it may still have. A waiter may hear of it too: of an acquisition that is over. */
function lose(state: ClientState, context: ClientContext): void {
  const { id } = state.request as Request;
  context.note('lost', { id, token: state.token });
  tellServer({ type: 'Release', id }, context);
  finish(state, true, context);
}

function finish(state: ClientState, lost: boolean, context: ClientContext): void {
  const request = state.request as Request;
  const { written } = state;
  end(state, context);
  context.reply(request, { written, lost });
}

function end(state: ClientState, context: ClientContext): void {
  Object.assign(state, idle());
  context.cancelTimer('retry');
  context.cancelTimer('renew');
  context.cancelTimer('step');
}
