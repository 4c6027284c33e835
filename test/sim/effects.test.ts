import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fault } from '../../src/sim/faults.ts';
import type { PlacedObserver } from '../../src/sim/observer.ts';
import type { TraceEvent } from '../../src/sim/trace.ts';
import { type ActorState, actor, type Step, tell } from '../toys/kernel-actor.ts';
import { nodes, ofKind, type Run, runOf, specOf, stateOf } from '../toys/kernel-spec.ts';

const EFFECTS: readonly TraceEvent['kind'][] = ['send', 'write', 'sync', 'set-timer', 'cancel-timer', 'note', 'halt'];

/** n2 tells n1, by a message that arrives at 11 ms, to do the steps; `faults` may hang on that message. */
function told(steps: readonly Step[], faults: readonly Fault[] = [], observers: readonly PlacedObserver[] = []): Run {
  const spec = specOf({
    nodes: nodes('actor', 3),
    faults: [tell('n2', 10_000, { do: 'tell', to: 'n1', steps }), ...faults],
    limits: { until: 100_000 },
  });
  return runOf(spec, { actor }, observers);
}

/** What came of the steps at n1: one text per effect that happened. */
function happened({ trace }: Run, from = trace.findIndex(isArrival)): string[] {
  return trace
    .slice(from)
    .filter((event) => EFFECTS.includes(event.kind) && 'node' in event && event.node === 'n1')
    .map(({ event: _event, at: _at, ...rest }) => JSON.stringify(withoutIds(rest)));
}
const isArrival = (event: TraceEvent): boolean => event.kind === 'deliver' && event.node === 'n1';
/** Blocking syncs leave a trace only where there is something to wait for. */
const withoutBarriers = (texts: readonly string[]): string[] =>
  texts.filter((text) => !text.includes('"blocking":true'));
const withoutIds = (event: object): object => ({ ...event, id: undefined, cause: undefined });

const atFirstRun = { message: 'run', node: 'n1' } as const;
const crashAfter = (effect: number): Fault => ({ kind: 'crash', node: 'n1', when: atFirstRun, effect });
const pauseAfter = (effect: number): Fault => ({ kind: 'pause', node: 'n1', when: atFirstRun, effect, for: 20_000 });

const aStep = fc.oneof(
  fc.record({ do: fc.constant('send'), to: fc.constantFrom('n2', 'n3'), text: fc.constantFrom('a', 'b') }),
  fc.record({ do: fc.constant('put'), record: fc.constantFrom('r', 's'), value: fc.nat(9) }),
  fc.record({ do: fc.constant('append'), log: fc.constant('log'), entry: fc.nat(9) }),
  fc.constant({ do: 'sync' }),
  fc.record({ do: fc.constant('sync-later'), data: fc.nat(9) }),
  fc.record({ do: fc.constant('timer'), delay: fc.constantFrom(0, 70_000), key: fc.constantFrom('x', 'y') }),
  fc.record({ do: fc.constant('cancel'), key: fc.constantFrom('x', 'y') }),
  fc.record({ do: fc.constant('note'), text: fc.constantFrom('p', 'q') }),
) as fc.Arbitrary<Step>;
const someSteps = fc.array(aStep, { minLength: 1, maxLength: 8 });

const allKinds: readonly Step[] = [
  { do: 'send', to: 'n2', text: 'first' },
  { do: 'put', record: 'vote', value: 'n2' },
  { do: 'append', log: 'log', entry: 'e1' },
  { do: 'sync' },
  { do: 'timer', delay: 5_000 },
  { do: 'note', text: 'voted' },
  { do: 'send', to: 'n3', text: 'second' },
  { do: 'sync-later', data: 7 },
  { do: 'cancel' },
];

