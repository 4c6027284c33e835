/** Options that all commit protocols of this family have. */
import type { OptionSpec } from '../../check/protocol.ts';
import { ms } from '../../sim/protocol.ts';
import type { ClientOptions } from './client.ts';
import type { ManagerOptions } from './manager.ts';
import type { WorkOptions } from './resource.ts';

export type SharedOptions = ClientOptions & ManagerOptions & WorkOptions;

export const sharedOptionSpecs: { readonly [Name in keyof SharedOptions]: OptionSpec } = {
  lockPolicy: {
    kind: 'choice',
    title: "what becomes of locks in each other's way",
    default: 'wait-die',
    of: ['wait-die', 'wound-wait', 'timeout'],
  },
  lockTimeout: {
    kind: 'duration',
    title: 'time a lock is waited for (lockPolicy timeout)',
    default: ms(80),
    min: ms(30),
    max: ms(200),
  },
  idleTimeout: {
    kind: 'duration',
    title: 'time a transaction is kept at a participant without being asked to prepare',
    default: ms(500),
    min: ms(150),
    max: ms(1_000),
    extremes: [ms(60)],
  },
  readOnlyVotes: {
    kind: 'choice',
    title: 'whether participants that only read leave with their vote',
    default: true,
    of: [true, false],
  },
  workTimeout: {
    kind: 'duration',
    title: 'time the participants may take for the work of a transaction',
    default: ms(400),
    min: ms(150),
    max: ms(800),
  },
  restartTimeout: {
    kind: 'duration',
    title: 'time a request waits for the transaction that it gave way to',
    default: ms(400),
    min: ms(100),
    max: ms(800),
  },
  attemptsMax: { kind: 'integer', title: 'times a transaction is tried', default: 8, min: 2, max: 12, extremes: [1] },
  restartDelayMax: {
    kind: 'duration',
    title: 'longest pause before it is tried again',
    default: ms(10),
    min: 0,
    max: ms(50),
  },
  clientTimeout: {
    kind: 'duration',
    title: 'time a client waits before it asks again',
    default: ms(600),
    min: ms(150),
    max: ms(1_000),
  },
  clientAttempts: {
    kind: 'integer',
    title: 'times a client asks before it gives up',
    default: 6,
    min: 2,
    max: 10,
    extremes: [1],
  },
};
