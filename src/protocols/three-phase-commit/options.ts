/** The options of three-phase commit and its relatives, and how fuzzing draws them. */
import type { OptionSpec } from '../../check/protocol.ts';
import { ms } from '../../sim/protocol.ts';
import { sharedOptionSpecs } from '../atomic-commit/options.ts';
import type { ThreePhaseOptions } from './shape.ts';

export const optionSpecs: { readonly [Name in keyof ThreePhaseOptions]: OptionSpec } = {
  ...sharedOptionSpecs,
  // Quorums are of the whole group: nobody leaves with the vote.
  readOnlyVotes: {
    kind: 'choice',
    title: 'participants that only read leave with their vote: never, here',
    default: false,
    of: [false],
  },
  tellInterval: {
    kind: 'duration',
    title: 'time between what a process tells one of several others and what it tells the next',
    default: 0,
    min: 0,
    max: ms(10),
  },
  takeoverInterval: {
    kind: 'duration',
    title: 'how much later than one process the next takes the lead; 0: all at once',
    default: ms(100),
    min: 0,
    max: ms(200),
    extremes: [ms(5)],
  },
  silenceTimeout: {
    kind: 'duration',
    title: 'who has been silent for so long has failed',
    default: ms(200),
    min: ms(100),
    max: ms(400),
  },
};
