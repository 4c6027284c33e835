import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunSpec } from '../../src/sim/config.ts';
import type { Fault, Override } from '../../src/sim/faults.ts';
import { Simulation } from '../../src/sim/simulation.ts';
import type { TraceEvent } from '../../src/sim/trace.ts';
import { type ActorState, actor, type Step, tell } from '../toys/kernel-actor.ts';
import { aRun, effort } from '../toys/kernel-arbitraries.ts';
import { chatter } from '../toys/kernel-chatter.ts';
import { nodes, ofKind, runOf, specOf, stateOf } from '../toys/kernel-spec.ts';

const traceOf = (spec: RunSpec): readonly TraceEvent[] => runOf(spec, chatter).trace;

/** How long each message that arrived was under way, by its name. */
function latencies(trace: readonly TraceEvent[]): Map<string, number> {
  const names = new Map(ofKind(trace, 'send').map(({ id, name }) => [id, name]));
  return new Map(
    ofKind(trace, 'deliver')
      .filter(({ copy }) => copy !== 1)
      .map(({ id, at, sentAt }) => [names.get(id) as string, at - sentAt]),
  );
}
/** A world in which nothing but the network's draw decides when a message arrives. */
const freely = (spec: RunSpec): RunSpec => ({
  ...spec,
  network: { ...spec.network, fifo: false, latency: { kind: 'uniform', min: 500, max: 9_000 } },
  disk: { syncLatency: { kind: 'constant', value: 0 } },
  faults: spec.faults.filter(
    ({ kind }) =>
      ![
        'clog',
        'swizzle-clog',
        'pause',
        'slow-disk',
        'disk-stall',
        'write-error',
        'full-disk',
        'slow-node',
        'degrade',
      ].includes(kind),
  ),
  overrides: [],
});

function sameWhereBothHave(one: Map<string, number>, other: Map<string, number>): void {
  const common = [...one.keys()].filter((name) => other.has(name));
  expect(common.length).toBeGreaterThan(0);
  expect(common.map((name) => [name, other.get(name)])).toEqual(common.map((name) => [name, one.get(name)]));
}

describe('the n-th message of a type on a link', () => {
  it('takes as long as ever, whatever else is changed: a message dropped, a fault taken out, a call less', () => {
    fc.assert(
      fc.property(aRun, fc.nat(), (drawn, place) => {
        const spec = freely(drawn);
        const trace = traceOf(spec);
        const sends = ofKind(trace, 'send');
        fc.pre(sends.length > 0);
        const { name } = sends[place % sends.length] as (typeof sends)[number];
        const changed: RunSpec[] = [
          { ...spec, overrides: [{ message: name, drop: true }] },
          { ...spec, faults: spec.faults.filter((_, i) => i !== place % (spec.faults.length + 1)) },
          { ...spec, calls: spec.calls.slice(1) },
        ];
        for (const other of changed) sameWhereBothHave(latencies(trace), latencies(traceOf(other)));
      }),
      effort(20),
    );
  });

  it('is lost or not as ever when another message is dropped', () => {
    const burst = tell(
      'n1',
      1_000,
      ...Array.from({ length: 500 }, (_, n): Step => ({ do: 'send', to: 'n2', text: `${n}` })),
    );
    const lost = (overrides: readonly Override[]): number[] => {
      const spec = specOf({ nodes: nodes('actor', 2), network: { lossPpm: 300_000 }, faults: [burst], overrides });
      return ofKind(runOf(spec, { actor }).trace, 'drop')
        .filter(({ reason }) => reason === 'loss')
        .map(({ id }) => id);
    };
    const before = lost([]);
    expect(before.length).toBeGreaterThan(100);
    const dropped = before.find((id) => id > 50) as number;
    expect(lost([{ message: `n1>n2/said#${dropped}`, drop: true }])).toEqual(before.filter((id) => id !== dropped));
  });
});

