/** What clients and hosts ask of a server (§8, diss 6). */
import type { NodeId, Request } from '../../sim/protocol.ts';
import { appendAsLeader } from './replication.ts';
import type { ClientRequest, Command, Propose, Raft, RegisterClient, ServerContext, ServerState } from './shape.ts';

const REGISTER: Command = Object.freeze({ type: 'register', session: 0, sequence: 0, op: null });

export function onRegisterClient(
  raft: Raft,
  state: ServerState,
  client: NodeId,
  { nonce }: RegisterClient,
  context: ServerContext,
): void {
  if (state.role === 'leader') proposeForClient(raft, state, client, 0, nonce, REGISTER, context);
  else redirect(state, client, 0, nonce, context);
}

export function onClientRequest(
  raft: Raft,
  state: ServerState,
  client: NodeId,
  { session, sequence, op }: ClientRequest,
  context: ServerContext,
): void {
  if (state.role !== 'leader') {
    redirect(state, client, session, sequence, context);
    return;
  }
  proposeForClient(raft, state, client, session, sequence, { type: 'operation', session, sequence, op }, context);
}

/** §8: "If the client's first choice is not the leader, that server will reject the client's request and supply information about the
 * most recent leader it has heard from." */
function redirect(state: ServerState, client: NodeId, session: number, sequence: number, context: ServerContext): void {
  const { leader } = state;
  context.send(client, { type: 'ClientReply', session, sequence, status: 'not-leader', result: null, leader });
}

function proposeForClient(
  raft: Raft,
  state: ServerState,
  client: NodeId,
  session: number,
  sequence: number,
  command: Command,
  context: ServerContext,
): void {
  const answer = raft.rules.answerAtAppend(raft.machine, command);
  if (answer !== undefined) {
    context.send(client, {
      type: 'ClientReply',
      session,
      sequence,
      status: 'ok',
      result: answer,
      leader: context.self,
    });
  } else {
    wait(state, client, session, sequence, null);
  }
  appendAsLeader(raft, state, command, context);
}

/** A host's proposal: only the leader takes it; the host is answered once it is applied. */
export function onPropose(raft: Raft, state: ServerState, request: Request<Propose>, context: ServerContext): void {
  if (state.role !== 'leader') {
    context.refuse(request, 'not the leader');
    return;
  }
  wait(state, null, 0, 0, request);
  const command: Command = { type: 'operation', session: 0, sequence: 0, op: request.op.command };
  appendAsLeader(raft, state, command, context);
}

/** The next entry to be appended is the one to wait for. */
function wait(
  state: ServerState,
  client: NodeId | null,
  session: number,
  sequence: number,
  request: Request | null,
): void {
  const index = state.log.length + 1;
  state.pending.push({ index, term: state.currentTerm, client, session, sequence, request });
}
