/** What clients of Chubby have besides what clients of a store have. */
import type { Context, Micros } from '../../../sim/protocol.ts';
import type { ReplicatedOptions } from '../replicated/options.ts';
import type { Guard, NewEpoch, NotYet } from '../shape.ts';
import type { RecipeShape, RecipeState } from '../store/recipe.ts';
import type { ToStore } from '../store/shape.ts';

export interface ChubbyOptions extends ReplicatedOptions {
  /** How long a client waits for a new master before it takes its session for lost. */
  readonly gracePeriod: Micros;
  readonly guard: Guard;
  /** How long a lock that was lost is granted to nobody, where the resource compares no tokens. */
  readonly lockDelay: Micros;
}

export interface ChubbyState extends RecipeState {
  /** It does not know whether its session lives, and does nothing under the lock. */
  inJeopardy: boolean;
}

export interface ChubbyShape extends Omit<RecipeShape, 'state' | 'message' | 'timer' | 'options'> {
  readonly state: ChubbyState;
  readonly message: RecipeShape['message'] | NewEpoch<ToStore> | NotYet;
  readonly timer: RecipeShape['timer'] | 'grace';
  readonly options: ChubbyOptions;
}

export type ChubbyContext = Context<ChubbyShape>;
