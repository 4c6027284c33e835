/** Who is told of a failed sync: everybody, before anything is promised over the hole that it has left. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SimDisk } from '../../src/sim/disk.ts';
import type { Fault } from '../../src/sim/faults.ts';
import type { Observer } from '../../src/sim/observer.ts';
import { type Component, defineRole } from '../../src/sim/protocol.ts';
import { Simulation } from '../../src/sim/simulation.ts';
import { type ActorState, actor, type Step, tell } from '../toys/kernel-actor.ts';
import { effort } from '../toys/kernel-arbitraries.ts';
import { nodes, ofKind, runOf, specOf, stateOf } from '../toys/kernel-spec.ts';

const put = (record: string): Step => ({ do: 'put', record, value: 1 });
const sync: Step = { do: 'sync' };
const later = (data: string): Step => ({ do: 'sync-later', data });
const note = (text: string): Step => ({ do: 'note', text });
const look = (record: string): Step => ({ do: 'look', record });
const failNext = (at: number): Fault => ({ kind: 'sync-error', node: 'n1', at });

const specWith = (faults: readonly Fault[]): ReturnType<typeof specOf> =>
  specOf({ nodes: nodes('actor', 2), faults, limits: { until: 1_000_000 } });
const run = (faults: readonly Fault[]): ReturnType<typeof runOf> => runOf(specWith(faults), { actor }, [], true);
const seen = (faults: readonly Fault[]): readonly string[] =>
  stateOf<ActorState>(run(faults).simulation, 'n1')?.seen ?? [];
const notes = (faults: readonly Fault[]): readonly string[] =>
  ofKind(run(faults).trace, 'note').map(({ text }) => text);

describe('a sync that fails', () => {
  it('takes a barrier along that is under way: nobody has told the role yet', () => {
    const faults = [
      failNext(5_000),
      tell('n1', 10_000, put('a'), later('a')),
      tell('n1', 10_100, put('b'), sync, note('a and b are durable')),
    ];
    expect(seen(faults)).toEqual(['disk error: sync', 'synced "a" sync']);
    expect(notes(faults)).toEqual(['refuses']);
  });

  it.each([
    ['with something to write', [put('b'), sync, note('durable')]],
    ['with nothing to write', [sync, note('durable')]],
  ] as const)('fails a barrier %s that begins before the role has heard of it', (_, steps) => {
    // The node is paused while the sync fails, and hears from the other before it hears from its disk.
    const faults: Fault[] = [
      failNext(5_000),
      tell('n1', 10_000, put('a'), later('a')),
      { kind: 'pause', node: 'n1', at: 10_100, for: 5_000 },
      tell('n2', 9_200, { do: 'tell', to: 'n1', steps }),
    ];
    expect(ofKind(run(faults).trace, 'deliver').map(({ at }) => at)).toEqual([15_100]);
    expect(seen(faults)).toEqual(['disk error: sync', 'synced "a" sync']);
    expect(notes(faults)).toEqual(['refuses']);
  });

  it('takes asynchronous ones along, too, though what they alone covered is on disk', () => {
    const faults = [
      failNext(5_000),
      tell('n1', 10_000, put('a'), later('a'), put('b'), later('b')),
      tell('n1', 10_400, put('c'), later('c')),
      tell('n1', 20_000, put('d'), later('d')),
      { kind: 'crash', node: 'n1', at: 30_000, for: 100 } as const,
      tell('n1', 40_000, look('a'), look('b'), look('c'), look('d')),
    ];
    expect(seen(faults)).toEqual(['a is null', 'b is 1', 'c is 1', 'd is 1']);
    expect(seen(faults.slice(0, 4))).toEqual([
      'synced "a" sync',
      'synced "b" sync',
      'synced "c" sync',
      'synced "d" ok',
    ]);
  });

  it('is told once to those who begin afterwards: what they write is theirs to promise', () => {
    const faults = [
      failNext(5_000),
      tell('n1', 10_000, put('a'), sync, note('never')),
      tell('n1', 20_000, sync, note('nothing new')),
      tell('n1', 30_000, put('b'), sync, note('b')),
    ];
    expect(notes(faults)).toEqual(['refuses', 'nothing new', 'b']);
  });

  it('is told once more where a second one fails before the first is told', () => {
    const faults: Fault[] = [
      failNext(5_000),
      tell('n1', 10_000, put('a'), later('a')),
      failNext(10_100),
      tell('n1', 10_200, put('b'), later('b')),
      // Both have failed when the pause ends; only the first is known when the barrier begins.
      { kind: 'pause', node: 'n1', at: 10_300, for: 5_000 },
      tell('n2', 9_700, { do: 'tell', to: 'n1', steps: [sync, note('barrier')] }),
    ];
    expect(seen(faults)).toEqual(['synced "a" sync', 'disk error: sync', 'synced "b" sync']);
    expect(notes(faults)).toEqual(['refuses']);
  });

  it('is forgotten by a crash: the next process finds what is on disk', () => {
    const faults: Fault[] = [
      failNext(5_000),
      tell('n1', 10_000, put('a'), later('a')),
      { kind: 'pause', node: 'n1', at: 10_100, for: 5_000 },
      { kind: 'crash', node: 'n1', at: 11_000, for: 100 },
      tell('n1', 20_000, put('b'), sync, note('b'), look('a')),
    ];
    expect(notes(faults)).toEqual(['b']);
    expect(seen(faults)).toEqual(['a is null']);
  });

  it('is part of snapshots and of the state hash', () => {
    const open = (faults: readonly Fault[]): Simulation =>
      new Simulation({ spec: specWith(faults), roles: { actor }, strict: true });
    const faults: Fault[] = [
      failNext(5_000),
      tell('n1', 10_000, put('a'), later('a')),
      { kind: 'pause', node: 'n1', at: 10_100, for: 5_000 },
      tell('n1', 16_000, sync, { do: 'remember', text: 'barrier' }),
      tell('n2', 9_200, { do: 'tell', to: 'n1', steps: [sync, note('too early')] }),
    ];
    for (const time of [10_400, 11_000, 15_900]) {
      const simulation = open(faults);
      while (simulation.now < time) simulation.step();
      const other = open(faults);
      other.restore(simulation.snapshot());
      expect(other.stateHash()).toBe(simulation.stateHash());
      simulation.run();
      other.run();
      expect(other.digest()).toBe(simulation.digest());
      expect(stateOf<ActorState>(other, 'n1')?.seen).toEqual(['disk error: sync', 'synced "a" sync', 'barrier']);
    }
  });
});

describe('the contents of a disk', () => {
  it('tell who has been told', () => {
    const disk = new SimDisk();
    disk.failing = 1;
    disk.write({ area: '', kind: 'put', target: 'a', value: 1 });
    disk.begin(1, 0, 1, false, 0, '', undefined);
    const failed = disk.finish(1);
    const untold = disk.contents();
    disk.tell(0, failed?.known ?? 0);
    expect(disk.contents()).not.toEqual(untold);
    expect([disk.isIdleFor(0), disk.isIdleFor(1)]).toEqual([true, false]);
  });
});

describe('a host and its component', () => {
  /** The lower one syncs; the upper one finds that its own writes went with it. */
  interface Upper {
    readonly state: { readonly seen: string[] };
    readonly components: 'below';
    readonly records: { readonly upper: number };
    readonly admin:
      | { readonly type: 'write' }
      | { readonly type: 'ask'; readonly sync: boolean }
      | { readonly type: 'sync' };
  }
  interface Lower {
    readonly state: { readonly seen: string[] };
    readonly records: { readonly lower: number };
    readonly op: { readonly type: 'keep' };
    readonly sync: 'kept';
  }
  const lower = defineRole<Lower>({
    boot: () => ({ seen: [] }),
    onRequest: {
      keep(_state, _request, context) {
        context.disk.put('lower', 1);
        context.disk.syncLater('kept');
      },
    },
    onDisk: { kept: (state, outcome) => void state.seen.push(outcome.ok ? 'kept' : outcome.error) },
    view: () => ({ role: 'lower', label: '' }),
  });
  const upper = defineRole<Upper>({
    components: { below: { as: 'lower', role: lower } } as { readonly below: Component },
    boot: () => ({ seen: [] }),
    onAdmin: {
      write: (_state, _action, context) => context.disk.put('upper', 1),
      ask: (_state, _action, context) => context.ask('below', { type: 'keep' }),
      sync(_state, _action, context) {
        context.disk.sync();
        context.note('durable');
      },
    },
    onReply: { below: () => undefined },
    onDiskError: (state, error) => void state.seen.push(error),
    view: () => ({ role: 'upper', label: '' }),
  });

  it('are each told, once: a sync covers the writes of both', () => {
    const at = (time: number, type: string): Fault => ({ kind: 'admin', node: 'n1', at: time, action: { type } });
    const { simulation, trace } = runOf(
      specOf({
        nodes: nodes('upper', 1),
        faults: [
          failNext(5_000),
          at(9_000, 'write'),
          at(10_000, 'ask'),
          at(20_000, 'sync'),
          at(30_000, 'sync'),
          at(40_000, 'ask'),
        ],
      }),
      { upper },
      [],
      true,
    );
    expect(stateOf<Upper['state']>(simulation, 'n1', 0)?.seen).toEqual(['sync']);
    expect(stateOf<Lower['state']>(simulation, 'n1', 1)?.seen).toEqual(['sync', 'kept']);
    expect(ofKind(trace, 'note').map(({ at: time }) => time)).toEqual([30_000]);
  });
});

