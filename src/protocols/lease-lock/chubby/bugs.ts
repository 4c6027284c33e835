/** Bugs of Chubby's sessions. */
import type { PlantedBug } from '../bugs.ts';
import { replicaBugs } from '../replicated/bugs.ts';

export const chubbyBugs: readonly PlantedBug[] = [
  {
    id: 'L15',
    title: 'a holder whose session is in jeopardy, or has expired, goes on',
    violates: ['JEOP', 'HON', 'EXCL'],
    source: 'Burrows 2006, section 2.8; apache/curator#727 (CURATOR-206)',
    recipe: 'a holder is cut off from the servers for longer than its session lasts, while somebody waits',
    overrides: { blocksInJeopardy: () => false, heedsLoss: () => false },
  },
  ...replicaBugs,
];
