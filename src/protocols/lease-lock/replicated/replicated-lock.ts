/**
 * The lock of this folder on a replicated server: what one server kept on its disk is in the log of a Raft that the servers host. Clients
 * and the resource are the same.
 */
import type { Bug, Protocol } from '../../../check/protocol.ts';
import { defineProtocol } from '../../../check/protocol.ts';
import { hostedRaftInvariants } from '../../raft/raft.ts';
import { createClient } from '../client.ts';
import { leaseLockGoals } from '../goals.ts';
import { WRITES_MAX } from '../liveness.ts';
import { guardOptionSpecs } from '../options.ts';
import { fence } from '../properties/fencing.ts';
import { exclusionBy, honesty } from '../properties/holding.ts';
import { delayFailedOver, lockDelayProperties } from '../properties/lock-delay.ts';
import { keptBy } from '../properties/losing.ts';
import { lockMeter } from '../properties/meter.ts';
import { workDone } from '../properties/work.ts';
import { createResource } from '../resource.ts';
import { correctRules, type Rules } from '../rules.ts';
import { replicatedLockBugs } from './bugs.ts';
import { commands } from './commands.ts';
import { failedOver } from './goals.ts';
import { replicatedLiveness } from './liveness.ts';
import { lockMachine } from './lock-machine.ts';
import { replicatedOptionSpecs } from './options.ts';
import {
  agreement,
  fairnessInTheLog,
  noGhostsInTheLog,
  ownershipInTheLog,
  passedOnInTheLog,
  risingInTheLog,
} from './properties.ts';
import { createReplica } from './replica.ts';
import { telling } from './tell.ts';
import { tolerates, toleratesUnder } from './tolerance.ts';

export function createReplicatedLock(rules: Rules = correctRules): Protocol {
  const machine = lockMachine(rules);
  return defineProtocol({
    name: 'replicated-lock',
    title: 'a lease lock on replicated servers: grants, releases and the ends of leases go through a Raft log',
    roles: {
      server: createReplica(rules, machine),
      resource: createResource(rules),
      client: createClient(rules),
    },
    population: {
      server: { default: 3, choices: [3, 5] },
      resource: { default: 1 },
      client: { default: 3, choices: [2, 3, 4] },
    },
    options: { ...replicatedOptionSpecs, ...guardOptionSpecs },
    baseTimeout: ({ electionTimeoutMin }) => electionTimeoutMin as number,
    operations: [{ type: 'work', arguments: { writes: { kind: 'integer', min: 1, max: WRITES_MAX } } }],
    faultsAtClientsPercent: 40,
    tolerates,
    toleratesUnder,
    properties: [
      fence,
      risingInTheLog,
      exclusionBy('Granted'),
      honesty,
      keptBy('Granted'),
      ownershipInTheLog,
      noGhostsInTheLog(false),
      fairnessInTheLog,
      passedOnInTheLog,
      agreement(machine),
      workDone,
      ...lockDelayProperties,
      delayFailedOver,
      ...leaseLockGoals,
      failedOver,
    ],
    components: { raft: { properties: hostedRaftInvariants(commands) } },
    liveness: replicatedLiveness,
    meter: lockMeter(['Acquire'], 'Granted'),
    tell: telling,
  });
}

const bugs: readonly Bug[] = replicatedLockBugs.map(({ overrides, ...bug }) => ({
  ...bug,
  protocol: () => createReplicatedLock({ ...correctRules, ...overrides }),
}));

/** The lock on replicated servers, and the bugs that only these can have. */
export const replicatedLock: Protocol = { ...createReplicatedLock(), bugs };
