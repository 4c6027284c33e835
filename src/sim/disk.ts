/**
 * A node's disk: what its processes have written (cached image), what would survive a crash (durable image), and the writes between.
 * Each write is one atomic record; a sync makes all writes before it durable, in order.
 */
import type { UnsyncedWrites } from './faults.ts';
import { Fifo } from './fifo.ts';
import { byText } from './plain.ts';
import type { Micros } from './protocol.ts';
import { scale } from './random.ts';

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
}

/** The records and logs of one area (one component's part of the disk). */
export interface AreaImage {
  records: Map<string, unknown>;
  logs: Map<string, LogImage>;
}

const EMPTY_LOG: LogImage = Object.freeze({ first: 1, entries: Object.freeze([]) as unknown as unknown[] });

export class Image {
  readonly areas: Map<string, AreaImage> = new Map();
  /** The log that was asked for last: mostly the next one too. Spares two searches by name, 20 ns, for each write and each look. */
  private lastPath = '';
  private lastName = '';
  private lastLog: LogImage | undefined;

  area(path: string): AreaImage {
    let area = this.areas.get(path);
    if (area === undefined) {
      area = { records: new Map(), logs: new Map() };
      this.areas.set(path, area);
    }
    return area;
  }

  record(path: string, record: string): unknown {
    return this.areas.get(path)?.records.get(record);
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
    const made = { first: 1, entries: [] };
    this.area(path).logs.set(name, made);
    return made;
  }

  apply(write: Write): void {
    if (write.kind === 'put') {
      this.area(write.area).records.set(write.target, write.value);
      return;
    }
    const log = this.logToWrite(write.area, write.target);
    switch (write.kind) {
      case 'append':
        // An append behind a hole (its predecessor was lost by a failed sync) can never be read back: the log ends before it.
        if (write.index === log.first + log.entries.length) log.entries.push(write.entry);
        return;
      case 'truncate':
        if (write.index < log.first + log.entries.length) log.entries.length = Math.max(0, write.index - log.first);
        return;
      case 'drop-prefix': {
        const dropped = Math.min(write.index - log.first, log.entries.length);
        if (dropped > 0) log.entries.splice(0, dropped);
        log.first = Math.max(log.first, write.index);
        return;
      }
      case 'replace':
        log.first = write.first;
        log.entries = [...write.entries];
    }
  }

  save(): Image {
    const copy = new Image();
    for (const [path, area] of this.areas) {
      copy.areas.set(path, {
        records: new Map(area.records),
        logs: new Map([...area.logs].map(([name, log]) => [name, { first: log.first, entries: log.entries.slice() }])),
      });
    }
    return copy;
  }
}

/** A sync under way. `upTo` counts writes since the beginning: all before it are covered. */
export interface PendingSync {
  readonly token: number;
  readonly upTo: number;
  readonly done: Micros;
  readonly blocking: boolean;
  readonly part: number;
  readonly tag: string;
  readonly data: unknown;
  readonly fails: boolean;
}

export class SimDisk {
  cached: Image = new Image();
  durable: Image = new Image();
  /** Writes not yet durable, oldest first; `written` counts all writes ever, so that the first of these has number written - length. */
  private unsynced = new Fifo<Write>();
  private written = 0;
  private busyUntil: Micros = 0;
  private syncs = new Fifo<PendingSync>();
  /** Every sync takes this long while set. */
  slow: Micros | undefined;
  /** So many of the next syncs fail. */
  failing = 0;

  get hasUnsynced(): boolean {
    return this.unsynced.length > 0;
  }

  get unsyncedCount(): number {
    return this.unsynced.length;
  }

  write(write: Write): void {
    this.cached.apply(write);
    this.unsynced.push(write);
    this.written++;
  }

