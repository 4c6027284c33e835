/** Laws of the faults of processes and clocks. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunSpec } from '../../src/sim/config.ts';
import type { Fault } from '../../src/sim/faults.ts';
import { Simulation } from '../../src/sim/simulation.ts';
import type { TraceEvent } from '../../src/sim/trace.ts';
import { type ActorState, actor, type Step, tell } from '../toys/kernel-actor.ts';
import { aRun, effort } from '../toys/kernel-arbitraries.ts';
import { chatter } from '../toys/kernel-chatter.ts';
import { nodes, ofKind, runOf, specOf, stateOf } from '../toys/kernel-spec.ts';

const aTime = fc.integer({ min: 1_000, max: 120_000 });
const aSpan = fc.integer({ min: 1_000, max: 60_000 });
const without = ({ calm: _, ...spec }: RunSpec, kinds: readonly string[]): RunSpec => ({
  ...spec,
  faults: spec.faults.filter(({ kind }) => !kinds.includes(kind)),
});
const withFaults = (spec: RunSpec, ...faults: readonly Fault[]): RunSpec => ({
  ...spec,
  faults: [...spec.faults, ...faults],
});
const CRASHES = ['crash', 'outage', 'crash-loop', 'restart', 'write-error', 'full-disk', 'sync-error'];
const handlers = new Set(['deliver', 'timer', 'call', 'admin']);
const handledAt = (trace: readonly TraceEvent[], node: string): number[] =>
  trace.flatMap((event) => (handlers.has(event.kind) && 'node' in event && event.node === node ? [event.at] : []));
const run = (faults: readonly Fault[], count = 2, seed = 'test'): ReturnType<typeof runOf> =>
  runOf(specOf({ seed, nodes: nodes('actor', count), faults }), { actor });
const seen = (simulation: ReturnType<typeof run>['simulation'], node = 'n1'): readonly string[] =>
  stateOf<ActorState>(simulation, node)?.seen ?? [];

describe('a paused node', () => {
  it('handles nothing, and afterwards all that waited', () => {
    fc.assert(
      fc.property(aRun, aTime, aSpan, (drawn, at, span) => {
        // Nothing else keeps it from going on.
        const plain = without(drawn, [...CRASHES, 'pause', 'slow-disk', 'disk-stall', 'slow-node']);
        const spec = withFaults(plain, { kind: 'pause', node: 'n1', at, for: span });
        const { trace, simulation } = runOf(spec, chatter);
        expect(handledAt(trace, 'n1').filter((time) => time > at && time < at + span)).toEqual([]);
        if (at + span < 190_000 && simulation.failure === undefined)
          expect(handledAt(trace, 'n1').some((time) => time >= at + span)).toBe(true);
      }),
      effort(20),
    );
  });
});

describe('a slow node', () => {
  it('takes as long for each handler, whatever it is, and does its work when it is done', () => {
    fc.assert(
      fc.property(aRun, fc.integer({ min: 1, max: 5_000 }), (drawn, cost) => {
        const plain = without(drawn, [...CRASHES, 'slow-node', 'pause', 'slow-disk', 'disk-stall']);
        const spec = withFaults(plain, { kind: 'slow-node', node: 'n1', at: 0, cost });
        const { trace } = runOf(spec, chatter);
        const times = handledAt(trace, 'n1').filter((time) => time > 0);
        for (const [i, time] of times.entries())
          if (i > 0) expect(time - (times[i - 1] as number)).toBeGreaterThanOrEqual(cost);
        const first = new Map(trace.flatMap((event) => (handlers.has(event.kind) ? [[event.event, event.at]] : [])));
        const sends = ofKind(trace, 'send').filter(
          ({ node, at, event }) => node === 'n1' && at > 0 && first.has(event),
        );
        expect(sends).toEqual([]);
      }),
      effort(15),
    );
  });

  it('does with each effect what it would have done at once, only later', () => {
    const work: Step[] = [
      { do: 'put', record: 'r', value: 1 },
      { do: 'sync' },
      { do: 'send', to: 'n2', text: 'done' },
      { do: 'timer', delay: 1_000, key: 'k' },
      { do: 'note', text: 'worked' },
    ];
    const { simulation, trace } = run([
      { kind: 'slow-node', node: 'n1', at: 0, cost: 3_000 },
      tell('n1', 10_000, ...work),
      tell('n1', 10_500, { do: 'remember', text: 'skipped: busy' }),
    ]);
    expect(ofKind(trace, 'note')).toEqual([expect.objectContaining({ at: 13_500 })]);
    expect(ofKind(trace, 'deliver')).toEqual([expect.objectContaining({ node: 'n2', at: 14_500 })]);
    expect(ofKind(trace, 'timer')).toEqual([expect.objectContaining({ at: 14_500 })]);
    expect(simulation.statistics().faults.admin).toEqual({ fired: 1, skipped: 1 });
  });

  it('that crashes at work has done nothing', () => {
    const { trace } = run([
      { kind: 'slow-node', node: 'n1', at: 0, cost: 3_000 },
      tell('n1', 10_000, { do: 'send', to: 'n2', text: 'never' }, { do: 'note', text: 'never' }),
      { kind: 'crash', node: 'n1', at: 12_000, for: 100 },
    ]);
    expect(ofKind(trace, 'send')).toEqual([]);
    expect(ofKind(trace, 'crash')[0]).toMatchObject({ lostEffects: 2 });
  });

  it('that is paused at work is done when the pause ends', () => {
    const { trace } = run([
      { kind: 'slow-node', node: 'n1', at: 0, cost: 3_000 },
      tell('n1', 10_000, { do: 'note', text: 'done' }),
      { kind: 'pause', node: 'n1', at: 12_000, for: 5_000 },
    ]);
    expect(ofKind(trace, 'note')[0]?.at).toBe(17_000);
  });

  it('that was paused for a while at work is done in its own time', () => {
    const { trace } = run([
      { kind: 'slow-node', node: 'n1', at: 0, cost: 3_000 },
      tell('n1', 10_000, { do: 'note', text: 'done' }),
      { kind: 'pause', node: 'n1', at: 11_000, for: 1_000 },
    ]);
    expect(ofKind(trace, 'note')[0]?.at).toBe(13_000);
  });

  it('that crashed at work owes nothing when it is back', () => {
    const { trace } = run([
      { kind: 'slow-node', node: 'n1', at: 0, cost: 3_000, for: 11_000 },
      tell('n1', 10_000, { do: 'note', text: 'never' }),
      { kind: 'crash', node: 'n1', at: 12_000, for: 100 },
      { kind: 'pause', node: 'n1', at: 12_200, for: 300 },
      tell('n2', 11_250, { do: 'send', to: 'n1', text: 'hello' }),
    ]);
    expect(ofKind(trace, 'note')).toEqual([]);
    expect(ofKind(trace, 'deliver').map(({ at }) => at)).toEqual([12_500]);
  });

  it('is as fast as before when it is over', () => {
    const { trace } = run([
      { kind: 'slow-node', node: 'n1', at: 0, cost: 3_000, for: 5_000 },
      tell('n1', 10_000, { do: 'note', text: 'done' }),
    ]);
    expect(ofKind(trace, 'note')[0]?.at).toBe(10_000);
  });
});

describe('an outage', () => {
  it('takes all its nodes at one moment and gives them back at one moment', () => {
    fc.assert(
      fc.property(aRun, fc.subarray(['n1', 'n2', 'n3'], { minLength: 1 }), aTime, aSpan, (drawn, victims, at, span) => {
        const spec = withFaults(without(drawn, [...CRASHES, 'pause']), {
          kind: 'outage',
          nodes: victims,
          at,
          for: span,
        });
        const { trace, simulation } = runOf(spec, chatter);
        const crashes = ofKind(trace, 'crash');
        expect(crashes.map(({ node }) => node).sort()).toEqual(victims);
        for (const crash of crashes) expect(crash.at).toBe(at);
        if (at + span >= 200_000 || simulation.failure !== undefined) return;
        const boots = ofKind(trace, 'boot').filter((boot) => boot.at > at && victims.includes(boot.node));
        expect(boots.map((boot) => [boot.node, boot.at])).toEqual(victims.map((node) => [node, at + span]));
        expect(handledAt(trace, victims[0] as string).filter((time) => time > at && time < at + span)).toEqual([]);
      }),
      effort(15),
    );
  });

  it('is skipped where all are down already, and spares who is', () => {
    const { trace, simulation } = run([
      { kind: 'crash', node: 'n1', at: 1_000 },
      { kind: 'outage', nodes: ['n1', 'n2'], at: 2_000, for: 1_000 },
      { kind: 'outage', nodes: ['n1'], at: 9_000, for: 1_000 },
    ]);
    expect(ofKind(trace, 'crash').map(({ node }) => node)).toEqual(['n1', 'n2']);
    expect(simulation.statistics().faults.outage).toEqual({ fired: 1, skipped: 1 });
  });
});

describe('a crash loop', () => {
  it('crashes as often as it says, down and up as long as it says', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 20_000 }),
        fc.integer({ min: 1, max: 20_000 }),
        (times, down, up) => {
          const { trace } = run([{ kind: 'crash-loop', node: 'n1', at: 10_000, times, down, up }]);
          const starts = Array.from({ length: times }, (_, i) => 10_000 + i * (down + up));
          expect(ofKind(trace, 'crash').map(({ at }) => at)).toEqual(starts);
          const boots = ofKind(trace, 'boot').filter(({ node, at }) => node === 'n1' && at > 0);
          expect(boots.map(({ at }) => at)).toEqual(starts.map((at) => at + down));
        },
      ),
      effort(30),
    );
  });
});

describe('a crash during a sync', () => {
  it('always falls between the beginning of a sync and its end', () => {
    fc.assert(
      fc.property(aRun, fc.constantFrom('n1', 'n2', 'n3'), aTime, (drawn, node, at) => {
        const plain = without(drawn, [...CRASHES, 'disk-stall', 'slow-disk']);
        const spec = withFaults(
          { ...plain, disk: { syncLatency: { kind: 'constant', value: 2_000 } } },
          { kind: 'crash', node, at, during: 'sync', for: 1_000 },
        );
        const { trace } = runOf(spec, chatter);
        const crash = ofKind(trace, 'crash')[0];
        if (crash === undefined) return;
        const place = trace.indexOf(crash);
        const began = trace.findLastIndex(
          (event, i) => i < place && event.kind === 'sync' && event.node === node && event.at <= crash.at - 1_000,
        );
        expect(began).toBeGreaterThanOrEqual(0);
        const synced = ofKind(trace.slice(0, place), 'synced').filter((event) => event.node === node).length;
        const syncs = ofKind(trace.slice(0, place), 'sync').filter((event) => event.node === node).length;
        expect(syncs).toBeGreaterThan(synced);
      }),
      effort(20),
    );
  });

  it('waits for a sync, and strikes one only', () => {
    const write: Step[] = [{ do: 'put', record: 'r', value: 1 }, { do: 'sync' }, { do: 'note', text: 'durable' }];
    const { trace, simulation } = run([
      { kind: 'crash', node: 'n1', at: 1_000, during: 'sync', for: 1_000 },
      tell('n1', 50_000, ...write),
      tell('n1', 60_000, ...write),
    ]);
    expect(ofKind(trace, 'crash').map(({ at, lostWrites }) => [at, lostWrites])).toEqual([[50_250, 1]]);
    expect(ofKind(trace, 'note').map(({ at }) => at)).toEqual([60_500]);
    expect(simulation.statistics().faults.crash).toEqual({ fired: 1, skipped: 0 });
  });
});

describe('timer jitter', () => {
  const timers = Array.from({ length: 2_000 }, (_, i) =>
    tell('n1', i * 10, { do: 'timer', delay: 20_000, key: `k${i}` }),
  );
  const lateness = (max: number, seed: string): number[] =>
    ofKind(run([{ kind: 'timer-jitter', nodes: ['n1'], at: 0, max }, ...timers], 1, seed).trace, 'timer').map(
      ({ at, key }) => at - 20_000 - 10 * Number(key?.slice(1)),
    );

  it('leaves most timers alone, makes none early and few very late', () => {
    const late = [...Array(20).keys()].flatMap((seed) => lateness(100_000, `${seed}`));
    expect(late).toHaveLength(40_000);
    expect(Math.min(...late)).toBe(0);
    expect(Math.max(...late)).toBeLessThanOrEqual(100_000);
    // The share later than x of the most is (1 - x^(1/1000)) / 4: of 40,000 about 115, 69 and 7.
    const laterThan = (by: number): number => late.filter((one) => one >= by).length;
    expect(Math.abs(laterThan(1) - 115)).toBeLessThan(40);
    expect(Math.abs(laterThan(100) - 69)).toBeLessThan(30);
    expect(Math.abs(laterThan(50_000) - 7)).toBeLessThan(7);
  });

  it('makes the n-th setting of a timer as late as ever, whatever else is set', () => {
    const some = timers.filter((_, i) => i % 3 === 0);
    const of = (faults: readonly Fault[]): Map<string, number> =>
      new Map(ofKind(run(faults, 1).trace, 'timer').map(({ key, at }) => [key as string, at]));
    const jitter: Fault = { kind: 'timer-jitter', nodes: ['n1'], at: 0, max: 100_000 };
    const all = of([jitter, ...timers]);
    for (const [key, at] of of([jitter, ...some])) expect([key, at]).toEqual([key, all.get(key)]);
  });

  it('is the same whether anybody watches or not', () => {
    const spec = specOf({
      nodes: nodes('actor', 1),
      faults: [{ kind: 'timer-jitter', nodes: ['n1'], at: 0, max: 100_000 }, ...timers],
    });
    const unseen = new Simulation({ spec, roles: { actor } });
    unseen.run();
    expect(unseen.digest()).toBe(runOf(spec, { actor }).simulation.digest());
    const punctual = runOf({ ...spec, faults: timers }, { actor }).simulation;
    expect(unseen.statistics().events).not.toBe(0);
    expect(unseen.digest()).not.toBe(punctual.digest());
  });

  it('touches nobody else, and ends', () => {
    const set = (at: number): Fault[] =>
      timers.map((_, i) => tell('n2', at + i * 10, { do: 'timer', delay: 1_000, key: `k${i}` }));
    const fired = (faults: readonly Fault[]): number[] => ofKind(run(faults).trace, 'timer').map(({ at }) => at);
    expect(fired([{ kind: 'timer-jitter', nodes: ['n1'], at: 0, max: 90_000 }, ...set(0)])).toEqual(fired(set(0)));
    const before: Fault = { kind: 'timer-jitter', nodes: ['n2'], at: 0, max: 90_000, for: 100_000 };
    expect(fired([before, ...set(100_000)])).toEqual(fired(set(100_000)));
  });
});

describe('a drifting clock', () => {
  it('never leaves its bounds, changes at its tempo, and lets timers fire when it shows their time', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 500_000 }),
        fc.integer({ min: 2_000, max: 40_000 }),
        fc.integer({ min: 0, max: 300_000 }),
        fc.string({ minLength: 1, maxLength: 3 }),
        (ppm, every, delay, seed) => {
          const { trace, simulation } = run(
            [{ kind: 'clock-drift', node: 'n1', at: 0, ppm, every }, tell('n1', 10_000, { do: 'timer', delay })],
            1,
            seed,
          );
          const steps = ofKind(trace, 'fault').filter(({ phase }) => phase === 'step');
          expect(steps.map(({ at }) => at).slice(0, 5)).toEqual([1, 2, 3, 4, 5].map((i) => i * every));
          for (const { why } of steps) {
            const off = Number(/runs (-?\d+) ppm/.exec(why ?? '')?.[1]);
            expect(Math.abs(off)).toBeLessThanOrEqual(ppm);
          }
          // What the node itself saw when the timer fired: its local time since boot.
          const fired = ofKind(trace, 'timer')[0]?.at as number;
          const slowest = 10_000 + delay / (1 - ppm / 1e6) + 2;
          const fastest = 10_000 + delay / (1 + ppm / 1e6) - 2;
          expect(fired).toBeGreaterThanOrEqual(Math.floor(fastest));
          expect(fired).toBeLessThanOrEqual(Math.ceil(slowest) + steps.length);
          expect(seen(simulation)).toHaveLength(1);
        },
      ),
      effort(40),
    );
  });

  it('goes different ways at different nodes and times', () => {
    const drift = (node: string): Fault => ({ kind: 'clock-drift', node, at: 0, ppm: 300_000, every: 10_000 });
    const rates = ofKind(run([drift('n1'), drift('n2')]).trace, 'fault').flatMap(({ phase, why }) =>
      phase === 'step' ? [why?.replace(/.* runs /, '')] : [],
    );
    expect(rates.length).toBeGreaterThan(150);
    expect(new Set(rates).size).toBeGreaterThan(rates.length * 0.95);
  });

  it('runs as before when it is over', () => {
    const { trace } = run([
      { kind: 'clock-drift', node: 'n1', at: 0, ppm: 300_000, every: 10_000, for: 100_000 },
      tell('n1', 200_000, { do: 'timer', delay: 50_000 }),
    ]);
    expect(ofKind(trace, 'timer')[0]?.at).toBe(250_000);
  });
});

describe('a clock of rate r', () => {
  it('lets a timer fire at the first true time at which that much local time has passed', () => {
    fc.assert(
      fc.property(fc.integer({ min: -500_000, max: 900_000 }), fc.integer({ min: 0, max: 400_000 }), (ppm, delay) => {
        const { trace } = run([
          { kind: 'clock-rate', node: 'n1', at: 0, ppm },
          tell('n1', 10_000, { do: 'timer', delay }),
        ]);
        const local = (at: number): number => at + Math.floor((at * ppm) / 1_000_000);
        const fired = ofKind(trace, 'timer')[0]?.at;
        if (fired === undefined) return void expect(local(1_000_000) - local(10_000)).toBeLessThanOrEqual(delay);
        expect(local(fired) - local(10_000)).toBeGreaterThanOrEqual(delay);
        if (delay > 0) expect(local(fired - 1) - local(10_000)).toBeLessThan(delay);
      }),
      effort(60),
    );
  });
});
