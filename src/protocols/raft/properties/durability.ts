/** What is on disk before a message leaves: the table in README.md, row by row. */
import { always, type Property } from '../../../check/property.ts';
import type { Finding, LogChange, World } from '../../../sim/observer.ts';
import type { NodeId } from '../../../sim/protocol.ts';
import type {
  AppendEntriesReply,
  Entry,
  Hard,
  PeerMessage,
  RequestVote,
  RequestVoteReply,
  ServerState,
} from '../shape.ts';
import {
  durableEntry,
  durableHard,
  factNow,
  isSameEntry,
  LOG,
  nameOf,
  PEER_MESSAGES,
  writtenEntry,
  writtenLog,
} from './facts.ts';

/**
 * By node: the term known to be on disk, and how far the log is known to be. Both spare looking at the disk for every message: the term
 * never falls, and the log only where it is cut.
 */
interface Durable {
  readonly term: number[];
  readonly log: number[];
}

export const persistedBeforeSending: Property = always<Durable>({
  name: 'PA',
  title: 'what a message promises is on disk before it leaves: terms, votes, entries',
  source: 'Figure 2, Persistent state; diss 3.8, 10.2.1',
  oracle: 'internal',
  role: 'server',
  messages: PEER_MESSAGES,
  start: () => ({ term: [], log: [] }),
  log(memory, node, log, change: LogChange) {
    if (change.kind === 'append' || log !== LOG) return undefined;
    const from = change.kind === 'replace' ? change.first : change.index;
    memory.log[node] = Math.min(memory.log[node] ?? 0, from - 1);
    return undefined;
  },
  send(memory, from, to, message: PeerMessage, world) {
    switch (message.type) {
      case 'PreVote':
        return undefined;
      case 'PreVoteReply':
        return message.voteGranted ? undefined : checkTerm(memory, from, message, world);
      case 'AppendEntries':
      case 'Heartbeat':
      case 'HeartbeatReply':
        return checkTerm(memory, from, message, world);
      case 'AppendEntriesReply':
        return checkTerm(memory, from, message, world) ?? checkEntries(memory, from, message, world);
      case 'RequestVote':
      case 'RequestVoteReply':
        return checkTerm(memory, from, message, world) ?? checkVote(from, to, message, world);
    }
  },
  step(memory, node, state: ServerState, world) {
    if (state.role !== 'leader') return undefined;
    const index = state.matchIndex[state.self] as number;
    if (index <= (memory.log[node] ?? 0) || isOnDisk(memory, node, index, world)) return undefined;
    return {
      sentence: `${nameOf(world, node)}, leader of term ${state.currentTerm}, counts itself for index ${index}, which is not on its disk`,
      facts: [factNow(world, node, `its own matchIndex is ${index}`)],
    };
  },
});

function checkTerm(memory: Durable, from: number, message: PeerMessage, world: World): Finding | undefined {
  if (message.term <= (memory.term[from] ?? 0)) return undefined;
  const { term } = durableHard(world, from);
  memory.term[from] = term;
  if (message.term <= term) return undefined;
  return tooEarly(world, from, `sent a ${message.type} of term ${message.term}`, `the term on its disk is ${term}`);
}

function checkVote(
  from: number,
  to: number,
  message: RequestVote | RequestVoteReply,
  world: World,
): Finding | undefined {
  if (message.type === 'RequestVoteReply' && !message.voteGranted) return undefined;
  const candidate = nameOf(world, message.type === 'RequestVote' ? from : to);
  const { term, votedFor } = durableHard(world, from);
  if (term === message.term && votedFor === candidate) return undefined;
  return tooEarly(
    world,
    from,
    `voted for ${candidate} in term ${message.term}`,
    `its disk says ${votedFor === null ? 'nobody' : votedFor} in term ${term}`,
  );
}

function checkEntries(memory: Durable, from: number, message: AppendEntriesReply, world: World): Finding | undefined {
  if (!message.success || message.index <= (memory.log[from] ?? 0)) return undefined;
  if (isOnDisk(memory, from, message.index, world)) return undefined;
  return tooEarly(
    world,
    from,
    `acknowledged entries up to index ${message.index}`,
    `on its disk index ${message.index} is ${durableEntry(world, from, message.index) === undefined ? 'missing' : 'another entry'}`,
  );
}

/** The last entry speaks for those before it: writes reach the disk in order. */
function isOnDisk(memory: Durable, node: number, index: number, world: World): boolean {
  const durable = durableEntry(world, node, index);
  if (durable === undefined || durable.term !== writtenEntry(world, node, index)?.term) return false;
  memory.log[node] = index;
  return true;
}

function tooEarly(world: World, node: number, what: string, disk: string): Finding {
  return {
    sentence: `${nameOf(world, node)} ${what} before that was on its disk: ${disk}`,
    facts: [factNow(world, node, what), factNow(world, node, disk)],
  };
}

/** By node: what was compared last; a log that has been written to since has length -1. */
interface Compared {
  readonly term: number[];
  readonly votedFor: (NodeId | null)[];
  readonly length: number[];
}

/** What is only in memory is gone with the next crash; what is only on disk comes back with it. */
export const memoryIsWritten: Property = always<Compared>({
  name: 'MD',
  title: 'term, vote and log are the same in memory and in what was written, synced or not',
  source: 'Figure 2, Persistent state',
  oracle: 'internal',
  role: 'server',
  start: () => ({ term: [], votedFor: [], length: [] }),
  boot(memory, node) {
    memory.term[node] = -1;
    memory.length[node] = -1;
    return undefined;
  },
  log(memory, node) {
    memory.length[node] = -1;
    return undefined;
  },
  step(memory, node, state: ServerState, world) {
    const { currentTerm, votedFor, log } = state;
    if (currentTerm !== memory.term[node] || votedFor !== memory.votedFor[node]) {
      memory.term[node] = currentTerm;
      memory.votedFor[node] = votedFor;
      const hard = world.diskOf(node).cachedRecord('hard') as Hard | undefined;
      if ((hard?.term ?? 0) !== currentTerm || (hard?.votedFor ?? null) !== votedFor) {
        const has = `has term ${currentTerm} and its vote for ${votedFor ?? 'nobody'} in memory`;
        return `${nameOf(world, node)} ${has}, and has written term ${hard?.term ?? 0} and a vote for ${hard?.votedFor ?? 'nobody'}`;
      }
    }
    if (log.length === memory.length[node]) return undefined;
    memory.length[node] = log.length;
    const { first, entries } = writtenLog(world, node);
    const end = first + entries.length - 1;
    const last = entries.at(-1);
    if (end === log.length && (last === undefined || isSameEntry(last, log.at(-1) as Entry))) return undefined;
    return `the log of ${nameOf(world, node)} ends at index ${log.length} in memory${end === log.length ? ', with another entry than' : ` and at index ${end} in`} what was written`;
  },
});
