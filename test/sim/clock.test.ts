import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Clock } from '../../src/sim/clock.ts';
import type { NodeSpec } from '../../src/sim/config.ts';
import type { Fault } from '../../src/sim/faults.ts';
import { type Context, defineRole, type Micros, type Role } from '../../src/sim/protocol.ts';
import { type ActorState, actor, type Step, tell } from '../toys/kernel-actor.ts';
import { nodes, ofKind, runOf, specOf, stateOf } from '../toys/kernel-spec.ts';

const DAY = 86_400_000_000;
const aRate = fc.oneof(
  fc.integer({ min: -500, max: 500 }),
  fc.integer({ min: -500_000, max: 500_000 }),
  fc.constant(0),
);
const aTime = fc.oneof(fc.nat(1_000), fc.nat(1e9), fc.integer({ min: 0, max: 10 * DAY }));
/** Rate changes, each some time after the last. */
const aCourse = fc.array(fc.record({ after: fc.nat(1e8), ppm: aRate }), { maxLength: 5 });
type Course = readonly { readonly after: number; readonly ppm: number }[];

/** A clock after a course of rate changes, and the true time of the last one. */
function clockAfter(ratePpm: number, course: Course): { clock: Clock; since: Micros } {
  const clock = new Clock({ offset: 0, ratePpm });
  let since = 0;
  for (const { after, ppm } of course) {
    since += after;
    clock.setRate(ppm, since);
  }
  return { clock, since };
}

describe('a clock', () => {
  it('shows integers and never falls, whatever happens to its rate', () => {
    fc.assert(
      fc.property(aRate, aCourse, aTime, fc.nat(100), (ratePpm, course, later, step) => {
        const clock = new Clock({ offset: 0, ratePpm });
        let now = 0;
        let last = clock.elapsed(0);
        for (const { after, ppm } of [...course, { after: later, ppm: 0 }, { after: step, ppm: 0 }]) {
          now += after;
          const shown = clock.elapsed(now);
          expect(Number.isSafeInteger(shown)).toBe(true);
          expect(shown).toBeGreaterThanOrEqual(last);
          clock.setRate(ppm, now);
          expect(clock.elapsed(now)).toBe(shown);
          last = shown;
        }
      }),
    );
  });

  it('runs at its rate: off by less than one microsecond', () => {
    fc.assert(
      fc.property(aRate, fc.nat(1e9), (ratePpm, now) => {
        const clock = new Clock({ offset: 0, ratePpm });
        const exact = now + (now * ratePpm) / 1_000_000;
        expect(Math.abs(clock.elapsed(now) - exact)).toBeLessThan(1.001);
      }),
    );
  });

  it('knows the first true time at which it shows a local time', () => {
    fc.assert(
      fc.property(aRate, aCourse, aTime, fc.nat(1e9), (ratePpm, course, wait, ahead) => {
        const { clock, since } = clockAfter(ratePpm, course);
        const now = since + wait;
        const local = clock.elapsed(now) + ahead;
        const at = clock.trueTimeOf(local, now);
        expect(at).toBeGreaterThanOrEqual(now);
        expect(clock.elapsed(at)).toBeGreaterThanOrEqual(local);
        if (at > now) expect(clock.elapsed(at - 1)).toBeLessThan(local);
      }),
      { numRuns: 500 },
    );
  });

  it('knows that a local time of the past has come', () => {
    fc.assert(
      fc.property(aRate, aTime, fc.nat(1e6), (ratePpm, now, ago) => {
        const clock = new Clock({ offset: 0, ratePpm });
        expect(clock.trueTimeOf(clock.elapsed(now) - ago, now)).toBe(now);
      }),
    );
  });

  it('has a wall that is offset and stepped either way, while the time elapsed goes on', () => {
    fc.assert(
      fc.property(aRate, fc.integer(), fc.integer(), aTime, (ratePpm, offset, step, now) => {
        const clock = new Clock({ offset, ratePpm });
        const before = clock.elapsed(now);
        expect(clock.wall(now)).toBe(before + offset);
        clock.stepWall(step);
        expect(clock.wall(now)).toBe(before + offset + step);
        expect(clock.elapsed(now)).toBe(before);
      }),
    );
  });

  it('goes on where it was saved', () => {
    fc.assert(
      fc.property(aRate, aCourse, aTime, fc.integer(), (ratePpm, course, later, step) => {
        const { clock, since } = clockAfter(ratePpm, course);
        clock.stepWall(step);
        const copy = new Clock({ offset: 0, ratePpm });
        copy.load(clock.save());
        expect([copy.elapsed(since + later), copy.wall(since + later)]).toEqual([
          clock.elapsed(since + later),
          clock.wall(since + later),
        ]);
      }),
    );
  });

  it('refuses to stand still or to run backwards', () => {
    for (const ratePpm of [-1_000_000, -2_000_000, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => new Clock({ offset: 0, ratePpm })).toThrow('a clock rate of');
      expect(() => new Clock({ offset: 0, ratePpm: 0 }).setRate(ratePpm, 5)).toThrow('a clock rate of');
    }
  });
});

