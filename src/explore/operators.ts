/** Draws what operators do: seldom, and to a node that is in trouble. */
import type { Protocol } from '../check/protocol.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { Fault } from '../sim/faults.ts';
import type { Micros } from '../sim/protocol.ts';
import { drawOperation } from './calls.ts';
import type { Draw } from './draw.ts';

/** In so many of a hundred runs somebody loses patience, where a scenario does not say how common that is: then in all. */
const PERCENT = 12;
/** And does so much at most. */
const ACTIONS_MAX = 3;
/** From some time on he acts at the first sign of trouble, or lets some go by. */
const patience = [1, 1, 1, 2, 4] as const;

/** Whether a campaign has operators at all. */
export const hasOperators = (
  { operatorActions = [] }: Protocol,
  { chaos: { faults, weights, faultsMax } }: Scenario,
): boolean =>
  operatorActions.length > 0 && (faults?.includes('admin') ?? true) && weights?.admin !== 0 && faultsMax !== 0;

/**
 * Faults of kind `admin`; none where the protocol has no actions for operators, or the scenario does not allow them. What people do is
 * no part of the fault budget: they may do it at any time. But they do no more than `faultsMax` of the scenario.
 * @param to they act before this.
 */
export function drawOperators(protocol: Protocol, scenario: Scenario, to: Micros, draw: Draw): readonly Fault[] {
  const { operatorActions = [] } = protocol;
  const { chaos } = scenario;
  const { faults, weights, from = 0, faultsMax } = chaos;
  const end = Math.min(to, chaos.to ?? to);
  if (!hasOperators(protocol, scenario) || end <= from) return [];
  if (weights?.admin === undefined && faults === undefined && !draw.chance(PERCENT)) return [];
  const actions = draw.between(1, Math.min(ACTIONS_MAX, faultsMax ?? ACTIONS_MAX));
  return Array.from({ length: actions }, (): Fault => {
    const action = draw.weighted(operatorActions.map((one) => [Math.max(1, Math.round((one.weight ?? 1) * 100)), one]));
    const { noted } = action;
    return {
      kind: 'admin',
      node: { noted },
      at: draw.between(from, end - 1),
      when: { note: noted, nth: draw.pick(patience) },
      action: drawOperation(action, draw),
    };
  });
}
