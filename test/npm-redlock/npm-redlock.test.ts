/**
 * The code of the most used implementation on npm (`redlock`, MIT) against simulated stores. It waits for promises, setTimeout and nothing
 * else, and reads Date.now: on fake timers, which let all promises settle between two of them, it runs the same way every time.
 * What is known against it is shown here on its own code, and beside it on ours.
 */
import fc from 'fast-check';
import Redlock, { type Lock, type Settings } from 'redlock';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { redlock } from '../../src/protocols/lease-lock/redlock/redlock.ts';
import { bug, run } from '../protocols/atomic-commit/cluster.ts';
import { kills } from '../zoo/redlock-kills.ts';
import { SimulatedRedis, type Way } from './simulated-redis.ts';

const TTL = 1_000;
const KEY = 'lock';
const once: Settings = { retryCount: 0, retryJitter: 0 };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: 0 });
});

afterEach(() => {
  vi.useRealTimers();
});

const storesOf = (count: number): SimulatedRedis[] => Array.from({ length: count }, () => new SimulatedRedis());
const prompt: Way = { there: 5, back: 5 };

/** A client with links of its own. */
const clientOf = (
  stores: readonly SimulatedRedis[],
  way: (store: number, nth: number) => Way = () => prompt,
  settings: Settings = { retryJitter: 0 },
): Redlock =>
  new Redlock(
    stores.map((store, place) => store.connect((nth) => way(place + 1, nth))),
    settings,
  );

/** What became of a promise; the world goes on meanwhile. */
function watch<T>(promise: Promise<T>): { value?: T; error?: unknown } {
  const seen: { value?: T; error?: unknown } = {};
  promise.then(
    (value) => {
      seen.value = value;
    },
    (error: unknown) => {
      seen.error = error;
    },
  );
  return seen;
}

const pass = (millis: number): Promise<unknown> => vi.advanceTimersByTimeAsync(millis);
const held = (stores: readonly SimulatedRedis[]): (string | undefined)[] => stores.map((store) => store.get(KEY));

/** The same story on our own Redlock. */
function ours(id: string): { readonly broken: string | undefined; readonly correct: string | undefined } {
  const { scene } = kills.find((kill) => kill.bug === id) as (typeof kills)[number];
  return {
    broken: run(scene, bug(redlock, id)).simulation.violation?.property,
    correct: run(scene, redlock).simulation.violation?.property,
  };
}

describe('in a prompt world', () => {
  it('takes the lock on all stores, extends it, and gives it back', async () => {
    const stores = storesOf(5);
    const first = watch(clientOf(stores).acquire([KEY], TTL));
    await pass(20);
    const lock = first.value as Lock;
    expect(lock.expiration).toBe(TTL - 12);
    expect(held(stores)).toEqual(Array(5).fill(lock.value));

    const second = watch(clientOf(stores).acquire([KEY], TTL, once));
    const extended = watch(lock.extend(TTL));
    await pass(30);
    expect(second.error).toMatchObject({ name: 'ExecutionError' });
    expect(extended.value?.expiration).toBe(TTL + 20 - 12);

    const released = watch((extended.value as Lock).release());
    await pass(20);
    expect(released.error).toBeUndefined();
    expect(held(stores)).toEqual(Array(5).fill(undefined));
  });
});

describe('node-redlock#296: the validity is not looked at when a quorum is there', () => {
  it('gives out a lock that has run out on all stores, and that somebody else has by now', async () => {
    const stores = storesOf(5);
    const slowly = clientOf(stores, () => ({ there: 5, back: TTL + 200 }));
    const first = watch(slowly.acquire([KEY], TTL, once));
    await pass(TTL + 100);
    const second = watch(clientOf(stores).acquire([KEY], TTL, once));
    await pass(200);
    expect((second.value as Lock).expiration).toBeGreaterThan(Date.now());
    expect((first.value as Lock).expiration).toBeLessThan(Date.now());
    expect(held(stores)).toEqual(Array(5).fill(second.value?.value));
  });

  it('counts the time from before all attempts, so that a lock just taken is called expired', async () => {
    const stores = storesOf(5);
    const holder = watch(clientOf(stores).acquire([KEY], TTL));
    await pass(10);
    const patient = watch(clientOf(stores).acquire([KEY], TTL, { retryCount: 10, retryDelay: 200, retryJitter: 0 }));
    await pass(TTL + 300);
    expect(holder.value).toBeDefined();
    expect((patient.value as Lock).expiration).toBeLessThan(Date.now());
    expect(held(stores)).toEqual(Array(5).fill(patient.value?.value));
  });

  it('in our model: L11 breaks EXCL, and the published algorithm does not', () => {
    expect(ours('L11')).toEqual({ broken: 'EXCL', correct: undefined });
  });
});

