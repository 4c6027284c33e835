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

/** diss 9.6: would you vote for me in `term`, one above my own? Nobody adopts that term. */
export interface PreVote {
  readonly type: 'PreVote';
  readonly term: number;
  readonly lastLogIndex: number;
  readonly lastLogTerm: number;
}

/** A grant echoes the term that was asked for, a refusal carries the term of whoever refuses. */
export interface PreVoteReply {
  readonly type: 'PreVoteReply';
  readonly term: number;
  readonly voteGranted: boolean;
}

/** diss 6.4: a heartbeat that asks nothing of logs. `round` is the leader's number for it, unique within the term. */
export interface Heartbeat {
  readonly type: 'Heartbeat';
  readonly term: number;
  readonly round: number;
}

export interface HeartbeatReply {
  readonly type: 'HeartbeatReply';
  readonly term: number;
  readonly round: number;
}

/** diss 6.4: a follower asks the leader from which index on it may answer a query: that of this client with this nonce. */
export interface ReadIndex {
  readonly type: 'ReadIndex';
  readonly client: NodeId;
  readonly nonce: number;
}

export interface ReadIndexReply {
  readonly type: 'ReadIndexReply';
  readonly client: NodeId;
  readonly nonce: number;
  readonly index: number;
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

/** diss Figure 6.1: asks beside the log, outside of any session. The nonce tells this question from others. */
export interface ClientQuery {
  readonly type: 'ClientQuery';
  readonly nonce: number;
  readonly query: Tagged;
}

/** `index`: how far the server that answers has applied its log. */
export interface ClientQueryReply {
  readonly type: 'ClientQueryReply';
  readonly nonce: number;
  readonly status: 'ok' | 'not-leader';
  readonly result: Json;
  readonly index: number;
  readonly leader: NodeId | null;
}

/** Answers RegisterClient (session 0, sequence = nonce) and ClientRequest. */
export interface ClientReply {
  readonly type: 'ClientReply';
  readonly session: number;
  readonly sequence: number;
  readonly status: ReplyStatus;
  readonly result: Json;
  readonly leader: NodeId | null;
}

/** What servers tell each other in a term. */
export type PeerMessage =
  | RequestVote
  | RequestVoteReply
  | AppendEntries
  | AppendEntriesReply
  | PreVote
  | PreVoteReply
  | Heartbeat
  | HeartbeatReply;
export type ServerMessage = PeerMessage | ReadIndex | ReadIndexReply | RegisterClient | ClientRequest | ClientQuery;
export type ServerReply = ClientReply | ClientQueryReply;

/** What a host asks of a hosted server: replicate this command and answer when it is applied. */
export interface Propose {
  readonly type: 'propose';
  readonly command: Tagged;
}

/** What a host asks that executes the commands itself: those applied behind index `after`, and whether its server leads. */
export interface Follow {
  readonly type: 'follow';
  readonly after: number;
  /** The term in which the host knows its server to lead; 0 for none. */
  readonly leading: number;
}

/**
 * Answers `follow`, as soon as there is anything new: the commands behind `after`, in order (null for those that are none of the host's),
 * and the term that this server leads, having applied all that was committed before it; 0 for none.
 */
export interface Followed {
  readonly commands: readonly (Tagged | null)[];
  readonly leading: number;
}

/** What a host asks that answers from its own state: was this server still the leader when I asked? Refused where it was not. */
export interface Confirm {
  readonly type: 'confirm';
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
  /** diss 9.6: asks whether it could win before it campaigns. */
  readonly preVote: boolean;
  /** diss 6.2: a leader that has not heard from a quorum for an election timeout steps down. */
  readonly checkQuorum: boolean;
  /** diss 4.2.3: whoever has just heard from a leader ignores requests for votes. */
  readonly stickiness: boolean;
  /** diss 6.4, 6.4.1: what a query waits for: an entry of its own in the log, a round of heartbeats, or nothing while the lease lasts. */
  readonly reads: 'log' | 'read-index' | 'lease';
  /** diss 6.4: followers answer queries too, once they know from which index on. */
  readonly followerReads: boolean;
  /** Lease reads assume that no clock is off by more. */
  readonly clockRatePpmMax: number;
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

/** A query whose leader must still be confirmed: a client's, or a follower's question for one. */
export interface PendingRead {
  readonly client: NodeId;
  readonly nonce: number;
  /** Null where a follower asks. */
  readonly query: Tagged | null;
  /** Whom to answer: the client or the follower. */
  readonly asker: NodeId;
  /** Where the host asks. */
  readonly request: Request | null;
  /** commitIndex when it was taken; -1 before. */
  index: number;
  /** The round of heartbeats that confirms it. */
  round: number;
}

/** A client's query at a follower; -1 while the leader has not said from which index on it may be answered. */
export interface PendingQuery {
  readonly client: NodeId;
  readonly nonce: number;
  readonly query: Tagged;
  index: number;
}

/** When a round of heartbeats that is not confirmed began. */
export interface Round {
  readonly round: number;
  readonly at: Micros;
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

export type ServerRole = 'follower' | 'pre-candidate' | 'candidate' | 'leader';

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

  /** Candidate: who granted a vote in this term. Pre-candidate: who would grant one in the next. */
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

  /** On this server's monotonic clock: it has heard from a leader and helps nobody else into office before. 0 where nobody asks. */
  loyalUntil: Micros;
  /** Leader, by member: heard from since CheckQuorum last looked. */
  heard: boolean[];
  /** Leader: the round of heartbeats sent last, and the last one that a quorum has acknowledged. */
  round: number;
  confirmedRound: number;
  /** Leader, by member: the last round acknowledged. */
  ackedRound: number[];
  /** Leader: rounds that are not confirmed, oldest first; kept for leases only. */
  rounds: Round[];
  /** Leader: when the last confirmed round began, where there is one. */
  leaseFrom: Micros;
  /** Leader: when it last found, on its monotonic clock, that its lease lasts; 0 before. What it trusts in must be so (properties). */
  leaseTrustedAt: Micros;
  reads: PendingRead[];
  queries: PendingQuery[];
  /** The open question of a host that executes commands itself. */
  host: Request<Follow> | null;
}

export type Timer = 'election' | 'heartbeat' | 'quorum';

/** What a `syncLater` of the leader covers: its log up to `index`, while the entry there has `term`. */
export type Appended = { readonly term: number; readonly index: number };

export interface ServerShape {
  readonly state: ServerState;
  readonly message: ServerMessage;
  readonly sends: ServerMessage | ServerReply;
  readonly timer: Timer;
  readonly op: Propose | Follow | Confirm;
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
  /** It changes nothing and is asked beside the log. */
  isQuery: boolean;
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
  readonly message: ServerReply;
  readonly sends: RegisterClient | ClientRequest | ClientQuery;
  readonly timer: 'retry';
  readonly op: Tagged;
  readonly result: Json;
  readonly options: RaftOptions;
}

export type ClientContext = Context<ClientShape>;
