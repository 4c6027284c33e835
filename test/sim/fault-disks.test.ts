/** Laws of the faults of disks, on the disk itself and through the eyes of a node. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crashStates } from '../../src/index.ts';
import type { RunSpec } from '../../src/sim/config.ts';
import { SimDisk } from '../../src/sim/disk.ts';
import type { DiskLoss, Fault } from '../../src/sim/faults.ts';
import { contentsOf, type Write } from '../../src/sim/image.ts';
import { Simulation } from '../../src/sim/simulation.ts';
import { type ActorState, actor, fragileActor, type Step, tell } from '../toys/kernel-actor.ts';
import { aRun, effort } from '../toys/kernel-arbitraries.ts';
import { chatter } from '../toys/kernel-chatter.ts';
import { nodes, ofKind, runOf, specOf, stateOf } from '../toys/kernel-spec.ts';

const area = '';
const append = (index: number): Write => ({ area, kind: 'append', target: 'log', index, entry: `e${index}` });
const put = (value: number): Write => ({ area, kind: 'put', target: 'r', value });
const aLoss: fc.Arbitrary<DiskLoss> = fc.record({
  unsynced: fc.constantFrom('none', 'all', 'prefix', 'subset'),
  torn: fc.boolean(),
});

/** A disk to which `writes` were written, of which the first `synced` are durable. */
function diskWith(writes: readonly Write[], synced: number): SimDisk {
  const disk = new SimDisk();
  writes.forEach((write, i) => {
    disk.write(write);
    if (i + 1 !== synced) return;
    disk.begin(1, 0, 1, false, 0, '', undefined);
    disk.finish(1);
  });
  return disk;
}

const run = (faults: readonly Fault[], role = actor, spec: Partial<RunSpec> = {}): ReturnType<typeof runOf> =>
  runOf({ ...specOf({ nodes: nodes('actor', 2), faults }), ...spec }, { actor: role }, [], true);
const seen = (simulation: Simulation, node = 'n1'): readonly string[] =>
  stateOf<ActorState>(simulation, node)?.seen ?? [];
const look: Step = { do: 'look', record: 'r' };
const lookLog: Step = { do: 'look-log', log: 'log' };
const store = (value: number): Step => ({ do: 'put', record: 'r', value });
const add = (entry: string): Step => ({ do: 'append', log: 'log', entry });
const sync: Step = { do: 'sync' };
const reboot = (at: number): Fault => ({ kind: 'crash', node: 'n1', at, for: 100 });

describe('what was synced', () => {
  it('survives every crash, whatever form the loss takes', () => {
    fc.assert(
      fc.property(fc.nat(12), fc.nat(12), aLoss, fc.integer(), (total, part, loss, bits) => {
        const writes = Array.from({ length: total }, (_, i) =>
          i % 3 === 2 ? put(i) : append(1 + i - Math.floor(i / 3)),
        );
        const synced = Math.min(part, total);
        const disk = diskWith(writes, synced);
        const before = disk.durable.log(area, 'log').entries.slice();
        const values = writes.flatMap((write, i) => (write.kind === 'put' && i >= synced ? [write.value] : []));
        const record = disk.durable.record(area, 'r');
        disk.crash(loss, bits);
        const { entries } = disk.durable.log(area, 'log');
        expect(entries.slice(0, before.length)).toEqual(before);
        expect(entries).toEqual(entries.map((_, i) => `e${i + 1}`));
        expect([record, ...values]).toContain(disk.durable.record(area, 'r'));
        expect(contentsOf(disk.cached)).toEqual(contentsOf(disk.durable));
        const readable = disk.cached.unreadableIn(disk.cached.log(area, 'log'))?.index ?? Number.POSITIVE_INFINITY;
        expect(readable).toBeGreaterThan(before.length);
      }),
    );
  });

  it('is all that survives of a subset now and then; each write survives about half of the time', () => {
    const survivals = [0, 0, 0, 0];
    for (let i = 0; i < 4_000; i++) {
      const disk = new SimDisk();
      for (const target of ['a', 'b', 'c', 'd']) disk.write({ area, kind: 'put', target, value: 1 });
      disk.crash({ unsynced: 'subset' }, Math.imul(i, 0x9e3779b1));
      ['a', 'b', 'c', 'd'].forEach((target, place) => {
        if (disk.durable.record(area, target) === 1) survivals[place] = (survivals[place] as number) + 1;
      });
    }
    for (const count of survivals) expect(Math.abs(count - 2_000)).toBeLessThan(150);
  });
});

