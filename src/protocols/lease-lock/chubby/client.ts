/**
 * A client of Chubby (Burrows 2006, sections 2.8 and 2.9). When its session may be over it is in jeopardy: it stops its work, and keeps its
 * locks. If it hears from a master within the grace period, an old or a new one, it goes on as if nothing had happened; else all is lost.
 */
import type { Role } from '../../../sim/protocol.ts';
import { holds, lose, repeatWork } from '../holder.ts';
import type { Rules } from '../rules.ts';
import { answered } from '../servers.ts';
import type { NewEpoch } from '../shape.ts';
import { type Recipe, type RecipeContext, type RecipeState, tell } from '../store/recipe.ts';
import { createSessionClient, createSessionRecipe } from '../store/session-client.ts';
import type { ToStore } from '../store/shape.ts';
import type { ChubbyContext, ChubbyShape, ChubbyState } from './shape.ts';

const UNKNOWN_EPOCH = -1;

export function createChubbyClient(rules: Rules): Role<ChubbyShape> {
  const recipe = createRecipe(rules);
  // Whoever handles less does not mind a context that can do more.
  const client = createSessionClient(recipe, UNKNOWN_EPOCH) as unknown as Role<ChubbyShape>;
  return {
    ...client,
    boot: (context) => Object.assign(client.boot(context), { inJeopardy: false }),
    onMessage: {
      ...client.onMessage,
      KeptAlive: (state, from, message, context) => {
        client.onMessage.KeptAlive(state, from, message, context);
        if (state.inJeopardy) resume(recipe, state, context);
      },
      NewEpoch: (state, _from, message, context) => onNewEpoch(state, message, context),
      NotYet: answered,
    },
    onTimer: {
      ...client.onTimer,
      grace: (state, _key, context) => {
        if (!state.inJeopardy || !holds(state)) return;
        context.note('graceOver', { id: state.request?.id ?? 0 });
        lose(recipe, state, context as RecipeContext);
      },
    },
    view: (state, options) => {
      const { label, ...view } = client.view(state, options);
      return { ...view, label: state.inJeopardy ? `jeopardy: ${label}` : label };
    },
  };
}

/** A lock is a file: to open it again is to find it. */
function createRecipe(rules: Rules): Recipe {
  const recipe = createSessionRecipe(rules, true, (state, context) => {
    enterJeopardy(state as ChubbyState, context as unknown as ChubbyContext);
    return !rules.blocksInJeopardy();
  });
  const { idle } = recipe;
  return Object.assign(recipe, {
    idle: (): Partial<ChubbyState> => ({ inJeopardy: false, ...idle() }),
    stopRenewing: (context: RecipeContext): void => (context as unknown as ChubbyContext).cancelTimer('grace'),
  });
}

/** Burrows 2006, section 2.8: "the client must not ... it is said that its session is in jeopardy": the library blocks all calls. */
function enterJeopardy(state: ChubbyState, context: ChubbyContext): void {
  if (state.inJeopardy) return;
  state.inJeopardy = true;
  context.note('jeopardy', { id: state.request?.id ?? 0 });
  context.setTimer('grace', context.options.gracePeriod);
}

/** The event "safe". */
function resume(recipe: Recipe, state: ChubbyState, context: ChubbyContext): void {
  const { rules } = recipe;
  if (!holds(state) || !rules.isValid(rules.holderClock(context), state.validUntil)) return;
  state.inJeopardy = false;
  context.cancelTimer('grace');
  context.note('safe', { id: state.request?.id ?? 0 });
  repeatWork(recipe, state, context as RecipeContext);
}

/** Whoever is asked is a master that it does not know; one of the past is none. */
function onNewEpoch(state: RecipeState, { epoch, message }: NewEpoch<ToStore>, context: ChubbyContext): void {
  answered(state);
  if (epoch < state.epoch) state.server++;
  state.epoch = Math.max(state.epoch, epoch);
  const { epoch: asked = 0, ...question } = message as ToStore & { readonly epoch?: number };
  if (asked < state.epoch && state.session === message.session)
    tell(state, question as ToStore, context as RecipeContext);
}
