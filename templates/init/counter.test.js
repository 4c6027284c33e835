import { readdirSync, readFileSync } from 'node:fs';
import 'worldline/vitest';
import { describe, expect, test } from 'vitest';
import { protocol as counter } from './counter.js';

describe('the replicated counter', () => {
  test('survives 200 worlds with crashes, partitions, losses and duplicates', async () => {
    await expect(counter).toSurvive({ runs: 200 });
  }, 60_000);

  // A bug that you cannot plant and find is a property that you cannot trust.
  test.each([
    ['ack-before-sync', 'KEPT'],
    ['merge-by-sum', 'REAL'],
  ])(
    'its planted bug %s is caught by the property %s',
    async (bug, property) => {
      await expect(counter).toBeCaughtWith(bug, { by: property, runs: 200 });
    },
    60_000,
  );
});

// Failures become tests: `npx worldline fuzz ./counter.js` writes what it finds to .worldline/failures; move it to corpus/ once it is fixed.
const capsules = readdirSync('corpus').filter((name) => name.endsWith('.json'));
describe.skipIf(capsules.length === 0)('what was fixed stays fixed', () => {
  test.each(capsules)('%s', (name) => {
    const capsule = JSON.parse(readFileSync(`corpus/${name}`, 'utf8'));
    expect(capsule).not.toReplay(counter);
  });
});
