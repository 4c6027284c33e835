import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SimDisk } from '../../src/sim/disk.ts';
import type { Fault } from '../../src/sim/faults.ts';
import { Image, type Write } from '../../src/sim/image.ts';
import type { PlacedObserver } from '../../src/sim/observer.ts';
import { type ActorState, actor, fragileActor, type Step, tell } from '../toys/kernel-actor.ts';
import { nodes, ofKind, runOf, specOf, stateOf } from '../toys/kernel-spec.ts';

const area = '';
const put = (target: string, value: unknown): Write => ({ area, kind: 'put', target, value });

/** A disk and the log writes that fit it: appends get the index a context would give them. */
const aCommand = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('append' as const), entry: fc.nat(99) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('put' as const), entry: fc.nat(99) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('truncate' as const), back: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drop-prefix' as const), forth: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('replace' as const), first: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('sync' as const), fails: fc.constant(false) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('finish' as const) }) },
);
type Command = typeof aCommand extends fc.Arbitrary<infer C> ? C : never;

/** Carries out commands; answers what was written, and how many of these writes a sync has made durable. */
function carryOut(disk: SimDisk, commands: readonly Command[]): { writes: Write[]; synced: number } {
  const writes: Write[] = [];
  const pending: { token: number; upTo: number }[] = [];
  let synced = 0;
  const write = (one: Write): void => {
    writes.push(one);
    disk.write(one);
  };
  commands.forEach((command, at) => {
    const { first, entries } = disk.cached.log(area, 'log');
    const end = first + entries.length;
    if (command.do === 'append') write({ area, kind: 'append', target: 'log', index: end, entry: command.entry });
    else if (command.do === 'put') write(put('record', command.entry));
    else if (command.do === 'truncate')
      write({ area, kind: 'truncate', target: 'log', index: Math.max(first, end - command.back) });
    else if (command.do === 'drop-prefix')
      write({ area, kind: 'drop-prefix', target: 'log', index: Math.min(end, first + command.forth) });
    else if (command.do === 'replace')
      write({ area, kind: 'replace', target: 'log', first: command.first, entries: ['a', 'b'] });
    else if (command.do === 'sync') {
      disk.begin(at + 1, 0, 10, false, 0, '', undefined);
      pending.push({ token: at + 1, upTo: writes.length });
    } else {
      const done = pending.shift();
      if (done === undefined) return;
      disk.finish(done.token);
      synced = Math.max(synced, done.upTo);
    }
  });
  return { writes, synced };
}

function imageAfter(writes: readonly Write[]): Image {
  const image = new Image();
  for (const write of writes) image.apply(write);
  return image;
}

const contents = (image: Image): unknown => [
  image.record(area, 'record'),
  image.log(area, 'log').first,
  [...image.log(area, 'log').entries],
];
const commandLists = fc.array(aCommand, { maxLength: 40 });