describe('a torn entry', () => {
  const torn: Fault = { kind: 'crash', node: 'n1', at: 20_000, torn: true, for: 100 };
  it('lies behind what survived, is told from everything else, and goes when it is cut off', () => {
    const { simulation } = run([
      tell('n1', 10_000, add('a'), sync, add('b'), add('c')),
      torn,
      tell('n1', 30_000, lookLog, { do: 'truncate', log: 'log', index: 2 }, sync),
      tell('n1', 40_000, lookLog, add('d'), sync),
      reboot(50_000),
      tell('n1', 60_000, lookLog),
    ]);
    expect(seen(simulation)).toEqual(['log is ["a","d"]']);
    const before = run([tell('n1', 10_000, add('a'), sync, add('b'), add('c')), torn, tell('n1', 30_000, lookLog)]);
    expect(ofKind(before.trace, 'disk-error')).toEqual([
      expect.objectContaining({ at: 20_000, error: 'torn', target: 'log[2]' }),
    ]);
    expect(seen(before.simulation)).toEqual(['log is {"torn":2,"before":["a"]}']);
  });

  it('hides all that is written behind it', () => {
    const { simulation } = run([
      tell('n1', 10_000, add('a'), sync, add('b')),
      torn,
      tell('n1', 30_000, add('d'), sync),
      reboot(40_000),
      tell('n1', 50_000, lookLog),
    ]);
    expect(seen(simulation)).toEqual(['log is {"corrupt":2,"before":["a"]}']);
  });

  it('is not left by an append to a place that is taken: what would have made room is lost too', () => {
    const { simulation } = run([
      tell('n1', 10_000, add('a'), add('b'), sync, { do: 'truncate', log: 'log', index: 2 }, add('c')),
      torn,
      tell('n1', 30_000, lookLog),
    ]);
    expect(seen(simulation)).toEqual(['log is ["a","b"]']);
  });

  it('is left by nothing but a lost append', () => {
    const { simulation } = run([
      tell('n1', 10_000, add('a'), sync, store(1)),
      { kind: 'crash', node: 'n1', at: 20_000, torn: true, for: 100 },
      tell('n1', 30_000, lookLog, look),
    ]);
    expect(seen(simulation)).toEqual(['log is ["a"]', 'r is null']);
  });
});

