/** The calm at the end of a run: what it ends, what it heals, and what it leaves as it is. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Calm, RunSpec } from '../../src/sim/config.ts';
import type { PlacedObserver } from '../../src/sim/observer.ts';
import type { Context, Request } from '../../src/sim/protocol.ts';
import { Simulation } from '../../src/sim/simulation.ts';
import type { TraceEvent } from '../../src/sim/trace.ts';
import { aCalm, aRun, effort } from '../toys/kernel-arbitraries.ts';
import { chatter } from '../toys/kernel-chatter.ts';
import { nodes, ofKind, type Run, runOf, specOf } from '../toys/kernel-spec.ts';

const LATENCY_MAX = 400;
/** Explicit decisions about messages hold in a calm too; these laws are about a world that decides nothing. */
const calmRun = fc
  .tuple(aRun, aCalm)
  .map(([run, calm]): RunSpec & { readonly calm: Calm } => ({ ...run, overrides: [], calm }));

const runOfChatter = (spec: RunSpec, observers: readonly PlacedObserver[] = []): Run =>
  runOf({ ...spec, limits: { ...spec.limits, until: spec.limits.until + 100_000 } }, { ...chatter }, observers);

/** Everything from the event of the calm on. */
const inCalm = ({ trace }: Run): readonly TraceEvent[] => {
  const begun = trace.find(({ kind }) => kind === 'calm')?.event ?? Number.POSITIVE_INFINITY;
  return trace.filter(({ event }) => event >= begun);
};

describe('from the calm on', () => {
  const law = (says: string, holds: (run: Run, calm: Calm, core: ReadonlySet<string>) => void): void =>
    it(says, () => {
      fc.assert(
        fc.property(calmRun, (spec) => holds(runOfChatter(spec), spec.calm, new Set(spec.calm.core))),
        effort(60),
      );
    });

  law('no fault begins or ends', (run) => {
    expect(ofKind(inCalm(run), 'fault')).toEqual([]);
  });

  law('members of the core do not crash or pause, and all of them run', ({ simulation, trace }, calm, core) => {
    const events = inCalm({ simulation, trace });
    const halted = new Set(ofKind(events, 'halt').map(({ node }) => node));
    for (const kind of ['crash', 'pause'] as const)
      expect(ofKind(events, kind).filter(({ node }) => core.has(node))).toEqual([]);
    for (const { saved, spec } of simulation.snapshot().nodes) {
      if (!calm.core.includes(spec.id) || halted.has(spec.id)) continue;
      expect([spec.id, saved.status, saved.pauses, saved.inbox.length]).toEqual([spec.id, 'running', 0, 0]);
    }
  });

  law('what members send each other arrives in the time said, once', (run, _calm, core) => {
    const events = inCalm(run);
    const halted = new Set(ofKind(events, 'halt').map(({ node }) => node));
    const inCore = ({ from, to }: { readonly from: string; readonly to: string }): boolean =>
      core.has(from) && core.has(to) && !halted.has(to);
    expect(ofKind(events, 'drop').filter(inCore)).toEqual([]);
    expect(ofKind(events, 'duplicate').filter(inCore)).toEqual([]);
    const { nodes, messages } = run.simulation.snapshot();
    const held = messages.held.map(({ from, node }) => [nodes[from]?.spec.id ?? '', nodes[node]?.spec.id ?? '']);
    if (events.length > 0) expect(held.filter(([from = '', to = '']) => core.has(from) && core.has(to))).toEqual([]);
    const calmAt = events[0]?.at ?? 0;
    for (const { from, node, at, sentAt } of ofKind(events, 'deliver')) {
      if (!core.has(from) || !core.has(node)) continue;
      // A node that waits for its disk takes messages when it is done.
      expect(at - Math.max(sentAt, calmAt)).toBeLessThanOrEqual(LATENCY_MAX + 10_000);
    }
  });

  law('nothing crosses the border of the core but what it is to hear', (run, { hearsOthers = false }, core) => {
    const begunAt = inCalm(run)[0]?.at ?? Number.POSITIVE_INFINITY;
    for (const { from, node, sentAt } of ofKind(inCalm(run), 'deliver')) {
      // What was sent before may have arrived before, and wait in the inbox of a node that was busy.
      if (sentAt <= begunAt || core.has(from) === core.has(node)) continue;
      expect([hearsOthers, core.has(node)]).toEqual([true, true]);
    }
  });

  law('whoever is outside stays down or paused where it was', (run, { core }) => {
    const events = inCalm(run);
    const back = [...ofKind(events, 'boot'), ...ofKind(events, 'resume')].map(({ node }) => node);
    expect(back.filter((node) => !core.includes(node))).toEqual([]);
  });
});

