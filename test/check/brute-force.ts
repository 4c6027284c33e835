/** The definition of linearizability, executed: every order, every subset of unknown outcomes. For small histories only. */
import type { Model } from '../../src/check/model.ts';
import type { Operation } from '../../src/sim/history.ts';

export function isLinearizableByDefinition<State, Input, Output>(
  operations: readonly Operation[],
  model: Model<State, Input, Output>,
): boolean {
  return everyPart(operations, model).every((part) => someOrder(part, model.initial, model));
}

function everyPart<State, Input, Output>(
  operations: readonly Operation[],
  model: Model<State, Input, Output>,
): Operation[][] {
  const happened = operations.filter(({ outcome }) => outcome !== 'fail');
  if (model.partition === undefined) return [happened];
  const parts = new Map<string | number, Operation[]>();
  for (const operation of happened) {
    const key = model.partition(operation.input as Input);
    if (key === undefined) return [happened];
    parts.set(key, [...(parts.get(key) ?? []), operation]);
  }
  return [...parts.values()];
}

function someOrder<State, Input, Output>(
  remaining: readonly Operation[],
  state: State,
  model: Model<State, Input, Output>,
): boolean {
  if (remaining.every(({ outcome }) => outcome === 'unknown')) return true;
  const earliestReturn = Math.min(...remaining.map(returnOf));
  return remaining.some((operation, index) => {
    if (operation.called > earliestReturn) return false;
    const output = operation.outcome === 'ok' ? (operation.output as Output) : undefined;
    const rest = remaining.filter((_, other) => other !== index);
    return model.step(state, operation.input as Input, output).some((next) => someOrder(rest, next, model));
  });
}

function returnOf({ outcome, returned }: Operation): number {
  return outcome === 'unknown' ? Number.POSITIVE_INFINITY : returned;
}
