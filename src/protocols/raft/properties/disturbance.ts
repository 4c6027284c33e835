/** Leaders are left in peace: no term without a campaign, no help for a rival from those who hear their leader. */
import { always, type Property } from '../../../check/property.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import type { Json } from '../../../sim/plain.ts';
import type { Micros } from '../../../sim/protocol.ts';
import type { Heartbeat, PeerMessage, PreVoteReply, RaftOptions, RequestVoteReply, ServerState } from '../shape.ts';
import { durableHard, factAt, factNow, isHypothetical, nameOf, PEER_MESSAGES } from './facts.ts';

/** By node: the term it leads, 0 for none. */
interface Peace {
  highestTerm: number;
  readonly leads: number[];
}

export const noDisturbance: Property = always<Peace>({
  name: 'ND',
  title: 'a term begins with a campaign, and no leader grants a PreVote',
  source: '§5.2; diss 4.2.3, 9.6',
  oracle: 'internal',
  role: 'server',
  messages: PEER_MESSAGES,
  start: () => ({ highestTerm: 0, leads: [] }),
  boot(memory, node, world) {
    // A crash may fall between the vote for itself and the note that tells of the campaign.
    const { term, votedFor } = durableHard(world, node);
    if (votedFor === nameOf(world, node)) memory.highestTerm = Math.max(memory.highestTerm, term);
    memory.leads[node] = 0;
    return undefined;
  },
  note(memory, node, text, data: Json | undefined) {
    if (text === 'becameCandidate') memory.highestTerm = Math.max(memory.highestTerm, termOf(data));
    else if (text === 'becameLeader') memory.leads[node] = termOf(data);
    else if (text === 'steppedDown') memory.leads[node] = 0;
    return undefined;
  },
  send(memory, from, to, message: PeerMessage, world) {
    if (message.term > memory.highestTerm && !isHypothetical(message)) return unborn(memory, from, message, world);
    if (message.type !== 'PreVoteReply' || !message.voteGranted || (memory.leads[from] ?? 0) === 0) return undefined;
    return `${nameOf(world, from)}, leader of term ${memory.leads[from]}, granted a PreVote to ${nameOf(world, to)}`;
  },
});

const termOf = (data: Json | undefined): number => (data as { readonly term: number }).term;

function unborn(memory: Peace, node: number, message: PeerMessage, world: World): Finding | undefined {
  const { highestTerm } = memory;
  memory.highestTerm = message.term;
  if (message.type === 'RequestVote') return undefined;
  return {
    sentence: `${nameOf(world, node)} is in term ${message.term}, in which nobody has campaigned`,
    facts: [
      factNow(world, node, `sends a ${message.type} of term ${message.term}; the last campaign was in ${highestTerm}`),
    ],
  };
}

/** By node: when it last heard a heartbeat of its leader (true time, event). */
interface Promises {
  readonly at: Micros[];
  readonly event: number[];
}

export const leaseKept: Property = always<Promises>({
  name: 'LK',
  title: 'with lease reads, who has just heard from a leader helps nobody else into office',
  source: 'diss 4.2.3, 6.4.1',
  oracle: 'internal',
  role: 'server',
  messages: ['Heartbeat', 'RequestVoteReply', 'PreVoteReply'],
  start: () => ({ at: [], event: [] }),
  deliver(memory, _from, to, message: Heartbeat, world) {
    if (message.type !== 'Heartbeat') return undefined;
    const state = world.stateOf(to) as ServerState | undefined;
    if (state === undefined || message.term < state.currentTerm) return undefined;
    memory.at[to] = world.now;
    memory.event[to] = world.event;
    return undefined;
  },
  send(memory, from, to, message: RequestVoteReply | PreVoteReply, world) {
    const at = memory.at[from];
    if (at === undefined || !message.voteGranted) return undefined;
    const { reads, electionTimeoutMin } = world.optionsOf(from) as RaftOptions;
    // The promise is for an election timeout on the voter's clock, which within the claim is less than twice too fast.
    if (reads !== 'lease' || world.now - at >= electionTimeoutMin / 2) return undefined;
    const what = `grants a ${message.type === 'PreVoteReply' ? 'PreVote' : 'vote'} to ${nameOf(world, to)}`;
    return {
      sentence: `${nameOf(world, from)} ${what} ${world.now - at} us after it has heard from its leader, whose lease relies on it`,
      facts: [
        factAt(world, memory.event[from] as number, from, 'hears a heartbeat of its leader'),
        factNow(world, from, what),
      ],
    };
  },
});