describe('a disk', () => {
  it('shows its processes every write at once, and keeps through a crash what was synced', () => {
    fc.assert(
      fc.property(commandLists, (commands) => {
        const disk = new SimDisk();
        const { writes, synced } = carryOut(disk, commands);
        expect(contents(disk.cached)).toEqual(contents(imageAfter(writes)));
        expect(contents(disk.durable)).toEqual(contents(imageAfter(writes.slice(0, synced))));
        const lost = disk.crash({ unsynced: 'none' }, 0);
        expect(lost).toBe(writes.length - synced);
        expect(contents(disk.cached)).toEqual(contents(imageAfter(writes.slice(0, synced))));
      }),
    );
  });

  it('keeps everything through a crash that loses nothing', () => {
    fc.assert(
      fc.property(commandLists, (commands) => {
        const disk = new SimDisk();
        const { writes } = carryOut(disk, commands);
        expect(disk.crash({ unsynced: 'all' }, 0)).toBe(0);
        expect(contents(disk.cached)).toEqual(contents(imageAfter(writes)));
      }),
    );
  });

  it('keeps some prefix of the unsynced writes otherwise, each length alike, never less than what was synced', () => {
    fc.assert(
      fc.property(commandLists, fc.integer(), (commands, bits) => {
        const disk = new SimDisk();
        const { writes, synced } = carryOut(disk, commands);
        const lost = disk.crash({ unsynced: 'prefix' }, bits);
        expect(lost).toBeLessThanOrEqual(writes.length - synced);
        expect(contents(disk.cached)).toEqual(contents(imageAfter(writes.slice(0, writes.length - lost))));
      }),
    );
    const lengths = [0, 0, 0, 0];
    for (let i = 0; i < 4_000; i++) {
      const disk = new SimDisk();
      for (let n = 0; n < 3; n++) disk.write(put('record', n));
      const lost = disk.crash({ unsynced: 'prefix' }, Math.imul(i, 0x9e3779b1));
      lengths[lost] = (lengths[lost] as number) + 1;
    }
    for (const count of lengths) expect(count).toBeGreaterThan(900);
  });

  it('goes on after a crash as if it had begun with what was left', () => {
    fc.assert(
      fc.property(commandLists, commandLists, (before, after) => {
        const disk = new SimDisk();
        carryOut(disk, before);
        disk.crash({ unsynced: 'none' }, 0);
        const left = contents(disk.durable);
        const saved = disk.save();
        const { writes, synced } = carryOut(disk, after);
        disk.crash({ unsynced: 'none' }, 0);
        const fresh = new SimDisk();
        fresh.load(saved);
        expect(contents(fresh.durable)).toEqual(left);
        for (const write of writes.slice(0, synced)) fresh.durable.apply(write);
        expect(contents(disk.durable)).toEqual(contents(fresh.durable));
      }),
    );
  });

  it('never makes durable what a failed sync covered, and no later log entry either', () => {
    const disk = new SimDisk();
    const append = (index: number): void =>
      disk.write({ area, kind: 'append', target: 'log', index, entry: `e${index}` });
    append(1);
    disk.begin(1, 0, 10, false, 0, '', undefined);
    disk.finish(1);
    append(2);
    disk.failing = 1;
    disk.begin(2, 0, 10, false, 0, '', undefined);
    disk.finish(2);
    append(3);
    disk.begin(3, 0, 10, false, 0, '', undefined);
    disk.finish(3);
    expect(disk.cached.log(area, 'log').entries).toEqual(['e1', 'e2', 'e3']);
    expect(disk.durable.log(area, 'log').entries).toEqual(['e1']);
  });

  it('ends its syncs in the order in which they began, each after the last', () => {
    const disk = new SimDisk();
    disk.write(put('record', 1));
    expect(disk.begin(1, 100, 50, false, 0, 'a', undefined).done).toBe(150);
    expect(disk.begin(2, 110, 5, false, 0, 'b', undefined).done).toBe(155);
    expect(disk.begin(3, 500, 5, false, 0, 'c', undefined).done).toBe(505);
  });

  it('saved and loaded is the same disk, and shares nothing that changes', () => {
    fc.assert(
      fc.property(commandLists, commandLists, (before, after) => {
        const disk = new SimDisk();
        carryOut(disk, before);
        const saved = disk.save();
        const copy = new SimDisk();
        copy.load(saved);
        expect(copy.contents()).toEqual(disk.contents());
        carryOut(disk, after);
        const other = new SimDisk();
        other.load(saved);
        expect(other.contents()).toEqual(copy.contents());
      }),
    );
  });
});

const write: Step = { do: 'put', record: 'r', value: 1 };
const sync: Step = { do: 'sync' };
const run = (faults: readonly Fault[], role = actor, strict = true): ReturnType<typeof runOf> =>
  runOf(specOf({ nodes: nodes('actor', 2), faults }), { actor: role }, [], strict);
const seen = (simulation: ReturnType<typeof run>['simulation'], node = 'n1'): readonly string[] | undefined =>
  stateOf<ActorState>(simulation, node)?.seen;

