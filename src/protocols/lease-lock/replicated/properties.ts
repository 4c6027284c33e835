/**
 * What replicas may do with their lock. Notes come from whoever led when the command was executed, so they come in any order and some do
 * not come at all; what they say is in the order of the log.
 */
import { always, type Property } from '../../../check/property.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import type { Json } from '../../../sim/plain.ts';
import { fact, type LeftQueue, type Moment, momentOf, nameOf } from '../properties/facts.ts';
import { leftTooSoon } from '../properties/granting.ts';
import type { Granted } from '../shape.ts';
import type { LockState } from './lock-machine.ts';
import type { ReplicaState } from './replica.ts';

/** The lock was granted by the command at index `since` of the log. */
interface Grant {
  readonly client: string;
  readonly id: number;
  readonly token: number;
  readonly since: number;
  /** Index of the command that put it into the queue, and of that of the first who still waits, 0 for nobody. */
  readonly asked: number;
  readonly waiting: number;
}

interface Seen extends Grant {
  readonly node: number;
  readonly moment: Moment;
}

const isGrant = (text: string): boolean => text === 'granted' || text === 'restored';

const seenAt = (world: World, node: number, data: Json | undefined): Seen => ({
  node,
  moment: momentOf(world),
  ...(data as unknown as Grant),
});

const toldBy = ({ client, id, token, moment, node }: Seen, world: World): ReturnType<typeof fact> =>
  fact(moment, nameOf(world, node), `grants the lock to ${client} (a${id}), token ${token}`);

/** TOK. */
export const risingInTheLog: Property = always<{ grants: readonly Seen[] }>({
  name: 'TOK',
  title: 'tokens rise from grant to grant, in the order of the log',
  source: 'Burrows 2006, section 2.4; Kleppmann 2016',
  oracle: 'internal',
  role: 'server',
  start: () => ({ grants: [] }),
  note(memory, node, text, data: Json | undefined, world) {
    if (!isGrant(text)) return undefined;
    const grant = seenAt(world, node, data);
    const contradicted = memory.grants.find((other) => contradict(other, grant));
    if (!memory.grants.some(({ since }) => since === grant.since)) memory.grants = [...memory.grants, grant];
    if (contradicted === undefined) return undefined;
    const [earlier, later] = contradicted.since < grant.since ? [contradicted, grant] : [grant, contradicted];
    return {
      sentence: `index ${later.since} of the log grants token ${later.token} (a${later.id}), index ${earlier.since} token ${earlier.token} (a${earlier.id})`,
      facts: [toldBy(contradicted, world), toldBy(grant, world)],
    };
  },
});

/** One command grants one lock, a later one with a greater token. */
function contradict(one: Seen, other: Seen): boolean {
  if (one.since === other.since) return one.token !== other.token || one.id !== other.id;
  return one.since < other.since ? one.token >= other.token : one.token <= other.token;
}

/** By node: the acquisition that holds the lock, as the leader there knows it; and who has left the queue for the release that is being executed. */
interface Owners {
  readonly owners: Map<number, Grant>;
  readonly left: Map<number, LeftQueue[]>;
}

