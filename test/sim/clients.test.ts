import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Call, RunSpec } from '../../src/sim/config.ts';
import type { Fault } from '../../src/sim/faults.ts';
import type { Operation } from '../../src/sim/history.ts';
import { defineRole, type Request, type Role } from '../../src/sim/protocol.ts';
import type { Simulation } from '../../src/sim/simulation.ts';
import { nodes, ofKind, runOf, specOf } from '../toys/kernel-spec.ts';

/** A client that carries out its own calls: after `takes`, it ends them as they ask. */
type Op = {
  readonly type: 'work';
  readonly takes?: number;
  readonly end?: 'reply' | 'refuse' | 'giveUp' | 'never';
  readonly mark?: number;
  readonly key?: string;
};
interface WorkerShape {
  readonly state: { request: Request<Op> | null; readonly ended: Request<Op>[] };
  readonly op: Op;
  readonly result: string;
  readonly timer: 'done';
  readonly admin: { readonly type: 'reply to the past' };
}
const worker: Role<WorkerShape> = defineRole<WorkerShape>({
  boot: () => ({ request: null, ended: [] }),
  onRequest: {
    work(state, request, context) {
      state.request = request;
      if (request.op.end !== 'never') context.setTimer('done', request.op.takes ?? 1_000);
    },
  },
  onTimer: {
    done(state, _key, context) {
      const request = state.request as Request<Op>;
      const { end = 'reply' } = request.op;
      state.ended.push(request);
      if (end === 'refuse') context.refuse(request as Request, 'no');
      else if (end === 'giveUp') context.giveUp(request as Request);
      else context.reply(request as Request, `done ${request.process} ${request.sequence}`);
    },
  },
  onAdmin: {
    'reply to the past'(state, _action, context) {
      for (const request of state.ended) context.reply(request as Request, 'again');
    },
  },
  view: (state) => ({ role: 'worker', label: `${state.ended.length}` }),
});

const call = (at: number, op: Partial<Op> = {}, client = 'n1'): Call => ({ at, client, op: { type: 'work', ...op } });
const run = (spec: Partial<RunSpec>): ReturnType<typeof runOf> =>
  runOf(specOf({ nodes: nodes('worker', 2), ...spec, limits: { until: 500_000 } }), { worker });
const brief = ({ process, outcome, calledAt, returnedAt }: Operation): unknown[] => [
  process,
  outcome,
  calledAt,
  returnedAt,
];

describe('a client', () => {
  it('has one call outstanding: the next is made when the last has ended', () => {
    const { simulation } = run({ calls: [call(1_000), call(1_500), call(9_000)] });
    expect(simulation.history().map(brief)).toEqual([
      ['n1', 'ok', 1_000, 2_000],
      ['n1', 'ok', 2_000, 3_000],
      ['n1', 'ok', 9_000, 10_000],
    ]);
  });

  it('makes its calls in order of time, however they are listed', () => {
    const { simulation } = run({ calls: [call(9_000, { mark: 2 }), call(1_000, { mark: 1 })] });
    expect(simulation.history().map(({ input }) => (input as Op).mark)).toEqual([1, 2]);
  });

  it('counts its requests, and is retired when an outcome is unknown', () => {
    const { simulation } = run({
      calls: [call(1), call(2), call(3, { end: 'giveUp' }), call(4), call(5, { end: 'refuse' }), call(6)],
    });
    expect(simulation.history().map(({ process, outcome, output }) => [process, outcome, output])).toEqual([
      ['n1', 'ok', 'done n1 1'],
      ['n1', 'ok', 'done n1 2'],
      ['n1', 'unknown', undefined],
      ['n1/2', 'ok', 'done n1/2 1'],
      ['n1/2', 'fail', undefined],
      ['n1/2', 'ok', 'done n1/2 3'],
    ]);
  });

  it('that crashes leaves its call unknown and comes back as another process', () => {
    const { simulation } = run({
      calls: [call(1_000, { takes: 50_000 }), call(2_000)],
      faults: [{ kind: 'crash', node: 'n1', at: 5_000, for: 5_000 }],
    });
    expect(simulation.history().map(brief)).toEqual([
      ['n1', 'unknown', 1_000, 5_000],
      ['n1/2', 'ok', 10_000, 11_000],
    ]);
    expect(simulation.history()[0]?.returned).toBe(Number.POSITIVE_INFINITY);
  });

  it('that crashes while it is idle keeps its name', () => {
    const { simulation } = run({
      calls: [call(1_000), call(20_000)],
      faults: [{ kind: 'crash', node: 'n1', at: 5_000, for: 5_000 }],
    });
    expect(simulation.history().map(({ process, output }) => [process, output])).toEqual([
      ['n1', 'done n1 1'],
      ['n1', 'done n1 2'],
    ]);
  });

  it('may be paused: its calls wait for it', () => {
    const { simulation } = run({
      calls: [call(6_000), call(7_000)],
      faults: [{ kind: 'pause', node: 'n1', at: 5_000, for: 5_000 }],
    });
    expect(simulation.history().map(brief)).toEqual([
      ['n1', 'ok', 10_000, 11_000],
      ['n1', 'ok', 11_000, 12_000],
    ]);
  });

  it('ends a call once: later answers change nothing', () => {
    const { simulation, trace } = run({
      calls: [call(1_000, { end: 'giveUp' }), call(3_000), call(5_000, { end: 'never' })],
      faults: [{ kind: 'admin', node: 'n1', at: 8_000, action: { type: 'reply to the past' } }],
    });
    expect(simulation.history().map(({ outcome }) => outcome)).toEqual(['unknown', 'ok', 'unknown']);
    expect(ofKind(trace, 'return')).toHaveLength(2);
  });

  it('never comes back after a crash for good: its call is unknown and its other calls are not made', () => {
    const { simulation } = run({
      calls: [call(1_000, { takes: 50_000 }), call(2_000)],
      faults: [{ kind: 'crash', node: 'n1', at: 5_000 }],
    });
    expect(simulation.history().map(brief)).toEqual([['n1', 'unknown', 1_000, 5_000]]);
    expect(simulation.failure).toBeUndefined();
  });
});

