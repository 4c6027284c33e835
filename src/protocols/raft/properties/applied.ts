/** What the state machines have executed. */
import { always, type Property } from '../../../check/property.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import type { Json } from '../../../sim/plain.ts';
import { canonicalText } from '../../../sim/plain.ts';
import { mix } from '../fingerprint.ts';
import type { ClientReply, Command, Entry, RaftOptions, ServerState } from '../shape.ts';
import type { StateMachine } from '../state-machine.ts';
import { describe, describeCommand, factAt, factNow, isSameEntry, nameOf } from './facts.ts';

/**
 * Parallel by index - 1: what was applied first, where and when; and the digest of the state after it (0 where nobody stopped there yet),
 * whose it was, and when.
 */
interface Applied {
  readonly entry: Entry[];
  readonly byNode: number[];
  readonly atEvent: number[];
  readonly digest: number[];
  readonly digestOf: number[];
  readonly digestAt: number[];
  /** By node: how far it had applied when last seen. */
  readonly through: number[];
}

export const stateMachineSafety = (machine: StateMachine): Property =>
  always<Applied>({
    name: 'SMS',
    title: 'no two servers apply different entries at the same index, and equal indexes mean equal states',
    source: '§5.4.3, Figure 3: State Machine Safety',
    oracle: 'internal',
    role: 'server',
    start: () => ({ entry: [], byNode: [], atEvent: [], digest: [], digestOf: [], digestAt: [], through: [] }),
    boot(memory, node) {
      memory.through[node] = 0;
      return undefined;
    },
    step(memory, node, state: ServerState, world) {
      if (state.lastApplied === memory.through[node]) return undefined;
      const before = memory.through[node] ?? 0;
      memory.through[node] = state.lastApplied;
      if (state.lastApplied < before) {
        return `${nameOf(world, node)} had applied entries up to ${before} and now says ${state.lastApplied}`;
      }
      for (let index = before + 1; index <= state.lastApplied; index++) {
        const finding = compareEntry(memory, node, index, state.log[index - 1], world);
        if (finding !== undefined) return finding;
      }
      return compareState(memory, node, state.lastApplied, digestOf(machine, state), world);
    },
  });

const hex = (digest: number): string => (digest >>> 0).toString(16).padStart(8, '0');

const digestOf = (machine: StateMachine, state: ServerState): number =>
  mix(machine.digest(state.machine), state.sessionsDigest) || 1;

function compareEntry(
  memory: Applied,
  node: number,
  index: number,
  entry: Entry | undefined,
  world: World,
): Finding | undefined {
  const first = memory.entry[index - 1];
  if (entry === undefined) return undefined;
  if (first === undefined) {
    memory.entry[index - 1] = entry;
    memory.byNode[index - 1] = node;
    memory.atEvent[index - 1] = world.event;
    memory.digest[index - 1] = 0;
    memory.digestOf[index - 1] = node;
    memory.digestAt[index - 1] = world.event;
    return undefined;
  }
  if (isSameEntry(first, entry)) return undefined;
  const other = memory.byNode[index - 1] as number;
  return {
    sentence: `${nameOf(world, other)} and ${nameOf(world, node)} applied different entries at index ${index}`,
    facts: [
      factAt(world, memory.atEvent[index - 1] as number, other, `applies ${describe(first)} at index ${index}`),
      factNow(world, node, `applies ${describe(entry)} at index ${index}`),
    ],
  };
}

function compareState(memory: Applied, node: number, index: number, digest: number, world: World): Finding | undefined {
  const known = memory.digest[index - 1];
  if (known === digest || known === undefined) return undefined;
  if (known === 0) {
    memory.digest[index - 1] = digest;
    memory.digestOf[index - 1] = node;
    memory.digestAt[index - 1] = world.event;
    return undefined;
  }
  const other = memory.digestOf[index - 1] as number;
  return {
    sentence: `${nameOf(world, other)} and ${nameOf(world, node)} have applied the same entries up to index ${index}, but are in different states`,
    facts: [
      factAt(world, memory.digestAt[index - 1] as number, other, `has applied index ${index}, state ${hex(known)}`),
      factNow(world, node, `has applied index ${index}, state ${hex(digest)}`),
    ],
  };
}

/** Executes what is committed once more, on its own, with its own idea of what is a repetition. */
interface Replay {
  readonly machine: object;
  /** Parallel by index - 1: digest of the machine after the entry; index of the first execution where the entry is a repetition, or 0. */
  readonly digest: number[];
  readonly repeats: number[];
  readonly atEvent: number[];
  /** Sessions that have not expired. */
  readonly sessions: Map<number, ReplayedSession>;
  /** By node. */
  readonly through: number[];
  /** First answers to the operations of each session. */
  readonly answers: Map<number, Answers>;
  /** By node: sessions that it has said have expired, in the handler that is not over. */
  readonly claims: (readonly number[] | undefined)[];
}

interface ReplayedSession {
  /** By sequence: the index where it was executed. */
  readonly executed: number[];
  usedAt: number;
}

/** By sequence, which clients count from 1. Columns and not objects: what is kept for each operation costs at every collection of garbage. */
interface Answers {
  readonly result: (Json | undefined)[];
  readonly event: number[];
  readonly node: number[];
}