describe('the calls of a calm', () => {
  it('replace what is left, and each is made until it is acknowledged', () => {
    fc.assert(
      fc.property(calmRun, (spec) => {
        const run = runOfChatter(spec);
        const begun = inCalm(run)[0]?.event ?? Number.POSITIVE_INFINITY;
        for (const client of ['c1', 'c2']) {
          const wanted = spec.calm.calls.filter((call) => call.client === client).length;
          const made = run.simulation
            .history()
            .filter(({ process, calledEvent = 0 }) => process.split('/')[0] === client && calledEvent >= begun);
          const acknowledged = made.filter(({ outcome }) => outcome === 'ok').length;
          expect(acknowledged).toBeLessThanOrEqual(wanted);
          if (wanted === 0) expect(made).toEqual([]);
          if (made.at(-1)?.outcome === 'ok' && acknowledged < wanted) {
            expect(run.simulation.statistics().operations.open).toBeGreaterThan(0);
          }
        }
      }),
      effort(60),
    );
  });

  it('are asked ever more seldom, and in the end at times of each client: who asks in step may be refused for ever', () => {
    const refuser = {
      boot: () => ({}),
      view: () => ({ role: 'client', label: '' }),
      onRequest: { ask: (_state: unknown, request: Request, context: Context<never>) => context.refuse(request, 'no') },
    };
    const calls = ['n1', 'n2'].map((client) => ({ client, op: { type: 'ask' } }));
    const constant = { kind: 'constant', value: 10 } as const;
    const calm: Calm = { at: 1_000, core: ['n1', 'n2'], latency: constant, syncLatency: constant, calls, every: 1_000 };
    const limits = { until: 200_000, eventsMax: 10_000, eventsPerInstantMax: 100, effectsPerHandlerMax: 10 };
    const { simulation } = runOf({ ...specOf({ nodes: nodes('client', 2), limits }), calm }, { client: refuser });
    const timesOf = (client: string): readonly number[] =>
      simulation.history().flatMap(({ process, calledAt }) => (process.startsWith(client) ? [calledAt as number] : []));
    const [first, second] = [timesOf('n1'), timesOf('n2')] as const;
    const steps = first.map((at, i) => at - (first[i - 1] ?? 0));
    expect(steps.slice(0, 5)).toEqual([1_000, 1_000, 2_000, 4_000, 8_000]);
    expect(second.slice(0, 5)).toEqual(first.slice(0, 5));
    for (const step of steps.slice(5)) expect([step >= 8_000, step <= 16_000]).toEqual([true, true]);
    expect(first.slice(5).filter((at) => second.includes(at))).toEqual([]);
    expect(first.length).toBeGreaterThan(12);
  });
});

describe('observers', () => {
  const spec = (): RunSpec & { readonly calm: Calm } =>
    fc.sample(
      calmRun.filter(({ calm }) => calm.at < 150_000),
      { numRuns: 1, seed: 7 },
    )[0] as RunSpec & { readonly calm: Calm };
  const watching = (looks: number[], enough: number, endsRun: boolean): PlacedObserver => ({
    path: '',
    observer: {
      name: 'looks',
      endsRun,
      start: () => null,
      calm: (_memory, world) => {
        looks.push(world.now);
        return looks.length >= enough;
      },
    },
  });

  it('look when the calm begins, and every so often from then on', () => {
    const { calm, ...rest } = spec();
    const looks: number[] = [];
    runOfChatter({ ...rest, calm }, [watching(looks, Number.POSITIVE_INFINITY, true)]);
    expect(looks.slice(0, 3)).toEqual([calm.at, calm.at + calm.every, calm.at + 2 * calm.every]);
  });

  it('end the run when they have seen enough, and only if they say so', () => {
    const { calm, ...rest } = spec();
    const ended = runOfChatter({ ...rest, calm }, [watching([], 3, true)]);
    expect(ended.simulation.now).toBe(calm.at + 2 * calm.every);
    const went = runOfChatter({ ...rest, calm }, [watching([], 3, false)]);
    expect(went.simulation.now).toBeGreaterThan(ended.simulation.now);
  });
});

describe('a run with a calm', () => {
  it('is refused where it heals nobody that there is, or calls from outside', () => {
    const { calm, ...rest } = fc.sample(calmRun, { numRuns: 1, seed: 1 })[0] as RunSpec & { readonly calm: Calm };
    const refused = (changes: Partial<Calm>): (() => Simulation) => {
      const changed = { ...calm, calls: [], ...changes };
      return () => new Simulation({ spec: { ...rest, calm: changed }, roles: { ...chatter } });
    };
    expect(refused({ core: ['n9'] })).toThrow(/calm.core: there is no such node/);
    expect(refused({ every: 0 })).toThrow(/time would not advance/);
    expect(refused({ core: ['n1'], calls: [{ client: 'c1', op: { type: 'count', key: 'a' } }] })).toThrow(
      /not in the core/,
    );
  });
});
