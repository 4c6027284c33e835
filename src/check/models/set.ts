/** A set of values. Operations on single elements are judged element by element, unless somebody reads the whole set. */
import type { Json } from '../../sim/plain.ts';
import { canonicalKey, type Model, ModelError, sameValue } from '../model.ts';
import { isGrowingSetByLevels } from './set-levels.ts';
import { firstUncaused } from './uncaused.ts';

export type SetInput =
  | { readonly type: 'add' | 'remove' | 'contains'; readonly value: Json }
  | { readonly type: 'read' };

/**
 * - add, remove: `{ ok: true }`, or `{ changed }` when the set tells whether the element was absent (add), present (remove).
 * - contains: `{ value: true | false }`. read: `{ value: [elements in any order] }`.
 */
export interface SetOutput {
  readonly ok?: boolean;
  readonly changed?: boolean;
  readonly value?: Json;
}

/** Elements, each once, by canonical key. */
export type SetState = readonly Json[];

export function setModel(): Model<SetState, SetInput, SetOutput> {
  return {
    name: 'set',
    initial: [],
    step: stepSet,
    key: canonicalKey,
    partition: (input) => (input.type === 'read' ? undefined : canonicalKey(input.value)),
    observes: (input, output) => input.type === 'read' || input.type === 'contains' || output?.changed === false,
    decide: isGrowingSetByLevels,
    impossible: (operations) =>
      firstUncaused<SetInput, SetOutput>(operations, {
        initial: [],
        puts: ({ input }) => (input.type === 'add' ? [input.value] : []),
        shows({ input, output }) {
          if (input.type === 'contains') return output?.value === true ? [input.value] : [];
          return input.type === 'read' && Array.isArray(output?.value) ? (output.value as readonly Json[]) : [];
        },
      }),
    remark({ input, output }, all) {
      const elements = input.type === 'read' && Array.isArray(output?.value) ? (output.value as readonly Json[]) : [];
      const stranger = elements.find(
        (element) => !all.some((other) => other.input.type === 'add' && sameValue(other.input.value, element)),
      );
      return stranger === undefined ? undefined : `nobody had added ${JSON.stringify(stranger)}`;
    },
    describe: describeSetCall,
    describeState: (state) => (state.length === 0 ? 'empty' : JSON.stringify(state)),
  };
}

function stepSet(state: SetState, input: SetInput, output: SetOutput | undefined): readonly SetState[] {
  switch (input.type) {
    case 'read':
      return output?.value === undefined || sameElements(state, output.value) ? [state] : [];
    case 'contains': {
      const present = indexOf(state, input.value) >= 0;
      return output?.value === undefined || output.value === present ? [state] : [];
    }
    case 'add': {
      const absent = indexOf(state, input.value) < 0;
      if (output?.changed !== undefined && output.changed !== absent) return [];
      return [absent ? [...state, input.value].sort(compareElements) : state];
    }
    case 'remove': {
      const at = indexOf(state, input.value);
      if (output?.changed !== undefined && output.changed !== at >= 0) return [];
      return [at < 0 ? state : state.filter((_, index) => index !== at)];
    }
    default:
      throw new ModelError(`set: unknown operation type ${JSON.stringify((input as { type?: Json }).type)}`);
  }
}

function indexOf(state: SetState, value: Json): number {
  const key = canonicalKey(value);
  return state.findIndex((element) => canonicalKey(element) === key);
}

function sameElements(state: SetState, read: Json): boolean {
  if (!Array.isArray(read)) throw new ModelError(`set: a read answers a list, not ${JSON.stringify(read)}`);
  const keys = new Set((read as readonly Json[]).map(canonicalKey));
  return (
    keys.size === read.length && keys.size === state.length && state.every((value) => keys.has(canonicalKey(value)))
  );
}

function compareElements(left: Json, right: Json): number {
  const leftKey = canonicalKey(left);
  const rightKey = canonicalKey(right);
  if (typeof leftKey !== typeof rightKey) return typeof leftKey === 'number' ? -1 : 1;
  return leftKey < rightKey ? -1 : leftKey > rightKey ? 1 : 0;
}

function describeSetCall(input: SetInput, output: SetOutput | undefined): string {
  if (input.type === 'read') return output?.value === undefined ? 'read' : `read ${JSON.stringify(output.value)}`;
  const answer = output?.value ?? output?.changed;
  return `${input.type} ${JSON.stringify(input.value)}${answer === undefined ? '' : ` (${String(answer)})`}`;
}
