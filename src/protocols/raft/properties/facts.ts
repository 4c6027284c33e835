/** What Raft's properties have in common. Memories are arrays by number of node, so that looking costs an index. */
import type { Fact, World } from '../../../sim/observer.ts';
import { canonicalText } from '../../../sim/plain.ts';
import type { StoredLog } from '../../../sim/protocol.ts';
import type { Command, Entry, Hard, PeerMessage } from '../shape.ts';

export const LOG = 'log';

export const nameOf = (world: World, node: number): string => world.nodes[node] ?? `node ${node}`;

export const factAt = (world: World, event: number, node: number, text: string): Fact => ({
  event,
  node: nameOf(world, node),
  text,
});

/** A fact of this very event. */
export const factNow = (world: World, node: number, text: string): Fact => factAt(world, world.event, node, text);

export const describe = ({ term, command }: Entry): string => `${describeCommand(command)} of term ${term}`;

export function describeCommand({ type, session, sequence, op }: Command): string {
  if (type !== 'operation') return type;
  const owner = session === 0 ? '' : ` (session ${session} #${sequence})`;
  return `${JSON.stringify(op)}${owner}`;
}

/** Entries are shared, so that they are mostly the same object. */
export function isSameEntry(left: Entry, right: Entry): boolean {
  return left === right || (left.term === right.term && isSameCommand(left.command, right.command));
}

export function isSameCommand(left: Command, right: Command): boolean {
  return left === right || canonicalText(left) === canonicalText(right);
}

/** Entry `index` of what would survive a crash of this node. */
export function durableEntry(world: World, node: number, index: number): Entry | undefined {
  const { first, entries } = world.diskOf(node).durableLog(LOG);
  return entries[index - first] as Entry | undefined;
}

/** What this node has written, synced or not. */
export function writtenLog(world: World, node: number): StoredLog<Entry> {
  return world.diskOf(node).cachedLog(LOG) as StoredLog<Entry>;
}

export function writtenEntry(world: World, node: number, index: number): Entry | undefined {
  const { first, entries } = writtenLog(world, node);
  return entries[index - first];
}

/** Term of an entry; 0 before the first, -1 where the log does not reach. */
export function termOf({ first, entries }: StoredLog<Entry>, index: number): number {
  return index === 0 ? 0 : (entries[index - first]?.term ?? -1);
}

/** Where a log ends. */
export interface LogEnd {
  readonly index: number;
  readonly term: number;
}

/** Where the log ends that this node has written, synced or not. */
export function writtenEnd(world: World, node: number): LogEnd {
  const log = writtenLog(world, node);
  const index = log.first + log.entries.length - 1;
  return { index, term: termOf(log, index) };
}

/** §5.4.1: less up to date. */
export const isBehind = (one: LogEnd, other: LogEnd): boolean =>
  one.term < other.term || (one.term === other.term && one.index < other.index);

export function durableHard(world: World, node: number): Hard {
  return (world.diskOf(node).durableRecord('hard') as Hard | undefined) ?? NO_HARD;
}

const NO_HARD: Hard = Object.freeze({ term: 0, votedFor: null });

/** The types of what servers tell each other. */
export const PEER_MESSAGES: readonly PeerMessage['type'][] = [
  'RequestVote',
  'RequestVoteReply',
  'AppendEntries',
  'AppendEntriesReply',
  'PreVote',
  'PreVoteReply',
  'Heartbeat',
  'HeartbeatReply',
];

/** diss 9.6: a PreVote and a grant of one are of a term that nobody has adopted. */
export const isHypothetical = (message: PeerMessage): boolean =>
  message.type === 'PreVote' || (message.type === 'PreVoteReply' && message.voteGranted);
