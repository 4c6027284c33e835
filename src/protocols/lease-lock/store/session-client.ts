/**
 * Clients that keep one session for as long as they live, and make a node in it for each acquisition: ZooKeeper's (as Curator does it) and
 * Chubby's.
 */
import type { Request, Role } from '../../../sim/protocol.ts';
import { finish, idleHolder, lose, loseAtOnce } from '../holder.ts';
import type { Rules } from '../rules.ts';
import { answered } from '../servers.ts';
import type { Work } from '../shape.ts';
import {
  ask,
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
} from './recipe.ts';
import { createRecipeClient } from './recipe-client.ts';
import type { Deleted, Listed, SessionGone } from './shape.ts';

/**
 * One recipe of this kind.
 * @param once whether a node that is there already is found again, or one more is made.
 * @param lapse what a holder does whose session may be over; it loses the lock where nothing is said.
 */
export function createSessionRecipe(
  rules: Rules,
  once: boolean,
  lapse?: (state: RecipeState, context: RecipeContext) => boolean,
): Recipe {
  const recipe: Recipe = {
    rules,
    idle: withSession,
    lapse: lapse ?? ((state, context) => loseAtOnce(recipe, state, context)),
    // The session goes on.
    stopRenewing: () => undefined,
    ask: (state, request, context) => askAt(rules, once, state, request, context),
    askAgain: (state, request, context) => askAgain(recipe, state, request, context),
    release: deleteNode,
    leaveIt: (state, context) => {
      closeSession(state, context);
      finish(recipe, state, false, context);
    },
    abandon: (state, _request, context) => closeSession(state, context),
  };
  return recipe;
}

/** @param epoch of the master, as far as it is known at boot. */
export const createSessionClient = (recipe: Recipe, epoch: number): Role<RecipeShape> =>
  createRecipeClient(recipe, epoch, { onWork, onSessionGone, onListed, onDeleted });

/** What is left when a call is over: the session, and all that is known of how long it lasts. */
function withSession(): Partial<RecipeState> {
  const { phase, request, token, written } = idleHolder();
  return { phase, request, token, written, ...noPlace() };
}

/** A session that is opened now has the number of the call: no other has it. */
function onWork(recipe: Recipe, state: RecipeState, request: Request<Work>, context: RecipeContext): void {
  Object.assign(state, withSession(), { phase: 'waiting', request });
  if (state.session !== 0) {
    enter(recipe, 'node', state, request, context);
    return;
  }
  Object.assign(state, idleHolder(), { phase: 'waiting', request, session: request.id, number: 0 });
  enter(recipe, 'session', state, request, context);
  context.setTimer('ping', context.options.renewInterval);
}

/** CURATOR-315: whoever does not know whether its node was made must not make another one, but look for it by its name. */
function askAgain(recipe: Recipe, state: RecipeState, request: Request<Work>, context: RecipeContext): void {
  if (state.stage === 'node' && recipe.rules.looksForLostNode()) enter(recipe, 'place', state, request, context);
  else recipe.ask(state, request, context);
}

/** A node that was known before and is not there any more went with its session. */
function onListed(recipe: Recipe, state: RecipeState, message: Listed, context: RecipeContext): void {
  answered(state);
  const { request } = state;
  if (request === null || state.stage !== 'place' || message.session !== state.session) return;
  if (message.number !== state.number) return;
  const place = placeIn(message, state.session, request.id);
  if (place !== undefined) takePlace(recipe, state, place.revision, place.before, request, context);
  else if (state.node === 0) enter(recipe, 'node', state, request, context);
  else lose(recipe, state, context);
}

/** An answer about a node of an earlier acquisition may come late: taken for one about this one it would leave the lock behind. */
function onDeleted(recipe: Recipe, state: RecipeState, { session, number }: Deleted, context: RecipeContext): void {
  answered(state);
  if (state.phase !== 'releasing' || session !== state.session || number < state.deletion) return;
  finish(recipe, state, false, context);
}

function onSessionGone(recipe: Recipe, state: RecipeState, { session }: SessionGone, context: RecipeContext): void {
  answered(state);
  if (session !== state.session || !recipe.rules.heedsLoss()) return;
  endSession(state, context);
  if (state.request === null) return;
  if (state.phase === 'releasing') finish(recipe, state, false, context);
  else lose(recipe, state, context);
}

function deleteNode(state: RecipeState, _request: Request<Work>, context: RecipeContext): void {
  ask(state, 'Delete', { revision: state.node }, context);
  if (state.deletion === 0) state.deletion = state.number;
  context.setTimer('retry', context.options.retryInterval);
}

/** Whatever it may have left behind goes with it. */
function closeSession(state: RecipeState, context: RecipeContext): void {
  if (state.session === 0) return;
  tell(state, { type: 'CloseSession', session: state.session }, context);
  endSession(state, context);
}

/** What is known of how long the session lasts goes with it, but not before those who watch have been told. */
function endSession(state: RecipeState, context: RecipeContext): void {
  state.session = 0;
  context.cancelTimer('ping');
}
