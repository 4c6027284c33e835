/**
 * Every decision of Raft as a small named function with its source. Handlers call them through a `Rules` object, so that a reader can
 * find a rule, a lesson can remove it, and a planted bug (bugs.ts) is nothing but another function in its place.
 *
 * "§" cites the paper (2014, extended version), "diss" the dissertation; "Table" is the table in README.md of what is durable before
 * which message.
 */
import type { Json } from '../../sim/plain.ts';
import type { Micros, NodeId } from '../../sim/protocol.ts';
import { lastIndex, lastIndexWithTermAtMost, termAt } from './log.ts';
import type {
  Command,
  Entry,
  Hard,
  PeerMessage,
  RaftOptions,
  ServerContext,
  ServerRole,
  ServerState,
} from './shape.ts';
import type { StateMachine } from './state-machine.ts';

type Log = Pick<ServerState, 'log'>;

export interface Rules {
  readonly quorum: typeof quorum;
  readonly voteWhenFollowing: typeof voteWhenFollowing;
  readonly isVoteFree: typeof isVoteFree;
  readonly isUpToDate: typeof isUpToDate;
  readonly restartsTimerAfterVoteRequest: typeof restartsTimerAfterVoteRequest;
  readonly readsVote: typeof readsVote;
  readonly countVote: typeof countVote;
  readonly isLoyal: typeof isLoyal;
  readonly ignoresVoteRequest: typeof ignoresVoteRequest;
  readonly loyalUntilAtBoot: typeof loyalUntilAtBoot;
  readonly termAfterPreVote: typeof termAfterPreVote;
  readonly answersPreVote: typeof answersPreVote;
  readonly loyalUntilAfterPreCampaign: typeof loyalUntilAfterPreCampaign;
  readonly hearsWhomItSendsTo: typeof hearsWhomItSendsTo;
  readonly hardRecord: typeof hardRecord;
  readonly sendAfterSync: typeof sendAfterSync;
  readonly lastIndexKeptInNewTerm: typeof lastIndexKeptInNewTerm;
  readonly truncationPoint: typeof truncationPoint;
  readonly rejectionHint: typeof rejectionHint;
  readonly followerCommit: typeof followerCommit;
  readonly ignoresRejection: typeof ignoresRejection;
  readonly nextAfterRejection: typeof nextAfterRejection;
  readonly matchAfterSuccess: typeof matchAfterSuccess;
  readonly nextAfterSuccess: typeof nextAfterSuccess;
  readonly ownMatch: typeof ownMatch;
  readonly leaderCommit: typeof leaderCommit;
  readonly applicableThrough: typeof applicableThrough;
  readonly answerAtAppend: typeof answerAtAppend;
  readonly keepsPendingAfterStepDown: typeof keepsPendingAfterStepDown;
  readonly isAnsweredBy: typeof isAnsweredBy;
  readonly isRepetition: typeof isRepetition;
  readonly mayTakeReadIndex: typeof mayTakeReadIndex;
  readonly isConfirmed: typeof isConfirmed;
  readonly isApplied: typeof isApplied;
  readonly localReadIndex: typeof localReadIndex;
  readonly leaseClock: typeof leaseClock;
  readonly leaseStart: typeof leaseStart;
  readonly leaseDuration: typeof leaseDuration;
}

// ---- Elections -------------------------------------------------------------------------------------------------------------------

/** §5.1, §5.2: any two majorities of `members` servers share one. */
function quorum(members: number): number {
  return Math.floor(members / 2) + 1;
}

/** Figure 2, votedFor: "candidateId that received vote in current term": only a new term makes the vote free again. */
function voteWhenFollowing(votedFor: NodeId | null, isNewTerm: boolean): NodeId | null {
  return isNewTerm ? null : votedFor;
}

/** Figure 2, RequestVote 2: "if votedFor is null or candidateId": a lost reply is repeated, a second candidate refused. */
function isVoteFree(votedFor: NodeId | null, candidate: NodeId): boolean {
  return votedFor === null || votedFor === candidate;
}

/** §5.4.1: "If the logs have last entries with different terms, then the log with the later term is more up-to-date. If the logs end
 * with the same term, then whichever log is longer is more up-to-date." */
function isUpToDate(candidateIndex: number, candidateTerm: number, ownIndex: number, ownTerm: number): boolean {
  return candidateTerm !== ownTerm ? candidateTerm > ownTerm : candidateIndex >= ownIndex;
}

/** Figure 2, Followers: the election timeout counts anew after "granting vote to candidate", not after refusing. */
function restartsTimerAfterVoteRequest(granted: boolean): boolean {
  return granted;
}

/** §5.1: "If a server receives a request with a stale term number, it rejects the request"; a stale reply is dropped unread. */
function readsVote(replyTerm: number, currentTerm: number): boolean {
  return replyTerm === currentTerm;
}

/** §5.2: a candidate needs "votes from a majority of the servers": the network may deliver one server's vote twice. */
function countVote(votes: NodeId[], voter: NodeId): void {
  if (!votes.includes(voter)) votes.push(voter);
}

