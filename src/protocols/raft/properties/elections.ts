/** Who may lead, vote, and in which term. */
import { always, type Property } from '../../../check/property.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import type { Json } from '../../../sim/plain.ts';
import type { NodeId } from '../../../sim/protocol.ts';
import type { PeerMessage, PreVote, PreVoteReply, RequestVote, RequestVoteReply, ServerState } from '../shape.ts';
import {
  durableHard,
  factAt,
  factNow,
  isBehind,
  isHypothetical,
  type LogEnd,
  nameOf,
  PEER_MESSAGES,
  writtenEnd,
} from './facts.ts';

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
  title:
    'at most one leader is elected in a term, with the votes of a majority, each given in that term and counted once',
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
    if (role === 'candidate') return judgeTally(memory, node, currentTerm, votes, world);
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
    return judgeTally(memory, node, term, votes, world) ?? judgeVotes(memory, node, term, world);
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

/** What a candidate counts, however little it may matter this time. */
function judgeTally(
  memory: Elections,
  node: number,
  term: number,
  votes: readonly NodeId[],
  world: World,
): Finding | undefined {
  for (let place = 0; place < votes.length; place++) {
    const voter = votes[place] as NodeId;
    const isGiven = voter === nameOf(world, node) || votersFor(memory, term, node).includes(world.nodes.indexOf(voter));
    if (isGiven && votes.indexOf(voter) === place) continue;
    const what = isGiven ? `counts the vote of ${voter} twice` : `counts a vote of ${voter}, which gave it none`;
    return {
      sentence: `${nameOf(world, node)} ${what} in term ${term}`,
      facts: [factNow(world, node, `has the votes of ${votes.join(', ')} in term ${term}`)],
    };
  }
  return undefined;
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

/** By node: its votes by term, and the last of those terms. */
interface Votes {
  readonly votes: Map<number, Vote>[];
  readonly last: number[];
}

/** A vote that is forgotten in its term will be given again: it is looked up on disk whenever somebody asks for one, and after restarts. */
export const oneVote: Property = always<Votes>({
  name: 'V1',
  title:
    'a server votes for at most one candidate in a term, across restarts, and its disk names that one as long as the term lasts',
  source: '§5.2; Figure 2: votedFor is the "candidateId that received vote in current term"',
  oracle: 'internal',
  role: 'server',
  messages: ['RequestVote', 'RequestVoteReply'],
  start: () => ({ votes: [], last: [] }),
  boot: (memory, node, world) => judgeMemory(memory, node, world),
  send(memory, from, to, message: RequestVote | RequestVoteReply, world) {
    const isOwn = message.type === 'RequestVote';
    if (!isOwn && !message.voteGranted) return judgeMemory(memory, from, world);
    const candidate = nameOf(world, isOwn ? from : to);
    memory.votes[from] ??= new Map();
    const votes = memory.votes[from];
    const earlier = votes.get(message.term);
    if (earlier === undefined) {
      votes.set(message.term, { candidate, event: world.event });
      memory.last[from] = message.term;
    }
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

function judgeMemory({ votes, last }: Votes, node: number, world: World): Finding | undefined {
  const { term, votedFor } = durableHard(world, node);
  const vote = term === last[node] ? votes[node]?.get(term) : undefined;
  if (vote === undefined || vote.candidate === votedFor) return undefined;
  const { candidate, event } = vote;
  const disk = `its disk says ${votedFor ?? 'nobody'}`;
  return {
    sentence: `${nameOf(world, node)} voted for ${candidate} in term ${term} and has forgotten it: ${disk}`,
    facts: [factAt(world, event, node, `votes for ${candidate} in term ${term}`), factNow(world, node, disk)],
  };
}

/** By candidate and term: how up to date its log was said to be, for votes and for PreVotes. */
interface Claims {
  readonly votes: Map<number, Claim>[];
  readonly preVotes: Map<number, Claim>[];
}

interface Claim extends LogEnd {
  readonly event: number;
}

/** Whoever lacks what the voter has may lack what is committed, although it takes more for that to be lost. */
export const upToDateElected: Property = always<Claims>({
  name: 'UP',
  title: "votes and PreVotes are granted only to whose log is at least as up to date as the voter's",
  source: '§5.4.1; diss 9.6',
  oracle: 'internal',
  role: 'server',
  messages: ['RequestVote', 'RequestVoteReply', 'PreVote', 'PreVoteReply'],
  start: () => ({ votes: [], preVotes: [] }),
  send(memory, from, to, message: RequestVote | RequestVoteReply | PreVote | PreVoteReply, world) {
    switch (message.type) {
      case 'RequestVote':
        claim(memory.votes, from, message, world);
        return undefined;
      case 'PreVote':
        claim(memory.preVotes, from, message, world);
        return undefined;
      case 'RequestVoteReply':
        return message.voteGranted ? judgeClaim(memory.votes, from, to, message.term, 'vote', world) : undefined;
      case 'PreVoteReply':
        return message.voteGranted ? judgeClaim(memory.preVotes, from, to, message.term, 'PreVote', world) : undefined;
    }
  },
});

/** For the same term a pre-candidate may ask again, with another log: the better claim stands. */
function claim(
  claims: Map<number, Claim>[],
  node: number,
  { term, lastLogIndex, lastLogTerm }: RequestVote | PreVote,
  world: World,
): void {
  claims[node] ??= new Map();
  const made = { index: lastLogIndex, term: lastLogTerm, event: world.event };
  const known = claims[node].get(term);
  if (known === undefined || isBehind(known, made)) claims[node].set(term, made);
}

function judgeClaim(
  claims: readonly Map<number, Claim>[],
  voter: number,
  candidate: number,
  term: number,
  what: string,
  world: World,
): Finding | undefined {
  const made = claims[candidate]?.get(term);
  const own = writtenEnd(world, voter);
  // An entry of that very term is its leader's: whoever asks late has been elected, or cannot be.
  if (made === undefined || own.term >= term || !isBehind(made, own)) return undefined;
  const asked = `asks for a ${what} in term ${term}; its log ends at index ${made.index} of term ${made.term}`;
  return {
    sentence: `${nameOf(world, voter)} granted ${nameOf(world, candidate)} a ${what} in term ${term} although its own log is more up to date: it ends at index ${own.index} of term ${own.term}, the other's at index ${made.index} of term ${made.term}`,
    facts: [
      factAt(world, made.event, candidate, asked),
      factNow(world, voter, `grants the ${what}; its own log ends at index ${own.index} of term ${own.term}`),
    ],
  };
}

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
