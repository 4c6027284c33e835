/** Two-phase commit's planted bugs, each killed by a schedule written by hand, on which the correct protocol lives. */
import { describe, expect, it } from 'vitest';
import { twoPhaseCommit } from '../../src/protocols/two-phase-commit/two-phase-commit.ts';
import { bug, run } from '../protocols/atomic-commit/cluster.ts';
import { kills } from './two-phase-commit-kills.ts';

describe.each(kills)('$bug: $story', ({ bug: id, scene, foundBy }) => {
  for (const property of foundBy) {
    it(`is found by ${property}`, () => {
      const { simulation } = run(scene, bug(twoPhaseCommit, id), [property]);
      expect(simulation.failure).toBeUndefined();
      expect(simulation.violation?.property).toBe(property);
    });
  }

  it('the correct protocol survives', () => {
    const { simulation } = run(scene, twoPhaseCommit);
    expect(simulation.failure).toBeUndefined();
    expect(simulation.violation).toBeUndefined();
  });
});

describe('the zoo', () => {
  it('has a schedule for every bug that is planted', () => {
    expect(kills.map((kill) => kill.bug)).toEqual((twoPhaseCommit.bugs ?? []).map(({ id }) => id));
  });

  it('names for each bug the properties that find it', () => {
    for (const { bug: id, foundBy } of kills) {
      const violates = twoPhaseCommit.bugs?.find((one) => one.id === id)?.violates;
      expect(violates).toEqual(expect.arrayContaining([...foundBy]));
    }
  });
});
