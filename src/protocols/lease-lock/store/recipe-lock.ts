/** What locks by a recipe have in common: the replicated store, the resource, and what must hold. */
import { type Bug, defineProtocol, type Protocol } from '../../../check/protocol.ts';
import type { Role } from '../../../sim/protocol.ts';
import { hostedRaftInvariants } from '../../raft/raft.ts';
import type { PlantedBug } from '../bugs.ts';
import { leaseLockGoals } from '../goals.ts';
import { WRITES_MAX } from '../liveness.ts';
import { fence } from '../properties/fencing.ts';
import { exclusionBy, honesty } from '../properties/holding.ts';
import { commands } from '../replicated/commands.ts';
import { failedOver } from '../replicated/goals.ts';
import { replicatedOptionSpecs } from '../replicated/options.ts';
import { agreement, fairnessInTheLog, noGhostsInTheLog, risingInTheLog } from '../replicated/properties.ts';
import { createReplica } from '../replicated/replica.ts';
import { tolerates, toleratesUnder } from '../replicated/tolerance.ts';
import { createResource } from '../resource.ts';
import { correctRules, type Rules } from '../rules.ts';
import { recipeLiveness } from './liveness.ts';
import { storeMachine } from './machine.ts';
import type { RecipeShape } from './recipe.ts';
import { telling } from './tell.ts';

export interface RecipeOfLock {
  readonly name: string;
  readonly title: string;
  readonly bugs: readonly PlantedBug[];
  client(rules: Rules): Role<RecipeShape>;
}

/** The lock, and its planted bugs. */
export function createRecipeLock(recipe: RecipeOfLock): Protocol {
  const bugs: readonly Bug[] = recipe.bugs.map(({ overrides, ...bug }) => ({
    ...bug,
    protocol: () => lockWith(recipe, { ...correctRules, ...overrides }),
  }));
  return { ...lockWith(recipe, correctRules), bugs };
}

function lockWith({ name, title, client }: RecipeOfLock, rules: Rules): Protocol {
  const machine = storeMachine(rules);
  return defineProtocol({
    name,
    title,
    roles: {
      server: createReplica(rules, machine),
      resource: createResource(rules),
      client: client(rules),
    },
    population: {
      server: { default: 3, choices: [3, 5] },
      resource: { default: 1 },
      client: { default: 3, choices: [2, 3, 4] },
    },
    options: replicatedOptionSpecs,
    baseTimeout: ({ electionTimeoutMin }) => electionTimeoutMin as number,
    operations: [{ type: 'work', arguments: { writes: { kind: 'integer', min: 1, max: WRITES_MAX } } }],
    tolerates,
    toleratesUnder,
    properties: [
      fence,
      risingInTheLog,
      // A belief may follow from any answer.
      exclusionBy('KeptAlive', 'Created', 'Listed', 'Gone'),
      honesty,
      noGhostsInTheLog(true),
      fairnessInTheLog,
      agreement(machine),
      ...leaseLockGoals,
      failedOver,
    ],
    components: { raft: { properties: hostedRaftInvariants(commands) } },
    liveness: recipeLiveness,
    tell: telling,
  });
}
