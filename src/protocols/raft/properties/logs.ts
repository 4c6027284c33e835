/** What logs may look like: leaders only append, and equal entries have equal pasts. */
import { always, type Property } from '../../../check/property.ts';
import type { Finding, LogChange, World } from '../../../sim/observer.ts';
import { lastIndex } from '../log.ts';
import type { Command, Entry } from '../shape.ts';
import { type AnyState, describeCommand, factAt, factNow, isSameCommand, LOG, nameOf, writtenEntry } from './facts.ts';

/** By node: the term it leads (0 for none), since when, how long its log was, and where it was cut since (0 for nowhere). */
interface Leading {
  readonly term: number[];
  readonly since: number[];
  readonly last: number[];
  readonly cut: number[];
}

export const leaderAppendOnly: Property = always<Leading>({
  name: 'LAO',
  title: 'a leader never overwrites or deletes entries of its log, it only appends',
  source: '§5.3, Figure 3: Leader Append-Only',
  oracle: 'internal',
  start: () => ({ term: [], since: [], last: [], cut: [] }),
  boot(memory, node) {
    memory.term[node] = 0;
    return undefined;
  },
  log(memory, node, log, change: LogChange) {
    // Whether it still leads after the handler that cut its log, only `step` knows.
    if (change.kind === 'append' || log !== LOG || !memory.term[node]) return undefined;
    memory.cut[node] = change.kind === 'replace' ? change.first : change.index;
    return undefined;
  },
  step(memory, node, state: AnyState, world) {
    if (state.role !== 'leader') {
      memory.term[node] = 0;
      return undefined;
    }
    const last = lastIndex(state);
    if (memory.term[node] !== state.currentTerm) {
      memory.term[node] = state.currentTerm;
      memory.since[node] = world.event;
      memory.cut[node] = 0;
    } else if (memory.cut[node] !== 0 || last < (memory.last[node] as number)) {
      const from = memory.cut[node] || last + 1;
      return {
        sentence: `${nameOf(world, node)}, leader of term ${state.currentTerm}, removed entries of its log from index ${from} on`,
        facts: [
          factAt(world, memory.since[node] as number, node, `becomes leader of term ${state.currentTerm}`),
          factNow(world, node, `removes what it had from index ${from} to ${memory.last[node]}`),
        ],
      };
    }
    memory.last[node] = last;
    return undefined;
  },
});

/** An entry as it was first seen at (index, term). */
interface Known {
  readonly term: number;
  readonly prevTerm: number;
  readonly command: Command;
  readonly node: number;
  readonly event: number;
}

/** `known[index]`: entries seen there, one for each term. By node: where its log ends, -1 when that must be looked up. */
interface Logs {
  readonly known: Known[][];
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
  start: () => ({ known: [], last: [], lastTerm: [] }),
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
  while (memory.known.length <= index) memory.known.push([]);
  const there = memory.known[index] as Known[];
  const known = there.find((one) => one.term === term);
  if (known === undefined) {
    there.push({ term, prevTerm, command, node, event: world.event });
    return undefined;
  }
  if (known.prevTerm === prevTerm && isSameCommand(known.command, command)) return undefined;
  const tell = (what: Command, before: number): string =>
    `appends ${describeCommand(what)} of term ${term} at index ${index}, behind an entry of term ${before}`;
  return {
    sentence: `the logs of ${nameOf(world, known.node)} and ${nameOf(world, node)} have an entry of term ${term} at index ${index} but differ up to there`,
    facts: [
      factAt(world, known.event, known.node, tell(known.command, known.prevTerm)),
      factNow(world, node, tell(command, prevTerm)),
    ],
  };
}
