/** A recording looks at any moment of a run as the run itself was then, though nobody watches while it seeks. */
import { describe, expect, test, vi } from 'vitest';
import { always, sometimes } from '../../src/check/property.ts';
import type { Protocol } from '../../src/check/protocol.ts';
import { openRun } from '../../src/explore/execute.ts';
import type { Plan } from '../../src/scenario/plan.ts';
import { Recording } from '../../src/session/recording.ts';
import type { Simulation } from '../../src/sim/simulation.ts';
import type { TraceEvent } from '../../src/sim/trace.ts';
import { protocol as quorumRegister } from '../toys/quorum-register.ts';
import { troubledPlan } from '../tui/viewers.ts';

const calls = (count: number): Plan['calls'] =>
  Array.from({ length: count }, (_, i) => ({
    at: 5_000 + 4_000 * i,
    client: `c${(i % 2) + 1}`,
    op: i % 3 === 0 ? { type: 'read', key: 'k1' } : { type: 'write', key: `k${i % 5}`, value: i },
  }));
/** Some 4,000 events: the history is longer than what keyframes keep as one list. */
const plan: Plan = troubledPlan({ calls: calls(400), limits: { ...troubledPlan().limits, until: 2_000_000 } });

const seen = (name: string, wanted: number) => ({
  name,
  title: `${wanted} messages are sent`,
  oracle: 'internal' as const,
  start: () => ({ sent: 0, wanted }),
});
interface Seen {
  sent: number;
  readonly wanted: number;
}
/** Reached after 500 messages; broken by the 4,002nd, in the middle of a handler that sends three. */
const watched: Protocol = {
  ...quorumRegister,
  properties: [
    ...quorumRegister.properties,
    sometimes<Seen>({ ...seen('many', 500), send: (memory) => ++memory.sent === memory.wanted }),
    always<Seen>({
      ...seen('tooMany', 4_002),
      send: (memory) => (++memory.sent === memory.wanted ? `${memory.sent} were sent` : undefined),
    }),
  ],
};

const likeness = (simulation: Simulation): object => ({
  event: simulation.event,
  digest: simulation.digest(),
  state: simulation.stateHash(),
  pending: simulation.pending().map(({ id }) => id),
  history: simulation.history().map(({ outcome, returnedEvent }) => [outcome, returnedEvent]),
});
const record = (): { recording: Recording; trace: readonly TraceEvent[] } => {
  const trace: TraceEvent[] = [];
  const recording = new Recording(watched, plan, { sink: (event) => trace.push(event) }).record();
  return { recording, trace };
};

describe('a run that a property has ended in the middle of an event', () => {
  const { recording, trace } = record();
  const { violation, statistics } = recording.outcome;
  const last = statistics.events;

  test('is such a run', () => {
    expect(violation?.property).toBe('tooMany');
    expect(violation?.event).toBe(last);
    expect(last).toBeGreaterThan(3_000);
    const sends = trace.filter(({ kind, event }) => kind === 'send' && event === last);
    expect(sends.length).toBeLessThan(3);
    expect(recording.keyframeSize.count).toBeGreaterThan(10);
  });

  test('is seen at every moment as it was', () => {
    const { simulation } = openRun(watched, plan);
    // Forwards in the run that is watched, and to and fro in the recording.
    for (let event = 40; event <= last; event = Math.min(event + 97, event === last ? last + 1 : last)) {
      simulation.advanceTo(event);
      recording.at((event * 7_919) % last);
      expect(likeness(recording.at(event))).toEqual(likeness(simulation));
    }
    expect(simulation.violation?.event).toBe(last);
  });

  test('is told again to its end, with the violation', () => {
    const told = recording.eventsBetween(last - 20, last);
    const kinds = (events: readonly TraceEvent[]): readonly string[] =>
      events.filter(({ kind }) => kind !== 'view').map(({ kind, event }) => `${event} ${kind}`);
    expect(kinds(told)).toEqual(kinds(trace.filter(({ event }) => event >= last - 20)));
    expect(told.map(({ kind }) => kind)).toContain('violation');
    expect(recording.eventsBetween(last, last).map(({ event }) => event)).toContain(last);
    expect(recording.eventsBetween(last - 20, last - 1).some(({ event }) => event === last)).toBe(false);
  });

  test('has properties and goals that stand as they stood', () => {
    const stateOf = (name: string, event: number): string | undefined =>
      recording.standingsAt(event).find((one) => one.name === name)?.state;
    const reached = recording.standingsAt(last).find(({ name }) => name === 'many')?.event as number;
    expect(reached).toBeGreaterThan(100);
    expect(stateOf('many', reached - 1)).toBe('pending');
    expect(stateOf('many', reached)).toBe('reached');
    expect(stateOf('tooMany', last - 1)).toBe('holds');
    expect(stateOf('tooMany', last)).toBe('broken');
    expect(recording.pendingAt(last)).toEqual([]);
    expect(recording.pendingAt(last - 1).length).toBeGreaterThan(0);
  });
});

test('a run that its time has ended can still be gone on from at its last event', () => {
  const cutShort = { ...plan, limits: { ...plan.limits, until: 300_000 } };
  const recording = new Recording(quorumRegister, cutShort, { sink: () => undefined }).record();
  const last = recording.outcome.statistics.events;
  expect(recording.pendingAt(last).length).toBeGreaterThan(0);
  // There is nothing after the end.
  expect(recording.at(last + 100).event).toBe(last);
});

test('a long recording goes to its middle whenever it has become twice as long: the first look back finds warm code', () => {
  // Some 140,000 events: twice there are more keyframes than are kept.
  const long: Plan = {
    ...plan,
    calls: calls(15_000),
    limits: { ...plan.limits, until: 70_000_000, eventsMax: 300_000 },
  };
  const looks: (readonly [event: number, recorded: number])[] = [];
  let recorded = 0;
  const recording = new Recording(quorumRegister, long, {
    sink: ({ event }) => {
      recorded = event;
    },
  });
  const at = vi.spyOn(recording, 'at').mockImplementation((event) => {
    looks.push([event, recorded]);
    return Recording.prototype.at.call(recording, event);
  });
  recording.record(60_000);
  expect(looks).toEqual([]);
  recording.record();
  at.mockRestore();
  expect(recording.outcome.statistics.events).toBeGreaterThan(131_100);
  expect(looks.length).toBe(2);
  for (const [event, then] of looks) expect(Math.abs(event - then / 2)).toBeLessThan(2);
  expect(looks.map(([, then]) => Math.round(then / 65_536))).toEqual([1, 2]);
}, 60_000);