// ---- Leaders left in peace -------------------------------------------------------------------------------------------------------

/** diss 4.2.3: "if a server receives a RequestVote request within the minimum election timeout of hearing from a current leader, it does
 * not update its term or grant its vote". A leader hears itself. */
function isLoyal(role: ServerRole, now: Micros, loyalUntil: Micros): boolean {
  return role === 'leader' || now < loyalUntil;
}

/** diss 4.2.3, where the option is on; PreVote (diss 9.6) is never granted by the loyal. */
function ignoresVoteRequest(isSticky: boolean, isLoyal: boolean): boolean {
  return isSticky && isLoyal;
}

/** diss 6.4.1: a promise that a restart has forgotten is still relied on: a voter of lease reads begins as if it had just heard from a
 * leader. The monotonic clock is zero then. */
function loyalUntilAtBoot({ reads, electionTimeoutMin }: RaftOptions): Micros {
  return reads === 'lease' ? electionTimeoutMin : 0;
}

/** diss 9.6: a PreVote is no campaign: nobody adopts its term. */
function termAfterPreVote(currentTerm: number, _asked: number): number {
  return currentTerm;
}

/** diss 9.6: also one that asks for a term of the past is answered: with the own term, or it would ask for ever. */
function answersPreVote(_asked: number, _currentTerm: number): boolean {
  return true;
}

/** Own reading of diss 9.6: a pre-candidate has not heard from its leader for an election timeout; its own fresh timer is no news of it. */
function loyalUntilAfterPreCampaign(loyalUntil: Micros, _now: Micros, _electionTimeoutMin: Micros): Micros {
  return loyalUntil;
}

/** diss 6.2: only what arrives shows that somebody is there. */
function hearsWhomItSendsTo(): boolean {
  return false;
}

// ---- What is durable before what -------------------------------------------------------------------------------------------------

/** Figure 2: currentTerm and votedFor are "updated on stable storage before responding to RPCs"; one record keeps them together. */
function hardRecord(term: number, votedFor: NodeId | null): Hard {
  return { term, votedFor };
}

/** Table, diss 3.8: what a reply promises is on disk before the reply leaves. */
function sendAfterSync(to: NodeId, message: PeerMessage, context: ServerContext): void {
  context.disk.sync();
  context.send(to, message);
}

// ---- Replication: the follower ---------------------------------------------------------------------------------------------------

/** §5.3: a log is shortened only by a leader's conflicting entry, never by a new term: an entry unknown to be committed may well be. */
function lastIndexKeptInNewTerm(state: Pick<ServerState, 'log' | 'commitIndex'>): number {
  return lastIndex(state);
}

/**
 * Figure 2, AppendEntries 3: "If an existing entry conflicts with a new one (same index but different terms), delete the existing
 * entry and all that follow it". Without a conflict nothing is deleted: an old or short message must not shorten the log.
 * Answers the index to truncate from, or 0. `entries` follow `prevLogIndex`.
 */
function truncationPoint(state: Log, prevLogIndex: number, entries: readonly Entry[]): number {
  for (let i = 0; i < entries.length; i++) {
    const index = prevLogIndex + 1 + i;
    const own = termAt(state, index);
    if (own === -1) return 0;
    if (own !== (entries[i] as Entry).term) return index;
  }
  return 0;
}

/** §5.3, end: where the logs may meet: the follower's largest index at most `prevLogIndex` whose term is at most `prevLogTerm`. */
function rejectionHint(state: Log, prevLogIndex: number, prevLogTerm: number): number {
  return lastIndexWithTermAtMost(state, prevLogIndex, prevLogTerm);
}

/** Figure 2, AppendEntries 5: "If leaderCommit > commitIndex, set commitIndex = min(leaderCommit, index of last new entry)": what lies
 * behind the last new entry was not compared with the leader's log. */
function followerCommit(commitIndex: number, leaderCommit: number, lastNewIndex: number, _lastIndex: number): number {
  return Math.max(commitIndex, Math.min(leaderCommit, lastNewIndex));
}

// ---- Replication: the leader -----------------------------------------------------------------------------------------------------

/** A rejection that does not answer what was sent last is stale (own reading of diss 10.2.1): while probing, it is not about the probe;
 * while streaming, the follower has since acknowledged what it refused. */
function ignoresRejection(probing: boolean, rejectedIndex: number, nextIndex: number, matchIndex: number): boolean {
  return probing ? rejectedIndex !== nextIndex - 1 : rejectedIndex <= matchIndex;
}

/** §5.3, end: "the leader can decrement nextIndex to bypass all of the conflicting entries in that term": skip every own entry that
 * cannot equal the follower's, and never go behind what is known to match. */
function nextAfterRejection(state: Log, matchIndex: number, hintIndex: number, hintTerm: number): number {
  return Math.max(matchIndex + 1, 1 + lastIndexWithTermAtMost(state, hintIndex, hintTerm));
}

/** Figure 2, matchIndex: "increases monotonically": replies overtake each other. */
function matchAfterSuccess(matchIndex: number, replyIndex: number, _lastIndex: number): number {
  return Math.max(matchIndex, replyIndex);
}

