/** The lock by etcd's recipe and its planted bugs, each killed by a schedule written by hand, on which the correct lock lives. */
import { describe, expect, it } from 'vitest';
import { etcdLock } from '../../src/protocols/lease-lock/etcd/etcd-lock.ts';
import { bug, run } from '../protocols/atomic-commit/cluster.ts';
import { holderUnheard, queue, waiterDies, wakeUps } from './recipe-kills.ts';

const kills = [
  {
    id: 'L10',
    story: 'c2 dies while it waits; c3, behind it, is woken',
    scene: waiterDies,
    foundBy: ['EXCL', 'FENCE'],
  },
  { id: 'L15', story: 'no server hears that c1 is alive', scene: holderUnheard, foundBy: ['EXCL', 'HON'] },
];

describe.each(kills)('$id: $story', ({ id, scene, foundBy }) => {
  it.each(foundBy)('is found by %s', (property) => {
    const { simulation } = run(scene, bug(etcdLock, id), [property]);
    expect(simulation.failure).toBeUndefined();
    expect(simulation.violation?.property).toBe(property);
  });

  it.each([false, true])('the correct lock survives; volatile leases: %s', (volatileLeases) => {
    const { simulation } = run({ ...scene, options: { ...scene.options, volatileLeases } }, etcdLock);
    expect(simulation.failure).toBeUndefined();
    expect(simulation.violation).toBeUndefined();
  });
});

describe('the recipe', () => {
  it('wakes one waiter by each release', () => {
    const played = run(queue, etcdLock);
    expect(
      played
        .world()
        .history()
        .map(({ outcome }) => outcome),
    ).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(wakeUps(played)).toEqual([1, 1, 1]);
  });

  it('gives the lock in the order in which keys were made, their revisions being the tokens', () => {
    const { trace } = run(queue, etcdLock);
    const believed = trace.flatMap((event) => (event.kind === 'note' && event.text === 'believes' ? [event] : []));
    expect(believed.map(({ node }) => node)).toEqual(['c1', 'c2', 'c3', 'c4']);
    const tokens = believed.map(({ data }) => (data as { readonly token: number }).token);
    expect(tokens).toEqual([...tokens].sort((left, right) => left - right));
  });
});

describe('the zoo', () => {
  it('has a schedule for every bug that is planted', () => {
    expect(kills.map(({ id }) => id)).toEqual((etcdLock.bugs ?? []).map(({ id }) => id));
  });
});