describe('a flipped bit', () => {
  it('is found by every reader, again and again, until the place is written anew', () => {
    const { simulation, trace } = run([
      tell('n1', 10_000, store(1), add('a'), add('b'), sync),
      { kind: 'bit-flip', node: 'n1', at: 20_000, target: 'r' },
      { kind: 'bit-flip', node: 'n1', at: 20_000, target: 'log[2]' },
      tell('n1', 21_000, look, lookLog),
      reboot(30_000),
      tell('n1', 31_000, look, look, lookLog, store(2), { do: 'truncate', log: 'log', index: 2 }, sync),
      tell('n1', 32_000, look, lookLog),
    ]);
    expect(seen(simulation)).toEqual([
      'r is "corrupt"',
      'r is "corrupt"',
      'log is {"corrupt":2,"before":["a"]}',
      'r is 2',
      'log is ["a"]',
    ]);
    expect(ofKind(trace, 'disk-error').map(({ target }) => target)).toEqual(['r', 'log[2]']);
  });

  it('is not seen by a process that has written anew what is not durable yet', () => {
    const { simulation } = run([
      tell('n1', 10_000, store(1), sync, store(2)),
      { kind: 'bit-flip', node: 'n1', at: 20_000, target: 'r' },
      tell('n1', 21_000, look, sync),
      tell('n1', 22_000, look),
    ]);
    expect(seen(simulation)).toEqual(['r is 2', 'r is 2']);
  });

  it('without checksums is another value, the same for every reader', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.string({ minLength: 1 }),
        fc.string({ minLength: 1, maxLength: 3 }),
        (n, text, seed) => {
          const value = { n, text, list: [1, 'x', null] };
          const { simulation } = run(
            [
              tell('n1', 10_000, { do: 'put', record: 'r', value }, sync),
              { kind: 'bit-flip', node: 'n1', at: 20_000, silent: true },
              tell('n1', 21_000, look, look),
            ],
            actor,
            { seed },
          );
          const [first, second] = seen(simulation);
          expect(first).toBe(second);
          expect(first).not.toBe(`r is ${JSON.stringify(value)}`);
          const changed = JSON.parse((first as string).slice(5));
          expect(Object.keys(changed)).toEqual(Object.keys(value));
        },
      ),
      effort(40),
    );
  });

  it('finds any place of the disk, and only what is there', () => {
    const places = new Set<string>();
    for (let seed = 0; seed < 60; seed++) {
      const { trace } = run(
        [tell('n1', 10_000, store(1), add('a'), add('b'), sync), { kind: 'bit-flip', node: 'n1', at: 20_000 }],
        actor,
        { seed: `${seed}` },
      );
      for (const { target } of ofKind(trace, 'disk-error')) places.add(target);
    }
    expect([...places].sort()).toEqual(['log[1]', 'log[2]', 'r']);
    const { simulation } = run([
      { kind: 'bit-flip', node: 'n1', at: 20_000 },
      { kind: 'read-error', node: 'n1', at: 20_000, target: 'nothing' },
    ]);
    expect(simulation.statistics().faults['bit-flip']).toEqual({ fired: 0, skipped: 1 });
    expect(simulation.statistics().faults['read-error']).toEqual({ fired: 0, skipped: 1 });
  });
});

describe('a read error', () => {
  it('lasts as long as it says, or for ever', () => {
    const bad = (span: { for?: number }): Fault => ({
      kind: 'read-error',
      node: 'n1',
      at: 20_000,
      target: 'r',
      ...span,
    });
    const faults = (fault: Fault): Fault[] => [
      tell('n1', 10_000, store(1), sync),
      fault,
      reboot(25_000),
      tell('n1', 29_999, look),
      tell('n1', 30_001, look),
    ];
    expect(seen(run(faults(bad({ for: 10_000 }))).simulation)).toEqual(['r is "read"', 'r is 1']);
    expect(seen(run(faults(bad({}))).simulation)).toEqual(['r is "read"', 'r is "read"']);
  });
});

describe('a misdirected write', () => {
  it('leaves the old value where it was meant to go, and destroys another one', () => {
    const { simulation, trace } = run([
      tell('n1', 10_000, store(1), { do: 'put', record: 's', value: 1 }, sync),
      { kind: 'misdirected-write', node: 'n1', at: 15_000 },
      tell('n1', 20_000, store(2), sync, { do: 'note', text: 'durable' }, look),
      reboot(30_000),
      tell('n1', 31_000, look, { do: 'look', record: 's' }),
    ]);
    expect(ofKind(trace, 'note')).toHaveLength(1);
    expect(seen(simulation)).toEqual(['r is 1', 's is "corrupt"']);
  });

  it('leaves a hole in a log', () => {
    const { simulation } = run([
      tell('n1', 10_000, add('a'), sync),
      { kind: 'misdirected-write', node: 'n1', at: 15_000 },
      tell('n1', 20_000, add('b'), add('c'), sync),
      reboot(30_000),
      tell('n1', 31_000, lookLog, { do: 'truncate', log: 'log', index: 1 }),
    ]);
    expect(seen(simulation)[0]).toBe('log is {"corrupt":1,"before":[]}');
  });
});

