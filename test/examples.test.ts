import { expect, test } from 'vitest';
import { assertNoViolation, fuzz, type Protocol } from 'worldline';

// As a user's test would have it: through the package's own name, from the built files.
const counter = async (): Promise<Protocol> => {
  const path: string = '../examples/replicated-counter.js';
  return ((await import(path)) as { protocol: Protocol }).protocol;
};

test('the replicated counter survives 100 seeds', async () => {
  assertNoViolation(await fuzz(await counter(), { runs: 100 }));
});

test.each([
  ['ack-before-sync', 'KEPT'],
  ['merge-by-sum', 'REAL'],
])('its planted bug %s is found by property %s within 100 seeds', async (bug, property) => {
  const report = await fuzz(await counter(), { runs: 100, bug, shrink: false });
  expect(report.verdict).toBe('violated');
  expect(report.groups.map((group) => group.signature)).toEqual([`violated ${property}`]);
  expect(() => assertNoViolation(report)).toThrow(property);
});
