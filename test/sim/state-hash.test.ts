import { describe, expect, it } from 'vitest';
import type { RunSpec } from '../../src/sim/config.ts';
import type { Fault } from '../../src/sim/faults.ts';
import { Simulation } from '../../src/sim/simulation.ts';
import { actor, type Step, tell } from '../toys/kernel-actor.ts';
import { nodes, specOf } from '../toys/kernel-spec.ts';

/** The state hash at `at`, of a world with three nodes and a call each to come. */
function hashAt(at: number, faults: readonly Fault[], spec: Partial<RunSpec> = {}): string {
  const simulation = new Simulation({
    spec: specOf({ nodes: nodes('actor', 3), faults, ...spec, limits: { until: 1_000_000_000 } }),
    roles: { actor },
  });
  while ((simulation.pending()[0]?.due ?? Number.POSITIVE_INFINITY) <= at) simulation.step();
  return simulation.stateHash();
}
const write: Step = { do: 'put', record: 'r', value: 1 };
const steps = (...list: Step[]): Fault[] => [tell('n1', 1_000, ...list)];

describe('the state hash', () => {
  it('is equal for worlds that came about in another order', () => {
    const one = hashAt(50_000, [
      tell('n1', 1_000, write, { do: 'append', log: 'l', entry: 1 }, { do: 'timer', delay: 90_000, key: 'a' }),
      tell('n2', 2_000, { do: 'remember', text: 'x' }),
    ]);
    const other = hashAt(50_000, [
      tell('n2', 1_000, { do: 'remember', text: 'x' }),
      tell('n1', 3_000, { do: 'append', log: 'l', entry: 1 }, { do: 'timer', delay: 70_000, key: 'a' }),
      tell('n1', 4_000, write),
    ]);
    // Only the order of unsynced writes tells them apart: after a sync nothing does.
    expect(one).not.toBe(other);
    const sync = (faults: Fault[]): Fault[] => [...faults, tell('n1', 10_000, { do: 'sync' })];
    expect(hashAt(50_000, sync([tell('n1', 1_000, write, { do: 'append', log: 'l', entry: 1 })]))).toBe(
      hashAt(50_000, sync([tell('n1', 1_000, { do: 'append', log: 'l', entry: 1 }), tell('n1', 2_000, write)])),
    );
  });

  it('does not see true time: everything a day later is the same', () => {
    const day = 86_400_000;
    const story = (start: number): Fault[] => [
      tell('n1', start + 1_000, write, { do: 'sync-later', data: 1 }, { do: 'send', to: 'n2', text: 'a' }),
      tell('n2', start + 1_050, write, { do: 'sync-later', data: 2 }),
      tell('n2', start + 1_100, write, { do: 'sync' }, { do: 'send', to: 'n3', text: 'b' }),
      tell('n3', start + 1_200, { do: 'timer', delay: 50_000, key: 'k' }, { do: 'note', text: 'n' }),
      { kind: 'pause', node: 'n3', at: start + 1_300, for: 5_000 },
      { kind: 'slow-disk', node: 'n1', at: start + 1_300, latency: 7, for: 9_000 },
      { kind: 'cut', from: ['n1'], to: ['n3'], at: start + 1_300, for: 9_000 },
      tell('n1', start + 1_400, { do: 'send', to: 'n3', text: 'c' }),
    ];
    for (const offset of [1_020, 1_070, 1_150, 1_250, 1_350, 1_450, 1_600, 1_700, 2_050, 3_000, 8_000])
      expect(hashAt(day + offset, story(day)), `at ${offset}`).toBe(hashAt(offset, story(0)));
  });

  it('sees everything that the future depends on', () => {
    const at = 1_200;
    const calls = [{ at: 500_000, client: 'n1', op: { type: 'x' } }];
    const worlds: readonly string[] = [
      hashAt(at, []),
      hashAt(at, steps({ do: 'remember', text: 'x' })),
      hashAt(at, steps({ do: 'remember', text: 'y' })),
      hashAt(at, steps({ do: 'send', to: 'n2', text: 'x' })),
      hashAt(at, steps({ do: 'send', to: 'n3', text: 'x' })),
      hashAt(at, steps({ do: 'send', to: 'n2', text: 'y' })),
      hashAt(at, steps({ do: 'send', to: 'n2', text: 'x' }, { do: 'send', to: 'n2', text: 'x' })),
      hashAt(at, steps({ do: 'timer', delay: 50_000 })),
      hashAt(at, steps({ do: 'timer', delay: 50_000, key: 'k' })),
      hashAt(at, steps(write)),
      hashAt(at, steps({ do: 'put', record: 'r', value: 2 })),
      hashAt(at, steps(write, { do: 'sync-later' })),
      hashAt(at, steps(write, { do: 'sync-later', data: 2 })),
      hashAt(at, steps(write, { do: 'sync-later' }, { do: 'sync-later' })),
      hashAt(at, steps(write, { do: 'sync' })),
      hashAt(at, steps(write, { do: 'sync' }, { do: 'send', to: 'n2', text: 'x' })),
      hashAt(at, steps(write, { do: 'sync' }, { do: 'send', to: 'n2', text: 'y' })),
      hashAt(at + 1_000, steps(write, { do: 'sync' })),
      hashAt(at, steps({ do: 'halt' })),
      hashAt(at, [{ kind: 'crash', node: 'n1', at: 1_000 }]),
      hashAt(at, [{ kind: 'crash', node: 'n1', at: 1_000, for: 9_000 }]),
      hashAt(at, [{ kind: 'crash', node: 'n1', at: 1_000, effect: 3 }]),
      hashAt(at, [{ kind: 'crash', node: 'n1', at: 1_000, effect: 4 }]),
      hashAt(at, [{ kind: 'pause', node: 'n1', at: 1_000, for: 9_000 }]),
      ...['x', 'y'].map((text) =>
        hashAt(at, [
          { kind: 'pause', node: 'n1', at: 50, for: 9_000 },
          tell('n2', 100, { do: 'send', to: 'n1', text }),
        ]),
      ),
      hashAt(at, [{ kind: 'cut', from: ['n1'], to: ['n2'], at: 1_000 }]),
      hashAt(at, [{ kind: 'cut', from: ['n2'], to: ['n1'], at: 1_000 }]),
      hashAt(at, [{ kind: 'clog', from: ['n1'], to: ['n2'], at: 1_000 }]),
      hashAt(at, [{ kind: 'noise', at: 1_000, lossPpm: 5 }]),
      hashAt(at, [{ kind: 'slow-disk', node: 'n1', at: 1_000, latency: 5 }]),
      hashAt(at, [{ kind: 'sync-error', node: 'n1', at: 1_000 }]),
      hashAt(at, [{ kind: 'clock-rate', node: 'n1', at: 1_000, ppm: 5 }]),
      hashAt(at, [{ kind: 'clock-step', node: 'n1', at: 1_000, by: 5 }]),
      hashAt(at, [{ kind: 'crash', node: 'n1', at: 700_000 }]),
      hashAt(at, [{ kind: 'crash', node: 'n1', when: { note: 'n' } }]),
      hashAt(at, [{ kind: 'crash', node: 'n1', when: { note: 'n', nth: 2 } }, ...steps({ do: 'note', text: 'n' })]),
      hashAt(at, [{ kind: 'join', node: 'n4', role: 'actor', at: 1_000 }]),
      hashAt(at, [], { calls }),
    ];
    expect(worlds.flatMap((hash, i) => (worlds.indexOf(hash) < i ? [`${worlds.indexOf(hash)} and ${i}`] : []))).toEqual(
      [],
    );
  });

  it('sees which part of a message wait at a clog, and in which order', () => {
    const clog: Fault = { kind: 'clog', from: ['n1'], to: ['n2'], at: 0 };
    const sent = (...texts: string[]): Fault[] => [
      clog,
      tell('n1', 1_000, ...texts.map((text): Step => ({ do: 'send', to: 'n2', text }))),
    ];
    const held = [hashAt(9_000, sent('a', 'b')), hashAt(9_000, sent('b', 'a')), hashAt(9_000, sent('a'))];
    expect(new Set(held).size).toBe(3);
    const inFlight = [hashAt(1_500, sent('a', 'b')), hashAt(1_500, sent('b', 'a'))];
    expect(inFlight[0]).toBe(inFlight[1]);
  });
});
