/** Who adopts which term. */
import { always, type Property } from '../../../check/property.ts';
import type { PeerMessage, ServerState } from '../shape.ts';
import { factNow, isHypothetical, nameOf, PEER_MESSAGES } from './facts.ts';

/** By node: its term when last seen; and of the message that is being handled, where its term is higher: that term, who sent it, and what
 * it is. `isBarred`: it is not to be adopted. */
interface Terms {
  readonly known: number[];
  readonly higher: number[];
  readonly from: number[];
  readonly type: PeerMessage['type'][];
  readonly isBarred: boolean[];
}

/** Whoever misses a term goes on in one that is over; whoever takes one from a server that cannot win deposes a leader for nothing. */
export const termsAdopted: Property = always<Terms>({
  name: 'AT',
  title:
    'whoever hears of a higher term is in it from then on; only from PreVotes, and from requests for votes that it ignores, it takes none',
  source: 'Figure 2, All Servers: "If RPC request or response contains term T > currentTerm"; diss 4.2.3, 9.6',
  oracle: 'internal',
  role: 'server',
  messages: PEER_MESSAGES,
  start: () => ({ known: [], higher: [], from: [], type: [], isBarred: [] }),
  boot(memory, node) {
    memory.known[node] = 0;
    memory.higher[node] = 0;
    return undefined;
  },
  deliver(memory, from, to, message: PeerMessage) {
    if (message.term <= (memory.known[to] ?? 0)) return undefined;
    // Who has the grants for a term may campaign in it.
    if (message.type === 'PreVoteReply' && message.voteGranted) return undefined;
    memory.higher[to] = message.term;
    memory.from[to] = from;
    memory.type[to] = message.type;
    memory.isBarred[to] = isHypothetical(message);
    return undefined;
  },
  note(memory, node, text) {
    if (text === 'voteRequestIgnored') memory.isBarred[node] = true;
    return undefined;
  },
  step(memory, node, { currentTerm }: ServerState, world) {
    memory.known[node] = currentTerm;
    const term = memory.higher[node] ?? 0;
    if (term === 0) return undefined;
    memory.higher[node] = 0;
    const isBarred = memory.isBarred[node] === true;
    if (currentTerm >= term !== isBarred) return undefined;
    const [name, type] = [nameOf(world, node), memory.type[node] as PeerMessage['type']];
    const asked = `the ${type} of term ${term} that ${nameOf(world, memory.from[node] as number)} has sent it`;
    return {
      sentence: isBarred
        ? `${name} adopts term ${currentTerm} because of ${asked}, which is to move nobody`
        : `${name} stays in term ${currentTerm} in spite of ${asked}`,
      facts: [factNow(world, node, `has handled a ${type} of term ${term}, and is in term ${currentTerm}`)],
    };
  },
});
