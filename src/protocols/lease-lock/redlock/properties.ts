/** Redlock's invariants. EXCL and HON are those of every lease lock. */
import { always, type Property } from '../../../check/property.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import type { Json } from '../../../sim/plain.ts';
import type { NodeId } from '../../../sim/protocol.ts';
import { fact, type Moment, momentOf, nameOf } from '../properties/facts.ts';
import { exclusionBy, honesty } from '../properties/holding.ts';
import { trueTimeMax } from '../properties/true-time.ts';
import { workDone } from '../properties/work.ts';
import { noGhosts } from './ghosts.ts';
import { redlockGoals } from './goals.ts';
import { keyProperties } from './keys.ts';
import type { RedlockOptions } from './shape.ts';

/** OWN. By store: the value of its key. */
const ownership: Property = always<{ readonly keys: Map<number, string> }>({
  name: 'OWN',
  title: 'a store deletes and extends a key for the one who set it, and for nobody else; what is gone is not extended',
  source: 'Redis, "Distributed locks", correct implementation with a single instance',
  oracle: 'internal',
  role: 'store',
  start: () => ({ keys: new Map() }),
  crash({ keys }, node) {
    keys.delete(node);
    return undefined;
  },
  note({ keys }, node, text, data: Json | undefined, world) {
    const { value, named } = (data ?? {}) as { readonly value: string; readonly named: string };
    switch (text) {
      case 'set':
        keys.set(node, value);
        return undefined;
      case 'expired':
        keys.delete(node);
        return undefined;
      case 'extended':
        if (keys.get(node) === value) return undefined;
        return `${nameOf(world, node)} extends the key of ${value}, and has ${keys.get(node) ?? 'none'}`;
      case 'deleted':
        keys.delete(node);
        if (value === named) return undefined;
        return `${nameOf(world, node)} deletes the key of ${value}, asked to delete ${named}`;
      default:
        return undefined;
    }
  },
});

interface Kept {
  /** By store: when its last request was handled, and when its key was set or extended. */
  readonly handled: Map<number, Moment>;
  readonly prolonged: Map<number, Moment>;
}

/** REL. */
const releasedInTime: Property = always<Kept>({
  name: 'REL',
  title:
    "a key that nobody extends is in nobody else's way for longer than it has to live, and is not extended after that",
  source: 'Redis, "Distributed locks": liveness property A',
  oracle: 'internal',
  role: 'store',
  messages: ['SetIfAbsent', 'Extend'],
  start: () => ({ handled: new Map(), prolonged: new Map() }),
  deliver({ handled }, _from, to, _message, world) {
    handled.set(to, momentOf(world));
    return undefined;
  },
  note({ handled, prolonged }, node, text, data: Json | undefined, world): Finding | undefined {
    const now = handled.get(node);
    if (now === undefined) return undefined;
    const late = text === 'extended' ? revived(prolonged.get(node), now, node, world) : undefined;
    if (late !== undefined) return late;
    if (text === 'set' || text === 'extended') prolonged.set(node, now);
    if (text !== 'refused') return undefined;
    const since = prolonged.get(node) as Moment;
    const { ttl, clockRatePpmMax } = world.optionsOf(node) as RedlockOptions;
    const kept = now.at - since.at;
    if (kept <= trueTimeMax(ttl, clockRatePpmMax)) return undefined;
    const name = nameOf(world, node);
    const { has } = data as { readonly has: string };
    const facts = [fact(since, name, `sets or extends ${has}`), fact(now, name, `refuses because of ${has}`)];
    return { sentence: `${name} has kept ${has} for ${kept} us, of a ttl of ${ttl} us`, facts };
  },
});

/** What has run out is gone: a late copy of a request does not bring it back. */
function revived(since: Moment | undefined, now: Moment, node: number, world: World): Finding | undefined {
  const { ttl, clockRatePpmMax } = world.optionsOf(node) as RedlockOptions;
  if (since === undefined || now.at - since.at <= trueTimeMax(ttl, clockRatePpmMax)) return undefined;
  const name = nameOf(world, node);
  return {
    sentence: `${name} extends a key ${now.at - since.at} us after it was set or extended last, of a ttl of ${ttl} us`,
    facts: [fact(since, name, 'sets or extends it'), fact(now, name, 'extends it')],
  };
}

interface Order {
  /** Acquisitions in the order in which their holders began to believe. */
  readonly place: Map<number, { readonly place: number; readonly client: NodeId; readonly moment: Moment }>;
  last: { readonly id: number; readonly place: number; readonly moment: Moment } | undefined;
}

/**
 * FENCE, as far as it can be said without tokens. Redlock has none, so that the resource cannot tell old from new (Kleppmann 2016): this
 * holds only where messages and processes are never late, and is only looked at where the lock is trusted with that.
 */
const fence: Property = always<Order>({
  name: 'FENCE',
  title: 'no write of an earlier holder is done after one of a later holder',
  source: 'Kleppmann 2016, "How to do distributed locking"',
  oracle: 'internal',
  start: () => ({ place: new Map(), last: undefined }),
  note(memory, node, text, data: Json | undefined, world): Finding | undefined {
    const { place, last } = memory;
    if (text !== 'believes' && text !== 'wrote') return undefined;
    const { id } = data as { readonly id: number };
    if (text === 'believes') {
      place.set(id, { place: place.size, client: nameOf(world, node), moment: momentOf(world) });
      return undefined;
    }
    const holder = place.get(id);
    if (holder === undefined) return undefined;
    const moment = momentOf(world);
    if (last === undefined || holder.place >= last.place) {
      memory.last = { id, place: holder.place, moment };
      return undefined;
    }
    if ((world.optionsOf(node) as RedlockOptions).trustedWith !== 'writes') return undefined;
    const name = nameOf(world, node);
    const later = place.get(last.id) as typeof holder;
    return {
      sentence: `${name} does a write of ${holder.client}, although ${later.client} has held the lock and written since`,
      facts: [
        fact(holder.moment, holder.client, 'believes to hold the lock'),
        fact(later.moment, later.client, 'believes to hold the lock'),
        fact(last.moment, name, `does a write of ${later.client}`),
        fact(moment, name, `does a write of ${holder.client}`),
      ],
    };
  },
});

export const redlockProperties: readonly Property[] = [
  exclusionBy('Vote', 'Extended'),
  honesty,
  ownership,
  noGhosts,
  releasedInTime,
  fence,
  workDone,
  ...keyProperties,
  ...redlockGoals,
];
