/** The lock's planted bugs, each killed by a schedule written by hand, on which the correct lock lives. */
import { describe, expect, it } from 'vitest';
import { createLeaseLock, leaseLock } from '../../src/protocols/lease-lock/lease-lock.ts';
import { correctRules } from '../../src/protocols/lease-lock/rules.ts';
import { ms } from '../../src/sim/protocol.ts';
import { bug, type Run, run, type Scene } from '../protocols/atomic-commit/cluster.ts';
import { kills, work } from './lease-lock-kills.ts';

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

describe('L20 and progress', () => {
  const { scene } = kills.find((kill) => kill.bug === 'L20') as (typeof kills)[number];
  const isDone = ({ world }: Run, client: string): boolean =>
    world()
      .history()
      .some(({ process, outcome }) => process === client && outcome === 'ok');

  it('whoever waits behind the one that is gone waits for ever', () => {
    expect(isDone(run(scene, leaseLock), 'c3')).toBe(true);
    const broken = run(scene, bug(leaseLock, 'L20'), []);
    expect(isDone(broken, 'c1')).toBe(true);
    expect(isDone(broken, 'c3')).toBe(false);
  });
});

describe('FAIR', () => {
  it('is broken by a server that serves whoever came last', () => {
    const unfair = createLeaseLock({ ...correctRules, nextInLine: (waiting) => waiting - 1 });
    const scene = { calls: [work(0, 'c1', 4), work(ms(20), 'c2', 1), work(ms(30), 'c3', 1)] };
    expect(run(scene, unfair, ['FAIR']).simulation.violation?.property).toBe('FAIR');
    expect(run(scene, leaseLock).simulation.violation).toBeUndefined();
  });
});

describe('OWN', () => {
  it('is broken by a server that takes the holder of today for that of yesterday', () => {
    const careless = createLeaseLock({ ...correctRules, mayRenew: (holder, client) => holder.client === client });
    const scene: Scene = {
      calls: [work(0, 'c1', 2), work(ms(180), 'c1', 4)],
      options: { stepInterval: ms(120) },
      overrides: [{ message: 'c1>n1/Renew#1', latency: ms(250) }],
    };
    expect(run(scene, careless, ['OWN']).simulation.violation?.property).toBe('OWN');
    expect(run(scene, leaseLock).simulation.violation).toBeUndefined();
  });
});

describe('REL', () => {
  const scene: Scene = {
    calls: [work(0, 'c1', 4), work(ms(20), 'c2', 1)],
    faults: [{ kind: 'crash', node: 'c1', at: ms(40) }],
  };

  it('is broken by a server that never takes the lock from anybody', () => {
    const patient = createLeaseLock({ ...correctRules, isAlive: () => true });
    expect(run(scene, patient, ['REL']).simulation.violation?.property).toBe('REL');
    expect(run(scene, leaseLock).simulation.violation).toBeUndefined();
  });
});

describe('N8, a decoy: two believe to hold the lock, since clocks are further apart than was assumed', () => {
  // To a server whose clock is 20 % fast a lease of 300 ms is over after 250.
  const scene: Scene = {
    calls: [work(0, 'c1', 4), work(ms(20), 'c2', 4)],
    options: { stepInterval: ms(120) },
    faults: [{ kind: 'clock-rate', node: 'n1', ppm: 200_000 }],
    overrides: Array.from({ length: 10 }, (_, n) => ({ message: `c1>n1/Renew#${n + 1}`, drop: true })),
  };

  it('EXCL breaks where a clock is faster than was assumed', () => {
    expect(run(scene, leaseLock, ['EXCL']).simulation.violation?.property).toBe('EXCL');
  });

  it('FENCE holds all the same', () => {
    const { simulation } = run(scene, leaseLock, ['FENCE']);
    expect(simulation.violation).toBeUndefined();
  });

  it('EXCL holds where so much was assumed', () => {
    const options = { ...scene.options, clockRatePpmMax: 200_000 };
    expect(run({ ...scene, options }, leaseLock).simulation.violation).toBeUndefined();
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
