/**
 * The holder at work, whatever lock it holds: it makes its token known at the resource, writes step by step while its lease lasts, and
 * gives the lock back. How the lock is asked for, kept and given back is the business of each kind of lock (`Lock`).
 */
import type { Json } from '../../sim/plain.ts';
import type { Clocks, Micros, NodeId, Panel, Request } from '../../sim/protocol.ts';
import { clockNamed, type Rules } from './rules.ts';
import type { HolderState, LeaseLockOptions, Register, Registered, Work, Write, Written } from './shape.ts';

/** What a holder needs of its context. */
export interface HolderContext extends Clocks {
  readonly options: Pick<
    LeaseLockOptions,
    'ttl' | 'renewInterval' | 'retryInterval' | 'stepInterval' | 'clockRatePpmMax'
  >;
  readonly directory: { withRole(role: string): readonly NodeId[] };
  send(to: NodeId, message: Register | Write): void;
  setTimer(timer: 'retry' | 'step', delay: Micros): void;
  cancelTimer(timer: 'retry' | 'step'): void;
  note(text: string, data?: Json): void;
  reply(request: Request, result: { readonly written: number; readonly lost: boolean }): void;
  refuse(request: Request, reason: string): void;
}

/** One kind of lock, as a client uses it. */
export interface Lock<State extends HolderState, Context> {
  readonly rules: Rules;
  /** The state in which nothing is held, asked for, or going on. */
  idle(): Partial<State>;
  /** The lease of a holder is over, as far as it can know, in the middle of its work: answers whether it goes on. */
  lapse(state: State, context: Context): boolean;
  /** Nothing is to be renewed any more. */
  stopRenewing(context: Context): void;
  /** Gives the lock back and waits until that is acknowledged, in the phase `releasing`; ends with `finish`. */
  release(state: State, request: Request<Work>, context: Context): void;
  /** Gives back, without waiting, whatever may still be held or asked for. */
  abandon(state: State, request: Request<Work>, context: Context): void;
}

export const idleHolder = (): HolderState => ({
  phase: 'idle',
  request: null,
  sentAt: [],
  askedAt: [],
  ackedAttempt: 0,
  validUntil: 0,
  token: 0,
  written: 0,
});

/** What a holder believes, to be looked at: until when the lock is its own. */
export const leasePanels = (rules: Pick<Rules, 'holderClock'>, phase: string, title: string, until: Micros): Panel[] =>
  phase === 'registering' || phase === 'working'
    ? [{ kind: 'lease', title, until, clock: clockNamed(rules.holderClock) }]
    : [];

// ---- The lease -------------------------------------------------------------------------------------------------------------------

/** A message that extends the lease is about to leave: answers its number. The time is taken before it leaves. */
export function nextAttempt(rules: Rules, state: HolderState, context: HolderContext): number {
  state.sentAt.push(rules.holderClock(context));
  state.askedAt.push(context.now);
  return state.sentAt.length;
}

/** The lease was extended by this message; answers whether it lasts. An answer that took too long is none: the next may come in time. */
export function extended(rules: Rules, state: HolderState, attempt: number, context: HolderContext): boolean {
  // Answers may overtake each other; the latest request counts.
  if (attempt >= state.ackedAttempt) {
    state.ackedAttempt = attempt;
    state.validUntil = leaseOf(rules, state, attempt, context);
  }
  return rules.isValid(rules.holderClock(context), state.validUntil);
}

function leaseOf(rules: Rules, state: HolderState, attempt: number, context: HolderContext): Micros {
  const { ttl, clockRatePpmMax } = context.options;
  const sentAt = state.sentAt[attempt - 1] as Micros;
  const waited = state.phase === 'waiting' && state.sentAt.length > 1;
  return rules.validUntil(sentAt, rules.holderClock(context), ttl, clockRatePpmMax, waited);
}

/** On the clock it goes by. */
const left = (rules: Rules, state: HolderState, context: HolderContext): Micros =>
  state.validUntil - rules.holderClock(context);

const isValid = (rules: Rules, state: HolderState, context: HolderContext): boolean =>
  rules.isValid(rules.holderClock(context), state.validUntil);

export function noteRenewed(rules: Rules, state: HolderState, context: HolderContext): void {
  const { id } = state.request as Request;
  context.note('renewed', { id, token: state.token, left: left(rules, state, context) });
}

// ---- The work --------------------------------------------------------------------------------------------------------------------

/** The lock is held, with a lease that lasts. */
export function believe(rules: Rules, state: HolderState, token: number, context: HolderContext): void {
  const { id } = state.request as Request;
  context.note('believes', { id, token, left: left(rules, state, context), at: context.now });
  state.phase = 'registering';
  state.token = token;
  register(state, context);
}

