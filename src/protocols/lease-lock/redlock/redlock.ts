/**
 * Redlock: a lock on the majority of independent stores, for a time. It has no fencing token, and is here for comparison with locks that
 * have. README.md of the folder above says what it promises, and in which world. This is the folder's public file.
 */
import { type Bug, defineProtocol, type Protocol } from '../../../check/protocol.ts';
import type { Tolerance } from '../../../sim/protocol.ts';
import { lockMeter } from '../properties/meter.ts';
import { plantedBugs, rulesOf } from './bugs.ts';
import { createClient } from './client.ts';
import { redlockLiveness, WRITES_MAX } from './liveness.ts';
import { optionSpecs } from './options.ts';
import { redlockProperties } from './properties.ts';
import { createResource } from './resource.ts';
import { correctRules, type Rules } from './rules.ts';
import type { RedlockOptions } from './shape.ts';
import { createStore } from './store.ts';
import { telling } from './tell.ts';

/** Whatever its options: nothing is ever late or lost, and no clock jumps. */
const tolerates: Tolerance = {
  crashes: false,
  unsyncedLoss: true,
  partitions: false,
  messageLoss: false,
  duplication: false,
  reordering: true,
  pauses: false,
  clockRatePpm: 100,
  clockSteps: false,
};

/** What its author defends (antirez 2016), and what Kleppmann 2016 says that it takes. */
function toleratesUnder(options: RedlockOptions): Tolerance {
  const { clockRatePpmMax, storeClock, restarts, trustedWith } = options;
  const isAsynchronous = trustedWith === 'beliefs';
  return {
    ...tolerates,
    crashes: restarts === 'delayed',
    partitions: isAsynchronous,
    messageLoss: isAsynchronous,
    duplication: isAsynchronous,
    pauses: isAsynchronous,
    clockRatePpm: clockRatePpmMax,
    clockSteps: storeClock === 'monotonic',
  };
}

export function createRedlock(rules: Rules = correctRules): Protocol {
  return defineProtocol({
    name: 'redlock',
    title:
      'a lock on most of several independent stores: no tokens, so that it is only as safe as the world is punctual',
    roles: { store: createStore(rules), resource: createResource(), client: createClient(rules) },
    population: {
      store: { default: 5, choices: [3, 4, 5, 6, 7] },
      resource: { default: 1 },
      client: { default: 3, choices: [2, 3, 4] },
    },
    options: optionSpecs,
    baseTimeout: ({ ttl }) => ttl as number,
    operations: [{ type: 'work', arguments: { writes: { kind: 'integer', min: 1, max: WRITES_MAX } } }],
    faultsAtClientsPercent: 50,
    tolerates,
    toleratesUnder: (options) => toleratesUnder(options as unknown as RedlockOptions),
    properties: redlockProperties,
    liveness: redlockLiveness,
    meter: lockMeter(['SetIfAbsent']),
    tell: telling,
  });
}

const bugs: readonly Bug[] = plantedBugs.map((bug) => {
  const { overrides: _, ...told } = bug;
  return { ...told, protocol: () => createRedlock(rulesOf(bug)) };
});

/** Redlock, and its bug zoo. */
export const redlock: Protocol = { ...createRedlock(), bugs };
