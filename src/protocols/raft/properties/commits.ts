/** What is committed, and that it stays so. Ground truth: an entry is committed once a leader's commitIndex covers it. */
import { always, type Property } from '../../../check/property.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import type { Json } from '../../../sim/plain.ts';
import type { StoredLog } from '../../../sim/protocol.ts';
import { lastIndex } from '../log.ts';
import type { Entry, ServerState } from '../shape.ts';
import { durableEntry, factAt, factNow, nameOf, termOf, writtenLog } from './facts.ts';

/** By node: commitIndex and lastApplied when last seen, and when commitIndex last rose. */
interface Progress {
  readonly commit: number[];
  readonly since: number[];
}

export const commitMonotonic: Property = always<Progress>({
  name: 'CI',
  title: 'between restarts commitIndex never falls; what is applied is committed, and what is committed is in the log',
  source: 'Figure 2: commitIndex "increases monotonically"',
  oracle: 'internal',
  role: 'server',
  start: () => ({ commit: [], since: [] }),
  boot(memory, node, world) {
    memory.commit[node] = 0;
    memory.since[node] = world.event;
    return undefined;
  },
  step(memory, node, state: ServerState, world) {
    const { commitIndex, lastApplied } = state;
    const before = memory.commit[node] ?? 0;
    if (commitIndex === before && lastApplied === commitIndex && commitIndex <= state.log.length) return undefined;
    if (commitIndex < before) {
      return {
        sentence: `the commitIndex of ${nameOf(world, node)} fell from ${before} to ${commitIndex}`,
        facts: [
          factAt(world, memory.since[node] as number, node, `commitIndex rises to ${before}`),
          factNow(world, node, `commitIndex is ${commitIndex}`),
        ],
      };
    }
    if (lastApplied > commitIndex) {
      return {
        sentence: `${nameOf(world, node)} has applied entries up to ${lastApplied}, but only those up to ${commitIndex} are committed`,
        facts: [
          factAt(world, memory.since[node] ?? 0, node, `commitIndex is ${commitIndex}`),
          factNow(world, node, `has applied index ${lastApplied}`),
        ],
      };
    }
    if (commitIndex > lastIndex(state)) {
      return {
        sentence: `the commitIndex of ${nameOf(world, node)} is ${commitIndex}, but its log ends at ${lastIndex(state)}`,
        facts: [factNow(world, node, `commitIndex is ${commitIndex}, the log ends at ${lastIndex(state)}`)],
      };
    }
    if (commitIndex !== before) {
      memory.commit[node] = commitIndex;
      memory.since[node] = world.event;
    }
    return undefined;
  },
});

/** What the note `committed` of a leader says. */
interface Commit {
  readonly term: number;
  readonly index: number;
}

/**
 * By node: the term it leads and the commitIndex it is known to have there. What a leader commits it says in a note, in the middle of its
 * handler; what it does not say is seen when the handler is over.
 */
interface Known {
  readonly term: number[];
  readonly commit: number[];
}

function hear({ term, commit }: Known, node: number, told: Commit): void {
  term[node] = told.term;
  commit[node] = told.index;
}

/** What a leader has committed without a word. With commitIndex a new leader has from its time as a follower it commits nothing. */
function unsaid({ term, commit }: Known, node: number, { currentTerm, commitIndex }: ServerState): Commit | undefined {
  if (term[node] === currentTerm && (commit[node] as number) < commitIndex) {
    commit[node] = commitIndex;
    return { term: currentTerm, index: commitIndex };
  }
  term[node] = currentTerm;
  commit[node] = commitIndex;
  return undefined;
}

interface Quorums extends Known {
  /** Numbers of the servers; they are looked for again where a node has joined. */
  servers: readonly number[];
  nodes: number;
}

function serversOf(memory: Quorums, world: World): readonly number[] {
  if (memory.nodes !== world.nodes.length) {
    memory.nodes = world.nodes.length;
    memory.servers = world.nodes.flatMap((_, node) => (world.roleOf(node) === 'server' ? [node] : []));
  }
  return memory.servers;
}

