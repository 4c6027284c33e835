/** Laws of the faults of links. Each is tried on random runs of a protocol that uses everything, with the fault added. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunSpec } from '../../src/sim/config.ts';
import type { Fault } from '../../src/sim/faults.ts';
import type { NodeId } from '../../src/sim/protocol.ts';
import { Simulation } from '../../src/sim/simulation.ts';
import type { TraceEvent } from '../../src/sim/trace.ts';
import { actor, type Step, tell } from '../toys/kernel-actor.ts';
import { aRun, effort } from '../toys/kernel-arbitraries.ts';
import { chatter } from '../toys/kernel-chatter.ts';
import { nodes, ofKind, runOf, specOf } from '../toys/kernel-spec.ts';

const servers = ['n1', 'n2', 'n3'];
const everybody = [...servers, 'c1', 'c2'];
const aGroup = fc.subarray(everybody, { minLength: 1 });
const aTime = fc.integer({ min: 1_000, max: 120_000 });
const aSpan = fc.integer({ min: 1_000, max: 60_000 });

const traceOf = (spec: RunSpec): readonly TraceEvent[] => runOf(spec, chatter).trace;
const onLinks = (trace: readonly TraceEvent[]): readonly string[] =>
  ofKind(trace, 'deliver').map(({ at, id, from, node }) => `${at} ${from}>${node} ${id}`);

/** Runs in which a message is handled the moment it arrives: nobody is ever busy. */
const atOnce = ({ calm: _, ...spec }: RunSpec): RunSpec => ({
  ...spec,
  disk: { syncLatency: { kind: 'constant', value: 0 } },
  faults: spec.faults.filter(({ kind }) => !['pause', 'slow-disk', 'disk-stall', 'slow-node'].includes(kind)),
});
const withFault = (spec: RunSpec, fault: Fault): RunSpec => ({ ...spec, faults: [...spec.faults, fault] });
/** Fault-free, nothing lost or doubled, in any order. */
const calm = (spec: RunSpec): RunSpec => {
  const { capacity: _, ...network } = spec.network;
  return {
    ...atOnce(spec),
    faults: [],
    overrides: [],
    network: { ...network, lossPpm: 0, duplicationPpm: 0, fifo: false },
  };
};

type Delivery = TraceEvent & { readonly kind: 'deliver' };
const during = (trace: readonly TraceEvent[], from: number, to: number): readonly Delivery[] =>
  ofKind(trace, 'deliver').filter(({ at }) => at > from && at < to);