describe('a write that fails', () => {
  const work: Step[] = [{ do: 'note', text: 'before' }, store(1), { do: 'note', text: 'after' }];
  it('takes the rest of its handler with it, tells the role, and is not on disk', () => {
    const { simulation, trace } = run([
      { kind: 'write-error', node: 'n1', at: 5_000 },
      tell('n1', 10_000, ...work),
      tell('n1', 20_000, look, ...work, look),
    ]);
    expect(ofKind(trace, 'note').map(({ text }) => text)).toEqual(['before', 'refuses', 'before', 'after']);
    expect(seen(simulation)).toEqual(['disk error: write', 'r is null', 'r is null']);
    expect(ofKind(trace, 'disk-error')[0]).toMatchObject({ error: 'write', target: 'r', at: 10_000 });
  });

  it('stops a role that does not handle it', () => {
    const { trace } = run([{ kind: 'write-error', node: 'n1', at: 5_000 }, tell('n1', 10_000, ...work)], fragileActor);
    expect(ofKind(trace, 'halt')[0]?.reason).toBe('a write failed, and the role has no onDiskError');
  });

  it('for want of room fails until there is room; what only removes succeeds', () => {
    const { simulation, trace } = run([
      tell('n1', 5_000, add('a'), add('b'), sync),
      { kind: 'full-disk', node: 'n1', at: 9_000, for: 10_000 },
      tell('n1', 10_000, add('c'), { do: 'note', text: 'never' }),
      tell('n1', 11_000, { do: 'truncate', log: 'log', index: 2 }, sync, { do: 'note', text: 'removed' }),
      tell('n1', 20_000, add('d'), sync),
      tell('n1', 21_000, lookLog),
    ]);
    expect(seen(simulation)).toEqual(['disk error: full', 'log is ["a","d"]']);
    expect(ofKind(trace, 'note').map(({ text }) => text)).toEqual(['refuses', 'removed']);
  });

  it('strikes once, whoever waits: a crash in between forgets it', () => {
    const { trace, simulation } = run([
      { kind: 'write-error', node: 'n1', at: 5_000 },
      tell('n1', 10_000, ...work),
      { kind: 'crash', node: 'n1', at: 10_000, for: 100 },
      tell('n1', 20_000, ...work),
    ]);
    expect(ofKind(trace, 'note').map(({ text }) => text)).toEqual(['before', 'before', 'after']);
    expect(seen(simulation)).toEqual([]);
  });
});

describe('a stalled disk', () => {
  it('ends no sync while it stalls, and afterwards all of them, in their order', () => {
    const later = (at: number, data: string): Fault => tell('n1', at, store(1), { do: 'sync-later', data });
    const { simulation, trace } = run([
      later(10_000, 'a'),
      { kind: 'disk-stall', node: 'n1', at: 10_200, for: 20_000 },
      later(10_300, 'b'),
      later(31_000, 'c'),
    ]);
    expect(ofKind(trace, 'synced').map(({ at }) => at)).toEqual([30_200, 30_700, 31_500]);
    expect(seen(simulation)).toEqual(['synced "a" ok', 'synced "b" ok', 'synced "c" ok']);
  });

  it('stalls for the next process as for the last', () => {
    const { trace } = run([
      { kind: 'disk-stall', node: 'n1', at: 10_000, for: 20_000 },
      reboot(15_000),
      tell('n1', 16_000, store(1), sync, { do: 'note', text: 'durable' }),
    ]);
    expect(ofKind(trace, 'note')[0]?.at).toBe(30_500);
  });

  it('does so in any run, and stalls for the next process too', () => {
    fc.assert(
      fc.property(
        aRun,
        fc.integer({ min: 1_000, max: 120_000 }),
        fc.integer({ min: 1_000, max: 60_000 }),
        (drawn, at, span) => {
          const { calm: _, ...plain } = drawn;
          const spec = {
            ...plain,
            faults: [...plain.faults, { kind: 'disk-stall', node: 'n2', at, for: span } as Fault],
          };
          const synced = ofKind(runOf(spec, chatter).trace, 'synced').filter(({ node }) => node === 'n2');
          expect(synced.filter((event) => event.at > at && event.at < at + span)).toEqual([]);
        },
      ),
      effort(15),
    );
  });
});

describe('a node that has lost its disk', () => {
  it('comes back with an empty one', () => {
    const { simulation } = run([
      tell('n1', 10_000, store(1), add('a'), sync),
      { kind: 'crash', node: 'n1', at: 20_000, empty: true, for: 100 },
      tell('n1', 30_000, look, lookLog),
    ]);
    expect(seen(simulation)).toEqual(['r is null', 'log is []']);
  });
});

