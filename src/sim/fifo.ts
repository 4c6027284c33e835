/**
 * A queue whose items stay where they are: `shift` and `splice` of arrays move the rest or allocate, about 50 ns each. The array is
 * used again and again; what has left it is forgotten at once.
 */
export class Fifo<T> {
  private readonly items: (T | undefined)[] = [];
  private head = 0;
  private tail = 0;

  constructor(items: readonly T[] = []) {
    for (const item of items) this.push(item);
  }

  get length(): number {
    return this.tail - this.head;
  }

  /** The oldest, undefined when there is none. */
  get first(): T | undefined {
    return this.head < this.tail ? this.items[this.head] : undefined;
  }

  push(item: T): void {
    if (this.head >= MOVED_AT) this.moveToFront();
    this.items[this.tail++] = item;
  }

  /** Takes the oldest. */
  shift(): T | undefined {
    if (this.head === this.tail) return undefined;
    const item = this.items[this.head] as T;
    this.items[this.head++] = undefined;
    if (this.head === this.tail) {
      this.head = 0;
      this.tail = 0;
    }
    return item;
  }

  /** All, oldest first. */
  toArray(): T[] {
    return this.items.slice(this.head, this.tail) as T[];
  }

  private moveToFront(): void {
    this.items.copyWithin(0, this.head, this.tail);
    this.items.fill(undefined, this.tail - this.head, this.tail);
    this.tail -= this.head;
    this.head = 0;
  }
}

/** Places wasted at the front before the rest is moved there. */
const MOVED_AT = 64;
