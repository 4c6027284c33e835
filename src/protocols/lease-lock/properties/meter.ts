/** How well a lock is used: what every lock of this family is measured by, from what its clients note. */
import { defineMeter, type Figure, type Meter, noSamples, withSample } from '../../../check/meter.ts';
import type { World } from '../../../sim/observer.ts';

interface Memory {
  /** Who believes to hold the lock. */
  readonly believing: Set<number>;
  /** Since when a client has been asking for the lock, which it does not hold. */
  readonly asking: Map<number, number>;
  /** Since when nobody has believed to hold it; undefined before the first did, and while somebody does. */
  freeSince: number | undefined;
  /** Messages to those who ask, since then; and those of them that were woken. */
  messages: number;
  readonly woken: Set<number>;
  handOver: Figure;
  unheld: Figure;
  toWaiters: Figure;
  wakeUps: Figure;
  lost: Figure;
}

/**
 * - hand-over: from when nobody holds the lock and somebody asks for it until somebody holds it; its sum is the time for which nobody held
 *   it although it was wanted.
 * - held by nobody: from when nobody holds the lock until somebody does, wanted or not.
 * - wake-ups, of one hand-over: clients that were told unasked that it may be their turn. One is enough.
 * - messages to waiters, of one hand-over: all that clients got which asked, answers included.
 * - lost: 1 for an acquisition that its holder lost although it lived (a false expiration), 0 for one that it gave back.
 * @param asks messages by which a client asks for the lock
 * @param wakes the message by which it hears that the lock, or the place before it, is free; absent where it has to look itself
 */
export const lockMeter = (asks: readonly string[], wakes?: string): Meter =>
  defineMeter<Memory>({
    start: () => ({
      believing: new Set(),
      asking: new Map(),
      freeSince: undefined,
      messages: 0,
      woken: new Set(),
      handOver: noSamples('micros'),
      unheld: noSamples('micros'),
      toWaiters: noSamples('count'),
      wakeUps: noSamples('count'),
      lost: noSamples('count'),
    }),
    send({ believing, asking }, from, _to, message, world) {
      if (!asks.includes((message as { readonly type: string }).type)) return undefined;
      if (!believing.has(from) && !asking.has(from)) asking.set(from, world.now);
      return undefined;
    },
    deliver(memory, _from, to, message) {
      if (memory.freeSince === undefined || !memory.asking.has(to)) return undefined;
      memory.messages++;
      if ((message as { readonly type: string }).type === wakes) memory.woken.add(to);
      return undefined;
    },
    note(memory, node, text, _data, world) {
      switch (text) {
        case 'believes':
          begin(memory, node, world);
          return undefined;
        case 'released':
        case 'lost':
          if (memory.believing.has(node)) memory.lost = withSample(memory.lost, text === 'lost' ? 1 : 0);
          end(memory, node, world);
          return undefined;
        case 'gaveUp':
          memory.asking.delete(node);
          return undefined;
        default:
          return undefined;
      }
    },
    crash(memory, node, _unsynced, world) {
      end(memory, node, world);
      return undefined;
    },
    read: ({ handOver, unheld, wakeUps, toWaiters, lost }) => ({
      'hand-over': handOver,
      'held by nobody': unheld,
      'wake-ups': wakeUps,
      'messages to waiters': toWaiters,
      'lost while alive': lost,
    }),
  });

function begin(memory: Memory, node: number, { now }: World): void {
  const { believing, asking, freeSince, messages, woken } = memory;
  if (freeSince !== undefined) {
    const askedSince = Math.min(now, ...asking.values());
    memory.handOver = withSample(memory.handOver, now - Math.max(freeSince, askedSince));
    memory.unheld = withSample(memory.unheld, now - freeSince);
    memory.toWaiters = withSample(memory.toWaiters, messages);
    memory.wakeUps = withSample(memory.wakeUps, woken.size);
  }
  memory.freeSince = undefined;
  memory.messages = 0;
  woken.clear();
  asking.delete(node);
  believing.add(node);
}

function end(memory: Memory, node: number, { now }: World): void {
  memory.asking.delete(node);
  if (memory.believing.delete(node) && memory.believing.size === 0) memory.freeSince = now;
}
