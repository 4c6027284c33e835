/** What a lock by a recipe owes in the calm: what any replicated lock owes, with more questions before the lock is held. */
import type { Bounds, Circumstances, LivenessClaim } from '../../../check/liveness.ts';
import { serviceWithin } from '../liveness.ts';
import { replicatedLiveness, serviceOfReplicas } from '../replicated/liveness.ts';
import type { ReplicatedOptions } from '../replicated/options.ts';

/** A session, a node, a watch, a list, a node again. */
const ASKS = 6;

export const recipeLiveness: LivenessClaim = { ...replicatedLiveness, within };

function within(circumstances: Circumstances): Bounds | undefined {
  const { options, clockRateMin, clockRateMax, latencyMax, syncMax } = circumstances;
  const { ttl, renewInterval } = options as unknown as ReplicatedOptions;
  // A session that is not extended in time is lost again and again: nothing is owed.
  if (renewInterval / clockRateMin + 6 * (latencyMax + 2 * syncMax) >= ttl / clockRateMax) return undefined;
  return serviceOfReplicas(circumstances, (exchange) => serviceWithin(circumstances, exchange, ASKS));
}
