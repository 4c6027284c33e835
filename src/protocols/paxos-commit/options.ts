/** The options of Paxos Commit, and how fuzzing draws them. */
import type { OptionSpec } from '../../check/protocol.ts';
import { ms } from '../../sim/protocol.ts';
import { sharedOptionSpecs } from '../atomic-commit/options.ts';
import type { PaxosOptions } from './shape.ts';

export const optionSpecs: { readonly [Name in keyof PaxosOptions]: OptionSpec } = {
  ...sharedOptionSpecs,
  readOnlyVotes: {
    kind: 'choice',
    title: 'participants that only read leave with their vote: never, here',
    default: false,
    of: [false],
  },
  voteTimeout: {
    kind: 'duration',
    title: 'time a leader waits for votes, promises and acceptances',
    default: ms(100),
    min: ms(60),
    max: ms(200),
    extremes: [ms(20)],
  },
  inquiryInterval: {
    kind: 'duration',
    title: 'time a participant in doubt waits before it asks',
    default: ms(120),
    min: ms(30),
    max: ms(300),
    extremes: [ms(10)],
  },
  takeoverDelay: {
    kind: 'duration',
    title: 'time between one acceptor and the next that lead because a participant asks',
    default: ms(80),
    min: ms(20),
    max: ms(200),
    extremes: [0],
  },
  votesTo: {
    kind: 'choice',
    title: 'which acceptors a participant tells its vote',
    default: 'majority',
    of: ['majority', 'all'],
  },
};
