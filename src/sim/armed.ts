/** The armed timers of a part, and the lot where timers wait whose time is far. */
import type { Micros } from './protocol.ts';

/** An armed timer. Its deadline is kept in local time too, since a change of clock rate moves the true one. */
export class ArmedTimer {
  readonly node: number;
  readonly part: number;
  readonly name: string;
  readonly key: string | undefined;
  /** Of its id, for the digest. */
  readonly hash: number;
  readonly token: number;
  local: Micros;
  due: Micros;
  /** Its place among the events of one time, given when it was set. */
  sequence: number;
  /** Ordinal of the event whose handler set it. */
  cause: number;
  /**
   * True time of the queue's entry for it: never later than `due`. Re-arming a timer for later only moves `due`.
   */
  queuedAt: Micros;
  /** The place of that entry among those of its time. */
  queuedSequence: number;
  /** Its entry has left the queue for the node's inbox. */
  isInInbox = false;
  /** Neither fired nor cancelled nor set anew. */
  isArmed = true;
  /** Its place among those of its part. */
  place = -1;

  constructor(
    node: number,
    part: number,
    name: string,
    key: string | undefined,
    hash: number,
    token: number,
    local: Micros,
    due: Micros,
    sequence: number,
    cause: number,
  ) {
    this.node = node;
    this.part = part;
    this.name = name;
    this.key = key;
    this.hash = hash;
    this.token = token;
    this.local = local;
    this.due = due;
    this.sequence = sequence;
    this.cause = cause;
    this.queuedAt = due;
    this.queuedSequence = sequence;
  }

  /** What it is called in action ids: `election`, `idle/n1.1.7`. */
  get id(): string {
    return timerId(this.name, this.key);
  }

  /** Plain data: snapshots share what is equal. */
  save(): SavedTimer {
    const { node, part, name, key, hash, token, local, due, sequence, cause, queuedAt, queuedSequence, isInInbox } =
      this;
    return { node, part, name, key, hash, token, local, due, sequence, cause, queuedAt, queuedSequence, isInInbox };
  }
}

export type SavedTimer = Omit<ArmedTimer, 'id' | 'save' | 'isArmed' | 'place'>;

function restored({
  node,
  part,
  name,
  key,
  hash,
  token,
  local,
  due,
  sequence,
  cause,
  ...queue
}: SavedTimer): ArmedTimer {
  const timer = new ArmedTimer(node, part, name, key, hash, token, local, due, sequence, cause);
  timer.queuedAt = queue.queuedAt;
  timer.queuedSequence = queue.queuedSequence;
  timer.isInInbox = queue.isInInbox;
  return timer;
}

export const timerId = (name: string, key: string | undefined): string => (key === undefined ? name : `${name}/${key}`);

/** A list of more is searched by hash and by token. */
const FEW = 32;

/**
 * Those of one part, in no order that means anything. Most parts have a few, and most with a key are set once and cancelled: a list that is
 * searched for a hash costs less than a Map whose names are made, hashed and kept for each. Where there are many, there are Maps.
 */
export class ArmedTimers {
  private readonly hashes: number[] = [];
  private readonly timers: ArmedTimer[] = [];
  /** From when there were many until there are none. */
  private byHash: Map<number, readonly ArmedTimer[]> | undefined = undefined;
  private readonly byToken = new Map<number, ArmedTimer>();

  find(hash: number, name: string, key: string | undefined): ArmedTimer | undefined {
    if (this.byHash !== undefined)
      return this.byHash.get(hash)?.find((timer) => timer.name === name && timer.key === key);
    const { hashes } = this;
    for (let place = hashes.length - 1; place >= 0; place--) {
      if (hashes[place] !== hash) continue;
      const timer = this.timers[place] as ArmedTimer;
      if (timer.name === name && timer.key === key) return timer;
    }
    return undefined;
  }

  withToken(token: number): ArmedTimer | undefined {
    if (this.byHash !== undefined) return this.byToken.get(token);
    const { timers } = this;
    for (let place = timers.length - 1; place >= 0; place--) {
      const timer = timers[place] as ArmedTimer;
      if (timer.token === token) return timer;
    }
    return undefined;
  }

  /** There must be none of its name and key. */
  add(timer: ArmedTimer): void {
    timer.place = this.timers.length;
    this.hashes.push(timer.hash);
    this.timers.push(timer);
    if (this.byHash !== undefined) this.addToMaps(timer, this.byHash);
    else if (this.timers.length > FEW) this.makeMaps();
  }