describe('a blocking sync', () => {
  it('keeps the node busy: what arrives meanwhile waits, in order', () => {
    const { simulation, trace } = run([
      tell('n1', 10_000, write, sync, { do: 'remember', text: 'still in the handler' }),
      tell('n2', 9_100, { do: 'send', to: 'n1', text: 'a' }, { do: 'send', to: 'n1', text: 'b' }),
      tell('n2', 9_200, { do: 'send', to: 'n1', text: 'c' }),
    ]);
    expect(seen(simulation)).toEqual(['still in the handler', 'n2: a', 'n2: b', 'n2: c']);
    expect(ofKind(trace, 'deliver').map(({ at }) => at)).toEqual([10_500, 10_500, 10_500]);
  });

  it('of nothing takes no time', () => {
    const { trace } = run([tell('n1', 10_000, sync, { do: 'note', text: 'at once' })]);
    expect(ofKind(trace, 'note')[0]?.at).toBe(10_000);
    expect(ofKind(trace, 'sync')).toEqual([]);
  });

  it('waits for the writes of earlier syncs as well', () => {
    const { trace } = run([tell('n1', 10_000, write, { do: 'sync-later' }, sync, { do: 'note', text: 'durable' })]);
    expect(ofKind(trace, 'note')[0]?.at).toBe(11_000);
  });

  it('twice in one handler makes it wait twice', () => {
    const { trace } = run([tell('n1', 10_000, write, sync, write, sync, { do: 'note', text: 'durable' })]);
    expect(ofKind(trace, 'note')[0]?.at).toBe(11_000);
  });

  it('lets timers fire late, one after the other', () => {
    const { simulation } = run([
      tell('n1', 9_000, { do: 'timer', delay: 1_100, key: 'x' }, { do: 'timer', delay: 1_200, key: 'y' }),
      tell('n1', 10_000, write, sync),
    ]);
    expect(seen(simulation)).toEqual(['alarm/x at 10500', 'alarm/y at 10500']);
  });

  it('forgotten by a crash never returns', () => {
    const { trace } = run([
      tell('n1', 10_000, write, sync, { do: 'note', text: 'durable' }),
      { kind: 'crash', node: 'n1', at: 10_100, for: 100 },
      tell('n1', 10_300, { do: 'look', record: 'r' }),
    ]);
    expect(ofKind(trace, 'note')).toEqual([]);
    expect(ofKind(trace, 'synced')).toEqual([]);
    expect(ofKind(trace, 'crash')[0]).toMatchObject({ lostWrites: 1, lostEffects: 1 });
  });

  it('forgotten by a crash does not hold up the next process', () => {
    const { trace } = run([
      { kind: 'slow-disk', node: 'n1', at: 0, latency: 100_000, for: 10_200 },
      tell('n1', 10_000, write, sync),
      { kind: 'crash', node: 'n1', at: 10_100, for: 100 },
      tell('n1', 10_300, write, sync, { do: 'note', text: 'durable' }),
    ]);
    expect(ofKind(trace, 'note')[0]?.at).toBe(10_800);
  });

  it('that fails tells the role, and the rest of the handler is gone', () => {
    const { simulation, trace } = run([
      { kind: 'sync-error', node: 'n1', at: 5_000 },
      tell('n1', 10_000, write, sync, { do: 'send', to: 'n2', text: 'durable' }),
      tell('n1', 20_000, write, sync, { do: 'send', to: 'n2', text: 'later' }),
    ]);
    expect(seen(simulation)).toEqual(['disk error: sync']);
    expect(seen(simulation, 'n2')).toEqual(['n1: later']);
    expect(ofKind(trace, 'synced')[0]).toMatchObject({ ok: false, error: 'sync', at: 10_500 });
  });

  it('that fails stops a role that does not handle it', () => {
    const { simulation, trace } = run(
      [{ kind: 'sync-error', node: 'n1', at: 5_000 }, tell('n1', 10_000, write, sync), tell('n1', 20_000, write)],
      fragileActor,
    );
    expect(ofKind(trace, 'halt')[0]?.reason).toBe('a sync failed, and the role has no onDiskError');
    expect(simulation.statistics().faults.admin).toEqual({ fired: 1, skipped: 1 });
  });

  it('that fails while the node is paused is told when the pause ends', () => {
    const { trace } = run([
      { kind: 'sync-error', node: 'n1', at: 5_000 },
      tell('n1', 10_000, write, sync),
      { kind: 'pause', node: 'n1', at: 10_100, for: 5_000 },
    ]);
    expect(ofKind(trace, 'note')).toEqual([expect.objectContaining({ text: 'refuses', at: 15_100 })]);
  });

  it('that ends while the node is paused lets the rest happen when the pause ends', () => {
    const { trace } = run([
      tell('n1', 10_000, write, sync, { do: 'note', text: 'durable' }),
      { kind: 'pause', node: 'n1', at: 10_100, for: 5_000 },
    ]);
    expect(ofKind(trace, 'note')[0]?.at).toBe(15_100);
    expect(ofKind(trace, 'synced')[0]?.at).toBe(10_500);
  });
});

