/** Raft's options, and how fuzzing draws them. */
import type { OptionSpec } from '../../check/protocol.ts';
import { type Micros, ms } from '../../sim/protocol.ts';
import type { RaftOptions } from './shape.ts';

export const optionSpecs: { readonly [Name in keyof RaftOptions]: OptionSpec } = {
  electionTimeoutMin: {
    kind: 'duration',
    title: 'shortest election timeout',
    default: ms(150),
    min: ms(100),
    max: ms(250),
  },
  electionTimeoutMax: {
    kind: 'duration',
    title: 'longest election timeout (not less than the shortest)',
    default: ms(300),
    min: ms(200),
    max: ms(500),
    notBelow: 'electionTimeoutMin',
  },
  heartbeatInterval: {
    kind: 'duration',
    title: 'time between heartbeats of a leader',
    default: ms(50),
    min: ms(20),
    max: ms(75),
    extremes: [ms(150)],
  },
  maxEntriesPerAppend: {
    kind: 'integer',
    title: 'entries in one AppendEntries',
    default: 64,
    min: 1,
    max: 64,
    extremes: [1],
  },
  sessionsMax: {
    kind: 'integer',
    title: 'client sessions kept before the idlest expires',
    default: 256,
    min: 32,
    max: 256,
    // So few that sessions expire whose clients still ask.
    extremes: [8],
  },
  clientTimeout: {
    kind: 'duration',
    title: 'time a client waits before it asks another server',
    default: ms(400),
    // Impatient clients ask everybody, and meet leaders that have just been elected.
    min: ms(25),
    max: ms(800),
  },
  clientAttempts: {
    kind: 'integer',
    title: 'times a client asks before it gives up',
    default: 6,
    min: 2,
    max: 10,
    extremes: [1],
  },
  preVote: {
    kind: 'choice',
    title: 'a server asks whether it could win before it campaigns',
    default: false,
    of: [false, true],
  },
  checkQuorum: {
    kind: 'choice',
    title: 'a leader that hears from no quorum steps down (always with lease reads)',
    default: false,
    of: [false, true],
  },
  stickiness: {
    kind: 'choice',
    title: 'who has just heard from a leader ignores requests for votes (always with lease reads)',
    default: false,
    of: [false, true],
  },
  reads: {
    kind: 'choice',
    title: 'what a read waits for: its entry in the log, a round of heartbeats, or nothing within a lease',
    default: 'log',
    of: ['log', 'read-index', 'lease'],
  },
  followerReads: {
    kind: 'choice',
    title: 'followers answer reads beside the log',
    default: false,
    of: [false, true],
  },
  clockRatePpmMax: {
    kind: 'integer',
    title: 'how far off clocks may be for lease reads, in parts per million',
    default: 1_000,
    min: 100,
    max: 100_000,
  },
};

/** diss 6.4.1: the lease holds only while nobody who has just heard from the leader helps another into office. */
export const isSticky = ({ stickiness, reads }: RaftOptions): boolean => stickiness || reads === 'lease';

/** diss 6.4.1: and a leader that could not renew its lease must not refuse votes for ever. */
export const checksQuorum = ({ checkQuorum, reads }: RaftOptions): boolean => checkQuorum || reads === 'lease';

/** Whether anybody will ask when this server has heard from a leader. */
export const isLoyal = ({ preVote, stickiness, reads }: RaftOptions): boolean =>
  preVote || stickiness || reads === 'lease';

/** Whether queries are answered beside the log. */
export const readsBesideLog = ({ reads }: RaftOptions): boolean => reads === 'read-index' || reads === 'lease';

export const longestElectionTimeout = ({ electionTimeoutMin, electionTimeoutMax }: RaftOptions): Micros =>
  Math.max(electionTimeoutMin, electionTimeoutMax);

/** The options with their defaults, some of them changed. */
export function raftOptions(changes: Partial<RaftOptions> = {}): RaftOptions {
  const defaults = Object.fromEntries(Object.entries(optionSpecs).map(([name, spec]) => [name, spec.default]));
  return { ...(defaults as unknown as RaftOptions), ...changes };
}
