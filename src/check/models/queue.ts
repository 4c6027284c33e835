/** A first-in first-out queue. */
import type { Json } from '../../sim/plain.ts';
import { canonicalKey, type Model, ModelError, sameValue } from '../model.ts';
import { isQueueByOrder } from './queue-order.ts';
import { firstUncaused } from './uncaused.ts';

export type QueueInput = { readonly type: 'enqueue'; readonly value: Json } | { readonly type: 'dequeue' };

/** enqueue: `{ ok: true }`. dequeue: `{ value }`, or `{ empty: true }` when there was nothing. */
export interface QueueOutput {
  readonly ok?: boolean;
  readonly value?: Json;
  readonly empty?: boolean;
}

/** Oldest first. */
export type QueueState = readonly Json[];

export function queueModel(initial: QueueState = []): Model<QueueState, QueueInput, QueueOutput> {
  return {
    name: 'queue',
    initial,
    step: stepQueue,
    key: canonicalKey,
    observes: (input, output) => input.type === 'dequeue' && output?.empty === true,
    decide: (operations) => (initial.length === 0 ? isQueueByOrder(operations) : undefined),
    impossible: (operations) =>
      firstUncaused<QueueInput, QueueOutput>(operations, {
        initial,
        puts: ({ input }) => (input.type === 'enqueue' ? [input.value] : []),
        shows: ({ input, output }) => (input.type === 'dequeue' && output?.value !== undefined ? [output.value] : []),
      }),
    remark({ input, output }, all) {
      const value = input.type === 'dequeue' ? output?.value : undefined;
      if (value === undefined || initial.some((one) => sameValue(one, value))) return undefined;
      const enqueued = all.some((other) => other.input.type === 'enqueue' && sameValue(other.input.value, value));
      return enqueued ? undefined : `nobody had enqueued ${JSON.stringify(value)}`;
    },
    describe: describeQueueCall,
    describeState: (state) => (state.length === 0 ? 'empty' : JSON.stringify(state)),
  };
}

function stepQueue(state: QueueState, input: QueueInput, output: QueueOutput | undefined): readonly QueueState[] {
  switch (input.type) {
    case 'enqueue':
      return [[...state, input.value]];
    case 'dequeue': {
      if (state.length === 0) return output?.value === undefined ? [state] : [];
      if (output?.empty === true) return [];
      const fits = output?.value === undefined || sameValue(output.value, state[0]);
      return fits ? [state.slice(1)] : [];
    }
    default:
      throw new ModelError(`queue: unknown operation type ${JSON.stringify((input as { type?: Json }).type)}`);
  }
}

function describeQueueCall(input: QueueInput, output: QueueOutput | undefined): string {
  if (input.type === 'enqueue') return `enqueue ${JSON.stringify(input.value)}`;
  if (output?.empty === true) return 'dequeue (empty)';
  return output?.value === undefined ? 'dequeue' : `dequeue ${JSON.stringify(output.value)}`;
}
