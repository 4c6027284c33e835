/** Faults that wait for a node which tells several others something, and faults that wait for an event from some time on. */
import { describe, expect, it } from 'vitest';
import type { Fault } from '../../src/sim/faults.ts';
import { type ActorState, actor, type Step, tell as tellAt } from '../toys/kernel-actor.ts';
import { nodes, ofKind, runOf, specOf, stateOf } from '../toys/kernel-spec.ts';

const broadcast = (text: string, ...to: readonly string[]): readonly Step[] =>
  to.map((node) => ({ do: 'send', to: node, text }));

const tell = (at: number, node: string, steps: readonly Step[]): Fault => tellAt(node, at, ...steps);

const run = (faults: readonly Fault[]): ReturnType<typeof runOf> =>
  runOf(specOf({ nodes: nodes('actor', 4), faults }), { actor });
const seen = ({ simulation }: ReturnType<typeof run>, node: string): readonly string[] =>
  stateOf<ActorState>(simulation, node)?.seen.filter((text) => text.includes(':')) ?? [];
const crashes = ({ trace }: ReturnType<typeof run>): readonly string[] =>
  ofKind(trace, 'crash').map(({ node, at }) => `${node} ${at}`);

const one = tell(10_000, 'n1', [{ do: 'note', text: 'before' }, ...broadcast('a', 'n2', 'n3', 'n4')]);
const toOneOnly = tell(5_000, 'n1', [...broadcast('quiet', 'n2'), ...broadcast('again', 'n2')]);
const other = tell(30_000, 'n2', broadcast('b', 'n3', 'n4'));

describe('a crash during sends', () => {
  it.each([
    [undefined, 1],
    [1, 1],
    [2, 2],
    // There is always one that is not told.
    [3, 1],
  ])('with effect %s lets %i of three hear, and waits for a handler that tells several', (effect, heard) => {
    const fault: Fault = {
      kind: 'crash',
      node: 'n1',
      at: 1_000,
      during: 'sends',
      ...(effect === undefined ? {} : { effect }),
    };
    const result = run([fault, toOneOnly, one]);
    expect(crashes(result)).toEqual(['n1 10000']);
    expect(['n2', 'n3', 'n4'].filter((node) => seen(result, node).some((text) => text.endsWith('a')))).toHaveLength(
      heard,
    );
  });

  it('strikes whoever is the next to tell several others, once', () => {
    const result = run([
      { kind: 'crash', node: { telling: 'several' }, at: 20_000, during: 'sends' },
      toOneOnly,
      one,
      other,
      tell(40_000, 'n3', broadcast('c', 'n1', 'n4')),
    ]);
    expect(crashes(result)).toEqual(['n2 30000']);
  });

  it('may wait for another event first', () => {
    const fault: Fault = {
      kind: 'crash',
      node: { telling: 'several' },
      when: { note: 'before' },
      during: 'sends',
    };
    // The event's own handler is not the next one.
    expect(crashes(run([fault, toOneOnly, one, other]))).toEqual(['n2 30000']);
  });
});

it('another fault at whoever tells several others begins when all have been told', () => {
  const result = run([{ kind: 'pause', node: { telling: 'several' }, at: 1_000, for: 50_000 }, toOneOnly, one]);
  expect(ofKind(result.trace, 'fault').map(({ at, phase }) => [at, phase])).toContainEqual([10_000, 'start']);
  expect(['n2', 'n3', 'n4'].every((node) => seen(result, node).some((text) => text.endsWith('a')))).toBe(true);
});

it('an event from some time on: earlier ones do not count', () => {
  const note = (at: number): Fault => tell(at, 'n1', [{ do: 'note', text: 'tick' }]);
  const faults = [note(10_000), note(20_000), note(30_000), note(40_000)];
  const crash = (at: number, nth: number): Fault => ({ kind: 'crash', node: 'n2', at, when: { note: 'tick', nth } });
  expect(crashes(run([crash(0, 2), ...faults]))).toEqual(['n2 20000']);
  expect(crashes(run([crash(15_000, 2), ...faults]))).toEqual(['n2 30000']);
  expect(crashes(run([crash(35_000, 2), ...faults]))).toEqual([]);
});
