/** Redlock's planted bugs, each killed by a schedule written by hand, on which the correct algorithm lives; and where its model ends. */
import { describe, expect, it } from 'vitest';
import { createRedlock, redlock } from '../../src/protocols/lease-lock/redlock/redlock.ts';
import { correctRules } from '../../src/protocols/lease-lock/redlock/rules.ts';
import { ms } from '../../src/sim/protocol.ts';
import { bug, type Run, run, type Scene } from '../protocols/atomic-commit/cluster.ts';
import { work } from './lease-lock-kills.ts';
import { kills, stopped } from './redlock-kills.ts';

const brokenBy = (scene: Scene, protocol = redlock, properties?: readonly string[]): string | undefined => {
  const { simulation } = run(scene, protocol, properties);
  expect(simulation.failure).toBeUndefined();
  return simulation.violation?.property;
};

const isDone = ({ world }: Run, client: string): boolean =>
  world()
    .history()
    .some(({ process, outcome }) => process === client && outcome === 'ok');

describe.each(kills)('$bug: $story', ({ bug: id, scene, foundBy }) => {
  for (const property of foundBy) {
    it(`is found by ${property}`, () => {
      expect(brokenBy(scene, bug(redlock, id), [property])).toBe(property);
    });
  }

  it('the correct algorithm survives', () => {
    expect(brokenBy(scene)).toBeUndefined();
  });
});

describe('L14 breaks no safety', () => {
  const { scene } = kills.find((kill) => kill.bug === 'L14') as (typeof kills)[number];

  it('but two clients that share an even number of stores wait for ever', () => {
    const correct = run({ ...scene, options: {} }, redlock);
    expect([isDone(correct, 'c1'), isDone(correct, 'c2')]).toEqual([true, true]);
    const broken = run({ ...scene, options: {} }, bug(redlock, 'L14'));
    expect([isDone(broken, 'c1'), isDone(broken, 'c2')]).toEqual([false, false]);
  });
});

describe('REL', () => {
  it('is broken by a store that keeps keys for ever', () => {
    const scene: Scene = {
      calls: [work(0, 'c1', 4), work(ms(20), 'c2', 1)],
      faults: [{ kind: 'crash', node: 'c1', at: ms(30) }],
    };
    expect(brokenBy(scene, createRedlock({ ...correctRules, isExpired: () => false }), ['REL'])).toBe('REL');
    expect(brokenBy(scene)).toBeUndefined();
  });
});

describe('outside the model', () => {
  /** c1 holds n1, n2, n3, and c2 asks. */
  const held: Scene = {
    options: { retryJitter: 0, stepInterval: ms(120) },
    calls: [work(0, 'c1', 4), work(ms(60), 'c2', 1)],
    overrides: ['n4', 'n5'].map((store) => ({ message: `c1>${store}/SetIfAbsent#1`, drop: true as const })),
  };
  const jump: Scene = { ...held, faults: [{ kind: 'clock-step', node: 'n3', by: ms(400), at: ms(30) }] };
  const restart: Scene = { ...held, faults: [{ kind: 'crash', node: 'n3', at: ms(30), for: ms(10) }] };
  const under = (scene: Scene, options: object): Scene => ({ ...scene, options: { ...scene.options, ...options } });

  it('EXCL breaks when the clock of a store jumps that counts on its wall clock, and holds on a monotonic one', () => {
    expect(brokenBy(under(jump, { storeClock: 'wall' }), redlock, ['EXCL'])).toBe('EXCL');
    expect(brokenBy(under(jump, { storeClock: 'monotonic' }))).toBeUndefined();
  });

  it('EXCL breaks when a store forgets and votes at once, and holds when it waits', () => {
    expect(brokenBy(under(restart, { restarts: 'immediate' }), redlock, ['EXCL'])).toBe('EXCL');
    expect(brokenBy(under(restart, { restarts: 'delayed' }))).toBeUndefined();
  });

  describe('a holder stops after it has looked at the lock', () => {
    const late: Scene = {
      options: { retryJitter: 0, trustedWith: 'writes' },
      calls: [work(0, 'c1', 4), work(ms(60), 'c2', 1)],
      faults: stopped(600, 1),
    };

    it('and its write arrives after those of the next: no token tells them apart', () => {
      expect(brokenBy(late, redlock, ['FENCE'])).toBe('FENCE');
    });

    it('while nobody believed for too long', () => {
      expect(brokenBy(late, redlock, ['EXCL', 'HON'])).toBeUndefined();
    });

    it('and a stop before the look does no harm: the look finds that the time is over', () => {
      const before: Scene = { ...late, faults: [{ kind: 'pause', node: 'c1', at: ms(30), for: ms(600) }] };
      expect(brokenBy(before)).toBeUndefined();
    });

    it('nor does one while the answers are on their way, as in Kleppmann 2016', () => {
      const before: Scene = { ...late, faults: [{ kind: 'pause', node: 'c1', at: ms(7), for: ms(600) }] };
      expect(brokenBy(before)).toBeUndefined();
    });
  });
});

describe('the zoo', () => {
  it('has a schedule for every bug that is planted', () => {
    expect(kills.map((kill) => kill.bug)).toEqual((redlock.bugs ?? []).map(({ id }) => id));
  });

  it('names for each bug the properties that find it', () => {
    for (const { bug: id, foundBy } of kills) {
      const violates = redlock.bugs?.find((one) => one.id === id)?.violates;
      expect(violates).toEqual(expect.arrayContaining([...foundBy]));
    }
  });
});
