/**
 * The recipe of etcd (clientv3/concurrency, Mutex): a lease for each acquisition, a key under it; the order in which keys were created is
 * the queue. Whoever has the oldest key holds the lock, the others watch the one before theirs.
 */
import type { Request, Role } from '../../../sim/protocol.ts';
import { finish, idleHolder, lose, loseAtOnce } from '../holder.ts';
import type { Rules } from '../rules.ts';
import { answered } from '../servers.ts';
import type { Work } from '../shape.ts';
import {
  askAt,
  enter,
  noPlace,
  placeIn,
  type Recipe,
  type RecipeContext,
  type RecipeShape,
  type RecipeState,
  takePlace,
  tell,
} from '../store/recipe.ts';
import { createRecipeClient } from '../store/recipe-client.ts';
import type { Listed, SessionGone } from '../store/shape.ts';

export function createEtcdClient(rules: Rules): Role<RecipeShape> {
  const recipe: Recipe = {
    rules,
    idle: leaseless,
    lapse: (state, context) => loseAtOnce(recipe, state, context),
    stopRenewing: (context) => context.cancelTimer('ping'),
    ask: (state, request, context) => askAt(rules, true, state, request, context),
    askAgain: (state, request, context) => askAt(rules, true, state, request, context),
    release: revoke,
    leaveIt: (state, context) => finish(recipe, state, false, context),
    abandon: (state, _request, context) => close(state, context),
  };
  return createRecipeClient(recipe, 0, {
    onWork,
    onSessionGone,
    onListed,
    onDeleted: (_recipe, state) => answered(state),
  });
}

const leaseless = (): Partial<RecipeState> => ({ session: 0, number: 0, ...idleHolder(), ...noPlace() });

/** The lease is the acquisition's: its number is that of the call. */
function onWork(recipe: Recipe, state: RecipeState, request: Request<Work>, context: RecipeContext): void {
  Object.assign(state, leaseless(), { phase: 'waiting', request, session: request.id });
  enter(recipe, 'session', state, request, context);
  context.setTimer('ping', context.options.renewInterval);
}

function onListed(recipe: Recipe, state: RecipeState, message: Listed, context: RecipeContext): void {
  answered(state);
  const { request } = state;
  if (request === null || state.stage !== 'place' || message.session !== state.session) return;
  if (message.number !== state.number) return;
  const place = placeIn(message, state.session, request.id);
  if (place === undefined) lose(recipe, state, context);
  else takePlace(recipe, state, place.revision, place.before, request, context);
}

function onSessionGone(recipe: Recipe, state: RecipeState, { session }: SessionGone, context: RecipeContext): void {
  answered(state);
  if (state.request === null || session !== state.session) return;
  if (state.phase === 'releasing') finish(recipe, state, false, context);
  else if (recipe.rules.heedsLoss()) lose(recipe, state, context);
}

/** Revoking the lease deletes the key. */
function revoke(state: RecipeState, _request: Request<Work>, context: RecipeContext): void {
  close(state, context);
  context.setTimer('retry', context.options.retryInterval);
}

function close(state: RecipeState, context: RecipeContext): void {
  tell(state, { type: 'CloseSession', session: state.session }, context);
}
