/**
 * Every decision of two-phase commit as a small named function with its source. Handlers call them through a `Rules` object, so that a
 * reader can find a rule, a lesson can remove it, and a planted bug (bugs.ts) is nothing but another function in its place.
 *
 * BHG is Bernstein, Hadzilacos, Goodman 1987, chapter 7; R* is Mohan, Lindsay, Obermarck 1986.
 */
import type { NodeId } from '../../sim/protocol.ts';
import { allExecuted, type Work } from '../atomic-commit/manager.ts';
import { correctWorkRules, type LocalPhase, type WorkRules } from '../atomic-commit/work-rules.ts';
import type {
  Ballot,
  BallotPhase,
  CoordinatorContext,
  Decision,
  ParticipantContext,
  Presumption,
  Vote,
} from './shape.ts';

export interface Rules extends WorkRules {
  readonly toPrepareNow: typeof toPrepareNow;
  readonly forcesCollecting: typeof forcesCollecting;
  readonly readsVoteIn: typeof readsVoteIn;
  readonly countVote: typeof countVote;
  readonly isUnanimous: typeof isUnanimous;
  readonly whenVotesAreMissing: typeof whenVotesAreMissing;
  readonly announce: typeof announce;
  readonly forcesDecision: typeof forcesDecision;
  readonly wantsAck: typeof wantsAck;
  readonly mayForget: typeof mayForget;
  readonly presumed: typeof presumed;
  readonly recordsDamage: typeof recordsDamage;
  readonly sendVote: typeof sendVote;
  readonly participantForces: typeof participantForces;
  readonly whenInDoubt: typeof whenInDoubt;
  readonly answerToPeer: typeof answerToPeer;
  readonly knowsWhetherItVoted: typeof knowsWhetherItVoted;
  readonly isDamage: typeof isDamage;
}

// ---- Coordinator -----------------------------------------------------------------------------------------------------------------

/**
 * R* 2: participants that only read give up their locks when they vote, which is two-phase locking only if nobody, anywhere, will ask for
 * another lock: so nobody is asked to prepare before all have done their work.
 */
function toPrepareNow(work: Work, _executedNow: NodeId): readonly NodeId[] {
  return allExecuted(work) ? work.participants : [];
}

/** R* 3.2, presumed commit: a coordinator that forgets who was asked to prepare would have them presume a commit. */
function forcesCollecting(presumption: Presumption): boolean {
  return presumption === 'commit';
}

/** BHG 7.4: the first decision stands: a vote that comes after the time-out has decided is late. */
function readsVoteIn(phase: BallotPhase): boolean {
  return phase === 'voting';
}

/** One vote a participant: the network may deliver it twice. */
function countVote(voters: NodeId[], voter: NodeId): void {
  if (!voters.includes(voter)) voters.push(voter);
}

/** BHG 7.4: commit only if all have voted yes; who has only read has no objection. */
function isUnanimous({ yes, read, participants }: Ballot): boolean {
  return yes.length + read.length >= participants.length;
}

/** BHG 7.4: silence is not consent. */
function whenVotesAreMissing(): 'abort' | 'commit' {
  return 'abort';
}

/** BHG 7.4: the decision is on disk before anybody is told. `force` is false where the presumption makes the record needless. */
function announce(to: readonly NodeId[], decision: Decision, force: boolean, context: CoordinatorContext): void {
  if (force) context.disk.sync();
  for (const node of to) context.send(node, decision);
}

/** R* 3: a commit is forced always, an abort only where "no record" would not mean the same. Presumed commit has *collecting* on disk. */
function forcesDecision(presumption: Presumption, commit: boolean): boolean {
  return commit || presumption === 'nothing';
}

/** R* 3: what is presumed need not be acknowledged. */
function wantsAck(presumption: Presumption, commit: boolean): boolean {
  return presumption === 'nothing' || commit !== (presumption === 'commit');
}

/** BHG 7.4: whoever has not acknowledged may yet ask, and must not be answered by a presumption that is wrong. */
function mayForget(awaited: readonly NodeId[], _acknowledged: number): boolean {
  return awaited.length === 0;
}

/** R* 3: what is answered about a transaction of which there is no trace, neither on disk nor in memory. */
function presumed(presumption: Presumption): boolean {
  return presumption === 'commit';
}

/** R* 5: where an operator has decided otherwise is on disk before the participant may forget that. */
function recordsDamage(): boolean {
  return true;
}

// ---- Participant -----------------------------------------------------------------------------------------------------------------

/** BHG 7.4: a yes is a promise, and on disk before it leaves. */
function sendVote(coordinator: NodeId, vote: Vote, context: ParticipantContext): void {
  if (vote.vote === 'yes') context.disk.sync();
  context.send(coordinator, vote);
}

/** R* 3: a participant forces what it acknowledges. */
function participantForces(presumption: Presumption, commit: boolean): boolean {
  return wantsAck(presumption, commit);
}

/** BHG 7.4: who has voted yes cannot decide alone. It asks. */
function whenInDoubt(): 'ask' | 'abort' | 'commit' {
  return 'ask';
}

/**
 * BHG 7.4, cooperative termination: a participant that has not voted can still abort, and then says so, once that is on disk. One that is
 * in doubt itself knows nothing; neither does one that knows nothing of the transaction: it may have forgotten.
 */
function answerToPeer(phase: LocalPhase | undefined): 'nothing' | 'abort and say so' | 'say abort' {
  return phase === 'working' || phase === 'executed' ? 'abort and say so' : 'nothing';
}

/**
 * Who has only read leaves with its vote, and no record of it: in its next life it would take the work for work that it has never voted on,
 * where a late copy of the request has it done again. It may speak only for the life that the coordinator has asked.
 */
function knowsWhetherItVoted(session: number, incarnation: number): boolean {
  return session === incarnation;
}

/** R* 5: an operator who decides for a participant in doubt guesses. Where the transaction was decided otherwise, that is damage. */
function isDamage(commit: boolean, byHand: boolean): boolean {
  return commit !== byHand;
}

/** Two-phase commit as it should be. */
export const correctRules: Rules = {
  ...correctWorkRules,
  toPrepareNow,
  forcesCollecting,
  readsVoteIn,
  countVote,
  isUnanimous,
  whenVotesAreMissing,
  announce,
  forcesDecision,
  wantsAck,
  mayForget,
  presumed,
  recordsDamage,
  sendVote,
  participantForces,
  whenInDoubt,
  answerToPeer,
  knowsWhetherItVoted,
  isDamage,
};
