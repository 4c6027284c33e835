/**
 * The bug zoo: published bugs, each as another function in the place of one or a few rules. Ids are those of the project's catalogue;
 * sources are papers, or threads as `owner/repository#number`.
 */
import type { Bug } from '../../check/protocol.ts';
import { lastIndex, termAt } from './log.ts';
import { correctRules, type Rules } from './rules.ts';

export interface PlantedBug extends Omit<Bug, 'protocol'> {
  readonly overrides: Partial<Rules>;
}

const elections: readonly PlantedBug[] = [
  {
    id: 'R01a',
    title: 'the vote is kept in memory only',
    violates: ['V1', 'ES', 'PA'],
    source: 'wenweihu86/raft-java#57',
    recipe: 'B votes for A in term t and restarts; C asks for its vote in term t',
    overrides: { hardRecord: (term) => ({ term, votedFor: null }) },
  },
  {
    id: 'R01b',
    title: 'the term is kept in memory only',
    violates: ['TM', 'V1', 'ES', 'PA'],
    source: 'ongardie/raft.tla#5',
    recipe: 'B votes for A in term t and restarts; C asks for its vote in term t',
    overrides: { hardRecord: (_term, votedFor) => ({ term: 0, votedFor }) },
  },
  {
    id: 'R03',
    title: 'replies to votes and entries leave before they are on disk',
    violates: ['PA', 'QD', 'V1', 'ES', 'LC', 'LIN'],
    source: 'NodeDB-Lab/nodedb#161',
    recipe: 'a server loses what it has not synced after it replied; then an election without it',
    overrides: {
      sendAfterSync(to, message, context) {
        context.send(to, message);
        context.disk.sync();
      },
    },
  },
  {
    id: 'R04',
    title: 'votes are counted by message, not by voter',
    violates: ['PV', 'ES', 'LC', 'SMS', 'LIN'],
    source: 'ktoso/akka-raft#45; coyote-samples#8',
    recipe: 'the network duplicates one grant of two candidates among five servers',
    overrides: {
      countVote(votes, voter) {
        votes.push(voter);
      },
    },
  },
  {
    id: 'R05',
    title: 'a candidate counts votes of older terms',
    violates: ['ES', 'LC', 'SMS', 'LIN'],
    source: 'xnnyygn/xraft#33',
    recipe: "B's vote for A arrives after A has begun its next term; in that term B votes for C",
    overrides: { readsVote: (replyTerm, currentTerm) => replyTerm <= currentTerm },
  },
  {
    id: 'R06a',
    title: 'votes are granted without comparing the logs',
    violates: ['UP', 'LC', 'SMS', 'LIN'],
    source: '§5.4.1',
    recipe: 'a server that lacks a committed entry campaigns',
    overrides: { isUpToDate: () => true },
  },
  {
    id: 'R06b',
    title: 'logs are compared by length before term',
    violates: ['UP', 'LC', 'SMS', 'LIN'],
    source: '§5.4.1',
    recipe: 'an isolated old leader with a long stale tail campaigns against shorter newer logs',
    overrides: {
      isUpToDate: (candidateIndex, candidateTerm, ownIndex, ownTerm) =>
        candidateIndex > ownIndex || (candidateIndex === ownIndex && candidateTerm >= ownTerm),
    },
  },
  {
    id: 'R08',
    title: 'becoming a follower clears the vote, also within a term',
    violates: ['V1', 'ES', 'LC'],
    source: 'ktoso/akka-raft#56',
    recipe: 'two candidates in a term of five servers; a voter of the winner hears from it and votes again',
    overrides: { voteWhenFollowing: () => null },
  },
  {
    id: 'R10',
    title: 'half of an even number of servers counts as a quorum',
    violates: ['ES', 'LC', 'QD', 'LK', 'RI', 'SMS', 'LIN'],
    source: 'tarantool/tarantool#5295',
    recipe: 'four servers, cut in two halves',
    overrides: { quorum: (members) => Math.ceil(members / 2) },
  },
  {
    id: 'R13',
    title: 'every vote request restarts the election timer, also a refused one',
    violates: ['liveness'],
    source: "Students' Guide to Raft",
    recipe: 'a server with a stale log and a short timeout campaigns again and again',
    overrides: { restartsTimerAfterVoteRequest: () => true },
  },
];

