/** Branches of a run: the same up to where they begin, another one from there on, and the same again when they are replayed. */
import { describe, expect, test } from 'vitest';
import { execute } from '../../src/explore/execute.ts';
import { readPlan } from '../../src/scenario/plan-schema.ts';
import { Recording } from '../../src/session/recording.ts';
import { type WayOn, waysOn } from '../../src/session/what-if.ts';
import { ms } from '../../src/sim/protocol.ts';
import type { TraceEvent } from '../../src/sim/trace.ts';
import { protocol } from '../toys/quorum-register.ts';
import { troubledPlan } from '../tui/viewers.ts';

const plan = troubledPlan();
const traced = (): { recording: Recording; events: TraceEvent[] } => {
  const events: TraceEvent[] = [];
  const recording = new Recording(protocol, plan, { sink: (event) => events.push(event) }).record();
  return { recording, events };
};
const { recording, events } = traced();
const waysAt = (event: number): WayOn[] => waysOn(recording, event, { while: ms(50) });

/** Views are told again where the telling begins; how often a timer was set and when a message was sent are counted from there. */
const comparable = (list: readonly TraceEvent[]): readonly object[] =>
  list.filter(({ kind }) => kind !== 'view').map((event): object => ({ ...event, name: '', sentAt: 0 }));

describe('a recording', () => {
  test('is the run that is executed', () => {
    expect(recording.outcome.digest).toBe(execute(protocol, plan).digest);
  });

  test.each([1, 3, 40, 41, 200, 378, 379])('comes back to event %i from anywhere', (event) => {
    for (const from of [379, 1, 150]) {
      recording.at(from);
      const again = new Recording(protocol, plan, { sink: () => undefined }).record();
      expect(recording.at(event).stateHash()).toBe(again.at(event).stateHash());
      expect(recording.at(event).digest()).toBe(again.at(event).digest());
    }
  });

  test('tells any stretch again, event by event', () => {
    for (const [first, last] of [
      [1, 379],
      [1, 5],
      [100, 130],
      [379, 379],
    ] as const) {
      const wanted = events.filter(({ event }) => event >= first && event <= last);
      expect(comparable(recording.eventsBetween(first, last))).toEqual(comparable(wanted));
    }
  });
});

