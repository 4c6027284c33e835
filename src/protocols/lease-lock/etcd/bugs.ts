/** Bugs of locks by etcd's recipe. */
import type { PlantedBug } from '../bugs.ts';
import { shortened } from '../rules.ts';

export const etcdBugs: readonly PlantedBug[] = [
  {
    id: 'L10',
    title: 'who is woken takes the lock without looking whether its own key is still there, and its lease for fresh',
    violates: ['EXCL', 'HON', 'FENCE'],
    source: 'etcd-io/etcd#11456',
    recipe:
      'a waiter gives up or dies while the lock is held: who waits behind it is woken; or a waiter outlives its own lease',
    overrides: {
      looksAgain: () => false,
      validUntil: (sentAt, arrivedAt, ttl, ratePpm, waited) => (waited ? arrivedAt : sentAt) + shortened(ttl, ratePpm),
    },
  },
  {
    id: 'L15',
    title: 'a holder whose lease is not kept alive, or is over, goes on',
    violates: ['GONE', 'EXCL', 'HON'],
    source: 'apache/curator#727 (CURATOR-206)',
    recipe: 'a holder is cut off from the servers for longer than its lease lasts, while somebody waits',
    overrides: { isValid: () => true, heedsLoss: () => false },
  },
];
