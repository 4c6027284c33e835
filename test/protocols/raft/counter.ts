/**
 * A second state machine under another role: a vote counter whose servers host Raft as a component. Clients talk to the hosts; the
 * hosts propose to their Raft and answer when it has applied.
 */
import { defineProtocol, type Protocol } from '../../../src/check/protocol.ts';
import { fingerprint } from '../../../src/protocols/raft/fingerprint.ts';
import {
  createRaftServer,
  hostedRaftProperties,
  type Propose,
  type RaftOptions,
  raft,
  raftOptions,
  type StateMachine,
} from '../../../src/protocols/raft/raft.ts';
import { correctRules, type Rules } from '../../../src/protocols/raft/rules.ts';
import type { Json } from '../../../src/sim/plain.ts';
import { type AnyRole, defineRole, ms, type NodeId, type Request, type Role } from '../../../src/sim/protocol.ts';

interface CounterState {
  total: number;
}
type CounterOp = { readonly type: 'add'; readonly amount: number };

/** Adds, and answers the total. */
const counterMachine: StateMachine<CounterState, CounterOp> = {
  name: 'counter',
  operations: [{ type: 'add', arguments: { amount: { kind: 'integer', min: 1, max: 9 } } }],
  start: () => ({ total: 0 }),
  apply(state, op) {
    state.total += op.amount;
    return state.total;
  },
  digest: (state) => fingerprint(state.total),
  answerRegardless: () => undefined,
  tell: (op, result) => `add ${op.amount}${result === undefined ? '' : `: ${JSON.stringify(result)}`}`,
};

type Add = { readonly type: 'Add'; readonly request: number; readonly amount: number };
type Added = { readonly type: 'Added'; readonly request: number; readonly total: number | null };

interface HostShape {
  readonly state: { open: number };
  readonly message: Add;
  readonly sends: Added;
  readonly options: RaftOptions;
  readonly components: 'raft';
}

const createHost = (rules: Rules): Role<HostShape> =>
  defineRole<HostShape>({
    boot: () => ({ open: 0 }),
    components: {
      raft: {
        as: 'server',
        role: createRaftServer(counterMachine, rules) as AnyRole,
        options: (options) => options,
      },
    },
    onMessage: {
      Add(state, from, { request, amount }, context) {
        state.open++;
        const proposal: Propose = { type: 'propose', command: { type: 'add', amount } as CounterOp };
        context.ask('raft', proposal, { from, request });
      },
    },
    onReply: {
      raft(state, answer, context) {
        state.open--;
        const { from, request } = answer.memo as { readonly from: NodeId; readonly request: number };
        if (answer.outcome === 'unknown') return;
        const total = answer.outcome === 'ok' ? (answer.result as number) : null;
        context.send(from, { type: 'Added', request, total });
      },
    },
    view: (state) => ({ role: 'counter', label: `${state.open} open` }),
  });

interface ClientShape {
  readonly state: { request: Request | null; server: number };
  readonly message: Added;
  readonly sends: Add;
  readonly timer: 'retry' | 'patience';
  readonly op: CounterOp;
  readonly result: Json;
  readonly options: RaftOptions;
}

/** Asks one server after the other while they refuse; gives up when one does not answer. */
const client = defineRole<ClientShape>({
  boot: () => ({ request: null, server: 0 }),
  onRequest: {
    add(state, request, context) {
      state.request = request;
      ask(state, request, context);
    },
  },
  onMessage: {
    Added(state, _from, { request, total }, context) {
      if (state.request?.id !== request) return;
      context.cancelTimer('patience');
      if (total === null) {
        state.server++;
        context.setTimer('retry', ms(20));
        return;
      }
      context.reply(state.request, total);
      state.request = null;
    },
  },
  onTimer: {
    retry(state, _key, context) {
      if (state.request !== null) ask(state, state.request as Request<CounterOp>, context);
    },
    patience(state, _key, context) {
      if (state.request !== null) context.giveUp(state.request);
      state.request = null;
      state.server++;
    },
  },
  view: () => ({ role: 'client', label: '' }),
});

function ask(
  state: ClientShape['state'],
  request: Request<CounterOp>,
  context: Parameters<NonNullable<typeof client.onTimer>['retry']>[2],
): void {
  const servers = context.directory.withRole('counter');
  const server = servers[state.server % servers.length] as NodeId;
  context.send(server, { type: 'Add', request: request.id, amount: request.op.amount });
  context.setTimer('patience', ms(500));
}

/** The counter over a Raft with these rules. */
export const createCounter = (rules: Rules = correctRules): Protocol =>
  defineProtocol({
    name: 'counter',
    title: 'a replicated counter',
    roles: { counter: createHost(rules), client },
    population: { counter: { default: 3 }, client: { default: 2 } },
    options: raft.options,
    baseTimeout: () => raftOptions().electionTimeoutMin,
    operations: counterMachine.operations,
    tolerates: raft.tolerates,
    properties: [],
    components: { raft: { properties: hostedRaftProperties(counterMachine) } },
  });
