/** Redlock's options, and how fuzzing draws them. */
import type { OptionSpec } from '../../../check/protocol.ts';
import { ms } from '../../../sim/protocol.ts';
import type { RedlockOptions } from './shape.ts';

export const optionSpecs: { readonly [Name in keyof RedlockOptions]: OptionSpec } = {
  ttl: {
    kind: 'duration',
    title: 'how long a store keeps a key that is not extended',
    default: ms(300),
    min: ms(150),
    max: ms(500),
    extremes: [ms(60)],
  },
  storeTimeout: {
    kind: 'duration',
    title: 'how long a client waits for the stores',
    default: ms(50),
    min: ms(20),
    max: ms(100),
    extremes: [ms(300), ms(600)],
  },
  retryDelay: { kind: 'duration', title: 'least time between two attempts', default: ms(40), min: ms(5), max: ms(100) },
  retryJitter: {
    kind: 'duration',
    title: 'random time between two attempts, on top',
    default: ms(60),
    min: ms(20),
    max: ms(100),
  },
  acquireAttempts: {
    kind: 'integer',
    title: 'attempts of a client before it gives up',
    default: 20,
    min: 10,
    max: 30,
    extremes: [1],
  },
  extendBefore: {
    kind: 'duration',
    title: 'a holder asks for more time when so much is left',
    default: ms(150),
    min: ms(20),
    max: ms(200),
  },
  extensionsMax: {
    kind: 'integer',
    title: 'times a holder asks for more time in one acquisition',
    default: 3,
    min: 0,
    max: 5,
  },
  stepInterval: {
    kind: 'duration',
    title: 'time between two guarded writes',
    default: ms(40),
    min: ms(0),
    max: ms(200),
  },
  writeRetryInterval: {
    kind: 'duration',
    title: 'time before a write is repeated that was not acknowledged',
    default: ms(80),
    min: ms(40),
    max: ms(140),
  },
  clockRatePpmMax: {
    kind: 'integer',
    title: 'how far off clocks may be, in parts per million; the drift of the published algorithm is twice as much',
    default: 5_000,
    min: 100,
    max: 100_000,
  },
  storeClock: {
    kind: 'choice',
    title: 'the clock that stores count on; Redis: wall',
    default: 'monotonic',
    of: ['monotonic', 'wall'],
  },
  restarts: {
    kind: 'choice',
    title: 'when a restarted store, which has forgotten its keys, votes again',
    default: 'delayed',
    of: ['delayed', 'immediate'],
  },
  trustedWith: {
    kind: 'choice',
    title: 'what is to be exclusive: the beliefs of clients, or their writes as well, in a world that is never late',
    default: 'beliefs',
    of: ['beliefs', 'writes'],
  },
};
