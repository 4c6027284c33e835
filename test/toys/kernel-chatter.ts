/**
 * A protocol that makes sense to nobody and uses everything: random gossip, keyed timers, records and logs, both kinds of sync, notes,
 * clients that retry and give up, a component with a component of its own, nodes that join. For laws about runs as such.
 */
import { type Context, defineRole, type Json, ms, type NodeId, type Request, type Role } from '../../src/index.ts';

// --- A component's component: counts on disk ------------------------------------------------------------------------------------------

interface CounterShape {
  readonly state: { count: number; readonly waiting: Request[] };
  readonly op: { readonly type: 'add'; readonly by: number };
  readonly timer: 'flush';
  readonly message: { readonly type: 'total'; readonly count: number };
  readonly logs: { readonly adds: number };
  readonly sync: 'added';
}
const counter: Role<CounterShape> = defineRole<CounterShape>({
  boot(context) {
    const log = context.disk.readLog('adds');
    const count = log.ok ? log.value.entries.reduce((sum, by) => sum + by, 0) : 0;
    return { count, waiting: [] };
  },
  onRequest: {
    add(state, request, context) {
      state.count += request.op.by;
      state.waiting.push(request as Request);
      context.disk.append('adds', request.op.by);
      context.disk.syncLater('added');
      context.setTimer('flush', ms(20));
    },
  },
  onDisk: {
    added(state, outcome, _data, context) {
      const request = state.waiting.shift();
      if (request === undefined) return;
      if (outcome.ok) context.reply(request, state.count);
      else context.refuse(request, 'the disk failed');
    },
  },
  onTimer: {
    flush(state, _key, context) {
      for (const peer of context.directory.peers) context.send(peer, { type: 'total', count: state.count });
    },
  },
  onMessage: {
    total(state, from, message, context) {
      if (message.count > state.count + 5) context.note('behind', { from, by: message.count - state.count });
    },
  },
  view: (state) => ({ role: 'counter', label: `${state.count}` }),
});

// --- A component: passes on to it, and remembers the answers ---------------------------------------------------------------------------

interface TallyShape {
  readonly state: { readonly answers: number[]; asked: number };
  readonly op: { readonly type: 'tally'; readonly by: number };
  readonly components: 'counter';
  readonly records: { readonly asked: number };
}
const tally: Role<TallyShape> = defineRole<TallyShape>({
  boot(context) {
    const asked = context.disk.read('asked');
    return { answers: [], asked: asked.ok ? (asked.value ?? 0) : 0 };
  },
  components: { counter: { as: 'counter', role: counter } },
  onRequest: {
    tally(state, request, context) {
      state.asked++;
      context.disk.put('asked', state.asked);
      context.ask('counter', { type: 'add', by: request.op.by } as never, request as unknown as Json);
    },
  },
  onReply: {
    counter(state, answer, context) {
      const request = answer.memo as unknown as Request;
      if (answer.outcome !== 'ok') {
        context.refuse(request, 'not counted');
        return;
      }
      state.answers.push(answer.result as number);
      context.reply(request, answer.result as number);
    },
  },
  view: (state) => ({ role: 'tally', label: `${state.asked}` }),
});

// --- Servers --------------------------------------------------------------------------------------------------------------------------

type Gossip = { readonly type: 'gossip'; readonly hops: number; readonly values: readonly number[] };
type Ask = { readonly type: 'ask'; readonly id: number; readonly key: string };
type Answer = { readonly type: 'answer'; readonly id: number; readonly value: number };

interface ServerState {
  heard: number;
  readonly values: number[];
  readonly clients: { [key: string]: { readonly from: NodeId; readonly id: number } };
  mood: string;
}
interface ServerShape {
  readonly state: ServerState;
  readonly message: Gossip | Ask;
  readonly sends: Gossip | Answer;
  readonly timer: 'chat' | 'once';
  readonly options: ChatterOptions;
  readonly admin: { readonly type: 'cheer' };
  readonly records: { readonly heard: number; readonly mood: string };
  readonly logs: { readonly values: number };
  readonly sync: 'kept';
  readonly components: 'tally';
}
export interface ChatterOptions {
  readonly pace: number;
}

