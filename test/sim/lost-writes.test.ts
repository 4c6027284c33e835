/** What is left of a log when some of what was written to it never arrived. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SimDisk } from '../../src/sim/disk.ts';
import type { Fault } from '../../src/sim/faults.ts';
import type { LogImage, Write } from '../../src/sim/image.ts';
import { type ActorState, actor, type Step, tell } from '../toys/kernel-actor.ts';
import { effort } from '../toys/kernel-arbitraries.ts';
import { nodes, runOf, specOf, stateOf } from '../toys/kernel-spec.ts';

const area = '';
type Written = DistributiveOmit<Write, 'area' | 'target'>;
type DistributiveOmit<T, K extends keyof T> = T extends unknown ? Omit<T, K> : never;
const add = (entry: string): Step => ({ do: 'append', log: 'log', entry });
const sync: Step = { do: 'sync' };
const lookLog: Step = { do: 'look-log', log: 'log' };
const reboot = (at: number): Fault => ({ kind: 'crash', node: 'n1', at, for: 100 });

describe('a log of which a crash or a failed sync has lost something', () => {
  it('leaves no entry behind another than the one that it was appended behind, whoever has lost what was between', () => {
    const aStep = fc.oneof(
      { weight: 4, arbitrary: fc.constant('append' as const) },
      { weight: 2, arbitrary: fc.record({ back: fc.integer({ min: 1, max: 3 }) }) },
      { weight: 1, arbitrary: fc.constantFrom('anew' as const, 'sync' as const) },
      { weight: 1, arbitrary: fc.constantFrom('failing sync' as const, 'misdirected' as const, 'drop' as const) },
    );
    fc.assert(
      fc.property(fc.array(aStep, { maxLength: 14 }), fc.array(fc.boolean(), { maxLength: 12 }), (steps, kept) => {
        const disk = new SimDisk();
        const before = new Map<unknown, unknown>();
        /** By index what is in the log or was dropped from it. */
        const written: unknown[] = [];
        const target = 'log';
        steps.forEach((step, entry) => {
          const { first, entries } = disk.cached.log(area, 'log');
          const end = first + entries.length;
          if (step === 'append') {
            before.set(entry, written[end - 1]);
            written[end] = entry;
            disk.write({ area, kind: 'append', target, index: end, entry });
          } else if (step === 'anew') {
            before.set(entry, undefined);
            written.length = 0;
            written[first] = entry;
            disk.write({ area, kind: 'replace', target, first, entries: [entry] });
          } else if (typeof step === 'object') {
            disk.write({ area, kind: 'truncate', target, index: Math.max(first, end - step.back) });
          } else if (step === 'drop') {
            disk.write({ area, kind: 'drop-prefix', target, index: Math.min(end, first + 1) });
          } else if (step === 'misdirected') {
            disk.misdirected++;
          } else {
            if (step === 'failing sync') disk.failing = 1;
            disk.begin(entry, 0, 1, false, 0, '', undefined);
            disk.finish(entry);
          }
          isWhole(disk.durable.log(area, 'log'));
        });
        disk.crashKeeping((write) => kept[write] ?? true, false);
        isWhole(disk.durable.log(area, 'log'));

        function isWhole({ first, entries, damaged }: LogImage): void {
          entries.forEach((entry, place) => {
            // What was before the first may have been dropped.
            if (place > 0 || first === 1) expect(before.get(entry)).toBe(entries[place - 1]);
          });
          for (const index of damaged?.keys() ?? []) {
            expect(index).toBeGreaterThanOrEqual(first);
            expect(index).toBeLessThan(first + entries.length);
          }
        }
      }),
      effort(3_000),
    );
  });

  /** The last of these syncs, each of what was written since the one before, is the one that ends well. */
  const logAfter = (...syncs: readonly (readonly Written[])[]): LogImage => {
    const disk = new SimDisk();
    syncs.forEach((writes, i) => {
      for (const write of writes) disk.write({ area, target: 'log', ...write });
      if (i === 1) disk.failing = 1;
      disk.begin(i, 0, 1, false, 0, '', undefined);
      disk.finish(i);
    });
    return disk.durable.log(area, 'log');
  };
  const entry = (index: number, name: string): Written => ({ kind: 'append', index, entry: name });
  const drop = (index: number): Written => ({ kind: 'drop-prefix', index });
  const cut = (index: number): Written => ({ kind: 'truncate', index });
  const old = [entry(1, 'a'), entry(2, 'b'), entry(3, 'c'), entry(4, 'd')];

  it('can be written to again once all that should have been cut is cut or dropped', () => {
    const again = [entry(2, 'e'), entry(3, 'f')];
    expect(logAfter(old, [cut(2)], [...again, drop(3), cut(3), entry(3, 'g')])).toMatchObject({
      first: 3,
      entries: ['g'],
    });
    // The file that was to take its place never did.
    const anew: Written = { kind: 'replace', first: 2, entries: ['e', 'f'] };
    expect(logAfter(old, [anew], [drop(3), cut(3), entry(3, 'g')])).toMatchObject({ first: 3, entries: [] });
    // An old entry is left at 3, and what follows it no longer is.
    expect(logAfter(old, [cut(2)], [...again, drop(3), cut(4), entry(4, 'g')])).toMatchObject({
      first: 3,
      entries: ['c'],
    });
  });

  it('goes on from what is found after a crash, also where a failed sync had lost a cut before', () => {
    const faults: readonly Fault[] = [
      tell('n1', 10_000, add('a'), add('b'), sync),
      { kind: 'sync-error', node: 'n1', at: 15_000 },
      tell('n1', 20_000, { do: 'truncate', log: 'log', index: 2 }, { do: 'sync-later' }),
      tell('n1', 30_000, add('c'), sync, lookLog),
      reboot(40_000),
      tell('n1', 50_000, lookLog, add('d'), sync),
      reboot(60_000),
      tell('n1', 70_000, lookLog),
    ];
    const { simulation } = runOf(specOf({ nodes: nodes('actor', 1), faults }), { actor }, [], true);
    expect(stateOf<ActorState>(simulation, 'n1')?.seen).toEqual(['log is ["a","b","d"]']);
  });
});