/** Notes both its clocks when it boots and whenever an operator asks. */
interface WatchShape {
  readonly state: { readonly nothing: null };
  readonly admin: { readonly type: 'look' };
}
const watch: Role<WatchShape> = defineRole<WatchShape>({
  boot(context) {
    look(context);
    return { nothing: null };
  },
  onAdmin: { look: (_state, _action, context) => look(context) },
  view: () => ({ role: 'watch', label: '' }),
});
const look = (context: Context<WatchShape>): void => context.note('clocks', [context.now, context.wallClock]);

const clocksOf = (faults: readonly Fault[], clock?: NodeSpec['clock']): unknown[] => {
  const node: NodeSpec = { id: 'n1', role: 'watch', options: {}, ...(clock === undefined ? {} : { clock }) };
  return ofKind(runOf(specOf({ nodes: [node], faults }), { watch }).trace, 'note').map(({ data }) => data);
};
const lookAt = (at: Micros): Fault => ({ kind: 'admin', node: 'n1', at, action: { type: 'look' } });

describe('the clocks a handler sees', () => {
  it('are its own: rate and offset, in whole microseconds', () => {
    expect(clocksOf([lookAt(10_000)], { offset: 500, ratePpm: 100_000 })).toEqual([
      [0, 500],
      [11_000, 11_500],
    ]);
  });

  it('begin at zero with each boot; the wall clock goes on', () => {
    const restart: Fault = { kind: 'crash', node: 'n1', at: 20_000, for: 5_000 };
    expect(clocksOf([restart, lookAt(26_000)])).toEqual([
      [0, 0],
      [0, 25_000],
      [1_000, 26_000],
    ]);
  });

  it('are stepped only on the wall', () => {
    const back: Fault = { kind: 'clock-step', node: 'n1', at: 5_000, by: -3_000 };
    expect(clocksOf([back, lookAt(6_000)])).toEqual([
      [0, 0],
      [6_000, 3_000],
    ]);
  });

  it('change their rate for a while; of several changes in force the last begun decides', () => {
    const faults: Fault[] = [
      { kind: 'clock-rate', node: 'n1', at: 10_000, ppm: 100_000, for: 20_000 },
      { kind: 'clock-rate', node: 'n1', at: 20_000, ppm: 500_000, for: 20_000 },
      { kind: 'clock-rate', node: 'n1', at: 22_000, ppm: -500_000, for: 2_000 },
    ];
    const looks = [10_000, 20_000, 22_000, 24_000, 30_000, 40_000, 50_000].map(lookAt);
    const monotonic = clocksOf([...faults, ...looks]).map((clocks) => (clocks as number[])[0]);
    expect(monotonic).toEqual([0, 10_000, 21_000, 24_000, 25_000, 34_000, 49_000, 59_000]);
  });
});

