/**
 * A replicated counter, small enough to read in five minutes. Every server counts the increments it has acknowledged, tells the others
 * what it knows, and answers reads with the sum: a grow-only counter, the simplest of the CRDTs (Shapiro et al., "A comprehensive
 * study of Convergent and Commutative Replicated Data Types", 2011, section 3.1.1).
 *
 * docs/write-a-protocol.md builds this file step by step. Try it:
 *
 *     npx worldline fuzz ./replicated-counter.js
 *     npx worldline fuzz ./replicated-counter.js --bug ack-before-sync
 */
import { always, defineProtocol, defineRole, goalByNote, ms } from 'worldline';

/** The decisions of the protocol, one function each, so that a bug can be planted by overriding one. */
const rules = {
  /** An increment must be on disk before anybody hears of it: a crash must not take back what a client was told. */
  isDurableBeforeAck: () => true,
  /** Two views of one server's count: the larger one is the newer one. */
  merge: (mine, theirs) => Math.max(mine, theirs),
};

const createServer = (rules) =>
  defineRole({
    boot(context) {
      const stored = context.disk.read('counter');
      if (!stored.ok) context.halt(`cannot read the counter: ${stored.error}`);
      const { own = 0, answered = {} } = (stored.ok && stored.value) || {};
      context.setTimer('gossip', context.options.gossipInterval);
      return { own, answered, seen: { [context.self]: own } };
    },

    onMessage: {
      increment(state, from, message, context) {
        // A retry of an increment that was counted, but whose answer got lost, must not count twice.
        if (state.answered[message.process] !== message.sequence) {
          state.own += 1;
          state.seen[context.self] = state.own;
          state.answered[message.process] = message.sequence;
          context.disk.put('counter', { own: state.own, answered: { ...state.answered } });
          if (rules.isDurableBeforeAck()) context.disk.sync();
        }
        context.send(from, { type: 'done', process: message.process, sequence: message.sequence, total: null });
      },

      read(state, from, message, context) {
        const total = Object.values(state.seen).reduce((sum, count) => sum + count, 0);
        context.send(from, { type: 'done', process: message.process, sequence: message.sequence, total });
      },

      gossip(state, _from, message, context) {
        for (const [server, count] of Object.entries(message.seen)) {
          if (server !== context.self) state.seen[server] = rules.merge(state.seen[server] ?? 0, count);
        }
      },
    },

    onTimer: {
      gossip(state, _key, context) {
        for (const peer of context.directory.peers) context.send(peer, { type: 'gossip', seen: { ...state.seen } });
        context.setTimer('gossip', context.options.gossipInterval);
      },
    },

    view: (state) => ({ role: 'server', label: `own ${state.own}` }),
  });

/** Asks the server it was given, again and again, and gives up in the end: the increment may have been counted, or not. */
const client = defineRole({
  boot: () => ({ request: null, attempts: 0 }),

  onRequest: {
    increment: (state, request, context) => begin(state, request, context),
    read: (state, request, context) => begin(state, request, context),
  },

  onMessage: {
    done(state, _from, message, context) {
      const { request } = state;
      if (request === null || message.process !== request.process || message.sequence !== request.sequence) return;
      state.request = null;
      context.cancelTimer('retry');
      context.reply(request, message.total);
    },
  },

  onTimer: {
    retry(state, _key, context) {
      if (state.attempts < context.options.attempts) ask(state, context);
      else {
        context.note('gaveUp');
        context.giveUp(state.request);
        state.request = null;
      }
    },
  },

  view: (state) => ({ role: 'client', label: state.request === null ? 'idle' : 'waits' }),
});

function begin(state, request, context) {
  state.request = request;
  state.attempts = 0;
  ask(state, context);
}

function ask(state, context) {
  const servers = context.directory.withRole('server');
  const { op, process, sequence } = state.request;
  state.attempts += 1;
  // Always the same server: only that one knows whether the increment was counted.
  const own = servers[Number(context.self.slice(1)) % servers.length];
  context.send(own, { type: op.type, process, sequence });
  context.setTimer('retry', context.options.retryAfter);
}

