/**
 * Raft's vocabulary: what servers remember, what they write to disk, what they tell each other. Names are the paper's where the paper
 * has one (Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm", 2014, Figure 2; "diss" is Ongaro's
 * dissertation of the same year).
 */
import type { Json } from '../../sim/plain.ts';
import type { Context, Micros, NodeId, Request, Tagged } from '../../sim/protocol.ts';
import type { Rules } from './rules.ts';
import type { StateMachine } from './state-machine.ts';

/** What every function of this folder is handed: the decisions, and the state machine that is replicated. */
export interface Raft {
  readonly rules: Rules;
  readonly machine: StateMachine;
}

/**
 * What a log entry asks for. All commands have the same keys, so that the code that touches them stays monomorphic.
 * - `no-op`: what a leader appends when its term begins.
 * - `register`: opens a session; its number is the index of this entry (diss 6.3).
 * - `operation`: `op` for the state machine; with `session` 0 it belongs to no session and is not protected against repetition.
 */
export interface Command {
  readonly type: 'no-op' | 'register' | 'operation';
  readonly session: number;
  readonly sequence: number;
  readonly op: Tagged | null;
}

/** Immutable; the same object is in the log, on disk and in messages. */
export interface Entry {
  readonly term: number;
  readonly command: Command;
}

/** Term and vote are one atomic record: a crash must not tear them apart. */
export interface Hard {
  readonly term: number;
  readonly votedFor: NodeId | null;
}

export interface RequestVote {
  readonly type: 'RequestVote';
  readonly term: number;
  readonly lastLogIndex: number;
  readonly lastLogTerm: number;
}

export interface RequestVoteReply {
  readonly type: 'RequestVoteReply';
  readonly term: number;
  readonly voteGranted: boolean;
}

/** Without entries it is a heartbeat, or the news of a commit. */
export interface AppendEntries {
  readonly type: 'AppendEntries';
  readonly term: number;
  readonly prevLogIndex: number;
  readonly prevLogTerm: number;
  readonly entries: readonly Entry[];
  readonly leaderCommit: number;
}

export interface AppendEntriesReply {
  readonly type: 'AppendEntriesReply';
  readonly term: number;
  readonly success: boolean;
  /** With success: the log equals the leader's up to here, durably. Without: the `prevLogIndex` that was refused. */
  readonly index: number;
  /** Without success: where the logs may meet, see `rejectionHint` in rules.ts. */
  readonly hintIndex: number;
  readonly hintTerm: number;
}

/** diss Figure 6.1. The nonce tells this registration from others of the same client. */
export interface RegisterClient {
  readonly type: 'RegisterClient';
  readonly nonce: number;
}

/** diss Figure 6.1. */
export interface ClientRequest {
  readonly type: 'ClientRequest';
  readonly session: number;
  readonly sequence: number;
  readonly op: Tagged;
}

/**
 * - `ok`: applied; `result` is the state machine's, or the number of the new session.
 * - `not-leader`: nothing was done; `leader` may know more.
 * - `lost`: this server no longer leads: the command may still be applied, or never. Asking again is safe within a session.
 * - `session-expired`: not done now, because the session is gone; whether an earlier attempt was, nobody knows.
 */
export type ReplyStatus = 'ok' | 'not-leader' | 'lost' | 'session-expired';

/** Answers RegisterClient (session 0, sequence = nonce) and ClientRequest. */
export interface ClientReply {
  readonly type: 'ClientReply';
  readonly session: number;
  readonly sequence: number;
  readonly status: ReplyStatus;
  readonly result: Json;
  readonly leader: NodeId | null;
}

export type PeerMessage = RequestVote | RequestVoteReply | AppendEntries | AppendEntriesReply;
export type ServerMessage = PeerMessage | RegisterClient | ClientRequest;

/** What a host asks of a hosted server: replicate this command and answer when it is applied. */
export interface Propose {
  readonly type: 'propose';
  readonly command: Tagged;
}

