/** Keyframes that share what has not changed: the snapshot that comes out is the one that went in, and nothing is held twice. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Protocol } from '../../src/check/protocol.ts';
import { openRun } from '../../src/explore/execute.ts';
import { raft } from '../../src/protocols/raft/raft.ts';
import { PLAN_FORMAT, type Plan } from '../../src/scenario/plan.ts';
import { type CompactSnapshot, compact, expand } from '../../src/session/compact.ts';
import { Keyframes } from '../../src/session/keyframes.ts';
import { Recording } from '../../src/session/recording.ts';
import { Image } from '../../src/sim/image.ts';
import { clone } from '../../src/sim/plain.ts';
import { ms, seconds } from '../../src/sim/protocol.ts';
import type { Snapshot } from '../../src/sim/snapshot.ts';
import { specOf } from '../toys/kernel-spec.ts';
import { protocol as quorumRegister } from '../toys/quorum-register.ts';
import { troubledPlan } from '../tui/viewers.ts';

const raftPlan = (until: number): Plan => {
  const clients = ['c1', 'c2', 'c3'];
  const options = Object.fromEntries(Object.entries(raft.options).map(([name, spec]) => [name, spec.default]));
  return {
    ...specOf({
      seed: '3',
      nodes: [
        ...['n1', 'n2', 'n3'].map((id) => ({ id, role: 'server', options })),
        ...clients.map((id) => ({ id, role: 'client', options })),
      ],
      network: { latency: { kind: 'uniform', min: ms(1), max: ms(4) }, lossPpm: 2_000 },
      faults: [
        { kind: 'crash', at: seconds(2), node: 'n1', for: ms(400) },
        { kind: 'pause', at: seconds(3), node: 'n2', for: ms(700) },
        { kind: 'partition', at: seconds(5), groups: [['n3'], ['n1', 'n2', ...clients]], for: seconds(1) },
      ],
      workload: { operations: raft.operations, clients, interval: ms(20), start: 0, end: until },
      limits: { until },
    }),
    format: PLAN_FORMAT,
    protocol: 'raft',
  };
};

/** Any value as if it were a snapshot: what compact and expand do to it does not depend on what it means. */
const there = (value: unknown, previous?: CompactSnapshot): CompactSnapshot =>
  compact(clone(value) as Snapshot, previous);

/** Every object that can be reached. */
function reach(value: unknown, seen: Set<object> = new Set()): Set<object> {
  if (typeof value !== 'object' || value === null || seen.has(value)) return seen;
  seen.add(value);
  if (value instanceof Map) for (const [key, item] of value) reach([key, item], seen);
  else for (const item of value instanceof Set ? value : Object.values(value)) reach(item, seen);
  return seen;
}

