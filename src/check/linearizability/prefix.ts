/** A history as it looked at some instant: how far it was fine, and where it stopped being so. */
import type { Operation } from '../../sim/history.ts';
import type { Model } from '../model.ts';

/** Whether an operation says anything: not when it did not happen, nor when it observed what nobody saw. */
export function isJudged<State, Input, Output>(
  { input, outcome }: Operation,
  model: Model<State, Input, Output>,
): boolean {
  return outcome === 'ok' || (outcome === 'unknown' && !model.observes?.(input as Input, undefined));
}

/** The same operation before its answer came. */
export function unanswered({ output: _, ...operation }: Operation): Operation {
  return { ...operation, outcome: 'unknown', returned: Number.POSITIVE_INFINITY };
}

/**
 * The earliest return that no order gets past, by asking the model's polynomial check about ever shorter beginnings of a
 * history that it refused. `undefined` when it does not know about one of them.
 */
export function earliestRefused<State, Input, Output>(
  operations: readonly Operation[],
  members: readonly number[],
  model: Model<State, Input, Output>,
): number | undefined {
  const byReturn = members
    .filter((index) => (operations[index] as Operation).outcome === 'ok')
    .sort((left, right) => (operations[left] as Operation).returned - (operations[right] as Operation).returned);
  const rank = new Map(byReturn.map((index, place) => [index, place]));
  const until = (last: number): Operation[] => {
    const { returned } = operations[byReturn[last] as number] as Operation;
    return members
      .filter((index) => (operations[index] as Operation).called <= returned)
      .map((index) => {
        const operation = operations[index] as Operation;
        return (rank.get(index) ?? 0) > last ? unanswered(operation) : operation;
      })
      .filter((operation) => isJudged(operation, model));
  };
  let low = 0;
  let high = byReturn.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const decision = model.decide?.(until(middle));
    if (decision === undefined) return undefined;
    if (decision) low = middle + 1;
    else high = middle;
  }
  return byReturn[low];
}