describe('a cut link delivers nothing while it is cut, and what was under way is gone with the reason', () => {
  /** Each kind of cut, and whether it cuts a link. */
  const cuts: readonly (readonly [string, fc.Arbitrary<readonly [object, (from: NodeId, to: NodeId) => boolean]>])[] = [
    [
      'cut',
      fc
        .tuple(aGroup, aGroup)
        .map(([from, to]) => [{ kind: 'cut', from, to }, (a: NodeId, b: NodeId) => from.includes(a) && to.includes(b)]),
    ],
    [
      'partition',
      fc
        .tuple(aGroup, aGroup)
        .map((groups) => [
          { kind: 'partition', groups },
          (a: NodeId, b: NodeId) =>
            groups.some((group) => group.includes(a)) &&
            groups.some((group) => group.includes(b)) &&
            !groups.some((group) => group.includes(a) && group.includes(b)),
        ]),
    ],
    [
      'partial',
      fc
        .uniqueArray(fc.constantFrom(...everybody), { minLength: 2, maxLength: 2 })
        .map((pair) => [
          { kind: 'partial', pairs: [pair] },
          (a: NodeId, b: NodeId) => pair.includes(a) && pair.includes(b) && a !== b,
        ]),
    ],
    [
      'isolate',
      fc
        .tuple(fc.constantFrom(...servers), fc.constantFrom('both', 'inbound', 'outbound'), fc.option(aGroup))
        .map(([node, direction, from]) => [
          { kind: 'isolate', node, direction, ...(from === null ? {} : { from }) },
          (a: NodeId, b: NodeId) => {
            const meant = (other: NodeId): boolean => other !== node && (from === null || from.includes(other));
            return (
              (a === node && meant(b) && direction !== 'inbound') ||
              (b === node && meant(a) && direction !== 'outbound')
            );
          },
        ]),
    ],
  ];
  for (const [name, aCut] of cuts) {
    it(name, () => {
      fc.assert(
        fc.property(aRun, aCut, aTime, aSpan, (drawn, [fault, isCut], at, span) => {
          const spec = withFault(atOnce(drawn), { ...fault, at, for: span } as Fault);
          const { trace } = runOf(spec, chatter);
          const through = during(trace, at, at + span).filter(({ from, node }) => isCut(from, node));
          expect(through).toEqual([]);
          const elsewhere = ofKind(trace, 'drop').filter(({ reason }) => reason === 'cut');
          const others = spec.faults.filter(({ kind }) => /cut|partition|partial|isolate|flapping/.test(kind));
          if (others.length === 1) for (const drop of elsewhere) expect(isCut(drop.from, drop.to)).toBe(true);
        }),
        effort(15),
      );
    });
  }

  it('but what a node sends to itself, isolated or not', () => {
    const talk = [tell('n1', 10_000, { do: 'send', to: 'n1', text: 'x' }, { do: 'send', to: 'n2', text: 'y' })];
    for (const from of [{}, { from: ['n1', 'n2'] }]) {
      const spec = specOf({
        nodes: nodes('actor', 2),
        faults: [{ kind: 'isolate', node: 'n1', at: 0, ...from }, ...talk],
      });
      expect(ofKind(runOf(spec, { actor }).trace, 'deliver').map(({ node }) => node)).toEqual(['n1']);
    }
  });

  it('flapping: cut and whole in turn, and whole in the end', () => {
    const talk = Array.from({ length: 100 }, (_, i) => tell('n1', i * 1_000, { do: 'send', to: 'n2', text: `${i}` }));
    const flapping: Fault = {
      kind: 'flapping',
      groups: [['n1'], ['n2']],
      at: 9_500,
      cut: 10_000,
      healed: 20_000,
      for: 70_000,
    };
    const { trace } = runOf(specOf({ nodes: nodes('actor', 2), faults: [...talk, flapping] }), { actor });
    const lost = ofKind(trace, 'drop').map(({ at }) => at);
    // Messages take 1 ms: [9.5, 19.5), [39.5, 49.5), [69.5, 79.5), all in ms.
    const expected = [10, 40, 70].flatMap((from) => Array.from({ length: 10 }, (_, i) => (from + i) * 1_000));
    expect(lost).toEqual(expected);
  });
});

describe('a clog loses nothing', () => {
  const aClog: fc.Arbitrary<Fault> = fc.oneof(
    fc.record({ kind: fc.constant('clog' as const), from: aGroup, to: aGroup, at: aTime, for: aSpan }),
    fc.record({ kind: fc.constant('swizzle-clog' as const), nodes: aGroup, at: aTime, for: aSpan }),
  );
  it('whatever is sent arrives: at its time, or when the clog ends', () => {
    fc.assert(
      fc.property(aRun, aClog, (drawn, clog) => {
        const spec = withFault(calm(drawn), clog);
        const { trace } = runOf(spec, chatter);
        expect(ofKind(trace, 'drop').filter(({ reason }) => reason !== 'dead')).toEqual([]);
        const delivered = new Set(ofKind(trace, 'deliver').map(({ id }) => id));
        // 70 ms is more than any latency that is drawn here.
        const missing = ofKind(trace, 'send').filter(({ id, at }) => !delivered.has(id) && at < 200_000 - 70_000);
        const clogged = clog.at === undefined || !('for' in clog) ? 0 : clog.at + (clog.for as number);
        if (clogged < 200_000) expect(missing).toEqual([]);
      }),
      effort(20),
    );
  });

  it('a swizzle that releases one node holds back what goes to the others', () => {
    const beats = Array.from({ length: 80 }, (_, i) =>
      tell('n1', i * 1_000, { do: 'send', to: 'n2', text: `${i}` }, { do: 'send', to: 'n3', text: `${i}` }),
    );
    let both = 0;
    for (let seed = 0; seed < 20; seed++) {
      const swizzle: Fault = { kind: 'swizzle-clog', nodes: ['n2', 'n3'], at: 10_000, for: 60_000 };
      const faults = [swizzle, ...beats];
      const { trace } = runOf(specOf({ seed: `${seed}`, nodes: nodes('actor', 3), faults }), { actor });
      const steps = ofKind(trace, 'fault').filter(({ phase }) => phase === 'step');
      if (steps.length === 4) both++;
      for (const node of ['n2', 'n3']) {
        const [from, to] = steps.filter(({ why }) => why?.includes(node)).map(({ at }) => at);
        if (from === undefined || to === undefined) continue;
        expect(during(trace, from, to).filter((event) => event.node === node)).toEqual([]);
        expect(ofKind(trace, 'deliver').filter((event) => event.node === node && event.at === to)).not.toEqual([]);
      }
    }
    expect(both).toBeGreaterThan(1);
  });

  it('a swizzle clogs about half of its nodes, one by one in the first half, and releases all in the second', () => {
    let clogged = 0;
    for (let seed = 0; seed < 40; seed++) {
      const swizzle: Fault = { kind: 'swizzle-clog', nodes: servers, at: 10_000, for: 60_000 };
      const { trace } = runOf(specOf({ seed: `${seed}`, nodes: nodes('actor', 3), faults: [swizzle] }), { actor });
      const steps = ofKind(trace, 'fault').filter(({ phase }) => phase === 'step');
      const held = steps.filter(({ why }) => /held back/.test(why ?? ''));
      clogged += held.length;
      expect(steps.length).toBe(2 * held.length);
      for (const { at } of held) expect(at).toBeLessThan(40_000);
      for (const { at } of steps.filter((step) => !held.includes(step))) expect(at).toBeGreaterThanOrEqual(40_000);
    }
    expect(clogged).toBeGreaterThan(40);
    expect(clogged).toBeLessThan(80);
  });
});

