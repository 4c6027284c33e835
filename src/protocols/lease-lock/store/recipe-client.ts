/** The client of a recipe: what it hears of the store, of the resource and of its timers, whichever recipe it follows. */
import type { Request, Role } from '../../../sim/protocol.ts';
import { idleHolder, onRegistered, onWritten, step } from '../holder.ts';
import { nobodyAsked } from '../servers.ts';
import type { Work } from '../shape.ts';
import {
  enter,
  noPlace,
  onCreated,
  onGone,
  onKeptAlive,
  onPingTimer,
  onRetryTimer,
  onStranger,
  onWatching,
  type Recipe,
  type RecipeContext,
  type RecipeShape,
  type RecipeState,
  viewRecipe,
} from './recipe.ts';
import type { Deleted, Listed, SessionGone } from './shape.ts';

/** What the two kinds do in their own way: a session for each acquisition, or one for as long as the client lives. */
export interface OwnSteps {
  onWork(recipe: Recipe, state: RecipeState, request: Request<Work>, context: RecipeContext): void;
  onSessionGone(recipe: Recipe, state: RecipeState, message: SessionGone, context: RecipeContext): void;
  onListed(recipe: Recipe, state: RecipeState, message: Listed, context: RecipeContext): void;
  onDeleted(recipe: Recipe, state: RecipeState, message: Deleted, context: RecipeContext): void;
}

/** @param epoch of the master, as far as it is known at boot. */
export function createRecipeClient(recipe: Recipe, epoch: number, own: OwnSteps): Role<RecipeShape> {
  const { rules } = recipe;
  return {
    boot: () => ({ session: 0, number: 0, epoch, ...idleHolder(), ...nobodyAsked(), ...noPlace() }),
    onRequest: { work: (state, request, context) => own.onWork(recipe, state, request, context) },
    onMessage: {
      KeptAlive: (state, _from, message, context) => {
        const isOpened = onKeptAlive(rules, state, message, context);
        if (isOpened && state.request !== null) enter(recipe, 'node', state, state.request, context);
      },
      SessionGone: (state, _from, message, context) => own.onSessionGone(recipe, state, message, context),
      Created: (state, _from, message, context) => onCreated(recipe, state, message, context),
      Deleted: (state, _from, message, context) => own.onDeleted(recipe, state, message, context),
      Listed: (state, _from, message, context) => own.onListed(recipe, state, message, context),
      Watching: onWatching,
      Gone: (state, _from, message, context) => onGone(recipe, state, message, context),
      NotLeader: onStranger,
      Registered: (state, _from, message, context) => onRegistered(recipe, state, message, context),
      Written: (state, _from, message, context) => onWritten(recipe, state, message, context),
    },
    onTimer: {
      retry: (state, _key, context) => onRetryTimer(recipe, state, context),
      ping: (state, _key, context) => onPingTimer(rules, state, context),
      step: (state, _key, context) => step(recipe, state, context),
    },
    view: (state) => viewRecipe(rules, state),
  };
}
