import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Distribution, NetworkModel } from '../../src/sim/config.ts';
import type { Fault, Override } from '../../src/sim/faults.ts';
import type { NodeId } from '../../src/sim/protocol.ts';
import type { TraceEvent } from '../../src/sim/trace.ts';
import { actor, type Step, tell } from '../toys/kernel-actor.ts';
import { nodes, ofKind, runOf, specOf } from '../toys/kernel-spec.ts';

const uniform = (min: number, max: number): Distribution => ({ kind: 'uniform', min, max });

/** `from` sends `count` messages to each of `to`, one every `gap` µs from `start` on; their texts are their numbers. */
function stream(from: NodeId, to: readonly NodeId[], count: number, gap: number, start = 0): Fault[] {
  return Array.from({ length: count }, (_, i) =>
    tell(from, start + i * gap, ...to.map((one): Step => ({ do: 'send', to: one, text: `${i}` }))),
  );
}

interface Traffic {
  readonly network?: Partial<NetworkModel>;
  readonly faults: readonly Fault[];
  readonly overrides?: readonly Override[];
  readonly seed?: string;
}

function trafficOf({ network = {}, faults, overrides = [], seed = 'traffic' }: Traffic): readonly TraceEvent[] {
  return runOf(specOf({ seed, nodes: nodes('actor', 4), network, faults, overrides }), { actor }).trace;
}

type Delivery = TraceEvent & { readonly kind: 'deliver' };
const onLink = (trace: readonly TraceEvent[], from: NodeId, to: NodeId): Delivery[] =>
  ofKind(trace, 'deliver').filter((event) => event.from === from && event.node === to);
const number = ({ message }: { readonly message: unknown }): number => Number((message as { text: string }).text);
/** Who heard from whom, e.g. `n1>n2`. */
const heard = (trace: readonly TraceEvent[]): string[] =>
  [...new Set(ofKind(trace, 'deliver').map(({ from, node }) => `${from}>${node}`))].sort();
const everybodyTellsEverybody = (at: number): Fault[] =>
  ['n1', 'n2', 'n3', 'n4'].flatMap((from) =>
    stream(
      from,
      ['n1', 'n2', 'n3', 'n4'].filter((to) => to !== from),
      1,
      1,
      at,
    ),
  );
const links = (...texts: string[]): string[] => texts.flatMap((text) => text.split(' ')).sort();
const allLinks = links('n1>n2 n1>n3 n1>n4 n2>n1 n2>n3 n2>n4 n3>n1 n3>n2 n3>n4 n4>n1 n4>n2 n4>n3');

