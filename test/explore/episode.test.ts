/** A stretch of time cut out of an explicit schedule: what comes later keeps its place and its name. */
import { expect, test } from 'vitest';
import { planSource } from '../../src/explore/generate.ts';
import type { Schedule, SentMessage, SetTimer } from '../../src/explore/schedule.ts';
import { withoutEpisode } from '../../src/explore/simplify-episode.ts';
import type { Plan } from '../../src/scenario/plan.ts';
import { bareScenario } from '../../src/scenario/scenario.ts';
import { protocol } from '../toys/quorum-register.ts';

const message = (lane: string, ordinal: number, sentAt: number, handledAt: number | undefined): SentMessage => ({
  lane,
  ordinal,
  sentAt,
  handledAt,
  matters: true,
});
const timer = (lane: string, ordinal: number, setAt: number, firedAt: number | undefined): SetTimer => ({
  lane,
  ordinal,
  setAt,
  delay: 100,
  firedAt,
  replacedAt: undefined,
  matters: true,
});

const plan: Plan = {
  ...planSource(protocol, bareScenario('toy', '', './toy.js')).plan('1'),
  faults: [
    { kind: 'crash', node: 'n1', at: 50, for: 1_000 },
    { kind: 'crash', node: 'n2', at: 700, for: 10 },
  ],
  calls: [10, 400, 900].map((at) => ({ at, client: 'c1', op: { type: 'read', key: 'k1' } })),
  limits: { until: 2_000, eventsMax: 1_000, eventsPerInstantMax: 100, effectsPerHandlerMax: 100 },
};

/** A heartbeat every 100, which takes 30 to arrive; at 250 one is lost. */
const schedule: Schedule = {
  messages: [0, 100, 200, 300, 400, 500, 600].map((at, place) =>
    message('n1>n2/Beat', place + 1, at, at === 200 ? undefined : at + 30),
  ),
  timers: [0, 100, 200, 300, 400, 500, 600].map((at, place) => timer('n1/beat', place + 1, at, at + 100)),
  times: [],
  strikes: new Map(),
  pastHandlers: 0,
};

const cut = (from: number, to: number): Plan => withoutEpisode(plan, schedule, from, to);
const beats = (cutPlan: Plan): unknown[] => cutPlan.overrides.filter((override) => 'message' in override);
const timers = (cutPlan: Plan): unknown[] => cutPlan.overrides.filter((override) => 'timer' in override);

test('messages that were sent in it are gone, and later ones are named anew', () => {
  expect(beats(cut(350, 550))).toEqual([
    { message: 'n1>n2/Beat#1', latency: 30 },
    { message: 'n1>n2/Beat#2', latency: 30 },
    { message: 'n1>n2/Beat#3', drop: true },
    { message: 'n1>n2/Beat#4', latency: 30 },
    { message: 'n1>n2/Beat#5', latency: 30 },
  ]);
});

test('what is under way when it begins arrives as what was under way when it ends', () => {
  // At 310 the beat of 300 is under way, at 510 that of 500, which arrives 20 later.
  expect(beats(cut(310, 510))[3]).toEqual({ message: 'n1>n2/Beat#4', latency: 30 });
  // At 525 that of 500 is nearly there: so is that of 300, at 310.
  expect(beats(cut(310, 525))[3]).toEqual({ message: 'n1>n2/Beat#4', latency: 15 });
  // At 550 nothing is under way: that of 300 has arrived before, or never.
  expect(beats(cut(310, 550))[3]).toEqual({ message: 'n1>n2/Beat#4', drop: true });
});

test('a timer that is armed when it begins fires as the one that was armed when it ends, but no sooner than such timers do', () => {
  const delays = (least: number): readonly number[] => {
    const others = [{ ...timer('n2/beat', 1, 0, least), delay: least }];
    const all = { ...schedule, timers: [...schedule.timers, ...others] };
    return timers(withoutEpisode(plan, all, 350, 560)).map((override) => (override as { delay: number }).delay);
  };
  // That of 300 stands for that of 500, which fires at 600: at 390 now.
  expect(delays(80)).toEqual([100, 100, 100, 90, 100, 80]);
  expect(delays(95)).toEqual([100, 100, 100, 95, 100, 95]);
  expect(timers(cut(350, 560)).at(-1)).toEqual({ timer: 'n1/beat#5', delay: 100 });
});

test('calls, faults and the end come sooner by its length; calls in it are gone, faults in it come when it begins', () => {
  const { calls, faults, limits } = cut(350, 850);
  expect(calls.map(({ at }) => at)).toEqual([10, 400]);
  expect(faults).toEqual([
    { kind: 'crash', node: 'n1', at: 50, for: 500 },
    { kind: 'crash', node: 'n2', at: 350, for: 1 },
  ]);
  expect(limits.until).toBe(1_500);
});
