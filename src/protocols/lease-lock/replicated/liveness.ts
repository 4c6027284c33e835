/** What a replicated lock owes in the calm: what the single server owes, once Raft has a leader and the clients have found it. */
import type { Circumstances, LivenessClaim } from '../../../check/liveness.ts';
import { raftLiveness } from '../../raft/raft.ts';
import { serviceWithin } from '../liveness.ts';
import { type ReplicatedOptions, raftOptionsOf } from './options.ts';

export const replicatedLiveness: LivenessClaim = {
  quorum: { server: (count) => Math.floor(count / 2) + 1, client: () => 1 },
  within(circumstances) {
    const { latencyMax, syncMax, clockRateMin, nodes } = circumstances;
    const servers = nodes.server ?? 1;
    const below = {
      ...circumstances,
      options: { ...raftOptionsOf(circumstances.options) } as Circumstances['options'],
    };
    const agreement = raftLiveness.within(below)?.agreement;
    // There, through the log of a quorum (or a round that confirms the leader, behind the one under way), and back.
    const exchange = 6 * (latencyMax + 2 * syncMax);
    const service = serviceWithin(circumstances, exchange);
    if (agreement === undefined || service === undefined) return undefined;
    // Those that are cut off do not even say that they do not lead.
    const { retryInterval, renewInterval } = circumstances.options as unknown as ReplicatedOptions;
    const search = servers * (Math.max(retryInterval, renewInterval) / clockRateMin + 2 * latencyMax);
    return { service: agreement + search + service };
  },
};
