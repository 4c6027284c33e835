import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fifo } from '../../src/sim/fifo.ts';

describe('a first-in-first-out queue', () => {
  it('is a list that is pushed at its end and shifted at its beginning', () => {
    const aCommand = fc.oneof(
      { weight: 5, arbitrary: fc.constant('push' as const) },
      { weight: 4, arbitrary: fc.constant('shift' as const) },
      { weight: 1, arbitrary: fc.constant('copy' as const) },
    );
    fc.assert(
      fc.property(fc.array(aCommand, { maxLength: 400 }), (commands) => {
        let queue = new Fifo<number>();
        const list: number[] = [];
        commands.forEach((command, i) => {
          if (command === 'push') {
            queue.push(i);
            list.push(i);
          } else if (command === 'shift') expect(queue.shift()).toBe(list.shift());
          else queue = new Fifo(queue.toArray());
          expect(queue.first).toBe(list[0]);
          expect(queue.length).toBe(list.length);
        });
        expect(queue.toArray()).toEqual(list);
      }),
    );
  });

  it('does not grow while what comes also goes', () => {
    const queue = new Fifo<number>([0, 1]);
    let next = 2;
    let expected = 0;
    for (let i = 0; i < 10_000; i++) {
      // Two come, two go: its head never stands at one place when something comes.
      queue.push(next++);
      queue.push(next++);
      expect(queue.shift()).toBe(expected++);
      expect(queue.shift()).toBe(expected++);
      if (i === 0) {
        expect(queue.shift()).toBe(expected++);
        queue.push(next++);
      }
    }
    expect((queue as unknown as { items: unknown[] }).items.length).toBeLessThan(200);
  });
});