describe('a history', () => {
  it('numbers calls and returns through, each after the one before', () => {
    const anOp = fc.record({
      takes: fc.nat(9_000),
      end: fc.constantFrom('reply', 'refuse', 'giveUp', 'never'),
    });
    const someCalls = fc.array(
      fc
        .tuple(fc.nat(90_000), anOp, fc.constantFrom('n1', 'n2'))
        .map(([at, op, client]) => call(at, op as Partial<Op>, client)),
      { maxLength: 12 },
    );
    const someCrashes = fc.array(fc.tuple(fc.nat(90_000), fc.constantFrom('n1', 'n2')), { maxLength: 3 });
    fc.assert(
      fc.property(someCalls, someCrashes, (calls, crashes) => {
        const faults = crashes.map(([at, node]): Fault => ({ kind: 'crash', node, at, for: 3_000 }));
        const { simulation } = run({ calls, faults });
        const history = simulation.history();
        const places = history.flatMap(({ called, returned }) => [
          called,
          ...(returned === Number.POSITIVE_INFINITY ? [] : [returned]),
        ]);
        expect(new Set(places).size).toBe(places.length);
        for (const one of history) {
          expect(one.called).toBeLessThan(one.returned);
          expect(one.returned === Number.POSITIVE_INFINITY).toBe(one.outcome === 'unknown');
          expect(one.output === undefined).toBe(one.outcome !== 'ok');
        }
        // True time and the history agree about what came before what.
        for (const one of history)
          for (const other of history)
            if ((one.returnedAt ?? Number.POSITIVE_INFINITY) < (other.calledAt as number) && one.outcome !== 'unknown')
              expect(one.returned).toBeLessThan(other.called);
        // One outstanding per process, none after an unknown outcome.
        for (const process of new Set(history.map((one) => one.process))) {
          const own = history.filter((one) => one.process === process);
          own.forEach((one, i) => {
            if (i > 0) expect(own[i - 1]?.returned).toBeLessThan(one.called);
          });
          expect(own.slice(0, -1).every(({ outcome }) => outcome !== 'unknown')).toBe(true);
        }
        const { ok, fail, unknown, open } = simulation.statistics().operations;
        expect(ok + fail + unknown + open).toBe(history.length);
        expect(open).toBe(
          history.filter(({ outcome, returnedAt }) => outcome === 'unknown' && returnedAt === undefined).length,
        );
      }),
      { numRuns: 60 },
    );
  });

  it('tells the events of call and return, which are those of the trace', () => {
    const { simulation, trace } = run({ calls: [call(1_000), call(3_000, {}, 'n2')] });
    expect(simulation.history().map(({ calledEvent }) => calledEvent)).toEqual(
      ofKind(trace, 'call').map(({ event }) => event),
    );
    expect(simulation.history().map(({ returnedEvent }) => returnedEvent)).toEqual(
      ofKind(trace, 'return').map(({ event }) => event),
    );
  });
});

