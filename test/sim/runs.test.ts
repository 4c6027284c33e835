import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { faultKinds } from '../../src/scenario/fault-schema.ts';
import type { RunSpec } from '../../src/sim/config.ts';
import type { Fault } from '../../src/sim/faults.ts';
import type { PlacedObserver } from '../../src/sim/observer.ts';
import { Simulation } from '../../src/sim/simulation.ts';
import type { Snapshot } from '../../src/sim/snapshot.ts';
import type { TraceEvent } from '../../src/sim/trace.ts';
import { type ActorState, actor, type Step, tell } from '../toys/kernel-actor.ts';
import { aRun, effort } from '../toys/kernel-arbitraries.ts';
import { chatter } from '../toys/kernel-chatter.ts';
import { nodes, specOf, stateOf } from '../toys/kernel-spec.ts';

/** A property that remembers: sums up what it sees, in every kind of memory there is. */
const rememberer = (path: string): PlacedObserver => ({
  path,
  observer: {
    name: `memory of ${path}`,
    start: () => ({
      sends: new Map<string, number>(),
      nodes: new Set<number>(),
      steps: new Int32Array(8),
      last: { event: 0 },
    }),
    send(memory, from, to, _message, world) {
      memory.sends.set(`${from}>${to}`, (memory.sends.get(`${from}>${to}`) ?? 0) + 1);
      memory.last.event = world.event;
      return undefined;
    },
    step(memory, node) {
      memory.steps[node]++;
      memory.nodes.add(node);
      return undefined;
    },
    note: (memory, _node, text) => text === 'full' && memory.steps[0] > 5,
  },
});
const observers = [rememberer(''), rememberer('tally'), rememberer('tally/counter')];

/** All that can be seen of a run. */
interface Seen {
  readonly digest: string;
  readonly stateHash: string;
  readonly event: number;
  readonly now: number;
  readonly history: unknown;
  readonly statistics: unknown;
  readonly memories: unknown;
  readonly failure: unknown;
}
const seenOf = (simulation: Simulation): Seen => ({
  digest: simulation.digest(),
  stateHash: simulation.stateHash(),
  event: simulation.event,
  now: simulation.now,
  history: structuredClone(simulation.history()),
  statistics: simulation.statistics(),
  memories: structuredClone(simulation.watches.map(({ memory, reachedAt }) => [memory, reachedAt])),
  failure: simulation.failure,
});

function start(spec: RunSpec, trace?: TraceEvent[], strict = false): Simulation {
  const sink = trace === undefined ? {} : { sink: (event: TraceEvent) => void trace.push(event) };
  return new Simulation({ spec, roles: chatter, observers, strict, ...sink });
}
function runToEnd(spec: RunSpec, strict = false): { seen: Seen; trace: TraceEvent[] } {
  const trace: TraceEvent[] = [];
  const simulation = start(spec, trace, strict);
  simulation.run();
  return { seen: seenOf(simulation), trace };
}

