/** The client: asks one coordinator for a transaction, again and again, until it is answered or has asked too often. */
import type { Json } from '../../sim/plain.ts';
import type { Context, Micros, NodeId, Request, Role } from '../../sim/protocol.ts';
import type { Begin, Done, Stale } from './transactions.ts';
import { type ClientOp, type ClientResult, stepsOf } from './workload.ts';

export interface ClientOptions {
  /** How long a client waits for an answer before it asks again. */
  readonly clientTimeout: Micros;
  /** How often it asks in all before it gives up. */
  readonly clientAttempts: number;
}

export interface ClientState {
  readonly role: 'client';
  request: Request<ClientOp> | null;
  coordinator: NodeId;
  attempts: number;
  /** Of each coordinator, as far as known. */
  readonly incarnations: { [coordinator: NodeId]: number };
}

export interface ClientShape {
  readonly state: ClientState;
  readonly message: Done | Stale;
  readonly sends: Begin;
  readonly timer: 'retry';
  readonly op: ClientOp;
  readonly result: ClientResult & { readonly [field: string]: Json };
  readonly options: ClientOptions;
}

type ClientContext = Context<ClientShape>;

export const client: Role<ClientShape> = {
  boot: () => ({ role: 'client', request: null, coordinator: '', attempts: 0, incarnations: {} }),
  onMessage: { Done: onDone, Stale: onStale },
  onTimer: { retry: (state, _key, context) => onRetryTimer(state, context) },
  onRequest: {
    transfer: onCall,
    audit: onCall,
    append: onCall,
    'append-read': onCall,
    lists: onCall,
    'put-get': onCall,
    registers: onCall,
  },
  view: ({ request }) => ({ role: 'client', label: request === null ? 'idle' : `#${request.sequence}` }),
};

/** Retries go to the same coordinator: only it knows whether the request has been carried out. */
function onCall(state: ClientState, request: Request<ClientOp>, context: ClientContext): void {
  state.request = request;
  state.coordinator = context.random.pick(context.directory.withRole('coordinator'));
  state.attempts = 0;
  ask(state, request, context);
}

function ask(state: ClientState, request: Request<ClientOp>, context: ClientContext): void {
  state.attempts++;
  context.setTimer('retry', context.options.clientTimeout);
  sendQuestion(state, request, context);
}

function sendQuestion(state: ClientState, { process, sequence, op }: Request<ClientOp>, context: ClientContext): void {
  const incarnation = state.incarnations[state.coordinator] ?? 0;
  const origin = { process, sequence };
  context.send(state.coordinator, { type: 'Begin', origin, incarnation, steps: stepsOf(op, origin) });
}

/** What a life that is over had aborted may have been asked anew: who has done so waits for the answer to that. */
function onDone(
  state: ClientState,
  from: NodeId,
  { origin, incarnation, committed, overdrawn, values }: Done,
  context: ClientContext,
): void {
  const { request } = state;
  if (request === null || request.process !== origin.process || request.sequence !== origin.sequence) return;
  if (incarnation < (state.incarnations[from] ?? 0)) return;
  finish(state, context);
  if (committed) context.reply(request, { values });
  else if (overdrawn) context.reply(request, { values: [], overdrawn: true });
  else context.refuse(request, 'aborted');
}

/**
 * What was asked by the number of a life that is over may have been begun in it. Where transactions outlive that, it is asked anew by no
 * other number: it is given up, once the coordinator says of this very request that it has no trace of it. Of others it may have one.
 */
function onStale(
  state: ClientState,
  from: NodeId,
  { origin, incarnation, outlives }: Stale,
  context: ClientContext,
): void {
  const known = state.incarnations[from] ?? 0;
  if (incarnation <= known) return;
  const { request } = state;
  const isPresent = request?.process === origin.process && request.sequence === origin.sequence;
  const mayBeCarriedOut = outlives === true && known > 0 && request !== null && from === state.coordinator;
  if (mayBeCarriedOut && !isPresent) return;
  state.incarnations[from] = incarnation;
  if (!isPresent) return;
  if (mayBeCarriedOut) giveUp(state, request, context);
  else sendQuestion(state, request, context);
}

function onRetryTimer(state: ClientState, context: ClientContext): void {
  const { request } = state;
  if (request === null) return;
  const { process, sequence } = request;
  if (state.attempts < context.options.clientAttempts) {
    context.note('clientRetried', { process, sequence });
    ask(state, request, context);
    return;
  }
  giveUp(state, request, context);
}

function giveUp(state: ClientState, request: Request<ClientOp>, context: ClientContext): void {
  const { process, sequence } = request;
  finish(state, context);
  context.note('clientGaveUp', { process, sequence });
  context.giveUp(request);
}

function finish(state: ClientState, context: ClientContext): void {
  state.request = null;
  context.cancelTimer('retry');
}
