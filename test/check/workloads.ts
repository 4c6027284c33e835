/** Workloads over few values, so that random histories often collide. */
import { type KeyValueInput, keyValueModel } from '../../src/check/models/key-value.ts';
import { casRegisterModel, type RegisterInput, type RegisterOutput } from '../../src/check/models/register.ts';
import type { Json } from '../../src/sim/plain.ts';
import type { Draw, Workload } from './random-history.ts';

type Plain<T> = T & Json;

const VALUES = [null, 1, 2, 3] as const;

function registerAnswers(input: RegisterInput): Plain<RegisterOutput>[] {
  switch (input.type) {
    case 'read':
      return VALUES.map((value) => ({ value }));
    case 'write':
      return [{ ok: true }];
    case 'cas':
      return [{ ok: true }, { ok: false }];
  }
}

function registerInput(draw: Draw): Plain<RegisterInput> {
  const value = 1 + draw(3);
  switch (draw(3)) {
    case 0:
      return { type: 'read' };
    case 1:
      return { type: 'write', value };
    default:
      return { type: 'cas', expect: 1 + draw(3), value };
  }
}

export const casRegisterWorkload: Workload<Json, Plain<RegisterInput>, Plain<RegisterOutput>> = {
  model: casRegisterModel(),
  input: registerInput,
  answers: registerAnswers,
};

export const keyValueWorkload: Workload<Json, Plain<KeyValueInput>, Plain<RegisterOutput>> = {
  model: keyValueModel(),
  input: (draw) => ({ ...(registerInput(draw) as RegisterInput), key: ['a', 'b'][draw(2)] as string }),
  answers: registerAnswers,
};
