/** What queries beside the log may answer, and how long a leader may believe that it is one. */
import { always, type Property } from '../../../check/property.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import type { Json } from '../../../sim/plain.ts';
import type { Micros } from '../../../sim/protocol.ts';
import type {
  AppendEntriesReply,
  ClientQuery,
  ClientQueryReply,
  ClientReply,
  Command,
  Entry,
  HeartbeatReply,
  RaftOptions,
  ServerState,
} from '../shape.ts';
import { factAt, factNow, nameOf, writtenLog } from './facts.ts';
import { longestTimeout, mayReadBesideLog, mustCheckQuorum } from './published.ts';

/** The highest index that an answer has shown, whose that was, and when. */
interface Shown {
  index: number;
  node: number;
  event: number;
}

interface Freshness {
  readonly isWatching: boolean;
  readonly shown: Shown;
  /** By nonce: what had been shown when the question first reached a server. */
  readonly asked: Map<number, Shown>;
  /** How far somebody has applied the log; and by session and sequence, where each request stands first in it. */
  through: number;
  readonly places: Map<number, number[]>;
}

/** Cheaper than judging the client history, and it names the answer that was too old; what answers say, linearizability judges. */
export const readsFresh: Property = always<Freshness>({
  name: 'RF',
  title: 'a query beside the log shows all that had been answered to anybody before it was asked',
  source: 'diss 6.4',
  oracle: 'internal',
  role: 'server',
  messages: ['ClientQuery', 'ClientQueryReply', 'ClientReply'],
  start: (world) => ({
    isWatching: world.nodes.some((_, node) => mayReadBesideLog(world.optionsOf(node) as RaftOptions)),
    shown: { index: 0, node: -1, event: 0 },
    asked: new Map(),
    through: 0,
    places: new Map(),
  }),
  step(memory, _node, state: ServerState) {
    if (!memory.isWatching) return undefined;
    for (; memory.through < state.lastApplied; memory.through++) {
      const command = state.log[memory.through]?.command;
      if (command !== undefined && command.session !== 0) place(memory.places, command, memory.through + 1);
    }
    return undefined;
  },
  deliver(memory, _from, _to, message: ClientQuery) {
    if (message.type === 'ClientQuery' && !memory.asked.has(message.nonce)) {
      memory.asked.set(message.nonce, { ...memory.shown });
    }
    return undefined;
  },
  send(memory, from, _to, message: ClientQueryReply | ClientReply, world) {
    if (!memory.isWatching || message.status !== 'ok') return undefined;
    if (message.type === 'ClientReply') {
      show(memory.shown, from, indexOf(memory, from, message, world), world);
      return undefined;
    }
    const before = memory.asked.get(message.nonce);
    if (before !== undefined && message.index < before.index) return stale(from, message, before, world);
    show(memory.shown, from, message.index, world);
    return undefined;
  },
});

function show(shown: Shown, node: number, index: number, world: World): void {
  if (index <= shown.index) return;
  shown.index = index;
  shown.node = node;
  shown.event = world.event;
}

function place(places: Map<number, number[]>, { session, sequence }: Command, index: number): void {
  const known = places.get(session);
  if (known === undefined) {
    const bySequence: number[] = [];
    bySequence[sequence] = index;
    places.set(session, bySequence);
  } else known[sequence] ??= index;
}

/**
 * Where the request that is answered stands first: a repetition has a second place, which says nothing. It was applied before, or just now
 * by this server: then it stands first behind all that anybody is known to have applied.
 */
function indexOf(
  { places, through }: Freshness,
  node: number,
  { session, sequence, result }: ClientReply,
  world: World,
): number {
  if (session === 0) return typeof result === 'number' ? result : 0;
  const known = places.get(session)?.[sequence];
  if (known !== undefined) return known;
  const { first, entries } = writtenLog(world, node);
  for (let i = through + 1 - first; i < entries.length; i++) {
    const { command } = entries[i] as Entry;
    if (command.session === session && command.sequence === sequence) return first + i;
  }
  return 0;
}

function stale(node: number, { index }: ClientQueryReply, before: Shown, world: World): Finding {
  return {
    sentence: `${nameOf(world, node)} answered a query as of index ${index}, although index ${before.index} had been shown before it was asked`,
    facts: [
      factAt(world, before.event, before.node, `answers as of index ${before.index}`),
      factNow(world, node, `answers a later query as of index ${index}`),
    ],
  };
}

/**
 * By node: when (true time) it last heard from which member; when it was last seen to lead; for how long it has gone on leading without a
 * quorum since it was first seen to, -1 if it has not; and until when what it has heard so far is enough.
 */
interface Contact {
  readonly isWatching: boolean;
  readonly heardAt: Micros[][];
  /** By node and member: the last answer, by the node's own clock. */
  readonly answers: Answer[][];
  readonly ledTerm: number[];
  readonly seenAt: Micros[];
  readonly overdueFor: Micros[];
  readonly enoughUntil: Micros[];
}