export const quorumDurable: Property = always<Quorums>({
  name: 'QD',
  title: 'what a leader commits is of its own term and on the disks of a quorum at that moment',
  source: '§5.3, §5.4.2, diss 3.8',
  oracle: 'internal',
  role: 'server',
  start: () => ({ term: [], commit: [], servers: [], nodes: 0 }),
  note(memory, node, text, data: Json | undefined, world) {
    if (text !== 'committed') return undefined;
    hear(memory, node, data as unknown as Commit);
    return judgeCommit(node, data as unknown as Commit, serversOf(memory, world), world);
  },
  step(memory, node, state: ServerState, world) {
    if (state.role !== 'leader') return undefined;
    if (memory.commit[node] === state.commitIndex && memory.term[node] === state.currentTerm) return undefined;
    const commit = unsaid(memory, node, state);
    return commit === undefined ? undefined : judgeCommit(node, commit, serversOf(memory, world), world);
  },
});

function judgeCommit(
  node: number,
  { term, index }: Commit,
  servers: readonly number[],
  world: World,
): Finding | undefined {
  const entryTerm = termOf(writtenLog(world, node), index);
  if (entryTerm !== term) {
    return {
      sentence: `${nameOf(world, node)}, leader of term ${term}, committed index ${index} although its entry is of term ${entryTerm}`,
      facts: [factNow(world, node, `leads term ${term} and commits index ${index}, an entry of term ${entryTerm}`)],
    };
  }
  let holders = 0;
  for (let i = 0; i < servers.length; i++) {
    if (durableEntry(world, servers[i] as number, index)?.term === term) holders++;
  }
  return holders * 2 > servers.length ? undefined : tooFew(node, { term, index }, servers, world);
}

function tooFew(node: number, { term, index }: Commit, servers: readonly number[], world: World): Finding {
  const holders = servers.filter((server) => durableEntry(world, server, index)?.term === term);
  const names = holders.map((server) => nameOf(world, server)).join(', ') || 'none';
  return {
    sentence: `${nameOf(world, node)} committed index ${index} of term ${term}, which is on the disks of only ${holders.length} of ${servers.length} servers (${names})`,
    facts: servers.map((server) => factNow(world, server, diskText(durableEntry(world, server, index), index))),
  };
}

const diskText = (entry: Entry | undefined, index: number): string =>
  entry === undefined ? `has no index ${index} on disk` : `has term ${entry.term} at index ${index} on disk`;

/** A log as it was at an election: where each of its terms ends. */
interface ElectedLog {
  readonly node: number;
  readonly term: number;
  readonly event: number;
  readonly terms: readonly number[];
  readonly ends: readonly number[];
}

/** Parallel by index - 1: the committed entry's term, the lowest term of a leader that committed it, who that was, and when. */
interface Committed {
  readonly entryTerm: number[];
  readonly byTerm: number[];
  readonly byNode: number[];
  readonly atEvent: number[];
  readonly elected: ElectedLog[];
  highestTerm: number;
  /** By node: the term whose election was judged. */
  readonly judgedTerm: number[];
  readonly known: Known;
}

export const leaderCompleteness: Property = always<Committed>({
  name: 'LC',
  title: 'an entry committed in a term is in the logs of the leaders of all higher terms from their election on',
  source: '§5.4, Figure 3: Leader Completeness',
  oracle: 'internal',
  role: 'server',
  start: () => ({
    entryTerm: [],
    byTerm: [],
    byNode: [],
    atEvent: [],
    elected: [],
    highestTerm: 0,
    judgedTerm: [],
    known: { term: [], commit: [] },
  }),
  note(memory, node, text, data: Json | undefined, world) {
    if (text === 'becameLeader') return judgeElection(memory, node, (data as unknown as Commit).term, world);
    if (text !== 'committed') return undefined;
    hear(memory.known, node, data as unknown as Commit);
    return commitThrough(memory, node, data as unknown as Commit, world);
  },
  /** Elections and commits that nobody told of. */
  step(memory, node, state: ServerState, world) {
    if (state.role !== 'leader') return undefined;
    const { known } = memory;
    if (known.commit[node] === state.commitIndex && known.term[node] === state.currentTerm) return undefined;
    if (memory.judgedTerm[node] !== state.currentTerm) {
      const finding = judgeElection(memory, node, state.currentTerm, world);
      if (finding !== undefined) return finding;
    }
    const commit = unsaid(known, node, state);
    return commit === undefined ? undefined : commitThrough(memory, node, commit, world);
  },
});

