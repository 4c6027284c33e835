/** The lock's options, and how fuzzing draws them. */
import type { OptionSpec } from '../../check/protocol.ts';
import { ms } from '../../sim/protocol.ts';
import type { GuardOptions, LeaseLockOptions } from './shape.ts';

export const optionSpecs: { readonly [Name in keyof LeaseLockOptions]: OptionSpec } = {
  ttl: {
    kind: 'duration',
    title: 'how long a lease lasts that is not renewed',
    default: ms(300),
    min: ms(150),
    max: ms(500),
    extremes: [ms(60)],
  },
  renewInterval: {
    kind: 'duration',
    title: 'time between renewals of a holder',
    default: ms(100),
    min: ms(40),
    max: ms(150),
    extremes: [ms(400)],
  },
  retryInterval: {
    kind: 'duration',
    title: 'time before a question is asked again; keeps waiters in the queue',
    default: ms(80),
    min: ms(40),
    max: ms(140),
    // So patient that its lease is over before it asks again.
    extremes: [ms(400)],
  },
  stepInterval: {
    kind: 'duration',
    title: 'time between two guarded writes',
    default: ms(40),
    min: ms(0),
    max: ms(120),
  },
  acquireAttempts: {
    kind: 'integer',
    title: 'times a client asks for the lock before it gives up',
    default: 30,
    min: 10,
    max: 40,
    extremes: [2],
  },
  clockRatePpmMax: {
    kind: 'integer',
    title: 'how far off clocks may be, in parts per million',
    default: 1_000,
    min: 100,
    max: 100_000,
  },
};

/** Burrows 2006, section 2.4: a lock-delay of up to one minute, where a session lasts 12 s. */
export const guardOptionSpecs: { readonly [Name in keyof Required<GuardOptions>]: OptionSpec } = {
  guard: {
    kind: 'choice',
    title:
      'what keeps late writes from the resource: it compares tokens, or a lock that was lost is not granted for a while',
    default: 'tokens',
    of: ['tokens', 'lock-delay'],
  },
  lockDelay: {
    kind: 'duration',
    title: 'how long nobody gets a lock that was lost, where the resource compares nothing',
    default: ms(600),
    min: ms(100),
    max: ms(1_200),
    // So short that messages are often later.
    extremes: [ms(20)],
  },
};
