/**
 * A node's disk: what its processes have written (cached image), what would survive a crash (durable image), and the writes between.
 * Each write is one atomic record; a sync makes all writes before it durable, in order.
 */

import { damage, nameOf, type Place, placesOf } from './damage.ts';
import type { DiskLoss } from './faults.ts';
import { Fifo } from './fifo.ts';
import { contentsOf, Image, type Write } from './image.ts';
import type { DiskErrorKind, Micros } from './protocol.ts';
import { derive, scale } from './random.ts';

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
  /** Of how many failed syncs its part had been told when it began; of one that has failed: of how many it tells. */
  readonly known: number;
}

/** A write that went to a wrong place: what it was meant for, and what it has destroyed there. */
interface Stray {
  readonly meant: string;
  readonly destroyed: string | undefined;
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
  slow: Micros | undefined = undefined;
  /**
   * Failed syncs of this incarnation, and how many of them each part has been told of. A sync fails with any failure that its part had
   * not been told of when it began, as fsync does for each open file (errseq_t of Linux): a barrier must not end well over a hole.
   */
  private failures = 0;
  private told: number[] = [];
  /** So many of the next syncs fail. */
  failing = 0;
  /** So many of the next writes fail. */
  failingWrites = 0;
  /** No room is left. */
  isFull = false;
  /** So many of the next writes that become durable do so at a wrong place. */
  misdirected = 0;
  /** Writes that have gone to a wrong place since somebody looked: what was meant, and what it has destroyed. */
  strays: Stray[] | undefined = undefined;
  /** The entry that the last crash has torn. */
  torn: string | undefined = undefined;
  /** How many writes the last sync that ended has made durable. */
  hardened = 0;
  /** How often something was damaged: names the draws. */
  damages = 0;
  /** No sync ends before. */
  private stalledUntil: Micros = 0;

  get unsyncedCount(): number {
    return this.unsynced.length;
  }

  /** Oldest first. */
  unsyncedWrites(): readonly Write[] {
    return this.unsynced.toArray();
  }

  /** How many of the unsynced writes, the oldest ones, the syncs under way cover. */
  get coveredCount(): number {
    let covered = 0;
    for (const { upTo } of this.syncs.toArray())
      covered = Math.max(covered, upTo - this.written + this.unsynced.length);
    return covered;
  }

  /** Whether some write may fail now. */
  get isFaulty(): boolean {
    return this.isFull || this.failingWrites > 0;
  }

  /** Why this write fails, if it does; a failing one counts. Without room what only removes still succeeds. */
  refuses({ kind }: Write): DiskErrorKind | undefined {
    if (this.failingWrites > 0) {
      this.failingWrites--;
      return 'write';
    }
    return this.isFull && kind !== 'truncate' && kind !== 'drop-prefix' ? 'full' : undefined;
  }

  /** Until then no sync ends. Those under way must be put off by the caller. */
  stall(until: Micros): void {
    this.stalledUntil = Math.max(this.stalledUntil, until);
    this.busyUntil = Math.max(this.busyUntil, until);
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
    const known = this.knownTo(part);
    const sync = { token, upTo: this.written, done: this.busyUntil, blocking, part, tag, data, fails, known };
    this.syncs.push(sync);
    return sync;
  }

  /** Whether a sync of this part that begins now has nothing to do and nothing to report. */
  isIdleFor(part: number): boolean {
    return this.unsynced.length === 0 && this.failing === 0 && this.knownTo(part) === this.failures;
  }

  /** This part has been told of so many failures. */
  tell(part: number, known: number): void {
    while (this.told.length <= part) this.told.push(0);
    this.told[part] = known;
  }

  private knownTo(part: number): number {
    return this.failures === 0 ? 0 : (this.told[part] ?? 0);
  }

  /** How many failures have come since somebody knew of so many. */
  failuresSince(known: number): number {
    return this.failures - known;
  }

  /** Ends the sync with this token, and says how; undefined when a crash has forgotten it. */
  finish(token: number): PendingSync | undefined {
    const sync = this.syncs.first?.token === token ? this.syncs.shift() : this.takeOutOfTurn(token);
    if (sync === undefined) return undefined;
    this.hardened = 0;
    // After a failed sync the pages count as clean: the writes are neither durable nor will a later sync write them (ATC'20).
    for (let covered = sync.upTo - (this.written - this.unsynced.length); covered > 0; covered--) {
      const write = this.unsynced.shift() as Write;
      if (sync.fails) {
        this.durable.lose(write);
        continue;
      }
      this.hardened++;
      if (this.misdirected > 0) this.misdirect(write);
      else this.durable.apply(write);
    }
    if (sync.fails) this.failures++;
    // One that fails with another is told so, though what it covered alone is on disk.
    return this.failures === sync.known ? sync : { ...sync, fails: true, known: this.failures };
  }

  /** Explicit schedules may end syncs in any order. */
  private takeOutOfTurn(token: number): PendingSync | undefined {
    const syncs = this.syncs.toArray();
    const sync = syncs.find((one) => one.token === token);
    if (sync !== undefined) this.syncs = new Fifo(syncs.filter((one) => one !== sync));
    return sync;
  }