describe('what a node draws', () => {
  const draws: Step[] = Array.from({ length: 5 }, () => ({ do: 'draw', bound: 1_000_000 }));
  const drawnBy = (node: string, faults: readonly Fault[], network: Partial<RunSpec['network']> = {}): unknown =>
    stateOf<ActorState>(
      runOf(specOf({ nodes: nodes('actor', 3), network, faults: [...faults, tell(node, 50_000, ...draws)] }), { actor })
        .simulation,
      node,
    )?.seen.filter((text) => text.startsWith('drew'));

  it('does not depend on other nodes, on messages, faults or the network', () => {
    const alone = drawnBy('n1', []);
    const elsewhere: Fault[] = [
      tell('n2', 1_000, ...draws, { do: 'send', to: 'n1', text: 'x' }),
      { kind: 'join', node: 'n4', role: 'actor', at: 2_000 },
      { kind: 'noise', at: 500, lossPpm: 500_000 },
      { kind: 'crash', node: 'n3', at: 3_000 },
    ];
    expect(drawnBy('n1', elsewhere, { latency: { kind: 'uniform', min: 1, max: 100 } })).toEqual(alone);
    expect(drawnBy('n2', [])).not.toEqual(alone);
  });

  it('goes on through a restart: luck is not part of memory', () => {
    const restarted = drawnBy('n1', [
      tell('n1', 1_000, ...draws),
      { kind: 'crash', node: 'n1', at: 2_000, for: 1_000 },
    ]);
    expect(restarted).not.toEqual(drawnBy('n1', []));
  });
});

describe('what is improbable to the last', () => {
  it('draws nothing at all', () => {
    const everything = tell(
      'n1',
      1_000,
      { do: 'send', to: 'n2', text: 'a' },
      { do: 'put', record: 'r', value: 1 },
      { do: 'sync' },
    );
    const simulation = new Simulation({
      spec: specOf({ nodes: nodes('actor', 2), faults: [everything] }),
      roles: { actor },
    });
    simulation.run();
    const snapshot = JSON.parse(JSON.stringify(simulation.snapshot()));
    const lanes = snapshot.messages.network.links
      .flat()
      .flatMap((link: { lanes: object[] } | null) => link?.lanes ?? []);
    expect(lanes).toMatchObject([{ type: 'said', from: 'n1', to: 'n2', count: 1 }]);
    const streams = ['stream', 'syncStream', 'crashStream'];
    expect(
      snapshot.nodes.flatMap(({ saved }: { saved: object }) => streams.filter((stream) => stream in saved)),
    ).toEqual([]);
  });

  it('is as good as absent: noise of zero changes nothing that is drawn', () => {
    const burst = tell(
      'n1',
      1_000,
      ...Array.from({ length: 200 }, (_, n): Step => ({ do: 'send', to: 'n2', text: `${n}` })),
    );
    const arrivals = (faults: readonly Fault[]): unknown => {
      const network = { latency: { kind: 'uniform', min: 10, max: 9_000 }, lossPpm: 100_000 } as const;
      const { trace } = runOf(specOf({ nodes: nodes('actor', 2), network, faults: [burst, ...faults] }), { actor });
      return ofKind(trace, 'deliver').map(({ id, at }) => [id, at]);
    };
    expect(arrivals([{ kind: 'noise', at: 500, lossPpm: 0, duplicationPpm: 0 }])).toEqual(arrivals([]));
    expect(arrivals([{ kind: 'noise', at: 500, lossPpm: 0, duplicationPpm: 400_000 }])).not.toEqual(arrivals([]));
  });
});

