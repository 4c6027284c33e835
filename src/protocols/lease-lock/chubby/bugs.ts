/** Bugs of Chubby's sessions. */
import type { PlantedBug } from '../bugs.ts';
import { delayBugs, replicaBugs } from '../replicated/bugs.ts';

export const chubbyBugs: readonly PlantedBug[] = [
  {
    id: 'L15',
    title: 'a holder whose session is in jeopardy, or has expired, goes on',
    violates: ['GONE', 'JEOP', 'HON', 'EXCL'],
    source: 'Burrows 2006, section 2.8; apache/curator#727 (CURATOR-206)',
    recipe: 'a holder is cut off from the servers for longer than its session lasts, while somebody waits',
    overrides: { blocksInJeopardy: () => false, heedsLoss: () => false },
  },
  ...delayBugs,
  {
    id: 'L25',
    title: 'a session that is closed while its client holds the lock leaves it free at once',
    violates: ['DELAY', 'ORDER'],
    source: 'own; Burrows 2006, section 2.4',
    recipe: 'a holder hears nobody for longer than the grace period, closes its session, and somebody waits',
    overrides: { delaysAfterClose: () => false },
  },
  ...replicaBugs,
];