describe('what if', () => {
  // One client waits for an answer, the other does not.
  const at = Array.from({ length: 300 }, (_, i) => 100 + i).find(
    (event) =>
      waysAt(event).some(({ kind }) => kind === 'client') &&
      recording.pendingAt(event).some(({ kind }) => kind === 'deliver'),
  ) as number;
  const ways = waysAt(at);

  test('there are ways of every kind', () => {
    const kinds = new Set(
      Array.from({ length: 40 }, (_, i) => at + i)
        .flatMap(waysAt)
        .map(({ kind }) => kind),
    );
    expect([...kinds].sort()).toEqual(['client', 'clock', 'message', 'network', 'other', 'process', 'timer']);
  });

  test('what comes next anyway is no other way, and a node that is down is restarted in one way', () => {
    const titles = (event: number): readonly string[] => waysAt(event).map(({ title }) => title);
    for (const event of [40, 41, 42, 43, at]) {
      const { kind, id } = recording.pendingAt(event)[0] ?? {};
      if (kind !== 'deliver') continue;
      const name = id?.slice('deliver:'.length);
      expect(titles(event).filter((title) => title.includes(`${name} `))).toEqual([
        expect.stringMatching(/^delay/),
        expect.stringMatching(/^duplicate/),
        expect.stringMatching(/^drop/),
      ]);
    }
    const crash = events.find(({ kind }) => kind === 'crash') as TraceEvent & { readonly node: string };
    const restarts = titles(crash.event).filter((title) => title.startsWith(`restart ${crash.node}`));
    expect(restarts).toEqual([`restart ${crash.node} now`]);
  });

  test('every way leaves what was before as it was, and can be replayed from its plan', () => {
    const before = recording.at(at).digest();
    let different = 0;
    for (const way of ways) {
      const branch = new Recording(protocol, way.plan(), { sink: () => undefined }).record();
      expect(branch.at(at).digest(), way.title).toBe(before);
      expect(branch.outcome.failure?.kind, way.title).not.toBe('contract');
      const reading = readPlan(JSON.parse(JSON.stringify(way.plan())));
      expect(reading.ok, JSON.stringify(reading)).toBe(true);
      if (reading.ok) expect(execute(protocol, reading.plan).digest, way.title).toBe(branch.outcome.digest);
      if (branch.outcome.digest !== recording.outcome.digest) different++;
    }
    expect(ways.length).toBeGreaterThan(30);
    expect(different).toBeGreaterThan(ways.length * 0.9);
  });

  const named = (pattern: RegExp): WayOn => {
    const way = ways.find(({ title }) => pattern.test(title));
    if (way === undefined) throw new Error(`no way ${pattern}: ${ways.map(({ title }) => title).join('; ')}`);
    return way;
  };
  const eventsAfter = (way: WayOn): TraceEvent[] => {
    const seen: TraceEvent[] = [];
    execute(protocol, way.plan(), { sink: (event) => seen.push(event) });
    return seen.filter(({ event }) => event > at);
  };

  test('a message that is delivered now is what happens next, without time passing', () => {
    const way = named(/^deliver m/);
    const id = Number(/m(\d+)/.exec(way.title)?.[1]);
    const [first] = eventsAfter(way);
    expect(first).toMatchObject({ kind: 'deliver', id, event: at + 1 });
  });

  test('a message that is dropped now is lost at once', () => {
    const way = named(/^drop m/);
    expect(eventsAfter(way)[0]).toMatchObject({ kind: 'drop', reason: 'override', event: at + 1 });
  });

  test('a message that is delayed arrives by so much later', () => {
    const way = named(/^delay m/);
    const id = Number(/m(\d+)/.exec(way.title)?.[1]);
    const arrival = (list: readonly TraceEvent[]): number | undefined =>
      list.find((event) => (event.kind === 'deliver' || event.kind === 'drop') && event.id === id)?.at;
    expect(arrival(eventsAfter(way))).toBe((arrival(events) as number) + ms(50));
  });

  test('a duplicate arrives at once, and the original when it would have', () => {
    const way = named(/^duplicate m/);
    const id = Number(/m(\d+)/.exec(way.title)?.[1]);
    const arrivals = eventsAfter(way).filter((event) => event.kind === 'deliver' && event.id === id);
    expect(arrivals.length).toBeGreaterThanOrEqual(2);
    expect(arrivals[0]).toMatchObject({ copy: 1, event: at + 1 });
  });

  test('a crash strikes at once; a timer fires at once; a client asks at once', () => {
    expect(eventsAfter(named(/^crash n2 for good/)).slice(0, 2)).toMatchObject([
      { kind: 'fault' },
      { kind: 'crash', node: 'n2' },
    ]);
    expect(eventsAfter(named(/^fire /))[0]).toMatchObject({ kind: 'timer', event: at + 1 });
    expect(eventsAfter(named(/ asks$/))[0]).toMatchObject({ kind: 'call', event: at + 1 });
  });

  test('a branch of a branch keeps what the branch did', () => {
    const first = new Recording(protocol, named(/^crash n2 for good/).plan(), { sink: () => undefined }).record();
    const second = waysOn(first, at + 20, { while: ms(50) }).find(({ title }) => title === 'restart n2');
    const branch = new Recording(protocol, (second as WayOn).plan(), { sink: () => undefined }).record();
    expect(branch.at(at + 20).digest()).toBe(first.at(at + 20).digest());
    expect(branch.outcome.digest).not.toBe(first.outcome.digest);
  });

  test('an intervention without an occasion ends the run by name', () => {
    const { failure } = execute(protocol, { ...plan, interventions: [{ after: 50, perform: 'deliver:m9999' }] });
    expect(failure).toMatchObject({ kind: 'contract' });
    expect(failure?.sentence).toContain('after event 50');
    expect(failure?.sentence).toContain('deliver:m9999');
  });
});
