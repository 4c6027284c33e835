/** What stores and clients may count on about keys. All is judged in true time, with the bound on clock rates to the advantage of the judged. */
import { always, type Property } from '../../../check/property.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import type { Json } from '../../../sim/plain.ts';
import type { Micros } from '../../../sim/protocol.ts';
import { fact, type Moment, nameOf } from '../properties/facts.ts';
import { trueTimeMax, trueTimeMin } from '../properties/true-time.ts';
import { quorumOf } from './rules.ts';
import type { Delete, RedlockOptions, ToClient, ToStore } from './shape.ts';

const optionsOf = (world: World, node: number): RedlockOptions => world.optionsOf(node) as RedlockOptions;

/** Set or extended by a request that was handled at this moment. */
interface Key extends Moment {
  readonly value: string;
}

/** By store: when its last request was handled, in true time, whatever it waited for afterwards; and its key. */
interface Keys {
  readonly handled: Map<number, Micros>;
  readonly keys: Map<number, Key>;
}

const noKeys = (): Keys => ({ handled: new Map(), keys: new Map() });

const valueNoted = (data: Json | undefined): string => (data as { readonly value: string }).value;

function noteKey({ handled, keys }: Keys, store: number, text: string, data: Json | undefined, { event }: World): void {
  const at = handled.get(store);
  if (at !== undefined && (text === 'set' || text === 'extended')) {
    keys.set(store, { event, at, value: valueNoted(data) });
  } else if (text === 'deleted' || text === 'expired') keys.delete(store);
}

interface Held extends Keys {
  /** By client: the value of its attempt, and what it has got its last answer at. */
  readonly values: Map<number, string>;
  readonly answered: Map<number, Answered>;
}

/** A client may stand still between its last answer and its belief: by then others have set their keys. */
interface Answered {
  readonly at: Micros;
  readonly keys: ReadonlyMap<number, Key>;
}

/** HELD. A key that has run out since then was there for as long as it had to be. */
const held: Property = always<Held>({
  name: 'HELD',
  title: 'who believes to hold the lock has its key on most stores for as long',
  source: 'Redis, "Distributed locks", steps 3 and 4',
  oracle: 'internal',
  messages: ['SetIfAbsent', 'Extend', 'Vote', 'Extended'],
  start: () => ({ values: new Map(), answered: new Map(), ...noKeys() }),
  send({ values }, from, _to, message: ToStore | ToClient) {
    if (message.type === 'SetIfAbsent') values.set(from, message.value);
    return undefined;
  },
  deliver({ handled, keys, answered }, _from, to, { type }: ToStore | ToClient, world) {
    if (type === 'Vote' || type === 'Extended') answered.set(to, { at: world.now, keys: new Map(keys) });
    else handled.set(to, world.now);
    return undefined;
  },
  note(memory, node, text, data: Json | undefined, world): Finding | undefined {
    if (text === 'set' || text === 'extended' || text === 'deleted') noteKey(memory, node, text, data, world);
    if (text !== 'believes' && text !== 'renewed') return undefined;
    return judgeBelief(memory, node, (data as { readonly left: number }).left, world);
  },
});

function judgeBelief(
  { keys, values, answered }: Held,
  client: number,
  left: number,
  world: World,
): Finding | undefined {
  const { ttl, clockRatePpmMax } = optionsOf(world, client);
  const value = values.get(client);
  const last = answered.get(client);
  if (last === undefined) return undefined;
  const until = last.at + trueTimeMin(left, clockRatePpmMax);
  const lasts = trueTimeMax(ttl, clockRatePpmMax);
  const stores = world.nodes.flatMap((_name, node) => (world.roleOf(node) === 'store' ? [node] : []));
  const bearsOut = (key: Key | undefined): boolean =>
    key !== undefined && key.value === value && key.at + lasts >= until;
  // A store may stand still too, between its answer and what it notes of it.
  const having = stores.filter((store) => bearsOut(last.keys.get(store)) || bearsOut(keys.get(store)));
  if (having.length >= quorumOf(stores.length)) return undefined;
  const name = nameOf(world, client);
  return {
    sentence: `${name} believes to hold the lock for ${left} us, which ${having.length} of ${stores.length} stores bear out`,
    facts: having.map((store) =>
      fact((last.keys.get(store) ?? keys.get(store)) as Key, nameOf(world, store), `sets or extends ${value}`),
    ),
  };
}

interface Kept extends Keys {
  /** By store: the key that it had when it crashed. */
  readonly forgotten: Map<number, Key>;
}

/** KEPT. Where stores come back at once nobody claims it. */
const kept: Property = always<Kept>({
  name: 'KEPT',
  title: 'a store that has restarted gives its key to nobody while one that it has forgotten would last',
  source: 'Redis, "Distributed locks", delayed restarts',
  oracle: 'internal',
  role: 'store',
  messages: ['SetIfAbsent', 'Extend', 'Delete'],
  start: () => ({ forgotten: new Map(), ...noKeys() }),
  deliver({ handled, forgotten }, _from, to, message: ToStore, world) {
    handled.set(to, world.now);
    if (message.type === 'Delete' && isNamed(forgotten.get(to), message)) forgotten.delete(to);
    return undefined;
  },
  crash({ keys, forgotten }, node) {
    const key = keys.get(node);
    if (key !== undefined) forgotten.set(node, key);
    keys.delete(node);
    return undefined;
  },
  note(memory, node, text, data: Json | undefined, world): Finding | undefined {
    noteKey(memory, node, text, data, world);
    const lost = memory.forgotten.get(node);
    const now = memory.keys.get(node);
    if (text !== 'set' || lost === undefined || now === undefined || lost.value === now.value) return undefined;
    const { ttl, clockRatePpmMax, restarts } = optionsOf(world, node);
    const until = lost.at + trueTimeMin(ttl, clockRatePpmMax);
    if (restarts === 'immediate' || now.at >= until) return undefined;
    const name = nameOf(world, node);
    return {
      sentence: `${name} has forgotten ${lost.value}, and sets ${now.value} ${until - now.at} us before that would be over`,
      facts: [fact(lost, name, `sets or extends ${lost.value}`), fact(now, name, `sets ${now.value}`)],
    };
  },
});

const isNamed = (key: Key | undefined, { value }: Delete): boolean => key?.value === value;

export const keyProperties: readonly Property[] = [held, kept];
