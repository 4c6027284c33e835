/** What a client of the store does in every recipe: a session, requests in order, a place in the queue, and then the work. */
import type { Context, NodeId, NodeView, Request } from '../../../sim/protocol.ts';
import {
  believe,
  extended,
  giveUp,
  holds,
  type Lock,
  leasePanels,
  nextAttempt,
  noteRenewed,
  repeatWork,
} from '../holder.ts';
import type { ReplicatedOptions } from '../replicated/options.ts';
import type { Rules } from '../rules.ts';
import { answered, onNotLeader, type Reach, tellServer } from '../servers.ts';
import type { HolderState, NotLeader, Register, Registered, Work, WorkResult, Write, Written } from '../shape.ts';
import type { Created, FromStore, Gone, KeptAlive, Listed, SessionRequest, ToStore, Watching } from './shape.ts';

/**
 * How far a client has come that does not hold the lock yet: it has no session, no node, does not know where its node stands, waits until
 * the one before it is gone, or stands first and needs a lease that lasts.
 */
export type Stage = 'session' | 'node' | 'place' | 'wait' | 'first';

export interface RecipeState extends HolderState, Reach {
  stage: Stage;
  /** 0 for none. */
  session: number;
  /** The last request of the session. */
  number: number;
  /** Revisions of its own node, and of the one before it that it watches; 0 while it knows none. */
  node: number;
  before: number;
  /** The epoch of the master that it knows; 0 where there are none, -1 where none is known (Chubby). */
  epoch: number;
  /** Whether the store knows that it watches. */
  isWatching: boolean;
  /** How often it has waited in vain for an answer, or for its turn. */
  retries: number;
  /** The first request to delete its node; 0 before. */
  deletion: number;
}

export interface RecipeShape {
  readonly state: RecipeState;
  readonly message: FromStore | NotLeader<ToStore> | Registered | Written;
  readonly sends: ToStore | Register | Write;
  readonly timer: 'retry' | 'step' | 'ping';
  readonly op: Work;
  readonly result: WorkResult;
  readonly options: ReplicatedOptions;
}

export type RecipeContext = Context<RecipeShape>;

/** One recipe. */
export interface Recipe extends Lock<RecipeState, RecipeContext> {
  /** Asks what is to be asked at the stage that has been reached. */
  ask(state: RecipeState, request: Request<Work>, context: RecipeContext): void;
  /** Asks again, since nobody has answered. */
  askAgain(state: RecipeState, request: Request<Work>, context: RecipeContext): void;
  /** Nobody acknowledges that the lock is given back. */
  leaveIt(state: RecipeState, context: RecipeContext): void;
}

export const noPlace = (): Pick<RecipeState, 'stage' | 'node' | 'before' | 'isWatching' | 'retries' | 'deletion'> => ({
  stage: 'session',
  node: 0,
  before: 0,
  isWatching: false,
  retries: 0,
  deletion: 0,
});

// ---- The session -----------------------------------------------------------------------------------------------------------------

/** Where masters have epochs a message says whom it is for. */
export function tell(state: RecipeState, message: ToStore, context: RecipeContext): void {
  tellServer(state, state.epoch === 0 ? message : { epoch: state.epoch, ...message }, context);
}

/** Also keeps it open: each such message extends it. */
function openSession(rules: Rules, state: RecipeState, context: RecipeContext): void {
  const attempt = nextAttempt(rules, state, context);
  tell(state, { type: 'OpenSession', session: state.session, attempt }, context);
}

export function onPingTimer(rules: Rules, state: RecipeState, context: RecipeContext): void {
  if (state.session === 0) return;
  const attempt = nextAttempt(rules, state, context);
  tell(state, { type: 'KeepAlive', session: state.session, attempt }, context);
  context.setTimer('ping', context.options.renewInterval);
}

/** Answers whether the session, which was being opened, is there. */
export function onKeptAlive(
  rules: Rules,
  state: RecipeState,
  { session, attempt }: KeptAlive,
  context: RecipeContext,
): boolean {
  answered(state);
  if (session !== state.session) return false;
  const lasts = extended(rules, state, attempt, context);
  if (state.request === null || state.phase === 'releasing') return false;
  if (holds(state)) {
    if (lasts) noteRenewed(rules, state, context);
    return false;
  }
  if (state.stage === 'first' && lasts) hold(rules, state, context);
  return state.stage === 'session';
}

/** The next request of the session. */
export function ask<Kind extends SessionRequest['type']>(
  state: RecipeState,
  type: Kind,
  details: Omit<Extract<SessionRequest, { readonly type: Kind }>, 'type' | 'session' | 'number'>,
  context: RecipeContext,
): void {
  const { session } = state;
  state.number++;
  tell(state, { type, session, number: state.number, ...details } as unknown as ToStore, context);
}

