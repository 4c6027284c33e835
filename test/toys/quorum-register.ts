/**
 * A replicated register after Attiya, Bar-Noy and Dolev (JACM 1995): readers and writers ask a majority for the newest tag, then bring the
 * value they return or write to a majority. Small, yet with everything that fuzzing looks at: roles, timers, disks, retries, options.
 */
import { keyValueModel } from '../../src/check/models/key-value.ts';
import { always, goalByNote } from '../../src/check/property.ts';
import { type Bug, defineProtocol, type Protocol } from '../../src/check/protocol.ts';
import { type Context, defineRole, ms, type NodeId, type Request } from '../../src/sim/protocol.ts';

interface Tag {
  readonly count: number;
  /** A client and its round: after a restart it may not use the tag of a write that few servers have heard of. */
  readonly writer: string;
}
interface Stored {
  readonly tag: Tag;
  readonly value: number | null;
}
const nothing: Stored = { tag: { count: 0, writer: '' }, value: null };
const isNewer = (left: Tag, right: Tag): boolean =>
  left.count !== right.count ? left.count > right.count : left.writer > right.writer;

type ToServer =
  | { readonly type: 'Ask'; readonly key: string; readonly round: number }
  | { readonly type: 'Store'; readonly key: string; readonly stored: Stored; readonly round: number };
type ToClient =
  | { readonly type: 'Told'; readonly stored: Stored; readonly round: number }
  | { readonly type: 'Kept'; readonly round: number };
type Operation =
  | { readonly type: 'read'; readonly key: string }
  | { readonly type: 'write'; readonly key: string; readonly value: number };

export interface Rules {
  /** How many of `servers` must have answered. */
  quorum(servers: number): number;
  /** Does a reader bring what it found to a majority before it answers? */
  readonly writesBack: boolean;
  /** Is a value durable before the server says that it keeps it? */
  readonly syncsFirst: boolean;
}
export const correct: Rules = { quorum: (servers) => Math.floor(servers / 2) + 1, writesBack: true, syncsFirst: true };

interface ServerShape {
  readonly state: { readonly values: { [key: string]: Stored } };
  readonly message: ToServer;
  readonly sends: ToClient;
  readonly options: Options;
  readonly records: { readonly [key: string]: Stored };
}
interface Options {
  readonly retry: number;
  readonly attempts: number;
}

const keys = ['k1', 'k2', 'k3'];

const server = (rules: Rules) =>
  defineRole<ServerShape>({
    boot: (context) => {
      const values: { [key: string]: Stored } = {};
      for (const key of keys) {
        const read = context.disk.read(key);
        if (read.ok && read.value !== undefined) values[key] = read.value;
      }
      return { values };
    },
    onMessage: {
      Ask: (state, from, { key, round }, context) => {
        context.send(from, { type: 'Told', stored: state.values[key] ?? nothing, round });
      },
      Store: (state, from, { key, stored, round }, context) => {
        if (isNewer(stored.tag, (state.values[key] ?? nothing).tag)) {
          state.values[key] = stored;
          context.disk.put(key, stored);
          if (rules.syncsFirst) context.disk.sync();
          context.note('stored');
        }
        context.send(from, { type: 'Kept', round });
      },
    },
    view: (state) => ({
      role: 'server',
      label: Object.values(state.values)
        .map(({ value }) => value)
        .join(' '),
    }),
  });

interface ClientShape {
  readonly state: {
    request: Request<Operation> | null;
    round: number;
    phase: 'asking' | 'storing';
    answered: NodeId[];
    newest: Stored;
    attempts: number;
  };
  readonly message: ToClient;
  readonly sends: ToServer;
  readonly timer: 'retry';
  readonly op: Operation;
  readonly result: { readonly value: number | null } | { readonly ok: true };
  readonly options: Options;
}
type Client = ClientShape['state'];
type ClientContext = Context<ClientShape>;

