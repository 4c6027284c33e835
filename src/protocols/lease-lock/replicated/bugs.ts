/** Planted bugs of replicated servers, as other functions in the place of rules. */

import { type PlantedBug, plantedBugs } from '../bugs.ts';

export const replicaBugs: readonly PlantedBug[] = [
  {
    id: 'L18',
    title: 'every replica ends leases by its own clock',
    violates: ['EXCL', 'AGREE', 'DELAY', 'TOK', 'FENCE'],
    source: 'contrast: etcd revokes leases through its log',
    recipe: 'a replica learns late of a renewal, or its clock is fast; then it is the leader',
    overrides: { countsLeases: () => true, expiresThroughLog: () => false },
  },
  {
    id: 'L19',
    title: 'a new leader takes leases that it has not counted itself for over',
    violates: ['EXCL', 'KEEP'],
    source: 'Burrows 2006, section 2.9; Gray and Cheriton 1989',
    recipe: 'the leader changes while the lock is held and somebody waits',
    overrides: { leaseAfterFailover: (now) => now },
  },
];

/** Of the lock-delay, where there is one. */
export const delayBugs: readonly PlantedBug[] = [
  {
    id: 'L22',
    title: 'a lock that was lost is free at once, although nobody compares tokens',
    violates: ['DELAY', 'ORDER'],
    source: 'Burrows 2006, section 2.4',
    recipe: 'the lease of a holder is over while somebody waits and a write is under way',
    overrides: { delaysAfterLoss: () => false },
  },
  {
    id: 'L23',
    title: 'a new leader takes the lock-delay that its predecessor was counting for over',
    violates: ['DELAY', 'ORDER'],
    source: 'own; Burrows 2006, sections 2.4 and 2.9',
    recipe:
      'the leader changes soon after the lease of a holder is over, while somebody waits and a write is under way',
    overrides: { delayAfterFailover: (now) => now },
  },
];

/** Of the single server's bugs those that a replicated one may have as well, in what it executes. */
export const replicatedLockBugs: readonly PlantedBug[] = [
  ...plantedBugs.filter(({ id }) => id === 'L08' || id === 'L21'),
  ...replicaBugs,
  ...delayBugs,
];
