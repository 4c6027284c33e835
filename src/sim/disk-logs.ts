/** The logs of one disk, entry by entry, for those who look at it: what has been written, and what of it a crash would leave. */
import type { SimDisk } from './disk.ts';
import type { LogImage } from './image.ts';
import { byText, samePlain } from './plain.ts';

/**
 * `durable`: it survives a crash. `forced`: a sync that covers it is under way. `cached`: only in the cache, and nobody waits for it.
 * `unreadable`: it was durable, and cannot be read back.
 */
export type EntryStanding = 'durable' | 'forced' | 'cached' | 'unreadable';

/** A log as its writer has left it, or the end of it: the entry at `entries[0]` has index `first`. */
export interface LogOnDisk {
  /** Path of the component that it belongs to; '' for the role itself. */
  readonly area: string;
  readonly name: string;
  readonly first: number;
  /** How many entries before them were not asked for. */
  readonly earlier: number;
  readonly entries: readonly { readonly entry: unknown; readonly standing: EntryStanding }[];
}

/**
 * All logs that have entries, in order of their names.
 * @param newest so many entries of each at most.
 */
export function logsOn(disk: SimDisk, newest: number = Number.POSITIVE_INFINITY): readonly LogOnDisk[] {
  const found: LogOnDisk[] = [];
  for (const [area, { logs }] of disk.cached.areas) {
    for (const [name, log] of logs) {
      if (log.entries.length === 0) continue;
      const covered = coveredEntries(disk, area, name);
      const durable = disk.durable.log(area, name);
      const earlier = Math.max(0, log.entries.length - newest);
      const first = log.first + earlier;
      const entries = log.entries.slice(earlier).map((entry, i) => ({
        entry,
        standing: standingOf(entry, first + i, durable, covered),
      }));
      found.push({ area, name, first, earlier, entries });
    }
  }
  return found.sort((one, other) => byText(one.area, other.area) || byText(one.name, other.name));
}

function standingOf(
  entry: unknown,
  index: number,
  durable: LogImage,
  covered: ReadonlyMap<number, unknown>,
): EntryStanding {
  if (durable.damaged?.has(index)) return 'unreadable';
  // The same index may hold another entry. Both images share their entries until a keyframe has copied them.
  if (index >= durable.first && isSame(durable.entries[index - durable.first], entry)) return 'durable';
  return isSame(covered.get(index), entry) ? 'forced' : 'cached';
}

const isSame = (one: unknown, other: unknown): boolean => one === other || (one !== undefined && samePlain(one, other));

/** What the syncs under way will make durable of a log, by index. */
function coveredEntries(disk: SimDisk, area: string, name: string): ReadonlyMap<number, unknown> {
  const covered = new Map<number, unknown>();
  for (const write of disk.unsyncedWrites().slice(0, disk.coveredCount)) {
    if (write.area !== area || write.target !== name) continue;
    if (write.kind === 'append') covered.set(write.index, write.entry);
    if (write.kind === 'replace') for (const [i, entry] of write.entries.entries()) covered.set(write.first + i, entry);
  }
  return covered;
}
