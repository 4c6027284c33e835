/**
 * Three-phase commit, plain, by quorums, and enhanced, over the same participants as two-phase commit. README.md has the protocols on one
 * page; plain.ts, quorum.ts and enhanced.ts are what differs. This is the folder's public file.
 */

import type { Property } from '../../check/property.ts';
import { type Bug, defineProtocol, type Protocol } from '../../check/protocol.ts';
import type { Tolerance } from '../../sim/protocol.ts';
import { client } from '../atomic-commit/client.ts';
import { decidingBy } from '../atomic-commit/deciding.ts';
import { livenessOf } from '../atomic-commit/liveness.ts';
import { operations } from '../atomic-commit/workload.ts';
import { enhancedBugs, type PlantedBug, plainBugs, quorumBugs } from './bugs.ts';
import { createCoordinator } from './coordinator.ts';
import { enhancedRules } from './enhanced.ts';
import { quorumGoals, recoveryGoals } from './goals.ts';
import { optionSpecs } from './options.ts';
import { createParticipant } from './participant.ts';
import { plainRules } from './plain.ts';
import { nonBlocking } from './properties/concurrency.ts';
import { obedience } from './properties/obedience.ts';
import {
  enhancedClaims,
  mayProposeByLatestAttempt,
  mayProposeByQuorum,
  mayProposeInPlain,
  quorumClaims,
} from './properties/published.ts';
import { settledByQuorum } from './properties/settled.ts';
import { terminationRules } from './properties/termination-rules.ts';
import { threePhaseProperties } from './properties.ts';
import { quorumRules } from './quorum.ts';
import type { Rules } from './rules.ts';
import { telling } from './tell.ts';

interface Variant {
  readonly name: string;
  readonly title: string;
  readonly rules: Rules;
  readonly tolerates: Tolerance;
  /** Mostly so many: quorums need more to be of interest. */
  readonly participants: number;
  /** Goals and invariants of its own. */
  readonly properties: readonly Property[];
  readonly bugs: readonly PlantedBug[];
}

/** BHG 7.5: processes stop and are known to have stopped; messages arrive, and in time. No partitions, no pauses, clocks that run alike. */
const synchronous: Tolerance = {
  crashes: true,
  unsyncedLoss: true,
  partitions: false,
  messageLoss: false,
  duplication: true,
  reordering: true,
  pauses: false,
  clockRatePpm: 20_000,
  clockSteps: true,
};

const asynchronous: Tolerance = {
  crashes: true,
  unsyncedLoss: true,
  partitions: true,
  messageLoss: true,
  duplication: true,
  reordering: true,
  pauses: true,
  clockRatePpm: Number.POSITIVE_INFINITY,
  clockSteps: true,
};

/** A round: up to five time-outs of patience, one to collect, one for acknowledgements. */
const ROUNDS = 6 * 7;

function create({ name, title, tolerates, participants, properties, rules }: Variant): Protocol {
  return defineProtocol({
    name,
    title,
    roles: { coordinator: createCoordinator(rules), participant: createParticipant(rules), client },
    population: {
      coordinator: { default: 1 },
      participant: { default: participants, choices: [2, 3, 4] },
      client: { default: 4, choices: [3, 4, 5] },
    },
    options: optionSpecs,
    // Worlds are drawn in multiples of this: messages and syncs take small parts of what counts as silence, crashes last for longer.
    baseTimeout: (options) => options.silenceTimeout as number,
    operations,
    tolerates,
    properties: [...threePhaseProperties, ...properties],
    // A few rounds of termination, in each of which somebody else may have taken the lead.
    liveness: livenessOf(({ silenceTimeout }) => ROUNDS * (silenceTimeout as number)),
    deciding: decidingBy(['Prepare', 'Vote', 'Pre', 'Ack', 'Decision', 'StateRequest', 'StateReport', 'Ask']),
    tell: telling,
  });
}

function withBugs(variant: Variant): Protocol {
  const bugs: readonly Bug[] = variant.bugs.map(({ overrides, ...bug }) => ({
    ...bug,
    protocol: () => create({ ...variant, rules: { ...variant.rules, ...overrides } }),
  }));
  return { ...create(variant), bugs };
}

export const threePhaseCommit: Protocol = withBugs({
  name: 'three-phase-commit',
  title: 'three-phase commit: whoever is up decides, as long as silence means a crash',
  rules: plainRules,
  tolerates: synchronous,
  participants: 2,
  properties: [nonBlocking, obedience(false), terminationRules(mayProposeInPlain, false), ...recoveryGoals],
  bugs: plainBugs,
});

export const quorumThreePhaseCommit: Protocol = withBugs({
  name: 'quorum-three-phase-commit',
  title: 'three-phase commit by quorums: safe in partitions, where a side without a quorum waits',
  rules: quorumRules,
  tolerates: asynchronous,
  participants: 3,
  properties: [
    obedience(true),
    settledByQuorum(quorumClaims),
    terminationRules(mayProposeByQuorum, true),
    ...quorumGoals,
  ],
  bugs: quorumBugs,
});

export const enhancedThreePhaseCommit: Protocol = withBugs({
  name: 'enhanced-three-phase-commit',
  title: 'enhanced three-phase commit: any connected majority decides, whatever went wrong before',
  rules: enhancedRules,
  tolerates: asynchronous,
  participants: 3,
  properties: [
    obedience(true),
    settledByQuorum(enhancedClaims),
    terminationRules(mayProposeByLatestAttempt, true),
    ...quorumGoals,
  ],
  bugs: enhancedBugs,
});