describe('a barrier that ends well', () => {
  /** At each note `barrier`: all that was written since the role was last told of a failure is durable. */
  const passed = { barriers: 0, failures: 0, afterFailure: 0 };
  const watcher: Observer = {
    name: 'barriers',
    start: () => null,
    step(_memory, node, state, world) {
      const { seen: lines } = state as ActorState;
      if (lines.at(-1) !== 'barrier') return undefined;
      const told = lines.findLastIndex((line) => line.endsWith('sync'));
      passed.barriers++;
      if (told !== -1) passed.afterFailure++;
      const written = lines.slice(told + 1).filter((line) => line.startsWith('r'));
      const missing = written.find((record) => world.diskOf(node).durableRecord(record) === undefined);
      return missing === undefined ? undefined : { sentence: `${missing} is not durable`, facts: [] };
    },
  };
  const aWork = fc.record({
    at: fc.integer({ min: 1_000, max: 30_000 }),
    writes: fc.boolean(),
    ends: fc.constantFrom('barrier', 'later', 'nothing'),
    from: fc.constantFrom('n1', 'n2'),
  });
  const aTrouble = fc.record({
    at: fc.integer({ min: 1_000, max: 30_000 }),
    kind: fc.constantFrom('sync-error', 'sync-error', 'pause', 'slow-disk', 'slow-node'),
  });

  it('leaves no hole, whatever failed, waits or is paused', () => {
    fc.assert(
      fc.property(
        fc.array(aWork, { minLength: 10, maxLength: 60 }),
        fc.array(aTrouble, { maxLength: 12 }),
        (works, troubles) => {
          const faults = [
            ...works.map(({ at, writes, ends, from }, i): Fault => {
              const steps: Step[] = writes ? [put(`r${i}`), { do: 'remember', text: `r${i}` }] : [];
              if (ends === 'later') steps.push(later(`${i}`));
              if (ends === 'barrier') steps.push(sync, { do: 'remember', text: 'barrier' });
              return from === 'n1' ? tell('n1', at, ...steps) : tell('n2', at, { do: 'tell', to: 'n1', steps });
            }),
            ...troubles.map(({ at, kind }): Fault => {
              if (kind === 'slow-disk') return { kind, node: 'n1', at, latency: 2_000, for: 5_000 };
              if (kind === 'slow-node') return { kind, node: 'n1', at, cost: 700, for: 5_000 };
              return kind === 'pause' ? { kind, node: 'n1', at, for: 2_500 } : failNext(at);
            }),
          ];
          const { simulation, trace } = runOf(specWith(faults), { actor }, [{ path: '', observer: watcher }]);
          passed.failures += ofKind(trace, 'synced').filter(({ ok }) => !ok).length;
          expect(simulation.violation).toBeUndefined();
        },
      ),
      effort(150),
    );
    expect(Math.min(...Object.values(passed)), JSON.stringify(passed)).toBeGreaterThan(100);
  });
});