describe('a filter', () => {
  it('lets none of its messages through on its links, and all others everywhere', () => {
    fc.assert(
      fc.property(aRun, aGroup, aTime, aSpan, (drawn, from, at, span) => {
        const spec = calm(drawn);
        const filter: Fault = { kind: 'filter', messages: ['gossip'], from, at, for: span };
        const trace = traceOf(withFault(spec, filter));
        const isGossip = ({ message }: Delivery): boolean => (message as { type: string }).type === 'gossip';
        expect(during(trace, at, at + span).filter((event) => isGossip(event) && from.includes(event.from))).toEqual(
          [],
        );
        for (const drop of ofKind(trace, 'drop').filter(({ reason }) => reason === 'filtered')) {
          expect(from).toContain(drop.from);
          expect((drop.message as { type: string }).type).toBe('gossip');
        }
      }),
      effort(15),
    );
  });

  it('that names no nodes holds for those who join later too', () => {
    const join: Fault = { kind: 'join', node: 'n3', role: 'actor', at: 5_000 };
    const say = tell('n3', 10_000, { do: 'send', to: 'n1', text: 'x' });
    const heard = (filter: Partial<Fault>): number => {
      const faults = [{ kind: 'filter', messages: ['said'], at: 0, ...filter } as Fault, join, say];
      return ofKind(runOf(specOf({ nodes: nodes('actor', 2), faults }), { actor }).trace, 'deliver').length;
    };
    expect(heard({})).toBe(0);
    expect(heard({ to: ['n1'] })).toBe(0);
    expect(heard({ from: ['n1', 'n2'] })).toBe(1);
  });

  it('knows messages of components by their path and by their bare name', () => {
    const count = (type: string): number =>
      fc
        .sample(aRun, { numRuns: 10, seed: 3 })
        .map((spec) => traceOf(withFault(calm(spec), { kind: 'filter', messages: [type], at: 0 })))
        .flatMap((trace) => ofKind(trace, 'drop')).length;
    expect(count('total')).toBeGreaterThan(0);
    expect(count('tally/counter:total')).toBe(count('total'));
  });
});

