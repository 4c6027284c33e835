/** What the server may do with its lock. */
import { always, type Property } from '../../../check/property.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import type { Json } from '../../../sim/plain.ts';
import type { NodeId } from '../../../sim/protocol.ts';
import type { Granted, LockRecord, Lost, Release, Released } from '../shape.ts';
import { fact, type LeftQueue, type Moment, momentOf, nameOf } from './facts.ts';

interface Acquisition {
  readonly client: NodeId;
  readonly id: number;
  readonly token: number;
}

interface Grant extends Acquisition {
  readonly moment: Moment;
}

const acquisitionOf = (data: Json | undefined): Acquisition => data as unknown as Acquisition;

/** TOK. A grant that the server had on disk before it crashed is known from what the next life restores. */
export const rising: Property = always<{ last: Grant | undefined }>({
  name: 'TOK',
  title: 'tokens rise from grant to grant, across restarts of the server',
  source: 'Burrows 2006, section 2.4; Kleppmann 2016',
  oracle: 'internal',
  role: 'server',
  start: () => ({ last: undefined }),
  note(memory, node, text, data: Json | undefined, world) {
    if (text !== 'granted' && text !== 'restored') return undefined;
    const grant = { moment: momentOf(world), ...acquisitionOf(data) };
    const { last } = memory;
    const isNew = last === undefined || grant.token > last.token;
    if (isNew) memory.last = grant;
    if (isNew || text === 'restored') return undefined;
    return {
      sentence: `${nameOf(world, node)} grants token ${grant.token}, having granted ${last.token} before`,
      facts: [grantFact(last, node, world), grantFact(grant, node, world)],
    };
  },
});

function grantFact({ client, id, token, moment }: Grant, node: number, world: World): ReturnType<typeof fact> {
  return fact(moment, nameOf(world, node), `grants the lock to ${client} (a${id}), token ${token}`);
}

/**
 * OWN. A release ends the acquisition it names, and those before it that wait; a request for more time is answered with yes for the
 * acquisition that holds the lock.
 */
export const ownership: Property = always<{ holder: Acquisition | undefined; released: GivenBack | undefined }>({
  name: 'OWN',
  title:
    'a release ends the acquisition that it names and what its client has asked for before, a renewal prolongs the one that it names, and no other',
  source: 'Redis, SET, "Patterns"',
  oracle: 'internal',
  role: 'server',
  messages: ['Granted', 'Release'],
  start: () => ({ holder: undefined, released: undefined }),
  crash(memory) {
    memory.holder = undefined;
    return undefined;
  },
  deliver(memory, from, _to, { type, id }: Granted | Release, world) {
    if (type === 'Release') memory.released = { client: nameOf(world, from), id };
    return undefined;
  },
  send({ holder }, from, to, { type, id }: Granted | Release, world) {
    if (type === 'Release' || holder?.id === id) return undefined;
    const instead = holder === undefined ? 'nobody has it' : `${holder.client} has it (a${holder.id})`;
    return `${nameOf(world, from)} tells ${nameOf(world, to)} that it has the lock (a${id}), although ${instead}`;
  },
  note(memory, node, text, data: Json | undefined, world) {
    if (text === 'granted' || text === 'restored') memory.holder = acquisitionOf(data);
    if (text === 'leftQueue') return leftTooSoon(data as unknown as LeftQueue, memory.released, node, world);
    if (text !== 'freed') return undefined;
    memory.holder = undefined;
    const { client, id, named } = data as unknown as Acquisition & { readonly named: number };
    if (id === named) return undefined;
    return `${nameOf(world, node)} takes the lock from ${client} (a${id}), because a${named} was released`;
  },
});

/** What has been released, and by whom. */
interface GivenBack {
  readonly client: NodeId;
  readonly id: number;
}

/** A client has one call at a time, so that a release ends what it began before; what it began since, and others, keep their places. */
export const leftTooSoon = (
  { client, id, why }: LeftQueue,
  released: GivenBack | undefined,
  node: number,
  world: World,
): string | undefined =>
  why === 'release' && released !== undefined && (client !== released.client || id > released.id)
    ? `${nameOf(world, node)} takes ${client} (a${id}) out of the queue, because ${released.client} has released a${released.id}`
    : undefined;