/** The new leader must have all that leaders of lower terms committed. `byTerm` never falls with the index, and by Log Matching the last
 * entry speaks for those before it. */
function judgeElection(memory: Committed, node: number, term: number, world: World): Finding | undefined {
  memory.judgedTerm[node] = term;
  const log = writtenLog(world, node);
  let index = memory.byTerm.length;
  while (index > 0 && (memory.byTerm[index - 1] as number) >= term) index--;
  const isComplete = index === 0 || termOf(log, index) === memory.entryTerm[index - 1];
  memory.elected.push(electedLog(node, term, log, world.event));
  memory.highestTerm = Math.max(memory.highestTerm, term);
  if (isComplete) return undefined;
  let missing = 1;
  while (termOf(log, missing) === memory.entryTerm[missing - 1]) missing++;
  return incomplete(memory, missing, node, term, world.event, termOf(log, missing), world);
}

/** Ends of terms, found from the end of the log by bisection: terms never fall along it. */
function electedLog(node: number, term: number, log: StoredLog<Entry>, event: number): ElectedLog {
  const terms: number[] = [];
  const ends: number[] = [];
  for (let end = log.first + log.entries.length - 1; end > 0; end = endOfTermsBelow(log, terms.at(-1) as number, end)) {
    terms.push(termOf(log, end));
    ends.push(end);
  }
  return { node, term, event, terms: terms.reverse(), ends: ends.reverse() };
}

function endOfTermsBelow(log: StoredLog<Entry>, term: number, end: number): number {
  let low = log.first - 1;
  let high = end;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (termOf(log, middle) < term) low = middle;
    else high = middle - 1;
  }
  return low;
}

function termIn(log: ElectedLog, index: number): number {
  const run = log.ends.findIndex((end) => index <= end);
  return run < 0 ? -1 : (log.terms[run] as number);
}

/** Records what a leader commits, and compares it with leaders of higher terms that were elected before. */
function commitThrough(
  memory: Committed,
  node: number,
  { term, index: last }: Commit,
  world: World,
): Finding | undefined {
  const log = writtenLog(world, node);
  let first = memory.byTerm.length + 1;
  while (first > 1 && (memory.byTerm[first - 2] as number) > term) first--;
  for (let index = first; index <= last; index++) {
    if (index > memory.byTerm.length) memory.entryTerm.push(termOf(log, index));
    memory.byTerm[index - 1] = term;
    memory.byNode[index - 1] = node;
    memory.atEvent[index - 1] = world.event;
  }
  if (memory.highestTerm <= term) return undefined;
  const later = memory.elected.filter((elected) => elected.term > term);
  for (let index = first; index <= last; index++) {
    for (const elected of later) {
      const has = termIn(elected, index);
      if (has !== memory.entryTerm[index - 1]) {
        return incomplete(memory, index, elected.node, elected.term, elected.event, has, world);
      }
    }
  }
  return undefined;
}

function incomplete(
  memory: Committed,
  index: number,
  leader: number,
  leaderTerm: number,
  electedAt: number,
  has: number,
  world: World,
): Finding {
  const [entryTerm, byTerm, byNode, atEvent] = [memory.entryTerm, memory.byTerm, memory.byNode, memory.atEvent].map(
    (values) => values[index - 1] as number,
  ) as [number, number, number, number];
  const instead = has === -1 ? 'its log ends before' : `it has one of term ${has} there`;
  return {
    sentence: `${nameOf(world, leader)} was elected leader of term ${leaderTerm} without the entry of term ${entryTerm} at index ${index}, which the leader of term ${byTerm} had committed: ${instead}`,
    facts: [
      factAt(world, atEvent, byNode, `commits index ${index} as leader of term ${byTerm}`),
      factAt(world, electedAt, leader, `becomes leader of term ${leaderTerm}; ${instead}`),
    ],
  };
}