const disturbances: readonly PlantedBug[] = [
  {
    id: 'R15',
    title: 'a request for a PreVote makes its receiver adopt the term',
    violates: ['ND', 'AT', 'liveness'],
    source: 'diss 9.6',
    recipe: 'isolate a server and let it come back, with PreVote',
    overrides: { termAfterPreVote: (currentTerm, asked) => Math.max(currentTerm, asked) },
  },
  {
    id: 'R16',
    title: 'a PreVote that asks for a lower term is dropped silently',
    violates: ['RA', 'liveness'],
    source: 'etcd-io/etcd#8501; databendlabs/openraft#1796',
    recipe: 'two of three servers live: one in a higher term, the other with a longer log, with PreVote',
    overrides: { answersPreVote: (asked, currentTerm) => asked >= currentTerm },
  },
  {
    id: 'R17',
    title: 'a pre-candidate does not forget its leader: its own fresh timer makes it refuse others',
    violates: ['liveness'],
    source: 'tikv/raft-rs CHANGELOG 0.3.1 (#84)',
    recipe: 'the leader dies and the others time out together, with PreVote and CheckQuorum',
    overrides: { loyalUntilAfterPreCampaign: (_loyalUntil, now, electionTimeoutMin) => now + electionTimeoutMin },
  },
  {
    id: 'R18',
    title: 'a leader grants a PreVote when its own timer has reached the election timeout',
    violates: ['ND', 'LK'],
    source: 'daos-stack/raft#70',
    recipe: 'heartbeats as far apart as the election timeout, with PreVote',
    overrides: { isLoyal: (_role, now, loyalUntil) => now < loyalUntil },
  },
  {
    id: 'R19',
    title: 'CheckQuorum counts whom the leader has sent to, not whom it has heard from',
    violates: ['CQ', 'liveness'],
    source: 'own, from what RecentActive means in etcd',
    recipe: "cut only the leader's inbound links from its peers, with CheckQuorum",
    overrides: { hearsWhomItSendsTo: () => true },
  },
];

const reads: readonly PlantedBug[] = [
  {
    id: 'R20',
    title: 'a read is answered by any server that believes it leads',
    violates: ['RI', 'RF', 'LIN'],
    source: 'etcd-io/etcd#741; xnnyygn/xraft#40',
    recipe: 'cut the leader off, write at the new one, read at the old one; reads by ReadIndex',
    overrides: { isConfirmed: () => true },
  },
  {
    id: 'R21',
    title: 'a leader takes its commitIndex for reads before it has committed an entry of its own term',
    violates: ['RI', 'RF', 'LIN'],
    source: 'etcd-io/etcd#7331; RedisLabs/redisraft#22; tikv/tikv#6340',
    recipe: 'a new leader with an old commitIndex is read from at once; reads by ReadIndex',
    overrides: { mayTakeReadIndex: () => true },
  },
  {
    id: 'R22a',
    title: 'a read is answered without waiting until its index is applied',
    violates: ['RF', 'LIN'],
    source: 'diss 6.4',
    recipe: 'a follower that lags asks the leader and answers at once; reads at followers',
    overrides: { isApplied: () => true },
  },
  {
    id: 'R22b',
    title: 'a follower answers a read at its own commitIndex',
    violates: ['RF', 'LIN'],
    source: 'diss 6.4',
    recipe: 'a follower that lags is read from; reads at followers',
    overrides: { localReadIndex: (commitIndex) => commitIndex },
  },
  {
    id: 'R23',
    title: 'a lease begins when the acknowledgement arrives',
    violates: ['LK', 'RF', 'LIN'],
    source: 'contrast: yugabyte/yugabyte-db#16',
    recipe: 'acknowledgements are held back, the leader is cut off, a new leader writes; lease reads',
    overrides: { leaseStart: (_sentAt, confirmedAt) => confirmedAt },
  },
  {
    id: 'R24',
    title: 'leases are relied on although voters vote for anybody at any time',
    violates: ['LK', 'LT', 'RF', 'LIN'],
    source: 'hashicorp/raft#108; sofastack/sofa-jraft#25',
    recipe: 'the leader is slow to reach one voter, another candidate wins within the lease; lease reads',
    overrides: { ignoresVoteRequest: () => false },
  },
  {
    id: 'R25',
    title: 'a lease is measured on the wall clock',
    violates: ['LK', 'RF', 'LIN'],
    source: 'tikv/tikv#964',
    recipe: "the leader's wall clock jumps back and it is cut off; lease reads",
    overrides: { leaseClock: (context) => context.wallClock },
  },
];

