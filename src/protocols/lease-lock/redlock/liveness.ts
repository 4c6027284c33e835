/** What Redlock owes when the world is calm: everybody who asks gets the lock, in no order, does its work and gives it back. */
import type { Circumstances, LivenessClaim } from '../../../check/liveness.ts';
import type { Micros } from '../../../sim/protocol.ts';
import { quorumOf } from './rules.ts';
import type { RedlockOptions } from './shape.ts';

/** Writes that one call may ask for: enough that a holder must ask for more time. */
export const WRITES_MAX = 8;

export const redlockLiveness: LivenessClaim = {
  quorum: { client: () => 1, store: quorumOf },
  within(circumstances) {
    const service = serviceWithin(circumstances);
    return service === undefined ? undefined : { service };
  },
};

/** Calls that each client makes in the calm, the one that was open when it began, and one that came too early. */
const TURNS = 4;
/** Fewer than once in 10^9 runs do so many attempts in a row meet others that came within the same instant. */
const COLLISIONS_MAX = 10;
/** Of the pause between two attempts, the part within which two of them collide: then chance has enough to say. */
const COLLISION_PART = 8;

/**
 * What stores have when the calm begins is over after two ttl: those that restart are silent for one. From then on whoever comes first
 * when the lock is free has it, unless somebody else comes at the same instant; then nobody may have it, and both come again after a
 * pause of random length.
 */
function serviceWithin({
  options,
  nodes,
  latencyMax,
  syncMax,
  clockRateMin,
  clockRateMax,
  callAgainMax,
}: Circumstances): Micros | undefined {
  const { ttl, storeTimeout, retryDelay, retryJitter, stepInterval, writeRetryInterval, trustedWith } =
    options as unknown as RedlockOptions;
  const clients = nodes.client ?? 1;
  const exchange = 2 * (latencyMax + syncMax);
  // Answers come too late, the ttl is over before anybody has it, or attempts meet so often that nothing is owed.
  if (storeTimeout / clockRateMax <= exchange) return undefined;
  if (exchange * clients * COLLISION_PART > retryJitter / clockRateMax) return undefined;
  const work =
    (WRITES_MAX + 2) * exchange + (WRITES_MAX * stepInterval + writeRetryInterval + 3 * storeTimeout) / clockRateMin;
  const margin = trustedWith === 'writes' ? ttl / 8 : 0;
  // The work may not need more time than a lock has that is never extended; else it is lost half-way, which is an answer too.
  if (ttl / clockRateMax <= margin + exchange + 2_000) return undefined;
  const pause = (storeTimeout + retryDelay + retryJitter) / clockRateMin;
  const turns = TURNS * clients * (work + pause + callAgainMax);
  return (2 * ttl) / clockRateMin + turns + COLLISIONS_MAX * pause;
}