/** Figure 2, Leaders: "If successful: update nextIndex and matchIndex for follower": nextIndex is always behind matchIndex. */
function nextAfterSuccess(nextIndex: number, matchIndex: number): number {
  return Math.max(nextIndex, matchIndex + 1);
}

// ---- Commit and apply ------------------------------------------------------------------------------------------------------------

/** diss 10.2.1: the leader may send entries before they are on its own disk, but counts itself only for those that are. */
function ownMatch(durableIndex: number, _lastIndex: number): number {
  return durableIndex;
}

/**
 * §5.4.2, Figure 8: "Only log entries from the leader's current term are committed by counting replicas"; earlier ones are committed
 * with them. `quorumIndex` is the largest index that a quorum holds; terms never fall along a log, so no smaller index can do better.
 */
function leaderCommit(state: Pick<ServerState, 'log' | 'commitIndex' | 'currentTerm'>, quorumIndex: number): number {
  const advances = quorumIndex > state.commitIndex && termAt(state, quorumIndex) === state.currentTerm;
  return advances ? quorumIndex : state.commitIndex;
}

/** Figure 2, All servers: "If commitIndex > lastApplied: increment lastApplied, apply log[lastApplied] to state machine". */
function applicableThrough(state: Pick<ServerState, 'role' | 'log' | 'commitIndex'>): number {
  return state.commitIndex;
}

/** Figure 2, Leaders: "respond after entry applied to state machine": an appended entry has no answer yet. */
function answerAtAppend(_machine: StateMachine, _command: Command): Json | undefined {
  return undefined;
}

/** diss 6.3: whether the proposals of a leader that steps down will be applied, it can no longer know: it says so and forgets them. */
function keepsPendingAfterStepDown(): boolean {
  return false;
}

/** A proposal is (index, term): another term applied at its index means that it was lost (Students' Guide to Raft, "Applying
 * client operations"). */
function isAnsweredBy(pendingTerm: number, appliedTerm: number): boolean {
  return pendingTerm === appliedTerm;
}

/** §8, diss 6.3: "If it receives a command whose serial number has already been executed, it responds immediately without
 * re-executing the request". */
function isRepetition(lastSequence: number, sequence: number): boolean {
  return sequence <= lastSequence;
}

// ---- Reads beside the log --------------------------------------------------------------------------------------------------------

/** diss 6.4, step 1: only with an entry of its own term does a leader know all that is committed. */
function mayTakeReadIndex(state: Pick<ServerState, 'log' | 'commitIndex' | 'currentTerm'>): boolean {
  return termAt(state, state.commitIndex) === state.currentTerm;
}

/** diss 6.4, step 3: whoever has been deposed finds it out in a round of heartbeats that began after the question. */
function isConfirmed(round: number, confirmedRound: number): boolean {
  return round <= confirmedRound;
}

/** diss 6.4, step 4: the answer must show all that was committed when the question came. */
function isApplied(lastApplied: number, readIndex: number): boolean {
  return lastApplied >= readIndex;
}

/** diss 6.4: what a follower knows to be committed is old: -1, it asks the leader. */
function localReadIndex(_commitIndex: number): number {
  return -1;
}

/** diss 6.4.1: leases need clocks that do not jump. */
function leaseClock(context: ServerContext): Micros {
  return context.now;
}

/** diss 6.4.1: the followers' timers started anew no earlier than the heartbeats were sent; when the answers come says nothing. */
function leaseStart(sentAt: Micros, _confirmedAt: Micros): Micros {
  return sentAt;
}

/** diss 6.4.1: "start + election timeout / clock drift bound": this clock may be slow and theirs fast. Clocks show whole microseconds, so
 * that each of the four readings may be off by nearly one. */
function leaseDuration(electionTimeoutMin: Micros, clockRatePpmMax: number): Micros {
  return Math.floor((electionTimeoutMin * (1_000_000 - clockRatePpmMax)) / (1_000_000 + clockRatePpmMax)) - 4;
}

/** Raft as it should be. */
export const correctRules: Rules = {
  quorum,
  voteWhenFollowing,
  isVoteFree,
  isUpToDate,
  restartsTimerAfterVoteRequest,
  readsVote,
  countVote,
  isLoyal,
  ignoresVoteRequest,
  loyalUntilAtBoot,
  termAfterPreVote,
  answersPreVote,
  loyalUntilAfterPreCampaign,
  hearsWhomItSendsTo,
  hardRecord,
  sendAfterSync,
  lastIndexKeptInNewTerm,
  truncationPoint,
  rejectionHint,
  followerCommit,
  ignoresRejection,
  nextAfterRejection,
  matchAfterSuccess,
  nextAfterSuccess,
  ownMatch,
  leaderCommit,
  applicableThrough,
  answerAtAppend,
  keepsPendingAfterStepDown,
  isAnsweredBy,
  isRepetition,
  mayTakeReadIndex,
  isConfirmed,
  isApplied,
  localReadIndex,
  leaseClock,
  leaseStart,
  leaseDuration,
};
