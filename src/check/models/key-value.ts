/** A map of independent registers: what a replicated state machine usually serves. Strings can be appended to. */
import type { Operation } from '../../sim/history.ts';
import type { Json } from '../../sim/plain.ts';
import { type Call, canonicalKey, type Model, ModelError, type StateMerger } from '../model.ts';
import {
  decideRegister,
  describeRegisterCall,
  describeRegisterState,
  firstUnwritten,
  mergeUnobserved,
  observesRegister,
  type RegisterInput,
  type RegisterOutput,
  type RegisterState,
  registerKey,
  remarkUnwritten,
  stepRegister,
  UNOBSERVED,
} from './register.ts';

/** Adds `value` at the end of the string that the key holds; an absent one counts as empty. Answers `{ ok: true }`. */
export interface AppendInput {
  readonly type: 'append';
  readonly value: string;
}

/**
 * `{ type: 'read', key }`, `{ type: 'write', key, value }`, `{ type: 'cas', key, expect, value }` or
 * `{ type: 'append', key, value }`.
 */
export type KeyValueInput = (RegisterInput | AppendInput) & { readonly key: string | number };

/** Each key is a register of its own, judged apart. Outputs as for a register; a key never written holds `initial`. */
export function keyValueModel(initial: Json = null): Model<RegisterState, KeyValueInput, RegisterOutput> {
  return {
    name: 'key-value',
    initial,
    step: stepKeyValue,
    key: registerKey,
    partition: (input) => input.key,
    observes: (input, output) => input.type !== 'append' && observesRegister(input, output),
    merge: mergeKeyValue,
    decide: (operations) => decideRegister(operations, initial),
    impossible: (operations) => (operations.some(isAppend) ? undefined : firstUnwritten(operations, initial)),
    remark(call, all) {
      if (all.some(({ input }) => input.type === 'append')) return undefined;
      return remarkUnwritten(call as RegisterCall, all as readonly RegisterCall[], initial);
    },
    describe: (input, output) => `${String(input.key)}: ${describeKeyValueCall(input, output)}`,
    describeState: describeRegisterState,
  };
}

function isAppend({ input }: Operation): boolean {
  return (input as { readonly type?: Json }).type === 'append';
}

function stepKeyValue(
  state: RegisterState,
  input: KeyValueInput,
  output: RegisterOutput | undefined,
): readonly RegisterState[] {
  if (input.type !== 'append') return stepRegister('key-value', state, input, output);
  if (state === UNOBSERVED) return [UNOBSERVED];
  if (state !== null && typeof state !== 'string') {
    throw new ModelError(`key-value: cannot append to ${JSON.stringify(state)}, which is not a string`);
  }
  return [(state ?? '') + input.value];
}

function describeKeyValueCall(input: KeyValueInput, output: RegisterOutput | undefined): string {
  return input.type === 'append' ? `append ${JSON.stringify(input.value)}` : describeRegisterCall(input, output);
}

type RegisterCall = Call<RegisterInput, RegisterOutput>;
type KeyValueCall = Call<KeyValueInput, RegisterOutput>;

function mergeKeyValue(calls: readonly KeyValueCall[]): StateMerger<RegisterState> | undefined {
  if (calls.some(({ input }) => input.type === 'append')) return mergeHopelessStrings(calls);
  return mergeUnobserved(calls as readonly RegisterCall[]);
}

/**
 * Under appends a string leads to an observation only while it is a prefix of some observed value. Once it is not, no
 * append can make it one again, and nothing but a write can tell it from any other such string.
 */
function mergeHopelessStrings(calls: readonly KeyValueCall[]): StateMerger<RegisterState> {
  const observed: Json[] = [];
  for (const { input, output } of calls) {
    if (input.type === 'read' && output?.value !== undefined) observed.push(output.value);
    if (input.type === 'cas') observed.push(input.expect);
  }
  const others = new Set(observed.filter((value) => typeof value !== 'string').map(canonicalKey));
  const strings = observed.filter((value) => typeof value === 'string').sort(compareText);
  return {
    representative(state) {
      if (state === UNOBSERVED || state === null || others.has(registerKey(state))) return state;
      return typeof state === 'string' && isPrefixOfAny(state, strings) ? state : UNOBSERVED;
    },
  };
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function isPrefixOfAny(text: string, sorted: readonly string[]): boolean {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as string) < text) low = middle + 1;
    else high = middle;
  }
  return sorted[low]?.startsWith(text) ?? false;
}
