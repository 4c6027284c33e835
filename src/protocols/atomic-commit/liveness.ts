/**
 * AC5: when all processes are up and reach each other, whoever has voted learns the decision, all locks of before are given back, all
 * requests are answered, and clients are served, by a bound that hangs on the time-outs.
 */
import type { Circumstances, LivenessClaim } from '../../check/liveness.ts';
import type { World } from '../../sim/observer.ts';
import type { Micros, NodeId } from '../../sim/protocol.ts';
import type { Manager } from './manager.ts';
import type { SharedOptions } from './options.ts';
import { isParticipant, nameOf, resourceOf } from './properties/facts.ts';

/** Messages and syncs on the way of one transaction, and of those that it may have to wait for. */
const STEPS = 1_000;
/**
 * How often a call of the calm may be refused because of others, before it gets its turn; and how many transactions that nobody goes on
 * with may stand in line for one lock: each gets it when the one before it has been idle for too long, and is idle then.
 */
const TURNS = 10;

/**
 * @param doubt how long a process that is in doubt may take to learn the decision when all can be reached, by its own clock.
 * @param openAt what another process than a participant has not brought to its end, in words.
 */
export const livenessOf = (
  doubt: (options: Circumstances['options']) => Micros,
  openAt: (state: object) => string | undefined = () => undefined,
): LivenessClaim => ({
  within(circumstances) {
    const { clockRateMin, latencyMax, syncMax, callAgainMax } = circumstances;
    const options = circumstances.options as unknown as SharedOptions;
    const { idleTimeout, workTimeout, restartTimeout, lockPolicy, lockTimeout, clientTimeout, clientAttempts } =
      options;
    // A circle lasts until a claim has waited for too long. Clients that give up before, and come with the next request, make the next circle.
    if (lockPolicy === 'timeout' && clientTimeout * clientAttempts < lockTimeout) return undefined;
    const steps = STEPS * (latencyMax + syncMax);
    const leftovers = doubt(circumstances.options) + TURNS * idleTimeout + workTimeout + restartTimeout + lockTimeout;
    const agreement = leftovers / clockRateMin + steps;
    // The call that was open before is given up first.
    const client = (clientTimeout * (clientAttempts + 1)) / clockRateMin + TURNS * callAgainMax + steps;
    return { agreement, service: agreement + client };
  },
  disagreement: (world, core) => openAtParticipants(world, core) ?? openElsewhere(world, core, openAt),
  whyUnrecoverable(world, core) {
    const down = core.find((node) => !world.isUp(node));
    return down === undefined ? undefined : `${nameOf(world, down)} has stopped`;
  },
});

/** Nobody is in doubt, nobody holds a lock. */
function openAtParticipants(world: World, core: readonly number[]): string | undefined {
  for (const node of core) {
    if (!isParticipant(world, node)) continue;
    const state = world.stateOf(node);
    if (state === undefined) return `${nameOf(world, node)} is busy`;
    const { locals, hazards } = resourceOf(state);
    const [hazard] = hazards;
    if (hazard !== undefined) {
      return `nobody has told ${nameOf(world, node)} whether its operator was right about transaction ${hazard.txn}`;
    }
    const [open] = locals;
    if (open !== undefined) return `transaction ${open.age.txn} is ${open.phase} at ${nameOf(world, node)}`;
  }
  return undefined;
}

/**
 * A coordinator has answered every request it has taken on. Where participants are out of reach it answers when their time is up, and clients
 * come with the next: there is always one that is open.
 */
function unanswered(state: object, reached: readonly NodeId[]): string | undefined {
  const { open = [] } = (state as { readonly manager?: Manager }).manager ?? {};
  const work = open.find(({ participants = [] }) => participants.every((node) => reached.includes(node)));
  return work === undefined ? undefined : `has not answered the request of which ${work.age.txn} is an attempt`;
}

function openElsewhere(
  world: World,
  core: readonly number[],
  openAt: (state: object) => string | undefined,
): string | undefined {
  const reached = core.map((node) => nameOf(world, node));
  for (const node of core) {
    if (isParticipant(world, node)) continue;
    const state = world.stateOf(node) as object | undefined;
    const open = state === undefined ? 'is busy' : (unanswered(state, reached) ?? openAt(state));
    if (open !== undefined) return `${nameOf(world, node)} ${open}`;
  }
  return undefined;
}
