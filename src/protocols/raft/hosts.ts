/** What a host is told that executes the replicated commands itself: Raft orders them, and says who leads. */
import type { Json } from '../../sim/plain.ts';
import type { Request } from '../../sim/protocol.ts';
import type { Follow, Followed, Raft, ServerContext, ServerState } from './shape.ts';

/** One question is open at a time; a new one takes the place of the last. */
export function onFollow(raft: Raft, state: ServerState, request: Request<Follow>, context: ServerContext): void {
  state.host = request;
  tellHost(raft, state, context);
}

/** Whenever something was applied, or a leader stepped down. */
export function tellHost(raft: Raft, state: ServerState, context: ServerContext): void {
  const { host, lastApplied } = state;
  if (host === null) return;
  const { after, leading: known } = host.op;
  const leading = leads(raft, state) ? state.currentTerm : 0;
  if (after === lastApplied && known === leading) return;
  const commands = state.log.slice(after, lastApplied).map(({ command }) => command.op);
  const followed: Followed = { commands, leading };
  state.host = null;
  context.reply(host, followed as unknown as Json);
}

/** diss 6.4, step 1: a leader that has applied an entry of its own term knows all that was committed before it. */
function leads(raft: Raft, state: ServerState): boolean {
  return state.role === 'leader' && state.lastApplied === state.commitIndex && raft.rules.mayTakeReadIndex(state);
}
