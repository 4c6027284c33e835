/** Timers are told apart by name and key, whatever the keys look like: those of the kernel's table fall into the same places. */
import { expect, it } from 'vitest';
import { Simulation } from '../../src/sim/simulation.ts';
import { type ActorState, actor, type Step, tell } from '../toys/kernel-actor.ts';
import { nodes, runOf, specOf, stateOf } from '../toys/kernel-spec.ts';

/** Of two that differ in their first character alone, or in a digit further on than the table looks, the places are the same. */
const KEYS = [
  ...['', '1', '01', '1a', 'a1', 'a01', '-1', '1/1', '/', 'ä', '\u{1f600}', '9'.repeat(400), '8'.repeat(400)],
  ...Array.from({ length: 400 }, (_, i) => `${i % 2 === 0 ? 'n' : 'c'}1.${i % 7}.${i >> 1}`),
];

it('timers with keys of any kind fire for themselves, and are cancelled for themselves', () => {
  const set: Step[] = KEYS.map((key, i) => ({ do: 'timer', delay: 10_000 + i * 10, key }));
  const cancelled = KEYS.filter((_, i) => i % 3 === 1);
  const faults = [
    tell('n1', 1_000, ...set, { do: 'timer', delay: 9_000 }),
    tell('n1', 2_000, ...cancelled.map((key): Step => ({ do: 'cancel', key }))),
  ];
  const { simulation } = runOf(specOf({ nodes: nodes('actor', 1), faults }), { actor }, [], true);
  const fired = KEYS.flatMap((key, i) => (i % 3 === 1 ? [] : [`alarm/${key} at ${11_000 + i * 10}`]));
  expect(stateOf<ActorState>(simulation, 'n1')?.seen).toEqual(['alarm at 10000', ...fired]);
});

it('a timer that is cancelled leaves no trace: the run ends with its last event, whoever has looked into the queue meanwhile', () => {
  const faults = [
    tell('n1', 1_000, { do: 'timer', delay: 20_000, key: 'near' }, { do: 'timer', delay: 900_000, key: 'far' }),
    tell('n1', 5_000, { do: 'cancel', key: 'near' }, { do: 'cancel', key: 'far' }),
  ];
  const spec = specOf({ nodes: nodes('actor', 1), faults });
  const end = (look: boolean): number => {
    const simulation = new Simulation({ spec, roles: { actor } });
    while (simulation.step()) if (look) simulation.snapshot();
    return simulation.now;
  };
  expect([end(false), end(true)]).toEqual([5_000, 5_000]);
});
