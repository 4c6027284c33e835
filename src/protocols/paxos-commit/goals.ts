/** What a campaign must have reached, or it proved little. */
import { goalByNote, type Property, requiredWithin, somebodyRestarts } from '../../check/property.ts';
import type { Json } from '../../sim/plain.ts';

/** A client that asks once never asks again. */
const asksAgain = ({ clientAttempts }: { readonly clientAttempts?: Json }): boolean => clientAttempts !== 1;

export const paxosGoals: readonly Property[] = [
  requiredWithin(10, goalByNote('committed', 'a transaction was committed at a participant', 'committed')),
  requiredWithin(20, goalByNote('aborted', 'a transaction that was being voted on was aborted', 'aborted')),
  requiredWithin(50, goalByNote('votes-missing', 'the coordinator gave up waiting for votes', 'votesMissing')),
  requiredWithin(50, goalByNote('inquired', 'a participant in doubt asked', 'inquiring')),
  requiredWithin(50, goalByNote('leading', 'a ballot beside the first was led', 'leading')),
  requiredWithin(
    500,
    goalByNote('outvoted', 'two processes led the same transaction', 'outvoted'),
    // Without acceptors of its own the coordinator is the only one: nobody leads but who has its vote.
    (_fixed, { nodes }) => nodes.acceptor !== 0,
  ),
  requiredWithin(
    200,
    goalByNote('blocked', 'a leader could not reach a majority (right: the others may decide)', 'blocked'),
  ),
  requiredWithin(
    100,
    goalByNote('in-doubt-at-recovery', 'a participant restarted in doubt', 'inDoubtAtRecovery'),
    somebodyRestarts,
  ),
  requiredWithin(50, goalByNote('gave-way', 'a transaction gave way to another', 'gaveWay')),
  requiredWithin(100, goalByNote('tried-again', 'a transaction that gave way was tried again', 'triedAgain')),
  requiredWithin(100, goalByNote('client-retried', 'a client asked again', 'clientRetried'), asksAgain),
];
