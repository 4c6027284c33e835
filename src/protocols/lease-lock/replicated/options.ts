/** Options of replicated locks: those of the lock, and those of the Raft below it. */
import type { OptionSpec } from '../../../check/protocol.ts';
import { ms } from '../../../sim/protocol.ts';
import { type RaftOptions, raftOptionSpecs, raftOptions } from '../../raft/raft.ts';
import { optionSpecs } from '../options.ts';
import type { LeaseLockOptions } from '../shape.ts';

/** What of Raft's options a replicated lock leaves open. */
type Below = 'electionTimeoutMin' | 'electionTimeoutMax' | 'heartbeatInterval' | 'preVote' | 'checkQuorum';

export interface ReplicatedOptions extends LeaseLockOptions, Pick<RaftOptions, Below> {
  /** What only extends a lease is no command: the leader notes it, and answers when it is confirmed that it still leads. */
  readonly volatileLeases: boolean;
}

/** A fail-over takes an election or two: leases are longer, so that some outlive it. */
export const replicatedOptionSpecs: { readonly [Name in keyof ReplicatedOptions]: OptionSpec } = {
  ...optionSpecs,
  ttl: { ...optionSpecs.ttl, default: ms(500), min: ms(250), max: ms(1_000), extremes: [ms(100)] } as OptionSpec,
  electionTimeoutMin: raftOptionSpecs.electionTimeoutMin,
  electionTimeoutMax: raftOptionSpecs.electionTimeoutMax,
  heartbeatInterval: raftOptionSpecs.heartbeatInterval,
  preVote: raftOptionSpecs.preVote,
  checkQuorum: raftOptionSpecs.checkQuorum,
  volatileLeases: {
    kind: 'choice',
    title: 'what only extends a lease is kept in the memory of the leader, which confirms that it leads',
    default: false,
    of: [false, true],
  },
};

/** Confirming that it leads costs the leader a round of heartbeats (diss 6.4), repeated while somebody waits for it. */
export function raftOptionsOf(host: object): RaftOptions {
  const { electionTimeoutMin, electionTimeoutMax, heartbeatInterval, preVote, checkQuorum } = host as ReplicatedOptions;
  const reads = 'read-index';
  return raftOptions({ electionTimeoutMin, electionTimeoutMax, heartbeatInterval, preVote, checkQuorum, reads });
}
