/** What a campaign must have reached, or it proved little. */
import { goalByNote, type Property } from '../../check/property.ts';

const within = (seeds: number, goal: Property): Property =>
  goal.kind === 'sometimes' ? { ...goal, requiredWithinSeeds: seeds } : goal;

export const paxosGoals: readonly Property[] = [
  within(10, goalByNote('committed', 'a transaction was committed at a participant', 'committed')),
  within(20, goalByNote('aborted', 'a transaction that was being voted on was aborted', 'aborted')),
  within(50, goalByNote('votes-missing', 'the coordinator gave up waiting for votes', 'votesMissing')),
  within(50, goalByNote('inquired', 'a participant in doubt asked', 'inquiring')),
  within(50, goalByNote('leading', 'a ballot beside the first was led', 'leading')),
  within(500, goalByNote('outvoted', 'two processes led the same transaction', 'outvoted')),
  within(200, goalByNote('blocked', 'a leader could not reach a majority (right: the others may decide)', 'blocked')),
  within(100, goalByNote('in-doubt-at-recovery', 'a participant restarted in doubt', 'inDoubtAtRecovery')),
  within(50, goalByNote('gave-way', 'a transaction gave way to another', 'gaveWay')),
  within(100, goalByNote('tried-again', 'a transaction that gave way was tried again', 'triedAgain')),
  within(100, goalByNote('client-retried', 'a client asked again', 'clientRetried')),
];
