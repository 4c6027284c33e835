/** What a campaign must have reached, or it proved little. */
import { goalByNote, type Property, requiredWithin, somebodyRestarts } from '../../check/property.ts';

export const threePhaseGoals: readonly Property[] = [
  requiredWithin(10, goalByNote('committed', 'a transaction was committed at a participant', 'committed')),
  requiredWithin(20, goalByNote('aborted', 'a transaction that was being voted on was aborted', 'aborted')),
  requiredWithin(50, goalByNote('terminating', 'a process took the lead because it had heard nothing', 'terminating')),
  requiredWithin(200, goalByNote('terminated', 'a process decided that had taken the lead', 'terminated')),
  requiredWithin(
    200,
    goalByNote(
      'pre-committing-again',
      'a process that had taken the lead pre-committed the others',
      'preCommittingAgain',
    ),
  ),
  requiredWithin(200, goalByNote('acks-missing', 'a leader waited in vain for acknowledgements', 'acksMissing')),
  requiredWithin(
    200,
    goalByNote('in-doubt-at-recovery', 'a process restarted in doubt', 'inDoubtAtRecovery'),
    somebodyRestarts,
  ),
  requiredWithin(50, goalByNote('gave-way', 'a transaction gave way to another', 'gaveWay')),
  requiredWithin(100, goalByNote('tried-again', 'a transaction that gave way was tried again', 'triedAgain')),
];

export const recoveryGoals: readonly Property[] = [
  requiredWithin(
    200,
    goalByNote('asking', 'a process that had crashed in doubt asked the others', 'asking'),
    somebodyRestarts,
  ),
];

export const quorumGoals: readonly Property[] = [
  requiredWithin(500, goalByNote('pre-aborting', 'a leader proposed to abort', 'preAborting')),
  requiredWithin(500, goalByNote('blocked', 'a leader had no quorum (right: the others may decide)', 'blocked')),
];