  private makeMaps(): void {
    const byHash = new Map<number, readonly ArmedTimer[]>();
    for (const timer of this.timers) this.addToMaps(timer, byHash);
    this.byHash = byHash;
  }

  private addToMaps(timer: ArmedTimer, byHash: Map<number, readonly ArmedTimer[]>): void {
    byHash.set(timer.hash, [...(byHash.get(timer.hash) ?? []), timer]);
    this.byToken.set(timer.token, timer);
  }

  /** Whether there was one. */
  remove(hash: number, name: string, key: string | undefined): boolean {
    const timer = this.find(hash, name, key);
    if (timer === undefined) return false;
    this.take(timer);
    return true;
  }

  take(timer: ArmedTimer): void {
    const { hashes, timers, byHash } = this;
    const { place } = timer;
    if (timers[place] !== timer) return;
    timer.isArmed = false;
    const lastHash = hashes.pop() as number;
    const last = timers.pop() as ArmedTimer;
    if (last !== timer) {
      hashes[place] = lastHash;
      timers[place] = last;
      last.place = place;
    }
    if (byHash !== undefined) this.takeFromMaps(timer, byHash);
  }

  private takeFromMaps(timer: ArmedTimer, byHash: Map<number, readonly ArmedTimer[]>): void {
    const rest = (byHash.get(timer.hash) ?? []).filter((other) => other !== timer);
    if (rest.length > 0) byHash.set(timer.hash, rest);
    else byHash.delete(timer.hash);
    this.byToken.delete(timer.token);
    if (this.timers.length === 0) this.byHash = undefined;
  }

  clear(): void {
    for (const timer of this.timers) timer.isArmed = false;
    this.hashes.length = 0;
    this.timers.length = 0;
    this.byHash = undefined;
    this.byToken.clear();
  }

  /** In the order in which they were set. */
  all(): readonly ArmedTimer[] {
    return this.timers.slice().sort((one, other) => one.sequence - other.sequence);
  }

  load(saved: readonly SavedTimer[]): void {
    this.clear();
    for (const timer of saved) this.add(restored(timer));
  }
}

/** Width of a bucket, and how far off a timer must be to be worth it: most timers of protocols guard what takes a few round trips. */
const BUCKET_MICROS = 32_768;

/**
 * Where timers wait whose time is far. Most guard against something that does not happen, and are cancelled long before: those never see
 * the queue, which stays short. All of a bucket that are still armed are handed to the queue before its time comes.
 */
export class TimerLot {
  /** Before anything of a later time than this happens the earliest bucket must be emptied. Infinity: there is none. */
  readyAfter: Micros = Number.POSITIVE_INFINITY;
  /** How many wait here, those that were cancelled included. */
  count = 0;
  private readonly buckets = new Map<number, ArmedTimer[]>();

  /** False where it is near, and belongs into the queue. */
  takes(timer: ArmedTimer, now: Micros): boolean {
    const { queuedAt } = timer;
    if (queuedAt - now < 2 * BUCKET_MICROS) return false;
    const index = Math.floor(queuedAt / BUCKET_MICROS);
    const bucket = this.buckets.get(index);
    if (bucket === undefined) this.open(index, timer);
    else bucket.push(timer);
    this.count++;
    return true;
  }

  private open(index: number, timer: ArmedTimer): void {
    this.buckets.set(index, [timer]);
    this.readyAfter = Math.min(this.readyAfter, index * BUCKET_MICROS - 1);
  }

  /** Empties the earliest bucket. */
  leave(queue: { pushTimer(timer: ArmedTimer): void }): void {
    const index = (this.readyAfter + 1) / BUCKET_MICROS;
    const bucket = this.buckets.get(index) ?? [];
    this.buckets.delete(index);
    this.count -= bucket.length;
    let earliest = Number.POSITIVE_INFINITY;
    for (const other of this.buckets.keys()) earliest = Math.min(earliest, other);
    this.readyAfter = earliest * BUCKET_MICROS - 1;
    for (const timer of bucket) if (timer.isArmed) queue.pushTimer(timer);
  }

  clear(): void {
    this.buckets.clear();
    this.count = 0;
    this.readyAfter = Number.POSITIVE_INFINITY;
  }
}
