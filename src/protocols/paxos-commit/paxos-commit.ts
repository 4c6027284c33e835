/**
 * Paxos Commit (Gray, Lamport 2006) over the same participants as two-phase commit: 2F + 1 acceptors in the place of one coordinator's
 * disk. README.md has the protocol on one page. This is the folder's public file.
 */
import { type Bug, defineProtocol, type Protocol } from '../../check/protocol.ts';
import type { Json } from '../../sim/plain.ts';
import type { Micros } from '../../sim/protocol.ts';
import { client } from '../atomic-commit/client.ts';
import { decidingBy } from '../atomic-commit/deciding.ts';
import { livenessOf } from '../atomic-commit/liveness.ts';
import { operations } from '../atomic-commit/workload.ts';
import { plantedBugs } from './bugs.ts';
import { createCoordinator } from './coordinator.ts';
import { optionSpecs } from './options.ts';
import { createParticipant } from './participant.ts';
import { paxosProperties } from './properties.ts';
import { correctRules, type Rules } from './rules.ts';
import { createStandby } from './standby.ts';
import { telling } from './tell.ts';

/** Leaders that get in each other's way wait for the next inquiry, and the pauses between two of these grow. */
const ROUNDS = 8;

/** Of each round: the next inquiry, at most eight intervals away; acceptors one after the other; a ballot. */
const doubt = ({ inquiryInterval, takeoverDelay, voteTimeout }: { readonly [name: string]: Json }): Micros =>
  ROUNDS * (8 * (inquiryInterval as number) + 4 * (takeoverDelay as number) + 2 * (voteTimeout as number));

function createPaxosCommit(rules: Rules = correctRules): Protocol {
  return defineProtocol({
    name: 'paxos-commit',
    title: 'Paxos Commit: F + 1 of 2F + 1 acceptors decide, whoever of the others is down',
    roles: {
      coordinator: createCoordinator(rules),
      acceptor: createStandby(rules),
      participant: createParticipant(rules),
      client,
    },
    population: {
      coordinator: { default: 1, choices: [1, 2] },
      // 2F of them: the coordinator is one too.
      acceptor: { default: 2, choices: [0, 2, 4] },
      participant: { default: 3, choices: [2, 3, 4] },
      client: { default: 4, choices: [3, 4, 5] },
    },
    options: optionSpecs,
    baseTimeout: (options) => options.voteTimeout as number,
    operations,
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
    properties: paxosProperties,
    // Clients need their coordinator; F of the other acceptors make a majority with it.
    liveness: { ...livenessOf(doubt), quorum: { acceptor: (count) => Math.ceil(count / 2) } },
    deciding: decidingBy(
      ['Prepare', 'Vote', 'Phase1a', 'Phase1b', 'Phase2a', 'Phase2b', 'Outvoted', 'Decision', 'Inquiry'],
      ['coordinator', 'acceptor', 'participant'],
    ),
    tell: telling,
  });
}

const bugs: readonly Bug[] = plantedBugs.map(({ overrides, ...bug }) => ({
  ...bug,
  protocol: () => createPaxosCommit({ ...correctRules, ...overrides }),
}));

/** Paxos Commit, and its bug zoo. */
export const paxosCommit: Protocol = { ...createPaxosCommit(), bugs };
