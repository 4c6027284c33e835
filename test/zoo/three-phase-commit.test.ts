/** The planted bugs of three-phase commit and its relatives, each killed by a schedule on which the correct protocol lives. */
import { describe, expect, it } from 'vitest';
import {
  enhancedThreePhaseCommit,
  quorumThreePhaseCommit,
  threePhaseCommit,
} from '../../src/protocols/three-phase-commit/three-phase-commit.ts';
import { bug, run } from '../protocols/atomic-commit/cluster.ts';
import { enhancedKills, lateForOne, plainKills, quorumKills } from './three-phase-commit-kills.ts';

const all = [
  ...plainKills.map((kill) => ({ ...kill, protocol: threePhaseCommit })),
  ...quorumKills.map((kill) => ({ ...kill, protocol: quorumThreePhaseCommit })),
  ...enhancedKills.map((kill) => ({ ...kill, protocol: enhancedThreePhaseCommit })),
];

describe.each(all)('$bug: $story', ({ bug: id, scene, foundBy, protocol }) => {
  for (const property of foundBy) {
    it(`is found by ${property}`, () => {
      const { simulation } = run(scene, bug(protocol, id), [property]);
      expect(simulation.failure).toBeUndefined();
      expect(simulation.violation?.property).toBe(property);
    });
  }

  it('the correct protocol survives', () => {
    const { simulation } = run(scene, protocol);
    expect(simulation.failure).toBeUndefined();
    expect(simulation.violation).toBeUndefined();
  });

  it('and so does the enhanced one', () => {
    expect(run(scene, enhancedThreePhaseCommit).simulation.violation).toBeUndefined();
  });
});

it('has a schedule for every bug that is planted', () => {
  const planted = [threePhaseCommit, quorumThreePhaseCommit, enhancedThreePhaseCommit].flatMap(({ bugs = [] }) => bugs);
  expect(all.map((kill) => kill.bug)).toEqual(planted.map(({ id }) => id));
});

it('P03 outside the model: also AC1, where the right order of the rules keeps it', () => {
  expect(run(lateForOne, bug(threePhaseCommit, 'P03'), ['AC1']).simulation.violation?.property).toBe('AC1');
  expect(run(lateForOne, threePhaseCommit, ['AC1']).simulation.violation).toBeUndefined();
});
