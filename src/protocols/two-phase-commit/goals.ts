/**
 * What a campaign must have reached, or it proved little. Some are decoys: alarming, but right, and never to be reported.
 */
import {
  goalByNote,
  type Property,
  requiredWithin,
  type Sometimes,
  somebodyRestarts,
  sometimes,
} from '../../check/property.ts';
import type { Json } from '../../sim/plain.ts';
import { resourceOf } from '../atomic-commit/properties/facts.ts';
import type { TxnId } from '../atomic-commit/transactions.ts';

/** A client that asks once never asks again. */
const asksAgain = ({ clientAttempts }: { readonly clientAttempts?: Json }): boolean => clientAttempts !== 1;

const operatorsAct: Sometimes<unknown>['reachableUnder'] = (_fixed, { faults }) => faults.includes('admin');

const oracle = 'internal';

/** Decoy: two-phase commit blocks. That is its price, not a bug. */
const blocked: Property = sometimes<{ readonly since: Map<string, number> }>({
  name: 'blocked',
  title: 'a participant was in doubt through five inquiries without an answer (right: nobody it can reach knows)',
  source: 'BHG 7.4',
  oracle,
  role: 'participant',
  start: () => ({ since: new Map() }),
  note(memory, node, text, data) {
    if (text !== 'inquiring') return false;
    const key = `${node} ${(data as { readonly txn: TxnId }).txn}`;
    const times = (memory.since.get(key) ?? 0) + 1;
    memory.since.set(key, times);
    return times >= 5;
  },
});

const lockedWhileInDoubt: Property = sometimes<null>({
  name: 'waited-for-doubt',
  title: 'a transaction waited for a lock of one that was in doubt after a restart',
  oracle,
  role: 'participant',
  start: () => null,
  step(_memory, _node, state: object) {
    const { locals, locks } = resourceOf(state);
    for (const { age, steps, phase } of locals) {
      // Its steps were only in memory.
      if (steps.length > 0 || phase !== 'prepared') continue;
      if (locks.some(({ holders, queue }) => queue.length > 0 && holders.some((holder) => holder.age.txn === age.txn)))
        return true;
    }
    return false;
  },
});

export const twoPhaseGoals: readonly Property[] = [
  requiredWithin(10, goalByNote('committed', 'a transaction was committed at a participant', 'committed')),
  requiredWithin(20, goalByNote('aborted', 'a transaction that was being voted on was aborted', 'aborted')),
  requiredWithin(50, goalByNote('votes-missing', 'the coordinator gave up waiting for votes', 'votesMissing')),
  requiredWithin(50, goalByNote('inquired', 'a participant in doubt asked', 'inquiring')),
  requiredWithin(
    100,
    goalByNote('in-doubt-at-recovery', 'a participant restarted in doubt', 'inDoubtAtRecovery'),
    somebodyRestarts,
  ),
  requiredWithin(
    200,
    goalByNote('told-by-peer', 'a participant in doubt was told by another participant', 'toldByPeer'),
    ({ cooperative }, { nodes }) => cooperative !== false && nodes.participant !== 1,
  ),
  requiredWithin(200, goalByNote('presumed', 'an inquiry was answered by the presumption', 'presumed')),
  requiredWithin(50, goalByNote('gave-way', 'a transaction gave way to another', 'gaveWay')),
  requiredWithin(50, goalByNote('lock-wait', 'a transaction waited for a lock', 'lockWait')),
  requiredWithin(100, goalByNote('tried-again', 'a transaction that gave way was tried again', 'triedAgain')),
  requiredWithin(
    200,
    goalByNote('session-ended', 'work was rolled back because its coordinator had restarted', 'sessionEnded'),
    somebodyRestarts,
  ),
  requiredWithin(100, goalByNote('client-retried', 'a client asked again', 'clientRetried'), asksAgain),
  requiredWithin(500, goalByNote('client-gave-up', 'a client gave up on a request', 'clientGaveUp')),
  requiredWithin(
    1_000,
    goalByNote('heuristic-decision', 'an operator decided for a participant in doubt', 'heuristicDecision'),
    operatorsAct,
  ),
  requiredWithin(
    1_000,
    goalByNote('heuristic-right', 'and was right, as the participant learned', 'heuristicRight'),
    operatorsAct,
  ),
  requiredWithin(
    1_000,
    goalByNote(
      'heuristic-mixed',
      'and was wrong, as the coordinator learned (right: that is not hidden)',
      'heuristicDamage',
    ),
    operatorsAct,
  ),
  requiredWithin(1_000, goalByNote('told-of-damage', 'a client was told so', 'toldOfDamage'), operatorsAct),
  requiredWithin(2_000, lockedWhileInDoubt, somebodyRestarts),
  requiredWithin(500, blocked),
];
