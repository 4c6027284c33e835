import { describe, expect, it } from 'vitest';
import type { Fault } from '../../src/sim/faults.ts';
import { type Context, defineRole, type Role } from '../../src/sim/protocol.ts';
import { Simulation } from '../../src/sim/simulation.ts';
import { actor, tell } from '../toys/kernel-actor.ts';
import { nodes as actors, ofKind, runOf, specOf } from '../toys/kernel-spec.ts';

/** Notes whom it knows when it boots and when it is asked. */
interface Shape {
  readonly state: { readonly nothing: null };
  readonly admin: { readonly type: 'look' };
  readonly components: 'inner';
}
const look = (context: Context<Shape>): void =>
  context.note('knows', [
    context.directory.peers,
    context.directory.withRole('server'),
    context.directory.withRole('client'),
  ]);
const inner: Role<Shape> = defineRole<Shape>({
  boot(context) {
    context.note('inner', [context.directory.peers, context.directory.withRole('member')]);
    return { nothing: null };
  },
  onAdmin: { look: () => undefined },
  onReply: { inner: () => undefined },
  view: () => ({ role: 'inner', label: '' }),
});
const role: Role<Shape> = defineRole<Shape>({
  components: { inner: { as: 'member', role: inner } },
  boot(context) {
    look(context);
    return { nothing: null };
  },
  onAdmin: { look: (_state, _action, context) => look(context) },
  onReply: { inner: () => undefined },
  view: () => ({ role: 'x', label: '' }),
});
const roles = { server: role, client: role };
const nodes = ['s1', 's2', 'c1'].map((id) => ({ id, role: id.startsWith('s') ? 'server' : 'client', options: {} }));
const lookAt = (node: string, at: number): Fault => ({ kind: 'admin', node, at, action: { type: 'look' } });
const join = (node: string, at: number, as = 'server'): Fault => ({ kind: 'join', node, role: as, at });
const known = (faults: readonly Fault[], text = 'knows'): unknown[] =>
  ofKind(runOf(specOf({ nodes, faults }), roles).trace, 'note')
    .filter((note) => note.text === text)
    .map(({ node, data, at }) => [at, node, ...(data as unknown[])]);

describe('the directory', () => {
  it('knows everybody from the first boot on, by role, in order of joining', () => {
    expect(known([])).toEqual([
      [0, 's1', ['s2'], ['s1', 's2'], ['c1']],
      [0, 's2', ['s1'], ['s1', 's2'], ['c1']],
      [0, 'c1', [], ['s1', 's2'], ['c1']],
    ]);
  });

  it('knows who has joined, at all nodes at once', () => {
    const later = known([
      join('s9', 5_000),
      join('a1', 6_000, 'client'),
      ...['s1', 's9', 'c1'].map((id) => lookAt(id, 9_000)),
    ]);
    expect(later.slice(3)).toEqual([
      [5_000, 's9', ['s1', 's2'], ['s1', 's2', 's9'], ['c1']],
      [6_000, 'a1', ['c1'], ['s1', 's2', 's9'], ['c1', 'a1']],
      [9_000, 's1', ['s2', 's9'], ['s1', 's2', 's9'], ['c1', 'a1']],
      [9_000, 's9', ['s1', 's2'], ['s1', 's2', 's9'], ['c1', 'a1']],
      [9_000, 'c1', ['a1'], ['s1', 's2', 's9'], ['c1', 'a1']],
    ]);
  });

  it('of a component knows its like', () => {
    expect(known([join('s9', 5_000)], 'inner').at(-1)).toEqual([
      5_000,
      's9',
      ['s1', 's2', 'c1'],
      ['s1', 's2', 'c1', 's9'],
    ]);
  });

  it('does not forget who is down', () => {
    expect(known([{ kind: 'crash', node: 's2', at: 1_000 }, lookAt('s1', 2_000)]).at(-1)).toEqual([
      2_000,
      's1',
      ['s2'],
      ['s1', 's2'],
      ['c1'],
    ]);
  });
});

describe('a node that joins', () => {
  it('is there once: a second of its name is refused, and counted', () => {
    const { simulation } = runOf(
      specOf({ nodes, faults: [join('s9', 5_000), join('s9', 6_000), join('s1', 7_000)] }),
      roles,
    );
    expect(simulation.statistics().faults.join).toEqual({ fired: 1, skipped: 2 });
  });

  it('may be faulted like any other', () => {
    const { trace } = runOf(
      specOf({ nodes, faults: [join('s9', 5_000), { kind: 'crash', node: 's9', at: 6_000, for: 1_000 }] }),
      roles,
    );
    expect(
      ofKind(trace, 'boot')
        .map(({ node, incarnation, at }) => [node, incarnation, at])
        .slice(3),
    ).toEqual([
      ['s9', 1, 5_000],
      ['s9', 2, 7_000],
    ]);
  });

  it('may join when something happens, even while the first nodes boot', () => {
    const { trace, simulation } = runOf(
      specOf({ nodes, faults: [{ kind: 'join', node: 's9', role: 'server', when: { note: 'knows', node: 's1' } }] }),
      roles,
    );
    expect(simulation.failure).toBeUndefined();
    expect(ofKind(trace, 'boot').map(({ node }) => node)).toEqual(['s1', 's9', 's2', 'c1']);
  });

  it('is gone when a snapshot from before is restored, and another may take its place', () => {
    const spec = specOf({ nodes, faults: [join('s8', 5_000), join('s9', 6_000)] });
    const simulation = new Simulation({ spec, roles });
    const before = simulation.snapshot();
    simulation.perform('fault:0');
    const withEight = simulation.snapshot();
    simulation.restore(before);
    simulation.perform('fault:1');
    expect(simulation.viewOf('s8')).toBeUndefined();
    expect(simulation.viewOf('s9')).toBeDefined();
    const withNine = simulation.stateHash();
    simulation.restore(withEight);
    expect(simulation.viewOf('s8')).toBeDefined();
    expect(simulation.viewOf('s9')).toBeUndefined();
    simulation.restore(before);
    simulation.perform('fault:1');
    expect(simulation.stateHash()).toBe(withNine);
  });

  it('cannot be sent to when a snapshot from before is restored', () => {
    const faults = [
      { kind: 'join', node: 'n3', role: 'actor', at: 5_000 } as const,
      tell('n1', 6_000, { do: 'send', to: 'n3', text: 'are you there?' }),
    ];
    const simulation = new Simulation({ spec: specOf({ nodes: actors('actor', 2), faults }), roles: { actor } });
    const before = simulation.snapshot();
    simulation.run();
    expect(simulation.failure).toBeUndefined();
    simulation.restore(before);
    simulation.perform('fault:1');
    expect(simulation.failure?.sentence).toContain('send to "n3": there is no such node');
  });
});
