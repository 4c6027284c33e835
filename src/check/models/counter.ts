/** A number that is added to and read. */
import type { Json } from '../../sim/plain.ts';
import { type Model, ModelError } from '../model.ts';

/** `amount` may be negative; default 1. */
export type CounterInput = { readonly type: 'add'; readonly amount?: number } | { readonly type: 'read' };

/** read: `{ value }`. add: `{ ok: true }`, or `{ value }` when the counter answers its new value. */
export interface CounterOutput {
  readonly ok?: boolean;
  readonly value?: number;
}

export function counterModel(initial = 0): Model<number, CounterInput, CounterOutput> {
  return {
    name: 'counter',
    initial,
    step(state, input, output) {
      const after = state + amountOf(input);
      return output?.value === undefined || output.value === after ? [after] : [];
    },
    key: (state) => state,
    observes: (input) => input.type === 'read',
    describe(input, output) {
      const what = input.type === 'read' ? 'read' : `add ${input.amount ?? 1}`;
      return output?.value === undefined ? what : `${what} = ${output.value}`;
    },
    describeState: String,
  };
}

function amountOf(input: CounterInput): number {
  switch (input.type) {
    case 'read':
      return 0;
    case 'add':
      return input.amount ?? 1;
    default:
      throw new ModelError(`counter: unknown operation type ${JSON.stringify((input as { type?: Json }).type)}`);
  }
}