export interface RaftOptions {
  /** Election timeouts are drawn from [min, max]; where max is less than min, all are min. */
  readonly electionTimeoutMin: Micros;
  readonly electionTimeoutMax: Micros;
  readonly heartbeatInterval: Micros;
  readonly maxEntriesPerAppend: number;
  /** Sessions kept; opening one more expires the one that was idle longest. The same on all servers: it is part of what is replicated. */
  readonly sessionsMax: number;
  /** How long a client waits for an answer before it asks another server. */
  readonly clientTimeout: Micros;
  /** How often it asks in all before it gives up. */
  readonly clientAttempts: number;
}

/** A proposal whose answer somebody waits for: a client over the network, or this server's host. */
export interface Pending {
  readonly index: number;
  readonly term: number;
  readonly client: NodeId | null;
  readonly session: number;
  readonly sequence: number;
  readonly request: Request | null;
}

/** Exactly-once bookkeeping of one client; replicated state (diss 6.3). */
export interface Session {
  /** Index of the entry that opened it. */
  readonly id: number;
  /** The last operation that was applied, 0 before the first, and what it answered. */
  sequence: number;
  result: Json;
  /** Index of the last entry that used it. */
  usedAt: number;
  /** This session's share of `sessionsDigest`. */
  digest: number;
}

export type ServerRole = 'follower' | 'candidate' | 'leader';

/** Arrays "by member" are parallel to `members`. */
export interface ServerState {
  role: ServerRole;
  currentTerm: number;
  votedFor: NodeId | null;
  /** Entry i is `log[i - 1]`; go through log.ts. */
  log: Entry[];
  /** The voters, this server among them. */
  members: NodeId[];
  /** Place of this server in `members`. */
  self: number;
  /** Who leads the current term, as far as this server has heard. */
  leader: NodeId | null;

  /** Whether (currentTerm, votedFor) is known to be on disk. */
  hardIsDurable: boolean;
  /** The log up to here is known to be on disk. */
  durableIndex: number;

  commitIndex: number;
  lastApplied: number;
  sessions: Session[];
  sessionsDigest: number;
  /** State of the replicated state machine. */
  machine: object;

  /** Candidate: who granted a vote in this term. */
  votes: NodeId[];

  /** Leader, by member. */
  nextIndex: number[];
  matchIndex: number[];
  /**
   * Leader, by member: true while it looks for the place where the logs meet, with one message in flight; false while it streams
   * entries without waiting for answers ("Probe" and "Replicate" of diss 10.2.1).
   */
  probing: boolean[];
  probeInFlight: boolean[];
  /** Leader: in order of index. */
  pending: Pending[];
}

export type Timer = 'election' | 'heartbeat';

/** What a `syncLater` of the leader covers: its log up to `index`, while the entry there has `term`. */
export type Appended = { readonly term: number; readonly index: number };

export interface ServerShape {
  readonly state: ServerState;
  readonly message: ServerMessage;
  readonly sends: PeerMessage | ClientReply;
  readonly timer: Timer;
  readonly op: Propose;
  readonly result: Json;
  readonly options: RaftOptions;
  readonly records: { readonly hard: Hard };
  readonly logs: { readonly log: Entry };
  readonly sync: 'appended';
}

export type ServerContext = Context<ServerShape>;

export interface ClientState {
  readonly role: 'client';
  /** The call that is being worked on. */
  request: Request | null;
  /** Whose session it is, and its number; 0 while there is none. */
  process: string;
  session: number;
  /** Place in the directory of the server to ask. */
  server: number;
  /** How often the current question was asked, and how often hints of servers were followed since it was last asked. */
  attempts: number;
  redirects: number;
}

export interface ClientShape {
  readonly state: ClientState;
  readonly message: ClientReply;
  readonly sends: RegisterClient | ClientRequest;
  readonly timer: 'retry';
  readonly op: Tagged;
  readonly result: Json;
  readonly options: RaftOptions;
}

export type ClientContext = Context<ClientShape>;
