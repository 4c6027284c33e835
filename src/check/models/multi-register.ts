/** Several registers read and written together: a transaction applies all its steps, in order, at one instant. */
import type { Json } from '../../sim/plain.ts';
import { type Call, canonicalKey, type Model, ModelError, type StateMerger, sameValue } from '../model.ts';
import { describeRegisterState, type RegisterOutput, registerKey, UNOBSERVED } from './register.ts';
import { firstUncaused } from './uncaused.ts';

export type MultiRegisterStep =
  | { readonly type: 'read'; readonly key: string | number }
  | { readonly type: 'write'; readonly key: string | number; readonly value: Json };

export interface MultiRegisterInput {
  readonly type: 'txn';
  readonly steps: readonly MultiRegisterStep[];
}

/** One answer a step: `{ value }` for reads (without `value`: nothing said), anything for writes. */
export interface MultiRegisterOutput {
  readonly results: readonly RegisterOutput[];
}

/** Keys and values, by key. */
export type MultiRegisterState = readonly (readonly [key: string | number, value: Json])[];

/** Registers not named in `initial` hold null. */
export function multiRegisterModel(
  initial: Readonly<Record<string, Json>> = {},
): Model<MultiRegisterState, MultiRegisterInput, MultiRegisterOutput> {
  return {
    name: 'multi-register',
    initial: Object.entries(initial).reduce<MultiRegisterState>((state, [key, value]) => set(state, key, value), []),
    step: stepTransaction,
    key: (state) => JSON.stringify(state.map(([key, value]) => [key, registerKey(value)])),
    observes: (input) => input.steps.every(({ type }) => type === 'read'),
    merge: mergeUnobservedValues,
    impossible: (operations) =>
      firstUncaused<MultiRegisterInput, MultiRegisterOutput>(operations, {
        initial: Object.entries(initial),
        puts: ({ input }) =>
          input.steps.flatMap((step) => (step.type === 'write' ? [[`${step.key}`, step.value]] : [])),
        shows: ({ input, output }) =>
          input.steps.flatMap((step, at) => {
            const value = step.type === 'read' ? (output?.results[at]?.value ?? null) : null;
            return value === null ? [] : [[`${step.key}`, value]];
          }),
      }),
    describe: describeTransaction,
    describeState: (state) => state.map(([key, value]) => `${key} = ${describeRegisterState(value)}`).join(', '),
  };
}

function stepTransaction(
  state: MultiRegisterState,
  input: MultiRegisterInput,
  output: MultiRegisterOutput | undefined,
): readonly MultiRegisterState[] {
  if (input.type !== 'txn') {
    throw new ModelError(`multi-register: unknown operation type ${JSON.stringify((input as { type?: Json }).type)}`);
  }
  let now = state;
  for (const [index, step] of input.steps.entries()) {
    if (step.type === 'write') now = set(now, step.key, step.value);
    else {
      const seen = output?.results[index]?.value;
      if (seen !== undefined && !holds(get(now, step.key), seen)) return [];
    }
  }
  return [now];
}

function holds(held: Json, seen: Json): boolean {
  return held !== UNOBSERVED && sameValue(held, seen);
}

function get(state: MultiRegisterState, key: string | number): Json {
  return state.find(([other]) => other === key)?.[1] ?? null;
}

function set(state: MultiRegisterState, key: string | number, value: Json): MultiRegisterState {
  const others = state.filter(([other]) => other !== key);
  return [...others, [key, value] as const].sort(([left], [right]) => compareKeys(left, right));
}

function compareKeys(left: string | number, right: string | number): number {
  if (typeof left !== typeof right) return typeof left === 'number' ? -1 : 1;
  return left < right ? -1 : left > right ? 1 : 0;
}

function mergeUnobservedValues(
  calls: readonly Call<MultiRegisterInput, MultiRegisterOutput>[],
): StateMerger<MultiRegisterState> {
  const observed = new Set<string>();
  const mark = (key: string | number, value: Json): string => JSON.stringify([key, canonicalKey(value)]);
  for (const { input, output } of calls) {
    for (const [index, step] of input.steps.entries()) {
      const seen = step.type === 'read' ? output?.results[index]?.value : undefined;
      if (seen !== undefined) observed.add(mark(step.key, seen));
    }
  }
  return {
    representative: (state) =>
      state.map(([key, value]) => {
        const matters = value !== UNOBSERVED && observed.has(mark(key, value));
        return [key, matters ? value : UNOBSERVED] as const;
      }),
  };
}

function describeTransaction(input: MultiRegisterInput, output: MultiRegisterOutput | undefined): string {
  const steps = input.steps.map((step, index) => {
    if (step.type === 'write') return `write ${step.key} = ${JSON.stringify(step.value)}`;
    const seen = output?.results[index]?.value;
    return seen === undefined ? `read ${step.key}` : `read ${step.key} = ${JSON.stringify(seen)}`;
  });
  return steps.length === 0 ? 'empty transaction' : steps.join('; ');
}
