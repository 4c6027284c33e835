/**
 * The vocabulary of three-phase commit and its quorum relatives. "BHG" is Bernstein, Hadzilacos, Goodman 1987, chapter 7; "Skeen" is Skeen,
 * A Quorum-Based Commit Protocol, 1982; "KD" is Keidar, Dolev, Increasing the Resilience of Distributed and Replicated Database Systems, 1998.
 */
import type { Json } from '../../sim/plain.ts';
import type { Context, Micros, NodeId } from '../../sim/protocol.ts';
import type { Manager } from '../atomic-commit/manager.ts';
import type { SharedOptions } from '../atomic-commit/options.ts';
import type { ParticipantRecord, Resource } from '../atomic-commit/resource.ts';
import type {
  Begin,
  Done,
  Execute,
  Executed,
  Origin,
  Refused,
  Released,
  Rollback,
  Stale,
  TxnId,
} from '../atomic-commit/transactions.ts';

/** Of a process for one transaction: initial, wait (voted yes), pre-committed, pre-aborted, aborted, committed. */
export type ProcessState = 'q' | 'w' | 'p' | 'pa' | 'a' | 'c';

/** What a process tells whoever leads a termination. */
export interface Report {
  readonly node: NodeId;
  readonly state: ProcessState;
  /** KD, Last_Attempt: the last election in which this process was asked to pre-commit or pre-abort; 1 is the first round. */
  readonly attempt: number;
  /** It has crashed since it voted. */
  readonly recovered: boolean;
  /** Who was up, as far as it knew when it crashed: all of the group where nobody has told it otherwise. */
  readonly up: readonly NodeId[];
}

export interface Prepare {
  readonly type: 'Prepare';
  readonly txn: TxnId;
  readonly incarnation: number;
  readonly session: number;
  /** The coordinator first, then the participants. */
  readonly group: readonly NodeId[];
}
export interface Vote {
  readonly type: 'Vote';
  readonly txn: TxnId;
  readonly vote: 'yes' | 'no';
  /** With a no: there is not enough money. */
  readonly overdrawn?: true;
}
/** PRE-COMMIT or PRE-ABORT. `election` names who leads: 0 is the coordinator's own first round. */
export interface Pre {
  readonly type: 'Pre';
  readonly txn: TxnId;
  readonly election: number;
  readonly commit: boolean;
  /** Who is up, as far as the sender knows: it has asked for their states. Absent in the first round: all. */
  readonly up?: readonly NodeId[];
}
export interface Ack {
  readonly type: 'Ack';
  readonly txn: TxnId;
  readonly election: number;
}
export interface Decision {
  readonly type: 'Decision';
  readonly txn: TxnId;
  readonly commit: boolean;
}
/** A new leader: from now on nobody older is obeyed. */
export interface StateRequest {
  readonly type: 'StateRequest';
  readonly txn: TxnId;
  readonly election: number;
}
export interface StateReport {
  readonly type: 'StateReport';
  readonly txn: TxnId;
  /** -1: an answer to `Ask`. */
  readonly election: number;
  readonly report: Report;
}
/** A process that has recovered and may not take part: does anybody know? */
export interface Ask {
  readonly type: 'Ask';
  readonly txn: TxnId;
}
export type PeerMessage = Pre | Ack | Decision | StateRequest | StateReport | Ask;

export interface ThreePhaseOptions extends SharedOptions {
  /** Whoever tells several others tells one after the other, so far apart; 0: all at once. */
  readonly tellInterval: Micros;
  /** A process of the next rank waits so much longer before it leads. */
  readonly takeoverInterval: Micros;
  /** Who has been silent for so long has failed. */
  readonly silenceTimeout: Micros;
}

// ---- On disk, the log `wal` ------------------------------------------------------------------------------------------------------

