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
  silenceTimeout: {
    kind: 'duration',
    title: 'who has been silent for so long has failed',
    default: ms(200),
    min: ms(150),
    max: ms(400),
  },
};
