/** A single value: read, write, compare-and-set. Also the object behind every key of the key-value model. */
import type { Operation } from '../../sim/history.ts';
import type { Json } from '../../sim/plain.ts';
import { type Call, canonicalKey, type Model, ModelError, type StateMerger, sameValue } from '../model.ts';
import { isRegisterByZones } from './register-zones.ts';
import { firstUncaused } from './uncaused.ts';

export type RegisterInput =
  | { readonly type: 'read' }
  | { readonly type: 'write'; readonly value: Json }
  | { readonly type: 'cas'; readonly expect: Json; readonly value: Json };

/**
 * Reads answer `{ value }` (an answer without `value` says nothing and is always possible), writes `{ ok: true }`,
 * compare-and-sets `{ ok }`: true when the comparison held and the value was written, false when it did not hold.
 */
export interface RegisterOutput {
  readonly value?: Json;
  readonly ok?: boolean;
}

/** The value held. */
export type RegisterState = Json;

/** Stands for every value that no operation of the history reads or compares with. Compared by identity. */
export const UNOBSERVED: Json = Object.freeze({ unobserved: true });

/** A register with reads and writes only. */
export function registerModel(initial: Json = null): Model<RegisterState, RegisterInput, RegisterOutput> {
  return {
    ...casRegisterModel(initial),
    name: 'register',
    step(state, input, output) {
      if (input.type === 'cas') throw new ModelError('register: unknown operation type "cas"');
      return stepRegister('register', state, input, output);
    },
  };
}

/** A register with reads, writes and compare-and-set. */
export function casRegisterModel(initial: Json = null): Model<RegisterState, RegisterInput, RegisterOutput> {
  return {
    name: 'cas-register',
    initial,
    step: (state, input, output) => stepRegister('cas-register', state, input, output),
    key: registerKey,
    observes: observesRegister,
    merge: mergeUnobserved,
    decide: (operations) => decideRegister(operations, initial),
    impossible: (operations) => firstUnwritten(operations, initial),
    remark: (call, all) => remarkUnwritten(call, all, initial),
    describe: describeRegisterCall,
    describeState: describeRegisterState,
  };
}

export function stepRegister(
  modelName: string,
  state: RegisterState,
  input: RegisterInput,
  output: RegisterOutput | undefined,
): readonly RegisterState[] {
  switch (input.type) {
    case 'read': {
      const value = output?.value;
      return value === undefined || holds(state, value) ? [state] : [];
    }
    case 'write':
      return [input.value];
    case 'cas': {
      const matches = holds(state, input.expect);
      if (output?.ok !== undefined && output.ok !== matches) return [];
      return [matches ? input.value : state];
    }
    default:
      throw new ModelError(`${modelName}: unknown operation type ${JSON.stringify((input as { type?: Json }).type)}`);
  }
}

function holds(state: RegisterState, value: Json): boolean {
  return state !== UNOBSERVED && sameValue(state, value);
}

export function registerKey(state: RegisterState): string | number {
  return state === UNOBSERVED ? 'unobserved' : canonicalKey(state);
}

export function observesRegister(input: RegisterInput, output: RegisterOutput | undefined): boolean {
  return input.type === 'read' || (input.type === 'cas' && output?.ok === false);
}

/** A value that nobody reads or compares with behaves like any other such value, whatever is written later. */
export function mergeUnobserved(calls: readonly Call<RegisterInput, RegisterOutput>[]): StateMerger<RegisterState> {
  const observed = new Set<string | number>();
  for (const { input, output } of calls) {
    if (input.type === 'read' && output?.value !== undefined) observed.add(canonicalKey(output.value));
    if (input.type === 'cas') observed.add(canonicalKey(input.expect));
  }
  return { representative: (state) => (observed.has(registerKey(state)) ? state : UNOBSERVED) };
}

/** Reads and writes of different values alone: decided by zones. */
export function decideRegister(operations: readonly Operation[], initial: Json): boolean | undefined {
  return isRegisterByZones(operations, initial);
}

/** The first read, or successful compare-and-set, of a value that nobody had written. */
export function firstUnwritten(operations: readonly Operation[], initial: Json): number | undefined {
  return firstUncaused<RegisterInput, RegisterOutput>(operations, {
    initial: [initial],
    puts: ({ input, output }) => (input.type === 'read' || output?.ok === false ? [] : [input.value]),
    shows({ input, output }) {
      if (input.type === 'cas') return output?.ok === true ? [input.expect] : [];
      return input.type === 'read' && output?.value !== undefined ? [output.value] : [];
    },
  });
}

/** A value observed that nothing in the history could have put there. */
export function remarkUnwritten(
  { input, output }: Call<RegisterInput, RegisterOutput>,
  all: readonly Call<RegisterInput, RegisterOutput>[],
  initial: Json,
): string | undefined {
  const seen = input.type === 'read' ? output?.value : input.type === 'cas' && output?.ok ? input.expect : undefined;
  if (seen === undefined || sameValue(seen, initial)) return undefined;
  const written = all.some((other) => other.input.type !== 'read' && sameValue(other.input.value, seen));
  return written ? undefined : `nobody had written ${JSON.stringify(seen)}`;
}

export function describeRegisterCall(input: RegisterInput, output: RegisterOutput | undefined): string {
  switch (input.type) {
    case 'read':
      return output?.value === undefined ? 'read' : `read ${JSON.stringify(output.value)}`;
    case 'write':
      return `write ${JSON.stringify(input.value)}`;
    case 'cas': {
      const answer = output?.ok === false ? ' (refused)' : '';
      return `cas ${JSON.stringify(input.expect)} to ${JSON.stringify(input.value)}${answer}`;
    }
  }
}

export function describeRegisterState(state: RegisterState): string {
  return state === UNOBSERVED ? '(a value nobody looks at)' : JSON.stringify(state);
}
