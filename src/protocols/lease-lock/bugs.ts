/**
 * The bug zoo: published bugs, each as another function in the place of one or a few rules. Ids are those of the project's catalogue;
 * sources are papers, manuals, or threads as `owner/repository#number`.
 */
import type { Bug } from '../../check/protocol.ts';
import { correctRules, type Rules, shortened } from './rules.ts';

export interface PlantedBug extends Omit<Bug, 'protocol'> {
  readonly overrides: Partial<Rules>;
}

const resources: readonly PlantedBug[] = [
  {
    id: 'L01',
    title: 'the resource does not look at tokens',
    violates: ['FENCE'],
    source: 'Kleppmann 2016; etcd-io/etcd#11457',
    recipe: 'a holder stops between looking at its lease and writing, for longer than the lease lasts',
    overrides: { mayRegister: () => true, mayWrite: () => true },
  },
  {
    id: 'L02',
    title: 'tokens are compared before the write is sent, and not when it arrives',
    violates: ['FENCE'],
    source: 'Kleppmann 2016',
    recipe: 'a write is on its way while the lease ends and the next holder comes',
    overrides: { mayWrite: () => true },
  },
  {
    id: 'L03',
    title: 'the resource keeps the greatest token in memory',
    violates: ['FENCE'],
    source: 'own',
    recipe: 'the resource restarts, then a write of an earlier holder arrives',
    overrides: { isFenceDurable: () => false },
  },
];

const servers: readonly PlantedBug[] = [
  {
    id: 'L04',
    title: 'tokens count from one again when the server restarts',
    violates: ['TOK', 'FENCE', 'liveness'],
    source: 'Kleppmann 2016: Redlock has no counter at all',
    recipe: 'the server restarts between two grants',
    overrides: { tokenAfterRestart: () => 0 },
  },
  {
    id: 'L06b',
    title: 'the server counts leases on its wall clock',
    violates: ['EXCL', 'REL', 'liveness'],
    source: 'Kleppmann 2016',
    recipe: 'the wall clock of the server jumps ahead while the lock is held and somebody waits',
    overrides: { serverClock: ({ wallClock }) => wallClock },
  },
  {
    id: 'L08',
    title: 'a release frees the lock, whoever holds it',
    violates: ['OWN', 'EXCL'],
    source: 'Redis, SET, "Patterns"',
    recipe: 'a holder whose lease has expired releases, while the next one holds the lock',
    overrides: { mayRelease: () => true },
  },
  {
    id: 'L08b',
    title: 'a release frees the lock of its sender, whatever acquisition it names',
    violates: ['OWN', 'EXCL'],
    source: 'own; etcd-io/etcd#11457 (a client is not a session)',
    recipe: 'a release is repeated or late, and arrives when its sender holds the lock again',
    overrides: { mayRelease: (holder, client) => holder.client === client },
  },
  {
    id: 'L20',
    title: 'a waiter that is gone is not passed over',
    violates: ['REL', 'liveness'],
    source: 'textbook',
    recipe: 'the first in the queue crashes',
    overrides: { passesOver: () => false },
  },
  {
    id: 'L21',
    title: 'a request for the lock that arrives after its release is granted',
    violates: ['GHOST'],
    source: 'own; compare CURATOR-315',
    recipe: 'an Acquire is repeated by the network and overtaken by the Release',
    overrides: { isOver: () => false },
  },
];

const holders: readonly PlantedBug[] = [
  {
    id: 'L05',
    title: 'a lease counts from the arrival of the answer',
    violates: ['EXCL', 'HON'],
    source: 'Gray and Cheriton 1989',
    recipe: 'the grant, or the answer to a renewal, is slow',
    overrides: { validUntil: (_sentAt, arrivedAt, ttl, ratePpm) => arrivedAt + shortened(ttl, ratePpm) },
  },
  {
    id: 'L06a',
    title: 'the holder counts its lease on its wall clock',
    violates: ['EXCL', 'HON'],
    source: 'Kleppmann 2016; mike-marcacci/node-redlock uses Date.now',
    recipe: 'the wall clock of a holder that is cut off is set back',
    overrides: { holderClock: ({ wallClock }) => wallClock },
  },
  {
    id: 'L10',
    title: 'a waiter takes the news that its turn has come for a fresh lease, although its own has been running out',
    violates: ['EXCL', 'HON'],
    source: 'etcd-io/etcd#11456',
    recipe: 'a waiter is cut off for most of a lease, or the news is slow',
    overrides: {
      validUntil: (sentAt, arrivedAt, ttl, ratePpm, waited) => (waited ? arrivedAt : sentAt) + shortened(ttl, ratePpm),
    },
  },
];

export const plantedBugs: readonly PlantedBug[] = [...resources, ...servers, ...holders];

export const rulesOf = ({ overrides }: PlantedBug): Rules => ({ ...correctRules, ...overrides });
