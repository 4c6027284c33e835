import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventQueue } from '../../src/sim/queue.ts';

/** The obvious queue: a list that is sorted by (time, order of pushing). */
class SortedList {
  private entries: { time: number; sequence: number; payload: number }[] = [];
  private sequence = 0;
  push(time: number, payload: number, sequence: number = this.reserve()): void {
    this.entries.push({ time, sequence, payload });
    this.entries.sort((a, b) => a.time - b.time || a.sequence - b.sequence);
  }
  reserve(): number {
    return this.sequence++;
  }
  pop(): number | undefined {
    return this.entries.shift()?.payload;
  }
  extract(matches: (payload: number) => boolean): number[] {
    const taken = this.entries.filter(({ payload }) => matches(payload));
    this.entries = this.entries.filter(({ payload }) => !matches(payload));
    return taken.map(({ payload }) => payload);
  }
}

const DAYS = 86_400_000_000;
const aTime = fc.oneof(
  fc.nat(5),
  fc.nat(1_000_000),
  fc.integer({ min: 0, max: 30 }).map((days) => days * DAYS),
);
const aCommand = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('push' as const), time: aTime }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('pop' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reserve' as const), time: aTime }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('redeem' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('extract' as const), digit: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('save and load' as const) }) },
);

const drain = (queue: EventQueue<number>): number[] => {
  const all: number[] = [];
  while (queue.size > 0) all.push(queue.pop());
  return all;
};

describe('the event queue', () => {
  it('is a list sorted by time, and by the order of pushing within one time', () => {
    fc.assert(
      fc.property(fc.array(aCommand, { maxLength: 300 }), (commands) => {
        let queue = new EventQueue<number>();
        const list = new SortedList();
        const reserved: { time: number; sequence: number; payload: number }[] = [];
        commands.forEach((command, payload) => {
          if (command.do === 'push') {
            queue.push(command.time, payload);
            list.push(command.time, payload);
          } else if (command.do === 'reserve') {
            expect(queue.reserve()).toBe(list.reserve());
            reserved.push({ time: command.time, sequence: queue.reserve(), payload });
            list.reserve();
          } else if (command.do === 'redeem') {
            const place = reserved.shift();
            if (place === undefined) return;
            queue.pushAt(place.time, place.sequence, place.payload);
            list.push(place.time, place.payload, place.sequence);
          } else if (command.do === 'extract') {
            const matches = (one: number): boolean => one % 10 === command.digit;
            expect(queue.extract(matches)).toEqual(list.extract(matches));
          } else if (command.do === 'save and load') {
            const saved = queue.save();
            queue = new EventQueue<number>();
            queue.push(1, -1);
            queue.load(saved);
          } else if (queue.size > 0) expect(queue.pop()).toBe(list.pop());
        });
        const listed = queue.entries().map(({ payload }) => payload);
        const drained = drain(queue);
        expect(drained).toEqual(listed);
        expect(drained).toEqual(list.extract(() => true));
      }),
      { numRuns: 400 },
    );
  });

  it('keeps the order of pushing past 2^31 and 2^32 events', () => {
    for (const many of [2 ** 31, 2 ** 32, 2 ** 50]) {
      const queue = new EventQueue<number>();
      queue.load({ times: [], sequences: [], payloads: [], sequence: many - 20 });
      for (let i = 0; i < 50; i++) queue.push(7, i);
      expect(drain(queue)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    }
  });

  it('lets who has reserved a place come whenever it likes', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray(
          Array.from({ length: 60 }, (_, i) => i),
          { minLength: 60 },
        ),
        fc.nat(59),
        (order, pushed) => {
          const queue = new EventQueue<number>();
          const places = order.map(() => queue.reserve());
          for (const place of order.slice(pushed)) queue.pushAt(5, places[place] as number, place);
          for (const place of order.slice(0, pushed)) queue.pushAt(5, places[place] as number, place);
          expect(drain(queue)).toEqual(Array.from({ length: 60 }, (_, i) => i));
        },
      ),
    );
  });

  it('keeps the order of times through a hundred days of microseconds, ties included', () => {
    const queue = new EventQueue<number>();
    const times = Array.from({ length: 500 }, (_, i) => 100 * DAYS - Math.floor(((i * 7919) % 500) / 2));
    times.forEach((time, i) => {
      queue.push(time, i);
    });
    const order = times.map((_, i) => i).sort((a, b) => (times[a] as number) - (times[b] as number) || a - b);
    expect(drain(queue)).toEqual(order);
  });

  it('keeps a million events at one time in order', () => {
    const queue = new EventQueue<number>();
    for (let i = 0; i < 1_000_000; i++) queue.push(5, i);
    let inOrder = true;
    for (let i = 0; i < 1_000_000; i++) inOrder = inOrder && queue.pop() === i;
    expect(inOrder).toBe(true);
  });

  it('tells the time of the next event, and infinity when there is none', () => {
    const queue = new EventQueue<string>();
    expect(queue.nextTime).toBe(Number.POSITIVE_INFINITY);
    queue.push(9, 'late');
    queue.push(3, 'early');
    expect([queue.nextTime, queue.size]).toEqual([3, 2]);
    queue.pop();
    expect(queue.nextTime).toBe(9);
  });

  it('saved is a copy: what happens later does not reach it', () => {
    const queue = new EventQueue<number>();
    for (let i = 0; i < 100; i++) queue.push(i % 7, i);
    const saved = queue.save();
    const before = JSON.stringify(saved);
    drain(queue);
    queue.push(1, 1);
    expect(JSON.stringify(saved)).toBe(before);
  });

  it('refuses to give what it has not', () => {
    expect(() => new EventQueue<number>().pop()).toThrow('empty queue');
  });
});
