/** From a verdict that is not good to the reasons for it. */
import type { Operation } from '../sim/history.ts';
import { type Explanation, explainPart } from './linearizability/explain.ts';
import { type LinearizabilityResult, partitionHistory } from './linearizability.ts';
import type { Model } from './model.ts';

/** Explains the worst part of a history that is illegal or undecided; `undefined` when there is none. */
export function explainLinearizability<State, Input, Output>(
  operations: readonly Operation[],
  model: Model<State, Input, Output>,
  { worst }: LinearizabilityResult,
): Explanation | undefined {
  if (worst === undefined) return undefined;
  const part = partitionHistory(operations, model).find(({ key }) => key === worst.key);
  return part === undefined ? undefined : explainPart(operations, { ...part, blame: worst.blame }, model);
}
