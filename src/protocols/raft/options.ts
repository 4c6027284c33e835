/** Raft's options, and how fuzzing draws them. */
import type { OptionSpec } from '../../check/protocol.ts';
import { ms } from '../../sim/protocol.ts';
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
    extremes: [ms(150)],
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
  },
  clientTimeout: {
    kind: 'duration',
    title: 'time a client waits before it asks another server',
    default: ms(400),
    min: ms(150),
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
};

/** The options with their defaults, some of them changed. */
export function raftOptions(changes: Partial<RaftOptions> = {}): RaftOptions {
  const defaults = Object.fromEntries(Object.entries(optionSpecs).map(([name, spec]) => [name, spec.default]));
  return { ...(defaults as unknown as RaftOptions), ...changes };
}
