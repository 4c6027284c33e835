/** One server that adds, and clients that ask it to: the smallest protocol there is, to be spoiled in many ways. */
import { always } from '../../src/check/property.ts';
import { defineProtocol, type Protocol } from '../../src/check/protocol.ts';
import { type Context, defineRole, ms, type Request } from '../../src/sim/protocol.ts';

interface ServerShape {
  readonly state: { sum: number };
  readonly message: { readonly type: 'Add'; readonly amount: number };
  readonly sends: { readonly type: 'Sum'; readonly sum: number };
}
interface ClientShape {
  readonly state: { request: Request | null };
  readonly message: { readonly type: 'Sum'; readonly sum: number };
  readonly sends: ServerShape['message'];
  readonly timer: 'giveUp';
  readonly op: { readonly type: 'add'; readonly amount: number };
}

export interface Spoiled {
  /** Instead of adding: how the server handles `Add`. */
  readonly onAdd?: (state: { sum: number }, amount: number, context: Context<ServerShape>) => void;
  readonly boot?: () => { sum: number };
  readonly properties?: Protocol['properties'];
  readonly operations?: Protocol['operations'];
  /** The server never answers. */
  readonly isMute?: boolean;
}

export const counter = (spoiled: Spoiled = {}): Protocol =>
  defineProtocol({
    name: 'counter',
    title: 'one server that adds',
    roles: {
      server: defineRole<ServerShape>({
        boot: spoiled.boot ?? (() => ({ sum: 0 })),
        onMessage: {
          Add: (state, from, { amount }, context) => {
            if (spoiled.onAdd === undefined) state.sum += amount;
            else spoiled.onAdd(state, amount, context);
            if (spoiled.isMute !== true) context.send(from, { type: 'Sum', sum: state.sum });
          },
        },
        view: ({ sum }) => ({ role: 'server', label: String(sum) }),
      }),
      client: defineRole<ClientShape>({
        boot: () => ({ request: null }),
        onRequest: {
          add: (state, request, context) => {
            state.request = request;
            const [server] = context.directory.withRole('server');
            context.send(server as string, { type: 'Add', amount: request.op.amount });
            context.setTimer('giveUp', ms(500));
          },
        },
        onMessage: {
          Sum: (state, _from, { sum }, context) => {
            if (state.request === null) return;
            context.reply(state.request, sum);
            state.request = null;
          },
        },
        onTimer: {
          giveUp: (state, _key, context) => {
            if (state.request !== null) context.giveUp(state.request);
            state.request = null;
          },
        },
        view: () => ({ role: 'client', label: '' }),
      }),
    },
    population: { server: { default: 1 }, client: { default: 3 } },
    options: {},
    baseTimeout: () => ms(50),
    operations: spoiled.operations ?? [{ type: 'add', arguments: { amount: { kind: 'integer', min: 1, max: 9 } } }],
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
    properties: spoiled.properties ?? [
      always<null>({
        name: 'NAT',
        title: 'a sum is never negative',
        oracle: 'internal',
        start: () => null,
        step: (_memory, node, state: { readonly sum?: number }, world) =>
          (state.sum ?? 0) < 0 ? `${world.nodes[node]} holds ${state.sum}` : undefined,
      }),
    ],
  });
