/** Raft's planted bugs, each killed by a schedule written by hand, on which the correct Raft lives. */
import { describe, expect, it } from 'vitest';
import { raft } from '../../src/protocols/raft/raft.ts';
import { bug, run } from '../protocols/raft/cluster.ts';
import { kills as paperKills } from './raft-kills.ts';
import { optionKills } from './raft-option-kills.ts';

const kills = [...paperKills, ...optionKills];

describe.each(kills)('$bug: $story', ({ bug: id, scene, foundBy = [], getsDone }) => {
  for (const property of foundBy) {
    it(`is found by ${property}`, () => {
      const { simulation } = run(scene, { protocol: bug(id), properties: [property] });
      expect(simulation.failure).toBeUndefined();
      expect(simulation.violation?.property).toBe(property);
    });
  }

  if (getsDone !== undefined) {
    it('gets stuck', () => {
      // To the end, whatever some invariant may have said by then.
      const stuck = run(scene, { protocol: bug(id), properties: [] });
      expect(stuck.simulation.failure).toBeUndefined();
      expect(getsDone(stuck)).toBe(false);
    });
  }

  it('the correct Raft survives', () => {
    const done = run(scene);
    expect(done.simulation.failure).toBeUndefined();
    expect(done.simulation.violation).toBeUndefined();
    if (getsDone !== undefined) expect(getsDone(done)).toBe(true);
  });
});

describe('the zoo', () => {
  it('has a schedule for every bug that is planted', () => {
    const ids = kills.map((kill) => kill.bug);
    expect(ids.sort()).toEqual((raft.bugs ?? []).map(({ id }) => id).sort());
  });
});