  /** Begins a sync of all writes so far. Syncs end in the order they began. */
  begin(
    token: number,
    now: Micros,
    latency: Micros,
    blocking: boolean,
    part: number,
    tag: string,
    data: unknown,
  ): PendingSync {
    this.busyUntil = Math.max(now, this.busyUntil) + (this.slow ?? latency);
    const fails = this.failing > 0;
    if (fails) this.failing--;
    const sync = { token, upTo: this.written, done: this.busyUntil, blocking, part, tag, data, fails };
    this.syncs.push(sync);
    return sync;
  }

  /** Ends the sync with this token; undefined when a crash has forgotten it. */
  finish(token: number): PendingSync | undefined {
    const sync = this.syncs.first?.token === token ? this.syncs.shift() : this.takeOutOfTurn(token);
    if (sync === undefined) return undefined;
    // After a failed sync the pages count as clean: the writes are neither durable nor will a later sync write them (ATC'20).
    for (let covered = sync.upTo - (this.written - this.unsynced.length); covered > 0; covered--) {
      const write = this.unsynced.shift() as Write;
      if (!sync.fails) this.durable.apply(write);
    }
    return sync;
  }

  /** Explicit schedules may end syncs in any order. */
  private takeOutOfTurn(token: number): PendingSync | undefined {
    const syncs = this.syncs.toArray();
    const sync = syncs.find((one) => one.token === token);
    if (sync !== undefined) this.syncs = new Fifo(syncs.filter((one) => one !== sync));
    return sync;
  }

  /** The process is gone; answers how many writes were lost. */
  crash(unsynced: UnsyncedWrites, bits: number): number {
    const kept =
      unsynced === 'all' ? this.unsynced.length : unsynced === 'prefix' ? scale(bits, this.unsynced.length + 1) : 0;
    for (const write of this.unsynced.toArray().slice(0, kept)) this.durable.apply(write);
    const lost = this.unsynced.length - kept;
    this.unsynced = new Fifo();
    this.syncs = new Fifo();
    this.busyUntil = 0;
    this.cached = this.durable.save();
    return lost;
  }

  save(): DiskSnapshot {
    return {
      cached: this.cached.save(),
      durable: this.durable.save(),
      unsynced: this.unsynced.toArray(),
      written: this.written,
      busyUntil: this.busyUntil,
      syncs: this.syncs.toArray(),
      slow: this.slow,
      failing: this.failing,
    };
  }

  load(snapshot: DiskSnapshot): void {
    this.cached = snapshot.cached.save();
    this.durable = snapshot.durable.save();
    this.unsynced = new Fifo(snapshot.unsynced);
    this.written = snapshot.written;
    this.busyUntil = snapshot.busyUntil;
    this.syncs = new Fifo(snapshot.syncs);
    this.slow = snapshot.slow;
    this.failing = snapshot.failing;
  }

  /** Whether this sync is under way. */
  isPending(token: number): boolean {
    return this.syncs.toArray().some((sync) => sync.token === token);
  }

  /** What a state hash covers: contents and what is under way, without true times. */
  contents(): unknown {
    return [
      contentsOf(this.cached),
      contentsOf(this.durable),
      this.unsynced.toArray(),
      this.syncs
        .toArray()
        .map(({ upTo, blocking, part, tag, data, fails }) => [this.written - upTo, blocking, part, tag, data, fails]),
      this.slow,
      this.failing,
    ];
  }
}

/** Areas, records and logs in order of their names, not of their making. */
const contentsOf = ({ areas }: Image): unknown =>
  inOrder(areas).map(([path, { records, logs }]) => [path, inOrder(records), inOrder(logs)]);

const inOrder = <T>(map: ReadonlyMap<string, T>): (readonly [string, T])[] => [...map].sort(([a], [b]) => byText(a, b));

export interface DiskSnapshot {
  readonly cached: Image;
  readonly durable: Image;
  readonly unsynced: readonly Write[];
  readonly written: number;
  readonly busyUntil: Micros;
  readonly syncs: readonly PendingSync[];
  readonly slow: Micros | undefined;
  readonly failing: number;
}