/** State and attempt are one record: a crash must not tear them apart. */
export interface PreRecord {
  readonly type: 'precommit' | 'preabort';
  readonly txn: TxnId;
  readonly attempt: number;
  readonly election: number;
  /** Skeen 1983: who is up, where that is not the whole group. */
  readonly up?: readonly NodeId[];
}
/** KD: the last election that this process has taken part in. */
export interface ElectedRecord {
  readonly type: 'elected';
  readonly txn: TxnId;
  readonly election: number;
}
/** A coordinator's pre-commit also says what the transaction is: its client may ask again. */
export interface OpenRecord {
  readonly type: 'open';
  readonly txn: TxnId;
  readonly group: readonly NodeId[];
  readonly origin: Origin;
  readonly values: readonly Json[];
}
export interface DecisionRecord {
  readonly type: 'commit' | 'abort';
  readonly txn: TxnId;
  readonly participants: readonly NodeId[];
  readonly origin: Origin;
  readonly values: readonly Json[];
}
export type CoordinatorRecord = PreRecord | ElectedRecord | OpenRecord | DecisionRecord;

// ---- In memory -------------------------------------------------------------------------------------------------------------------

/** A round that this process leads: it collects states, or acknowledgements of what it has proposed. */
export interface Leading {
  readonly election: number;
  phase: 'collecting' | 'committing' | 'aborting';
  reports: Report[];
  /** Who has acknowledged, this process included, and who should. */
  acks: NodeId[];
  asked: NodeId[];
}

/** This process as a member of the group of one transaction that is not decided here. */
export interface Member {
  readonly txn: TxnId;
  readonly group: readonly NodeId[];
  state: 'w' | 'p' | 'pa';
  /** Whom it obeys. */
  election: number;
  attempt: number;
  /** Who is up, as far as it knows and has on disk. */
  up: readonly NodeId[];
  readonly recovered: boolean;
  leading: Leading | null;
  /** A recovered process: what others that have recovered too have said. */
  heard: Report[];
  /** How often nobody could decide. */
  rounds: number;
}

export type MemberTimer = 'doubt' | 'collect' | 'acks' | 'tell';

/** What is still to be told about a transaction. */
export interface Letter {
  readonly txn: TxnId;
  readonly to: NodeId;
  readonly message: PeerMessage | Prepare;
}

/** What coordinators and participants have in common. */
export interface MemberState {
  members: Member[];
  /** In the order in which they will be sent. */
  outbox: Letter[];
}

/** What the member's code needs of a context: coordinators and participants have it. */
export interface MemberContext {
  readonly self: NodeId;
  readonly options: ThreePhaseOptions;
  readonly disk: { append(log: 'wal', entry: PreRecord | ElectedRecord): void; sync(): void };
  send(to: NodeId, message: PeerMessage | Prepare): void;
  setTimer(timer: MemberTimer, delay: Micros, key: string): void;
  cancelTimer(timer: MemberTimer, key: string): void;
  note(text: string, data?: Json): void;
}

/** Votes that are coming in. */
export interface Ballot {
  readonly txn: TxnId;
  readonly participants: readonly NodeId[];
  yes: NodeId[];
}

export interface CoordinatorState extends MemberState {
  readonly role: 'coordinator';
  readonly manager: Manager;
  ballots: Ballot[];
  readonly outcomes: { [txn: TxnId]: boolean };
}
export interface CoordinatorShape {
  readonly state: CoordinatorState;
  readonly message: Begin | Executed | Refused | Released | Vote | PeerMessage;
  readonly sends: Execute | Rollback | Done | Stale | Prepare | PeerMessage;
  readonly timer: 'work' | 'restart' | 'votes' | MemberTimer;
  readonly options: ThreePhaseOptions;
  readonly records: { readonly incarnation: number };
  readonly logs: { readonly wal: CoordinatorRecord };
}
export type CoordinatorContext = Context<CoordinatorShape>;

export interface ParticipantState extends MemberState {
  readonly role: 'participant';
  readonly resource: Resource;
}
export interface ParticipantShape {
  readonly state: ParticipantState;
  readonly message: Execute | Rollback | Prepare | PeerMessage;
  readonly sends: Executed | Refused | Released | Vote | Prepare | PeerMessage;
  readonly timer: 'idle' | 'lock' | MemberTimer;
  readonly options: ThreePhaseOptions;
  readonly records: { readonly incarnation: number };
  readonly logs: { readonly wal: ParticipantRecord | PreRecord | ElectedRecord };
}
export type ParticipantContext = Context<ParticipantShape>;
