/**
 * What a disk holds: named records and named logs, by area, each write one atomic record; and which of them cannot be read back.
 */
import { byText } from './plain.ts';
import type { DiskErrorKind } from './protocol.ts';

export type Write =
  | { readonly area: string; readonly kind: 'put'; readonly target: string; readonly value: unknown }
  | {
      readonly area: string;
      readonly kind: 'append';
      readonly target: string;
      readonly index: number;
      readonly entry: unknown;
    }
  | {
      readonly area: string;
      readonly kind: 'truncate' | 'drop-prefix';
      readonly target: string;
      readonly index: number;
    }
  | {
      readonly area: string;
      readonly kind: 'replace';
      readonly target: string;
      readonly first: number;
      readonly entries: readonly unknown[];
    };

/** A log in an image: the entry at `entries[0]` has index `first`. */
export interface LogImage {
  first: number;
  entries: unknown[];
  /** Entries that cannot be read back. What they should hold is still in `entries`, for observers. */
  damaged: Map<number, DiskErrorKind> | undefined;
  /** Behind the last entry lies a part of another one. */
  torn: boolean;
  /** From here on a lost write should have cut it, or, at 0, written it anew: what is appended until one does cannot be read back. */
  uncut: number | undefined;
}

/** The records and logs of one area (one component's part of the disk). */
export interface AreaImage {
  records: Map<string, unknown>;
  logs: Map<string, LogImage>;
  /** Records that cannot be read back. */
  damaged: Map<string, DiskErrorKind> | undefined;
}

const logOf = (first: number, entries: unknown[]): LogImage => ({
  first,
  entries,
  damaged: undefined,
  torn: false,
  uncut: undefined,
});

const EMPTY_LOG: LogImage = Object.freeze(logOf(1, Object.freeze([]) as unknown as unknown[]));

/** The first entry of a log that cannot be read. */
export interface Unreadable {
  readonly index: number;
  readonly error: DiskErrorKind;
}

export class Image {
  readonly areas: Map<string, AreaImage> = new Map();
  /** The log that was asked for last: mostly the next one too. Spares two searches by name, 20 ns, for each write and each look. */
  private lastPath = '';
  private lastName = '';
  private lastLog: LogImage | undefined = undefined;

  area(path: string): AreaImage {
    let area = this.areas.get(path);
    if (area === undefined) {
      area = { records: new Map(), logs: new Map(), damaged: undefined };
      this.areas.set(path, area);
    }
    return area;
  }

  record(path: string, record: string): unknown {
    return this.areas.get(path)?.records.get(record);
  }

  recordError(path: string, record: string): DiskErrorKind | undefined {
    return this.areas.get(path)?.damaged?.get(record);
  }

  /** The first entry that cannot be read, be it the torn one behind the last. */
  unreadableIn({ first, entries, damaged, torn }: LogImage): Unreadable | undefined {
    if (damaged !== undefined && damaged.size > 0) {
      const index = [...damaged.keys()].reduce((least, one) => Math.min(least, one));
      return { index, error: damaged.get(index) as DiskErrorKind };
    }
    return torn ? { index: first + entries.length, error: 'torn' } : undefined;
  }

  /** Makes a record unreadable; it heals when it is written anew. */
  damageRecord(path: string, record: string, error: DiskErrorKind): void {
    const area = this.area(path);
    area.damaged ??= new Map();
    area.damaged.set(record, error);
  }

  damageEntry(path: string, name: string, index: number, error: DiskErrorKind): void {
    const log = this.logToWrite(path, name);
    log.damaged ??= new Map();
    log.damaged.set(index, error);
  }

  /** An append has left a part of itself behind the last entry. */
  tear(path: string, name: string): void {
    this.logToWrite(path, name).torn = true;
  }

  log(path: string, name: string): LogImage {
    if (this.lastLog !== undefined && name === this.lastName && path === this.lastPath) return this.lastLog;
    const log = this.areas.get(path)?.logs.get(name);
    if (log === undefined) return EMPTY_LOG;
    this.lastPath = path;
    this.lastName = name;
    this.lastLog = log;
    return log;
  }