describe('a network', () => {
  it('delivers everything once, after the latency it was told', () => {
    const trace = trafficOf({ faults: stream('n1', ['n2', 'n3'], 50, 100) });
    for (const to of ['n2', 'n3']) {
      expect(onLink(trace, 'n1', to).map(number)).toEqual(Array.from({ length: 50 }, (_, i) => i));
      expect(onLink(trace, 'n1', to).every(({ at, sentAt }) => at - sentAt === 1_000)).toBe(true);
    }
  });

  it('lets messages overtake each other, unless its links keep order', () => {
    const faults = stream('n1', ['n2'], 500, 100);
    const inOrder = (fifo: boolean, duplicationPpm: number): boolean => {
      const seen = onLink(
        trafficOf({ network: { latency: uniform(0, 3_000), fifo, duplicationPpm }, faults }),
        'n1',
        'n2',
      );
      expect(new Set(seen.map(number)).size).toBe(500);
      return seen.every((event, i) => i === 0 || number(event) >= number(seen[i - 1] as Delivery));
    };
    expect(inOrder(false, 0)).toBe(false);
    expect(inOrder(true, 0)).toBe(true);
    expect(inOrder(true, 300_000)).toBe(true);
  });

  it('loses, duplicates and delays about as often as it was told, each apart from the others', () => {
    const faults = Array.from({ length: 10 }, (_, i) =>
      tell(
        'n1',
        i * 10_000,
        ...Array.from({ length: 2_000 }, (_, n): Step => ({ do: 'send', to: 'n2', text: `${n}` })),
      ),
    );
    const count = (lossPpm: number, duplicationPpm: number): { lost: number; copied: number; late: number } => {
      const trace = trafficOf({ network: { latency: uniform(0, 999), lossPpm, duplicationPpm }, faults });
      return {
        lost: ofKind(trace, 'drop').length,
        copied: ofKind(trace, 'duplicate').length,
        late: ofKind(trace, 'deliver').filter(({ at, sentAt, copy }) => copy !== 1 && at - sentAt >= 500).length,
      };
    };
    const near = (actual: number, expected: number): void => {
      expect(actual).toBeGreaterThan(expected * 0.93);
      expect(actual).toBeLessThan(expected * 1.07);
    };
    const calm = count(0, 0);
    expect(calm.lost + calm.copied).toBe(0);
    near(calm.late, 10_000);
    const lossy = count(100_000, 0);
    near(lossy.lost, 2_000);
    near(lossy.late, 9_000);
    const both = count(100_000, 200_000);
    near(both.copied, 4_000);
    near(both.lost, 2_400);
  });

  it('delivers copies later than originals could be, marked as copies', () => {
    const trace = trafficOf({
      network: { latency: uniform(1_000, 2_000), duplicationPpm: 1_000_000 },
      faults: stream('n1', ['n2'], 30, 100),
    });
    const copies = ofKind(trace, 'deliver').filter(({ copy }) => copy === 1);
    expect(copies).toHaveLength(30);
    expect(copies.every(({ at, sentAt }) => at - sentAt >= 2_000 && at - sentAt <= 4_000)).toBe(true);
  });

  it('delivers copies as late as it was told, but for links that keep order', () => {
    const delays = (fifo: boolean): readonly number[] => {
      const copyLatency = { kind: 'constant', value: 50_000 } as const;
      const network = { latency: uniform(1_000, 1_000), duplicationPpm: 1_000_000, copyLatency, fifo };
      const trace = trafficOf({ network, faults: stream('n1', ['n2'], 30, 100) });
      return ofKind(trace, 'deliver')
        .filter(({ copy }) => copy === 1)
        .map(({ at, sentAt }) => at - sentAt);
    };
    expect(new Set(delays(false))).toEqual(new Set([50_000]));
    expect(delays(true).every((delay) => delay < 50_000)).toBe(true);
  });

  it('carries a message of a node to itself like any other', () => {
    const trace = trafficOf({ faults: stream('n1', ['n1'], 3, 100) });
    expect(onLink(trace, 'n1', 'n1').map(({ at, sentAt }) => at - sentAt)).toEqual([1_000, 1_000, 1_000]);
  });
});

describe('a cut link', () => {
  it('delivers nothing while it is cut, not even what was in flight, and everything before and after', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 1, max: 20_000 }), (at, duration) => {
        const trace = trafficOf({
          network: { latency: uniform(100, 4_000) },
          faults: [...stream('n1', ['n2'], 150, 200), { kind: 'cut', from: ['n1'], to: ['n2'], at, for: duration }],
        });
        const during = (event: TraceEvent): boolean => event.at > at && event.at < at + duration;
        expect(onLink(trace, 'n1', 'n2').filter(during)).toEqual([]);
        const dropped = ofKind(trace, 'drop');
        expect(dropped.every((event) => event.reason === 'cut' && event.at >= at && event.at <= at + duration)).toBe(
          true,
        );
        expect(dropped.length + onLink(trace, 'n1', 'n2').length).toBe(150);
      }),
      { numRuns: 30 },
    );
  });

  it('is cut one way only', () => {
    const trace = trafficOf({
      faults: [{ kind: 'cut', from: ['n1'], to: ['n2', 'n3'] }, ...everybodyTellsEverybody(10)],
    });
    expect(heard(trace)).toEqual(allLinks.filter((link) => link !== 'n1>n2' && link !== 'n1>n3'));
  });

  it('stays cut until the last of the faults that cut it has ended', () => {
    const trace = trafficOf({
      faults: [
        ...stream('n1', ['n2'], 100, 1_000),
        { kind: 'cut', from: ['n1'], to: ['n2'], at: 10_500, for: 20_000 },
        { kind: 'isolate', node: 'n1', at: 20_500, for: 30_000 },
        { kind: 'partition', groups: [['n1'], ['n2']], at: 25_500, for: 1_000 },
      ],
    });
    const numbers = onLink(trace, 'n1', 'n2').map(number);
    expect(numbers.filter((n) => n + 1 > 10 && n + 1 <= 50)).toEqual([]);
    expect(numbers).toHaveLength(60);
  });
});

