/** Two-phase commit's options, and how fuzzing draws them. */
import type { OperatorAction, OptionSpec } from '../../check/protocol.ts';
import { ms } from '../../sim/protocol.ts';
import { sharedOptionSpecs } from '../atomic-commit/options.ts';
import type { TwoPhaseOptions } from './shape.ts';

/** Who has asked in vain may be told by its operator what to believe. */
export const operatorActions: readonly OperatorAction[] = [
  { type: 'heuristic', noted: 'inquiring', arguments: { commit: { kind: 'choice', of: [true, false] } } },
];

export const optionSpecs: { readonly [Name in keyof TwoPhaseOptions]: OptionSpec } = {
  ...sharedOptionSpecs,
  presumption: {
    kind: 'choice',
    title: 'what "no record of it" means',
    default: 'abort',
    of: ['nothing', 'abort', 'commit'],
  },
  cooperative: {
    kind: 'choice',
    title: 'whether participants in doubt ask each other too',
    default: true,
    of: [true, false],
  },
  voteTimeout: {
    kind: 'duration',
    title: 'time the coordinator waits for votes',
    default: ms(100),
    min: ms(60),
    max: ms(200),
    extremes: [ms(20)],
  },
  resendInterval: {
    kind: 'duration',
    title: 'time between repetitions of a decision that is not acknowledged',
    default: ms(80),
    min: ms(30),
    max: ms(200),
  },
  inquiryInterval: {
    kind: 'duration',
    title: 'time a participant in doubt waits before it asks',
    default: ms(120),
    min: ms(30),
    max: ms(300),
    extremes: [ms(10)],
  },
};
