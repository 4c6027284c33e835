/** What a replicated lock owes in the calm: what the single server owes, once Raft has a leader and the clients have found it. */
import type { Bounds, Circumstances, LivenessClaim } from '../../../check/liveness.ts';
import type { Micros } from '../../../sim/protocol.ts';
import { raftLiveness } from '../../raft/raft.ts';
import { serviceUnderGuard } from '../liveness.ts';
import { type ReplicatedOptions, raftOptionsOf } from './options.ts';

export const replicatedLiveness: LivenessClaim = {
  quorum: { server: (count) => Math.floor(count / 2) + 1, client: () => 1 },
  within: (circumstances) => serviceOfReplicas(circumstances, (exchange) => serviceUnderGuard(circumstances, exchange)),
};

/** @param serviceIn what is owed where an exchange with the servers takes so long. */
export function serviceOfReplicas(
  circumstances: Circumstances,
  serviceIn: (exchange: Micros) => Micros | undefined,
): Bounds | undefined {
  const { options, latencyMax, syncMax, clockRateMin, nodes } = circumstances;
  const below = { ...circumstances, options: { ...raftOptionsOf(options) } as Circumstances['options'] };
  const agreement = raftLiveness.within(below)?.agreement;
  // There, through the log of a quorum (or a round that confirms the leader, behind the one under way), and back.
  const exchange = 6 * (latencyMax + 2 * syncMax);
  const service = serviceIn(exchange);
  if (agreement === undefined || service === undefined) return undefined;
  // Those that are cut off do not even say that they do not lead.
  const { retryInterval, renewInterval } = options as unknown as ReplicatedOptions;
  const search = (nodes.server ?? 1) * (Math.max(retryInterval, renewInterval) / clockRateMin + 2 * latencyMax);
  return { service: agreement + search + service };
}
