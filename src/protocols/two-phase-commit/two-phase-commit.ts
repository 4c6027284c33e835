/**
 * Two-phase commit (Gray 1978; BHG 7.4; presumed abort and commit: Mohan, Lindsay, Obermarck 1986) over sharded, locking key-value
 * participants. README.md has the protocol on one page. This is the folder's public file.
 */
import { type Bug, defineProtocol, type Protocol } from '../../check/protocol.ts';
import type { Json } from '../../sim/plain.ts';
import type { Micros } from '../../sim/protocol.ts';
import { decidingBy } from '../atomic-commit/deciding.ts';
import { livenessOf } from '../atomic-commit/liveness.ts';
import { operations } from '../atomic-commit/workload.ts';
import { plantedBugs } from './bugs.ts';
import { client } from './client.ts';
import { createCoordinator } from './coordinator.ts';
import { operatorActions, optionSpecs } from './options.ts';
import { createParticipant } from './participant.ts';
import { twoPhaseProperties } from './properties.ts';
import { correctRules, type Rules } from './rules.ts';
import type { CoordinatorState } from './shape.ts';
import { telling } from './tell.ts';

/** The next inquiry, at most eight intervals away, is answered by a coordinator that is not still collecting votes. */
const doubt = ({ inquiryInterval, resendInterval, voteTimeout }: { readonly [name: string]: Json }): Micros =>
  16 * (inquiryInterval as number) + (resendInterval as number) + (voteTimeout as number);

/** R* 2: a coordinator forgets a transaction when all have acknowledged what they must: sooner or later they have. */
function unforgotten(state: object): string | undefined {
  const [ballot] = (state as Partial<CoordinatorState>).ballots ?? [];
  if (ballot === undefined) return undefined;
  if (ballot.phase === 'voting') return `still collects the votes of ${ballot.txn}`;
  return `waits for ${ballot.awaited.join(' and ')} to answer about ${ballot.txn}`;
}

export function createTwoPhaseCommit(rules: Rules = correctRules): Protocol {
  return defineProtocol({
    name: 'two-phase-commit',
    title:
      'two-phase commit: transactions over shards happen everywhere or nowhere, but may have to wait for the coordinator',
    roles: { coordinator: createCoordinator(rules), participant: createParticipant(rules), client },
    population: {
      coordinator: { default: 1, choices: [1, 2] },
      participant: { default: 3, choices: [2, 3, 4] },
      client: { default: 4, choices: [3, 4, 5] },
    },
    options: optionSpecs,
    baseTimeout: (options) => options.voteTimeout as number,
    operations,
    operatorActions,
    tolerates: {
      crashes: true,
      unsyncedLoss: true,
      partitions: true,
      messageLoss: true,
      duplication: true,
      reordering: true,
      pauses: true,
      clockRatePpm: Number.POSITIVE_INFINITY,
      clockSteps: true,
    },
    properties: twoPhaseProperties,
    liveness: livenessOf(doubt, unforgotten),
    deciding: decidingBy(['Prepare', 'Vote', 'Decision', 'Ack', 'Inquiry', 'Hearsay', 'Noted']),
    tell: telling,
  });
}

const bugs: readonly Bug[] = plantedBugs.map(({ overrides, ...bug }) => ({
  ...bug,
  protocol: () => createTwoPhaseCommit({ ...correctRules, ...overrides }),
}));

/** Two-phase commit, and its bug zoo. */
export const twoPhaseCommit: Protocol = { ...createTwoPhaseCommit(), bugs };