describe('an asynchronous sync', () => {
  it('leaves the node free and ends in order, each with its own data', () => {
    const { simulation, trace } = run([
      tell('n1', 10_000, write, { do: 'sync-later', data: 'a' }, write, { do: 'sync-later', data: 'b' }),
      tell('n1', 10_100, { do: 'remember', text: 'free' }, { do: 'sync-later', data: 'c' }),
    ]);
    expect(seen(simulation)).toEqual(['free', 'synced "a" ok', 'synced "b" ok', 'synced "c" ok']);
    expect(ofKind(trace, 'synced').map(({ at }) => at)).toEqual([10_500, 11_000, 11_500]);
  });

  it('that ends while the node is busy is told afterwards', () => {
    const { simulation } = run([
      tell('n1', 10_000, write, { do: 'sync-later', data: 'a' }),
      tell('n1', 10_100, write, sync, { do: 'remember', text: 'not yet' }),
    ]);
    expect(seen(simulation)).toEqual(['not yet', 'synced "a" ok']);
  });

  it('that fails says so, and the next one that begins ends well', () => {
    const { simulation } = run([
      { kind: 'sync-error', node: 'n1', at: 5_000 },
      tell('n1', 10_000, write, { do: 'sync-later', data: 'a' }),
      tell('n1', 11_000, write, { do: 'sync-later', data: 'b' }),
    ]);
    expect(seen(simulation)).toEqual(['synced "a" sync', 'synced "b" ok']);
  });

  it('in flight at a crash is forgotten, with what it would have made durable', () => {
    const { simulation } = run([
      tell('n1', 10_000, write, { do: 'sync-later', data: 'a' }, { do: 'sync-later', data: 'b' }),
      { kind: 'crash', node: 'n1', at: 10_700, for: 100 },
      tell('n1', 20_000, { do: 'look', record: 'r' }),
    ]);
    expect(seen(simulation)).toEqual(['r is 1']);
    const unlucky = run([
      tell('n1', 10_000, write, { do: 'sync-later', data: 'a' }),
      { kind: 'crash', node: 'n1', at: 10_300, for: 100 },
      tell('n1', 20_000, { do: 'look', record: 'r' }),
    ]);
    expect(seen(unlucky.simulation)).toEqual(['r is null']);
  });
});