describe('a run', () => {
  it('of the same plan is the same run, bit for bit', () => {
    fc.assert(
      fc.property(aRun, (spec) => {
        expect(runToEnd(structuredClone(spec))).toEqual(runToEnd(spec));
      }),
      effort(25),
    );
  });

  it('uses everything there is: otherwise these laws would prove little', () => {
    const faults = new Set<string>();
    const kinds = new Set<string>();
    let failures = 0;
    for (const spec of fc.sample(aRun, { numRuns: 150, seed: 7 })) {
      const { seen, trace } = runToEnd(spec);
      if (seen.failure !== undefined) failures++;
      for (const event of trace) {
        kinds.add(
          event.kind === 'return'
            ? `return ${event.outcome}`
            : event.kind === 'drop'
              ? `drop ${event.reason}`
              : event.kind,
        );
        if (event.kind === 'fault') faults.add(`${event.fault.kind} ${event.phase}`);
      }
    }
    expect([...faults].filter((fault) => fault.endsWith('start')).sort()).toHaveLength(faultKinds.length);
    expect([...faults].filter((fault) => fault.endsWith('end')).length).toBeGreaterThanOrEqual(16);
    expect([...faults].filter((fault) => fault.endsWith('step')).sort()).toEqual(
      ['clock-drift', 'crash-loop', 'swizzle-clog'].map((kind) => `${kind} step`),
    );
    const expected = [
      ...[
        'admin',
        'boot',
        'call',
        'cancel-timer',
        'crash',
        'deliver',
        'disk-error',
        'drop cut',
        'drop dead',
        'drop filtered',
        'drop loss',
        'drop overflow',
        'drop override',
      ],
      ...[
        'duplicate',
        'fault',
        'halt',
        'note',
        'pause',
        'resume',
        'return fail',
        'return ok',
        'return unknown',
        'send',
      ],
      ...['set-timer', 'sync', 'synced', 'timer', 'view', 'write'],
    ];
    expect([...kinds].sort()).toEqual(expected);
    expect(failures).toBe(0);
  });

  it('is the same with and without a trace, and in strict mode', () => {
    fc.assert(
      fc.property(aRun, (spec) => {
        const quiet = start(spec);
        quiet.run();
        const { seen, trace } = runToEnd(spec);
        const strict = runToEnd(spec, true);
        expect(seenOf(quiet)).toEqual(seen);
        expect(strict.seen).toEqual(seen);
        expect(strict.trace).toEqual(trace);
      }),
      effort(20),
    );
  });

  it('is the same step by step, each step an event or a few', () => {
    fc.assert(
      fc.property(aRun, (spec) => {
        const simulation = start(spec);
        let last = simulation.event;
        let time = 0;
        while (simulation.step()) {
          expect(simulation.event).toBeGreaterThanOrEqual(last);
          expect(simulation.now).toBeGreaterThanOrEqual(time);
          last = simulation.event;
          time = simulation.now;
        }
        expect(seenOf(simulation)).toEqual(runToEnd(spec).seen);
      }),
      effort(20),
    );
  });

  it('is another one with another seed', () => {
    fc.assert(
      fc.property(aRun, (spec) => {
        const digests = ['a', 'b', 'c'].map((seed) => runToEnd({ ...spec, seed }).seen.digest);
        expect(new Set(digests).size).toBe(3);
      }),
      effort(6),
    );
  });

  it('tells causes that came before, and numbers events upwards', () => {
    fc.assert(
      fc.property(aRun, (spec) => {
        let last = 0;
        for (const event of runToEnd(spec).trace) {
          expect(event.event).toBeGreaterThanOrEqual(last);
          if (event.cause !== undefined) expect(event.cause).toBeLessThanOrEqual(event.event);
          last = event.event;
        }
      }),
      effort(25),
    );
  });
});

