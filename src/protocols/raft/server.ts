/** The table of a server's handlers. */
import { defineRole, type NodeView, type Role } from '../../sim/protocol.ts';
import { onRequestVote, onRequestVoteReply } from './election.ts';
import { restartElectionTimer } from './follow.ts';
import { onFollow } from './hosts.ts';
import { lastIndex } from './log.ts';
import { onElectionTimer, onPreVote, onPreVoteReply } from './prevote.ts';
import { onReadIndexReply } from './queries.ts';
import { onQuorumTimer } from './quorum.ts';
import { onClientQuery, onConfirm, onHeartbeatReply, onReadIndex } from './reads.ts';
import { recover } from './recovery.ts';
import { onAppendEntries, onAppendEntriesReply, onAppended, onHeartbeatTimer } from './replication.ts';
import { onClientRequest, onPropose, onRegisterClient } from './requests.ts';
import { onHeartbeat } from './rounds.ts';
import type { Appended, Raft, ServerContext, ServerShape, ServerState } from './shape.ts';

export function createServer(raft: Raft): Role<ServerShape> {
  return defineRole<ServerShape>({
    boot: (context) => boot(raft, context),
    onMessage: {
      RequestVote: (state, from, message, context) => onRequestVote(raft, state, from, message, context),
      RequestVoteReply: (state, from, message, context) => onRequestVoteReply(raft, state, from, message, context),
      AppendEntries: (state, from, message, context) => onAppendEntries(raft, state, from, message, context),
      AppendEntriesReply: (state, from, message, context) => onAppendEntriesReply(raft, state, from, message, context),
      PreVote: (state, from, message, context) => onPreVote(raft, state, from, message, context),
      PreVoteReply: (state, from, message, context) => onPreVoteReply(raft, state, from, message, context),
      Heartbeat: (state, from, message, context) => onHeartbeat(raft, state, from, message, context),
      HeartbeatReply: (state, from, message, context) => onHeartbeatReply(raft, state, from, message, context),
      ReadIndex: (state, from, message, context) => onReadIndex(raft, state, from, message, context),
      ReadIndexReply: (state, _from, message, context) => onReadIndexReply(raft, state, message, context),
      ClientQuery: (state, from, message, context) => onClientQuery(raft, state, from, message, context),
      RegisterClient: (state, from, message, context) => onRegisterClient(raft, state, from, message, context),
      ClientRequest: (state, from, message, context) => onClientRequest(raft, state, from, message, context),
    },
    onTimer: {
      election: (state, _key, context) => onElectionTimer(raft, state, context),
      heartbeat: (state, _key, context) => onHeartbeatTimer(raft, state, context),
      quorum: (state, _key, context) => onQuorumTimer(raft, state, context),
    },
    onRequest: {
      propose: (state, request, context) => onPropose(raft, state, request, context),
      follow: (state, request, context) => onFollow(raft, state, request, context),
      confirm: (state, request, context) => onConfirm(raft, state, request, context),
    },
    onDisk: {
      appended: (state, outcome, data, context) => onAppended(raft, state, outcome, data as Appended, context),
    },
    view,
  });
}

/** Figure 2, State: term, vote and log come from the disk; commitIndex and lastApplied start at 0 and are learnt again. */
function boot(raft: Raft, context: ServerContext): ServerState {
  const { hard, entries } = recover(context);
  const members = [...context.directory.withRole('server')];
  restartElectionTimer(context);
  return {
    role: 'follower',
    currentTerm: hard?.term ?? 0,
    votedFor: hard?.votedFor ?? null,
    log: [...entries],
    members,
    self: members.indexOf(context.self),
    leader: null,
    hardIsDurable: true,
    durableIndex: entries.length,
    commitIndex: 0,
    lastApplied: 0,
    sessions: [],
    sessionsDigest: 0,
    machine: raft.machine.start(),
    votes: [],
    nextIndex: [],
    matchIndex: [],
    probing: [],
    probeInFlight: [],
    pending: [],
    loyalUntil: raft.rules.loyalUntilAtBoot(context.options),
    heard: [],
    round: 0,
    confirmedRound: 0,
    ackedRound: [],
    rounds: [],
    leaseFrom: 0,
    leaseTrustedAt: 0,
    reads: [],
    queries: [],
    host: null,
  };
}

/** A view is made at every event: it must not grow with the log. */
const VIEWED_ENTRIES_MAX = 60;

function view(state: ServerState): NodeView {
  const letter = state.role.charAt(0).toUpperCase();
  return {
    role: state.role,
    epoch: state.currentTerm,
    label: `${letter} t${state.currentTerm} c${state.commitIndex}`,
    panels: [
      {
        kind: 'log',
        title: 'log',
        first: Math.max(0, state.log.length - VIEWED_ENTRIES_MAX) + 1,
        cells: state.log.slice(-VIEWED_ENTRIES_MAX).map((entry) => `${entry.term}`),
        settled: state.commitIndex,
      },
      {
        kind: 'table',
        title: 'state',
        columns: ['term', 'vote', 'leader', 'last', 'commit', 'applied'],
        rows: [
          [
            state.currentTerm,
            state.votedFor ?? '-',
            state.leader ?? '-',
            lastIndex(state),
            state.commitIndex,
            state.lastApplied,
          ],
        ],
      },
      ...(state.role === 'leader' ? [followersTable(state)] : []),
    ],
  };
}

function followersTable(state: ServerState): NonNullable<NodeView['panels']>[number] {
  return {
    kind: 'table',
    title: 'followers',
    columns: ['server', 'next', 'match', 'state'],
    rows: state.members.flatMap((member, i) =>
      i === state.self
        ? []
        : [
            [
              member,
              state.nextIndex[i] as number,
              state.matchIndex[i] as number,
              state.probing[i] ? 'probe' : 'replicate',
            ],
          ],
    ),
  };
}
