/** What locks by a recipe have in common: the replicated store, the resource, and what must hold. */
import type { LivenessClaim } from '../../../check/liveness.ts';
import type { Property } from '../../../check/property.ts';
import { type Bug, defineProtocol, type OptionSpec, type Protocol, type Telling } from '../../../check/protocol.ts';
import type { AnyRole } from '../../../sim/protocol.ts';
import { hostedRaftInvariants } from '../../raft/raft.ts';
import type { PlantedBug } from '../bugs.ts';
import { leaseLockGoals } from '../goals.ts';
import { WRITES_MAX } from '../liveness.ts';
import { fence } from '../properties/fencing.ts';
import { exclusionBy, honesty } from '../properties/holding.ts';
import { keptBy } from '../properties/losing.ts';
import { lockMeter } from '../properties/meter.ts';
import { workDone } from '../properties/work.ts';
import { commands } from '../replicated/commands.ts';
import { failedOver } from '../replicated/goals.ts';
import { replicatedOptionSpecs } from '../replicated/options.ts';
import { agreement, fairnessInTheLog, noGhostsInTheLog, risingInTheLog } from '../replicated/properties.ts';
import { createReplica } from '../replicated/replica.ts';
import { tolerates, toleratesUnder } from '../replicated/tolerance.ts';
import { createResource } from '../resource.ts';
import { correctRules, type Rules } from '../rules.ts';
import { goneKnown } from './gone.ts';
import { leftBehind } from './left-behind.ts';
import { recipeLiveness } from './liveness.ts';
import { storeMachine } from './machine.ts';
import { telling } from './tell.ts';
import { watching } from './watching.ts';

export interface RecipeOfLock {
  readonly name: string;
  readonly title: string;
  readonly bugs: readonly PlantedBug[];
  client(rules: Rules): AnyRole;
  /** What it has besides. */
  readonly hasEpochs?: boolean;
  readonly options?: { readonly [name: string]: OptionSpec };
  readonly properties?: readonly Property[];
  readonly liveness?: LivenessClaim;
  readonly tell?: Telling;
}

/** The lock, and its planted bugs. */
export function createRecipeLock(recipe: RecipeOfLock): Protocol {
  const bugs: readonly Bug[] = recipe.bugs.map(({ overrides, ...bug }) => ({
    ...bug,
    protocol: () => lockWith(recipe, { ...correctRules, ...overrides }),
  }));
  return { ...lockWith(recipe, correctRules), bugs };
}

function lockWith(recipe: RecipeOfLock, rules: Rules): Protocol {
  const { name, title } = recipe;
  const machine = storeMachine(rules);
  return defineProtocol({
    name,
    title,
    roles: {
      server: createReplica(rules, machine, recipe.hasEpochs),
      resource: createResource(rules),
      client: recipe.client(rules),
    },
    population: {
      server: { default: 3, choices: [3, 5] },
      resource: { default: 1 },
      client: { default: 3, choices: [2, 3, 4] },
    },
    options: { ...replicatedOptionSpecs, ...recipe.options },
    baseTimeout: ({ electionTimeoutMin }) => electionTimeoutMin as number,
    operations: [{ type: 'work', arguments: { writes: { kind: 'integer', min: 1, max: WRITES_MAX } } }],
    faultsAtClientsPercent: 40,
    tolerates,
    toleratesUnder,
    properties: [
      fence,
      risingInTheLog,
      // A belief may follow from any answer.
      exclusionBy('KeptAlive', 'Created', 'Listed', 'Gone'),
      honesty,
      keptBy('KeptAlive', 'Created', 'Listed', 'Gone'),
      noGhostsInTheLog(true),
      fairnessInTheLog,
      agreement(machine),
      leftBehind,
      goneKnown,
      watching,
      workDone,
      ...leaseLockGoals,
      failedOver,
      ...(recipe.properties ?? []),
    ],
    components: { raft: { properties: hostedRaftInvariants(commands) } },
    meter: lockMeter(['OpenSession', 'Create'], 'Gone'),
    liveness: recipe.liveness ?? recipeLiveness,
    tell: recipe.tell ?? telling,
  });
}
