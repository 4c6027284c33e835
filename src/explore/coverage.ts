/** Did a campaign exercise anything? What happened, and what never did. */
import { placedProperties, qualifiedName } from '../check/monitor.ts';
import type { CampaignWorld } from '../check/property.ts';
import type { Protocol } from '../check/protocol.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { FaultKind } from '../sim/faults.ts';
import type { AnyRole } from '../sim/protocol.ts';
import { drawnTolerance } from './budget.ts';
import { hasCalm } from './calm.ts';
import { drawableKinds } from './chaos.ts';
import { hasOperators } from './operators.ts';
import { profileName } from './profile.ts';
import type { Coverage, GoalReport } from './report.ts';
import type { Tally } from './tally.ts';

export function coverageOf(protocol: Protocol, scenario: Scenario, tally: Tally): Coverage {
  const possible = new Set<FaultKind>(scenario.faults.map(({ kind }) => kind));
  if (profileName(scenario.chaos) !== 'none') {
    for (const kind of drawableKinds(drawnTolerance(protocol, scenario.options, scenario.chaos), scenario.chaos))
      possible.add(kind);
  }
  return {
    faults: sorted(tally.faults),
    faultsNeverFired: [...possible].filter((kind) => (tally.faults[kind]?.fired ?? 0) === 0).sort(),
    messages: sorted(tally.messages),
    messagesNeverDelivered: messageTypes(protocol).filter((type) => (tally.messages[type]?.delivered ?? 0) === 0),
    operations: tally.operations,
    notes: sorted(tally.notes),
    goals: goalsOf(protocol, scenario, tally),
    linearizability: tally.linearizability,
    faultFreeSeeds: tally.faultFreeSeeds,
    downgraded: sorted(tally.downgraded),
    ...(protocol.meter === undefined ? {} : { figures: tally.figures }),
    ...(hasCalm(protocol, scenario) ? { liveness: tally.liveness } : {}),
  };
}

function goalsOf(protocol: Protocol, scenario: Scenario, tally: Tally): readonly GoalReport[] {
  const { options, chaos } = scenario;
  const world = worldOf(protocol, scenario);
  // How many seeds it takes was counted in bad worlds.
  const isAsked = profileName(chaos) !== 'none';
  return placedProperties(protocol).flatMap(({ path, property }) => {
    if (property.kind !== 'sometimes') return [];
    const goal = qualifiedName(path, property.name);
    const { title, requiredWithinSeeds } = property;
    const isReachable = isAsked && (property.reachableUnder?.(options, world) ?? true);
    return [
      {
        goal,
        title,
        seeds: tally.goals[goal] ?? 0,
        ...(requiredWithinSeeds === undefined || !isReachable ? {} : { requiredWithinSeeds }),
      },
    ];
  });
}

/** Whatever the scenario allows: what the protocol claims to survive may depend on options that are drawn. */
function worldOf(protocol: Protocol, scenario: Scenario): CampaignWorld {
  const { nodes, faults, options, chaos } = scenario;
  const allowed =
    chaos.faultsMax === 0 ? [] : drawableKinds(drawnTolerance(protocol, options, { overBudget: true }), chaos);
  const operators: readonly FaultKind[] = hasOperators(protocol, scenario) ? ['admin'] : [];
  return { nodes, faults: [...faults.map(({ kind }) => kind), ...allowed, ...operators] };
}

/** All types that some role, or a component of one, has a handler for, named as they are counted. */
function messageTypes(protocol: Protocol): readonly string[] {
  const types = new Set<string>();
  const visit = (role: AnyRole, path: string): void => {
    for (const type of Object.keys(role.onMessage ?? {})) types.add(qualifiedName(path, type));
    for (const [name, { role: component }] of Object.entries(role.components ?? {})) {
      visit(component, path === '' ? name : `${path}/${name}`);
    }
  };
  for (const role of Object.values(protocol.roles)) visit(role, '');
  return [...types].sort();
}

/** Tables whose order does not depend on who counted first. */
const sorted = <Row>(table: { readonly [name: string]: Row }): { readonly [name: string]: Row } =>
  Object.fromEntries(Object.entries(table).sort(([left], [right]) => (left < right ? -1 : 1)));