export const exactlyOnce = (machine: StateMachine): Property =>
  always<Replay>({
    name: 'XO',
    title:
      'each request of a client session is executed at most once, all answers to it are equal, and who is told that it has expired is told the truth',
    source: '§8, diss 6.3',
    oracle: 'internal',
    role: 'server',
    messages: ['ClientReply'],
    start: () => ({
      machine: machine.start(),
      digest: [],
      repeats: [],
      atEvent: [],
      sessions: new Map(),
      through: [],
      answers: new Map(),
      claims: [],
    }),
    boot({ claims }, node) {
      if (claims.length > 0) claims[node] = undefined;
      return undefined;
    },
    step(memory, node, state: ServerState, world) {
      if (state.lastApplied === memory.through[node])
        return memory.claims.length === 0 ? undefined : judgeClaims(memory, node, world);
      memory.through[node] = state.lastApplied;
      const sessionsMax = (world.optionsOf(node) as RaftOptions).sessionsMax;
      for (let index = memory.digest.length + 1; index <= state.lastApplied; index++) {
        const entry = state.log[index - 1];
        if (entry === undefined) return undefined;
        memory.repeats.push(execute(memory, machine, index, entry.command, sessionsMax));
        memory.digest.push(machine.digest(memory.machine));
        memory.atEvent.push(world.event);
      }
      const untrue = memory.claims.length === 0 ? undefined : judgeClaims(memory, node, world);
      if (untrue !== undefined) return untrue;
      const index = state.lastApplied;
      if (index === 0 || machine.digest(state.machine) === memory.digest[index - 1]) return undefined;
      return executedTwice(memory, node, state, world);
    },
    send(memory, from, _to, message: ClientReply, world) {
      if (message.status === 'session-expired') memory.claims[from] = [...(memory.claims[from] ?? []), message.session];
      if (message.status !== 'ok' || message.session === 0) return undefined;
      return compareAnswer(memory, from, message, world);
    },
  });

/** A claim is judged when all that its server has applied has been replayed. */
function judgeClaims({ claims, sessions }: Replay, node: number, world: World): Finding | undefined {
  const claimed = claims[node];
  if (claimed === undefined) return undefined;
  claims[node] = undefined;
  const untrue = claimed.find((session) => sessions.has(session));
  if (untrue === undefined) return undefined;
  return {
    sentence: `${nameOf(world, node)} says that session ${untrue} has expired, and it has not`,
    facts: [factNow(world, node, `tells a client that session ${untrue} has expired`)],
  };
}

/** Answers where the command was executed before, or 0. */
function execute(
  memory: Replay,
  machine: StateMachine,
  index: number,
  { type, session, sequence, op }: Command,
  sessionsMax: number,
): number {
  if (type === 'register') {
    memory.sessions.set(index, { executed: [], usedAt: index });
    if (memory.sessions.size > sessionsMax) expireIdlest(memory.sessions);
    return 0;
  }
  if (type === 'no-op' || op === null) return 0;
  if (session === 0) {
    machine.apply(memory.machine, op);
    return 0;
  }
  const replayed = memory.sessions.get(session);
  if (replayed === undefined) return 0;
  replayed.usedAt = index;
  const { executed } = replayed;
  const earlier = executed[sequence];
  if (earlier !== undefined) return earlier;
  executed[sequence] = index;
  machine.apply(memory.machine, op);
  return 0;
}

function expireIdlest(sessions: Map<number, ReplayedSession>): void {
  let idlest = 0;
  let least = Number.POSITIVE_INFINITY;
  for (const [session, { usedAt }] of sessions) {
    if (usedAt >= least) continue;
    idlest = session;
    least = usedAt;
  }
  sessions.delete(idlest);
}

function executedTwice(memory: Replay, node: number, state: ServerState, world: World): Finding {
  let index = state.lastApplied;
  while (index > 0 && memory.repeats[index - 1] === 0) index--;
  const name = nameOf(world, node);
  if (index === 0) {
    return {
      sentence: `the state of ${name} is not what executing each committed request once up to index ${state.lastApplied} gives`,
    };
  }
  const first = memory.repeats[index - 1] as number;
  const request = describeCommand((state.log[index - 1] as Entry).command);
  return {
    sentence: `${name} executed a request twice: index ${index} repeats index ${first}, ${request}`,
    facts: [
      factAt(world, memory.atEvent[first - 1] as number, node, `index ${first} has been applied somewhere: ${request}`),
      factNow(world, node, `has executed index ${index}, which repeats it`),
    ],
  };
}

function compareAnswer(memory: Replay, node: number, reply: ClientReply, world: World): Finding | undefined {
  const { session, sequence, result } = reply;
  let answers = memory.answers.get(session);
  if (answers === undefined) {
    answers = { result: [], event: [], node: [] };
    memory.answers.set(session, answers);
  }
  const first = answers.result[sequence];
  if (first === undefined) {
    answers.result[sequence] = result;
    answers.event[sequence] = world.event;
    answers.node[sequence] = node;
    return undefined;
  }
  if (first === result || canonicalText(first) === canonicalText(result)) return undefined;
  const [event, other] = [answers.event[sequence] as number, answers.node[sequence] as number];
  return {
    sentence: `request #${sequence} of session ${session} was answered ${JSON.stringify(first)} and ${JSON.stringify(result)}`,
    facts: [
      factAt(world, event, other, `answers ${JSON.stringify(first)}`),
      factNow(world, node, `answers ${JSON.stringify(result)}`),
    ],
  };
}
