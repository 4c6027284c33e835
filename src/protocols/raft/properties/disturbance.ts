/** Leaders are left in peace: no term without a campaign, no help for a rival from those who hear their leader. */
import { always, type Property } from '../../../check/property.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import type { Json } from '../../../sim/plain.ts';
import type { Micros } from '../../../sim/protocol.ts';
import type {
  AppendEntries,
  ClientQuery,
  Heartbeat,
  PeerMessage,
  PreVote,
  PreVoteReply,
  RaftOptions,
  RequestVote,
  RequestVoteReply,
  ServerState,
} from '../shape.ts';
import { durableHard, factAt, factNow, isHypothetical, nameOf, PEER_MESSAGES } from './facts.ts';
import { mustBeSticky } from './published.ts';

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

/**
 * By node: when it last heard from a leader, or was asked for the vote that it gave last (on its own clock, and the event), undefined since
 * its last boot; and when it was last asked for a vote.
 */
interface Trust {
  readonly at: (Micros | undefined)[];
  readonly event: number[];
  readonly votedAt: (Micros | undefined)[];
  readonly asked: Micros[];
}

type Trusted = AppendEntries | Heartbeat | RequestVote | RequestVoteReply | PreVote | PreVoteReply;

/** It hangs on messages alone: a campaign that no note tells of shows in its requests. */
export const leaderTrusted: Property = always<Trust>({
  name: 'LT',
  title:
    'within the minimum election timeout of hearing from its leader, or of voting, nobody campaigns; nor does it help others then, where it promises that',
  source:
    'Figure 2, Followers; §5.2: a follower remains one "as long as it receives valid RPCs from a leader"; diss 4.2.3, 9.6',
  oracle: 'internal',
  role: 'server',
  messages: ['AppendEntries', 'Heartbeat', 'RequestVote', 'RequestVoteReply', 'PreVote', 'PreVoteReply'],
  start: () => ({ at: [], event: [], votedAt: [], asked: [] }),
  boot(memory, node) {
    memory.at[node] = undefined;
    memory.votedAt[node] = undefined;
    return undefined;
  },
  deliver(memory, _from, to, message: Trusted, world) {
    if (message.type === 'RequestVote') memory.asked[to] = world.localTime(to);
    if (message.type !== 'AppendEntries' && message.type !== 'Heartbeat') return undefined;
    const state = world.stateOf(to) as ServerState | undefined;
    if (state === undefined || message.term < state.currentTerm) return undefined;
    memory.at[to] = world.localTime(to);
    memory.event[to] = world.event;
    return undefined;
  },
  send(memory, from, to, message: Trusted, world) {
    switch (message.type) {
      case 'RequestVote':
      case 'PreVote':
        return judgePatience(memory, from, message, world);
      case 'RequestVoteReply':
        if (!message.voteGranted) return undefined;
        memory.votedAt[from] = memory.asked[from];
        if (!mustBeSticky(world.optionsOf(from) as RaftOptions)) return undefined;
        return judgeWait(memory.at[from], memory, from, `votes for ${nameOf(world, to)}`, world);
      case 'PreVoteReply':
        if (!message.voteGranted) return undefined;
        return judgeWait(memory.at[from], memory, from, `grants ${nameOf(world, to)} a PreVote`, world);
      default:
        return undefined;
    }
  },
});

/** With PreVote it is the pre-campaign that its timer begins: who votes in the midst of it may still get what it has asked for. */
function judgePatience(
  memory: Trust,
  node: number,
  { type, term }: RequestVote | PreVote,
  world: World,
): Finding | undefined {
  const what = `asks for votes by a ${type} of term ${term}`;
  const finding = judgeWait(memory.at[node], memory, node, what, world);
  const isFollowUp = type === 'RequestVote' && (world.optionsOf(node) as RaftOptions).preVote;
  return finding !== undefined || isFollowUp ? finding : judgeWait(memory.votedAt[node], memory, node, what, world);
}

