/** What Chubby owes in the calm: a session that was in jeopardy when it began is safe or lost after the grace period. */
import type { LivenessClaim } from '../../../check/liveness.ts';
import { recipeLiveness } from '../store/liveness.ts';
import type { ChubbyOptions } from './shape.ts';

export const chubbyLiveness: LivenessClaim = {
  ...recipeLiveness,
  within(circumstances) {
    const bounds = recipeLiveness.within(circumstances);
    if (bounds === undefined) return undefined;
    const { options, clockRateMin, clockRateMax, nodes } = circumstances;
    const { gracePeriod, ttl, guard, lockDelay, acquireAttempts, retryInterval } = options as unknown as ChubbyOptions;
    const delay = guard === 'lock-delay' ? lockDelay : 0;
    // The lock is lost when the calm begins, and again because a client gives up just when it is its turn: who has not the patience for
    // both is owed nothing.
    if ((acquireAttempts * retryInterval) / clockRateMax <= (2 * delay) / clockRateMin) return undefined;
    const delays = ((nodes.client ?? 1) + 1) * delay;
    // A new master hears of all sessions first, or lets them expire.
    return { service: bounds.service + (gracePeriod + 2 * ttl + delays) / clockRateMin };
  },
};
