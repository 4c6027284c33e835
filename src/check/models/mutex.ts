/** A lock that does not know who holds it. For locks with owners and tokens see lock.ts. */
import type { Json } from '../../sim/plain.ts';
import { type Model, ModelError } from '../model.ts';

export interface MutexInput {
  readonly type: 'acquire' | 'release';
}

/** `ok: false`: refused, because it was held (acquire) or free (release). Absent or true: done. */
export interface MutexOutput {
  readonly ok?: boolean;
}

export type MutexState = 'free' | 'held';

export function mutexModel(initial: MutexState = 'free'): Model<MutexState, MutexInput, MutexOutput> {
  return {
    name: 'mutex',
    initial,
    step(state, input, output) {
      const from = startOf(input);
      if (output?.ok === false) return state === from ? [] : [state];
      return state === from ? [from === 'free' ? 'held' : 'free'] : [];
    },
    key: (state) => state,
    observes: (_, output) => output?.ok === false,
    describe: (input, output) => (output?.ok === false ? `${input.type} (refused)` : input.type),
    describeState: (state) => state,
  };
}

function startOf(input: MutexInput): MutexState {
  switch (input.type) {
    case 'acquire':
      return 'free';
    case 'release':
      return 'held';
    default:
      throw new ModelError(`mutex: unknown operation type ${JSON.stringify((input as { type?: Json }).type)}`);
  }
}
