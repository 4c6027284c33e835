/** Answers that show a value which nobody had put there: impossible in any order, and cheap to see. */
import type { Operation } from '../../sim/history.ts';
import type { Json } from '../../sim/plain.ts';
import { type Call, canonicalKey } from '../model.ts';

export interface ValueFlow<Input, Output> {
  /** What is there from the start. */
  readonly initial: readonly Json[];
  /** The values that a call may put there. */
  puts(call: Call<Input, Output>): readonly Json[];
  /** The values that an answer shows to have been there. */
  shows(call: Call<Input, Output>): readonly Json[];
}

/**
 * The position of the operation, of those that saw a value put there by no call before they returned, that returned first.
 * Operations in any order, none with outcome `fail`. Linear.
 */
export function firstUncaused<Input, Output>(
  operations: readonly Operation[],
  { initial, puts, shows }: ValueFlow<Input, Output>,
): number | undefined {
  const since = new Map<string | number, number>();
  for (const value of initial) since.set(keyOf(value), Number.NEGATIVE_INFINITY);
  for (const operation of operations) {
    for (const value of puts(callOf(operation))) {
      const key = keyOf(value);
      if (operation.called < (since.get(key) ?? Number.POSITIVE_INFINITY)) since.set(key, operation.called);
    }
  }
  let first: number | undefined;
  let firstReturn = Number.POSITIVE_INFINITY;
  for (let at = 0; at < operations.length; at++) {
    const operation = operations[at] as Operation;
    if (operation.outcome !== 'ok' || operation.returned >= firstReturn) continue;
    const { returned } = operation;
    const caused = (value: Json): boolean => (since.get(keyOf(value)) ?? Number.POSITIVE_INFINITY) <= returned;
    if (shows(callOf<Input, Output>(operation)).every(caused)) continue;
    first = at;
    firstReturn = returned;
  }
  return first;
}

function keyOf(value: Json): string | number {
  return typeof value === 'number' ? value : canonicalKey(value);
}

function callOf<Input, Output>({ input, output, outcome }: Operation): Call<Input, Output> {
  if (outcome !== 'ok' || output === undefined) return { input: input as Input };
  return { input: input as Input, output: output as Output };
}
