/** Integers out of fast-check's random source: all that drawing a plan needs. Integer arithmetic only: engines differ in Math.log. */
import type { Random } from 'fast-check';

export class Draw {
  private readonly source: Random;

  constructor(source: Random) {
    this.source = source;
  }

  /** Each integer from `low` to `high` alike, both included. */
  between(low: number, high: number): number {
    return high <= low ? low : this.source.nextInt(low, high);
  }

  chance(percent: number): boolean {
    return this.source.nextInt(1, 100) <= percent;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.between(0, items.length - 1)] as T;
  }

  /** An item with a probability in proportion to its weight. */
  weighted<T>(items: readonly (readonly [weight: number, item: T])[]): T {
    let total = 0;
    for (const item of items) total += item[0];
    let ticket = this.between(1, total);
    for (const item of items) {
      ticket -= item[0];
      if (ticket <= 0) return item[1];
    }
    return (items[0] as readonly [number, T])[1];
  }

  /**
   * From `low` (at least 1) to `high`, each doubling alike: as many values between 1 and 2 ms as between 1 and 2 s.
   * What is as likely to be short as to be long finds short windows and long droughts.
   */
  acrossScales(low: number, high: number): number {
    const from = Math.max(1, Math.floor(low));
    const to = Math.max(from, Math.floor(high));
    let octaves = 0;
    for (let bound = from; bound * 2 <= to; bound *= 2) octaves++;
    const floor = from * 2 ** this.between(0, octaves);
    return this.between(floor, Math.min(to, floor * 2 - 1));
  }

  /** Every item with probability 1/2, but at least one. */
  someOf<T>(items: readonly T[]): readonly T[] {
    const chosen: T[] = [];
    for (const item of items) if (this.between(0, 1) === 1) chosen.push(item);
    return chosen.length > 0 || items.length === 0 ? chosen : [this.pick(items)];
  }

  /** `count` of the items, in random order. */
  sample<T>(items: readonly T[], count: number): readonly T[] {
    const pool = items.slice();
    const wanted = Math.min(count, pool.length);
    for (let done = 0; done < wanted; done++) {
      const other = this.between(done, pool.length - 1);
      const item = pool[other] as T;
      pool[other] = pool[done] as T;
      pool[done] = item;
    }
    return pool.slice(0, wanted);
  }
}
