/** What is committed, and that it stays so. Ground truth: an entry is committed once a leader's commitIndex covers it. */
import { always, type Property } from '../../../check/property.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import { lastIndex, termAt } from '../log.ts';
import type { ServerState } from '../shape.ts';
import { type AnyState, durableEntry, factAt, factNow, nameOf } from './facts.ts';

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
  start: () => ({ commit: [], since: [] }),
  boot(memory, node) {
    memory.commit[node] = 0;
    return undefined;
  },
  step(memory, node, state: AnyState, world) {
    if (state.role === 'client') return undefined;
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
      return `${nameOf(world, node)} has applied entries up to ${lastApplied}, but only those up to ${commitIndex} are committed`;
    }
    if (commitIndex > lastIndex(state)) {
      return `the commitIndex of ${nameOf(world, node)} is ${commitIndex}, but its log ends at ${lastIndex(state)}`;
    }
    if (commitIndex !== before) {
      memory.commit[node] = commitIndex;
      memory.since[node] = world.event;
    }
    return undefined;
  },
});

export const quorumDurable: Property = always<{ readonly commit: number[] }>({
  name: 'QD',
  title: 'what a leader commits is of its own term and on the disks of a quorum at that moment',
  source: '§5.3, §5.4.2, diss 3.8',
  oracle: 'internal',
  start: () => ({ commit: [] }),
  step(memory, node, state: AnyState, world) {
    if (state.role === 'client' || state.commitIndex === memory.commit[node]) return undefined;
    const before = memory.commit[node] ?? 0;
    memory.commit[node] = state.commitIndex;
    // What followers believe to be committed is judged when they apply it.
    if (state.role !== 'leader' || state.commitIndex < before) return undefined;
    const index = state.commitIndex;
    const term = termAt(state, index);
    if (term !== state.currentTerm) {
      return `${nameOf(world, node)}, leader of term ${state.currentTerm}, committed index ${index} although its entry is of term ${term}`;
    }
    const holders = state.members.filter((member) => {
      const place = world.nodes.indexOf(member);
      return place >= 0 && durableEntry(world, place, index)?.term === term;
    });
    if (holders.length * 2 > state.members.length) return undefined;
    return {
      sentence: `${nameOf(world, node)} committed index ${index} of term ${term}, which is on the disks of only ${holders.length} of ${state.members.length} servers (${holders.join(', ') || 'none'})`,
      facts: state.members.map((member) => diskFact(world, member, index)),
    };
  },
});

function diskFact(world: World, member: string, index: number): { event: number; node: string; text: string } {
  const place = world.nodes.indexOf(member);
  const entry = place < 0 ? undefined : durableEntry(world, place, index);
  const text =
    entry === undefined ? `has no index ${index} on disk` : `has term ${entry.term} at index ${index} on disk`;
  return { event: world.event, node: member, text };
}

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
  /** By node. */
  readonly seenCommit: number[];
  readonly led: number[];
  readonly elected: ElectedLog[];
  highestTerm: number;
}

export const leaderCompleteness: Property = always<Committed>({
  name: 'LC',
  title: 'an entry committed in a term is in the logs of the leaders of all higher terms from their election on',
  source: '§5.4, Figure 3: Leader Completeness',
  oracle: 'internal',
  start: () => ({
    entryTerm: [],
    byTerm: [],
    byNode: [],
    atEvent: [],
    seenCommit: [],
    led: [],
    elected: [],
    highestTerm: 0,
  }),
  boot(memory, node) {
    memory.seenCommit[node] = 0;
    memory.led[node] = 0;
    return undefined;
  },
  step(memory, node, state: AnyState, world) {
    if (state.role === 'client') return undefined;
    if (state.role === 'leader') {
      if (memory.led[node] !== state.currentTerm) {
        memory.led[node] = state.currentTerm;
        const finding = judgeElection(memory, node, state, world);
        if (finding !== undefined) return finding;
      }
      if (state.commitIndex > (memory.seenCommit[node] ?? 0)) {
        memory.seenCommit[node] = state.commitIndex;
        return commitThrough(memory, node, state, world);
      }
    } else memory.seenCommit[node] = state.commitIndex;
    return undefined;
  },
});

/** The new leader must have all that leaders of lower terms committed. `byTerm` never falls with the index, and by Log Matching the last
 * entry speaks for those before it. */
function judgeElection(memory: Committed, node: number, state: ServerState, world: World): Finding | undefined {
  const term = state.currentTerm;
  let index = memory.byTerm.length;
  while (index > 0 && (memory.byTerm[index - 1] as number) >= term) index--;
  const isComplete = index === 0 || termAt(state, index) === memory.entryTerm[index - 1];
  memory.elected.push(electedLog(node, state, world.event));
  memory.highestTerm = Math.max(memory.highestTerm, term);
  if (isComplete) return undefined;
  let missing = 1;
  while (termAt(state, missing) === memory.entryTerm[missing - 1]) missing++;
  return incomplete(memory, missing, node, term, world.event, termAt(state, missing), world);
}

/** Ends of terms, found from the end of the log by bisection: terms never fall along it. */
function electedLog(node: number, state: ServerState, event: number): ElectedLog {
  const terms: number[] = [];
  const ends: number[] = [];
  for (let end = lastIndex(state); end > 0; end = endOfTermsBelow(state, terms.at(-1) as number, end)) {
    terms.push(termAt(state, end));
    ends.push(end);
  }
  return { node, term: state.currentTerm, event, terms: terms.reverse(), ends: ends.reverse() };
}

function endOfTermsBelow(state: ServerState, term: number, end: number): number {
  let low = 0;
  let high = end;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (termAt(state, middle) < term) low = middle;
    else high = middle - 1;
  }
  return low;
}

function termIn(log: ElectedLog, index: number): number {
  const run = log.ends.findIndex((end) => index <= end);
  return run < 0 ? -1 : (log.terms[run] as number);
}

/** Records what a leader commits, and compares it with leaders of higher terms that were elected before. */
function commitThrough(memory: Committed, node: number, state: ServerState, world: World): Finding | undefined {
  const term = state.currentTerm;
  let first = memory.byTerm.length + 1;
  while (first > 1 && (memory.byTerm[first - 2] as number) > term) first--;
  for (let index = first; index <= state.commitIndex; index++) {
    if (index > memory.byTerm.length) memory.entryTerm.push(termAt(state, index));
    memory.byTerm[index - 1] = term;
    memory.byNode[index - 1] = node;
    memory.atEvent[index - 1] = world.event;
  }
  if (memory.highestTerm <= term) return undefined;
  const later = memory.elected.filter((log) => log.term > term);
  for (let index = first; index <= state.commitIndex; index++) {
    for (const log of later) {
      const has = termIn(log, index);
      if (has !== memory.entryTerm[index - 1]) {
        return incomplete(memory, index, log.node, log.term, log.event, has, world);
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
