/** The log, by the paper's indexes: the first entry has index 1, index 0 stands before it with term 0. */
import type { Entry, ServerContext, ServerState } from './shape.ts';

type HasLog = Pick<ServerState, 'log'>;

export function lastIndex(state: HasLog): number {
  return state.log.length;
}

/** Term of the entry at `index`; 0 at index 0, -1 where the log does not reach. */
export function termAt(state: HasLog, index: number): number {
  if (index === 0) return 0;
  const entry = state.log[index - 1];
  return entry === undefined ? -1 : entry.term;
}

export function lastTerm(state: HasLog): number {
  return termAt(state, state.log.length);
}

/** @throws RangeError where the log does not reach: callers ask only for entries they know to exist. */
export function entryAt(state: HasLog, index: number): Entry {
  const entry = state.log[index - 1];
  if (entry === undefined) throw new RangeError(`no entry at index ${index}: the log ends at ${state.log.length}`);
  return entry;
}

export const NO_ENTRIES: readonly Entry[] = Object.freeze([]);

/** At most `count` entries from `from` on. */
export function entriesFrom(state: HasLog, from: number, count: number): readonly Entry[] {
  return from > state.log.length || count === 0 ? NO_ENTRIES : state.log.slice(from - 1, from - 1 + count);
}

/** Largest index up to `index` whose term is at most `term`; terms never fall along a log, so this is a search from the end. */
export function lastIndexWithTermAtMost(state: HasLog, index: number, term: number): number {
  let found = Math.min(index, lastIndex(state));
  while (found > 0 && termAt(state, found) > term) found--;
  return found;
}

/** To memory and to the disk's cache; whoever relies on it syncs. */
export function append(state: ServerState, entry: Entry, context: ServerContext): void {
  state.log.push(entry);
  context.disk.append('log', entry);
}

/** Removes the entries from `index` on, in memory and in the disk's cache. */
export function truncateFrom(state: ServerState, index: number, context: ServerContext): void {
  context.note('truncated', { from: index, to: lastIndex(state), term: state.currentTerm });
  state.log.length = index - 1;
  state.durableIndex = Math.min(state.durableIndex, index - 1);
  context.disk.truncateFrom('log', index);
}
