/** What a leader believes of the others' logs. */
import { always, type Property } from '../../../check/property.ts';
import type { Fact, Finding, World } from '../../../sim/observer.ts';
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
    if (memory.led[node] !== state.currentTerm) beginLeading(memory, node, state, world.event);
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

/** Apart from the hook: V8 makes an object for what a closure captures whenever the function around it is called. */
function beginLeading(memory: Progress, node: number, state: ServerState, event: number): void {
  memory.led[node] = state.currentTerm;
  memory.match[node] = state.members.map(() => 0);
  memory.changed[node] = state.members.map(() => event);
}

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
  const match = state.matchIndex[member] as number;
  const before = memory.match[node]?.[member] as number;
  if (match < before) return fell(memory, node, member, state, before, world);
  if ((state.nextIndex[member] as number) <= match) return isBehind(node, member, state, world);
  const follower = world.nodes.indexOf(state.members[member] as string);
  const acked = memory.acked[follower]?.get(state.currentTerm);
  return match > (acked?.index ?? 0) ? believed(memory, node, member, state, acked, world) : undefined;
}

function fell(
  memory: Progress,
  node: number,
  member: number,
  state: ServerState,
  before: number,
  world: World,
): Finding {
  const follower = state.members[member] as string;
  const since = memory.changed[node]?.[member] as number;
  return {
    sentence: `matchIndex of ${follower} at leader ${nameOf(world, node)} fell from ${before} to ${state.matchIndex[member]}`,
    facts: [
      factAt(world, since, node, `matchIndex of ${follower} becomes ${before}`),
      progressNow(node, member, state, world),
    ],
  };
}

function isBehind(node: number, member: number, state: ServerState, world: World): Finding {
  const follower = state.members[member] as string;
  return {
    sentence: `leader ${nameOf(world, node)} would send ${follower} index ${state.nextIndex[member]} next, although it knows it to hold ${state.matchIndex[member]}`,
    facts: [progressNow(node, member, state, world)],
  };
}

function believed(
  memory: Progress,
  node: number,
  member: number,
  state: ServerState,
  acked: Acked | undefined,
  world: World,
): Finding {
  const follower = state.members[member] as string;
  const index = acked?.index ?? 0;
  const since = acked?.event ?? (memory.changed[node]?.[member] as number);
  return {
    sentence: `leader ${nameOf(world, node)} believes that ${follower} holds index ${state.matchIndex[member]}, but ${follower} has acknowledged only ${index} in term ${state.currentTerm}`,
    facts: [
      { event: since, node: follower, text: `has acknowledged index ${index}` },
      progressNow(node, member, state, world),
    ],
  };
}

const progressNow = (node: number, member: number, state: ServerState, world: World): Fact =>
  factNow(
    world,
    node,
    `matchIndex of ${state.members[member]} is ${state.matchIndex[member]}, nextIndex ${state.nextIndex[member]}`,
  );
