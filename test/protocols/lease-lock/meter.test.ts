/** What locks are measured by. A message takes 5 ms, a sync 1 ms. */
import { expect, it } from 'vitest';
import { addFigures, noSamples, withSample } from '../../../src/check/meter.ts';
import { figuresOf } from '../../../src/check/monitor.ts';
import type { Protocol } from '../../../src/check/protocol.ts';
import { chubbyLock } from '../../../src/protocols/lease-lock/chubby/chubby-lock.ts';
import { etcdLock } from '../../../src/protocols/lease-lock/etcd/etcd-lock.ts';
import { leaseLock } from '../../../src/protocols/lease-lock/lease-lock.ts';
import { redlock } from '../../../src/protocols/lease-lock/redlock/redlock.ts';
import { zooKeeperLock } from '../../../src/protocols/lease-lock/zookeeper/zookeeper-lock.ts';
import { figureLines } from '../../../src/report/figures.ts';
import { ms } from '../../../src/sim/protocol.ts';
import { work } from '../../zoo/lease-lock-kills.ts';
import { run, type Scene } from '../atomic-commit/cluster.ts';

const measured = (scene: Scene, protocol: Protocol): ReturnType<typeof figuresOf> =>
  figuresOf(protocol, run(scene, protocol).simulation.watches);

const two: Scene = { calls: [work(0, 'c1', 1), work(ms(20), 'c2', 1)] };

it('a hand-over lasts from the release to the next holder, who alone is told', () => {
  // Sent at 33 ms, on disk as free after 39 and as granted after 40, known to c2 at 45.
  expect(measured(two, leaseLock)).toEqual({
    'hand-over': { unit: 'micros', count: 1, sum: ms(12), max: ms(12) },
    'held by nobody': { unit: 'micros', count: 1, sum: ms(12), max: ms(12) },
    'wake-ups': { unit: 'count', count: 1, sum: 1, max: 1 },
    'messages to waiters': { unit: 'count', count: 1, sum: 1, max: 1 },
    'lost while alive': { unit: 'count', count: 2, sum: 0, max: 0 },
  });
});

it('nobody waits for a lock that nobody wants: the time counts from when it is asked for', () => {
  const later: Scene = { calls: [work(0, 'c1', 1), work(ms(500), 'c2', 1)] };
  const figures = measured(later, leaseLock);
  expect(figures?.['hand-over']).toEqual({ unit: 'micros', count: 1, sum: ms(11), max: ms(11) });
  // From 33 ms to 511 ms.
  expect(figures?.['held by nobody']).toEqual({ unit: 'micros', count: 1, sum: ms(478), max: ms(478) });
});

it('a holder that stops for longer than its lease loses the lock and lives', () => {
  const stopped: Scene = {
    calls: [work(0, 'c1', 3)],
    faults: [{ kind: 'pause', node: 'c1', when: { note: 'guardedStep', nth: 2 }, effect: 1, for: ms(900) }],
  };
  expect(measured(stopped, leaseLock)?.['lost while alive']).toEqual({ unit: 'count', count: 1, sum: 1, max: 1 });
  const crashed: Scene = { ...stopped, faults: [{ kind: 'crash', node: 'c1', at: ms(60) }] };
  expect(measured(crashed, leaseLock)?.['lost while alive']).toEqual(noSamples('count'));
});

it('who asks stores again and again hears from them again and again', () => {
  const { 'messages to waiters': messages, 'hand-over': handOver, 'wake-ups': wakeUps } = measured(two, redlock) ?? {};
  // Nobody tells it that its turn has come.
  expect(wakeUps).toEqual({ unit: 'count', count: 1, sum: 0, max: 0 });
  expect(handOver?.sum).toBeGreaterThan(ms(12));
  expect(messages?.max).toBeGreaterThan(1);
});

it.each([etcdLock, zooKeeperLock, chubbyLock])('a release wakes one of two who wait: $name', (lock) => {
  const calls = [work(ms(400), 'c1', 4), work(ms(420), 'c2', 1), work(ms(440), 'c3', 1)];
  const figures = measured({ calls }, lock);
  expect(figures?.['wake-ups']).toEqual({ unit: 'count', count: 2, sum: 2, max: 1 });
  expect(figures?.['lost while alive']).toEqual({ unit: 'count', count: 3, sum: 0, max: 0 });
});

it('figures of several runs add up, and are told with their means', () => {
  const one = { waits: withSample(withSample(noSamples('micros'), 1_000), 3_000) };
  const other = { waits: withSample(noSamples('micros'), 8_000), turns: withSample(noSamples('count'), 2) };
  const sum = addFigures(one, other);
  expect(sum).toEqual({
    waits: { unit: 'micros', count: 3, sum: 12_000, max: 8_000 },
    turns: { unit: 'count', count: 1, sum: 2, max: 2 },
  });
  expect(figureLines(sum).join(' ').replace(/\s+/g, ' ')).toBe(
    ' figures waits: 3 times, 4 ms on average, 8 ms at most, 12 ms in all; turns: 1 time, 2 on average, 2 at most, 2 in all',
  );
  expect(figureLines({ never: noSamples('count') })).toEqual([]);
  expect(figureLines(undefined)).toEqual([]);
});
