/** What the presumptions cost: forced writes and messages, derived from the rules, read off runs. */
import { describe, expect, it } from 'vitest';
import type { Presumption } from '../../../src/protocols/two-phase-commit/shape.ts';
import { twoPhaseCommit } from '../../../src/protocols/two-phase-commit/two-phase-commit.ts';
import { ms } from '../../../src/sim/protocol.ts';
import { append, call, putGet, type Run, run, type Scene, transfer } from '../atomic-commit/cluster.ts';

/** Forced writes from `since` on: syncs that had something to write. */
const forced = ({ trace }: Run, node: string, since: number): number =>
  trace.filter((event) => event.kind === 'sync' && event.node === node && event.at > since).length;

const PROTOCOL = ['Prepare', 'Vote', 'Decision', 'Ack'];

/** Messages of the commit protocol between the coordinator and one participant. */
const messages = ({ trace }: Run, node: string, since: number): number =>
  trace.filter(
    (event) =>
      event.kind === 'send' &&
      event.at > since &&
      (event.node === node || event.to === node) &&
      PROTOCOL.includes((event.message as { readonly type: string }).type),
  ).length;

/** n4 has a1 and n2 has a2. */
const commit: Scene = { calls: [call(0, 'c1', transfer('k1', 'k2'))], until: ms(1_000) };
/** Both promise, and one of the promises comes too late. */
const abort: Scene = { ...commit, overrides: [{ message: 'n4>n1/Vote#1', latency: ms(120) }] };

const cost = (scene: Scene, presumption: Presumption): readonly number[] => {
  const done = run(
    { ...scene, options: { presumption, inquiryInterval: ms(300), resendInterval: ms(300) } },
    twoPhaseCommit,
  );
  expect(done.simulation.violation).toBeUndefined();
  const since = ms(10);
  expect(forced(done, 'n2', since)).toBe(forced(done, 'n4', since));
  expect(messages(done, 'n2', since)).toBe(messages(done, 'n4', since));
  return [forced(done, 'n1', since), forced(done, 'n2', since), messages(done, 'n2', since)];
};

describe('forced writes of the coordinator, of each participant, and messages for each participant (R* 2, 3)', () => {
  it.each([
    ['nothing', [1, 2, 4], [1, 2, 4]],
    ['abort', [1, 2, 4], [0, 1, 3]],
    ['commit', [2, 1, 3], [1, 2, 4]],
  ] as const)('presumed %s', (presumption, committed, aborted) => {
    expect(cost(commit, presumption)).toEqual(committed);
    expect(cost(abort, presumption)).toEqual(aborted);
  });
});

describe('participants that have nothing to undo', () => {
  it('cost two messages and no forced write where they only read', () => {
    const done = run({ calls: [call(0, 'c1', putGet('k2', 'k1'))] }, twoPhaseCommit);
    expect([forced(done, 'n3', ms(10)), messages(done, 'n3', ms(10))]).toEqual([0, 2]);
    expect([forced(done, 'n4', ms(10)), messages(done, 'n4', ms(10))]).toEqual([2, 4]);
  });

  it('cost as much without read-only votes as all others', () => {
    const done = run({ calls: [call(0, 'c1', putGet('k2', 'k1'))], options: { readOnlyVotes: false } }, twoPhaseCommit);
    expect([forced(done, 'n3', ms(10)), messages(done, 'n3', ms(10))]).toEqual([2, 4]);
  });

  it('cost two messages where they vote no', () => {
    const twice = [call(0, 'c1', transfer('k1', 'k2', 60)), call(ms(100), 'c1', transfer('k1', 'k2', 60))];
    const done = run({ calls: twice }, twoPhaseCommit);
    expect([forced(done, 'n4', ms(100)), messages(done, 'n4', ms(100))]).toEqual([0, 2]);
    expect([forced(done, 'n2', ms(100)), messages(done, 'n2', ms(100))]).toEqual([1, 3]);
  });

  it('leave no second phase where all only read', () => {
    const done = run({ calls: [call(0, 'c1', { type: 'lists', one: 'k1', other: 'k2' })] }, twoPhaseCommit);
    expect([forced(done, 'n1', ms(10)), messages(done, 'n3', ms(10)), messages(done, 'n4', ms(10))]).toEqual([0, 2, 2]);
  });
});

it('an append to two shards is one transaction', () => {
  const done = run({ calls: [call(0, 'c1', append('k1', 'k2'))] }, twoPhaseCommit);
  expect(done.simulation.history().map(({ outcome }) => outcome)).toEqual(['ok']);
});
