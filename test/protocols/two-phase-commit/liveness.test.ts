import { expect, it } from 'vitest';
import { readCapsule } from '../../../src/explore/capsule-file.ts';
import { execute } from '../../../src/explore/execute.ts';
import { twoPhaseCommit } from '../../../src/protocols/two-phase-commit/two-phase-commit.ts';

it('transactions that nobody goes on with, in line for one lock, are given up one after the other', async () => {
  const { plan } = await readCapsule('test/protocols/two-phase-commit/capsules/orphans-in-line.json');
  const { violation, liveness } = execute(twoPhaseCommit, { ...plan, limits: { ...plan.limits, until: 60_000_000 } });
  expect(violation).toBeUndefined();
  expect(liveness?.verdict).toBe('live');
});