describe('a partition', () => {
  const heardWith = (fault: Fault): string[] => heard(trafficOf({ faults: [fault, ...everybodyTellsEverybody(10)] }));

  it('cuts groups from each other and leaves alone who is in none', () => {
    expect(heardWith({ kind: 'partition', groups: [['n1', 'n2'], ['n3']] })).toEqual(
      allLinks.filter((link) => !links('n1>n3 n2>n3 n3>n1 n3>n2').includes(link)),
    );
  });

  it('of more than two groups cuts each from each', () => {
    expect(heardWith({ kind: 'partition', groups: [['n1'], ['n2'], ['n3', 'n4']] })).toEqual(links('n3>n4 n4>n3'));
  });

  it('whose groups share a node leaves that node as a bridge', () => {
    expect(
      heardWith({
        kind: 'partition',
        groups: [
          ['n1', 'n2'],
          ['n2', 'n3'],
        ],
      }),
    ).toEqual(allLinks.filter((link) => !links('n1>n3 n3>n1').includes(link)));
  });

  it('isolates one node: both ways, inbound or outbound', () => {
    const without = (...cut: string[]): string[] => allLinks.filter((link) => !links(...cut).includes(link));
    const outbound = 'n1>n2 n1>n3 n1>n4';
    const inbound = 'n2>n1 n3>n1 n4>n1';
    expect(heardWith({ kind: 'isolate', node: 'n1' })).toEqual(without(outbound, inbound));
    expect(heardWith({ kind: 'isolate', node: 'n1', direction: 'outbound' })).toEqual(without(outbound));
    expect(heardWith({ kind: 'isolate', node: 'n1', direction: 'inbound' })).toEqual(without(inbound));
  });

  it('that isolates a node cuts it off from nodes that join later, and lets it speak to itself', () => {
    const trace = trafficOf({
      faults: [
        { kind: 'isolate', node: 'n1', at: 1_000, for: 50_000 },
        { kind: 'join', node: 'n5', role: 'actor', at: 2_000 },
        ...stream('n1', ['n1', 'n5'], 1, 1, 10_000),
        ...stream('n5', ['n1'], 1, 1, 10_000),
        ...stream('n5', ['n1'], 1, 1, 60_000),
      ],
    });
    expect(ofKind(trace, 'deliver').map(({ from, node, at }) => `${from}>${node} ${at}`)).toEqual([
      'n1>n1 11000',
      'n5>n1 61000',
    ]);
  });
});