describe('a run in which nothing is left to happen', () => {
  it('is stalled while a call is outstanding, and says which', () => {
    const { simulation } = run({ calls: [call(1_000, { end: 'never', mark: 7 })] });
    expect(simulation.failure).toMatchObject({ kind: 'stalled', at: 1_000 });
    expect(simulation.failure?.sentence).toBe(
      'nothing is left to happen, but operations are outstanding: n1 {"type":"work","end":"never","mark":7}. Does the client retry, or give up?',
    );
  });

  it('is over otherwise, before its time', () => {
    const { simulation } = run({ calls: [call(1_000)] });
    expect(simulation.failure).toBeUndefined();
    expect(simulation.now).toBe(2_000);
  });

  it('is not stalled when its time is up', () => {
    const { simulation } = run({
      calls: [call(1_000, { end: 'never' })],
      faults: [{ kind: 'clock-step', node: 'n1', at: 499_999_999, by: 1 }],
    });
    expect(simulation.failure).toBeUndefined();
    expect(simulation.statistics().operations).toMatchObject({ open: 1, unknown: 0 });
  });
});

describe('a workload drawn from a stream', () => {
  const workload: RunSpec['workload'] = {
    operations: [
      { type: 'work', weight: 3, arguments: { key: { kind: 'key', count: 4 }, mark: { kind: 'unique' } } },
      {
        type: 'work',
        weight: 1,
        arguments: { takes: { kind: 'integer', min: 10, max: 20 }, key: { kind: 'choice', of: ['chosen'] } },
      },
    ],
    clients: ['n1', 'n2'],
    interval: 1_000,
    start: 10_000,
    end: 400_000,
  };
  const streamed = (faults: readonly Fault[] = [], seed = 'stream'): Simulation =>
    run({ seed, workload, faults }).simulation;
  const inputs = (simulation: Simulation, client: string): Op[] =>
    simulation
      .history()
      .filter(({ process }) => process.split('/')[0] === client)
      .map(({ input }) => input as Op);

  it('draws kinds by weight and arguments by their specification', () => {
    const all = ['n1', 'n2'].flatMap((client) => inputs(streamed(), client));
    const chosen = all.filter(({ key }) => key === 'chosen');
    expect(chosen.length / all.length).toBeGreaterThan(0.19);
    expect(chosen.length / all.length).toBeLessThan(0.31);
    expect(chosen.every(({ takes = 0 }) => takes >= 10 && takes <= 20)).toBe(true);
    expect(new Set(all.map(({ key }) => key))).toEqual(new Set(['k1', 'k2', 'k3', 'k4', 'chosen']));
  });

  it('never draws a unique argument twice', () => {
    const marks = ['n1', 'n2'].flatMap((client) => inputs(streamed(), client)).flatMap(({ mark }) => mark ?? []);
    expect(marks.length).toBeGreaterThan(300);
    expect(new Set(marks).size).toBe(marks.length);
  });

  it('keeps its pace, from its start to its end', () => {
    const calm = run({
      workload: {
        ...workload,
        operations: [{ type: 'work', arguments: { takes: { kind: 'integer', min: 0, max: 0 } } }],
      },
    }).simulation.history();
    const times = calm.map(({ calledAt }) => calledAt as number);
    expect(Math.min(...times)).toBe(10_000);
    expect(Math.max(...times)).toBeLessThan(400_000);
    expect(calm.length).toBeGreaterThan(2 * 390 * 0.9);
    expect(calm.length).toBeLessThan(2 * 390 * 1.1);
  });

  it('asks of each client the same, whatever happens to the others', () => {
    const quiet = streamed();
    const troubled = streamed([
      { kind: 'pause', node: 'n2', at: 50_000, for: 100_000 },
      { kind: 'crash', node: 'n2', at: 200_000, for: 50_000 },
    ]);
    expect(inputs(troubled, 'n1')).toEqual(inputs(quiet, 'n1'));
    // It catches up, and asks what it would have asked, later.
    expect(inputs(troubled, 'n2')).toEqual(inputs(quiet, 'n2'));
    const lateness = (simulation: Simulation): number =>
      simulation.history().reduce((sum, { calledAt }) => sum + (calledAt as number), 0);
    expect(lateness(troubled)).toBeGreaterThan(lateness(quiet));
  });

  it('is another one with another seed', () => {
    expect(inputs(streamed([], 'other'), 'n1')).not.toEqual(inputs(streamed(), 'n1'));
  });

  it('asks of two clients different things', () => {
    const keys = (client: string): unknown[] => inputs(streamed(), client).map(({ key, takes }) => [key, takes]);
    expect(keys('n1').slice(0, 20)).not.toEqual(keys('n2').slice(0, 20));
  });

  it('comes after the calls that are listed', () => {
    const { simulation } = run({ workload, calls: [call(20_000, { mark: -1 }), call(21_000, { mark: -2 })] });
    expect(
      inputs(simulation, 'n1')
        .slice(0, 2)
        .map(({ mark }) => mark),
    ).toEqual([-1, -2]);
    expect(inputs(simulation, 'n1').length).toBeGreaterThan(100);
  });
});