const replication: readonly PlantedBug[] = [
  {
    id: 'R30',
    title: 'entries of earlier terms are committed by counting replicas',
    violates: ['QD', 'LC', 'SMS', 'LIN'],
    source: 'Figure 8; logcabin/logcabin#44; bakwc/PySyncObj#169; microsoft/CCF#3971',
    recipe: 'Figure 8: three leaders, partial replication, a crash',
    overrides: { leaderCommit: (state, quorumIndex) => Math.max(state.commitIndex, quorumIndex) },
  },
  {
    id: 'R31',
    title: 'the search for what can be committed stops at the first entry of an earlier term',
    violates: ['liveness'],
    source: 'zhebrak/raftos#30',
    recipe: 'a leader change with an uncommitted tail',
    overrides: {
      leaderCommit(state, quorumIndex) {
        let commit = state.commitIndex;
        while (commit < quorumIndex && termAt(state, commit + 1) === state.currentTerm) commit++;
        return commit;
      },
    },
  },
  {
    id: 'R32',
    title: 'an AppendEntries that matches cuts the log behind its last entry',
    // What was cut had been acknowledged: the leader does not send it again, and takes the refusals that follow for old ones.
    violates: ['QD', 'LC', 'SMS', 'LIN', 'liveness'],
    source: 'zhebrak/raftos#26; vesoft-inc/nebula#2483',
    recipe: 'two AppendEntries arrive in reverse order',
    overrides: {
      truncationPoint(state, prevLogIndex, entries) {
        const behind = prevLogIndex + entries.length + 1;
        const conflict = correctRules.truncationPoint(state, prevLogIndex, entries);
        return conflict > 0 || behind > lastIndex(state) ? conflict : behind;
      },
    },
  },
  {
    id: 'R33',
    title: 'a new term cuts the log back to the own commitIndex',
    violates: ['LC', 'QD', 'SMS', 'LIN'],
    source: 'microsoft/CCF#589, #5674; vesoft-inc/nebula#1303',
    recipe: 'a leader commits, answers its client and dies before the followers learn of the commit',
    overrides: { lastIndexKeptInNewTerm: (state) => state.commitIndex },
  },
  {
    id: 'R34',
    title: "a follower takes the leader's commitIndex although its own tail was not compared",
    violates: ['SMS', 'LIN'],
    source: 'Figure 2, AppendEntries 5',
    recipe: 'a follower with a divergent tail gets a message that ends before it',
    overrides: {
      followerCommit: (commitIndex, leaderCommit, _lastNewIndex, last) =>
        Math.max(commitIndex, Math.min(leaderCommit, last)),
    },
  },
  {
    id: 'R36',
    title: 'commitIndex may fall',
    violates: ['CI'],
    source: 'bakwc/PySyncObj#166',
    recipe: 'a leader change; the new leader is behind in commitIndex',
    overrides: { followerCommit: (_commitIndex, leaderCommit, lastNewIndex) => Math.min(leaderCommit, lastNewIndex) },
  },
  {
    id: 'R37',
    title: 'matchIndex is set from any success, also from an older one',
    violates: ['MM'],
    source: 'zhebrak/raftos#25',
    recipe: 'two replies arrive in reverse order',
    overrides: { matchAfterSuccess: (_matchIndex, replyIndex) => replyIndex },
  },
  {
    id: 'R39',
    title: "a success sets matchIndex to the leader's last index at that moment",
    violates: ['MM', 'QD', 'LC', 'SMS', 'LIN'],
    source: "Students' Guide to Raft",
    recipe: 'two proposals one after the other; a follower misses the second',
    overrides: { matchAfterSuccess: (_matchIndex, _replyIndex, last) => last },
  },
  {
    id: 'R43',
    title: 'a success raises matchIndex but not nextIndex',
    // A batch that was sent already is sent anew, which is no progress, and only progress draws the next one: the rest waits for new calls.
    violates: ['MM', 'liveness'],
    source: 'bakwc/PySyncObj#167',
    recipe: 'batches of one entry; a rejection, and of the answers that follow only the later one arrives',
    overrides: { nextAfterSuccess: (nextIndex) => nextIndex },
  },
];

const clients: readonly PlantedBug[] = [
  {
    id: 'R47a',
    title: 'clients are answered when the leader has appended their write, before it is committed',
    violates: ['LIN', 'RF'],
    source: 'textbook',
    recipe: 'cut the leader off, write, heal, read',
    overrides: {
      answerAtAppend: (machine, { op }) => (op === null ? undefined : machine.answerRegardless(op)),
    },
  },
  {
    id: 'R47b',
    title: 'the leader applies entries when it has appended them, before they are committed',
    violates: ['CI', 'SMS', 'LIN'],
    source: 'MartinKalema/horizontal-scaling-convex#146',
    recipe: 'cut the leader off, write, heal',
    overrides: {
      applicableThrough: (state) => (state.role === 'leader' ? lastIndex(state) : state.commitIndex),
    },
  },
  {
    id: 'R48',
    title: 'whatever is applied at the index of a proposal answers it',
    violates: ['WAIT', 'XO', 'LIN'],
    source: "Students' Guide to Raft",
    recipe: 'a leader loses an index to another command, then applies that',
    overrides: { keepsPendingAfterStepDown: () => true, isAnsweredBy: () => true },
  },
  {
    id: 'R51',
    title: 'a repeated request is executed again',
    violates: ['XO', 'LIN'],
    source: 'diss 6.3',
    recipe: 'a reply is lost and the client asks again',
    overrides: { isRepetition: () => false },
  },
];

export const plantedBugs: readonly PlantedBug[] = [...elections, ...disturbances, ...reads, ...replication, ...clients];
