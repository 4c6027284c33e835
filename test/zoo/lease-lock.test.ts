/** The lock's planted bugs, each killed by a schedule written by hand, on which the correct lock lives. */
import { describe, expect, it } from 'vitest';
import { createLeaseLock, leaseLock } from '../../src/protocols/lease-lock/lease-lock.ts';
import { correctRules } from '../../src/protocols/lease-lock/rules.ts';
import type { Override } from '../../src/sim/faults.ts';
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

const unheard: readonly Override[] = Array.from({ length: 10 }, (_, n) => ({
  message: `c1>n1/Renew#${n + 1}`,
  drop: true,
}));

/** c1 works and is not heard any more, c2 waits. The second write of c1 leaves at 153 ms, and it and its copy take so long. */
const lateWrite = (latency: number): Scene => ({
  calls: [work(0, 'c1', 4), work(ms(20), 'c2', 4)],
  options: { stepInterval: ms(120), guard: 'lock-delay', lockDelay: ms(600) },
  overrides: [...unheard, { message: 'c1>n2/Write#2', latency }, { message: 'c1>n2/Write#3', latency }],
  until: ms(4_000),
});

/** The server hears that c1 renews, and c1 does not hear the answer: it takes its lock for lost before the server does. */
const answerLost: Scene = {
  ...lateWrite(ms(500)),
  overrides: [
    ...(lateWrite(ms(500)).overrides ?? []).slice(1),
    { message: 'n1>c1/Granted#2', drop: true },
    { message: 'n1>c1/Granted#3', drop: true },
  ],
};

/** c1 restarts with a write under way, and then hears that it has the lock. */
const restarted: Scene = {
  ...answerLost,
  overrides: [
    { message: 'c1>n2/Write#2', latency: ms(500) },
    { message: 'n1>c1/Granted#2', latency: ms(100) },
  ],
  faults: [{ kind: 'crash', node: 'c1', at: ms(160), for: ms(40) }],
};

const serverRestarts: Scene = {
  ...lateWrite(ms(500)),
  faults: [{ kind: 'crash', node: 'n1', at: ms(400), for: ms(50) }],
};

describe('the lock-delay', () => {
  const tokensOf = ({ trace }: Run, note: string): readonly number[] =>
    trace.flatMap((event) =>
      event.kind === 'note' && event.text === note ? [(event.data as { readonly token: number }).token] : [],
    );
  const sorted = (tokens: readonly number[]): readonly number[] => [...tokens].sort((one, other) => one - other);

  const hiding = { admitsUnfinished: (): boolean => false };

  describe.each([
    ['no delay', lateWrite(ms(500)), { delaysAfterLoss: () => false }, ['DELAY', 'ORDER']],
    ['none after a restart', serverRestarts, { delayAfterFailover: (now: number) => now }, ['DELAY', 'ORDER']],
    ['a holder that hides that it has lost', answerLost, hiding, ['ORDER']],
    ['a client that gives back what it has forgotten', restarted, hiding, ['ORDER']],
  ] as const)('%s', (_story, scene, overrides, foundBy) => {
    it.each(foundBy)('is found by %s', (property) => {
      const broken = createLeaseLock({ ...correctRules, ...overrides });
      expect(run(scene, broken, [property]).simulation.violation?.property).toBe(property);
    });

    it('the correct lock survives: the late write comes before any of c2', () => {
      const played = run(scene, leaseLock);
      expect(played.simulation.violation).toBeUndefined();
      const tokens = tokensOf(played, 'wrote');
      expect(tokens.at(-1)).toBe(2);
      expect(tokens).toEqual(sorted(tokens));
      expect(tokensOf(played, 'delays').length).toBeGreaterThan(0);
    });
  });

  it('is over when a message takes longer: the write is done, out of order, and nothing was promised', () => {
    const played = run(lateWrite(ms(1_500)), leaseLock);
    expect(played.simulation.violation).toBeUndefined();
    expect(tokensOf(played, 'wrote')).not.toEqual(sorted(tokensOf(played, 'wrote')));
  });

  it('does not follow on a lock that was given back, nor where tokens are compared', () => {
    const givenBack = run({ ...lateWrite(ms(5)), overrides: [] }, leaseLock);
    const compared = run({ ...lateWrite(ms(500)), options: { stepInterval: ms(120) } }, leaseLock);
    for (const played of [givenBack, compared]) {
      expect(played.simulation.violation).toBeUndefined();
      expect(tokensOf(played, 'granted')).toEqual([1, 2]);
      expect(tokensOf(played, 'delays')).toEqual([]);
    }
  });

  it('is not owed for a lock that was not lost after all: the server has forgotten that the lease was over', () => {
    const played = run(
      {
        ...lateWrite(ms(5)),
        options: { stepInterval: ms(250), guard: 'lock-delay', lockDelay: ms(600) },
        overrides: unheard.slice(0, 3),
        faults: [{ kind: 'crash', node: 'n1', at: ms(308), for: ms(30) }],
      },
      leaseLock,
    );
    expect(played.simulation.violation).toBeUndefined();
    expect(tokensOf(played, 'delays')).toEqual([1]);
    expect(tokensOf(played, 'restored')).toEqual([1]);
    const at = (note: string, nth: number): number =>
      played.trace.filter((event) => event.kind === 'note' && event.text === note)[nth]?.at ?? 0;
    expect(at('granted', 1) - at('released', 0)).toBeLessThan(ms(100));
  });

  it('that is kept on for longer breaks REL', () => {
    const patient = createLeaseLock({
      ...correctRules,
      delayAfterFailover: (now, lockDelay) => now + 3 * lockDelay,
    });
    const { violation } = run(serverRestarts, patient, ['REL']).simulation;
    expect(violation?.property).toBe('REL');
    expect(violation?.finding.sentence).toContain('of a lock-delay of 600000 us');
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
