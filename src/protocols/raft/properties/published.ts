/**
 * What options mean by the books, apart from the code that is held against it: a property that asked the protocol when it must step down
 * would believe a server that is mistaken about it.
 */
import type { Micros } from '../../../sim/protocol.ts';
import type { RaftOptions } from '../shape.ts';

/** diss 4.2.3, 6.4.1: who has heard from a leader disregards requests for votes; leases rest on it. */
export const mustBeSticky = ({ stickiness, reads }: RaftOptions): boolean => stickiness || reads === 'lease';

/** diss 6.2: a leader that does not hear a majority for an election timeout steps down. With leases it must, since nobody would vote for another. */
export const mustCheckQuorum = ({ checkQuorum, reads }: RaftOptions): boolean => checkQuorum || reads === 'lease';

/** diss 4.2.3, 9.6: who has heard from a leader helps nobody else for a while, where somebody asks. */
export const mayBeLoyal = (options: RaftOptions): boolean => options.preVote || mustBeSticky(options);

/** diss 6.4: queries that are not in the log. */
export const mayReadBesideLog = ({ reads }: RaftOptions): boolean => reads === 'read-index' || reads === 'lease';

/** Section 5.2: timeouts are drawn from an interval; where it is empty there is one. */
export const longestTimeout = ({ electionTimeoutMin, electionTimeoutMax }: RaftOptions): Micros =>
  electionTimeoutMax > electionTimeoutMin ? electionTimeoutMax : electionTimeoutMin;
