import fc from 'fast-check';
import { fuzz, type Protocol } from 'worldline';
import { calls, operations, plans, run } from 'worldline/fast-check';
import 'worldline/vitest';
import { describe, expect, test } from 'vitest';

const path: string = '../../examples/replicated-counter.js';
const { protocol: counter } = (await import(path)) as { protocol: Protocol };

describe('matchers', () => {
  test('a correct protocol survives, a planted bug is caught by its property', async () => {
    await expect(counter).toSurvive({ runs: 50 });
    await expect(counter).toBeCaughtWith('merge-by-sum', { by: 'REAL', runs: 50 });
  });

  test('a matcher that does not match says what was found', async () => {
    await expect(expect(counter).toBeCaughtWith('merge-by-sum', { by: 'KEPT', runs: 20 })).rejects.toThrow(
      'merge-by-sum was not caught by KEPT in 1 seeds from 0; found: violated REAL',
    );
    await expect(expect(counter).toSurvive({ runs: 20, bug: 'merge-by-sum' })).rejects.toThrow('REAL');
  });

  test('reports tell what was violated and which goals were reached', async () => {
    const correct = await fuzz(counter, { runs: 50 });
    expect(correct).toHaveNoViolation();
    expect(correct).toReachGoal('gave-up');
    expect(correct).not.toReachGoal('no-such-goal');
    const broken = await fuzz(counter, { runs: 50, bug: 'merge-by-sum', shrink: false });
    expect(broken).toViolate('REAL');
    expect(broken).not.toViolate('KEPT');
    expect(broken).not.toHaveNoViolation();
  });

  test('a capsule replays under the protocol it was made with, and not under a mended one', async () => {
    const { groups } = await fuzz(counter, { runs: 50, bug: 'merge-by-sum' });
    const capsule = groups[0]?.capsule;
    expect(capsule).toReplay(counter);
    const mended = { ...counter, bugs: [{ ...counter.bugs?.[1], id: 'merge-by-sum', protocol: () => counter }] };
    expect(capsule).not.toReplay(mended as Protocol);
  });
});

describe('arbitraries', () => {
  test('plans run, and equal plans give equal digests', () => {
    fc.assert(
      fc.property(plans(counter), (plan) => {
        const { verdict, digest } = run(counter, plan);
        expect(verdict).toBe('passed');
        expect(run(counter, plan, { strict: true }).digest).toBe(digest);
      }),
      { numRuns: 10, seed: 1 },
    );
  });

  test('operations and calls are those that the protocol names', () => {
    fc.assert(
      fc.property(
        operations(counter),
        calls(counter, { clients: ['c1', 'c2'], until: 1_000_000 }),
        (operation, list) => {
          expect(['increment', 'read']).toContain(operation.type);
          expect(list.map(({ at }) => at)).toEqual([...list.map(({ at }) => at)].sort((one, other) => one - other));
          expect(list.every(({ client }) => client === 'c1' || client === 'c2')).toBe(true);
        },
      ),
      { seed: 1 },
    );
  });
});
