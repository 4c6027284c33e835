/** Fuzzing from a test of one's own, and what such a test says when it fails. */
import { describe, expect, test } from 'vitest';
import { assertNoViolation, fuzz } from '../../src/explore/fuzz-api.ts';
import { counter } from '../toys/counter.ts';
import * as register from '../toys/quorum-register.ts';

const message = async (report: ReturnType<typeof fuzz>): Promise<string> => {
  const finished = await report;
  try {
    assertNoViolation(finished);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('it passed');
};

test('a protocol, or the module that exports it, passes where nothing is wrong', async () => {
  assertNoViolation(await fuzz(register.protocol, { runs: 30 }));
  const report = await fuzz(register, { runs: 30 });
  assertNoViolation(report);
  expect(report).toMatchObject({ verdict: 'passed', runs: 30, seed: '0', jobs: 1 });
});

test('the same seeds are run every time, unless another seed is given', async () => {
  const digest = async (seed?: string | number) =>
    (await fuzz(register, { runs: 5, ...(seed === undefined ? {} : { seed }) })).digest;
  expect(await digest()).toBe(await digest(0));
  expect(await digest('4dd91e2')).not.toBe(await digest());
});

describe('a failure', () => {
  test('is told in words: property, sentence, facts, the smallest plan, and how to see it again', async () => {
    const text = await message(fuzz(register, { bug: 'Q02' }));
    expect(text).toMatch(
      /^quorum-register: violated LIN \(the client history is linearizable\), seed \d+, after \d+ runs?\n/,
    );
    expect(text).toMatch(/which no order of the operations on k\d explains/);
    expect(text).toMatch(/event \d+: c\d/);
    expect(text).toMatch(/smallest plan: \d nodes, \d+ calls, \d faults, \d+ events/);
    const seed = /again: fuzz\(protocol, \{ seed: "(\d+)", runs: 1 \}\)/.exec(text)?.[1] as string;
    expect(await message(fuzz(register, { bug: 'Q02', seed, runs: 1 }))).toContain(`seed ${seed}, after 1 run`);
  });

  test('of code that throws shows its stack', async () => {
    const onAdd = (): never => {
      throw new Error('not with me');
    };
    const text = await message(fuzz(counter({ onAdd }), { runs: 3 }));
    expect(text).toContain('counter: failed, seed 0');
    expect(text).toContain('Error: not with me');
    expect(text).toContain('fuzz-api.test.ts');
  });

  test('to prove anything is a failure too', async () => {
    expect(await message(fuzz(counter({ isMute: true }), { runs: 5 }))).toBe(
      'counter: inconclusive: no operation was acknowledged in any run',
    );
  });
});

test('a scenario may be fixed in part, and chaos chosen', async () => {
  const scenario = { nodes: { server: 5 }, limits: { until: 1_000_000 } };
  const report = await fuzz(register, { runs: 5, profile: 'none', scenario });
  expect(report.coverage.faultFreeSeeds).toBe(5);
  // A run is over a little sooner where nothing is left to happen.
  expect(report.simulatedSeconds).toBeLessThanOrEqual(5);
  expect(report.simulatedSeconds).toBeGreaterThan(4);
});

test('what is no protocol is refused by what it lacks', async () => {
  await expect(fuzz({ ...register.protocol, title: '' })).rejects.toThrow(
    'fuzz: what it was given has no text `title`',
  );
  await expect(fuzz(42 as never)).rejects.toThrow('fuzz: what it was given is a number, not an object');
  const misspelt: object = { run: 5, runs: 1 };
  await expect(fuzz(register, misspelt)).rejects.toThrow('fuzz: no option run; there are seed, runs, ');
  await expect(fuzz(register, { bug: 'Q99' })).rejects.toThrow('quorum-register has no planted bug Q99');
});