export function onStranger(
  state: RecipeState,
  from: NodeId,
  { message }: NotLeader<ToStore>,
  context: RecipeContext,
): void {
  onNotLeader(state, from, message, state.session === message.session, context);
}

// ---- The queue -------------------------------------------------------------------------------------------------------------------

export function enter(
  recipe: Recipe,
  stage: Stage,
  state: RecipeState,
  request: Request<Work>,
  context: RecipeContext,
): void {
  state.stage = stage;
  state.isWatching = false;
  recipe.ask(state, request, context);
  context.setTimer('retry', context.options.retryInterval);
}

/** @param once whether a node that is there already is found again (etcd), or one more is made (ZooKeeper). */
export function askAt(
  rules: Rules,
  once: boolean,
  state: RecipeState,
  { id }: Request<Work>,
  context: RecipeContext,
): void {
  switch (state.stage) {
    case 'session':
      openSession(rules, state, context);
      return;
    case 'node':
      ask(state, 'Create', { id, once }, context);
      return;
    case 'place':
      ask(state, 'List', {}, context);
      return;
    case 'wait':
      ask(state, 'Watch', { revision: state.before }, context);
      return;
    case 'first':
      // The next answer to a keep-alive decides.
      return;
  }
}

/** Where the own node stands; the lock is not held before the lease is known to last. */
export function takePlace(
  recipe: Recipe,
  state: RecipeState,
  revision: number,
  before: number,
  request: Request<Work>,
  context: RecipeContext,
): void {
  state.node = revision;
  state.before = before;
  if (before !== 0) enter(recipe, 'wait', state, request, context);
  else {
    state.stage = 'first';
    const { rules } = recipe;
    if (extended(rules, state, state.ackedAttempt, context)) hold(rules, state, context);
  }
}

function hold(rules: Rules, state: RecipeState, context: RecipeContext): void {
  state.retries = 0;
  believe(rules, state, state.node, context);
}

export function onCreated(recipe: Recipe, state: RecipeState, message: Created, context: RecipeContext): void {
  answered(state);
  const { request } = state;
  if (request === null || state.stage !== 'node' || message.session !== state.session) return;
  if (message.number !== state.number) return;
  takePlace(recipe, state, message.revision, message.before, request, context);
}

/** etcd-io/etcd#11456: the own lease may have ended while the client waited, and somebody else's turn have come. */
export function onGone(recipe: Recipe, state: RecipeState, { session, revision }: Gone, context: RecipeContext): void {
  answered(state);
  const { request } = state;
  if (request === null || state.stage !== 'wait' || session !== state.session || revision !== state.before) return;
  if (recipe.rules.looksAgain()) enter(recipe, 'place', state, request, context);
  else takePlace(recipe, state, state.node, 0, request, context);
}

export function onWatching(state: RecipeState, _from: NodeId, { session, number }: Watching): void {
  answered(state);
  if (session === state.session && number === state.number) state.isWatching = true;
}

/** What is known of an acquisition from a list: its node, and the last one before it. */
export function placeIn(
  { nodes }: Listed,
  session: number,
  id: number,
): { readonly revision: number; readonly before: number } | undefined {
  const place = nodes.findIndex((node) => node.session === session && node.id === id);
  if (place === -1) return undefined;
  return { revision: nodes[place]?.revision ?? 0, before: nodes[place - 1]?.revision ?? 0 };
}

/** Who watches asks again after so many times that others would have asked again. */
const WATCH_AGAIN = 4;

/** A Release that is not answered is repeated so often. */
const RELEASES_MAX = 5;

export function onRetryTimer(recipe: Recipe, state: RecipeState, context: RecipeContext): void {
  const { request, phase } = state;
  if (request === null) return;
  if (phase === 'registering' || phase === 'working') {
    repeatWork(recipe, state, context);
    return;
  }
  state.retries++;
  if (phase === 'releasing') {
    if (state.retries < RELEASES_MAX) recipe.release(state, request, context);
    else recipe.leaveIt(state, context);
    return;
  }
  if (state.retries >= context.options.acquireAttempts) {
    giveUp(recipe, state, request, context);
    return;
  }
  // The news that a node is gone is sent once, and may be lost.
  const isQuiet = state.stage === 'wait' && state.isWatching && state.retries % WATCH_AGAIN !== 0;
  if (!isQuiet) recipe.askAgain(state, request, context);
  context.setTimer('retry', context.options.retryInterval);
}

export function viewRecipe(rules: Rules, { phase, stage, request, token, written, validUntil }: RecipeState): NodeView {
  const work = request === null ? 'idle' : phase === 'waiting' ? `waits: ${stage}` : phase;
  const progress = token === 0 || request === null ? '' : ` #${token} ${written}/${request.op.writes}`;
  return {
    role: phase,
    ...(token === 0 ? {} : { epoch: token }),
    label: `${work}${progress}`,
    panels: leasePanels(rules, phase, `#${token}`, validUntil),
  };
}