interface Answer {
  readonly term: number;
  readonly at: Micros;
}

/**
 * The leader goes by its own clock, and its timer may be late, so it is given time: three of its election timeouts without a quorum (two,
 * on a clock that is a third too slow), and four more from the moment on at which it is first seen to lead all the same. Of these only the
 * time counts in which it runs: a leader does something with every heartbeat, and who does nothing is paused, or waits for its disk. Nor
 * does the time of one that is too slow for what is asked of it: its timer waits behind all of that.
 */
export const quorumChecked: Property = always<Contact>({
  name: 'CQ',
  title:
    'with CheckQuorum, a leader that hears from no quorum steps down, and one that has just heard from a quorum does not',
  source: 'diss 6.2',
  oracle: 'internal',
  role: 'server',
  messages: ['AppendEntriesReply', 'HeartbeatReply'],
  start: (world) => ({
    isWatching: world.nodes.some((_, node) => mustCheckQuorum(world.optionsOf(node) as RaftOptions)),
    heardAt: [],
    answers: [],
    ledTerm: [],
    seenAt: [],
    overdueFor: [],
    enoughUntil: [],
  }),
  deliver(memory, from, to, message: AppendEntriesReply | HeartbeatReply, world) {
    if (memory.isWatching) {
      memory.heardAt[to] ??= world.nodes.map(() => 0);
      (memory.heardAt[to] as Micros[])[from] = world.now;
      memory.answers[to] ??= [];
      (memory.answers[to] as Answer[])[from] = { term: message.term, at: world.localTime(to) };
    }
    return undefined;
  },
  note(memory, node, text, data: Json | undefined, world) {
    if (text !== 'quorumLost') return undefined;
    const { term } = data as { readonly term: number };
    // Two checks are an election timeout apart: what was heard in half of it was heard since the last one.
    const within = longestTimeout(world.optionsOf(node) as RaftOptions) / 2;
    const answers = memory.answers[node] ?? [];
    const heard = answers.filter((one) => one?.term === term && world.localTime(node) - one.at < within).length + 1;
    const servers = world.nodes.filter((_, server) => world.roleOf(server) === 'server').length;
    if (heard * 2 <= servers) return undefined;
    return {
      sentence: `${nameOf(world, node)} gives up term ${term} for want of a quorum, although it has just heard from ${heard} of ${servers} servers, itself among them`,
      facts: [factNow(world, node, `steps down; it has heard from ${heard} in the last ${Math.floor(within)} us`)],
    };
  },
  step(memory, node, state: ServerState, world) {
    if (!memory.isWatching || state.role !== 'leader') return undefined;
    if (memory.ledTerm[node] !== state.currentTerm) beginLeading(memory, node, state, world);
    if (world.now <= (memory.enoughUntil[node] as Micros)) return undefined;
    const options = world.optionsOf(node) as RaftOptions;
    const timeout = longestTimeout(options);
    if (!mustCheckQuorum(options) || hasQuorum(memory, node, state, world, 3 * timeout)) {
      memory.overdueFor[node] = -1;
      return undefined;
    }
    const before = memory.overdueFor[node] as Micros;
    const since = Math.min(world.now - (memory.seenAt[node] ?? 0), 2 * options.heartbeatInterval);
    const lived = world.backlogOf(node) > 0 ? 0 : since;
    memory.seenAt[node] = world.now;
    memory.overdueFor[node] = before < 0 ? 0 : before + lived;
    return before + lived <= 4 * timeout ? undefined : deaf(node, state, world);
  },
});

/** Its election counts as hearing from everybody. */
function beginLeading(memory: Contact, node: number, state: ServerState, world: World): void {
  memory.ledTerm[node] = state.currentTerm;
  memory.heardAt[node] = world.nodes.map(() => world.now);
  memory.overdueFor[node] = -1;
  memory.enoughUntil[node] = -1;
}

function hasQuorum(memory: Contact, node: number, state: ServerState, world: World, within: Micros): boolean {
  const times = memory.heardAt[node] as Micros[];
  let members = 1;
  let oldest = world.now;
  for (let other = 0; other < times.length; other++) {
    const at = times[other] as Micros;
    if (other === node || world.now - at > within || world.roleOf(other) !== 'server') continue;
    members++;
    oldest = Math.min(oldest, at);
  }
  if (members * 2 <= state.members.length) return false;
  memory.enoughUntil[node] = oldest + within;
  return true;
}

const deaf = (node: number, state: ServerState, world: World): Finding => ({
  sentence: `${nameOf(world, node)} still leads term ${state.currentTerm} although it has not heard from a quorum for three election timeouts`,
  facts: [factNow(world, node, `leads term ${state.currentTerm}`)],
});
