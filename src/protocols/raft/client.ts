/** The client of §8 and diss 6: finds the leader, opens a session, asks until it is answered or has asked too often. */
import type { NodeId, Request, Role, Tagged } from '../../sim/protocol.ts';
import { readsBesideLog } from './options.ts';
import type { ClientContext, ClientQueryReply, ClientReply, ClientShape, ClientState } from './shape.ts';
import type { StateMachine } from './state-machine.ts';

export function createClient(machine: StateMachine): Role<ClientShape> {
  const onCall = (state: ClientState, request: Request<Tagged>, context: ClientContext): void =>
    take(state, request, readsBesideLog(context.options) && machine.isQuery?.(request.op) === true, context);
  return {
    boot: (context) => ({
      role: 'client',
      request: null,
      isQuery: false,
      process: '',
      session: 0,
      server: anyServer(context),
      attempts: 0,
      redirects: 0,
    }),
    onMessage: {
      ClientReply: (state, _from, reply, context) => onReply(state, reply, context),
      ClientQueryReply: (state, _from, reply, context) => onQueryReply(state, reply, context),
    },
    onTimer: { retry: (state, _key, context) => onRetryTimer(state, context) },
    onRequest: Object.fromEntries(machine.operations.map(({ type }) => [type, onCall])),
    view: (state) => ({ role: 'client', label: describe(state) }),
  };
}

/** A process that got an unknown outcome is retired; its successor opens a session of its own. */
function take(state: ClientState, request: Request, isQuery: boolean, context: ClientContext): void {
  if (state.process !== request.process) {
    state.process = request.process;
    state.session = 0;
  }
  state.request = request;
  state.isQuery = isQuery;
  begin(state, request, context);
}

/** A new question: for a session where there is none, else the operation itself. */
function begin(state: ClientState, request: Request, context: ClientContext): void {
  state.attempts = 0;
  ask(state, request, context);
}

function ask(state: ClientState, request: Request, context: ClientContext): void {
  // Any server may answer: what only one could do, all do.
  if (state.isQuery && context.options.followerReads) state.server = anyServer(context);
  state.attempts++;
  state.redirects = 0;
  context.setTimer('retry', context.options.clientTimeout);
  sendQuestion(state, request, context);
}

function sendQuestion(state: ClientState, request: Request, context: ClientContext): void {
  const servers = context.directory.withRole('server');
  const server = servers[state.server % servers.length] as NodeId;
  const { session } = state;
  if (state.isQuery) context.send(server, { type: 'ClientQuery', nonce: request.id, query: request.op });
  else if (session === 0) context.send(server, { type: 'RegisterClient', nonce: request.id });
  else context.send(server, { type: 'ClientRequest', session, sequence: request.sequence, op: request.op });
}

const anyServer = ({ directory, random }: ClientContext): number => random.below(directory.withRole('server').length);

function onReply(state: ClientState, reply: ClientReply, context: ClientContext): void {
  const { request } = state;
  if (request === null || !answersQuestion(state, request, reply)) return;
  switch (reply.status) {
    case 'ok':
      onAnswer(state, request, reply, context);
      return;
    case 'not-leader':
    case 'lost':
      onRedirect(state, request, reply.leader, context);
      return;
    case 'session-expired':
      giveUp(state, request, context);
  }
}

function onQueryReply(state: ClientState, reply: ClientQueryReply, context: ClientContext): void {
  const { request } = state;
  if (request === null || !state.isQuery || reply.nonce !== request.id) return;
  if (reply.status === 'not-leader') {
    onRedirect(state, request, reply.leader, context);
    return;
  }
  finish(state, context);
  context.reply(request, reply.result);
}

function answersQuestion(state: ClientState, request: Request, reply: ClientReply): boolean {
  const sequence = state.session === 0 ? request.id : request.sequence;
  return reply.session === state.session && reply.sequence === sequence;
}

function onAnswer(state: ClientState, request: Request, reply: ClientReply, context: ClientContext): void {
  if (state.session === 0) {
    state.session = reply.result as number;
    begin(state, request, context);
    return;
  }
  finish(state, context);
  context.reply(request, reply.result);
}

/** Hints are followed at once, but two servers that name each other must not keep a client running: then the timer decides. */
function onRedirect(state: ClientState, request: Request, leader: NodeId | null, context: ClientContext): void {
  const servers = context.directory.withRole('server');
  const hinted = leader === null ? -1 : servers.indexOf(leader);
  if (hinted === -1 || hinted === state.server || state.redirects >= servers.length) return;
  state.redirects++;
  state.server = hinted;
  sendQuestion(state, request, context);
}

/** §8: "If the client's leader crashes, the client's RPC times out; clients then try again with randomly-chosen servers." */
function onRetryTimer(state: ClientState, context: ClientContext): void {
  const { request } = state;
  if (request === null) return;
  state.server = anyServer(context);
  if (state.attempts >= context.options.clientAttempts) {
    if (state.isQuery) refuse(state, request, 'no server answered', context);
    else if (state.session === 0) refuse(state, request, 'no server opened a session', context);
    else giveUp(state, request, context);
    return;
  }
  context.note('clientRetried', { process: request.process, sequence: request.sequence });
  ask(state, request, context);
}

/** A query changes nothing, and without a session an operation was never sent: it has not happened and never will. */
function refuse(state: ClientState, request: Request, reason: string, context: ClientContext): void {
  finish(state, context);
  context.refuse(request, reason);
}

function giveUp(state: ClientState, request: Request, context: ClientContext): void {
  finish(state, context);
  context.note('clientGaveUp', { process: request.process, sequence: request.sequence });
  context.giveUp(request);
}

function finish(state: ClientState, context: ClientContext): void {
  state.request = null;
  context.cancelTimer('retry');
}

function describe({ request, session, isQuery }: ClientState): string {
  const question = request === null ? 'idle' : `#${request.sequence}`;
  return session === 0 || isQuery ? question : `s${session} ${question}`;
}
