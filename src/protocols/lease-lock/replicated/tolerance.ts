/** What replicated locks claim to survive: what the single server does. Raft itself looks at no clock. */
import type { Options } from '../../../check/liveness.ts';
import type { Tolerance } from '../../../sim/protocol.ts';

export const tolerates: Tolerance = {
  crashes: true,
  unsyncedLoss: true,
  partitions: true,
  messageLoss: true,
  duplication: true,
  reordering: true,
  pauses: true,
  clockRatePpm: 1_000,
  clockSteps: true,
};

export const toleratesUnder = ({ clockRatePpmMax }: Options): Tolerance => ({
  ...tolerates,
  clockRatePpm: clockRatePpmMax as number,
});
