/** Step by step: what a leader has made sure of before it answers a query beside the log. */
import { always, type Property } from '../../../check/property.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import type { Json } from '../../../sim/plain.ts';
import type {
  ClientQuery,
  ClientQueryReply,
  Heartbeat,
  HeartbeatReply,
  RaftOptions,
  ReadIndex,
  ReadIndexReply,
  ServerState,
} from '../shape.ts';
import { factAt, factNow, nameOf, termOf, writtenLog } from './facts.ts';
import { mayReadBesideLog } from './published.ts';

type Watched = Heartbeat | HeartbeatReply | ClientQuery | ReadIndex | ReadIndexReply | ClientQueryReply;

/** By node: the term it leads; who it said last has made sure of an answer; and by nonce at which event the question first reached it. */
interface Confirmations {
  readonly isWatching: boolean;
  readonly leads: number[];
  readonly by: string[];
  readonly asked: Map<number, number>[];
  /** By leader and member: the last of its heartbeats that the member has heard. */
  readonly heard: Heard[][];
  /** By leader and member, by term: the last round that the member has acknowledged. Answers of an earlier term may still be under way. */
  readonly acked: Map<number, number>[][];
  /** By node: a round has been answered in the event that is being handled. */
  readonly isAnswered: boolean[];
}

interface Heard {
  readonly term: number;
  readonly event: number;
}

/** A leader that skips a step is mostly lucky: nobody else leads, and it knows all that is committed. */
export const readConfirmed: Property = always<Confirmations>({
  name: 'RI',
  title:
    'who leads answers queries beside the log only as of an entry of its own term, and by ReadIndex only when a quorum has heard it since; of its rounds it believes what was acknowledged in its term',
  source: 'diss 6.4, steps 1 and 3',
  oracle: 'internal',
  role: 'server',
  messages: ['Heartbeat', 'HeartbeatReply', 'ClientQuery', 'ReadIndex', 'ReadIndexReply', 'ClientQueryReply'],
  start: (world) => ({
    isWatching: world.nodes.some((_, node) => mayReadBesideLog(world.optionsOf(node) as RaftOptions)),
    leads: [],
    by: [],
    asked: [],
    heard: [],
    acked: [],
    isAnswered: [],
  }),
  boot(memory, node) {
    memory.leads[node] = 0;
    memory.asked[node] = new Map();
    return undefined;
  },
  note(memory, node, text, data: Json | undefined) {
    if (!memory.isWatching) return undefined;
    if (text === 'becameLeader') memory.leads[node] = (data as { readonly term: number }).term;
    else if (text === 'queryAnswered') memory.by[node] = (data as { readonly by: string }).by;
    return undefined;
  },
  deliver(memory, from, to, message: Watched, world) {
    if (message.type === 'Heartbeat') hear(memory, from, to, message, world);
    else if (message.type === 'HeartbeatReply') memory.isAnswered[to] = true;
    else if (message.type === 'ClientQuery' || message.type === 'ReadIndex') ask(memory, to, message.nonce, world);
    return undefined;
  },
  step(memory, node, state: ServerState, world) {
    if (memory.isAnswered[node] !== true) return undefined;
    memory.isAnswered[node] = false;
    return state.role === 'leader' ? judgeRounds(memory, node, state, world) : undefined;
  },
  send(memory, from, to, message: Watched, world) {
    if (message.type === 'HeartbeatReply') {
      acknowledge(memory, to, from, message);
      return undefined;
    }
    if (message.type === 'ReadIndexReply') return judge(memory, from, message, world);
    if (message.type !== 'ClientQueryReply' || message.status !== 'ok') return undefined;
    return memory.by[from] === 'follower' ? undefined : judge(memory, from, message, world);
  },
});

/** Who knows a higher term does not listen. */
function hear(memory: Confirmations, leader: number, node: number, { term }: Heartbeat, world: World): void {
  const state = world.stateOf(node) as ServerState | undefined;
  if (state !== undefined && term < state.currentTerm) return;
  memory.heard[leader] ??= [];
  memory.heard[leader][node] = { term, event: world.event };
}

function acknowledge({ acked }: Confirmations, leader: number, node: number, { term, round }: HeartbeatReply): void {
  acked[leader] ??= [];
  acked[leader][node] ??= new Map();
  const rounds = acked[leader][node];
  if (round > (rounds.get(term) ?? 0)) rounds.set(term, round);
}

function judgeRounds({ acked }: Confirmations, node: number, state: ServerState, world: World): Finding | undefined {
  const { members, self, ackedRound, currentTerm } = state;
  for (let member = 0; member < members.length; member++) {
    const round = ackedRound[member] ?? 0;
    if (member === self || round === 0) continue;
    const name = members[member] as string;
    const known = acked[node]?.[world.nodes.indexOf(name)]?.get(currentTerm) ?? 0;
    if (known >= round) continue;
    return {
      sentence: `${nameOf(world, node)} believes that ${name} has acknowledged round ${round} of term ${currentTerm}, and it has acknowledged ${known === 0 ? 'none' : `round ${known}`}`,
      facts: [factNow(world, node, `counts ${name} for round ${round}`)],
    };
  }
  return undefined;
}

function ask({ asked }: Confirmations, node: number, nonce: number, world: World): void {
  asked[node] ??= new Map();
  if (!asked[node].has(nonce)) asked[node].set(nonce, world.event);
}

function judge(
  memory: Confirmations,
  node: number,
  { nonce, index }: ReadIndexReply | ClientQueryReply,
  world: World,
): Finding | undefined {
  const term = memory.leads[node] ?? 0;
  if (term === 0) return undefined;
  const ofTerm = termOf(writtenLog(world, node), index);
  if (ofTerm !== term) return ignorant(node, term, index, ofTerm, world);
  const at = memory.asked[node]?.get(nonce);
  if (at === undefined || (world.optionsOf(node) as RaftOptions).reads !== 'read-index') return undefined;
  const servers = world.nodes.filter((_, server) => world.roleOf(server) === 'server').length;
  const since = (memory.heard[node] ?? []).filter((heard) => heard?.term === term && heard.event > at).length;
  return (since + 1) * 2 > servers ? undefined : unconfirmed(node, term, at, since, servers, world);
}

const ignorant = (node: number, term: number, index: number, ofTerm: number, world: World): Finding => ({
  sentence: `${nameOf(world, node)}, leader of term ${term}, answered a query as of index ${index} of term ${ofTerm}: it does not know yet what is committed`,
  facts: [factNow(world, node, `answers as of index ${index} of term ${ofTerm}`)],
});

const unconfirmed = (
  node: number,
  term: number,
  at: number,
  since: number,
  servers: number,
  world: World,
): Finding => ({
  sentence: `${nameOf(world, node)}, leader of term ${term}, answered a query since which only ${since} of the other ${servers - 1} servers have heard its heartbeats`,
  facts: [factAt(world, at, node, 'is asked'), factNow(world, node, `answers as leader of term ${term}`)],
});
