/**
 * Raft (Ongaro and Ousterhout 2014) over any deterministic state machine. README.md has the protocol on one page.
 * This is the folder's public file: another protocol hosts `createServer(...)` as a component.
 */

import type { Property } from '../../check/property.ts';
import { type Bug, defineProtocol, type Protocol } from '../../check/protocol.ts';
import type { Role, Tolerance } from '../../sim/protocol.ts';
import { plantedBugs } from './bugs.ts';
import { createClient } from './client.ts';
import { mix } from './fingerprint.ts';
import { raftLiveness } from './liveness.ts';
import { keyValueMachine } from './machines/key-value.ts';
import { orderedCommands } from './machines/ordered.ts';
import { optionSpecs, raftOptions } from './options.ts';
import { raftProperties } from './properties.ts';
import { correctRules, type Rules } from './rules.ts';
import { createServer } from './server.ts';
import type { ServerShape } from './shape.ts';
import type { StateMachine } from './state-machine.ts';
import { telling } from './tell.ts';

export interface RaftParameters {
  /** Default: as they should be. */
  readonly rules?: Rules;
  /** What is replicated. Default: a key-value map. */
  readonly stateMachine?: StateMachine;
}

const tolerates: Tolerance = {
  crashes: true,
  unsyncedLoss: true,
  partitions: true,
  messageLoss: true,
  duplication: true,
  reordering: true,
  pauses: true,
  clockRatePpm: Number.POSITIVE_INFINITY,
  clockSteps: true,
  tornWrites: true,
  diskErrors: true,
  corruption: true,
};

export function createRaft(parameters: RaftParameters = {}): Protocol {
  const machine = parameters.stateMachine ?? keyValueMachine;
  const rules = parameters.rules ?? correctRules;
  return defineProtocol({
    name: 'raft',
    title: 'Raft: a replicated log that survives the loss of any minority',
    roles: {
      server: createServer({ rules, machine }),
      client: createClient(machine),
    },
    population: { server: { default: 5, choices: [3, 4, 5] }, client: { default: 3, choices: [2, 3, 4, 6] } },
    options: optionSpecs,
    baseTimeout: (options) => options.electionTimeoutMin as number,
    operations: machine.operations,
    tolerates,
    toleratesUnder: ({ reads, clockRatePpmMax }) =>
      reads === 'lease' ? { ...tolerates, clockRatePpm: clockRatePpmMax as number } : tolerates,
    properties: raftProperties(machine),
    liveness: raftLiveness,
    ...(machine.model === undefined ? {} : { model: machine.model }),
    tell: telling(machine),
  });
}

/** A server to be hosted under another role: it takes proposals of its host and answers them once they are applied. */
export function createRaftServer(stateMachine: StateMachine, rules: Rules = correctRules): Role<ServerShape> {
  return createServer({ rules, machine: stateMachine });
}

/** The properties of servers hosted with this state machine. */
export function hostedRaftProperties(stateMachine: StateMachine): readonly Property[] {
  return raftProperties(stateMachine);
}

/** The invariants alone, for hosts that have goals of their own and clients that do not speak to Raft. */
export function hostedRaftInvariants(stateMachine: StateMachine): readonly Property[] {
  return raftProperties(stateMachine).filter(({ kind }) => kind === 'always');
}

/** Raft with one of its planted bugs: the same protocol, with a few of its rules overridden. */
function withBug(overrides: Partial<Rules>): Protocol {
  return createRaft({ rules: { ...correctRules, ...overrides } });
}

const bugs: readonly Bug[] = plantedBugs.map(({ overrides, ...bug }) => ({
  ...bug,
  protocol: () => withBug(overrides),
}));

/** Raft with a key-value map, and its bug zoo. */
export const raft: Protocol = { ...createRaft(), bugs };

export type { Confirm, Follow, Followed, Propose, RaftOptions } from './shape.ts';
export type { StateMachine } from './state-machine.ts';
export type { Rules };
export { mix, optionSpecs as raftOptionSpecs, orderedCommands, raftLiveness, raftOptions, telling as raftTelling };
