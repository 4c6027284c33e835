/**
 * fast-check arbitraries for a protocol of one's own: the plans a campaign draws, and single pieces of them.
 *
 *     fc.assert(fc.property(plans(counter), (plan) => run(counter, plan).verdict === 'passed'));
 */
import { type Arbitrary, constantFrom, integer, oneof, record, uniqueArray } from 'fast-check';
import type { Protocol } from '../check/protocol.ts';
import { execute } from '../explore/execute.ts';
import type { Execution } from '../explore/execution.ts';
import { planSource } from '../explore/generate.ts';
import type { Plan } from '../scenario/plan.ts';
import { bareScenario, type Scenario } from '../scenario/scenario.ts';
import type { Call, OperationInput, OperationSpec } from '../sim/config.ts';
import type { Json } from '../sim/plain.ts';
import type { Micros, NodeId } from '../sim/protocol.ts';

/** Plans as a campaign draws them, shrunk as a campaign shrinks them. `scenario` fixes what should not be drawn. */
export function plans(protocol: Protocol, scenario: Partial<Scenario> = {}): Arbitrary<Plan> {
  return planSource(protocol, { ...bareScenario(protocol.name, protocol.title, protocol.name), ...scenario }).arbitrary;
}

/** Runs a plan to its end. */
export const run = (protocol: Protocol, plan: Plan, options: { readonly strict?: boolean } = {}): Execution =>
  execute(protocol, plan, options);

/** Operations of a protocol, by their weights. `unique` arguments are positive integers: make them differ where that matters. */
export function operations(protocol: Protocol): Arbitrary<OperationInput> {
  return oneof(...protocol.operations.map((spec) => ({ weight: spec.weight ?? 1, arbitrary: operation(spec) })));
}

function operation({ type, arguments: specs = {} }: OperationSpec): Arbitrary<OperationInput> {
  const fields: { [name: string]: Arbitrary<Json> } = { type: constantFrom(type) };
  for (const [name, spec] of Object.entries(specs)) {
    if (spec.kind === 'key') fields[name] = integer({ min: 1, max: spec.count }).map((key) => `k${key}`);
    else if (spec.kind === 'integer') fields[name] = integer({ min: spec.min, max: spec.max });
    else if (spec.kind === 'choice') fields[name] = constantFrom(...spec.of);
    else fields[name] = integer({ min: 1, max: 1_000_000 });
  }
  return record(fields) as unknown as Arbitrary<OperationInput>;
}

export interface CallsOptions {
  readonly clients: readonly NodeId[];
  /** Calls are made before this true time. */
  readonly until: Micros;
  /** How many at most; default 50. */
  readonly callsMax?: number;
}

/** A workload: calls at different times, in order. */
export function calls(protocol: Protocol, { clients, until, callsMax = 50 }: CallsOptions): Arbitrary<readonly Call[]> {
  const call = record({
    at: integer({ min: 0, max: until }),
    client: constantFrom(...clients),
    op: operations(protocol),
  });
  return uniqueArray(call, { maxLength: callsMax, selector: ({ at }) => at }).map((list) =>
    list.sort((one, other) => one.at - other.at),
  );
}
