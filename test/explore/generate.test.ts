/** Plans out of seeds: one seed names one plan, what is fixed stays fixed, and a world is as rough as was asked for. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Protocol } from '../../src/check/protocol.ts';
import { CALLS_MAX } from '../../src/explore/calls.ts';
import { execute } from '../../src/explore/execute.ts';
import { planSource } from '../../src/explore/generate.ts';
import { observeVocabulary } from '../../src/explore/probe.ts';
import type { Plan } from '../../src/scenario/plan.ts';
import { readPlan } from '../../src/scenario/plan-schema.ts';
import { bareScenario, type Scenario } from '../../src/scenario/scenario.ts';
import { defaultLimits } from '../../src/sim/config.ts';
import type { Tolerance } from '../../src/sim/protocol.ts';
import { protocol } from '../toys/quorum-register.ts';

const bare = bareScenario('toy', 'a toy', './quorum-register.js');
const under = (changes: Partial<Scenario>): Scenario => ({ ...bare, ...changes });

function plans(scenario: Scenario, count: number, of = protocol): readonly Plan[] {
  const source = planSource(of, scenario, observeVocabulary(of, scenario));
  return Array.from({ length: count }, (_, index) => source.plan(`p${index}`));
}

const optionsOf = (nodes: Plan['nodes']): { readonly retry: number; readonly attempts: number } =>
  (nodes[0] as Plan['nodes'][number]).options as { retry: number; attempts: number };

const kinds = (drawn: readonly Plan[]): ReadonlySet<string> =>
  new Set(drawn.flatMap(({ faults }) => faults.map(({ kind }) => kind)));

describe('one seed', () => {
  test('names one plan, in another source and after other seeds too', () => {
    const [one, other] = [planSource(protocol, bare), planSource(protocol, bare)];
    other.plan('something else');
    expect(other.plan('17')).toEqual(one.plan('17'));
    expect(one.plan('18')).not.toEqual(one.plan('17'));
  });

  test('names the same plan in every campaign: what probes have seen does not depend on seeds', () => {
    expect(observeVocabulary(protocol, bare)).toEqual(observeVocabulary(protocol, bare));
  });

  test('names a plan that is JSON, and valid as a file', () => {
    for (const plan of plans(bare, 100)) {
      expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
      expect(readPlan(plan)).toMatchObject({ ok: true });
    }
  });
});

describe('a default run', () => {
  const drawn = plans(bare, 400);

  test('has up to 200 calls, by three to five clients, over 40 to 66 base timeouts', () => {
    for (const { calls, nodes, limits } of drawn) {
      expect(calls.length).toBeGreaterThan(45);
      expect(calls.length).toBeLessThanOrEqual(CALLS_MAX);
      const clients = nodes.filter(({ role }) => role === 'client').length;
      expect(clients).toBeGreaterThanOrEqual(3);
      expect(clients).toBeLessThanOrEqual(5);
      const base = optionsOf(nodes).retry;
      expect(limits.until / base).toBeGreaterThanOrEqual(40);
      expect(limits.until / base).toBeLessThanOrEqual(66);
    }
  });

  test('comes with every kind of fault somewhere, with fault-free runs, and with options at their extremes', () => {
    expect([...kinds(drawn)].sort()).toEqual(
      [
        'clock-drift',
        'clock-rate',
        'clock-step',
        'clog',
        'crash',
        'crash-loop',
        'cut',
        'degrade',
        'disk-stall',
        'filter',
        'flapping',
        'isolate',
        'noise',
        'outage',
        'partial',
        'partition',
        'pause',
        'slow-disk',
        'slow-node',
        'swizzle-clog',
        'timer-jitter',
      ].sort(),
    );
    const faultFree = drawn.filter(({ faults }) => faults.length === 0).length;
    expect(faultFree).toBeGreaterThan(4);
    expect(faultFree).toBeLessThan(60);
    const attempts = new Set(drawn.map(({ nodes }) => optionsOf(nodes).attempts));
    expect(attempts).toContain(1);
    expect(attempts).toContain(10);
  });

  test('has many faults mostly, few in some runs, and none in some', () => {
    const share = (least: number, most: number): number =>
      drawn.filter(({ faults }) => faults.length >= least && faults.length <= most).length / drawn.length;
    expect(share(14, Number.POSITIVE_INFINITY)).toBeGreaterThan(0.7);
    expect(share(1, 8)).toBeGreaterThan(0.04);
    expect(share(0, 0)).toBeGreaterThan(0.01);
  });

  test('has more of what stops or separates nodes than a uniform one', () => {
    const share = (of: readonly Plan[]): number => {
      const faults = of.flatMap((plan) => plan.faults);
      return (
        faults.filter(({ kind }) => ['partition', 'isolate', 'crash', 'outage', 'pause'].includes(kind)).length /
        faults.length
      );
    };
    expect(share(drawn)).toBeGreaterThan(1.3 * share(plans(under({ chaos: { profile: 'uniform' } }), 200)));
  });

  test('hangs faults on notes, messages and timers, aims at whoever wrote a note, and cuts handlers between effects', () => {
    const faults = drawn.flatMap((plan) => plan.faults);
    expect(faults.some(({ when }) => when?.note !== undefined)).toBe(true);
    expect(faults.some(({ when }) => when?.message !== undefined)).toBe(true);
    expect(faults.some(({ when }) => when?.timer !== undefined)).toBe(true);
    expect(faults.some((fault) => 'node' in fault && typeof fault.node === 'object')).toBe(true);
    expect(faults.some((fault) => 'effect' in fault && fault.effect === 0)).toBe(true);
    expect(faults.some((fault) => 'effect' in fault && (fault.effect ?? 0) > 1)).toBe(true);
  });

  test('has faults much shorter and much longer than the base timeout', () => {
    const lengths = drawn.flatMap(({ faults, nodes }) => {
      const base = optionsOf(nodes).retry;
      return faults.flatMap((fault) => ('for' in fault && fault.for !== undefined ? [fault.for / base] : []));
    });
    expect(lengths.filter((length) => length < 1 / 8).length / lengths.length).toBeGreaterThan(0.02);
    expect(lengths.filter((length) => length > 4).length / lengths.length).toBeGreaterThan(0.1);
  });

  test('ends quietly: what begins at a known time is over ten base timeouts before the end', () => {
    for (const { faults, limits, nodes } of drawn) {
      const base = optionsOf(nodes).retry;
      for (const fault of faults) {
        if (fault.at === undefined) continue;
        const end = fault.at + ('for' in fault ? (fault.for ?? 0) : 0);
        expect(end).toBeLessThanOrEqual(limits.until - 10 * base + 1);
      }
    }
  });

  test('haunts one node in many runs, and compounds its troubles', () => {
    const targets = (plan: Plan): readonly string[] =>
      plan.faults.flatMap((fault) => ('node' in fault ? [JSON.stringify(fault.node)] : []));
    const haunted = drawn.filter((plan) => {
      const all = targets(plan);
      return (
        all.length >= 5 && Math.max(...all.map((one) => all.filter((other) => other === one).length)) / all.length > 0.6
      );
    });
    const struck = drawn.filter((plan) => targets(plan).length >= 5);
    // Of three servers, two or three clients and whoever noted something one would seldom be struck so often by chance.
    expect(haunted.length / struck.length).toBeGreaterThan(0.25);
    expect(haunted.length / struck.length).toBeLessThan(0.8);
  });

  test('has troubles of different kinds at one node and one event, and some that come again with each event of a kind', () => {
    const hung = drawn.map(({ faults }) => faults.filter(({ when }) => when !== undefined));
    const eventOf = ({ when }: Plan['faults'][number]): string => JSON.stringify({ ...when, nth: 0 });
    const pairs = (alike: (one: Plan['faults'][number], other: Plan['faults'][number]) => boolean): number =>
      hung.filter((faults) =>
        faults.some((one, place) => {
          const next = faults[place + 1];
          return next !== undefined && eventOf(one) === eventOf(next) && alike(one, next);
        }),
      ).length;
    const nodeOf = (fault: Plan['faults'][number]): string => ('node' in fault ? JSON.stringify(fault.node) : '');
    expect(
      pairs((one, other) => one.kind !== other.kind && nodeOf(one) !== '' && nodeOf(one) === nodeOf(other)),
    ).toBeGreaterThan(20);
    const again = (one: Plan['faults'][number], other: Plan['faults'][number]): boolean =>
      one.kind === other.kind && other.when?.nth === (one.when?.nth ?? 1) + 1;
    expect(pairs(again)).toBeGreaterThan(20);
  });

  test('has splits that often leave the node that is struck otherwise in the minority', () => {
    const sides = drawn.flatMap(({ faults }) => {
      const struck = faults.flatMap((fault) => ('node' in fault && typeof fault.node === 'string' ? [fault.node] : []));
      const haunted = struck.find((node) => struck.filter((other) => other === node).length >= 4);
      return faults.flatMap((fault) => {
        if (haunted === undefined || fault.kind !== 'partition' || fault.groups.length !== 2) return [];
        const own = fault.groups.find((group) => group.includes(haunted));
        const other = fault.groups.find((group) => !group.includes(haunted));
        return own === undefined || other === undefined ? [] : [Math.sign(own.length - other.length)];
      });
    });
    const minority = sides.filter((side) => side < 0).length;
    const majority = sides.filter((side) => side > 0).length;
    expect(majority).toBeGreaterThan(10);
    expect(minority / majority).toBeGreaterThan(0.55);
  });

  test('has splits that move: one begins when another ends', () => {
    const moves = drawn.filter(({ faults }) => {
      const splits = faults.filter((fault) => fault.kind === 'partition' && fault.at !== undefined);
      return splits.some((one) => splits.some((other) => 'for' in one && other.at === (one.at ?? 0) + (one.for ?? 0)));
    });
    expect(moves.length).toBeGreaterThan(2);
  });

  test('has clients that differ: some hardly ever write', () => {
    const readers = drawn.filter(({ calls, nodes }) =>
      nodes.some(({ id }) => {
        const own = calls.filter(({ client }) => client === id);
        return own.length > 10 && own.filter(({ op }) => op.type === 'read').length / own.length > 0.9;
      }),
    );
    const writers = readers.filter(
      ({ calls }) => calls.filter(({ op }) => op.type === 'write').length > calls.length / 3,
    );
    expect(writers.length).toBeGreaterThan(5);
  });

  test('asks for every unique value once', () => {
    for (const { calls } of drawn.slice(0, 50)) {
      const written = calls.flatMap(({ op }) => (op.type === 'write' ? [op.value] : []));
      expect(new Set(written).size).toBe(written.length);
    }
  });
});

describe('options', () => {
  const options: Protocol['options'] = {
    ...protocol.options,
    shortest: { kind: 'duration', title: 'shortest', default: 150_000, min: 100_000, max: 250_000 },
    longest: { kind: 'duration', title: 'longest', default: 300_000, min: 200_000, max: 500_000, notBelow: 'shortest' },
    mode: { kind: 'choice', title: 'mode', default: 'a', of: ['a', 'b', 'c'] },
  };
  const of = { ...protocol, options };
  const values = (scenario: Scenario): readonly { shortest: number; longest: number; mode: string }[] =>
    plans(scenario, 400, of).map(({ nodes }) => nodes[0]?.options as never);

  test('that must not be below others are not, and now and then close above', () => {
    const drawn = values(bare);
    for (const { shortest, longest } of drawn) expect(longest).toBeGreaterThanOrEqual(shortest);
    const close = drawn.filter(({ shortest, longest }) => longest > shortest && longest <= shortest * 1.25);
    expect(close.length).toBeGreaterThan(20);
    expect(new Set(drawn.map(({ longest }) => longest)).size).toBeGreaterThan(100);
    for (const { shortest, longest } of values(under({ options: { shortest: 900_000 } })))
      if (longest !== 300_000) expect(longest).toBeGreaterThanOrEqual(shortest);
  });

  test('that are choices have equal shares, but for runs in which all is as usual', () => {
    const shares = { a: 0, b: 0, c: 0 } as { [mode: string]: number };
    for (const { mode } of values(bare)) shares[mode] = (shares[mode] ?? 0) + 1;
    for (const mode of ['b', 'c']) expect(Math.abs((shares[mode] as number) - 100), mode).toBeLessThan(30);
  });
});

describe('what a protocol does not claim to survive', () => {
  const nothing: Tolerance = {
    crashes: false,
    unsyncedLoss: false,
    partitions: false,
    messageLoss: false,
    duplication: false,
    reordering: false,
    pauses: false,
    clockRatePpm: 0,
    clockSteps: false,
  };

  test('is not done to it', () => {
    for (const plan of plans(bare, 100, { ...protocol, tolerates: nothing })) {
      expect(plan.faults).toEqual([]);
      expect(plan.network).toMatchObject({ lossPpm: 0, duplicationPpm: 0, fifo: true });
      expect(plan.nodes.every(({ clock }) => clock === undefined || (clock.offset === 0 && clock.ratePpm === 0))).toBe(
        true,
      );
    }
  });

  test('is left out piece by piece', () => {
    const only = plans(bare, 200, { ...protocol, tolerates: { ...nothing, crashes: true } });
    expect([...kinds(only)].sort()).toEqual(['crash', 'crash-loop', 'outage']);
    for (const { faults } of only) for (const fault of faults) expect(fault).toMatchObject({ unsynced: 'all' });
  });

  const few: Protocol = {
    ...protocol,
    tolerates: { ...nothing, crashes: true, duplication: true, clockRatePpm: 1_000, clockSteps: true },
  };

  test('leaves few kinds to some protocols: then long plans have nearly all, and mostly what stops nodes', () => {
    const drawn = plans(under({}), 400, few);
    const all = drawn.flatMap(({ faults }) => faults);
    const stopping = all.filter(({ kind }) => kind === 'crash' || kind === 'outage' || kind === 'crash-loop');
    expect(stopping.length / all.length).toBeGreaterThan(0.5);
    const long = drawn.filter(({ faults }) => faults.length >= 24);
    expect(long.length).toBeGreaterThan(50);
    const varied = long.filter((plan) => kinds([plan]).size >= 6);
    expect(varied.length / long.length).toBeGreaterThan(0.9);
  });

  test('leaves few kinds to some protocols: then nothing comes again as it was', () => {
    const drawn = plans(under({}), 400, few);
    for (const { faults } of drawn) {
      // How far a clock is stepped, and how long a node is down and up, is drawn from so much that two are hardly ever alike.
      const telling = faults.filter(({ kind }) => kind === 'clock-step' || kind === 'crash-loop');
      const shapes = telling.map(({ at: _at, when: _when, ...shape }) => JSON.stringify(shape));
      expect(new Set(shapes).size).toBe(shapes.length);
    }
    expect(drawn.flatMap(({ faults }) => faults.filter(({ kind }) => kind === 'clock-step')).length).toBeGreaterThan(
      100,
    );
  });

  test('leaves few kinds to some protocols: then faults come all over the time of a run', () => {
    const timed = plans(under({}), 3_000, few).flatMap(({ faults, limits, nodes }) => {
      const times = faults.flatMap(({ at }) => (at === undefined ? [] : [at]));
      const end = limits.until - 10 * optionsOf(nodes).retry;
      return times.length < 16 ? [] : [(Math.max(...times) - Math.min(...times)) / end];
    });
    expect(timed.length).toBeGreaterThan(200);
    // Of sixteen times at random nearly never all are as close together as that.
    expect(timed.filter((share) => share < 0.4)).toEqual([]);
  });

  test('limits how far clocks may be off', () => {
    const drifting = plans(bare, 200, { ...protocol, tolerates: { ...nothing, clockRatePpm: 200 } });
    expect([...kinds(drifting)].sort()).toEqual(['clock-drift', 'clock-rate']);
    const rates = drifting.flatMap(({ nodes, faults }) => [
      ...nodes.map(({ clock }) => clock?.ratePpm ?? 0),
      ...faults.map((fault) => (fault.kind === 'clock-rate' || fault.kind === 'clock-drift' ? fault.ppm : 0)),
    ]);
    expect(Math.max(...rates)).toBeLessThanOrEqual(200);
    expect(Math.min(...rates)).toBeGreaterThanOrEqual(-200);
    expect(new Set(rates).size).toBeGreaterThan(10);
  });
});

describe('a scenario', () => {
  test('fixes what it names, and leaves the rest to be drawn', () => {
    const scenario = under({
      options: { attempts: 7 },
      nodes: { server: 5, client: 2 },
      network: { lossPpm: 1_234 },
      clocks: { n2: { offset: -5_000 } },
      limits: { until: 2_000_000, eventsMax: 99_999 },
      faults: [{ kind: 'crash', node: 'n1', at: 1_000, for: 2_000 }],
    });
    for (const plan of plans(scenario, 50)) {
      expect(plan.nodes.map(({ id }) => id)).toEqual(['n1', 'n2', 'n3', 'n4', 'n5', 'c1', 'c2']);
      expect(plan.nodes.every(({ options }) => (options as { attempts: number }).attempts === 7)).toBe(true);
      expect(plan.network.lossPpm).toBe(1_234);
      expect(plan.nodes[1]?.clock?.offset).toBe(-5_000);
      expect(plan.limits).toEqual({ ...defaultLimits, until: 2_000_000, eventsMax: 99_999 });
      expect(plan.faults[0]).toEqual(scenario.faults[0]);
    }
    expect(new Set(plans(scenario, 50).map(({ network }) => network.latency.kind)).size).toBeGreaterThan(2);
  });

  test('without chaos is as written: seeds differ in calls and latencies, and nothing else', () => {
    for (const plan of plans(under({ chaos: { profile: 'none' } }), 50)) {
      expect(plan.faults).toEqual([]);
      expect(plan.nodes.map(({ id }) => id)).toEqual(['n1', 'n2', 'n3', 'c1', 'c2', 'c3']);
      expect(plan.network).toMatchObject({ lossPpm: 0, duplicationPpm: 0 });
      expect(plan.nodes[0]?.options).toEqual({ retry: 100_000, attempts: 5 });
    }
  });

  test('says which faults chaos may add, how many, and between which times', () => {
    const scenario = under({
      limits: { until: 10_000_000 },
      chaos: { faults: ['crash', 'pause'], faultsMax: 3, from: 2_000_000, to: 4_000_000 },
    });
    const drawn = plans(scenario, 200);
    expect([...kinds(drawn)].sort()).toEqual(['crash', 'pause']);
    for (const { faults } of drawn) {
      expect(faults.length).toBeLessThanOrEqual(3);
      for (const { at } of faults) {
        if (at === undefined) continue;
        expect(at).toBeGreaterThanOrEqual(2_000_000);
        expect(at).toBeLessThanOrEqual(4_000_000);
      }
    }
  });

  test('leaves open how many there are below the most', () => {
    const counts = plans(under({ chaos: { faultsMax: 10 } }), 200).map(({ faults }) => faults.length);
    expect(Math.max(...counts)).toBe(10);
    expect(counts.filter((count) => count >= 6 && count < 10).length).toBeGreaterThan(60);
  });

  test('with its own calls and no rate gets no others; with a high rate its calls are streamed', () => {
    const calls = [{ at: 5, client: 'c1', op: { type: 'read', key: 'k1' } }];
    for (const plan of plans(under({ workload: { calls } }), 5)) {
      expect(plan.calls).toEqual(calls);
      expect(plan.workload).toBeUndefined();
    }
    const [busy] = plans(under({ workload: { rate: 200 }, limits: { until: 10_000_000 }, nodes: { client: 4 } }), 1);
    expect(busy?.calls).toEqual([]);
    expect(busy?.workload).toMatchObject({ interval: 20_000, start: 0, end: 10_000_000 });
  });

  test('light is lighter than default, and default than heavy', () => {
    const size = (profile: 'light' | 'default' | 'heavy'): number =>
      plans(under({ chaos: { profile } }), 150).reduce((sum, { faults }) => sum + faults.length, 0);
    expect(size('light')).toBeLessThan(size('default'));
    expect(size('default')).toBeLessThan(size('heavy'));
  });
});

test.each(['default', 'uniform'] as const)(
  'what a scenario says of the time between faults holds in a %s world',
  (profile) => {
    const faultsWith = (gap: number): number =>
      plans(under({ chaos: { profile, gap } }), 60).reduce((sum, { faults }) => sum + faults.length, 0);
    expect(faultsWith(100_000_000)).toBeLessThan(faultsWith(10_000) / 2);
  },
);

test('a uniform world has every kind in most of its runs, and nothing in it hangs on an event or comes again', () => {
  const uniform = plans(under({ chaos: { profile: 'uniform' } }), 200);
  const faults = uniform.flatMap((plan) => plan.faults);
  expect(faults.length).toBeGreaterThan(1_000);
  expect(faults.filter(({ at, when }) => at === undefined || when !== undefined)).toEqual([]);
  expect(faults.filter((fault) => 'node' in fault && typeof fault.node !== 'string')).toEqual([]);
  const counts = new Map<string, number>();
  for (const { kind } of faults) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  expect(counts.size).toBe(kinds(plans(bare, 400)).size);
  expect(Math.max(...counts.values()) / Math.min(...counts.values())).toBeLessThan(2.5);
});

test('a base timeout that is none is refused by name', () => {
  const broken = { ...protocol, baseTimeout: () => Number.NaN };
  expect(() => planSource(broken, bare).plan('1')).toThrow('quorum-register.baseTimeout(...) gave NaN');
});

test('plans are an arbitrary of fast-check: they can be asserted on, and shrink to what still fails', () => {
  const { arbitrary } = planSource(protocol, bare);
  const result = fc.check(
    fc.property(arbitrary, (plan) => execute(protocol, plan).statistics.operations.ok < 3),
    { seed: 5, numRuns: 5 },
  );
  expect(result.failed).toBe(true);
  const [smallest] = result.counterexample as [Plan];
  expect(smallest.calls).toHaveLength(3);
  expect(smallest.faults).toEqual([]);
});