/** Clocks show whole microseconds. */
function judgeWait(
  since: Micros | undefined,
  { at, event }: Trust,
  node: number,
  what: string,
  world: World,
): Finding | undefined {
  if (since === undefined) return undefined;
  const { electionTimeoutMin } = world.optionsOf(node) as RaftOptions;
  const waited = world.localTime(node) - since;
  if (waited + 2 >= electionTimeoutMin) return undefined;
  const isLeader = since === at[node];
  const known = isLeader ? 'it has heard from its leader' : 'it was asked for the vote that it has given';
  const facts = [factNow(world, node, what)];
  return {
    sentence: `${nameOf(world, node)} ${what} ${waited} us after ${known}; its election timeout is ${electionTimeoutMin} us or longer`,
    facts: isLeader ? [factAt(world, event[node] as number, node, 'hears from its leader'), ...facts] : facts,
  };
}

/**
 * By node: when it last heard a heartbeat of its leader (true time, event), the term it leads, and the highest term that had a leader
 * when a client last asked it something. By leader: when each member last heard its heartbeat, on the leader's clock, and of which term;
 * when it booted, on that clock; and when it last trusted its lease, since then.
 */
interface Promises {
  readonly isWatching: boolean;
  readonly kept: Kept[][];
  readonly isRestarted: boolean[];
  readonly bootedAt: Micros[];
  readonly trustedAt: Micros[];
  readonly at: Micros[];
  readonly event: number[];
  readonly leads: number[];
  readonly rival: Rival[];
  latest: Rival;
}

interface Kept {
  readonly term: number;
  readonly at: Micros;
}

interface Rival {
  readonly node: number;
  readonly term: number;
  readonly event: number;
}

const NOBODY: Rival = { node: -1, term: 0, event: 0 };

