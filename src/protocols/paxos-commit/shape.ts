/**
 * The vocabulary of Paxos Commit. "GL" is Gray, Lamport, Consensus on Transaction Commit, 2006; messages have the names they have there.
 *
 * There is one instance of Paxos for each participant, whose value is whether that participant is prepared. The instances of a transaction
 * share ballots and travel together, so that a value is written as the participants that are prepared; the others are aborted.
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

/** Who decides on a transaction. */
export interface Group {
  readonly participants: readonly NodeId[];
  /** 2F + 1 of them: the coordinator, then those that stand by. */
  readonly acceptors: readonly NodeId[];
}

/** 0 is the participants' own, in which each says once whether it is prepared. All others have one leader. */
export type BallotNumber = number;

/** What an acceptor has accepted last. In ballot 0 nothing is accepted yet for participants that are not named, in others "aborted" is. */
export interface Acceptance {
  readonly ballot: BallotNumber;
  readonly prepared: readonly NodeId[];
}

// ---- Messages --------------------------------------------------------------------------------------------------------------------

export interface Prepare {
  readonly type: 'Prepare';
  readonly txn: TxnId;
  readonly incarnation: number;
  /** Incarnation of the participant that has done the work. */
  readonly session: number;
  readonly group: Group;
}
/** Of a participant to acceptors: the phase 2a of its own instance, in ballot 0. A no goes to the coordinator alone. */
export interface Vote {
  readonly type: 'Vote';
  readonly txn: TxnId;
  readonly vote: 'yes' | 'no';
  readonly group: Group;
  /** With a no: there is not enough money. */
  readonly overdrawn?: true;
}
/** A new leader asks what has been accepted. */
export interface Phase1a {
  readonly type: 'Phase1a';
  readonly txn: TxnId;
  readonly ballot: BallotNumber;
  readonly group: Group;
}
/** The promise to take part in no lower ballot, and what was accepted before. */
export interface Phase1b {
  readonly type: 'Phase1b';
  readonly txn: TxnId;
  readonly ballot: BallotNumber;
  readonly accepted: Acceptance | null;
}
export interface Phase2a {
  readonly type: 'Phase2a';
  readonly txn: TxnId;
  readonly ballot: BallotNumber;
  readonly group: Group;
  readonly prepared: readonly NodeId[];
}
/** Accepted. In ballot 0: all participants are prepared. */
export interface Phase2b {
  readonly type: 'Phase2b';
  readonly txn: TxnId;
  readonly ballot: BallotNumber;
}
/** This acceptor has promised more to another. */
export interface Outvoted {
  readonly type: 'Outvoted';
  readonly txn: TxnId;
  readonly ballot: BallotNumber;
}
export interface Decision {
  readonly type: 'Decision';
  readonly txn: TxnId;
  readonly commit: boolean;
}
/** "What became of it?", of a participant in doubt, to all acceptors. */
export interface Inquiry {
  readonly type: 'Inquiry';
  readonly txn: TxnId;
  readonly group: Group;
}
/** What coordinators and acceptors tell each other. */
export type PeerMessage = Phase1a | Phase1b | Phase2a | Phase2b | Outvoted | Decision;

export interface PaxosOptions extends SharedOptions {
  /** How long a leader waits for votes, promises and acceptances. */
  readonly voteTimeout: Micros;
  /** How long a participant in doubt waits before it asks. */
  readonly inquiryInterval: Micros;
  /** An acceptor that is asked waits so long, times its place among the acceptors, before it leads. */
  readonly takeoverDelay: Micros;
  /** GL 4.3: F + 1 acceptors suffice while nothing fails. */
  readonly votesTo: 'majority' | 'all';
}

// ---- On disk, the log `wal` of coordinators and acceptors ------------------------------------------------------------------------

/** A coordinator's records also say whose request it was and what its steps saw, as far as it knows: its client may ask again. */
export interface Requested {
  readonly origin?: Origin;
  readonly values?: readonly Json[];
}
/** A promise, with all that was accepted before: votes that had not been written yet may be among it. */
export interface BallotRecord extends Requested {
  readonly type: 'promised' | 'accepted';
  readonly txn: TxnId;
  readonly group: Group;
  readonly ballot: BallotNumber;
  readonly accepted: Acceptance | null;
}
/** Not forced: a majority of acceptors knows. */
export interface OutcomeRecord extends Requested {
  readonly type: 'commit' | 'abort';
  readonly txn: TxnId;
  readonly participants: readonly NodeId[];
}
export type AcceptorRecord = BallotRecord | OutcomeRecord;