/** What a client was told stays true: a server never counts fewer increments than it has acknowledged. */
const acknowledgedIsKept = always({
  name: 'KEPT',
  title: 'a server never counts fewer increments than it has acknowledged, across restarts',
  oracle: 'internal',
  role: 'server',
  start: () => ({ acknowledged: [] }),
  send(memory, from, _to, message, world) {
    if (message.type !== 'done' || message.total !== null) return undefined;
    memory.acknowledged[from] ??= new Map();
    const id = `${message.process} ${message.sequence}`;
    if (!memory.acknowledged[from].has(id)) memory.acknowledged[from].set(id, world.event);
    return undefined;
  },
  step(memory, node, state, world) {
    const acknowledged = memory.acknowledged[node] ?? new Map();
    if (state.own >= acknowledged.size) return undefined;
    const server = world.nodes[node];
    const [id, event] = [...acknowledged].at(-1);
    return {
      sentence: `${server} has acknowledged ${acknowledged.size} increments, but counts only ${state.own}`,
      facts: [
        { event, node: server, text: `acknowledges increment ${id}` },
        { event: world.event, node: server, text: `counts ${state.own}` },
      ],
    };
  },
});

/** Nobody believes in increments that never happened. */
const nothingInvented = always({
  name: 'REAL',
  title: 'no server sees more increments at another than that one has counted',
  oracle: 'internal',
  role: 'server',
  start: () => ({ own: {} }),
  step(memory, node, state, world) {
    const self = world.nodes[node];
    memory.own[self] = Math.max(memory.own[self] ?? 0, state.own);
    const wrong = Object.entries(state.seen).find(([server, count]) => count > (memory.own[server] ?? 0));
    if (wrong === undefined) return undefined;
    const [server, count] = wrong;
    return `${self} sees ${count} increments at ${server}, which has counted ${memory.own[server] ?? 0}`;
  },
});

const createCounter = (rules) =>
  defineProtocol({
    name: 'replicated-counter',
    title: 'a counter on several servers that merge what they know',
    roles: { server: createServer(rules), client },
    population: { server: { default: 3, choices: [2, 3, 5] }, client: { default: 3 } },
    options: {
      gossipInterval: {
        kind: 'duration',
        title: 'time between two rounds of gossip',
        default: ms(50),
        min: ms(10),
        max: ms(200),
      },
      retryAfter: {
        kind: 'duration',
        title: 'how long a client waits for an answer',
        default: ms(100),
        min: ms(50),
        max: ms(500),
      },
      attempts: { kind: 'integer', title: 'how often a client asks', default: 5, min: 1, max: 10 },
    },
    baseTimeout: (options) => options.retryAfter,
    operations: [{ type: 'increment', weight: 3 }, { type: 'read' }],
    tolerates: {
      crashes: true,
      unsyncedLoss: true,
      partitions: true,
      messageLoss: true,
      duplication: true,
      reordering: true,
      pauses: true,
      clockRatePpm: Number.POSITIVE_INFINITY,
      clockSteps: true,
    },
    properties: [acknowledgedIsKept, nothingInvented, goalByNote('gave-up', 'a client gave up', 'gaveUp')],
    bugs: [
      {
        id: 'ack-before-sync',
        title: 'acknowledges an increment that is not on disk yet',
        violates: ['KEPT'],
        source: 'the usual one',
        recipe: 'crash a server after an acknowledgement, lose its unsynced writes',
        protocol: () => createCounter({ ...rules, isDurableBeforeAck: () => false }),
      },
      {
        id: 'merge-by-sum',
        title: 'merges two views of a count by adding them',
        violates: ['REAL'],
        source: 'Shapiro et al. 2011: a merge must be idempotent',
        recipe: 'let a server hear the same gossip twice',
        protocol: () => createCounter({ ...rules, merge: (mine, theirs) => mine + theirs }),
      },
    ],
  });

export const protocol = createCounter(rules);
