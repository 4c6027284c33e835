/**
 * A lock with leases and fencing tokens (Gray and Cheriton 1989; Burrows 2006; Kleppmann 2016) on one server, and a resource that it
 * guards. README.md has the protocol on one page. This is the folder's public file.
 */
import { type Bug, defineProtocol, type Protocol } from '../../check/protocol.ts';
import type { Tolerance } from '../../sim/protocol.ts';
import { plantedBugs, rulesOf } from './bugs.ts';
import { createClient } from './client.ts';
import { leaseLockLiveness, WRITES_MAX } from './liveness.ts';
import { guardOptionSpecs, optionSpecs } from './options.ts';
import { lockMeter } from './properties/meter.ts';
import { leaseLockProperties } from './properties.ts';
import { createResource } from './resource.ts';
import { correctRules, type Rules } from './rules.ts';
import { createServer } from './server.ts';
import { telling } from './tell.ts';

/** Rates are bounded, or a lease means nothing; steps are survived, because nobody looks at a wall clock. */
const tolerates: Tolerance = {
  crashes: true,
  unsyncedLoss: true,
  partitions: true,
  messageLoss: true,
  duplication: true,
  reordering: true,
  pauses: true,
  clockRatePpm: optionSpecs.clockRatePpmMax.default as number,
  clockSteps: true,
};

export function createLeaseLock(rules: Rules = correctRules): Protocol {
  return defineProtocol({
    name: 'lease-lock',
    title: 'a lock with leases and fencing tokens: clients may stop, clocks may drift, the resource is safe',
    roles: { server: createServer(rules), resource: createResource(rules), client: createClient(rules) },
    population: { server: { default: 1 }, resource: { default: 1 }, client: { default: 3, choices: [2, 3, 4] } },
    options: { ...optionSpecs, ...guardOptionSpecs },
    baseTimeout: ({ ttl }) => ttl as number,
    operations: [{ type: 'work', arguments: { writes: { kind: 'integer', min: 1, max: WRITES_MAX } } }],
    faultsAtClientsPercent: 50,
    tolerates,
    toleratesUnder: ({ clockRatePpmMax }) => ({ ...tolerates, clockRatePpm: clockRatePpmMax as number }),
    properties: leaseLockProperties,
    liveness: leaseLockLiveness,
    meter: lockMeter(['Acquire'], 'Granted'),
    tell: telling,
  });
}

const bugs: readonly Bug[] = plantedBugs.map((bug) => {
  const { overrides: _, ...told } = bug;
  return { ...told, protocol: () => createLeaseLock(rulesOf(bug)) };
});

/** The lock, and its bug zoo. */
export const leaseLock: Protocol = { ...createLeaseLock(), bugs };
