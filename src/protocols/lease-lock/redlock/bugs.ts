/** Redlock's bug zoo: published bugs, each as another function in the place of one rule. Ids are those of the project's catalogue. */
import type { Bug } from '../../../check/protocol.ts';
import { correctRules, quorumOf, type Rules } from './rules.ts';

export interface PlantedBug extends Omit<Bug, 'protocol'> {
  readonly overrides: Partial<Rules>;
}

const stores: readonly PlantedBug[] = [
  {
    id: 'L08',
    title: 'a store deletes the key, whoever asks',
    violates: ['OWN', 'EXCL'],
    source: 'Redis, "Distributed locks", correct implementation with a single instance',
    recipe: 'a holder whose lock has run out deletes it, while the next one holds it',
    overrides: { mayDelete: () => true },
  },
  {
    id: 'L13',
    title: 'a store that has restarted, and forgotten everything, votes at once',
    violates: ['EXCL', 'KEPT'],
    source: 'Kleppmann 2016; Redis, "Distributed locks", delayed restarts',
    recipe: 'a client holds three stores of five, one of them restarts, another client gets that one and the other two',
    overrides: { mayVote: () => true },
  },
];

const clients: readonly PlantedBug[] = [
  {
    id: 'L05',
    title: 'the validity counts from the answer of the last store',
    violates: ['EXCL', 'HON', 'HELD'],
    source: 'Gray and Cheriton 1989; Redis, "Distributed locks", step 3',
    recipe: 'the answers of some stores are slow',
    overrides: {
      validUntil: (_sentAt, arrivedAt, options) => correctRules.validUntil(arrivedAt, arrivedAt, options),
    },
  },
  {
    id: 'L06a',
    title: 'the holder counts on its wall clock',
    violates: ['EXCL', 'HON', 'HELD'],
    source: 'Kleppmann 2016; mike-marcacci/node-redlock uses Date.now',
    recipe: 'the wall clock of a holder is set back',
    overrides: { holderClock: ({ wallClock }) => wallClock },
  },
  {
    id: 'L11',
    title: 'a quorum is enough, however long it took',
    violates: ['EXCL', 'HON', 'HELD'],
    source: 'mike-marcacci/node-redlock#296, #369',
    recipe: 'stores are so slow that the keys have run out when the last answer of a quorum arrives',
    overrides: {
      outcome: (yes, no, count, left, needed) =>
        yes >= quorumOf(count) ? 'won' : correctRules.outcome(yes, no, count, left, needed),
    },
  },
  {
    id: 'L12a',
    title: 'a failed attempt leaves its keys where they are',
    violates: ['GHOST', 'liveness'],
    source: 'mike-marcacci/node-redlock#369',
    recipe:
      'two clients share five stores between them, and nobody has a quorum; the retry meets the keys of the first attempt',
    overrides: { toTakeBack: () => [] },
  },
  {
    id: 'L12b',
    title: 'a failed attempt deletes its keys only where it was told that they were set',
    violates: ['GHOST', 'liveness'],
    source: 'Redis, "Distributed locks", step 5',
    recipe: 'the yes of a store is lost or late',
    overrides: { toTakeBack: (_stores, saidYes) => saidYes },
  },
  {
    id: 'L14',
    title: 'waits for a quorum of yes or a quorum of no, which an even number of stores need not give',
    violates: ['liveness'],
    source: 'own reading of the source of mike-marcacci/node-redlock',
    recipe: 'four stores, two say yes and two say no',
    overrides: {
      outcome(yes, no, count, left, needed) {
        if (yes >= quorumOf(count)) return correctRules.outcome(yes, no, count, left, needed);
        return no >= quorumOf(count) ? 'lost' : 'open';
      },
    },
  },
  {
    id: 'L23',
    title: 'all attempts of an acquisition use one value',
    violates: ['EXCL', 'GHOST', 'HON', 'HELD'],
    source: 'own; mike-marcacci/node-redlock draws one value per acquire()',
    recipe: 'the deletion after a failed attempt is slow, and takes away the key of the next',
    overrides: { valueFor: (id) => `a${id}` },
  },
  {
    id: 'L24',
    title: 'automatic extension goes on while the lock is given back',
    violates: ['GHOST'],
    source: 'own; Redis, "Distributed locks", extending the lock',
    recipe: 'stores are slow to confirm the release',
    overrides: { mayExtend: (_phase, round, { extensionsMax }) => round < extensionsMax },
  },
];

export const plantedBugs: readonly PlantedBug[] = [...stores, ...clients];

export const rulesOf = ({ overrides }: PlantedBug): Rules => ({ ...correctRules, ...overrides });
