/** What a campaign must have reached, or it proved little. */
import { goalByNote, type Property } from '../../check/property.ts';

const within = (seeds: number, goal: Property): Property =>
  goal.kind === 'sometimes' ? { ...goal, requiredWithinSeeds: seeds } : goal;

export const threePhaseGoals: readonly Property[] = [
  within(10, goalByNote('committed', 'a transaction was committed at a participant', 'committed')),
  within(20, goalByNote('aborted', 'a transaction that was being voted on was aborted', 'aborted')),
  within(50, goalByNote('terminating', 'a process took the lead because it had heard nothing', 'terminating')),
  within(200, goalByNote('terminated', 'a process decided that had taken the lead', 'terminated')),
  within(
    200,
    goalByNote(
      'pre-committing-again',
      'a process that had taken the lead pre-committed the others',
      'preCommittingAgain',
    ),
  ),
  within(200, goalByNote('acks-missing', 'a leader waited in vain for acknowledgements', 'acksMissing')),
  within(200, goalByNote('in-doubt-at-recovery', 'a process restarted in doubt', 'inDoubtAtRecovery')),
  within(50, goalByNote('gave-way', 'a transaction gave way to another', 'gaveWay')),
  within(100, goalByNote('tried-again', 'a transaction that gave way was tried again', 'triedAgain')),
];

export const recoveryGoals: readonly Property[] = [
  within(200, goalByNote('asking', 'a process that had crashed in doubt asked the others', 'asking')),
];

export const quorumGoals: readonly Property[] = [
  within(500, goalByNote('pre-aborting', 'a leader proposed to abort', 'preAborting')),
  within(500, goalByNote('blocked', 'a leader had no quorum (right: the others may decide)', 'blocked')),
];