describe('the durations of syncs', () => {
  const uniform = { syncLatency: { kind: 'uniform', min: 100, max: 900 } } as const;
  const busy = (node: string): Fault[] =>
    Array.from({ length: 20 }, (_, i) => tell(node, 10_000 + i * 1_000, write, sync, { do: 'note', text: node }));
  const doneAt = (faults: readonly Fault[], node: string): number[] =>
    ofKind(
      runOf(specOf({ nodes: nodes('actor', 2), disk: uniform, faults }), { actor }).trace.filter(
        (event) => 'node' in event && event.node === node,
      ),
      'synced',
    ).map(({ at }) => at);

  it('vary as asked', () => {
    const times = doneAt(busy('n1'), 'n1').map((at) => at % 1_000);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(100);
    expect(Math.max(...times)).toBeLessThanOrEqual(900);
    expect(new Set(times).size).toBeGreaterThan(10);
    const both = [...busy('n1'), ...busy('n2')];
    expect(doneAt(both, 'n2')).not.toEqual(doneAt(both, 'n1'));
  });

  it('on a slow disk are what it says for syncs that begin while it is slow, and no others', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(20_000), { minLength: 5, maxLength: 25 }),
        fc.nat(20_000),
        fc.integer({ min: 1, max: 15_000 }),
        fc.integer({ min: 1, max: 9_000 }),
        (beats, start, span, latency) => {
          // Syncs begin at even times, and the disk gets slow and quick again at odd ones.
          const times = [...new Set(beats)].sort((a, b) => a - b).map((time) => 2 * time);
          const slow: Fault = { kind: 'slow-disk', node: 'n1', at: 2 * start + 1, latency, for: 2 * span };
          const begin = (node: string): Fault[] => times.map((at) => tell(node, at, write, { do: 'sync-later' }));
          const { trace } = run([...begin('n1'), ...begin('n2'), slow], actor, false);
          const expected = (isSlow: (time: number) => boolean): number[] => {
            let busyUntil = 0;
            return times.map((time) => {
              busyUntil = Math.max(time, busyUntil) + (isSlow(time) ? latency : 500);
              return busyUntil;
            });
          };
          const doneAt = (node: string): number[] =>
            ofKind(trace, 'synced').flatMap((event) => (event.node === node ? [event.at] : []));
          expect(doneAt('n1')).toEqual(expected((time) => time > 2 * start + 1 && time < 2 * (start + span) + 1));
          expect(doneAt('n2')).toEqual(expected(() => false));
        },
      ),
    );
  });

  it('do not depend on what other nodes write', () => {
    expect(doneAt([...busy('n1'), ...busy('n2')], 'n1')).toEqual(doneAt(busy('n1'), 'n1'));
  });

  it('are not disturbed by crashes, nor is what handlers draw', () => {
    const draws: Step[] = [{ do: 'draw', bound: 1_000_000 }];
    const drawn = (unsynced: 'none' | 'prefix'): readonly string[] | undefined =>
      seen(
        runOf(
          specOf({
            nodes: nodes('actor', 1),
            disk: uniform,
            faults: [
              tell('n1', 5_000, write),
              { kind: 'crash', node: 'n1', at: 6_000, unsynced, for: 100 },
              tell('n1', 10_000, ...draws),
            ],
          }),
          { actor },
        ).simulation,
      );
    expect(drawn('prefix')).toEqual(drawn('none'));
  });
});

describe('the images a property sees', () => {
  it('differ by what is not synced, and it hears of writes when they become durable', () => {
    const heard: string[] = [];
    const observer: PlacedObserver = {
      path: '',
      observer: {
        name: 'images',
        start: () => null,
        durable(_memory, node, world) {
          heard.push(`${world.now} ${world.diskOf(node).durableRecord('r')} ${world.diskOf(node).cachedRecord('r')}`);
          return undefined;
        },
        log(_memory, _node, log, change) {
          heard.push(`${log} ${JSON.stringify(change)}`);
          return undefined;
        },
      },
    };
    const at = (time: number, ...steps: Step[]): Fault => tell('n1', time, ...steps);
    runOf(
      specOf({
        nodes: nodes('actor', 1),
        faults: [
          at(10_000, write, { do: 'sync-later' }, { do: 'put', record: 'r', value: 2 }),
          at(20_000, { do: 'append', log: 'log', entry: 'e' }, sync),
          at(30_000, { do: 'sync-later' }),
        ],
      }),
      { actor },
      [observer],
    );
    expect(heard).toEqual([
      '10500 1 2',
      expect.stringContaining('log {"area":"","kind":"append","target":"log","index":1,"entry":"e"}'),
      '20500 2 2',
    ]);
  });
});
