/** diss 9.6: what a PreVote is worth. */
import { always, type Property } from '../../../check/property.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import type { PreVoteReply, RaftOptions, RequestVote } from '../shape.ts';
import { durableHard, factNow, nameOf } from './facts.ts';

/**
 * By candidate and term: who has sent it PreVotes (a crash may take it back to a term that is not its highest any more); and the term in
 * which it campaigned last.
 */
interface PreVotes {
  readonly voters: Map<number, number[]>[];
  readonly campaign: number[];
}

/** A campaign that cannot succeed costs a term, and with it the leader. */
export const preVotesMeant: Property = always<PreVotes>({
  name: 'PV',
  title: 'with PreVote nobody campaigns without the PreVotes of a majority, and only those grant them that would vote',
  source: 'diss 9.6',
  oracle: 'internal',
  role: 'server',
  messages: ['PreVoteReply', 'RequestVote'],
  start: () => ({ voters: [], campaign: [] }),
  send(memory, from, to, message: PreVoteReply | RequestVote, world) {
    if (message.type === 'RequestVote') return judgeCampaign(memory, from, message, world);
    if (!message.voteGranted) return undefined;
    const { term } = message;
    memory.voters[to] ??= new Map();
    const voters = memory.voters[to].get(term);
    if (voters === undefined) memory.voters[to].set(term, [from]);
    else if (!voters.includes(from)) voters.push(from);
    return judgeGrant(from, to, term, world);
  },
});

function judgeCampaign(memory: PreVotes, node: number, { term }: RequestVote, world: World): Finding | undefined {
  if (memory.campaign[node] === term || !(world.optionsOf(node) as RaftOptions).preVote) return undefined;
  memory.campaign[node] = term;
  const others = memory.voters[node]?.get(term) ?? [];
  const servers = world.nodes.filter((_, server) => world.roleOf(server) === 'server').length;
  if ((others.length + 1) * 2 > servers) return undefined;
  const names = [node, ...others].map((voter) => nameOf(world, voter)).join(', ');
  return {
    sentence: `${nameOf(world, node)} campaigns in term ${term} with the PreVotes of only ${others.length + 1} of ${servers} servers (${names})`,
    facts: [factNow(world, node, `asks for votes in term ${term}`)],
  };
}

/** Whatever it may have in memory, what it has on disk binds it. */
function judgeGrant(voter: number, candidate: number, term: number, world: World): Finding | undefined {
  const hard = durableHard(world, voter);
  const other = hard.votedFor !== null && hard.votedFor !== nameOf(world, candidate);
  if (hard.term < term || (hard.term === term && !other)) return undefined;
  const bound = hard.term > term ? `it is in term ${hard.term}` : `it has voted for ${hard.votedFor} there`;
  return {
    sentence: `${nameOf(world, voter)} granted ${nameOf(world, candidate)} a PreVote for term ${term}, in which it cannot vote for it: ${bound}`,
    facts: [factNow(world, voter, `grants a PreVote for term ${term}`)],
  };
}
