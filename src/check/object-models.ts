/** The model that a recorded history is judged by. */
import type { Json } from '../sim/plain.ts';
import { HistoryError, shown } from './history-error.ts';
import type { Model } from './model.ts';
import { counterModel } from './models/counter.ts';
import { keyValueModel } from './models/key-value.ts';
import { lockModel } from './models/lock.ts';
import { multiRegisterModel } from './models/multi-register.ts';
import { mutexModel } from './models/mutex.ts';
import { queueModel } from './models/queue.ts';
import { casRegisterModel, registerModel } from './models/register.ts';
import { setModel } from './models/set.ts';
import type { ObjectHistory } from './read-history.ts';

/** A model of any kind of state; inputs and outputs are those of the history it came with. */
export type AnyModel = Model<unknown, unknown, unknown>;

/** @throws HistoryError when the history's initial value is none for its model. */
export function objectModel({ model, initial }: Pick<ObjectHistory, 'model' | 'initial'>): AnyModel {
  switch (model) {
    case 'register':
      return registerModel(initial ?? null) as AnyModel;
    case 'cas-register':
      return casRegisterModel(initial ?? null) as AnyModel;
    case 'multi-register':
      return multiRegisterModel(initialRecord(initial)) as AnyModel;
    case 'key-value':
      return keyValueModel(initial ?? null) as AnyModel;
    case 'mutex':
      if (initial === undefined || initial === 'free' || initial === 'held') return mutexModel(initial) as AnyModel;
      return wrongInitial(initial, '"free" or "held"');
    case 'lock':
      return lockModel() as AnyModel;
    case 'queue':
      if (initial === undefined || Array.isArray(initial))
        return queueModel(initial as readonly Json[] | undefined) as AnyModel;
      return wrongInitial(initial, 'a list');
    case 'set':
      return setModel() as AnyModel;
    case 'counter':
      if (initial === undefined || typeof initial === 'number') return counterModel(initial) as AnyModel;
      return wrongInitial(initial, 'a number');
  }
}

function initialRecord(initial: Json | undefined): Readonly<Record<string, Json>> {
  if (initial === undefined || initial === null) return {};
  if (typeof initial === 'object' && !Array.isArray(initial)) return initial as Readonly<Record<string, Json>>;
  return wrongInitial(initial, 'an object of keys and values');
}

function wrongInitial(initial: Json, expectation: string): never {
  throw new HistoryError(`expected ${expectation}, not ${shown(initial)}`, { field: 'initial' });
}
