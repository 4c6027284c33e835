/** Of several servers one leads: how a client finds it. With one server there is nothing to find. */
import type { Micros, NodeId } from '../../sim/protocol.ts';

/** What a client knows of its servers. */
export interface Reach {
  /** Place in the directory of the one to ask. */
  server: number;
  /** On its monotonic clock: since when nobody has answered; -1 where nothing is open. */
  unanswered: Micros;
  /** How many servers have said of the last question that they do not lead. */
  hops: number;
}

export interface ReachContext<Message> {
  readonly now: Micros;
  readonly options: { readonly retryInterval: Micros };
  readonly directory: { withRole(role: string): readonly NodeId[] };
  send(to: NodeId, message: Message): void;
}

export const nobodyAsked = (): Reach => ({ server: 0, unanswered: -1, hops: 0 });

/** Where nobody has answered for as long as one waits for an answer, another server may. */
export function tellServer<Message>(state: Reach, message: Message, context: ReachContext<Message>): void {
  const { now, options } = context;
  if (state.unanswered === -1) state.unanswered = now;
  else if (now - state.unanswered >= options.retryInterval) {
    state.server++;
    state.unanswered = now;
  }
  state.hops = 0;
  context.send(serverOf(state, context), message);
}

function serverOf({ server }: Reach, { directory }: Pick<ReachContext<never>, 'directory'>): NodeId {
  const servers = directory.withRole('server');
  return servers[server % servers.length] as NodeId;
}

export function answered(state: Reach): void {
  state.unanswered = -1;
}

/**
 * The others are asked in turn, once each; then the timer decides.
 * @param isOpen whether the question still wants an answer.
 */
export function onNotLeader<Message>(
  state: Reach,
  from: NodeId,
  message: Message,
  isOpen: boolean,
  context: ReachContext<Message>,
): void {
  if (from === serverOf(state, context)) state.server++;
  answered(state);
  if (!isOpen || state.hops >= context.directory.withRole('server').length) return;
  state.hops++;
  context.send(serverOf(state, context), message);
}