const server: Role<ServerShape> = defineRole<ServerShape>({
  components: { tally: { as: 'tally', role: tally } },
  boot(context) {
    const heard = context.disk.read('heard');
    const values = context.disk.readLog('values');
    context.setTimer('chat', context.random.between(1, context.options.pace));
    context.note('booted', { wall: context.wallClock });
    return {
      heard: heard.ok ? (heard.value ?? 0) : 0,
      values: values.ok ? [...values.value.entries] : [],
      clients: {},
      mood: 'calm',
    };
  },
  onTimer: {
    chat(state, _key, context) {
      const { peers } = context.directory;
      if (peers.length > 0) {
        const value = context.random.below(1_000);
        context.send(context.random.pick(peers), { type: 'gossip', hops: 0, values: [value, state.heard] });
      }
      context.setTimer('chat', context.options.pace + context.random.below(context.options.pace));
      if (context.random.chance(200_000)) context.setTimer('once', context.random.below(5_000), `k${state.heard % 3}`);
    },
    once(state, key, context) {
      state.mood = `once ${key} at ${context.now % 7}`;
      context.disk.put('mood', state.mood);
      context.cancelTimer('once', 'k0');
      context.ask('tally', { type: 'tally', by: 1 } as never, 'once');
    },
  },
  onMessage: {
    gossip(state, from, message, context) {
      state.heard++;
      state.values.push(message.values[0] as number);
      context.disk.append('values', message.values[0] as number);
      if (state.values.length > 8) {
        state.values.splice(0, state.values.length);
        context.disk.replace('values', 1, []);
        context.note('full');
      }
      if (state.heard % 3 === 0) {
        context.disk.put('heard', state.heard);
        context.disk.sync();
      } else context.disk.syncLater('kept', state.heard);
      if (message.hops < 2) context.send(from, { type: 'gossip', hops: message.hops + 1, values: [state.heard, 0] });
      if (state.heard % 5 === 0) context.note('heard', state.heard);
    },
    ask(state, from, message, context) {
      state.clients[`q${message.id}`] = { from, id: message.id };
      context.ask('tally', { type: 'tally', by: message.key.length } as never, message.id);
    },
  },
  onReply: {
    tally(state, answer, context) {
      const key = `q${answer.memo as number}`;
      const client = state.clients[key];
      if (client === undefined || answer.outcome !== 'ok') return;
      delete state.clients[key];
      context.send(client.from, { type: 'answer', id: client.id, value: answer.result as number });
    },
  },
  onDisk: {
    kept(state, outcome, data, context) {
      if (!outcome.ok) context.halt(`the disk failed: ${outcome.error}`);
      else if (data === state.heard) state.mood = `kept ${state.heard}`;
    },
  },
  onDiskError(state, error, context) {
    state.mood = `refuses after ${error}`;
    context.note('refuses', error);
  },
  onAdmin: {
    cheer(state, _action, context) {
      state.mood = 'cheered';
      context.note('cheered');
      for (const peer of context.directory.peers) context.send(peer, { type: 'gossip', hops: 2, values: [7, 7] });
    },
  },
  view: (state) => ({ role: 'server', epoch: state.heard, label: state.mood }),
});

// --- Clients --------------------------------------------------------------------------------------------------------------------------

interface ClientShape {
  readonly state: { request: Request<Op> | null; tries: number };
  readonly message: Answer;
  readonly sends: Ask;
  readonly timer: 'retry';
  readonly op: Op;
  readonly result: number;
  readonly options: ChatterOptions;
}
type Op = { readonly type: 'count'; readonly key: string };

const client: Role<ClientShape> = defineRole<ClientShape>({
  boot: () => ({ request: null, tries: 0 }),
  onRequest: {
    count(state, request, context) {
      state.request = request;
      state.tries = 0;
      attempt(state, context);
    },
  },
  onTimer: {
    retry(state, _key, context) {
      if (state.request === null) return;
      if (++state.tries < 4) attempt(state, context);
      else {
        context.giveUp(state.request as Request);
        state.request = null;
      }
    },
  },
  onMessage: {
    answer(state, _from, message, context) {
      if (state.request?.id !== message.id) return;
      if (message.value % 11 === 10) context.refuse(state.request as Request, 'an unlucky number');
      else context.reply(state.request as Request, message.value);
      state.request = null;
      context.cancelTimer('retry');
    },
  },
  view: (state) => ({ role: 'client', label: state.request === null ? 'idle' : `waits, try ${state.tries}` }),
});

function attempt(state: ClientShape['state'], context: Context<ClientShape>): void {
  const { id, op } = state.request as Request<Op>;
  context.send(context.random.pick(context.directory.withRole('server')), { type: 'ask', id, key: op.key });
  context.setTimer('retry', context.options.pace * 2);
}

export const chatter: { readonly server: Role<ServerShape>; readonly client: Role<ClientShape> } = { server, client };
