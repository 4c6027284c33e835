/**
 * The event queue: a binary heap ordered by (time, sequence), so that events at one time leave in the order they came.
 *
 * Keys are in typed arrays and payloads in a side table: 3 to 5 times as fast as a heap of objects. Time and sequence have an array
 * each: packed into one double they would run out after 35 virtual minutes, or after 2^22 events at one time.
 */
export class EventQueue<T> {
  private times = new Float64Array(64).fill(Number.POSITIVE_INFINITY);
  private sequences = new Float64Array(64);
  private slots = new Int32Array(64);
  private payloads: (T | undefined)[] = [];
  private freeSlots: number[] = [];
  private count = 0;
  private sequence = 0;

  get size(): number {
    return this.count;
  }

  /** Time of the earliest event, or Infinity. */
  get nextTime(): number {
    return this.count === 0 ? Number.POSITIVE_INFINITY : (this.times[0] as number);
  }

  push(time: number, payload: T): void {
    if (this.count + 2 > this.times.length) this.grow();
    const slot = this.freeSlots.length > 0 ? (this.freeSlots.pop() as number) : this.payloads.length;
    this.payloads[slot] = payload;
    // A new event has the largest sequence of all, so on the way up only its time decides.
    const { times, sequences, slots } = this;
    let hole = this.count++;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if ((times[parent] as number) <= time) break;
      times[hole] = times[parent] as number;
      sequences[hole] = sequences[parent] as number;
      slots[hole] = slots[parent] as number;
      hole = parent;
    }
    times[hole] = time;
    sequences[hole] = this.sequence++;
    slots[hole] = slot;
  }

  /** A place in the order of events of one time, for an event that comes later. */
  reserve(): number {
    return this.sequence++;
  }

  /** Like `push`, at a place reserved before. */
  pushAt(time: number, sequence: number, payload: T): void {
    if (this.count + 2 > this.times.length) this.grow();
    const slot = this.freeSlots.length > 0 ? (this.freeSlots.pop() as number) : this.payloads.length;
    this.payloads[slot] = payload;
    const { times, sequences, slots } = this;
    let hole = this.count++;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      const parentTime = times[parent] as number;
      if (parentTime < time || (parentTime === time && (sequences[parent] as number) < sequence)) break;
      times[hole] = parentTime;
      sequences[hole] = sequences[parent] as number;
      slots[hole] = slots[parent] as number;
      hole = parent;
    }
    times[hole] = time;
    sequences[hole] = sequence;
    slots[hole] = slot;
  }

  /** The earliest event. The queue must not be empty. */
  peek(): T {
    return this.payloads[this.slots[0] as number] as T;
  }

  /** Removes the earliest event. The queue must not be empty. */
  pop(): T {
    if (this.count === 0) throw new Error('pop on an empty queue');
    const slot = this.slots[0] as number;
    const payload = this.payloads[slot] as T;
    this.payloads[slot] = undefined;
    this.freeSlots.push(slot);
    const last = --this.count;
    const time = this.times[last] as number;
    this.times[last] = Number.POSITIVE_INFINITY;
    if (last > 0) this.siftDown(time, this.sequences[last] as number, this.slots[last] as number);
    return payload;
  }

  /**
   * The child with the earlier time is found without a branch, which the processor could not predict: worth 1.4x. Unused places hold
   * Infinity, so that a missing right child never wins.
   */
  private siftDown(time: number, sequence: number, slot: number): void {
    const { times, sequences, slots, count } = this;
    let hole = 0;
    for (let left = 1; left < count; left = 2 * hole + 1) {
      const leftTime = times[left] as number;
      const rightTime = times[left + 1] as number;
      let child = left + +(rightTime < leftTime);
      if (rightTime === leftTime && (sequences[left + 1] as number) < (sequences[left] as number)) child = left + 1;
      const childTime = times[child] as number;
      if (childTime > time || (childTime === time && (sequences[child] as number) > sequence)) break;
      times[hole] = childTime;
      sequences[hole] = sequences[child] as number;
      slots[hole] = slots[child] as number;
      hole = child;
    }
    times[hole] = time;
    sequences[hole] = sequence;
    slots[hole] = slot;
  }

  /** All events with their places in the order, earliest first. Not for the hot path. */
  entries(): QueueEntry<T>[] {
    return this.order().map((at) => ({
      time: this.times[at] as number,
      sequence: this.sequences[at] as number,
      payload: this.payloads[this.slots[at] as number] as T,
    }));
  }

  /** Takes out the events that match; answers them earliest first. Not for the hot path. */
  extract(matches: (payload: T, time: number) => boolean): T[] {
    const taken: QueueEntry<T>[] = [];
    const rest: QueueEntry<T>[] = [];
    for (const entry of this.entries()) (matches(entry.payload, entry.time) ? taken : rest).push(entry);
    // Removing from the middle breaks the order of the heap; a sorted list is a heap.
    this.load({
      times: rest.map(({ time }) => time),
      sequences: rest.map(({ sequence }) => sequence),
      payloads: rest.map(({ payload }) => payload),
      sequence: this.sequence,
    });
    return taken.map(({ payload }) => payload);
  }

  save(): QueueSnapshot<T> {
    return {
      times: Array.from(this.times.subarray(0, this.count)),
      sequences: Array.from(this.sequences.subarray(0, this.count)),
      payloads: Array.from(this.slots.subarray(0, this.count), (slot) => this.payloads[slot] as T),
      sequence: this.sequence,
    };
  }

  load(snapshot: QueueSnapshot<T>): void {
    this.count = snapshot.times.length;
    while (this.times.length < this.count + 2) this.grow();
    this.times.fill(Number.POSITIVE_INFINITY);
    this.times.set(snapshot.times);
    this.sequences.set(snapshot.sequences);
    this.payloads = [...snapshot.payloads];
    this.freeSlots = [];
    for (let i = 0; i < this.count; i++) this.slots[i] = i;
    this.sequence = snapshot.sequence;
  }

  private order(): number[] {
    const { times, sequences } = this;
    return Array.from({ length: this.count }, (_, index) => index).sort(
      (a, b) => (times[a] as number) - (times[b] as number) || (sequences[a] as number) - (sequences[b] as number),
    );
  }

  private grow(): void {
    const times = new Float64Array(this.times.length * 2).fill(Number.POSITIVE_INFINITY);
    const sequences = new Float64Array(times.length);
    const slots = new Int32Array(times.length);
    times.set(this.times);
    sequences.set(this.sequences);
    slots.set(this.slots);
    this.times = times;
    this.sequences = sequences;
    this.slots = slots;
  }
}

export interface QueueEntry<T> {
  readonly time: number;
  readonly sequence: number;
  readonly payload: T;
}

export interface QueueSnapshot<T> {
  readonly times: readonly number[];
  readonly sequences: readonly number[];
  readonly payloads: readonly T[];
  readonly sequence: number;
}
