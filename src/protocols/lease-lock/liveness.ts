/** What the lock owes when the world is calm: everybody who asks gets it, does its work and gives it back. */
import type { Circumstances, LivenessClaim } from '../../check/liveness.ts';
import type { Micros } from '../../sim/protocol.ts';
import { shortened } from './rules.ts';
import type { GuardOptions, LeaseLockOptions } from './shape.ts';

/** Writes that one call may ask for. */
export const WRITES_MAX = 4;

export const leaseLockLiveness: LivenessClaim = {
  quorum: { client: () => 1 },
  within(circumstances) {
    const { latencyMax, syncMax } = circumstances;
    const service = serviceUnderGuard(circumstances, 2 * (latencyMax + 2 * syncMax));
    return service === undefined ? undefined : { service };
  },
};

/** Like `serviceWithin`, and with what lock-delay costs where the resource compares no tokens. */
export function serviceUnderGuard(circumstances: Circumstances, exchange: Micros): Micros | undefined {
  const { guard, lockDelay = 0 } = circumstances.options as unknown as GuardOptions;
  return guard === 'lock-delay'
    ? serviceWithDelays(circumstances, exchange, lockDelay)
    : serviceWithin(circumstances, exchange);
}

/** Calls that each client makes in the calm, the one that was open when it began, and one that came too early. */
const TURNS = 4;

/**
 * Every lock that is lost costs a lock-delay: that of a holder that is gone, and of each client one that it does not know of any more. Who
 * renews in time loses no other.
 */
function serviceWithDelays(circumstances: Circumstances, exchange: Micros, lockDelay: Micros): Micros | undefined {
  const { options, nodes, clockRateMin, clockRateMax } = circumstances;
  const { ttl, renewInterval, retryInterval, clockRatePpmMax } = options as unknown as LeaseLockOptions;
  const renewed = (retryInterval + renewInterval) / clockRateMin + 2 * exchange;
  if (renewed >= shortened(ttl, clockRatePpmMax) / clockRateMax) return undefined;
  const delays = (((nodes.client ?? 1) + 1) * lockDelay) / clockRateMin;
  const service = serviceWithin(circumstances, exchange, 1, delays);
  return service === undefined ? undefined : service + delays;
}

/**
 * Whoever held the lock when the calm began and is cut off, or was heard of by nobody, is gone after two leases. From then on each
 * client ahead in the queue does its work. `exchange`: the longest that a question to the server, or to the resource, and its answer take.
 * `asks`: how many questions it takes to get the lock. `delays`: for how long nobody may get it, beside that, while somebody waits.
 */
export function serviceWithin(
  { options, nodes, clockRateMin, clockRateMax, callAgainMax }: Circumstances,
  exchange: Micros,
  asks = 1,
  delays: Micros = 0,
): Micros | undefined {
  const { ttl, retryInterval, stepInterval, acquireAttempts } = options as unknown as LeaseLockOptions;
  // A waiter that does not ask again within its lease loses its place again and again: nothing is owed.
  if (retryInterval / clockRateMin + exchange >= ttl / clockRateMax) return undefined;
  const work = (WRITES_MAX + 2 + asks) * exchange + (WRITES_MAX * stepInterval + retryInterval) / clockRateMin;
  const turn = (nodes.client ?? 1) * work;
  const patience = acquireAttempts * retryInterval;
  // Nor to a client that gives up before it can be its turn.
  if (patience / clockRateMax <= turn + delays) return undefined;
  return (3 * ttl + patience) / clockRateMin + TURNS * (turn + callAgainMax);
}
