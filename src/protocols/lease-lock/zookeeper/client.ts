/**
 * The recipe of ZooKeeper (Hunt et al. 2010, section 2.4, "Simple Locks without Herd Effect"; as Curator does it): one session for as long
 * as the client lives, and for each acquisition an ephemeral, sequential node whose name holds the number of the acquisition. Whoever has
 * the first node holds the lock, the others watch the one before theirs.
 */
import type { Role } from '../../../sim/protocol.ts';
import type { Rules } from '../rules.ts';
import type { RecipeShape } from '../store/recipe.ts';
import { createSessionClient, createSessionRecipe } from '../store/session-client.ts';

/** A sequential node is always a new one. */
export const createZooKeeperClient = (rules: Rules): Role<RecipeShape> =>
  createSessionClient(createSessionRecipe(rules, false), 0);
