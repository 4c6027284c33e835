/** Servers answer each other: what a request learns of its receiver's term it learns from the answer. */
import { always, type Property } from '../../../check/property.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import type {
  AppendEntries,
  Heartbeat,
  PeerMessage,
  Pending,
  PendingQuery,
  PendingRead,
  PreVote,
  RequestVote,
  ServerState,
} from '../shape.ts';
import { factNow, nameOf } from './facts.ts';

type PeerRequest = RequestVote | PreVote | AppendEntries | Heartbeat;

const REQUESTS: readonly PeerMessage['type'][] = ['RequestVote', 'PreVote', 'AppendEntries', 'Heartbeat'];
const REPLIES: readonly PeerMessage['type'][] = [
  'RequestVoteReply',
  'PreVoteReply',
  'AppendEntriesReply',
  'HeartbeatReply',
];

const NOBODY = -1;

/** By node: who has asked it in the event that is being handled, and what. */
interface Asked {
  readonly by: number[];
  readonly what: (PeerRequest | undefined)[];
}

/** Whoever is ignored asks again and again, and never finds out that its term is over. */
export const requestsAnswered: Property = always<Asked>({
  name: 'RA',
  title: 'a server answers every request of another, except where it stays with the leader it has just heard from',
  source: 'Figure 2: "Reply false if term < currentTerm"; diss 4.2.3, 9.6',
  oracle: 'internal',
  role: 'server',
  messages: [...REQUESTS, ...REPLIES],
  start: () => ({ by: [], what: [] }),
  boot(memory, node) {
    memory.by[node] = NOBODY;
    return undefined;
  },
  deliver(memory, from, to, message: PeerMessage) {
    const { type } = message;
    if (type !== 'AppendEntries' && type !== 'Heartbeat' && type !== 'RequestVote' && type !== 'PreVote')
      return undefined;
    memory.by[to] = from;
    memory.what[to] = message;
    return undefined;
  },
  send(memory, from, to) {
    if (memory.by[from] === to) memory.by[from] = NOBODY;
    return undefined;
  },
  note(memory, node, text) {
    if (text === 'voteRequestIgnored') memory.by[node] = NOBODY;
    return undefined;
  },
  step(memory, node, _state, world) {
    const by = memory.by[node] ?? NOBODY;
    if (by === NOBODY) return undefined;
    const { type, term } = memory.what[node] as PeerRequest;
    return {
      sentence: `${nameOf(world, node)} did not answer the ${type} of term ${term} that ${nameOf(world, by)} has sent it`,
      facts: [factNow(world, node, `has handled a ${type} of term ${term} of ${nameOf(world, by)}`)],
    };
  },
});

/** By node: how far it had applied its log when last seen. */
interface Waiting {
  readonly through: number[];
}

/** Nobody comes back to a question that is not answered when it can be: its client has to ask again. */
export const nobodyForgotten: Property = always<Waiting>({
  name: 'NF',
  title:
    'nobody is kept waiting for what has happened: proposals until they are applied, queries until they are confirmed',
  source: 'Figure 2, Leaders: "respond after entry applied to state machine"; diss 6.4, step 4',
  oracle: 'internal',
  role: 'server',
  start: () => ({ through: [] }),
  boot(memory, node) {
    memory.through[node] = 0;
    return undefined;
  },
  step(memory, node, state: ServerState, world) {
    const { lastApplied, confirmedRound, pending, reads, queries } = state;
    if (reads.length + queries.length > 0) {
      const query = ready(reads, lastApplied, confirmedRound) ?? answerable(queries, lastApplied);
      if (query !== undefined) {
        const what = `does not answer a query of ${query.client} as of index ${query.index}, which it has applied`;
        return { sentence: `${nameOf(world, node)} ${what}`, facts: [factNow(world, node, what)] };
      }
    }
    if (lastApplied === memory.through[node]) return undefined;
    memory.through[node] = lastApplied;
    for (const one of pending) if (one.index <= lastApplied) return kept(node, one, lastApplied, world);
    return undefined;
  },
});

/** Loops, where there is nothing to find after most events: what `find` is given is made anew for every one. */
function ready(reads: readonly PendingRead[], lastApplied: number, confirmedRound: number): PendingRead | undefined {
  for (const read of reads)
    if (read.index >= 0 && read.index <= lastApplied && read.round <= confirmedRound) return read;
  return undefined;
}

function answerable(queries: readonly PendingQuery[], lastApplied: number): PendingQuery | undefined {
  for (const query of queries) if (query.index >= 0 && query.index <= lastApplied) return query;
  return undefined;
}

function kept(node: number, { index, client }: Pending, lastApplied: number, world: World): Finding {
  const what = `has applied index ${lastApplied}, and ${client ?? 'its host'} still waits for index ${index}`;
  return { sentence: `${nameOf(world, node)} ${what}`, facts: [factNow(world, node, what)] };
}
