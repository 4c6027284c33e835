/** The lock's planted bugs, each killed by a schedule written by hand, on which the correct lock lives. */
import { describe, expect, it } from 'vitest';
import { leaseLock } from '../../src/protocols/lease-lock/lease-lock.ts';
import { bug, type Run, run } from '../protocols/atomic-commit/cluster.ts';
import { kills } from './lease-lock-kills.ts';

describe.each(kills)('$bug: $story', ({ bug: id, scene, foundBy }) => {
  for (const property of foundBy) {
    it(`is found by ${property}`, () => {
      const { simulation } = run(scene, bug(leaseLock, id), [property]);
      expect(simulation.failure).toBeUndefined();
      expect(simulation.violation?.property).toBe(property);
    });
  }

  it('the correct lock survives', () => {
    const { simulation } = run(scene, leaseLock);
    expect(simulation.failure).toBeUndefined();
    expect(simulation.violation).toBeUndefined();
  });
});

describe('L20 breaks no safety', () => {
  const { scene } = kills.find((kill) => kill.bug === 'L20') as (typeof kills)[number];
  const isDone = ({ world }: Run, client: string): boolean =>
    world()
      .history()
      .some(({ process, outcome }) => process === client && outcome === 'ok');

  it('but whoever waits behind the one that is gone waits for ever', () => {
    expect(isDone(run(scene, leaseLock), 'c3')).toBe(true);
    const broken = run(scene, bug(leaseLock, 'L20'));
    expect(isDone(broken, 'c1')).toBe(true);
    expect(isDone(broken, 'c3')).toBe(false);
  });
});

describe('the zoo', () => {
  it('has a schedule for every bug that is planted', () => {
    expect(kills.map((kill) => kill.bug)).toEqual((leaseLock.bugs ?? []).map(({ id }) => id));
  });

  it('names for each bug the properties that find it', () => {
    for (const { bug: id, foundBy } of kills) {
      const violates = leaseLock.bugs?.find((one) => one.id === id)?.violates;
      expect(violates).toEqual(expect.arrayContaining([...foundBy]));
    }
  });
});
