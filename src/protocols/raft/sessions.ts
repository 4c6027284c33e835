/** diss 6.3: sessions make operations happen exactly once. They are replicated state: only applying an entry changes them. */
import type { Json } from '../../sim/plain.ts';
import { fingerprintPair } from './fingerprint.ts';
import type { Command, Raft, ServerContext, ServerState, Session } from './shape.ts';

/** What applying answers where the session is gone; told apart by identity, since no state machine can answer it. */
export const SESSION_EXPIRED: Json = Object.freeze({ expired: true });

/** What applying answers to a repetition of an operation that is not the session's last: a late message that nobody waits for. */
export const OUTDATED: Json = Object.freeze({ outdated: true });

/** The new session's number is the index of its entry, unique for ever. Where there are too many, the one idle longest expires: "using
 * an LRU policy" on log indexes, so that all servers agree (diss 6.3). */
export function openSession(state: ServerState, index: number, context: ServerContext): number {
  const session: Session = { id: index, sequence: 0, result: null, usedAt: index, digest: 0 };
  state.sessions.push(session);
  updateDigest(state, session);
  if (state.sessions.length > context.options.sessionsMax) expireIdlest(state);
  return index;
}

function expireIdlest(state: ServerState): void {
  let idlest = 0;
  for (let i = 1; i < state.sessions.length; i++) {
    if ((state.sessions[i] as Session).usedAt < (state.sessions[idlest] as Session).usedAt) idlest = i;
  }
  const [expired] = state.sessions.splice(idlest, 1);
  if (expired !== undefined) state.sessionsDigest = (state.sessionsDigest - expired.digest) | 0;
}

/** An operation that was applied before is answered again, not applied again. Clients have one operation outstanding, so the last
 * answer is enough. */
export function applyInSession(
  raft: Raft,
  state: ServerState,
  index: number,
  { session: id, sequence, op }: Command,
  context: ServerContext,
): Json {
  const session = findSession(state.sessions, id);
  if (session === undefined || op === null) return SESSION_EXPIRED;
  if (raft.rules.isRepetition(session.sequence, sequence)) {
    if (state.role === 'leader') context.note('repetition', { session: id, sequence });
  } else {
    session.result = raft.machine.apply(state.machine, op);
    session.sequence = sequence;
  }
  session.usedAt = index;
  updateDigest(state, session);
  return session.sequence > sequence ? OUTDATED : session.result;
}

/** Sessions are in order of their numbers. */
function findSession(sessions: readonly Session[], id: number): Session | undefined {
  let low = 0;
  let high = sessions.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sessions[middle] as Session).id < id) low = middle + 1;
    else high = middle;
  }
  const session = sessions[low];
  return session?.id === id ? session : undefined;
}

function updateDigest(state: ServerState, session: Session): void {
  const { id, sequence, usedAt, result } = session;
  const digest = (fingerprintPair(id, sequence) ^ fingerprintPair(usedAt, result)) | 0;
  state.sessionsDigest = (state.sessionsDigest - session.digest + digest) | 0;
  session.digest = digest;
}
