/** Planted bugs of replicated servers, as other functions in the place of rules. */

import { type PlantedBug, plantedBugs } from '../bugs.ts';

export const replicaBugs: readonly PlantedBug[] = [
  {
    id: 'L18',
    title: 'every replica ends leases by its own clock',
    violates: ['EXCL', 'AGREE', 'TOK', 'FENCE'],
    source: 'contrast: etcd revokes leases through its log',
    recipe: 'a replica learns late of a renewal, or its clock is fast; then it is the leader',
    overrides: { countsLeases: () => true, expiresThroughLog: () => false },
  },
  {
    id: 'L19',
    title: 'a new leader takes leases that it has not counted itself for over',
    violates: ['EXCL'],
    source: 'Burrows 2006, section 2.9; Gray and Cheriton 1989',
    recipe: 'the leader changes while the lock is held and somebody waits',
    overrides: { leaseAfterFailover: (now) => now },
  },
];

/** Of the single server's bugs those that a replicated one may have as well, in what it executes. */
export const replicatedLockBugs: readonly PlantedBug[] = [
  ...plantedBugs.filter(({ id }) => id === 'L08' || id === 'L21'),
  ...replicaBugs,
];
