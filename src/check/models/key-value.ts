/** A map of independent registers: what a replicated state machine usually serves. */
import type { Json } from '../../sim/plain.ts';
import type { Model } from '../model.ts';
import {
  describeRegisterCall,
  describeRegisterState,
  mergeUnobserved,
  observesRegister,
  type RegisterInput,
  type RegisterOutput,
  type RegisterState,
  registerKey,
  stepRegister,
} from './register.ts';

/** `{ type: 'read', key }`, `{ type: 'write', key, value }` or `{ type: 'cas', key, expect, value }`. */
export type KeyValueInput = RegisterInput & { readonly key: string | number };

/** Each key is a compare-and-set register of its own, judged apart. Outputs as for a register; an absent key holds `initial`. */
export function keyValueModel(initial: Json = null): Model<RegisterState, KeyValueInput, RegisterOutput> {
  return {
    name: 'key-value',
    initial,
    step: (state, input, output) => stepRegister('key-value', state, input, output),
    key: registerKey,
    partition: (input) => input.key,
    observes: observesRegister,
    merge: mergeUnobserved,
    describe: (input, output) => `${String(input.key)}: ${describeRegisterCall(input, output)}`,
    describeState: describeRegisterState,
  };
}
