/** Who may lead, vote, and in which term. */
import { always, type Property } from '../../../check/property.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import type { Json } from '../../../sim/plain.ts';
import type { NodeId } from '../../../sim/protocol.ts';
import type { PeerMessage, RequestVote, RequestVoteReply, ServerState } from '../shape.ts';
import { durableHard, factAt, factNow, isHypothetical, nameOf, PEER_MESSAGES } from './facts.ts';

interface Elected {
  readonly node: number;
  readonly event: number;
}

interface Elections {
  readonly leaders: Map<number, Elected>;
  /** By node: the term it was last seen to lead. */
  readonly ledTerm: number[];
  /** By term and candidate: who has sent it a vote. */
  readonly voters: Map<number, number[][]>;
}

/** §5.2: "The majority rule ensures that at most one candidate can win the election for a particular term." Judged by the votes that were
 * sent, whatever the winner has counted: an election without a majority need not meet a second one to be seen. */
export const electionSafety: Property = always<Elections>({
  name: 'ES',
  title: 'at most one leader is elected in a term, with the votes of a majority',
  source: '§5.2, Figure 3: Election Safety',
  oracle: 'internal',
  role: 'server',
  messages: ['RequestVoteReply'],
  start: () => ({ leaders: new Map(), ledTerm: [], voters: new Map() }),
  send(memory, from, to, message: RequestVoteReply) {
    if (message.voteGranted) votersFor(memory, message.term, to).push(from);
    return undefined;
  },
  note(memory, node, text, data: Json | undefined, world) {
    if (text !== 'becameLeader') return undefined;
    const { term, votes } = data as unknown as { readonly term: number; readonly votes: readonly NodeId[] };
    return elect(memory, node, term, votes, world);
  },
  /** A leader that did not say so is one all the same. */
  step(memory, node, { role, currentTerm, votes }: ServerState, world) {
    if (role !== 'leader' || memory.ledTerm[node] === currentTerm) return undefined;
    return elect(memory, node, currentTerm, votes, world);
  },
});

function elect(
  memory: Elections,
  node: number,
  term: number,
  votes: readonly NodeId[],
  world: World,
): Finding | undefined {
  memory.ledTerm[node] = term;
  const other = memory.leaders.get(term);
  if (other === undefined) {
    memory.leaders.set(term, { node, event: world.event });
    return judgeVotes(memory, node, term, world);
  }
  if (other.node === node) return undefined;
  return {
    sentence: `${nameOf(world, other.node)} and ${nameOf(world, node)} were both elected leader of term ${term}`,
    facts: [
      factAt(world, other.event, other.node, `becomes leader of term ${term}`),
      factNow(world, node, `becomes leader of term ${term}, with votes of ${votes.join(', ')}`),
    ],
  };
}

function votersFor({ voters }: Elections, term: number, candidate: number): number[] {
  let ofTerm = voters.get(term);
  if (ofTerm === undefined) {
    ofTerm = [];
    voters.set(term, ofTerm);
  }
  ofTerm[candidate] ??= [];
  return ofTerm[candidate];
}

/** A candidate votes for itself. */
function judgeVotes(memory: Elections, node: number, term: number, world: World): Finding | undefined {
  const servers = world.nodes.filter((_, server) => world.roleOf(server) === 'server').length;
  const voters = new Set([node, ...votersFor(memory, term, node)]);
  if (voters.size * 2 > servers) return undefined;
  const names = [...voters].map((voter) => nameOf(world, voter)).join(', ');
  return {
    sentence: `${nameOf(world, node)} was elected leader of term ${term} with the votes of only ${voters.size} of ${servers} servers (${names})`,
    facts: [factNow(world, node, `becomes leader of term ${term}`)],
  };
}

interface Vote {
  readonly candidate: NodeId;
  readonly event: number;
}

export const oneVote: Property = always<{ readonly votes: Map<number, Vote>[] }>({
  name: 'V1',
  title: 'a server votes for at most one candidate in a term, across restarts',
  source: '§5.2',
  oracle: 'internal',
  role: 'server',
  messages: ['RequestVote', 'RequestVoteReply'],
  start: () => ({ votes: [] }),
  send(memory, from, to, message: RequestVote | RequestVoteReply, world) {
    const isOwn = message.type === 'RequestVote';
    if (!isOwn && !message.voteGranted) return undefined;
    const candidate = nameOf(world, isOwn ? from : to);
    memory.votes[from] ??= new Map();
    const votes = memory.votes[from];
    const earlier = votes.get(message.term);
    if (earlier === undefined) votes.set(message.term, { candidate, event: world.event });
    if (earlier === undefined || earlier.candidate === candidate) return undefined;
    return {
      sentence: `${nameOf(world, from)} voted for ${earlier.candidate} and for ${candidate} in term ${message.term}`,
      facts: [
        factAt(world, earlier.event, from, `votes for ${earlier.candidate} in term ${message.term}`),
        factNow(world, from, `votes for ${candidate} in term ${message.term}`),
      ],
    };
  },
});

/** Highest term a node has told anybody, and when. */
interface Told {
  readonly term: number[];
  readonly event: number[];
}

/** A term can only be forgotten by a restart, which finds it on disk or not; anything else would show in what a server says next. */
export const termMonotonic: Property = always<Told>({
  name: 'TM',
  title: 'a server never falls behind a term it has told others, across restarts',
  source: 'Figure 2: currentTerm "increases monotonically"; diss 3.8',
  oracle: 'internal',
  role: 'server',
  messages: PEER_MESSAGES,
  start: () => ({ term: [], event: [] }),
  boot: (memory, node, world) => compareTerm(memory, node, durableHard(world, node).term, 'restarts in', world),
  send(memory, from, _to, message: PeerMessage, world) {
    if (message.term === memory.term[from] || isHypothetical(message)) return undefined;
    const finding = compareTerm(memory, from, message.term, 'speaks in', world);
    memory.term[from] = message.term;
    memory.event[from] = world.event;
    return finding;
  },
});

function compareTerm(memory: Told, node: number, term: number, what: string, world: World): Finding | undefined {
  const told = memory.term[node];
  if (told === undefined || term >= told) return undefined;
  return {
    sentence: `${nameOf(world, node)} ${what} term ${term} although it has spoken in term ${told}`,
    facts: [
      factAt(world, memory.event[node] as number, node, `speaks in term ${told} for the first time`),
      factNow(world, node, `${what} term ${term}`),
    ],
  };
}
