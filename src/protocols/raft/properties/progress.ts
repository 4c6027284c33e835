/** What a leader believes of the others' logs. */
import { always, type Property } from '../../../check/property.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import { termAt } from '../log.ts';
import type { AppendEntriesReply, ServerState } from '../shape.ts';
import { durableEntry, factAt, factNow, nameOf } from './facts.ts';

interface Progress {
  /** By node: the term it leads, its matchIndex when last seen, and when each of them changed last. */
  readonly led: number[];
  readonly match: number[][];
  readonly changed: number[][];
  /** By node and term: the largest index it has acknowledged, and when. Replies of an earlier term may still be under way. */
  readonly acked: Map<number, Acked>[];
}

interface Acked {
  index: number;
  event: number;
}

export const matchMonotonic: Property = always<Progress>({
  name: 'MM',
  title:
    'within a leadership matchIndex never falls, stays below nextIndex, and is only what the follower acknowledged and holds',
  source: 'Figure 2: matchIndex "increases monotonically"',
  oracle: 'internal',
  role: 'server',
  messages: ['AppendEntriesReply'],
  start: () => ({ led: [], match: [], changed: [], acked: [] }),
  boot(memory, node) {
    memory.led[node] = 0;
    return undefined;
  },
  send(memory, from, to, message: AppendEntriesReply, world) {
    if (!message.success) return undefined;
    memory.acked[from] ??= new Map();
    const acked = memory.acked[from].get(message.term);
    if (acked === undefined) memory.acked[from].set(message.term, { index: message.index, event: world.event });
    else {
      if (message.index <= acked.index) return undefined;
      acked.index = message.index;
      acked.event = world.event;
    }
    return compareWithLeader(from, to, message, world);
  },
  step(memory, node, state: ServerState, world) {
    if (state.role !== 'leader') return undefined;
    if (memory.led[node] !== state.currentTerm) {
      memory.led[node] = state.currentTerm;
      memory.match[node] = state.members.map(() => 0);
      memory.changed[node] = state.members.map(() => world.event);
    }
    const seen = memory.match[node] as number[];
    for (let member = 0; member < seen.length; member++) {
      const match = state.matchIndex[member] as number;
      if (member === state.self || (match === seen[member] && (state.nextIndex[member] as number) > match)) continue;
      const finding = judge(memory, node, member, state, world);
      if (finding !== undefined) return finding;
      seen[member] = match;
      (memory.changed[node] as number[])[member] = world.event;
    }
    return undefined;
  },
});

/** By Log Matching the entry at the acknowledged index speaks for those before it. */
function compareWithLeader(from: number, to: number, message: AppendEntriesReply, world: World): Finding | undefined {
  const leader = world.stateOf(to) as ServerState | undefined;
  if (leader === undefined || leader.role !== 'leader' || leader.currentTerm !== message.term) return undefined;
  const own = durableEntry(world, from, message.index)?.term ?? -1;
  const expected = termAt(leader, message.index);
  if (own === expected || message.index === 0) return undefined;
  const has = own === -1 ? 'nothing' : `an entry of term ${own}`;
  return {
    sentence: `${nameOf(world, from)} acknowledged index ${message.index} to ${nameOf(world, to)}, but does not hold its entry`,
    facts: [
      factNow(world, from, `acknowledges index ${message.index} and has ${has} there on disk`),
      factNow(world, to, `leads term ${message.term} and has an entry of term ${expected} there`),
    ],
  };
}

function judge(memory: Progress, node: number, member: number, state: ServerState, world: World): Finding | undefined {
  const leader = nameOf(world, node);
  const follower = state.members[member] as string;
  const match = state.matchIndex[member] as number;
  const next = state.nextIndex[member] as number;
  const before = memory.match[node]?.[member] as number;
  const since = memory.changed[node]?.[member] as number;
  const isNow = factNow(world, node, `matchIndex of ${follower} is ${match}, nextIndex ${next}`);
  if (match < before) {
    return {
      sentence: `matchIndex of ${follower} at leader ${leader} fell from ${before} to ${match}`,
      facts: [factAt(world, since, node, `matchIndex of ${follower} becomes ${before}`), isNow],
    };
  }
  if (next <= match) {
    return {
      sentence: `leader ${leader} would send ${follower} index ${next} next, although it knows it to hold ${match}`,
      facts: [isNow],
    };
  }
  const place = world.nodes.indexOf(follower);
  const acked = memory.acked[place]?.get(state.currentTerm) ?? { index: 0, event: since };
  if (match <= acked.index) return undefined;
  return {
    sentence: `leader ${leader} believes that ${follower} holds index ${match}, but ${follower} has acknowledged only ${acked.index} in term ${state.currentTerm}`,
    facts: [factAt(world, acked.event, place, `has acknowledged index ${acked.index}`), isNow],
  };
}
