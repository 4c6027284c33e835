/**
 * The bug zoo: published mistakes, each as another function in the place of one of the rules. Ids are those of the project's catalogue.
 */
import type { Bug } from '../../check/protocol.ts';
import { plainRules } from './plain.ts';
import { createQuorumRules } from './quorum.ts';
import type { Rules } from './rules.ts';

export interface PlantedBug extends Omit<Bug, 'protocol'> {
  readonly overrides: Partial<Rules>;
}

const anyoneIn = (state: string, reports: Parameters<Rules['verdict']>[0]): boolean =>
  reports.some((report) => report.state === state);

/** BHG 7.5. In plain three-phase commit no message is so late; by quorums it does no harm, since p and pa are for good there. */
const obeysAll: Partial<Rules> = { obeys: () => true };

export const plainBugs: readonly PlantedBug[] = [
  {
    id: 'P01',
    title: 'at a time-out w aborts and p commits, without asking anybody',
    violates: ['NB', 'AC1', 'AC2', 'DUR', 'CONS', 'SER', 'ISO'],
    source: 'Skeen 1981; BHG 7.5',
    recipe: 'the coordinator dies after one PRE-COMMIT',
    overrides: { whenInDoubt: (state) => (state === 'p' ? 'commit' : 'abort') },
  },
  {
    id: 'P02',
    title: 'a new leader that finds a p commits without pre-committing the others first',
    violates: ['NB', 'AC1', 'DUR', 'CONS', 'SER', 'ISO'],
    source: 'BHG 7.5',
    recipe: 'the new leader dies after its own commit; the next finds only w',
    overrides: {
      verdict(reports, members) {
        const verdict = plainRules.verdict(reports, members);
        return verdict === 'pre-commit' ? 'commit' : verdict;
      },
    },
  },
  {
    id: 'P03',
    title: 'a leader that finds a w aborts, also where another is pre-committed',
    violates: ['NB', 'AC1', 'DUR', 'CONS', 'SER', 'ISO'],
    source: 'textbook',
    recipe:
      'outside the model: PRE-COMMIT is late for one beyond the bound, the coordinator commits without its acknowledgement and dies',
    overrides: {
      verdict(reports, members) {
        const undecided = !anyoneIn('a', reports) && !anyoneIn('c', reports);
        return undecided && anyoneIn('w', reports) ? 'abort' : plainRules.verdict(reports, members);
      },
    },
  },
  {
    id: 'P04a',
    title: 'a process still obeys a leader that has been replaced',
    violates: ['OBEY', 'AC1', 'DUR', 'CONS', 'SER', 'ISO'],
    source: 'BHG 7.5',
    recipe:
      'outside the model: an old PRE-COMMIT arrives after its sender was replaced, and the new leader dies while it aborts',
    overrides: obeysAll,
  },
  {
    id: 'P05',
    title: 'a process that has crashed in p commits when it is back',
    violates: ['NB', 'AC1', 'AC2', 'DUR', 'CONS', 'SER', 'ISO'],
    source: 'BHG 7.5',
    recipe: 'it crashes in p, and the others abort: all of them are in w',
    overrides: { afterRecovery: (own) => (own.state === 'p' ? 'commit' : 'block') },
  },
  {
    id: 'P06',
    title: 'after a total failure the first to be back aborts',
    violates: ['NB', 'AC1', 'AC2', 'DUR', 'CONS', 'SER', 'ISO'],
    source: 'Skeen 1983',
    recipe: 'the last process to fail had committed',
    overrides: { afterRecovery: () => 'abort' },
  },
];

export const enhancedBugs: readonly PlantedBug[] = [
  {
    id: 'P04b',
    title: 'a process still obeys a leader that has been replaced',
    violates: ['OBEY', 'AC1', 'AC2', 'DUR', 'CONS', 'SER', 'ISO'],
    source: 'BHG 7.5; Keidar, Dolev 1998',
    recipe: 'two leaders, and the proposal of the first is late',
    overrides: obeysAll,
  },
];

export const quorumBugs: readonly PlantedBug[] = [
  {
    id: 'P07',
    title: 'commit and abort quorums that need not meet',
    violates: ['TR', 'SETTLED', 'AC1', 'DUR', 'CONS', 'SER', 'ISO'],
    source: 'Skeen 1982',
    recipe: 'two against two of four, one side with a pre-commit',
    overrides: createQuorumRules((members) => ({ commit: Math.ceil(members / 2), abort: Math.ceil(members / 2) })),
  },
];
