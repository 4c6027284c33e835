/** A map from names to values with read, write and compare-and-set: the state machine Raft replicates by default. */
import { type Model, sameValue } from '../../../check/model.ts';
import { keyValueModel } from '../../../check/models/key-value.ts';
import type { Json } from '../../../sim/plain.ts';
import { fingerprintPair } from '../fingerprint.ts';
import type { StateMachine } from '../state-machine.ts';

export type KeyValueOp =
  | { readonly type: 'read'; readonly key: string }
  | { readonly type: 'write'; readonly key: string; readonly value: Json }
  | { readonly type: 'cas'; readonly key: string; readonly expect: Json; readonly value: Json };

/** Keys are names: integer-like ones would change the order of an object's keys. A name that was never written holds null. */
export interface KeyValueState {
  readonly values: { [key: string]: Json };
  /** Sum of the fingerprints of all (key, value). */
  digest: number;
}

const DONE: Json = Object.freeze({ ok: true });
const REFUSED: Json = Object.freeze({ ok: false });

export const keyValueMachine: StateMachine<KeyValueState, KeyValueOp> = {
  name: 'key-value',
  operations: [
    { type: 'read', weight: 3, arguments: { key: { kind: 'key', count: 3 } } },
    { type: 'write', weight: 3, arguments: { key: { kind: 'key', count: 3 }, value: { kind: 'unique' } } },
    {
      type: 'cas',
      weight: 1,
      arguments: {
        key: { kind: 'key', count: 3 },
        expect: { kind: 'integer', min: 1, max: 20 },
        value: { kind: 'unique' },
      },
    },
  ],
  model: keyValueModel() as unknown as Model,

  start: () => ({ values: {}, digest: 0 }),

  apply(state, op) {
    switch (op.type) {
      case 'read':
        return { value: state.values[op.key] ?? null };
      case 'write':
        write(state, op.key, op.value);
        return DONE;
      case 'cas': {
        if (!sameValue(state.values[op.key] ?? null, op.expect)) return REFUSED;
        write(state, op.key, op.value);
        return DONE;
      }
    }
  },

  digest: (state) => state.digest,

  isQuery: (op) => op.type === 'read',

  answerRegardless: (op) => (op.type === 'write' ? DONE : undefined),

  tell(op, result) {
    switch (op.type) {
      case 'read':
        return `read ${op.key}${told(result, 'value')}`;
      case 'write':
        return `write ${op.key} = ${JSON.stringify(op.value)}`;
      case 'cas':
        return `cas ${op.key} ${JSON.stringify(op.expect)} to ${JSON.stringify(op.value)}${told(result, 'ok')}`;
    }
  },
};

function write(state: KeyValueState, key: string, value: Json): void {
  const before = state.values[key];
  if (before !== undefined) state.digest = (state.digest - fingerprintPair(key, before)) | 0;
  state.digest = (state.digest + fingerprintPair(key, value)) | 0;
  state.values[key] = value;
}

function told(result: Json | undefined, field: string): string {
  if (result === undefined) return '';
  const answer = result as { readonly [field: string]: Json } | null;
  return `: ${JSON.stringify(answer?.[field] ?? null)}`;
}