const resourceOf = ({ directory }: HolderContext): NodeId => directory.withRole('resource')[0] as NodeId;

function register({ request, token }: HolderState, context: HolderContext): void {
  context.send(resourceOf(context), { type: 'Register', token, id: (request as Request).id });
  context.setTimer('retry', context.options.retryInterval);
}

export function onRegistered<State extends HolderState, Context extends HolderContext>(
  lock: Lock<State, Context>,
  state: State,
  { id, ok }: Registered,
  context: Context,
): void {
  if (state.phase !== 'registering' || state.request?.id !== id) return;
  if (!ok) {
    lose(lock, state, context);
    return;
  }
  state.phase = 'working';
  step(lock, state, context);
}

/** Chubby 2.4, Kleppmann 2016: the lease is looked at before each step, and the step is fenced all the same. */
export function step<State extends HolderState, Context extends HolderContext>(
  lock: Lock<State, Context>,
  state: State,
  context: Context,
): void {
  const { request, token, written, ackedAttempt } = state;
  if (state.phase !== 'working' || request === null) return;
  if (!isValid(lock.rules, state, context) && !lock.lapse(state, context)) return;
  const age = context.now - (state.askedAt[ackedAttempt - 1] as Micros);
  context.note('guardedStep', { id: request.id, token, at: context.now, age });
  context.send(resourceOf(context), { type: 'Write', token, id: request.id, step: written + 1 });
  context.setTimer('retry', context.options.retryInterval);
}

export function onWritten<State extends HolderState, Context extends HolderContext>(
  lock: Lock<State, Context>,
  state: State,
  { id, step: done, ok }: Written,
  context: Context,
): void {
  const { request } = state;
  if (state.phase !== 'working' || request?.id !== id || done !== state.written + 1) return;
  if (!ok) {
    lose(lock, state, context);
    return;
  }
  state.written = done;
  context.cancelTimer('retry');
  if (done < request.op.writes) context.setTimer('step', context.options.stepInterval);
  else release(lock, state, request, context);
}

function release<State extends HolderState, Context extends HolderContext>(
  lock: Lock<State, Context>,
  state: State,
  request: Request<Work>,
  context: Context,
): void {
  context.note('released', { id: request.id, token: state.token });
  state.phase = 'releasing';
  lock.stopRenewing(context);
  lock.release(state, request, context);
}

/** Nobody has answered: asked again while the lease lasts. Only for `registering` and `working`. */
export function repeatWork<State extends HolderState, Context extends HolderContext>(
  lock: Lock<State, Context>,
  state: State,
  context: Context,
): void {
  if (state.phase === 'working') step(lock, state, context);
  else if (isValid(lock.rules, state, context) || lock.lapse(state, context)) register(state, context);
}

export const holds = ({ phase }: HolderState): boolean => phase === 'registering' || phase === 'working';

// ---- The end ---------------------------------------------------------------------------------------------------------------------

/** It never held the lock, and so has done nothing. */
export function giveUp<State extends HolderState, Context extends HolderContext>(
  lock: Lock<State, Context>,
  state: State,
  request: Request<Work>,
  context: Context,
): void {
  context.note('gaveUp', { id: request.id });
  lock.abandon(state, request, context);
  end(lock, state, context);
  context.refuse(request, 'the lock was not to be had');
}

/** The holder stops at once, and gives back what it may still have. A waiter may hear of it too: of an acquisition that is over. */
export function lose<State extends HolderState, Context extends HolderContext>(
  lock: Lock<State, Context>,
  state: State,
  context: Context,
): void {
  const request = state.request as Request<Work>;
  context.note('lost', { id: request.id, token: state.token });
  lock.abandon(state, request, context);
  finish(lock, state, true, context);
}

/** Where a holder whose lease is over has lost the lock. */
export function loseAtOnce<State extends HolderState, Context extends HolderContext>(
  lock: Lock<State, Context>,
  state: State,
  context: Context,
): false {
  lose(lock, state, context);
  return false;
}

export function finish<State extends HolderState, Context extends HolderContext>(
  lock: Lock<State, Context>,
  state: State,
  lost: boolean,
  context: Context,
): void {
  const request = state.request as Request;
  const { written } = state;
  end(lock, state, context);
  context.reply(request, { written, lost });
}

function end<State extends HolderState, Context extends HolderContext>(
  lock: Lock<State, Context>,
  state: State,
  context: Context,
): void {
  Object.assign(state, lock.idle());
  context.cancelTimer('retry');
  lock.stopRenewing(context);
  context.cancelTimer('step');
}
