/**
 * What a handler did to the world, recorded in order. The buffer is a set of parallel arrays that is used again and again: recording
 * an effect allocates nothing.
 */
export const SEND = 1;
export const SET_TIMER = 2;
export const CANCEL_TIMER = 3;
export const REPLY = 4;
export const REFUSE = 5;
export const GIVE_UP = 6;
export const NOTE = 7;
export const WRITE = 8;
export const SYNC = 9;
export const SYNC_LATER = 10;
export const HALT = 11;

/** What a handler called to record an effect, by kind. */
export const effectNames: readonly string[] = [
  '',
  'send',
  'setTimer',
  'cancelTimer',
  'reply',
  'refuse',
  'giveUp',
  'note',
  'disk write',
  'disk.sync',
  'disk.syncLater',
  'halt',
];

/**
 * The columns `a`, `b`, `c` by kind: SEND to, message; SET_TIMER timer, key, delay; CANCEL_TIMER timer, key; REPLY request, result;
 * REFUSE request, reason; GIVE_UP request; NOTE text, data; WRITE write; SYNC_LATER tag, data;
 * HALT reason. SEND's `c` is the index of the receiver.
 */
export class Effects {
  count = 0;
  readonly kinds: number[] = [];
  /** Index of the part that recorded the effect. */
  readonly parts: number[] = [];
  readonly a: unknown[] = [];
  readonly b: unknown[] = [];
  readonly c: unknown[] = [];
  /** Parts whose handlers ran, each once, in order of first run. */
  readonly touched: number[] = [];
  touchedCount = 0;

  record(kind: number, part: number, a: unknown, b: unknown, c: unknown): void {
    const at = this.count++;
    this.kinds[at] = kind;
    this.parts[at] = part;
    this.a[at] = a;
    this.b[at] = b;
    this.c[at] = c;
  }

  touch(part: number): void {
    for (let i = 0; i < this.touchedCount; i++) if (this.touched[i] === part) return;
    this.touched[this.touchedCount++] = part;
  }

  clear(): void {
    this.count = 0;
    this.touchedCount = 0;
  }

  /** Becomes a copy of the other. */
  assign(other: Effects): void {
    this.count = 0;
    for (let i = 0; i < other.count; i++)
      this.record(other.kinds[i] as number, other.parts[i] as number, other.a[i], other.b[i], other.c[i]);
    this.touchedCount = 0;
    for (let i = 0; i < other.touchedCount; i++) this.touch(other.touched[i] as number);
  }

  /** A copy, for snapshots and for strict mode. */
  copy(): Effects {
    const copy = new Effects();
    copy.assign(this);
    return copy;
  }
}
