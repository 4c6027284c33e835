/** The bug zoo: each as another function in the place of one of the rules. Ids are those of the project's catalogue. */
import type { Bug } from '../../check/protocol.ts';
import type { Rules } from './rules.ts';

interface PlantedBug extends Omit<Bug, 'protocol'> {
  readonly overrides: Partial<Rules>;
}

export const plantedBugs: readonly PlantedBug[] = [
  {
    id: 'P10',
    title: 'a leader that misses acceptances proposes to abort without asking first what was accepted',
    violates: ['PROPOSE', 'CHOSEN', 'AC1', 'AC2', 'DUR', 'CONS', 'SER', 'ISO'],
    source: 'Gray, Lamport 2006, 4.2',
    recipe: 'what a majority has accepted in ballot 0 is slow to reach the coordinator [off: F = 0]',
    overrides: { asksFirst: () => false, mustPropose: () => [] },
  },
];
