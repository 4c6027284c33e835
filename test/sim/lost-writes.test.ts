/** What is left of a log when some of what was written to it never arrived. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SimDisk } from '../../src/sim/disk.ts';
import type { Fault } from '../../src/sim/faults.ts';
import { type ActorState, actor, type Step, tell } from '../toys/kernel-actor.ts';
import { effort } from '../toys/kernel-arbitraries.ts';
import { nodes, runOf, specOf, stateOf } from '../toys/kernel-spec.ts';

const area = '';
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
      { weight: 1, arbitrary: fc.constant('failing sync' as const) },
    );
    fc.assert(
      fc.property(fc.array(aStep, { maxLength: 14 }), fc.array(fc.boolean(), { maxLength: 12 }), (steps, kept) => {
        const disk = new SimDisk();
        const before = new Map<unknown, unknown>();
        const target = 'log';
        steps.forEach((step, entry) => {
          const { first, entries } = disk.cached.log(area, 'log');
          const end = first + entries.length;
          if (step === 'append') {
            before.set(entry, entries.at(-1));
            disk.write({ area, kind: 'append', target, index: end, entry });
          } else if (step === 'anew') {
            before.set(entry, undefined);
            disk.write({ area, kind: 'replace', target, first, entries: [entry] });
          } else if (typeof step === 'object') {
            disk.write({ area, kind: 'truncate', target, index: Math.max(first, end - step.back) });
          } else {
            if (step === 'failing sync') disk.failing = 1;
            disk.begin(entry, 0, 1, false, 0, '', undefined);
            disk.finish(entry);
          }
          followsItsPredecessor(disk.durable.log(area, 'log').entries);
        });
        disk.crashKeeping((write) => kept[write] ?? true, false);
        followsItsPredecessor(disk.durable.log(area, 'log').entries);

        function followsItsPredecessor(entries: readonly unknown[]): void {
          entries.forEach((entry, place) => {
            expect(before.get(entry)).toBe(entries[place - 1]);
          });
        }
      }),
      effort(3_000),
    );
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