describe('the fault atlas', () => {
  it('says whose disk may be damaged; what would damage another is skipped', () => {
    const damaging: Fault[] = [
      { kind: 'bit-flip', node: 'n1', at: 20_000 },
      { kind: 'read-error', node: 'n1', at: 20_000 },
      { kind: 'misdirected-write', node: 'n1', at: 20_000 },
      { kind: 'crash', node: 'n1', at: 20_000, empty: true },
    ];
    const faults = [tell('n1', 10_000, store(1), sync), ...damaging];
    const counts = (damageable: readonly string[]): unknown[] =>
      Object.entries(
        run(faults, actor, {
          disk: { syncLatency: { kind: 'constant', value: 500 }, damageable },
        }).simulation.statistics().faults,
      ).flatMap(([kind, { fired, skipped }]) => (kind === 'admin' ? [] : [[kind, fired, skipped]]));
    const kinds = ['bit-flip', 'read-error', 'misdirected-write', 'crash'];
    expect(counts(['n2'])).toEqual(kinds.map((kind) => [kind, 0, 1]));
    expect(counts(['n1'])).toEqual(kinds.map((kind) => [kind, 1, 0]));
  });
});

describe('all crash states', () => {
  const at = (faults: readonly Fault[], time: number): Simulation => {
    const simulation = new Simulation({ spec: specOf({ nodes: nodes('actor', 1), faults }), roles: { actor } });
    while (simulation.now < time) simulation.step();
    return simulation;
  };

  it('of a small log are all that any crash could leave, each once', () => {
    const simulation = at(
      [tell('n1', 10_000, add('a'), sync, store(1), add('b'), add('c')), tell('n1', 20_000)],
      20_000,
    );
    const digest = simulation.digest();
    const states = [...crashStates(simulation, 'n1')].map(({ kept, torn }) => [kept.join(' + '), torn]);
    expect(states).toEqual([
      ['', false],
      ['', true],
      ['put r', false],
      ['put r', true],
      ['append log[2]', false],
      ['append log[2]', true],
      ['put r + append log[2]', false],
      ['put r + append log[2]', true],
      ['append log[2] + append log[3]', false],
      ['put r + append log[2] + append log[3]', false],
    ]);
    expect(simulation.digest()).toBe(digest);
  });

  it('can each be booted and run on', () => {
    const faults = [tell('n1', 10_000, add('a'), sync, add('b')), tell('n1', 20_000), tell('n1', 30_000, lookLog)];
    const simulation = at(faults, 20_000);
    const after: unknown[] = [];
    for (const _ of crashStates(simulation, 'n1')) {
      simulation.restart('n1');
      simulation.run();
      after.push(...seen(simulation));
    }
    expect(after).toEqual(['log is ["a"]', 'log is {"torn":2,"before":["a"]}', 'log is ["a","b"]']);
  });

  it('include whatever a drawn crash leaves', () => {
    fc.assert(
      fc.property(
        fc.array(fc.boolean(), { maxLength: 6 }),
        fc.nat(6),
        aLoss,
        fc.integer(),
        (kinds, part, loss, bits) => {
          const steps = kinds.map((isPut, i): Step => (isPut ? store(i) : add(`${i}`)));
          const place = Math.min(part, steps.length);
          const simulation = at(
            [tell('n1', 10_000, ...steps.slice(0, place), sync, ...steps.slice(place)), tell('n1', 20_000)],
            20_000,
          );
          const saved = (): SimDisk => {
            const disk = new SimDisk();
            disk.load(simulation.snapshot().nodes[0]?.saved.disk as never);
            return disk;
          };
          const drawn = saved();
          drawn.crash(loss, bits);
          const all: unknown[] = [];
          for (const _ of crashStates(simulation, 'n1')) all.push(contentsOf(saved().durable));
          expect(all).toContainEqual(contentsOf(drawn.durable));
        },
      ),
      effort(40),
    );
  });

  it('are refused where there are too many, or nobody to crash', () => {
    const many = Array.from({ length: 13 }, (_, i) => store(i));
    expect(() => [...crashStates(at([tell('n1', 10_000, ...many), tell('n1', 20_000)], 20_000), 'n1')]).toThrow(/13/);
    expect(() => [...crashStates(at([reboot(10_000)], 10_000), 'n1')]).toThrow('n1 is not running');
  });
});