interface GhostMemory {
  readonly granted: Map<number, Grant>;
  /** Acquisitions whose release was acknowledged, which is after it was on disk. */
  readonly released: Map<number, Moment>;
}

/** GHOST. */
export const noGhosts: Property = always<GhostMemory>({
  name: 'GHOST',
  title: 'an acquisition is granted once at most, and never after its release was acknowledged',
  source: 'CURATOR-315',
  oracle: 'internal',
  role: 'server',
  messages: ['Released'],
  start: () => ({ granted: new Map(), released: new Map() }),
  send({ released }, _from, _to, { id }: Released, world) {
    if (!released.has(id)) released.set(id, momentOf(world));
    return undefined;
  },
  note({ granted, released }, node, text, data: Json | undefined, world): Finding | undefined {
    if (text !== 'granted' && text !== 'restored') return undefined;
    const grant: Grant = { moment: momentOf(world), ...acquisitionOf(data) };
    const name = nameOf(world, node);
    const before = granted.get(grant.id);
    granted.set(grant.id, before ?? grant);
    if (text === 'restored') return undefined;
    if (before !== undefined) {
      const facts = [grantFact(before, node, world), grantFact(grant, node, world)];
      return { sentence: `${name} grants the lock a second time for one request of ${grant.client}`, facts };
    }
    const over = released.get(grant.id);
    if (over === undefined) return undefined;
    const facts = [fact(over, name, `acknowledges that a${grant.id} is released`), grantFact(grant, node, world)];
    return { sentence: `${name} grants the lock to ${grant.client} for a request that it has released`, facts };
  },
});

/** FAIR: of the waiters that the server knows and that have not been silent for a lease, the first gets the lock. */
export const fairness: Property = always<{ queue: readonly Acquisition[] }>({
  name: 'FAIR',
  title: 'the lock goes to the waiter that came first',
  source: 'Burrows 2006; first in, first out',
  oracle: 'internal',
  role: 'server',
  start: () => ({ queue: [] }),
  crash(memory) {
    memory.queue = [];
    return undefined;
  },
  note(memory, node, text, data: Json | undefined, world) {
    const one = acquisitionOf(data);
    if (text === 'queued') memory.queue = [...memory.queue, one];
    if (text !== 'granted' && text !== 'leftQueue') return undefined;
    const [first] = memory.queue;
    memory.queue = memory.queue.filter(({ client, id }) => client !== one.client || id !== one.id);
    if (text === 'leftQueue' || first === undefined || first.id === one.id) return undefined;
    return `${nameOf(world, node)} grants the lock to ${one.client}, although ${first.client} has waited longer`;
  },
});

/** DUR. At the instant at which it is said. */
export const stable: Property = always<null>({
  name: 'DUR',
  title: 'what the server says is on its disk: whose the lock is, and that an acquisition is over',
  source: 'Lampson and Sturgis 1979; Burrows 2006, section 2.4',
  oracle: 'internal',
  role: 'server',
  messages: ['Granted', 'Released', 'Lost'],
  start: () => null,
  send(_memory, from, to, { type, id }: Granted | Released | Lost, world) {
    const record = world.diskOf(from).durableRecord('lock') as LockRecord | undefined;
    const [server, client] = [nameOf(world, from), nameOf(world, to)];
    if (type === 'Granted') {
      if (record?.holder?.id === id) return undefined;
      return `${server} tells ${client} that it has the lock (a${id}), which is not on its disk`;
    }
    if (type === 'Lost') {
      if (record?.holder?.id !== id) return undefined;
      return `${server} tells ${client} that it has lost the lock (a${id}), and would find it the holder after a restart`;
    }
    if ((record?.over[client] ?? -1) >= id) return undefined;
    return `${server} acknowledges that a${id} of ${client} is released, which is not on its disk`;
  },
});
