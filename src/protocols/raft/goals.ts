/**
 * What a campaign must have reached, or it proved little. Some are decoys: alarming, but right, and never to be reported.
 */
import {
  goalByNote,
  type Property,
  requiredWithin,
  type Sometimes,
  somebodyRestarts,
  sometimes,
} from '../../check/property.ts';
import type { Operation } from '../../sim/history.ts';
import type { Json } from '../../sim/plain.ts';
import { termOf, writtenLog } from './properties/facts.ts';

/** Who is alone has nobody to lose an election to, and nobody to differ from. */
const hasOthers: Sometimes<unknown>['reachableUnder'] = (_fixed, { nodes }) => nodes.server !== 1;

/** A client that asks once never asks again. */
const asksAgain = ({ clientAttempts }: { readonly clientAttempts?: Json }): boolean => clientAttempts !== 1;

const oracle = 'internal';

const answeredAfterLeaderChange: Property = sometimes<{ elected: number }>({
  name: 'answered-after-leader-change',
  title: 'a request was answered although the leader changed while it was open',
  oracle,
  requiredWithinSeeds: 100,
  start: () => ({ elected: -1 }),
  note(memory, _node, text, _data, world) {
    if (text === 'becameLeader') memory.elected = world.event;
    return false;
  },
  returned: (memory, operation: Operation) =>
    operation.outcome === 'ok' && (operation.calledEvent ?? memory.elected) < memory.elected,
});

const commitLowerAfterRestart: Property = sometimes<{ readonly hasCommitted: boolean[] }>({
  name: 'commit-lower-after-restart',
  title: 'a server that had committed entries restarted and knew of no commit (right: commitIndex is volatile)',
  oracle,
  role: 'server',
  requiredWithinSeeds: 200,
  reachableUnder: somebodyRestarts,
  start: () => ({ hasCommitted: [] }),
  note(memory, node, text) {
    if (text === 'committed') memory.hasCommitted[node] = true;
    return false;
  },
  boot: (memory, node) => memory.hasCommitted[node] === true,
});

const twoLeaders: Property = sometimes<{ readonly leads: boolean[] }>({
  name: 'two-leaders',
  title: 'two servers were leaders at the same time, in different terms (right: the older one cannot commit)',
  source: 'hashicorp/raft#568',
  oracle,
  role: 'server',
  requiredWithinSeeds: 200,
  reachableUnder: hasOthers,
  start: () => ({ leads: [] }),
  crash(memory, node) {
    memory.leads[node] = false;
    return false;
  },
  note(memory, node, text) {
    if (text === 'steppedDown') memory.leads[node] = false;
    if (text !== 'becameLeader') return false;
    memory.leads[node] = false;
    const another = memory.leads.includes(true);
    memory.leads[node] = true;
    return another;
  },
});

const matchReset: Property = sometimes<{ readonly led: boolean[] }>({
  name: 'match-reset',
  title: 'a server that led before leads again and knows nothing of the others (right: matchIndex belongs to a term)',
  oracle,
  role: 'server',
  requiredWithinSeeds: 1_000,
  reachableUnder: hasOthers,
  start: () => ({ led: [] }),
  crash(memory, node) {
    memory.led[node] = false;
    return false;
  },
  note(memory, node, text) {
    if (text !== 'becameLeader') return false;
    const before = memory.led[node] === true;
    memory.led[node] = true;
    return before;
  },
});

const olderEntryCommitted: Property = sometimes<{ commit: number }>({
  name: 'older-entry-committed',
  title: 'a leader committed an entry of an earlier term, together with one of its own (Figure 8)',
  oracle,
  role: 'server',
  requiredWithinSeeds: 200,
  start: () => ({ commit: 0 }),
  note(memory, node, text, data: Json | undefined, world) {
    if (text !== 'committed') return false;
    const { term, index } = data as { readonly term: number; readonly index: number };
    const first = memory.commit + 1;
    memory.commit = Math.max(memory.commit, index);
    return first < index && termOf(writtenLog(world, node), first) < term;
  },
});

const repairedByHint: Property = sometimes<null>({
  name: 'repaired-by-hint',
  title: "a follower's hint let the leader skip several entries at once",
  oracle,
  requiredWithinSeeds: 500,
  reachableUnder: hasOthers,
  start: () => null,
  note(_memory, _node, text, data: Json | undefined) {
    if (text !== 'backedUp') return false;
    const { refused, next } = data as { readonly refused: number; readonly next: number };
    return next < refused;
  },
});

const splitVote: Property = sometimes<null>({
  name: 'election-without-winner',
  title: 'a candidate waited in vain and began another term',
  oracle,
  role: 'server',
  requiredWithinSeeds: 200,
  reachableUnder: hasOthers,
  start: () => null,
  note: (_memory, _node, text, data: Json | undefined) =>
    (text === 'becameCandidate' || text === 'becamePreCandidate') && (data as { readonly again: boolean }).again,
});

const answeredBy = (name: string, title: string, by: string): Property =>
  sometimes<null>({
    name,
    title,
    oracle,
    role: 'server',
    start: () => null,
    note: (_memory, _node, text, data: Json | undefined) =>
      text === 'queryAnswered' && (data as { readonly by: string }).by === by,
  });

export const raftGoals: readonly Property[] = [
  requiredWithin(10, goalByNote('leader-elected', 'a leader was elected', 'becameLeader')),
  requiredWithin(
    100,
    goalByNote('leader-deposed', 'a leader stepped down for a higher term', 'steppedDown'),
    hasOthers,
  ),
  requiredWithin(
    500,
    goalByNote('entry-overwritten', 'a follower cut uncommitted entries that conflicted', 'truncated'),
    hasOthers,
  ),
  requiredWithin(100, goalByNote('client-retried', 'a client asked again', 'clientRetried'), asksAgain),
  requiredWithin(500, goalByNote('client-gave-up', 'a client gave up on a request', 'clientGaveUp')),
  requiredWithin(500, goalByNote('proposal-lost', 'a deposed leader gave up on proposals', 'proposalLost'), hasOthers),
  requiredWithin(
    200,
    goalByNote('repetition', 'a repeated request was recognised and not executed again', 'repetition'),
  ),
  goalByNote('pre-vote-refused', 'somebody asked for a PreVote and was refused', 'preVoteRefused'),
  goalByNote(
    'vote-request-ignored',
    'who had just heard from a leader ignored a request for a vote',
    'voteRequestIgnored',
  ),
  goalByNote('quorum-lost', 'a leader that heard from no quorum stepped down', 'quorumLost'),
  answeredBy('read-confirmed', 'a query was answered after a round of heartbeats', 'quorum'),
  answeredBy('read-leased', 'a query was answered within a lease', 'lease'),
  answeredBy('read-at-follower', 'a query was answered by a follower', 'follower'),
  answeredAfterLeaderChange,
  olderEntryCommitted,
  repairedByHint,
  splitVote,
  twoLeaders,
  commitLowerAfterRestart,
  matchReset,
];
