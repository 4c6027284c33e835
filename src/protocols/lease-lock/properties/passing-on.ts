/** What the server owes to those who wait. */
import { always, type Property } from '../../../check/property.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import type { Json } from '../../../sim/plain.ts';
import { lockDelayOf } from '../guard.ts';
import type { Acquire, LeaseLockOptions, Renew, ServerState, Waiter } from '../shape.ts';
import { fact, type LeftQueue, type Moment, momentOf, nameOf } from './facts.ts';
import { trueTimeMax, trueTimeMin } from './true-time.ts';

interface Memory {
  /** By acquisition: the last that the server has heard of it, in true time. */
  readonly heard: Map<number, Moment>;
  /** When the server began to handle the last message: it looks at its clock then, whatever it waits for afterwards. */
  handled: Moment | undefined;
  /** When it has begun to keep the lock, which was lost, for the lock-delay. */
  delayed: Moment | undefined;
}

/**
 * REL. Whoever asks is in the queue for a lease from then on. At every occasion the server gives the lock of a holder that has been silent
 * for a lease to whoever waits, and a free lock at once.
 * Both leases are judged in true time, with the bound on clock rates: the holder's has ended on any clock, the waiter's on none.
 */
export const passedOn: Property = always<Memory>({
  name: 'REL',
  title:
    'a lock that is free, or whose holder has been silent for a lease, is not kept from a live waiter longer than the lock-delay; only who is silent for a lease is passed over',
  source: 'Gray and Cheriton 1989; Burrows 2006',
  oracle: 'internal',
  role: 'server',
  messages: ['Acquire', 'Renew', 'Release'],
  start: () => ({ heard: new Map(), handled: undefined, delayed: undefined }),
  deliver(memory, _from, _to, message: Acquire | Renew, world) {
    memory.handled = momentOf(world);
    if (message.type === 'Acquire' || message.type === 'Renew') memory.heard.set(message.id, memory.handled);
    return undefined;
  },
  note(memory, node, text, data: Json | undefined, world) {
    if (text === 'restored') memory.heard.set((data as { readonly id: number }).id, momentOf(world));
    if (text === 'delays') memory.delayed = momentOf(world);
    return text === 'leftQueue' ? judgePassedOver(memory, node, data as unknown as LeftQueue, world) : undefined;
  },
  crash(memory) {
    memory.handled = undefined;
    return undefined;
  },
  step({ heard, handled, delayed }, node, { holder, lost, queue }: ServerState, world): Finding | undefined {
    if (handled === undefined || queue.length === 0) return undefined;
    const { ttl, clockRatePpmMax } = world.optionsOf(node) as LeaseLockOptions;
    const lockDelay = lockDelayOf(world.optionsOf(node));
    const live = queue.find(({ id }) => {
      const asked = heard.get(id);
      return asked !== undefined && handled.at - asked.at < trueTimeMin(ttl, clockRatePpmMax);
    });
    if (live === undefined) return undefined;
    if (lost !== null && delayed !== undefined) {
      const passed = handled.at - delayed.at;
      if (passed <= trueTimeMax(lockDelay, clockRatePpmMax)) return undefined;
      return kept(live, `it was lost ${passed} us ago, of a lock-delay of ${lockDelay} us`, heard, node, world);
    }
    if (holder === null) return kept(live, 'nobody has it', heard, node, world);
    const last = heard.get(holder.id);
    if (last === undefined || handled.at - last.at <= trueTimeMax(ttl, clockRatePpmMax)) return undefined;
    return kept(
      live,
      `${holder.client} (a${holder.id}) has been silent for ${handled.at - last.at} us`,
      heard,
      node,
      world,
    );
  },
});

/** Only who is silent is passed over: each question begins a lease. */
function judgePassedOver(
  { heard, handled }: Memory,
  node: number,
  { client, id, why }: LeftQueue,
  world: World,
): Finding | undefined {
  const asked = heard.get(id);
  // Who asks again has been passed over before that, where its lease was over.
  if (why !== 'silence' || asked === undefined || asked === handled) return undefined;
  const { ttl, clockRatePpmMax } = world.optionsOf(node) as LeaseLockOptions;
  const silent = world.now - asked.at;
  if (silent >= trueTimeMin(ttl, clockRatePpmMax)) return undefined;
  const name = nameOf(world, node);
  return {
    sentence: `${name} passes ${client} (a${id}) over, which has asked ${silent} us before, of a lease of ${ttl} us`,
    facts: [
      fact(asked, name, `hears of ${client} (a${id}), which waits`),
      fact(momentOf(world), name, 'passes it over'),
    ],
  };
}

function kept(
  { client, id }: Waiter,
  why: string,
  heard: ReadonlyMap<number, Moment>,
  node: number,
  world: World,
): Finding {
  const name = nameOf(world, node);
  return {
    sentence: `${name} does not give the lock to ${client} (a${id}), although ${why}`,
    facts: [fact(heard.get(id) as Moment, name, `hears of ${client} (a${id}), which waits`)],
  };
}