describe('a clogged link', () => {
  it('loses nothing and keeps the order in which messages came', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ at: fc.nat(30_000), for: fc.integer({ min: 1, max: 10_000 }) }), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.boolean(),
        (clogs, constant) => {
          const latency: Distribution = constant ? { kind: 'constant', value: 500 } : uniform(100, 3_000);
          const traffic = stream('n1', ['n2'], 150, 250);
          const clogged = trafficOf({
            network: { latency, fifo: true },
            faults: [...traffic, ...clogs.map((clog): Fault => ({ kind: 'clog', from: ['n1'], to: ['n2'], ...clog }))],
          });
          const seen = onLink(clogged, 'n1', 'n2');
          expect(seen.map(number)).toEqual(Array.from({ length: 150 }, (_, i) => i));
          for (const clog of clogs) {
            const during = ({ at }: TraceEvent): boolean => at > clog.at && at < clog.at + clog.for;
            expect(seen.filter(during)).toEqual([]);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('lets nothing overtake what waits, not even what arrives at the instant the clog ends', () => {
    const trace = trafficOf({
      faults: [
        { kind: 'clog', from: ['n1'], to: ['n2'], at: 0, for: 5_000 },
        ...stream('n1', ['n2'], 1, 1, 1_000),
        tell('n1', 4_000, { do: 'send', to: 'n2', text: '1' }),
      ],
    });
    expect(onLink(trace, 'n1', 'n2').map(({ at, message }) => [at, number({ message })])).toEqual([
      [5_000, 0],
      [5_000, 1],
    ]);
  });

  it('may be cut too: what waited is judged when it goes on', () => {
    const trace = trafficOf({
      faults: [
        { kind: 'clog', from: ['n1'], to: ['n2'], at: 0, for: 5_000 },
        { kind: 'cut', from: ['n1'], to: ['n2'], at: 4_000, for: 5_000 },
        ...stream('n1', ['n2'], 3, 1, 1_000),
      ],
    });
    expect(ofKind(trace, 'drop').map(({ at, reason }) => [at, reason])).toEqual(Array(3).fill([5_000, 'cut']));
  });
});

describe('noise', () => {
  const burst = (at: number): Fault =>
    tell('n1', at, ...Array.from({ length: 3_000 }, (_, n): Step => ({ do: 'send', to: 'n2', text: `${n}` })));
  const noise = (at: number, duration: number, lossPpm: number, duplicationPpm = 0): Fault => ({
    kind: 'noise',
    at,
    for: duration,
    lossPpm,
    duplicationPpm,
  });
  const lostAt = (trace: readonly TraceEvent[], at: number): number =>
    ofKind(trace, 'drop').filter((event) => event.at === at).length;

  it('raises loss for a while, adds up with other noise, and ends with each', () => {
    const trace = trafficOf({
      faults: [
        noise(10_000, 40_000, 100_000),
        noise(20_000, 10_000, 200_000),
        burst(4_000),
        burst(14_000),
        burst(24_000),
        burst(34_000),
        burst(54_000),
      ],
    });
    const lost = [5_000, 15_000, 25_000, 35_000, 55_000].map((at) => lostAt(trace, at));
    expect([lost[0], lost[4]]).toEqual([0, 0]);
    for (const [i, expected] of [
      [1, 300],
      [2, 900],
      [3, 300],
    ] as const) {
      expect(lost[i]).toBeGreaterThan(expected * 0.85);
      expect(lost[i]).toBeLessThan(expected * 1.15);
    }
  });

  it('that begins while messages are in flight strikes them one by one, not all or none', () => {
    const trace = trafficOf({ faults: [burst(9_500), noise(10_000, 10_000, 500_000)] });
    expect(lostAt(trace, 10_500)).toBeGreaterThan(1_300);
    expect(lostAt(trace, 10_500)).toBeLessThan(1_700);
  });

  it('raises duplication too', () => {
    const trace = trafficOf({ faults: [noise(10_000, 10_000, 0, 300_000), burst(5_000), burst(15_000)] });
    const copied = ofKind(trace, 'duplicate');
    expect(copied.every(({ at }) => at === 15_000)).toBe(true);
    expect(copied.length).toBeGreaterThan(780);
    expect(copied.length).toBeLessThan(1_020);
  });

  it('gone from a plan leaves the verdicts of other noise as they were', () => {
    const late = noise(30_000, 10_000, 300_000);
    const lost = (faults: readonly Fault[]): string[] =>
      ofKind(trafficOf({ faults: [...faults, burst(14_000), burst(34_000)] }), 'drop')
        .filter(({ at }) => at === 35_000)
        .map(({ id }) => `${id}`);
    expect(lost([noise(10_000, 10_000, 300_000), late])).toEqual(lost([late]));
  });
});

describe('messages to nodes that are not there', () => {
  it('are dropped when they arrive: at a crashed node, and from the inbox of one that crashes', () => {
    const trace = trafficOf({
      faults: [
        { kind: 'pause', node: 'n2', at: 5_000, for: 10_000 },
        { kind: 'crash', node: 'n2', at: 7_000 },
        ...stream('n1', ['n2'], 3, 1_500, 3_500),
      ],
    });
    expect(onLink(trace, 'n1', 'n2').map(({ at }) => at)).toEqual([4_500]);
    expect(ofKind(trace, 'drop').map(({ at, reason }) => [at, reason])).toEqual([
      [7_000, 'dead'],
      [7_500, 'dead'],
    ]);
  });
});