  private logToWrite(path: string, name: string): LogImage {
    const log = this.log(path, name);
    if (log !== EMPTY_LOG) return log;
    const made = logOf(1, []);
    this.area(path).logs.set(name, made);
    return made;
  }

  apply(write: Write): void {
    if (write.kind === 'put') {
      const area = this.area(write.area);
      area.records.set(write.target, write.value);
      area.damaged?.delete(write.target);
      return;
    }
    const log = this.logToWrite(write.area, write.target);
    switch (write.kind) {
      case 'append':
        // An append behind a hole (its predecessor was lost by a failed sync) can never be read back: the log ends before it. Neither can
        // one behind a cut that was lost, also where old entries fill the hole: each entry of a log tells what it follows.
        if (write.index !== log.first + log.entries.length || log.uncut !== undefined) return;
        log.entries.push(write.entry);
        if (log.torn) this.bury(write.area, write.target, log);
        return;
      case 'truncate':
        if (write.index <= log.first + log.entries.length) {
          log.entries.length = Math.max(0, write.index - log.first);
          log.torn = false;
          heal(log, (index) => index >= write.index);
        }
        if (log.uncut !== undefined && write.index <= log.uncut) log.uncut = undefined;
        return;
      case 'drop-prefix': {
        const dropped = Math.min(write.index - log.first, log.entries.length);
        if (dropped > 0) log.entries.splice(0, dropped);
        log.first = Math.max(log.first, write.index);
        // What is dropped needs no cut any more. A log that was to be written anew is another one.
        if (log.uncut !== undefined && log.uncut > 0) log.uncut = Math.max(log.uncut, log.first);
        heal(log, (index) => index < write.index);
        return;
      }
      case 'replace':
        log.first = write.first;
        log.entries = [...write.entries];
        log.damaged = undefined;
        log.torn = false;
        log.uncut = undefined;
    }
  }

  /** A write that never arrives: a crash or a failed sync has lost it, or it went elsewhere. */
  lose(write: Write): void {
    if (write.kind !== 'truncate' && write.kind !== 'replace') return;
    const log = this.logToWrite(write.area, write.target);
    log.uncut = Math.min(write.kind === 'truncate' ? write.index : 0, log.uncut ?? Number.POSITIVE_INFINITY);
  }

  /** Whoever reads it now goes on from what it finds, and not from what was lost. */
  readAnew(): void {
    for (const { logs } of this.areas.values()) for (const log of logs.values()) log.uncut = undefined;
  }

  /** An append behind a torn entry: no reader finds it. */
  private bury(path: string, name: string, log: LogImage): void {
    log.torn = false;
    this.damageEntry(path, name, log.first + log.entries.length - 1, 'corrupt');
  }

  save(): Image {
    const copy = new Image();
    for (const [path, area] of this.areas) {
      copy.areas.set(path, {
        records: new Map(area.records),
        logs: new Map([...area.logs].map(([name, log]) => [name, copyOf(log)])),
        damaged: area.damaged === undefined ? undefined : new Map(area.damaged),
      });
    }
    return copy;
  }
}

const copyOf = ({ first, entries, damaged, torn, uncut }: LogImage): LogImage => ({
  first,
  entries: entries.slice(),
  damaged: damaged === undefined ? undefined : new Map(damaged),
  torn,
  uncut,
});

function heal({ damaged }: LogImage, isGone: (index: number) => boolean): void {
  if (damaged !== undefined) for (const index of [...damaged.keys()]) if (isGone(index)) damaged.delete(index);
}

/** Areas, records and logs in order of their names, not of their making. */
export const contentsOf = ({ areas }: Image): unknown =>
  inOrder(areas).map(([path, { records, logs, damaged }]) => [
    path,
    inOrder(records),
    inOrder(logs).map(([name, { first, entries, damaged: bad, torn, uncut }]) => [
      name,
      first,
      entries,
      [...(bad ?? [])],
      torn,
      ...(uncut === undefined ? [] : [uncut]),
    ]),
    inOrder(damaged ?? new Map()),
  ]);

const inOrder = <T>(map: ReadonlyMap<string, T>): (readonly [string, T])[] => [...map].sort(([a], [b]) => byText(a, b));