const client = (rules: Rules) => {
  const begin = (state: Client, request: Request<Operation>, context: ClientContext): void => {
    Object.assign(state, { request, phase: 'asking', answered: [], newest: nothing, attempts: 0 });
    state.round++;
    broadcast(state, context);
  };
  const broadcast = (state: Client, context: ClientContext): void => {
    const { op } = state.request as Request<Operation>;
    for (const to of context.directory.withRole('server')) {
      if (state.answered.includes(to)) continue;
      if (state.phase === 'asking') context.send(to, { type: 'Ask', key: op.key, round: state.round });
      else context.send(to, { type: 'Store', key: op.key, stored: state.newest, round: state.round });
    }
    context.setTimer('retry', context.options.retry);
  };
  const hasQuorum = (state: Client, context: ClientContext): boolean =>
    state.answered.length >= rules.quorum(context.directory.withRole('server').length);
  const finish = (state: Client, context: ClientContext): void => {
    const request = state.request as Request<Operation>;
    context.cancelTimer('retry');
    context.reply(request, request.op.type === 'read' ? { value: state.newest.value } : { ok: true });
    state.request = null;
  };
  const store = (state: Client, context: ClientContext): void => {
    const { op } = state.request as Request<Operation>;
    if (op.type === 'write') {
      state.newest = {
        tag: { count: state.newest.tag.count + 1, writer: `${context.self}/${state.round}` },
        value: op.value,
      };
    }
    if (op.type === 'read' && !rules.writesBack) {
      finish(state, context);
      return;
    }
    Object.assign(state, { phase: 'storing', answered: [] });
    state.round++;
    broadcast(state, context);
  };
  return defineRole<ClientShape>({
    // From a place of its own after each restart: answers to what it asked before it crashed are on their way.
    boot: ({ random }) => ({
      request: null,
      round: random.below(1_000_000_000),
      phase: 'asking',
      answered: [],
      newest: nothing,
      attempts: 0,
    }),
    onRequest: { read: begin, write: begin },
    onMessage: {
      Told: (state, from, { stored, round }, context) => {
        if (state.request === null || round !== state.round || state.answered.includes(from)) return;
        state.answered.push(from);
        if (isNewer(stored.tag, state.newest.tag)) state.newest = stored;
        if (hasQuorum(state, context)) store(state, context);
      },
      Kept: (state, from, { round }, context) => {
        if (state.request === null || round !== state.round || state.answered.includes(from)) return;
        state.answered.push(from);
        if (hasQuorum(state, context)) finish(state, context);
      },
    },
    onTimer: {
      retry: (state, _key, context) => {
        if (state.request === null) return;
        if (++state.attempts >= context.options.attempts) {
          context.note('gaveUp');
          context.giveUp(state.request);
          state.request = null;
          return;
        }
        context.note('retried');
        broadcast(state, context);
      },
    },
    view: (state) => ({ role: 'client', label: state.request === null ? 'idle' : state.phase }),
  });
};

export const quorumRegister = (rules: Rules = correct, bugs: readonly Bug[] = []): Protocol =>
  defineProtocol({
    name: 'quorum-register',
    title: 'a register kept by a majority',
    roles: { server: server(rules), client: client(rules) },
    population: { server: { default: 3, choices: [3, 5] }, client: { default: 3 } },
    options: {
      retry: { kind: 'duration', title: 'time until a client asks again', default: ms(100), min: ms(20), max: ms(500) },
      attempts: { kind: 'integer', title: 'attempts before a client gives up', default: 5, min: 1, max: 10 },
    },
    baseTimeout: ({ retry }) => retry as number,
    operations: [
      { type: 'read', weight: 1, arguments: { key: { kind: 'key', count: 3 } } },
      { type: 'write', weight: 1, arguments: { key: { kind: 'key', count: 3 }, value: { kind: 'unique' } } },
    ],
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
    properties: [
      always<Map<string, Tag>>({
        name: 'GROW',
        title: 'what a server has durably stored is never replaced by something older',
        oracle: 'internal',
        start: () => new Map(),
        durable: (newest, node, world) => {
          for (const key of keys) {
            const stored = world.diskOf(node).durableRecord(key) as Stored | undefined;
            const before = newest.get(`${node}/${key}`);
            if (stored === undefined) continue;
            if (before !== undefined && isNewer(before, stored.tag))
              return `${world.nodes[node]} forgot a newer ${key}`;
            newest.set(`${node}/${key}`, stored.tag);
          }
          return undefined;
        },
      }),
      goalByNote('retried', 'a client asked again', 'retried'),
      goalByNote('gaveUp', 'a client gave up', 'gaveUp'),
    ],
    model: keyValueModel() as NonNullable<Protocol['model']>,
    bugs,
  });

const bug = (id: string, title: string, rules: Partial<Rules>): Bug => ({
  id,
  title,
  violates: ['LIN'],
  source: 'Attiya, Bar-Noy, Dolev 1995',
  recipe: title,
  protocol: () => quorumRegister({ ...correct, ...rules }),
});

export const protocol: Protocol = quorumRegister(correct, [
  bug('Q01', 'a reader does not write back', { writesBack: false }),
  bug('Q02', 'half of the servers are enough', { quorum: (servers) => Math.floor(servers / 2) }),
  bug('Q03', 'a server answers before its disk has the value', { syncsFirst: false }),
]);