/** A lease is judged where it is trusted in, whether or not somebody else is elected meanwhile. */
export const leaseKept: Property = always<Promises>({
  name: 'LK',
  title: 'nobody is elected while a lease lasts: voters keep their promise, and no lease outlives it',
  source: 'diss 4.2.3, 6.4.1; Gray, Cheriton 1989',
  oracle: 'internal',
  role: 'server',
  messages: ['Heartbeat', 'ClientQuery', 'RequestVoteReply', 'PreVoteReply'],
  start: (world) => ({
    isWatching: world.nodes.some((_, node) => (world.optionsOf(node) as RaftOptions).reads === 'lease'),
    kept: [],
    isRestarted: [],
    bootedAt: [],
    trustedAt: [],
    at: [],
    event: [],
    leads: [],
    rival: [],
    latest: NOBODY,
  }),
  boot(memory, node, world) {
    memory.isRestarted[node] = memory.bootedAt[node] !== undefined;
    memory.bootedAt[node] = world.localTime(node);
    memory.trustedAt[node] = 0;
    return undefined;
  },
  step(memory, node, state: ServerState, world) {
    if (!memory.isWatching || state.leaseTrustedAt === (memory.trustedAt[node] ?? 0)) return undefined;
    memory.trustedAt[node] = state.leaseTrustedAt;
    return state.leaseTrustedAt === 0 || state.role !== 'leader' ? undefined : judgeTrust(memory, node, state, world);
  },
  deliver(memory, from, to, message: Heartbeat | ClientQuery | RequestVoteReply | PreVoteReply, world) {
    // Whether the lease lasts is decided now; a pause may put off what follows from it.
    if (message.type === 'ClientQuery') memory.rival[to] = memory.latest;
    else if (message.type === 'Heartbeat') hearHeartbeat(memory, from, to, message, world);
    return undefined;
  },
  note(memory, node, text, data: Json | undefined, world) {
    if (text === 'becameLeader') {
      const term = termOf(data);
      memory.leads[node] = term;
      if (term > memory.latest.term) memory.latest = { node, term, event: world.event };
      return undefined;
    }
    if (text !== 'queryAnswered' || (data as { readonly by: string }).by !== 'lease') return undefined;
    const rival = memory.rival[node] ?? NOBODY;
    return rival.term > (memory.leads[node] ?? 0) ? outlived(memory, node, rival, world) : undefined;
  },
  send(memory, from, to, message: RequestVoteReply | PreVoteReply, world) {
    if (!memory.isWatching || !message.voteGranted) return undefined;
    const hasty = judgeRestart(memory, from, world);
    if (hasty !== undefined) return hasty;
    const at = memory.at[from];
    if (at === undefined) return undefined;
    const { reads, electionTimeoutMin, clockRatePpmMax } = world.optionsOf(from) as RaftOptions;
    // The promise is for an election timeout on the voter's clock, which may be fast. Clocks show whole microseconds.
    const promised = (electionTimeoutMin * 1_000_000) / (1_000_000 + clockRatePpmMax) - 2;
    if (reads !== 'lease' || world.now - at >= promised) return undefined;
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

/** Gray, Cheriton 1989: who restarts does not know what it has promised, and waits until that must be over. */
function judgeRestart({ bootedAt, isRestarted }: Promises, node: number, world: World): Finding | undefined {
  const { reads, electionTimeoutMin } = world.optionsOf(node) as RaftOptions;
  const waited = world.localTime(node) - (bootedAt[node] ?? 0);
  if (reads !== 'lease' || isRestarted[node] !== true || waited + 2 >= electionTimeoutMin) return undefined;
  return {
    sentence: `${nameOf(world, node)} helps another into office ${waited} us after its restart, whatever it had promised before`,
    facts: [factNow(world, node, `grants a vote; its election timeout is ${electionTimeoutMin} us or longer`)],
  };
}

function hearHeartbeat(memory: Promises, leader: number, node: number, { term }: Heartbeat, world: World): void {
  const state = world.stateOf(node) as ServerState | undefined;
  if (state === undefined || term < state.currentTerm) return;
  memory.at[node] = world.now;
  memory.event[node] = world.event;
  memory.kept[leader] ??= [];
  memory.kept[leader][node] = { term, at: world.localTime(leader) };
}

/**
 * diss 6.4.1, all on the leader's monotonic clock: a promise was given when the heartbeat arrived, if not later, and lasts for an election
 * timeout on the clock of whoever gave it, which may be as much faster as clocks may be. A pause may put off what follows from trust, so
 * that it is judged as of when the leader looked.
 */
function judgeTrust(memory: Promises, node: number, state: ServerState, world: World): Finding | undefined {
  const { electionTimeoutMin, clockRatePpmMax } = world.optionsOf(node) as RaftOptions;
  const lasts = (electionTimeoutMin * (1_000_000 - clockRatePpmMax)) / (1_000_000 + clockRatePpmMax);
  const looked = (memory.bootedAt[node] ?? 0) + state.leaseTrustedAt;
  const ages = state.members.map((member) => {
    const kept = memory.kept[node]?.[world.nodes.indexOf(member)];
    return kept?.term === state.currentTerm ? looked - kept.at : Number.POSITIVE_INFINITY;
  });
  const promised = 1 + ages.filter((age, member) => member !== state.self && age < lasts).length;
  if (promised * 2 > state.members.length) return undefined;
  return {
    sentence: `${nameOf(world, node)} trusts its lease of term ${state.currentTerm}, although only ${promised} of ${state.members.length} servers, itself among them, are bound by a heartbeat of the last ${Math.floor(lasts)} us`,
    facts: [factNow(world, node, `has looked at its lease of term ${state.currentTerm} and found that it lasts`)],
  };
}

function outlived(memory: Promises, node: number, rival: Rival, world: World): Finding {
  const led = memory.leads[node] as number;
  const other = nameOf(world, rival.node);
  return {
    sentence: `${nameOf(world, node)} answered a query by its lease of term ${led}, although ${other} led term ${rival.term} when it was asked`,
    facts: [
      factAt(world, rival.event, rival.node, `becomes leader of term ${rival.term}`),
      factNow(world, node, `answers a query by its lease of term ${led}`),
    ],
  };
}