describe('a snapshot', () => {
  /** Snapshots before each step, with what had been traced by then. */
  function snapshots(spec: RunSpec): {
    taken: { snapshot: Snapshot; traced: number }[];
    trace: TraceEvent[];
    seen: Seen;
    simulation: Simulation;
  } {
    const trace: TraceEvent[] = [];
    const simulation = start(spec, trace);
    const taken: { snapshot: Snapshot; traced: number }[] = [];
    do taken.push({ snapshot: simulation.snapshot(), traced: trace.length });
    while (simulation.step());
    return { taken, trace, seen: seenOf(simulation), simulation };
  }

  it('restored in another simulation goes on to the same end, from wherever it was taken', () => {
    fc.assert(
      fc.property(aRun, (spec) => {
        const { taken, trace, seen } = snapshots(spec);
        for (let i = 0; i < taken.length; i += 1 + Math.floor(taken.length / 12)) {
          const { snapshot, traced } = taken[i] as (typeof taken)[number];
          const rest: TraceEvent[] = [];
          const other = start(spec, rest);
          rest.length = 0;
          other.restore(snapshot);
          other.run();
          expect(seenOf(other)).toEqual(seen);
          expect(rest).toEqual(trace.slice(traced));
        }
      }),
      effort(8),
    );
  });

  it('restored in the simulation it came from, in any order and more than once, does so too', () => {
    fc.assert(
      fc.property(aRun, fc.array(fc.nat(), { minLength: 4, maxLength: 8 }), (spec, places) => {
        const { taken, seen, simulation } = snapshots(spec);
        for (const place of places) {
          simulation.restore((taken[place % taken.length] as (typeof taken)[number]).snapshot);
          simulation.run();
          expect(seenOf(simulation)).toEqual(seen);
        }
      }),
      effort(12),
    );
  });

  it('does not change while the run goes on, nor when a copy of it does', () => {
    fc.assert(
      fc.property(aRun, fc.nat(), (spec, place) => {
        const simulation = start(spec);
        for (let i = 0; i < place % 300 && simulation.step(); i++);
        const snapshot = simulation.snapshot();
        const before = structuredClone(snapshot);
        simulation.run();
        const other = start(spec);
        other.restore(snapshot);
        other.run();
        expect(structuredClone(snapshot)).toEqual(before);
      }),
      effort(15),
    );
  });

  it('taken and never used disturbs nothing', () => {
    fc.assert(
      fc.property(aRun, (spec) => {
        const { seen } = snapshots(spec);
        expect(seen).toEqual(runToEnd(spec).seen);
      }),
      effort(8),
    );
  });

  it('works in strict mode, where data is frozen and shared', () => {
    fc.assert(
      fc.property(aRun, fc.nat(), (spec, place) => {
        const simulation = start(spec, undefined, true);
        for (let i = 0; i < place % 300 && simulation.step(); i++);
        const snapshot = simulation.snapshot();
        simulation.run();
        const other = start(spec, undefined, true);
        other.restore(snapshot);
        other.run();
        expect(seenOf(other)).toEqual(seenOf(simulation));
      }),
      effort(12),
    );
  });
});

