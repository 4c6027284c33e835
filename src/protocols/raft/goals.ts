/**
 * What a campaign must have reached, or it proved little. Some are decoys: alarming, but right, and never to be reported.
 */
import { goalByNote, type Property, sometimes } from '../../check/property.ts';
import type { Operation } from '../../sim/history.ts';
import type { Json } from '../../sim/plain.ts';
import { termAt } from './log.ts';
import type { AnyState } from './properties/facts.ts';

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

const commitLowerAfterRestart: Property = sometimes<{ readonly commit: number[]; readonly before: number[] }>({
  name: 'commit-lower-after-restart',
  title: 'a restarted server knew of fewer commits than before (right: commitIndex is volatile)',
  oracle,
  requiredWithinSeeds: 200,
  start: () => ({ commit: [], before: [] }),
  boot(memory, node) {
    memory.before[node] = memory.commit[node] ?? 0;
    return false;
  },
  step(memory, node, state: AnyState) {
    if (state.role === 'client') return false;
    memory.commit[node] = state.commitIndex;
    return state.commitIndex < (memory.before[node] ?? 0);
  },
});

const twoLeaders: Property = sometimes<{ readonly leads: number[] }>({
  name: 'two-leaders',
  title: 'two servers were leaders at the same time, in different terms (right: the older one cannot commit)',
  source: 'hashicorp/raft#568',
  oracle,
  requiredWithinSeeds: 200,
  start: () => ({ leads: [] }),
  crash(memory, node) {
    memory.leads[node] = 0;
    return false;
  },
  step(memory, node, state: AnyState) {
    const term = state.role === 'leader' ? state.currentTerm : 0;
    if ((memory.leads[node] ?? 0) === term) return false;
    memory.leads[node] = term;
    return term !== 0 && memory.leads.some((other) => other > 0 && other !== term);
  },
});

const matchReset: Property = sometimes<{ readonly term: number[]; readonly match: number[] }>({
  name: 'match-reset',
  title: 'a server that led before leads again and knows nothing of the others (right: matchIndex belongs to a term)',
  oracle,
  requiredWithinSeeds: 1_000,
  start: () => ({ term: [], match: [] }),
  crash(memory, node) {
    memory.match[node] = 0;
    return false;
  },
  step(memory, node, state: AnyState) {
    if (state.role !== 'leader') return false;
    const match = state.matchIndex.reduce(
      (most, index, member) => (member === state.self ? most : Math.max(most, index)),
      0,
    );
    const wasReset = memory.term[node] !== state.currentTerm && match < (memory.match[node] ?? 0);
    memory.term[node] = state.currentTerm;
    memory.match[node] = match;
    return wasReset;
  },
});

const olderEntryCommitted: Property = sometimes<{ readonly commit: number[] }>({
  name: 'older-entry-committed',
  title: 'a leader committed an entry of an earlier term, together with one of its own (Figure 8)',
  oracle,
  requiredWithinSeeds: 200,
  start: () => ({ commit: [] }),
  step(memory, node, state: AnyState) {
    if (state.role === 'client') return false;
    const before = memory.commit[node] ?? 0;
    memory.commit[node] = state.commitIndex;
    if (state.role !== 'leader' || state.commitIndex <= before) return false;
    return termAt(state, before + 1) < state.currentTerm && before + 1 < state.commitIndex;
  },
});

const repairedByHint: Property = sometimes<null>({
  name: 'repaired-by-hint',
  title: "a follower's hint let the leader skip several entries at once",
  oracle,
  requiredWithinSeeds: 500,
  start: () => null,
  note(_memory, _node, text, data: Json | undefined) {
    if (text !== 'backedUp') return false;
    const { refused, next } = data as { readonly refused: number; readonly next: number };
    return next < refused;
  },
});

const splitVote: Property = sometimes<{ readonly candidate: boolean[] }>({
  name: 'election-without-winner',
  title: 'a candidate waited in vain and began another term',
  oracle,
  requiredWithinSeeds: 200,
  start: () => ({ candidate: [] }),
  crash(memory, node) {
    memory.candidate[node] = false;
    return false;
  },
  note: (memory, node, text) => text === 'becameCandidate' && memory.candidate[node] === true,
  step(memory, node, state: AnyState) {
    memory.candidate[node] = state.role === 'candidate';
    return false;
  },
});

const within = (seeds: number, goal: Property): Property =>
  goal.kind === 'sometimes' ? { ...goal, requiredWithinSeeds: seeds } : goal;

export const raftGoals: readonly Property[] = [
  within(10, goalByNote('leader-elected', 'a leader was elected', 'becameLeader')),
  within(100, goalByNote('leader-deposed', 'a leader stepped down for a higher term', 'steppedDown')),
  within(500, goalByNote('entry-overwritten', 'a follower cut uncommitted entries that conflicted', 'truncated')),
  within(100, goalByNote('client-retried', 'a client asked again', 'clientRetried')),
  within(500, goalByNote('client-gave-up', 'a client gave up on a request', 'clientGaveUp')),
  within(500, goalByNote('proposal-lost', 'a deposed leader gave up on proposals', 'proposalLost')),
  within(200, goalByNote('repetition', 'a repeated request was recognised and not executed again', 'repetition')),
  answeredAfterLeaderChange,
  olderEntryCommitted,
  repairedByHint,
  splitVote,
  twoLeaders,
  commitLowerAfterRestart,
  matchReset,
];