describe('effects', () => {
  it('happen in the order in which the handler recorded them', () => {
    const run = told(allKinds);
    expect(happened(run).map((text) => JSON.parse(text).kind)).toEqual([
      'send',
      'write',
      'write',
      'sync',
      'set-timer',
      'note',
      'send',
      'sync',
      'cancel-timer',
    ]);
  });

  it('share the ordinal of their event, until the node has to wait for its disk', () => {
    const run = told(allKinds);
    const { event } = ofKind(run.trace, 'deliver').find(({ node }) => node === 'n1') as TraceEvent;
    const synced = ofKind(run.trace, 'synced').find(({ blocking }) => blocking) as TraceEvent;
    const events = run.trace
      .filter((e) => EFFECTS.includes(e.kind) && 'node' in e && e.node === 'n1')
      .map((e) => e.event);
    expect(events).toEqual([event, event, event, event, ...Array(5).fill(synced.event)]);
  });

  it('of which a crash after the k-th leaves exactly the first k', () => {
    fc.assert(
      fc.property(someSteps, (steps) => {
        for (let k = 0; k <= steps.length; k++) {
          const crashed = told(steps, [crashAfter(k)]);
          expect(happened(crashed)).toEqual(happened(told(steps.slice(0, k))));
          expect(ofKind(crashed.trace, 'crash')).toHaveLength(1);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('of which a crash says how many were lost', () => {
    for (let k = 0; k <= allKinds.length; k++) {
      const [crash] = ofKind(told(allKinds, [crashAfter(k)]).trace, 'crash');
      expect(crash?.lostEffects).toBe(allKinds.length - k);
    }
  });

  it('of which a pause after the k-th makes the rest happen late, and loses none', () => {
    fc.assert(
      fc.property(someSteps, (steps) => {
        const calm = withoutBarriers(happened(told(steps)));
        for (let k = 0; k <= steps.length; k++) {
          const paused = told(steps, [pauseAfter(k)]);
          expect(withoutBarriers(happened(paused))).toEqual(calm);
          const resumed = ofKind(paused.trace, 'resume')[0]?.at ?? Number.NaN;
          const early = withoutBarriers(happened(told(steps.slice(0, k))));
          const late = happened({ ...paused, trace: paused.trace.filter(({ at }) => at >= resumed) }, 0);
          expect(withoutBarriers(late)).toEqual(calm.slice(early.length));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('that come after a blocking sync leave when it is done, whatever waits in between', () => {
    const run = told([{ do: 'put', record: 'r', value: 1 }, { do: 'sync' }, { do: 'send', to: 'n2', text: 'after' }]);
    const [write] = ofKind(run.trace, 'write');
    const [sent] = ofKind(run.trace, 'send').filter(({ node }) => node === 'n1');
    expect(sent?.at).toBe((write?.at as number) + 500);
  });

  it('of a node that stops itself end there', () => {
    const run = told([{ do: 'note', text: 'before' }, { do: 'halt' }, { do: 'note', text: 'after' }]);
    expect(ofKind(run.trace, 'note').map(({ text }) => text)).toEqual(['before']);
    expect(ofKind(run.trace, 'halt')).toEqual([expect.objectContaining({ node: 'n1', reason: 'told to' })]);
    expect(run.simulation.viewOf('n1')).toBeUndefined();
    expect(stateOf(run.simulation, 'n1')).toBeUndefined();
  });

  it('that a stopped node made are on its network, but not on its disk', () => {
    const restart: Fault = { kind: 'restart', node: 'n1', at: 30_000 };
    const look = tell('n1', 40_000, { do: 'look', record: 'r' });
    const steps: Step[] = [
      { do: 'put', record: 'r', value: 1 },
      { do: 'send', to: 'n2', text: 'hello' },
      { do: 'halt' },
    ];
    const { simulation } = told(steps, [restart, look]);
    expect(stateOf<ActorState>(simulation, 'n2')?.seen).toEqual(['n1: hello']);
    expect(stateOf<ActorState>(simulation, 'n1')?.seen).toEqual(['r is null']);
  });
});

describe('properties', () => {
  /** Notes each hook as it is called, with what it could see of n1's state. */
  function watcher(): { readonly seen: string[]; readonly observer: PlacedObserver } {
    const seen: string[] = [];
    const visible = (state: unknown): string =>
      state === undefined ? 'hidden' : `${(state as ActorState).seen.length} seen`;
    const observer: PlacedObserver = {
      path: '',
      observer: {
        name: 'watcher',
        start: () => null,
        step(_memory, node, state) {
          if (node === 0) seen.push(`step ${(state as ActorState).seen.length}`);
          return undefined;
        },
        send(_memory, from, _to, _message, world) {
          if (from === 0) seen.push(`send ${visible(world.stateOf(0))}`);
          return undefined;
        },
        note(_memory, node, text, _data, world) {
          if (node === 0) seen.push(`note ${text} ${visible(world.stateOf(0))}`);
          return undefined;
        },
      },
    };
    return { seen, observer };
  }
  const steps: Step[] = [
    { do: 'remember', text: 'x' },
    { do: 'note', text: 'begun' },
    { do: 'put', record: 'r', value: 1 },
    { do: 'sync' },
    { do: 'send', to: 'n2', text: 'y' },
  ];

  it('see a state only when all effects of its handler are committed, also after a sync', () => {
    const { seen, observer } = watcher();
    told(steps, [], [observer]);
    expect(seen).toEqual(['step 0', 'note begun hidden', 'send hidden', 'step 1']);
  });

  it('never see a state whose handler was cut off', () => {
    for (let k = 0; k < 4; k++) {
      const { seen, observer } = watcher();
      told(steps, [crashAfter(k)], [observer]);
      expect(seen.filter((text) => text.startsWith('step'))).toEqual(['step 0']);
    }
  });

  it('see the same in strict mode', () => {
    const { seen, observer } = watcher();
    const spec = specOf({ nodes: nodes('actor', 2), faults: [tell('n1', 10_000, ...steps)] });
    runOf(spec, { actor }, [observer], true);
    expect(seen).toEqual(['step 0', 'note begun hidden', 'send hidden', 'step 1']);
  });
});
