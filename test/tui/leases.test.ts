/** Leases as bars, on true and on local time. */
import { describe, expect, test } from 'vitest';
import { planFor } from '../../src/cli/run.ts';
import { loadSubject } from '../../src/cli/subject.ts';
import { Recording } from '../../src/session/recording.ts';
import { textOf } from '../../src/timeline/ink.ts';
import { type LeaseSeen, leaseLines, leftOf } from '../../src/tui/leases.ts';

const seen = (owner: string, until: number, change: Partial<LeaseSeen> = {}, holder?: string): LeaseSeen => ({
  owner,
  panel: { kind: 'lease', title: '#1', until, clock: 'now', ...(holder === undefined ? {} : { holder }) },
  clocks: { now: 100_000, wallClock: 500_000, ratePpm: 0 },
  ...change,
});

const drawn = (...leases: readonly LeaseSeen[]): string[] =>
  leaseLines(leases, 60).map((line) => textOf(line).trimEnd());

describe('what is left of a lease', () => {
  test('is less in true time where the clock runs fast, more where it runs slowly', () => {
    const clocks = { now: 100_000, wallClock: 0 };
    expect(leftOf(seen('c1', 340_000))).toEqual({ own: 240_000, true: 240_000 });
    expect(leftOf(seen('c1', 340_000, { clocks: { ...clocks, ratePpm: 200_000 } }))).toEqual({
      own: 240_000,
      true: 200_000,
    });
    expect(leftOf(seen('c1', 340_000, { clocks: { ...clocks, ratePpm: -200_000 } }))).toEqual({
      own: 240_000,
      true: 300_000,
    });
  });

  test('is counted on the clock that the node counts it on', () => {
    const lease = seen('c1', 600_000);
    expect(leftOf({ ...lease, panel: { ...lease.panel, clock: 'wallClock' } }).own).toBe(100_000);
  });

  test('is negative once it is over, and has no bar', () => {
    expect(drawn(seen('c1', 90_000))[1]).toMatch(/^c1 #1 +-10 ms +-10 ms$/);
  });
});

test('bars share one scale; a holder and the server that knows of it are no contradiction', () => {
  const [head, server, holder, ...rest] = drawn(seen('n1', 400_000, {}, 'c1'), seen('c1', 250_000));
  const cells = (line = ''): number => [...line].filter((sign) => sign === '━').length;
  expect(head).toMatch(/^LEASES +true +own clock$/);
  expect(Math.abs(cells(server) - 2 * cells(holder))).toBeLessThan(2);
  expect(rest).toEqual([]);
});

test('two that believe at once to hold it are told', () => {
  const lines = leaseLines([seen('c1', 200_000), seen('c2', 300_000)], 60);
  expect(textOf(lines.at(-1) ?? [])).toContain('c1 and c2 believe at once to hold it');
  expect(lines.at(-1)?.[0]?.ink).toBe('bad');
  expect(drawn(seen('c1', 90_000), seen('c2', 300_000))).toHaveLength(3);
});

test('a node on a fast clock has the clocks that its handlers see', async () => {
  const subject = await loadSubject('lease-lock-clock-drift', {}, 'none');
  const recording = new Recording(subject.protocol, planFor(subject, '1'), { sink: () => undefined }).record(40);
  const { nodes } = recording.plan;
  const rates = nodes.map(({ id }) => recording.clocksAt(40, id));
  expect(rates.some(({ ratePpm }) => ratePpm !== 0)).toBe(true);
  const now = recording.at(40).now;
  for (const { now: local, ratePpm } of rates)
    expect(Math.abs(local - now * (1 + ratePpm / 1e6))).toBeLessThan(now / 2);
});

// --- Leases of protocols -------------------------------------------------------------------------------------------------------------

/** All leases as they stand after an event. */
const leasesAt = (recording: Recording, event: number): LeaseSeen[] =>
  recording.plan.nodes.flatMap(({ id: owner }) =>
    (recording.at(event).viewOf(owner)?.panels ?? []).flatMap((panel) =>
      panel.kind === 'lease' ? [{ owner, panel, clocks: recording.clocksAt(event, owner) }] : [],
    ),
  );

test.each(['wall', 'monotonic'])('a store of Redlock shows its key, on its %s clock', async (clock) => {
  const subject = await loadSubject('redlock-clock-jump', { set: [`options.storeClock=${clock}`] }, 'none');
  const notes: { readonly event: number; readonly node: string; readonly text: string }[] = [];
  const recording = new Recording(subject.protocol, planFor(subject, '1'), {
    sink: (event) => void (event.kind === 'note' && notes.push(event)),
  }).record();
  const { options } = recording.plan.nodes[0] as unknown as { readonly options: { readonly ttl: number } };
  const leaseOf = (event: number, node: string): LeaseSeen | undefined =>
    leasesAt(recording, event).find(({ owner }) => owner === node);
  const begun = notes.filter(({ text }) => text === 'set');
  expect(begun.length).toBeGreaterThan(5);
  for (const { event, node } of begun) {
    const lease = leaseOf(event, node) as LeaseSeen;
    expect(lease.panel.clock).toBe(clock === 'wall' ? 'wallClock' : 'now');
    expect(leftOf(lease).own).toBe(options.ttl);
  }
  for (const { event, node } of notes.filter(({ text }) => text === 'expired')) {
    const { panel } = leaseOf(event - 1, node) as LeaseSeen;
    expect(panel.until).toBeLessThanOrEqual(recording.clocksAt(event, node)[panel.clock]);
  }
  for (const { event, node } of notes.filter(({ text }) => text === 'deleted'))
    expect(leaseOf(event, node)).toBeUndefined();
});

test.each(['replicated-lock', 'etcd-lock', 'zookeeper-lock', 'chubby-lock'])(
  '%s: the leader counts a lease for as long as its holder believes in it',
  async (protocol) => {
    const subject = await loadSubject(protocol, {}, 'none');
    const recording = new Recording(subject.protocol, planFor(subject, '1'), { sink: () => undefined }).record(6_000);
    let compared = 0;
    for (let event = 300; event < 6_000; event += 41) {
      const leases = leasesAt(recording, event);
      for (const held of leases.filter(({ panel, clocks }) => panel.holder === undefined && panel.until > clocks.now)) {
        const counted = leases.filter(({ panel }) => panel.holder === held.owner);
        for (const lease of counted) expect(leftOf(lease).true).toBeGreaterThanOrEqual(leftOf(held).true);
        compared += counted.length;
      }
    }
    expect(compared).toBeGreaterThan(10);
  },
);