// ---- In memory -------------------------------------------------------------------------------------------------------------------

/** One transaction at one acceptor. */
export interface Consensus {
  readonly group: Group;
  promised: BallotNumber;
  /** The highest ballot of others that this process has been told of. */
  seen: BallotNumber;
  accepted: Acceptance | null;
  /** Who has voted yes, and whose vote is not on disk yet: all are written at once. */
  heard: NodeId[];
  /** Asked by a participant in doubt, it will lead. */
  isAsked: boolean;
}

/** A ballot that is led here. `voting` is ballot 0, in which the coordinator only listens. */
export interface Leading {
  readonly txn: TxnId;
  readonly group: Group;
  readonly ballot: BallotNumber;
  phase: 'voting' | 'asking' | 'proposing';
  /** What acceptors have said in phase 1. */
  promises: { readonly node: NodeId; readonly accepted: Acceptance | null }[];
  prepared: readonly NodeId[];
  /** Who has accepted. */
  accepted: NodeId[];
}

export interface Acceptor {
  readonly consensus: { [txn: TxnId]: Consensus };
  leading: Leading[];
  /**
   * Acceptors that were waited for in vain, and have not been heard since: others are asked first. In the order in which they were last
   * waited for, so that where all are silent they take turns.
   */
  silent: NodeId[];
  readonly outcomes: { [txn: TxnId]: boolean };
}

export type AcceptorTimer = 'ballot' | 'takeover';

/** What the acceptor's code needs of a context: coordinators and acceptors have it. */
export interface AcceptorContext {
  readonly self: NodeId;
  readonly options: PaxosOptions;
  readonly disk: { append(log: 'wal', entry: AcceptorRecord): void; sync(): void };
  send(to: NodeId, message: PeerMessage): void;
  setTimer(timer: AcceptorTimer, delay: Micros, key: string): void;
  cancelTimer(timer: AcceptorTimer, key: string): void;
  note(text: string, data?: Json): void;
}

// ---- Roles -----------------------------------------------------------------------------------------------------------------------

export interface CoordinatorState {
  readonly role: 'coordinator';
  readonly manager: Manager;
  readonly acceptor: Acceptor;
}
export interface CoordinatorShape {
  readonly state: CoordinatorState;
  readonly message: Begin | Executed | Refused | Released | Vote | Inquiry | PeerMessage;
  readonly sends: Execute | Rollback | Done | Stale | Prepare | PeerMessage;
  readonly timer: 'work' | 'restart' | AcceptorTimer;
  readonly options: PaxosOptions;
  readonly records: { readonly incarnation: number };
  readonly logs: { readonly wal: AcceptorRecord };
}
export type CoordinatorContext = Context<CoordinatorShape>;

export interface StandbyState {
  readonly role: 'acceptor';
  readonly acceptor: Acceptor;
}
export interface StandbyShape {
  readonly state: StandbyState;
  readonly message: Vote | Inquiry | PeerMessage;
  readonly sends: PeerMessage;
  readonly timer: AcceptorTimer;
  readonly options: PaxosOptions;
  readonly logs: { readonly wal: AcceptorRecord };
}

export interface ParticipantState {
  readonly role: 'participant';
  readonly resource: Resource;
  /** Of transactions in doubt: who decides, and how often they were asked. */
  doubts: { readonly txn: TxnId; readonly group: Group; times: number }[];
}
export interface ParticipantShape {
  readonly state: ParticipantState;
  readonly message: Execute | Rollback | Prepare | Decision;
  readonly sends: Executed | Refused | Released | Vote | Inquiry;
  readonly timer: 'idle' | 'lock' | 'inquiry';
  readonly options: PaxosOptions;
  readonly records: { readonly incarnation: number };
  readonly logs: { readonly wal: ParticipantRecord | GroupRecord };
}
export type ParticipantContext = Context<ParticipantShape>;

/** Written with `prepared`: whom to ask after a crash. */
export interface GroupRecord {
  readonly type: 'group';
  readonly txn: TxnId;
  readonly group: Group;
}
