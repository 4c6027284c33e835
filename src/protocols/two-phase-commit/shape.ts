/**
 * Two-phase commit's vocabulary. "BHG" is Bernstein, Hadzilacos, Goodman, Concurrency Control and Recovery in Database Systems, 1987,
 * chapter 7; "R*" is Mohan, Lindsay, Obermarck, Transaction Management in the R* Distributed Database Management System, 1986.
 */
import type { Json } from '../../sim/plain.ts';
import type { Context, Micros, NodeId } from '../../sim/protocol.ts';
import type { ClientShape } from '../atomic-commit/client.ts';
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

/** What "I have no record of it" means (R*): nothing in particular (which is in effect an abort), an abort, a commit. */
export type Presumption = 'nothing' | 'abort' | 'commit';

/** Yes: I can commit and will if told so. Read: I have written nothing and leave. */
export type VoteWord = 'yes' | 'no' | 'read';

export interface Prepare {
  readonly type: 'Prepare';
  readonly txn: TxnId;
  readonly incarnation: number;
  /** Incarnation of the participant that has done the work. */
  readonly session: number;
  /** Whom to ask when the coordinator does not answer, and about which of its lives: the one that has done the work. */
  readonly participants: readonly NodeId[];
  readonly sessions: readonly number[];
}
export interface Vote {
  readonly type: 'Vote';
  readonly txn: TxnId;
  readonly vote: VoteWord;
  /** With a no: there is not enough money. */
  readonly overdrawn?: true;
}
export interface Decision {
  readonly type: 'Decision';
  readonly txn: TxnId;
  readonly incarnation: number;
  readonly commit: boolean;
}
export interface Ack {
  readonly type: 'Ack';
  readonly txn: TxnId;
  /** An operator had decided otherwise before: whose request it was. */
  readonly damage?: Origin;
}
/** The coordinator has the damage on disk: the participant need not tell of it any more. */
export interface Noted {
  readonly type: 'Noted';
  readonly txn: TxnId;
}
/** To the client whose request it was: whatever it was told, at this participant it is otherwise. */
export interface Damaged {
  readonly type: 'Damaged';
  readonly txn: TxnId;
  readonly participant: NodeId;
}
/** "What became of it?", of a participant in doubt, to the coordinator and to the other participants. */
export interface Inquiry {
  readonly type: 'Inquiry';
  readonly txn: TxnId;
  /** To a participant: in which of its lives it has done the work. */
  readonly session?: number;
}
/** A participant answers another that is in doubt. */
export interface Hearsay {
  readonly type: 'Hearsay';
  readonly txn: TxnId;
  readonly commit: boolean;
}

export interface TwoPhaseOptions extends SharedOptions {
  readonly presumption: Presumption;
  /** Whether participants in doubt also ask each other. */
  readonly cooperative: boolean;
  /** How long the coordinator waits for votes. */
  readonly voteTimeout: Micros;
  /** How often a decision is sent again that is not acknowledged. */
  readonly resendInterval: Micros;
  /** How long a participant waits for the decision before it asks; doubled each time, up to eight times. */
  readonly inquiryInterval: Micros;
}

// ---- Coordinator -----------------------------------------------------------------------------------------------------------------

/**
 * `collecting`: presumed commit, before anybody is asked to prepare. `damage`: an operator has decided otherwise there. `end`: nobody will ask
 * any more.
 */
export type CoordinatorRecord =
  | { readonly type: 'collecting'; readonly txn: TxnId; readonly participants: readonly NodeId[] }
  | {
      readonly type: 'commit' | 'abort';
      readonly txn: TxnId;
      readonly participants: readonly NodeId[];
      readonly origin: Origin;
      readonly values: readonly Json[];
    }
  | { readonly type: 'damage'; readonly txn: TxnId; readonly participant: NodeId }
  | { readonly type: 'end'; readonly txn: TxnId };

/** `voting` until the decision; then until all who must have acknowledged it. */
export type BallotPhase = 'voting' | 'committing' | 'aborting';

/** One transaction between the first request to prepare and the last acknowledgement. */
export interface Ballot {
  readonly txn: TxnId;
  phase: BallotPhase;
  readonly participants: readonly NodeId[];
  yes: NodeId[];
  read: NodeId[];
  no: NodeId[];
  /** Who has not acknowledged the decision. */
  awaited: NodeId[];
}

export interface CoordinatorState {
  readonly role: 'coordinator';
  readonly manager: Manager;
  ballots: Ballot[];
  /** Where operators have decided otherwise. */
  damages: { readonly txn: TxnId; readonly participant: NodeId }[];
}

export interface CoordinatorShape {
  readonly state: CoordinatorState;
  readonly message: Begin | Executed | Refused | Released | Vote | Ack | Inquiry;
  readonly sends: Execute | Rollback | Done | Stale | Prepare | Decision | Noted | Damaged;
  readonly timer: 'work' | 'restart' | 'votes' | 'resend';
  readonly options: TwoPhaseOptions;
  readonly records: { readonly incarnation: number };
  readonly logs: { readonly wal: CoordinatorRecord };
}
export type CoordinatorContext = Context<CoordinatorShape>;

// ---- Participant -----------------------------------------------------------------------------------------------------------------

export interface ParticipantState {
  readonly role: 'participant';
  readonly resource: Resource;
  /** How often each transaction has been asked about that is in doubt, or that an operator has decided. */
  inquiries: { readonly txn: TxnId; times: number }[];
}

/** An operator decides for all that are in doubt here, because he can wait no longer. */
export interface HeuristicDecision {
  readonly type: 'heuristic';
  readonly commit: boolean;
}

export interface ParticipantShape {
  readonly state: ParticipantState;
  readonly message: Execute | Rollback | Prepare | Decision | Inquiry | Hearsay | Noted;
  readonly sends: Executed | Refused | Released | Vote | Ack | Inquiry | Hearsay;
  readonly timer: 'idle' | 'lock' | 'inquiry';
  readonly admin: HeuristicDecision;
  readonly options: TwoPhaseOptions;
  readonly records: { readonly incarnation: number };
  readonly logs: { readonly wal: ParticipantRecord };
}
export type ParticipantContext = Context<ParticipantShape>;

// ---- Client ----------------------------------------------------------------------------------------------------------------------

export interface TwoPhaseClientShape extends Omit<ClientShape, 'message'> {
  readonly message: ClientShape['message'] | Damaged;
}
