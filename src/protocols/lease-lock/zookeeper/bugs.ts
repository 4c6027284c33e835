/** Bugs of locks by ZooKeeper's recipe. */
import type { PlantedBug } from '../bugs.ts';

export const zooKeeperBugs: readonly PlantedBug[] = [
  {
    id: 'L15',
    title: 'a holder whose connection is suspended, or whose session has expired, goes on',
    violates: ['GONE', 'EXCL', 'HON'],
    source: 'apache/curator#727 (CURATOR-206)',
    recipe: 'a holder is cut off from the servers for longer than its session lasts, while somebody waits',
    overrides: { isValid: () => true, heedsLoss: () => false },
  },
  {
    id: 'L16',
    title: 'whoever hears nothing of its node makes another one, and leaves the first behind',
    violates: ['GHOST', 'liveness'],
    source: 'apache/curator#835 (CURATOR-315)',
    recipe: 'the answer to the creation of a node is lost, while the session lives',
    overrides: { looksForLostNode: () => false },
  },
];