describe('node-redlock#369: retries are blocked by what the attempt before has left', () => {
  it('two clients that share the stores wait for their own keys to run out', async () => {
    const stores = storesOf(5);
    const [left, right] = [
      [1, 2],
      [4, 5],
    ];
    /** Store 3 refuses everybody once. */
    stores[2]?.keys.set(KEY, { value: 'somebody', expiresAt: 20 });
    const settings: Settings = { retryCount: 3, retryDelay: 100, retryJitter: 0 };
    const nearTo =
      (near: readonly number[] = []) =>
      (store: number): Way => ({ there: near.includes(store) ? 2 : 8, back: 2 });
    const one = watch(clientOf(stores, nearTo(left), settings).acquire([KEY], TTL));
    const other = watch(clientOf(stores, nearTo(right), settings).acquire([KEY], TTL));
    await pass(60);
    const [a, b] = [stores[0]?.get(KEY), stores[4]?.get(KEY)];
    expect(held(stores)).toEqual([a, a, undefined, b, b]);
    await pass(340);
    // Store 3 has been free all the time, and a third yes would have been a quorum.
    expect([one.error, other.error].map((error) => (error as Error | undefined)?.name)).toContain('ExecutionError');
    expect([one.value, other.value]).toEqual([undefined, undefined]);
  });

  it('leaves a timer behind when the work ends while an extension is under way', async () => {
    const stores = storesOf(5);
    const client = clientOf(stores, () => ({ there: 20, back: 20 }));
    const settings: Settings = { automaticExtensionThreshold: 500, retryJitter: 0 };
    // Acquired at 40 ms, extended from 488 ms on.
    const used = watch(client.using([KEY], TTL, settings, () => new Promise((done) => void setTimeout(done, 460, 1))));
    await pass(700);
    expect(used.value).toBe(1);
    expect(held(stores)).toEqual(Array(5).fill(undefined));
    expect(vi.getTimerCount()).toBe(1);
  });

  it('in our model: L12a leaves keys behind, L24 goes on extending; the published algorithm does neither', () => {
    expect(ours('L12a')).toEqual({ broken: 'GHOST', correct: undefined });
    expect(ours('L24')).toEqual({ broken: 'GHOST', correct: undefined });
  });
});

describe('an even number of stores', () => {
  it('two to two is neither a quorum of yes nor one of no: acquire never ends', async () => {
    const stores = storesOf(4);
    const nearTo =
      (near: number) =>
      (store: number): Way => ({ there: Math.ceil(store / 2) === near ? 2 : 8, back: 2 });
    const one = watch(clientOf(stores, nearTo(1)).acquire([KEY], TTL));
    const other = watch(clientOf(stores, nearTo(2)).acquire([KEY], TTL));
    await pass(3_600_000);
    expect([one, other]).toEqual([{}, {}]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

/** A client that tries, works while its lock is valid by its own look at the clock, and gives it back. */
async function use(client: Redlock, workMillis: number, onHold: (from: number, to: number) => void): Promise<void> {
  const lock = await client.acquire([KEY], TTL);
  const from = Date.now();
  const to = Math.min(lock.expiration, from + workMillis);
  if (to <= from) return;
  onHold(from, to);
  await new Promise((resolve) => setTimeout(resolve, to - from));
  await lock.release().catch(() => {});
}

interface Drawn {
  readonly startMillis: number;
  readonly workMillis: number;
  readonly latencies: readonly number[];
}

const drawn = fc.record({
  startMillis: fc.integer({ min: 0, max: 1_500 }),
  workMillis: fc.integer({ min: 1, max: 1_500 }),
  latencies: fc.array(
    fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 1, max: 40 }) }, fc.integer({ min: 1, max: 1_500 })),
    {
      minLength: 12,
      maxLength: 12,
    },
  ),
});

/** True when no two clients held the lock at once. @param driftFactor part of the ttl by which they call it over before it is */
async function areApart(clients: readonly Drawn[], driftFactor: number): Promise<boolean> {
  vi.setSystemTime(0);
  vi.clearAllTimers();
  const stores = storesOf(5);
  const holds: { readonly from: number; readonly to: number }[] = [];
  const settings: Settings = { retryCount: 8, retryDelay: 150, retryJitter: 0, driftFactor };
  for (const { startMillis, workMillis, latencies } of clients) {
    const latency = (place: number): number => latencies[place % latencies.length] as number;
    const way = (store: number, nth: number): Way => ({
      there: latency(store + 3 * nth),
      back: latency(2 * store + nth),
    });
    const client = clientOf(stores, way, settings);
    setTimeout(() => void use(client, workMillis, (from, to) => holds.push({ from, to })).catch(() => {}), startMillis);
  }
  await pass(15_000);
  return !holds.some((one, place) =>
    holds.slice(place + 1).some((other) => one.from < other.to && other.from < one.to),
  );
}

const worlds = fc.array(drawn, { minLength: 2, maxLength: 3 });

describe('its callers, if they look at the expiration', () => {
  it('hold the lock one after the other, however late messages are', async () => {
    const property = fc.asyncProperty(worlds, (clients) => areApart(clients, 0.01));
    await fc.assert(property, { seed: 1, numRuns: 200, endOnFailure: true });
  });

  it('do not, if they call it over later than it is', async () => {
    const property = fc.asyncProperty(worlds, (clients) => areApart(clients, -0.5));
    expect(await fc.check(property, { seed: 1, numRuns: 200, endOnFailure: true })).toMatchObject({ failed: true });
  });

  it('do not when the clock of a store jumps, as in Kleppmann 2016', async () => {
    const stores = storesOf(5);
    // The first client reaches stores 1 to 3 only, the second one is refused by 1 and 2.
    const lost = (store: number): Way => (store > 3 ? { there: undefined, back: undefined } : prompt);
    const first = watch(clientOf(stores, lost).acquire([KEY], TTL));
    await pass(20);
    (stores[2] as SimulatedRedis).clockOffset = 2 * TTL;
    const second = watch(clientOf(stores).acquire([KEY], TTL, once));
    await pass(20);
    expect((first.value as Lock).expiration).toBeGreaterThan(Date.now());
    expect((second.value as Lock).expiration).toBeGreaterThan(Date.now());
  });
});