describe('a degraded link', () => {
  it('has the latency it was given, and no other link another than before', () => {
    fc.assert(
      fc.property(aRun, (drawn) => {
        const spec = calm(drawn);
        const worse: Fault = {
          kind: 'degrade',
          from: ['n1'],
          to: ['n2'],
          at: 0,
          latency: { kind: 'constant', value: 777 },
        };
        const trace = traceOf(withFault(spec, worse));
        const latencies = ofKind(trace, 'deliver').filter(({ sentAt }) => sentAt > 0);
        const on = latencies.filter(({ from, node }) => from === 'n1' && node === 'n2');
        for (const { at, sentAt } of on) expect(at - sentAt).toBe(777);
        const before = byName(traceOf(withFault(spec, { kind: 'degrade', from: ['n1'], to: ['n1'], at: 0 })));
        for (const [name, latency] of byName(trace))
          if (!name.startsWith('n1>n2/') && before.has(name)) expect([name, latency]).toEqual([name, before.get(name)]);
      }),
      effort(10),
    );
  });

  it('loses and doubles as often as it was told, on top of the noise', () => {
    const burst = (to: NodeId): Fault =>
      tell('n1', 10_000, ...Array.from({ length: 4_000 }, (_, i): Step => ({ do: 'send', to, text: `${i}` })));
    const count = (faults: readonly Fault[]): { lost: number; doubled: number; elsewhere: number } => {
      const spec = specOf({ nodes: nodes('actor', 3), faults: [...faults, burst('n2'), burst('n3')] });
      const { trace } = runOf(spec, { actor });
      return {
        lost: ofKind(trace, 'drop').filter(({ to, reason }) => to === 'n2' && reason === 'loss').length,
        doubled: ofKind(trace, 'duplicate').filter(({ to }) => to === 'n2').length,
        elsewhere: ofKind(trace, 'drop').filter(({ to }) => to === 'n3').length,
      };
    };
    const bad: Fault = { kind: 'degrade', at: 0, from: ['n1'], to: ['n2'], lossPpm: 250_000 };
    const once = count([bad]);
    expect(once.lost).toBeGreaterThan(900);
    expect(once.lost).toBeLessThan(1_100);
    expect(once.doubled + once.elsewhere).toBe(0);
    const noisy = count([bad, { kind: 'noise', at: 0, lossPpm: 250_000 }]);
    expect(noisy.lost).toBeGreaterThan(1_850);
    expect(noisy.lost).toBeLessThan(2_150);
    expect(noisy.elsewhere).toBeGreaterThan(900);
    const doubling = count([{ kind: 'degrade', at: 0, from: ['n1'], to: ['n2'], duplicationPpm: 500_000 }]);
    expect(doubling.doubled).toBeGreaterThan(1_850);
    expect(doubling.lost).toBe(0);
  });

  it('that keeps order does, while the others do not', () => {
    const talk = Array.from({ length: 300 }, (_, i) =>
      tell('n1', i * 100, { do: 'send', to: 'n2', text: `${i}` }, { do: 'send', to: 'n3', text: `${i}` }),
    );
    const spec = specOf({
      nodes: nodes('actor', 3),
      network: { latency: { kind: 'uniform', min: 0, max: 3_000 } },
      faults: [{ kind: 'degrade', at: 0, from: ['n1'], to: ['n2'], fifo: true }, ...talk],
    });
    const { trace } = runOf(spec, { actor });
    const heard = (node: NodeId): number[] =>
      ofKind(trace, 'deliver')
        .filter((event) => event.node === node)
        .map(({ message }) => Number((message as { text: string }).text));
    expect(heard('n2')).toEqual([...heard('n2')].sort((a, b) => a - b));
    expect(heard('n3')).not.toEqual([...heard('n3')].sort((a, b) => a - b));
  });
});

const byName = (trace: readonly TraceEvent[]): Map<string, number> => {
  const names = new Map(ofKind(trace, 'send').map(({ id, name }) => [id, name]));
  return new Map(ofKind(trace, 'deliver').map(({ id, at, sentAt }) => [names.get(id) as string, at - sentAt] as const));
};

