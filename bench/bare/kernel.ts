/** The smallest kernel: draws, an agenda and messages. */

/** mulberry32. */
export class Draws {
  private state: number;

  constructor(seed: number) {
    this.state = seed;
  }

  below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * limit);
  }
}

/** A binary heap of times, with the order of their coming packed into the same number. */
export class Agenda {
  private keys = new Float64Array(4096).fill(Number.POSITIVE_INFINITY);
  private readonly items: Message[] = [];
  private count = 0;
  private sequence = 0;
  now = 0;

  get isEmpty(): boolean {
    return this.count === 0;
  }

  push(time: number, item: Message): void {
    if (this.count + 2 > this.keys.length) this.grow();
    const { keys, items } = this;
    const key = time * 4194304 + (this.sequence++ & 4194303);
    let hole = this.count++;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if ((keys[parent] as number) <= key) break;
      keys[hole] = keys[parent] as number;
      items[hole] = items[parent] as Message;
      hole = parent;
    }
    keys[hole] = key;
    items[hole] = item;
  }

  pop(): Message {
    const { keys, items } = this;
    const first = items[0] as Message;
    this.now = Math.floor((keys[0] as number) / 4194304);
    const last = --this.count;
    const key = keys[last] as number;
    const item = items.pop() as Message;
    keys[last] = Number.POSITIVE_INFINITY;
    if (last === 0) return first;
    let hole = 0;
    for (let left = 1; left < last; left = 2 * hole + 1) {
      const child = left + +((keys[left + 1] as number) < (keys[left] as number));
      if ((keys[child] as number) >= key) break;
      keys[hole] = keys[child] as number;
      items[hole] = items[child] as Message;
      hole = child;
    }
    keys[hole] = key;
    items[hole] = item;
    return first;
  }

  private grow(): void {
    const keys = new Float64Array(2 * this.keys.length).fill(Number.POSITIVE_INFINITY);
    keys.set(this.keys);
    this.keys = keys;
  }
}

export const Kind = {
  Begin: 0,
  Execute: 1,
  Executed: 2,
  Refused: 3,
  Released: 4,
  Rollback: 5,
  Prepare: 6,
  Vote: 7,
  Decision: 8,
  Ack: 9,
  Done: 10,
  Timer: 11,
  Synced: 12,
  Call: 13,
} as const;

/** What `other` means depends on the kind: an age, whether to commit, whom to give way to. Timers are messages to oneself. */
export class Message {
  isCancelled = false;
  readonly kind: number;
  readonly from: number;
  readonly to: number;
  readonly txn: number;
  readonly other: number;
  readonly list: readonly (Step | Seen | number)[];

  constructor(kind: number, from: number, to: number, txn: number, other = 0, list: Message['list'] = NOTHING) {
    this.kind = kind;
    this.from = from;
    this.to = to;
    this.txn = txn;
    this.other = other;
    this.list = list;
  }
}

export const NOTHING: Message['list'] = [];

export interface Step {
  readonly key: number;
  readonly isRead: boolean;
  readonly amount: number;
}

export interface Seen {
  readonly value: number;
  readonly writer: number;
}

export interface WrittenRecord {
  readonly kind: 'prepared' | 'commit' | 'abort' | 'end';
  readonly txn: number;
  readonly list: readonly unknown[];
}
