/** What Chubby owes in the calm: a session that was in jeopardy when it began is safe or lost after the grace period. */
import type { LivenessClaim } from '../../../check/liveness.ts';
import { recipeLiveness } from '../store/liveness.ts';
import type { ChubbyOptions } from './shape.ts';

export const chubbyLiveness: LivenessClaim = {
  ...recipeLiveness,
  within(circumstances) {
    const bounds = recipeLiveness.within(circumstances);
    if (bounds === undefined) return undefined;
    const { gracePeriod, ttl } = circumstances.options as unknown as ChubbyOptions;
    // A new master hears of all sessions first, or lets them expire.
    return { service: bounds.service + (gracePeriod + 2 * ttl) / circumstances.clockRateMin };
  },
};