describe('what goes in comes out', () => {
  const leaf = fc.oneof(
    fc.integer({ min: -3, max: 3 }),
    fc.constantFrom(0, -0, 0.5, Number.POSITIVE_INFINITY, Number.NaN, undefined, null, 'a', '', true),
  );
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf,
      tie('list'),
      tie('fields'),
      tie('map'),
      tie('set'),
    ),
    list: fc.oneof(fc.array(tie('any'), { maxLength: 4 }), tie('long'), tie('holes')),
    // Long enough for trees of two levels and three.
    long: fc
      .tuple(fc.array(tie('any'), { minLength: 1, maxLength: 3 }), fc.integer({ min: 60, max: 4_300 }))
      .map(([items, length]) => Array.from({ length }, (_, i) => items[i % items.length])),
    holes: fc.tuple(fc.integer({ min: 1, max: 200 }), tie('any')).map(([at, item]) => {
      const list: unknown[] = [];
      list[at] = item;
      return list;
    }),
    fields: fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('any'), { maxKeys: 3, noNullPrototype: true }),
    map: fc.array(fc.tuple(leaf, tie('any')), { maxLength: 4 }).map((entries) => new Map(entries)),
    set: fc.array(leaf, { maxLength: 4 }).map((items) => new Set(items)),
  })).any;

  test('for any value, whatever was before', () => {
    fc.assert(
      fc.property(value, value, (one, other) => {
        const first = there(one);
        const second = there(other, first);
        const again = there(one, second);
        expect(expand(first)).toStrictEqual(one);
        expect(expand(second)).toStrictEqual(other);
        expect(expand(again)).toStrictEqual(one);
      }),
      { numRuns: 30 },
    );
  });

  test('for a list that changes at any place, grows and shrinks', () => {
    const lengths = fc.integer({ min: 1, max: 5_000 });
    fc.assert(
      fc.property(
        lengths,
        lengths,
        fc.nat(),
        fc.constantFrom(-0, undefined, { a: 1 }, 1.5, []),
        (one, other, at, item) => {
          const before = Array.from({ length: one }, (_, i) => (at % 2 === 0 ? 0 : { i }));
          const after: unknown[] = Array.from({ length: other }, (_, i) => (at % 2 === 0 ? 0 : { i }));
          after[at % other] = item;
          const previous = there(before);
          expect(expand(there(after, previous))).toStrictEqual(after);
          expect(expand(previous)).toStrictEqual(before);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('a hole is not undefined', () => {
    const holes = new Array<unknown>(100);
    const filled = Array.from({ length: 100 }, () => undefined);
    expect(0 in (expand(there(holes, there(filled))) as unknown as unknown[])).toBe(false);
    expect(0 in (expand(there(filled, there(holes))) as unknown as unknown[])).toBe(true);
    // Nor is it what was in the list that is used again.
    const again = expand(there(holes), { free: [filled.map(() => 7)], used: [] }) as unknown as unknown[];
    expect(again).toStrictEqual(holes);
  });

  test('images of disks stay images; typed arrays are shared where they are equal', () => {
    const image = new Image();
    for (let index = 1; index <= 300; index++)
      image.apply({ area: '', kind: 'append', target: 'log', index, entry: { index } });
    const first = compact({ image: image.save() } as unknown as Snapshot);
    image.apply({ area: '', kind: 'truncate', target: 'log', index: 250 });
    const second = compact({ image: image.save() } as unknown as Snapshot, first);
    const [before, after] = [first, second].map((one) => (expand(one) as unknown as { image: Image }).image);
    expect(before?.log('', 'log').entries).toHaveLength(300);
    expect(after).toBeInstanceOf(Image);
    expect(after?.save()).toStrictEqual(image.save());
    const view = (...items: number[]): Snapshot => ({ view: new Float64Array(items) }) as unknown as Snapshot;
    const one = compact(view(1, -0));
    const two = compact(view(1, 0), one);
    const three = compact(view(1, 0), two);
    expect(two.root).not.toBe(one.root);
    expect(three.root).toBe(two.root);
  });
});

describe('what has not changed is shared', () => {
  test('an equal snapshot adds nothing', () => {
    const { simulation } = openRun(raft, raftPlan(seconds(4)));
    simulation.advanceTo(3_000);
    const first = compact(simulation.snapshot());
    const known = reach(first.root);
    const added = [...reach(compact(simulation.snapshot(), first).root)].filter((one) => !known.has(one));
    // What stands for a moment (streams, clocks) is plain and equal; only instances of classes are their own.
    expect(added.filter((one) => Object.getPrototypeOf(one) === Object.prototype)).toEqual([]);
    expect(added).toEqual([]);
  });

  test('a list that has grown by one shares all but the nodes above its end', () => {
    const list = Array.from({ length: 64 * 64 * 3 }, (_, i) => ({ i }));
    const first = there(list);
    const known = reach(first.root);
    const added = [...reach(there([...list, { i: -1 }], first).root)].filter((one) => !known.has(one));
    expect(added.length).toBeLessThan(10);
  });
});

describe('a run', () => {
  test.each<[string, Protocol, Plan, number]>([
    ['of Raft, with crashes', raft, raftPlan(seconds(8)), 700],
    ['of a toy, with every kind of trouble', quorumRegister, troubledPlan(), 35],
  ])('%s goes on from what was expanded as it went on before', (_, protocol, plan, gap) => {
    const { simulation } = openRun(protocol, plan);
    const frames: {
      readonly event: number;
      readonly digest: string;
      readonly state: string;
      readonly snapshot: CompactSnapshot;
    }[] = [];
    do {
      const snapshot = simulation.snapshot();
      const kept = compact(snapshot, frames.at(-1)?.snapshot);
      expect(expand(kept)).toStrictEqual(simulation.snapshot());
      frames.push({
        event: simulation.event,
        digest: simulation.digest(),
        state: simulation.stateHash(),
        snapshot: kept,
      });
    } while (simulation.advanceTo(simulation.event + gap));
    expect(frames.length).toBeGreaterThan(10);
    const other = openRun(protocol, plan).simulation;
    let lists: readonly unknown[][] = [];
    // Backwards, and each twice: going on from one must not change what is kept, nor what its neighbours share with it.
    for (const { event, digest, state, snapshot } of [...frames, ...frames.slice(-3)].reverse()) {
      // What the last one was put into is used again.
      const used: unknown[][] = [];
      other.adopt(expand(snapshot, { free: [...lists].reverse(), used }));
      lists = used;
      expect([other.event, other.digest(), other.stateHash()]).toEqual([event, digest, state]);
      other.run();
      expect(other.digest()).toBe(simulation.digest());
      expect(other.history()).toEqual(simulation.history());
    }
  });
});

describe('keyframes', () => {
  test('take less than they may, and lie close together', () => {
    const recording = new Recording(raft, raftPlan(seconds(60)), { sink: () => undefined }).record();
    const { count, bytes } = recording.keyframeSize;
    const { events } = recording.outcome.statistics;
    expect(events).toBeGreaterThan(50_000);
    expect(count).toBeGreaterThan(128);
    expect(bytes).toBeLessThan(20_000_000);
  });

  test('are thinned out when they hold too much that they do not share', () => {
    const keyframes = new Keyframes();
    let event = 0;
    for (let i = 0; i < 30; i++) {
      event = Math.max(event + 1, i === 0 ? 0 : keyframes.due);
      const list = Array.from({ length: 500_000 }, (_, place) => place * (i + 1) + 1);
      keyframes.add(event, { list } as unknown as Snapshot);
      expect(keyframes.size.bytes).toBeLessThan(64_000_000);
    }
    expect(keyframes.size.bytes).toBeGreaterThan(16_000_000);
    // From the first of them every event can be reached.
    expect(keyframes.eventBefore(1)).toBe(1);
    expect((keyframes.snapshotBefore(event) as unknown as { list: number[] }).list).toHaveLength(500_000);
  });
});
