/** What logs may look like: leaders only append, and equal entries have equal pasts. */
import { always, type Property } from '../../../check/property.ts';
import type { Finding, LogChange, World } from '../../../sim/observer.ts';
import type { Json } from '../../../sim/plain.ts';
import type { Command, Entry, ServerState } from '../shape.ts';
import { describeCommand, factAt, factNow, isSameCommand, LOG, nameOf, writtenEntry } from './facts.ts';

/** A leadership: since when, and the last entry of the leader's log when it was last seen. */
interface Leading {
  readonly term: number;
  readonly event: number;
  last: number;
  lastEntry: Entry | undefined;
}

/** By node; undefined while it does not lead. */
type Leaderships = (Leading | undefined)[];

export const leaderAppendOnly: Property = always<Leaderships>({
  name: 'LAO',
  title: 'a leader never overwrites or deletes entries of its log, it only appends',
  source: '§5.3, Figure 3: Leader Append-Only',
  oracle: 'internal',
  role: 'server',
  start: () => [],
  crash(memory, node) {
    memory[node] = undefined;
    return undefined;
  },
  note(memory, node, text, data: Json | undefined, world) {
    if (text === 'becameLeader') memory[node] = leading((data as { readonly term: number }).term, world);
    else if (text === 'steppedDown') memory[node] = undefined;
    return undefined;
  },
  /** What it writes... */
  log(memory, node, log, change: LogChange, world) {
    if (change.kind === 'append' || change.kind === 'drop-prefix' || log !== LOG) return undefined;
    const known = memory[node];
    if (known === undefined) return undefined;
    return removed(known, node, change.kind === 'replace' ? change.first : change.index, world);
  },
  /** ...and what it remembers, whatever it has said of its role. */
  step(memory, node, { role, currentTerm, log }: ServerState, world) {
    let known = memory[node];
    if (role !== 'leader') {
      if (known !== undefined) memory[node] = undefined;
      return undefined;
    }
    if (known === undefined || known.term !== currentTerm) {
      known = leading(currentTerm, world);
      memory[node] = known;
    }
    if (known.last > 0 && log[known.last - 1] !== known.lastEntry) {
      return removed(known, node, Math.min(known.last, log.length + 1), world);
    }
    known.last = log.length;
    known.lastEntry = log[log.length - 1];
    return undefined;
  },
});

const leading = (term: number, world: World): Leading => ({ term, event: world.event, last: 0, lastEntry: undefined });

function removed({ term, event }: Leading, node: number, from: number, world: World): Finding {
  return {
    sentence: `${nameOf(world, node)}, leader of term ${term}, removed entries of its log from index ${from} on`,
    facts: [
      factAt(world, event, node, `becomes leader of term ${term}`),
      factNow(world, node, `removes what it had from index ${from} on`),
    ],
  };
}

/** An entry as it was first seen at (index, term). */
interface Known {
  readonly term: number;
  readonly prevTerm: number;
  readonly command: Command;
  readonly node: number;
  readonly event: number;
}

/**
 * Parallel by index - 1: the entry first seen there. Columns and not objects: what a run keeps for each index is moved by every
 * collection of garbage (a quarter of them). `others`: by index, entries of other terms that were seen there. By node: where its log
 * ends, -1 when that must be looked up.
 */
interface Logs {
  readonly term: number[];
  readonly prevTerm: number[];
  readonly command: Command[];
  readonly node: number[];
  readonly event: number[];
  readonly others: Map<number, Known[]>;
  readonly last: number[];
  readonly lastTerm: number[];
}

/**
 * Log Matching by induction: when every (index, term) has one command and one predecessor's term, then two logs that have an entry in
 * common have everything before it in common. So each append is compared with one remembered entry, not with other logs.
 */
export const logMatching: Property = always<Logs>({
  name: 'LM',
  title: 'if two logs have an entry with the same index and term, they are equal up to it',
  source: '§5.3, Figure 3: Log Matching',
  oracle: 'internal',
  role: 'server',
  start: () => ({
    term: [],
    prevTerm: [],
    command: [],
    node: [],
    event: [],
    others: new Map(),
    last: [],
    lastTerm: [],
  }),
  boot(memory, node) {
    memory.last[node] = -1;
    return undefined;
  },
  log(memory, node, log, change: LogChange, world) {
    if (log !== LOG) return undefined;
    if (change.kind !== 'append') {
      memory.last[node] = -1;
      return undefined;
    }
    const entry = change.entry as Entry;
    const prevTerm = termBefore(memory, node, change.index, world);
    memory.last[node] = change.index;
    memory.lastTerm[node] = entry.term;
    return compare(memory, node, change.index, entry, prevTerm, world);
  },
});

function termBefore(memory: Logs, node: number, index: number, world: World): number {
  if (index === 1) return 0;
  if (memory.last[node] === index - 1) return memory.lastTerm[node] as number;
  return writtenEntry(world, node, index - 1)?.term ?? -1;
}

function compare(
  memory: Logs,
  node: number,
  index: number,
  { term, command }: Entry,
  prevTerm: number,
  world: World,
): Finding | undefined {
  const at = index - 1;
  // An entry behind a hole leaves the places before it empty: a term of 0, which no entry has.
  while (memory.term.length < index) addRow(memory, 0, 0, command, -1, -1);
  const first = memory.term[at] as number;
  if (first === term && memory.prevTerm[at] === prevTerm && isSameCommand(memory.command[at] as Command, command))
    return undefined;
  const seen: Known = { term, prevTerm, command, node, event: world.event };
  if (first === term) return differing(rowAt(memory, at), seen, index, world);
  if (first !== 0) return compareWithOthers(memory, index, seen, world);
  setRow(memory, at, seen);
  return undefined;
}

function compareWithOthers(memory: Logs, index: number, seen: Known, world: World): Finding | undefined {
  const others = memory.others.get(index) ?? [];
  const known = others.find(({ term }) => term === seen.term);
  if (known === undefined) memory.others.set(index, [...others, seen]);
  else if (known.prevTerm !== seen.prevTerm || !isSameCommand(known.command, seen.command))
    return differing(known, seen, index, world);
  return undefined;
}

function addRow(memory: Logs, term: number, prevTerm: number, command: Command, node: number, event: number): void {
  memory.term.push(term);
  memory.prevTerm.push(prevTerm);
  memory.command.push(command);
  memory.node.push(node);
  memory.event.push(event);
}

function setRow(memory: Logs, at: number, { term, prevTerm, command, node, event }: Known): void {
  memory.term[at] = term;
  memory.prevTerm[at] = prevTerm;
  memory.command[at] = command;
  memory.node[at] = node;
  memory.event[at] = event;
}

const rowAt = ({ term, prevTerm, command, node, event }: Logs, at: number): Known => ({
  term: term[at] as number,
  prevTerm: prevTerm[at] as number,
  command: command[at] as Command,
  node: node[at] as number,
  event: event[at] as number,
});

function differing(known: Known, other: Known, index: number, world: World): Finding {
  const tell = ({ command, term, prevTerm }: Known): string =>
    `appends ${describeCommand(command)} of term ${term} at index ${index}, behind an entry of term ${prevTerm}`;
  return {
    sentence: `the logs of ${nameOf(world, known.node)} and ${nameOf(world, other.node)} have an entry of term ${known.term} at index ${index} but differ up to there`,
    facts: [factAt(world, known.event, known.node, tell(known)), factNow(world, other.node, tell(other))],
  };
}
