/** What clients ask for, by the names of keys that they give. */
import { expect, it } from 'vitest';
import { stepsOf } from '../../../src/protocols/atomic-commit/workload.ts';

it('names keys as calls do, also where these are written by hand', () => {
  const keyOf = (one: string): string | undefined =>
    stepsOf({ type: 'registers', one, other: one }, { process: 'c1', sequence: 1 })[0]?.key;
  for (const name of ['1', '12', '999', '12345', 'x', 'ab', '01', '-1', '1e3', ''])
    expect(keyOf(`k${name}`)).toBe(`r${name}`);
});
