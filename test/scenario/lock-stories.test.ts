/** The stories about locks: each breaks what it says it breaks, and holds with the rule, the margin or the clock that it names. */
import { describe, expect, it } from 'vitest';
import { planFor } from '../../src/cli/run.ts';
import { loadSubject } from '../../src/cli/subject.ts';
import { execute } from '../../src/explore/execute.ts';

interface Variant {
  readonly bug?: string;
  readonly set?: readonly string[];
}

async function brokenBy(story: string, { bug, set = [] }: Variant): Promise<string | undefined> {
  const subject = await loadSubject(story, { set, ...(bug === undefined ? {} : { bug }) }, 'none');
  const execution = execute(subject.protocol, planFor(subject, '1'), { strict: true });
  expect(execution.failure).toBeUndefined();
  return execution.violation?.property;
}

describe.each<readonly [story: string, property: string, broken: Variant, correct: Variant]>([
  ['lease-lock-pause', 'FENCE', { bug: 'L01' }, {}],
  ['lease-lock-fencing', 'FENCE', { bug: 'L03' }, {}],
  ['lease-lock-delay', 'FENCE', { bug: 'L01', set: ['options.guard=tokens'] }, {}],
  ['lease-lock-delay', 'FENCE', { bug: 'L01', set: ['options.guard=tokens'] }, { set: ['options.guard=tokens'] }],
  ['lease-lock-clock-drift', 'EXCL', {}, { set: ['options.clockRatePpmMax=200000'] }],
  ['lease-lock-release', 'OWN', { bug: 'L08' }, {}],
  ['redlock-clock-jump', 'EXCL', {}, { set: ['options.storeClock=monotonic'] }],
  ['redlock-restart', 'EXCL', {}, { set: ['options.restarts=delayed'] }],
  ['redlock-pause', 'FENCE', {}, { set: ['faults=[{at: 60ms, kind: pause, node: c1, for: 900ms}]'] }],
])('%s', (story, property, broken, correct) => {
  it(`breaks ${property} with ${JSON.stringify(broken)}`, async () => {
    expect(await brokenBy(story, broken)).toBe(property);
  });

  it(`holds with ${JSON.stringify(correct)}`, async () => {
    expect(await brokenBy(story, correct)).toBeUndefined();
  });
});
