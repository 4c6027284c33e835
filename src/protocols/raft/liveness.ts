/**
 * What Raft owes when the world is calm: a quorum that can reach each other elects a leader, serves clients and agrees, by a bound that
 * depends on the options. README.md derives it in words.
 */
import type { Circumstances, LivenessClaim } from '../../check/liveness.ts';
import type { World } from '../../sim/observer.ts';
import type { Micros } from '../../sim/protocol.ts';
import { mayBeLoyal, mustCheckQuorum } from './properties/published.ts';
import type { RaftOptions, ServerState } from './shape.ts';

/** Chance that a correct cluster misses the bound, for the election and for the client each. */
const CHANCE = 1e-9;

export const raftLiveness: LivenessClaim = {
  quorum: { server: (count) => majority(count) },
  // Who hears nobody asks for PreVotes for ever, and leads only until it misses its quorum.
  hearsOthers: (options) => options.preVote === true && mustCheckQuorum(options as unknown as RaftOptions),
  within(circumstances) {
    const election = electionWithin(circumstances);
    if (election === undefined) return undefined;
    const agreement = election + catchUpWithin(circumstances);
    return { agreement, service: agreement + clientWithin(circumstances) };
  },
  disagreement,
  whyUnrecoverable: tooFew,
};

/** A server whose disk cannot be believed stops, and must: what remains goes on as long as it is a majority. */
function tooFew(world: World, core: readonly number[]): string | undefined {
  const up = serversOf(world, core).length;
  const all = world.nodes.filter((_, node) => world.roleOf(node) === 'server').length;
  return up >= majority(all) ? undefined : `only ${up} of ${all} servers run: the others have stopped`;
}

const majority = (count: number): number => Math.floor(count / 2) + 1;

const optionsOf = ({ options }: Circumstances): RaftOptions => options as unknown as RaftOptions;

/**
 * Rounds of elections until one is uncontested. A server that can win campaigns at least once in the longest timeout; that fails only if
 * another times out about then: before the request has arrived, or before the winner has been heard of. Each of the others times out at
 * an instant drawn from [shortest, longest], perhaps several times in that round.
 */
function electionWithin(circumstances: Circumstances): Micros | undefined {
  const { electionTimeoutMin, electionTimeoutMax, heartbeatInterval } = optionsOf(circumstances);
  const { core, latencyMax, syncMax, clockRateMin, clockRateMax } = circumstances;
  const shortest = electionTimeoutMin / clockRateMax;
  const longest = Math.max(electionTimeoutMin, electionTimeoutMax) / clockRateMin;
  const spread = (Math.max(electionTimeoutMin, electionTimeoutMax) - electionTimeoutMin) / clockRateMax;
  // Asking for PreVotes first takes a round trip more.
  const asked = optionsOf(circumstances).preVote ? 2 * latencyMax + syncMax : 0;
  const contested = asked + 4 * latencyMax + 3 * syncMax;
  // A leader that is not heard in time is deposed again and again: nothing is owed.
  if (heartbeatInterval / clockRateMin + 2 * (latencyMax + syncMax) >= shortest) return undefined;
  if (spread <= 0) return undefined;
  const timeouts = Math.ceil(longest / shortest);
  const failure = ((core.server ?? 1) - 1) * (contested / spread) * timeouts;
  const rounds = tries(failure);
  return rounds === undefined ? undefined : (rounds + 1) * (longest + contested) + lapse(circumstances, longest);
}

/** Until a leader that hears nobody steps down, and until those who have promised it their loyalty are free. */
function lapse(circumstances: Circumstances, longest: Micros): Micros {
  const options = optionsOf(circumstances);
  const quorumCheck = mustCheckQuorum(options) ? 2 * longest : 0;
  const promise = mayBeLoyal(options) ? options.electionTimeoutMin / circumstances.clockRateMin : 0;
  return quorumCheck + promise;
}

/** A new leader finds out what each follower has and sends the rest: at most one entry in a round trip, if batches are that small. */
function catchUpWithin(circumstances: Circumstances): Micros {
  const { calls, latencyMax, syncMax, clockRateMin } = circumstances;
  // Each call may have been made several times, and opened a session; each leader adds an entry of its own.
  const entries = 1_000 + 8 * calls;
  const roundTrip = 2 * (latencyMax + syncMax);
  return entries * roundTrip + (4 * optionsOf(circumstances).heartbeatInterval) / clockRateMin;
}

/** The call that was open before is given up; then servers are asked at random until one answers that is not cut off. */
function clientWithin(circumstances: Circumstances): Micros {
  const { clientTimeout, clientAttempts } = optionsOf(circumstances);
  const { nodes, core, clockRateMin, callAgainMax } = circumstances;
  const outside = 1 - (core.server ?? 0) / (nodes.server ?? 1);
  const attempts = tries(outside) ?? 1;
  const attempt = clientTimeout / clockRateMin;
  return clientAttempts * attempt + (attempts + 2) * (attempt + callAgainMax);
}

/** How often something that fails with this probability must be tried until all tries fail with no more than `CHANCE`. */
function tries(failure: number): number | undefined {
  if (failure >= 1) return undefined;
  let left = 1;
  let count = 0;
  for (; left > CHANCE && count < TRIES_MAX; count++) left *= failure;
  return count === TRIES_MAX ? undefined : count;
}
/** What takes more tries is not owed: it would be hours. */
const TRIES_MAX = 1_000;

/** The servers of the core that run. */
const serversOf = (world: World, core: readonly number[]): readonly number[] =>
  core.filter((node) => world.roleOf(node) === 'server' && world.isUp(node));

/** A majority runs, one of them leads, and all have the same log and have applied all of it. */
function disagreement(world: World, core: readonly number[]): string | undefined {
  const few = tooFew(world, core);
  if (few !== undefined) return few;
  const servers = serversOf(world, core);
  let last = -1;
  let leader = -1;
  for (const node of servers) {
    const state = world.stateOf(node) as ServerState | undefined;
    if (state === undefined) return `${world.nodes[node]} waits for its disk`;
    if (state.role === 'leader') leader = node;
    last = Math.max(last, state.log.length);
  }
  if (leader === -1) return 'there is no leader';
  for (const node of servers) {
    const { log, lastApplied } = world.stateOf(node) as ServerState;
    if (log.length < last || lastApplied < last) {
      return `${world.nodes[node]} has ${log.length} entries and has applied ${lastApplied} of them, where somebody has ${last}`;
    }
  }
  return undefined;
}