const seen = (faults: readonly Fault[], clock?: NodeSpec['clock']): readonly string[] | undefined => {
  const [node] = nodes('actor', 1) as [NodeSpec];
  const spec = specOf({ nodes: [clock === undefined ? node : { ...node, clock }], faults });
  return stateOf<ActorState>(runOf(spec, { actor }).simulation, 'n1')?.seen;
};
const alarm = (delay: Micros, key?: string): Step => ({ do: 'timer', delay, ...(key === undefined ? {} : { key }) });

describe('a timer', () => {
  it('fires at the first true time at which its own clock is late enough', () => {
    fc.assert(
      fc.property(aRate, fc.nat(20_000), fc.nat(900_000), (ratePpm, at, delay) => {
        const node: NodeSpec = { id: 'n1', role: 'actor', options: {}, clock: { offset: 0, ratePpm } };
        const spec = specOf({ nodes: [node], faults: [tell('n1', at, alarm(delay))], limits: { until: 10_000_000 } });
        const [timer] = ofKind(runOf(spec, { actor }).trace, 'timer');
        const clock = new Clock({ offset: 0, ratePpm });
        const due = clock.elapsed(at) + delay;
        expect(clock.elapsed(timer?.at as number)).toBeGreaterThanOrEqual(due);
        if ((timer?.at as number) > at) expect(clock.elapsed((timer?.at as number) - 1)).toBeLessThan(due);
      }),
    );
  });

  it('moves with a change of rate under way', () => {
    const faster: Fault = { kind: 'clock-rate', node: 'n1', at: 20_000, ppm: 1_000_000, for: 10_000 };
    const spec = specOf({ nodes: nodes('actor', 1), faults: [tell('n1', 10_000, alarm(100_000)), faster] });
    const { trace } = runOf(spec, { actor });
    expect(ofKind(trace, 'timer').map(({ at }) => at)).toEqual([100_000]);
    expect(seen([tell('n1', 10_000, alarm(100_000)), faster])).toEqual(['alarm at 110000']);
  });

  it('does not care about steps of the wall clock', () => {
    const step: Fault = { kind: 'clock-step', node: 'n1', at: 20_000, by: 1_000_000 };
    expect(seen([tell('n1', 10_000, alarm(50_000)), step])).toEqual(['alarm at 60000']);
  });

  it('set again is replaced, sooner or later; another key is another timer', () => {
    expect(seen([tell('n1', 10_000, alarm(50_000)), tell('n1', 20_000, alarm(100_000))])).toEqual(['alarm at 120000']);
    expect(seen([tell('n1', 10_000, alarm(50_000)), tell('n1', 20_000, alarm(5_000))])).toEqual(['alarm at 25000']);
    expect(seen([tell('n1', 10_000, alarm(9_000, 'a'), alarm(8_000, 'b'), alarm(7_000))])).toEqual([
      'alarm at 17000',
      'alarm/b at 18000',
      'alarm/a at 19000',
    ]);
  });

  it('set, moved and cancelled in any way fires when the last setting says, and once', () => {
    const aSetting = fc.record({ at: fc.nat(200_000), delay: fc.option(fc.nat(200_000), { freq: 4 }) });
    fc.assert(
      fc.property(fc.array(aSetting, { minLength: 1, maxLength: 12 }), (settings) => {
        const steps = (delay: number | null): Step => (delay === null ? { do: 'cancel' } : alarm(delay));
        const faults = settings.map(({ at, delay }) => tell('n1', at, steps(delay)));
        expect(seen(faults)).toEqual(firings(settings).map((at) => `alarm at ${at}`));
      }),
      { numRuns: 300 },
    );
  });

  it('keeps its place among the events of one time, however often it was moved', () => {
    // Two messages that arrive when the timer is due: one sent before it was set for the last time, one after.
    const said = (at: number): Fault => tell('n2', at, { do: 'send', to: 'n1', text: `sent at ${at}` });
    const order = (settings: readonly Fault[]): unknown => {
      const overrides = [{ message: 'n2>n1/said#1', latency: 30_100 }];
      const spec = specOf({ nodes: nodes('actor', 2), overrides, faults: [...settings, said(20_000), said(49_100)] });
      return stateOf<ActorState>(runOf(spec, { actor }).simulation, 'n1')?.seen;
    };
    const moved = [tell('n1', 10_000, alarm(39_500)), tell('n1', 49_000, alarm(1_100))];
    const setOnce = [tell('n1', 49_000, alarm(1_100))];
    expect(order(moved)).toEqual(['n2: sent at 20000', 'alarm at 50100', 'n2: sent at 49100']);
    expect(order(moved)).toEqual(order(setOnce));
  });

  it('tells of the event that set it last', () => {
    const spec = specOf({
      nodes: nodes('actor', 1),
      faults: [tell('n1', 10_000, alarm(50_000)), tell('n1', 20_000, alarm(50_000))],
    });
    const { trace } = runOf(spec, { actor });
    const [, second] = ofKind(trace, 'set-timer');
    expect(ofKind(trace, 'timer')[0]?.cause).toBe(second?.event);
  });

  it('is gone after a crash', () => {
    expect(seen([tell('n1', 10_000, alarm(50_000)), { kind: 'crash', node: 'n1', at: 20_000, for: 1_000 }])).toEqual(
      [],
    );
  });

  it('that is due while the node is paused fires when it goes on, unless it was cancelled or moved meanwhile', () => {
    const pause: Fault = { kind: 'pause', node: 'n1', at: 20_000, for: 20_000 };
    const set = tell('n1', 10_000, alarm(15_000, 'a'), alarm(16_000, 'b'), alarm(17_000, 'c'));
    expect(seen([set, pause])).toEqual(['alarm/a at 40000', 'alarm/b at 40000', 'alarm/c at 40000']);
    const steps: Step[] = [{ do: 'remember', text: 'woken' }, { do: 'cancel', key: 'b' }, alarm(5_000, 'c')];
    const woken = tell('n1', 10_001, { do: 'timer', delay: 10_999, key: 'first', steps });
    // What arrived before the new deadline comes before it, although the timer was in the inbox first.
    const busy: Step[] = [alarm(5_000, 'c'), { do: 'put', record: 'r', value: 1 }, { do: 'sync' }];
    const rearm = tell('n1', 10_001, { do: 'timer', delay: 10_999, key: 'first', steps: busy });
    const slow: Fault = { kind: 'slow-disk', node: 'n1', at: 0, latency: 30_000 };
    const hello = tell('n2', 41_000, { do: 'send', to: 'n1', text: 'hello' });
    const two = specOf({ nodes: nodes('actor', 2), faults: [slow, set, rearm, hello, pause] });
    expect(stateOf<ActorState>(runOf(two, { actor }).simulation, 'n1')?.seen).toEqual([
      'alarm/first at 40000',
      'alarm/a at 70000',
      'alarm/b at 70000',
      'n2: hello',
      'alarm/c at 70000',
    ]);
    expect(seen([set, woken, pause])).toEqual([
      'alarm/first at 40000',
      'woken',
      'alarm/a at 40000',
      'alarm/c at 45000',
    ]);
  });
});

/** When a timer fires: at the end of the last setting that was in force, if nothing replaced or cancelled it before. */
function firings(settings: readonly { readonly at: number; readonly delay: number | null }[]): number[] {
  const ordered = settings.map((setting, i) => ({ ...setting, i })).sort((a, b) => a.at - b.at || a.i - b.i);
  const fired: number[] = [];
  let due = Number.POSITIVE_INFINITY;
  for (const { at, delay } of ordered) {
    // A firing at the very time of a setting comes after it: the settings were queued before.
    if (due < at) fired.push(due);
    due = delay === null ? Number.POSITIVE_INFINITY : at + delay;
  }
  if (due <= 1_000_000) fired.push(due);
  return fired;
}