describe('an override', () => {
  const upTo = (trace: readonly TraceEvent[], place: number): readonly TraceEvent[] => trace.slice(0, place);

  it('drops exactly the message it names, and nothing before it changes', () => {
    fc.assert(
      fc.property(aRun, fc.nat(), (drawn, place) => {
        const spec = { ...drawn, overrides: [] };
        const trace = traceOf(spec);
        const sends = ofKind(trace, 'send');
        fc.pre(sends.length > 0);
        const sent = sends[place % sends.length] as (typeof sends)[number];
        const changed = traceOf({ ...spec, overrides: [{ message: sent.name, drop: true }] });
        const at = trace.indexOf(sent);
        expect(upTo(changed, at + 1)).toEqual(upTo(trace, at + 1));
        const drops = ofKind(changed, 'drop').filter(({ reason }) => reason === 'override');
        expect(drops).toEqual([
          expect.objectContaining({ id: sent.id, at: sent.at, event: sent.event, from: sent.node, to: sent.to }),
        ]);
        expect(ofKind(changed, 'deliver').filter(({ id }) => id === sent.id)).toEqual([]);
      }),
      effort(25),
    );
  });

  it('gives exactly the message it names another latency', () => {
    fc.assert(
      fc.property(aRun, fc.nat(), fc.nat(30_000), (drawn, place, latency) => {
        const spec = { ...freely(drawn), faults: [] };
        const trace = traceOf(spec);
        const sends = ofKind(trace, 'send');
        const sent = sends[place % sends.length] as (typeof sends)[number];
        fc.pre(sent.at + latency < 200_000);
        const changed = traceOf({ ...spec, overrides: [{ message: sent.name, latency }] });
        const at = trace.indexOf(sent);
        expect(upTo(changed, at + 1)).toEqual(upTo(trace, at + 1));
        const arrived = [
          ...ofKind(changed, 'deliver').filter(({ copy }) => copy !== 1),
          ...ofKind(changed, 'drop'),
        ].find(({ id }) => id === sent.id);
        expect(arrived?.at).toBe(sent.at + latency);
        sameWhereBothHave(new Map([...latencies(trace)].filter(([name]) => name !== sent.name)), latencies(changed));
      }),
      effort(20),
    );
  });

  it('gives exactly the timer it names another delay', () => {
    fc.assert(
      fc.property(aRun, fc.nat(), fc.nat(50_000), (drawn, place, delay) => {
        const spec = { ...drawn, overrides: [] };
        const trace = traceOf(spec);
        const settings = ofKind(trace, 'set-timer');
        const set = settings[place % settings.length] as (typeof settings)[number];
        const changed = traceOf({ ...spec, overrides: [{ timer: set.name, delay }] });
        const at = trace.indexOf(set);
        expect(upTo(changed, at)).toEqual(upTo(trace, at));
        expect(changed[at]).toEqual({ ...set, delay });
      }),
      effort(25),
    );
  });

  it('that never applies changes nothing', () => {
    fc.assert(
      fc.property(aRun, (spec) => {
        const idle: Override[] = [
          { message: 'n1>n2/gossip#100000', drop: true },
          { message: 'n1>n9/gossip#1', latency: 5 },
          { timer: 'n1/chat#100000', delay: 5 },
        ];
        const { simulation, trace } = runOf(spec, chatter);
        const other = runOf({ ...spec, overrides: [...spec.overrides, ...idle] }, chatter);
        expect(other.trace).toEqual(trace);
        expect(other.simulation.digest()).toBe(simulation.digest());
      }),
      effort(20),
    );
  });

  it('names a timer by node, name, key and how often it was set, across restarts', () => {
    const set = (at: number): Fault => tell('n1', at, { do: 'timer', delay: 1_000, key: 'k' });
    const spec = specOf({
      nodes: nodes('actor', 1),
      faults: [set(1_000), set(5_000), { kind: 'crash', node: 'n1', at: 10_000, for: 1_000 }, set(20_000)],
      overrides: [{ timer: 'n1/alarm/k#3', delay: 7_000 }],
    });
    const { trace } = runOf(spec, { actor });
    expect(ofKind(trace, 'set-timer').map(({ name }) => name)).toEqual([
      'n1/alarm/k#1',
      'n1/alarm/k#2',
      'n1/alarm/k#3',
    ]);
    expect(ofKind(trace, 'timer').map(({ at }) => at)).toEqual([2_000, 6_000, 27_000]);
  });
});