describe('a bounded link', () => {
  it('never has more messages under way than it holds, and pushes out no more than it must', () => {
    fc.assert(
      fc.property(aRun, fc.integer({ min: 1, max: 4 }), fc.boolean(), (drawn, capacity, byFault) => {
        const plain = calm(drawn);
        const limit: Fault = { kind: 'degrade', at: 0, from: everybody, to: everybody, capacity };
        const spec = byFault ? withFault(plain, limit) : { ...plain, network: { ...plain.network, capacity } };
        const { trace } = runOf(spec, chatter);
        const pushedOut = ofKind(trace, 'drop').filter(({ reason }) => reason === 'overflow');
        // What was pushed out is told at the end of its way, which may lie behind the end of the run.
        const arrived = new Set(ofKind(trace, 'deliver').map(({ id }) => id));
        const survivors = new Map<string, number>();
        const all = new Map<string, number>();
        const count = (map: Map<string, number>, link: string, by: 1 | -1): number => {
          map.set(link, (map.get(link) ?? 0) + by);
          return map.get(link) as number;
        };
        let isCrowded = false;
        let now = 0;
        for (const event of trace) {
          // What arrives at one instant may wait in an inbox before it is told.
          if (event.at > now) for (const many of survivors.values()) expect(many).toBeLessThanOrEqual(capacity);
          now = event.at;
          if (event.kind === 'send') {
            const link = `${event.node}>${event.to}`;
            if (count(all, link, 1) > capacity) isCrowded = true;
            if (arrived.has(event.id)) count(survivors, link, 1);
          } else if (event.kind === 'deliver' || event.kind === 'drop') {
            const link = `${event.from}>${event.kind === 'drop' ? event.to : event.node}`;
            count(all, link, -1);
            if (arrived.has(event.id)) count(survivors, link, -1);
          }
        }
        if (!isCrowded) expect(pushedOut).toEqual([]);
      }),
      effort(15),
    );
  });

  it('pushes out any of those under way, the new one too', () => {
    const places = new Set<string>();
    for (let seed = 0; seed < 60; seed++) {
      const burst = tell('n1', 10_000, ...['a', 'b', 'c', 'd'].map((text): Step => ({ do: 'send', to: 'n2', text })));
      const spec = specOf({ seed: `${seed}`, nodes: nodes('actor', 2), network: { capacity: 3 }, faults: [burst] });
      const { trace, simulation } = runOf(spec, { actor });
      const [drop, ...more] = ofKind(trace, 'drop') as readonly object[];
      expect(more).toEqual([]);
      expect(drop).toMatchObject({ reason: 'overflow', at: 11_000 });
      places.add((drop as { message: { text: string } }).message.text);
      expect(simulation.statistics().faults.overflow).toEqual({ fired: 1, skipped: 0 });
    }
    expect([...places].sort()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('is free again when a message is dropped for another reason', () => {
    const talk = Array.from({ length: 50 }, (_, i) => tell('n1', i * 1_001, { do: 'send', to: 'n2', text: `${i}` }));
    const cut: Fault = { kind: 'cut', from: ['n1'], to: ['n2'], at: 10_000, for: 10_000 };
    const { trace } = runOf(specOf({ nodes: nodes('actor', 2), network: { capacity: 1 }, faults: [...talk, cut] }), {
      actor,
    });
    expect(new Set(ofKind(trace, 'drop').map(({ reason }) => reason))).toEqual(new Set(['cut']));
    expect(ofKind(trace, 'deliver')).toHaveLength(40);
  });

  it('tells a message that was pushed out from one that will arrive, in its state hash', () => {
    const hashes = (capacity: number): string => {
      const burst = tell('n1', 10_000, { do: 'send', to: 'n2', text: 'a' }, { do: 'send', to: 'n2', text: 'b' });
      const spec = specOf({ nodes: nodes('actor', 2), network: { capacity }, faults: [burst] });
      const simulation = new Simulation({ spec, roles: { actor } });
      while (simulation.now < 10_000) simulation.step();
      return simulation.stateHash();
    };
    expect(hashes(2)).toBe(hashes(3));
    expect(hashes(1)).not.toBe(hashes(2));
  });

  it('is free again when messages have arrived', () => {
    const talk = Array.from({ length: 50 }, (_, i) => tell('n1', i * 1_001, { do: 'send', to: 'n2', text: `${i}` }));
    const spec = specOf({ nodes: nodes('actor', 2), network: { capacity: 1 }, faults: talk });
    expect(ofKind(runOf(spec, { actor }).trace, 'deliver')).toHaveLength(50);
  });
});

describe('a fault of links that never touches anybody', () => {
  it('changes nothing: the same deliveries at the same times', () => {
    fc.assert(
      fc.property(aRun, (drawn) => {
        const spec = withFault(atOnce(drawn), { kind: 'noise', at: 0, lossPpm: 0 });
        const before = onLinks(traceOf(spec));
        const idle: Fault[] = [
          { kind: 'filter', at: 0, messages: ['nothing of the kind'] },
          { kind: 'degrade', at: 0, from: ['n1'], to: ['n1'], lossPpm: 900_000 },
          { kind: 'partial', at: 0, pairs: [['n8', 'n9']] },
          { kind: 'isolate', at: 0, node: 'n1', from: ['n1'] },
        ];
        for (const fault of idle) expect(onLinks(traceOf(withFault(spec, fault)))).toEqual(before);
      }),
      effort(8),
    );
  });
});