describe('the scheduler seam', () => {
  it('in order of time is the run itself', () => {
    fc.assert(
      fc.property(aRun, (spec) => {
        const { seen } = runToEnd(spec);
        const simulation = start(spec);
        for (;;) {
          const next = simulation.pending().find(({ kind }) => kind !== 'drop');
          if (next === undefined || next.due > spec.limits.until) break;
          simulation.perform(next);
        }
        simulation.run();
        expect(seenOf(simulation)).toEqual(seen);
      }),
      effort(20),
    );
  });

  it('lists actions with ids of their own, each of which can be performed, whatever the choices before', () => {
    fc.assert(
      fc.property(aRun, fc.infiniteStream(fc.nat()), (spec, choices) => {
        const simulation = start(spec);
        for (let i = 0; i < 150; i++) {
          const actions = simulation.pending();
          if (actions.length === 0) break;
          expect(new Set(actions.map(({ id }) => id)).size).toBe(actions.length);
          const { value } = choices.next();
          const { id } = actions[(value as number) % actions.length] as (typeof actions)[number];
          const { event, now } = simulation;
          simulation.perform(id);
          expect(simulation.now).toBeGreaterThanOrEqual(now);
          expect(
            simulation
              .pending()
              .some((action) => action.id === id && action.kind !== 'timer' && action.kind !== 'call'),
          ).toBe(false);
          // Nothing is listed that is only a leftover: these kinds always do something.
          if (/^(drop|fault|fault-end|restart|resume):/.test(id)) expect(simulation.event, id).toBeGreaterThan(event);
          else expect(simulation.event).toBeGreaterThanOrEqual(event);
          expect(simulation.failure).toBeUndefined();
        }
        const left = simulation.snapshot();
        for (const { id } of simulation.pending()) {
          simulation.restore(left);
          simulation.perform(id);
        }
        simulation.run();
      }),
      effort(15),
    );
  });

  it('performs the same choices to the same end, also from a snapshot in the middle', () => {
    fc.assert(
      fc.property(aRun, fc.array(fc.nat(), { minLength: 60, maxLength: 60 }), (spec, choices) => {
        const choose = (simulation: Simulation, from: number, to: number): void => {
          for (const choice of choices.slice(from, to)) {
            const actions = simulation.pending();
            if (actions.length > 0)
              simulation.perform((actions[choice % actions.length] as (typeof actions)[number]).id);
          }
        };
        const one = start(spec);
        choose(one, 0, 30);
        const middle = one.snapshot();
        choose(one, 30, 60);
        const other = start(spec);
        other.restore(middle);
        choose(other, 30, 60);
        one.run();
        other.run();
        expect(seenOf(other)).toEqual(seenOf(one));
      }),
      effort(20),
    );
  });

  it('makes things happen early, at the present time, and the rest goes on as it was', () => {
    const steps: Step[] = [
      { do: 'timer', delay: 50_000, key: 'k' },
      { do: 'put', record: 'r', value: 1 },
      { do: 'sync-later', data: 1 },
      { do: 'send', to: 'n1', text: 'x' },
      { do: 'send', to: 'n1', text: 'y' },
    ];
    const spec = specOf({ nodes: nodes('actor', 2), faults: [tell('n1', 1_000, ...steps)] });
    const simulation = new Simulation({ spec, roles: { actor } });
    simulation.perform('fault:0');
    expect(simulation.pending().map(({ id, due }) => `${id} ${due}`)).toEqual([
      'sync:n1#2 1500',
      'deliver:m1 2000',
      'drop:m1 2000',
      'deliver:m2 2000',
      'drop:m2 2000',
      'timer:n1/alarm/k 51000',
    ]);
    for (const id of ['timer:n1/alarm/k', 'deliver:m2', 'drop:m1', 'sync:n1#2']) simulation.perform(id);
    expect(simulation.pending()).toEqual([]);
    expect(stateOf<ActorState>(simulation, 'n1')?.seen).toEqual(['alarm/k at 1000', 'n1: y', 'synced 1 ok']);
    expect(simulation.now).toBe(1_500);
  });

  it('lists inboxes in the order in which their nodes became free', () => {
    const pause = (node: string, at: number): Fault => ({ kind: 'pause', node, at, for: 50_000 - at });
    const talk = ['n1', 'n2'].map((to) => tell('n3', 20_000, { do: 'send', to, text: 'x' }));
    const spec = specOf({
      nodes: nodes('actor', 3),
      faults: [pause('n2', 10_000), pause('n1', 11_000), ...talk],
    });
    const simulation = new Simulation({ spec, roles: { actor } });
    while ((simulation.pending()[0]?.due ?? 0) < 50_000) simulation.step();
    simulation.perform('resume:n2/0');
    simulation.perform('resume:n1/1');
    const listed = simulation.pending().filter(({ kind }) => kind === 'deliver');
    expect(listed.map(({ node, due }) => `${node} ${due}`)).toEqual(['n2 50000', 'n1 50000']);
  });

  it('refuses what is not pending, and says what is', () => {
    const [spec] = fc.sample(aRun, { numRuns: 1, seed: 3 }) as [RunSpec];
    const simulation = start(spec);
    expect(() => simulation.perform('deliver:m999')).toThrow(
      '"deliver:m999" is not pending; pending are, for example: ',
    );
    simulation.run();
    expect(simulation.pending()).toEqual([]);
    expect(() => simulation.perform('call:c1')).toThrow('pending are, for example: nothing');
  });
});

describe('a fault', () => {
  it('that never fired leaves no trace: without it the run is the same', () => {
    const never: Fault[] = [
      { kind: 'crash', node: 'n1', when: { note: 'never noted' } },
      { kind: 'partition', groups: [['n1'], ['n2']], at: 10_000_000 },
      { kind: 'pause', node: 'n2', when: { message: 'gossip', nth: 1_000_000 }, for: 5, effect: 2 },
      { kind: 'clog', from: ['n1'], to: ['n2'], when: { timer: 'nothing' } },
    ];
    fc.assert(
      fc.property(aRun, fc.subarray(never, { minLength: 1 }), fc.nat(), (spec, idle, place) => {
        const at = place % (spec.faults.length + 1);
        const more = { ...spec, faults: [...spec.faults.slice(0, at), ...idle, ...spec.faults.slice(at)] };
        const { stateHash: _, ...without } = runToEnd(spec).seen;
        const { stateHash: __, ...withMore } = runToEnd(more).seen;
        expect(withMore).toEqual(without);
      }),
      effort(30),
    );
  });
});
