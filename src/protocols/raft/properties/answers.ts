/** Servers answer each other: what a request learns of its receiver's term it learns from the answer. */
import { always, type Property } from '../../../check/property.ts';
import type { AppendEntries, Heartbeat, PeerMessage, PreVote, RequestVote } from '../shape.ts';
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