function leftBefore(left: Owners['left'], node: number, released: Grant, world: World): string | undefined {
  const gone = left.get(node) ?? [];
  left.delete(node);
  for (const one of gone) {
    const found = leftTooSoon(one, released, node, world);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** OWN. */
export const ownershipInTheLog: Property = always<Owners>({
  name: 'OWN',
  title:
    'a release ends the acquisition that it names and what its client has asked for before, a renewal prolongs the one that it names, and no other',
  source: 'Redis, SET, "Patterns"',
  oracle: 'internal',
  role: 'server',
  messages: ['Granted'],
  start: () => ({ owners: new Map(), left: new Map() }),
  crash({ owners, left }, node) {
    owners.delete(node);
    left.delete(node);
    return undefined;
  },
  send({ owners }, from, to, { id }: Granted, world) {
    const owner = owners.get(from);
    if (owner?.id === id) return undefined;
    const instead = owner === undefined ? 'nobody has it' : `${owner.client} has it (a${owner.id})`;
    return `${nameOf(world, from)} tells ${nameOf(world, to)} that it has the lock (a${id}), although ${instead}`;
  },
  note({ owners, left }, node, text, data: Json | undefined, world) {
    if (isGrant(text)) owners.set(node, data as unknown as Grant);
    if (text === 'leftQueue') left.set(node, [...(left.get(node) ?? []), data as unknown as LeftQueue]);
    if (text === 'over') return leftBefore(left, node, data as unknown as Grant, world);
    if (text === 'leads' || text === 'freed') owners.delete(node);
    if (text !== 'freed') return undefined;
    const { client, id, named } = data as unknown as Grant & { readonly named: number };
    if (id === named) return undefined;
    return `${nameOf(world, node)} takes the lock from ${client} (a${id}), because a${named} was released`;
  },
});

interface GhostMemory {
  readonly granted: Map<number, Seen>;
  /** Index at which it came into the queue. */
  readonly queued: Map<number, { readonly index: number; readonly moment: Moment; readonly node: number }>;
  /** Index of the release, by acquisition. */
  readonly over: Map<number, { readonly index: number; readonly moment: Moment; readonly node: number }>;
}

/** GHOST. @param once an acquisition comes into the queue once at most: who is passed over does not come again. */
export const noGhostsInTheLog = (once: boolean): Property =>
  always<GhostMemory>({
    name: 'GHOST',
    title:
      'an acquisition is granted once at most, never behind its release in the log, and has one place in the queue',
    source: 'CURATOR-315',
    oracle: 'internal',
    role: 'server',
    start: () => ({ granted: new Map(), queued: new Map(), over: new Map() }),
    note(memory, node, text, data: Json | undefined, world): Finding | undefined {
      if (text === 'over') hearOver(memory, node, data, world);
      if (text === 'queued' && once) return judgePlace(memory, node, data, world);
      return isGrant(text) ? judgeGrant(memory, seenAt(world, node, data), node, world) : undefined;
    },
  });

const indexed = (data: Json | undefined): { readonly id: number; readonly client: string; readonly index: number } =>
  data as never;

function hearOver({ over }: GhostMemory, node: number, data: Json | undefined, world: World): void {
  const { id, index } = indexed(data);
  const known = over.get(id);
  if (known === undefined || index < known.index) over.set(id, { index, moment: momentOf(world), node });
}

function judgePlace({ queued }: GhostMemory, node: number, data: Json | undefined, world: World): Finding | undefined {
  const { id, client, index } = indexed(data);
  const first = queued.get(id);
  if (first === undefined) queued.set(id, { index, moment: momentOf(world), node });
  if (first === undefined || first.index === index) return undefined;
  const place = `puts a${id} of ${client} into the queue`;
  return {
    sentence: `one request of ${client} has two places in the queue`,
    facts: [
      fact(first.moment, nameOf(world, first.node), place),
      fact(momentOf(world), nameOf(world, node), `${place} again`),
    ],
  };
}

function judgeGrant({ granted, over }: GhostMemory, grant: Seen, node: number, world: World): Finding | undefined {
  const before = granted.get(grant.id);
  granted.set(grant.id, before ?? grant);
  if (before !== undefined && before.since !== grant.since) {
    const sentence = `${nameOf(world, node)} grants the lock a second time for one request of ${grant.client}`;
    return { sentence, facts: [toldBy(before, world), toldBy(grant, world)] };
  }
  const ended = over.get(grant.id);
  if (ended === undefined || ended.index > grant.since) return undefined;
  const sentence = `${nameOf(world, node)} grants the lock to ${grant.client} for a request that it has released`;
  const released = fact(ended.moment, nameOf(world, ended.node), `acknowledges that a${grant.id} is released`);
  return { sentence, facts: [released, toldBy(grant, world)] };
}

/**
 * FAIR: whose lease is over has left the queue. By node, which leads: who has come into the queue under it, and not left; such a one must
 * not come behind others by asking again.
 */
export const fairnessInTheLog: Property = always<{ readonly waiting: Map<number, Set<number>> }>({
  name: 'FAIR',
  title: 'the lock goes to the waiter that came first, and who asks again keeps its place',
  source: 'Burrows 2006; first in, first out',
  oracle: 'internal',
  role: 'server',
  start: () => ({ waiting: new Map() }),
  crash({ waiting }, node) {
    waiting.delete(node);
    return undefined;
  },
  note({ waiting }, node, text, data: Json | undefined, world) {
    if (text === 'leads') waiting.set(node, new Set());
    const places = waiting.get(node);
    const { client, id, asked, waiting: next } = (data ?? {}) as unknown as Grant;
    if (text === 'leftQueue') places?.delete(id);
    if (text === 'queued') {
      if (places?.has(id))
        return `${nameOf(world, node)} lets ${client} (a${id}), which waits, begin anew at the end of the queue`;
      places?.add(id);
    }
    if (text !== 'granted') return undefined;
    places?.delete(id);
    if (next === 0 || next > asked) return undefined;
    return `${nameOf(world, node)} grants the lock to ${client}, although somebody else has waited longer`;
  },
});

/** REL. Who is gone leaves the queue by a command of its own; whoever stands first when the lock is free gets it by the same command. */
export const passedOnInTheLog: Property = always<null>({
  name: 'REL',
  title: 'a lock that is free is not kept from whoever waits',
  source: 'Burrows 2006; Schneider 1990',
  oracle: 'internal',
  role: 'server',
  start: () => null,
  step(_memory, node, { machine: { owner, queue, lost } }: ReplicaState<LockState>, world) {
    const [first] = queue;
    if (owner !== null || first === undefined || lost !== 0) return undefined;
    return `${nameOf(world, node)} does not give the lock to ${first.client} (a${first.id}), although nobody has it`;
  },
});

interface Executed {
  readonly node: number;
  readonly digest: number;
  readonly moment: Moment;
}

/** By index of the last command; and how far each node had come when last seen. */
interface Executions {
  readonly at: (Executed | undefined)[];
  readonly applied: number[];
  /** By node, by lease: the number of the last renewal that it has executed. */
  readonly attempts: Map<number, number>[];
}

/** A lease: of a lock, or of a session in a store. */
interface Leased {
  readonly id: number;
  readonly attempt: number;
}

/** A renewal that was overtaken must not undo the one that came first: whoever ends leases would believe that none has come since. */
function olderAttempt(known: Map<number, number>, node: number, machine: object, world: World): Finding | undefined {
  const { owner, sessions } = machine as { readonly owner?: Leased | null; readonly sessions?: readonly Leased[] };
  for (const { id, attempt } of sessions ?? (owner === null || owner === undefined ? [] : [owner])) {
    const last = known.get(id) ?? 0;
    known.set(id, attempt);
    if (attempt >= last) continue;
    const name = nameOf(world, node);
    return {
      sentence: `${name} takes renewal ${attempt} of lease ${id} for the last, and has executed ${last} before`,
      facts: [fact(momentOf(world), name, `has executed renewal ${last} of lease ${id}, and goes back to ${attempt}`)],
    };
  }
  return undefined;
}

/** AGREE. */
export const agreement = (machine: { digest(state: never): number }): Property =>
  always<Executions>({
    name: 'AGREE',
    title:
      'replicas that have executed the same commands are in the same state, and what a lease has got nobody takes back',
    source: 'Schneider 1990, state machine approach',
    oracle: 'internal',
    role: 'server',
    start: () => ({ at: [], applied: [], attempts: [] }),
    boot({ applied, attempts }, node) {
      applied[node] = 0;
      attempts[node] = new Map();
      return undefined;
    },
    step({ at, applied, attempts }, node, state: ReplicaState<object>, world) {
      const index = state.applied;
      if (index === (applied[node] ?? 0)) return undefined;
      applied[node] = index;
      const outdated = olderAttempt(attempts[node] as Map<number, number>, node, state.machine, world);
      if (outdated !== undefined) return outdated;
      const digest = machine.digest(state.machine as never);
      const first = at[index];
      if (first === undefined) at[index] = { node, digest, moment: momentOf(world) };
      if (first === undefined || first.digest === digest) return undefined;
      const name = nameOf(world, node);
      return {
        sentence: `${nameOf(world, first.node)} and ${name} have executed ${index} commands, and differ`,
        facts: [
          fact(first.moment, nameOf(world, first.node), `has executed ${index} commands`),
          fact(momentOf(world), name, `has executed ${index} commands: ${JSON.stringify(state.machine)}`),
        ],
      };
    },
  });
