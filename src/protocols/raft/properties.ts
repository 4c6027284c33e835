/** Raft's invariants and goals. Cheap ones first: each looks only at what its event changed. */
import type { Property } from '../../check/property.ts';
import { raftGoals } from './goals.ts';
import { nobodyForgotten, requestsAnswered } from './properties/answers.ts';
import { exactlyOnce, stateMachineSafety } from './properties/applied.ts';
import { commitMonotonic, leaderCompleteness, quorumDurable } from './properties/commits.ts';
import { readConfirmed } from './properties/confirmed.ts';
import { leaderTrusted, leaseKept, noDisturbance } from './properties/disturbance.ts';
import { memoryIsWritten, persistedBeforeSending } from './properties/durability.ts';
import { electionSafety, oneVote, termMonotonic, upToDateElected } from './properties/elections.ts';
import { hintsTrue } from './properties/hints.ts';
import { leaderAppendOnly, logMatching } from './properties/logs.ts';
import { nothingDone } from './properties/not-leader.ts';
import { preVotesMeant } from './properties/prevotes.ts';
import { matchMonotonic } from './properties/progress.ts';
import { quorumChecked, readsFresh } from './properties/reads.ts';
import { refusalsHaveReasons } from './properties/refusals.ts';
import { refusedUnsent } from './properties/refused.ts';
import { termsAdopted } from './properties/terms.ts';
import { nothingStale } from './properties/waiting.ts';
import type { StateMachine } from './state-machine.ts';

export function raftProperties(machine: StateMachine): readonly Property[] {
  const invariants = [
    electionSafety,
    leaderAppendOnly,
    logMatching,
    leaderCompleteness,
    stateMachineSafety(machine),
    quorumDurable,
    termMonotonic,
    oneVote,
    upToDateElected,
    commitMonotonic,
    matchMonotonic,
    persistedBeforeSending,
    memoryIsWritten,
    exactlyOnce(machine),
    noDisturbance,
    leaderTrusted,
    termsAdopted,
    preVotesMeant,
    requestsAnswered,
    nobodyForgotten,
    hintsTrue,
    nothingDone,
    nothingStale,
    refusalsHaveReasons,
    leaseKept,
    quorumChecked,
    readsFresh,
    readConfirmed,
  ];
  return [...invariants.map((property) => ({ ...property, role: 'server' })), refusedUnsent, ...raftGoals];
}