  /** A write lands on what another has written. A record stays what it was; a log gets an entry that nobody can read. */
  private misdirect(write: Write): void {
    this.misdirected--;
    const meant =
      write.kind === 'append' ? nameOf(write.area, write.target, write.index) : nameOf(write.area, write.target);
    const others = placesOf(this.durable).filter((place) => place.name !== meant);
    const victim = others[scale(derive(this.damages++, 1), others.length)];
    if (victim !== undefined) damage(this.durable, victim, 'corrupt');
    if (write.kind === 'append') {
      const { length } = this.durable.log(write.area, write.target).entries;
      this.durable.apply(write);
      // Behind a hole, or a cut that was lost, no reader comes to its place.
      if (this.durable.log(write.area, write.target).entries.length > length)
        this.durable.damageEntry(write.area, write.target, write.index, 'corrupt');
    } else this.durable.lose(write);
    this.strays = [...(this.strays ?? []), { meant, destroyed: victim?.name }];
  }

  /** The process is gone; answers how many writes were lost. `bits` decide what is left to chance. */
  crash({ unsynced = 'none', torn = false }: DiskLoss, bits: number): number {
    const writes = this.unsynced.toArray();
    const prefix = unsynced === 'prefix' ? scale(bits, writes.length + 1) : 0;
    return this.crashKeeping((i) => {
      if (unsynced === 'subset') return (derive(bits, i + 1) & 1) === 1;
      return unsynced === 'all' || i < prefix;
    }, torn);
  }

  /** The same, where somebody says which of the unsynced writes, counted from 0, survive. */
  crashKeeping(survives: (write: number) => boolean, torn: boolean): number {
    let lost = 0;
    let mayTear = torn;
    this.torn = undefined;
    this.unsynced.toArray().forEach((write, i) => {
      if (survives(i)) {
        this.durable.apply(write);
        return;
      }
      lost++;
      this.durable.lose(write);
      mayTear = mayTear && !this.tear(write);
    });
    this.durable.readAnew();
    this.unsynced = new Fifo();
    this.syncs = new Fifo();
    this.failures = 0;
    this.told = [];
    this.busyUntil = this.stalledUntil;
    this.cached = this.durable.save();
    return lost;
  }

  /** A lost append that leaves a part of itself: true where it is the next of its log. */
  private tear(write: Write): boolean {
    if (write.kind !== 'append') return false;
    const { first, entries } = this.durable.log(write.area, write.target);
    if (write.index !== first + entries.length) return false;
    this.durable.tear(write.area, write.target);
    this.torn = nameOf(write.area, write.target, write.index);
    return true;
  }

  /** Whether a write to this place is not durable yet: then its processes read what is in the cache. */
  isDirty({ area, target }: Place): boolean {
    return this.unsynced.toArray().some((write) => write.area === area && write.target === target);
  }

  /** It does what it is told from now on, and what it has been told is done by `latest`. What it has lost stays lost. */
  heal(latest: Micros): void {
    this.failing = 0;
    this.failingWrites = 0;
    this.misdirected = 0;
    this.stalledUntil = 0;
    this.busyUntil = Math.min(this.busyUntil, latest);
  }

  /** Another, empty disk takes the place of this one. */
  wipe(): void {
    this.durable = new Image();
    this.cached = new Image();
  }

  save(): DiskSnapshot {
    return {
      cached: this.cached.save(),
      durable: this.durable.save(),
      unsynced: this.unsynced.toArray(),
      written: this.written,
      busyUntil: this.busyUntil,
      syncs: this.syncs.toArray(),
      failures: this.failures,
      told: this.told.slice(),
      slow: this.slow,
      failing: this.failing,
      failingWrites: this.failingWrites,
      isFull: this.isFull,
      misdirected: this.misdirected,
      damages: this.damages,
      stalledUntil: this.stalledUntil,
    };
  }

  load(snapshot: DiskSnapshot, isOurs = false): void {
    this.cached = isOurs ? snapshot.cached : snapshot.cached.save();
    this.durable = isOurs ? snapshot.durable : snapshot.durable.save();
    this.unsynced = new Fifo(snapshot.unsynced);
    this.written = snapshot.written;
    this.busyUntil = snapshot.busyUntil;
    this.syncs = new Fifo(snapshot.syncs);
    this.failures = snapshot.failures;
    this.told = snapshot.told.slice();
    this.slow = snapshot.slow;
    this.failing = snapshot.failing;
    this.failingWrites = snapshot.failingWrites;
    this.isFull = snapshot.isFull;
    this.misdirected = snapshot.misdirected;
    this.damages = snapshot.damages;
    this.stalledUntil = snapshot.stalledUntil;
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
        .map(({ upTo, blocking, part, tag, data, fails, known }) => [
          this.written - upTo,
          blocking,
          part,
          tag,
          data,
          fails,
          this.failuresSince(known),
        ]),
      this.failures,
      this.told.slice(),
      this.slow,
      this.failing,
      this.failingWrites,
      this.isFull,
      this.misdirected,
    ];
  }
}

export interface DiskSnapshot {
  readonly cached: Image;
  readonly durable: Image;
  readonly unsynced: readonly Write[];
  readonly written: number;
  readonly busyUntil: Micros;
  readonly syncs: readonly PendingSync[];
  readonly failures: number;
  readonly told: readonly number[];
  readonly slow: Micros | undefined;
  readonly failing: number;
  readonly failingWrites: number;
  readonly isFull: boolean;
  readonly misdirected: number;
  readonly damages: number;
  readonly stalledUntil: Micros;
}
