/**
 * Twelve runs of every kind, each at one telling moment and at three sizes. After a change that is meant to be seen:
 *   npx vitest run test/tui/runs.test.ts -u, and look at every frame before it is kept.
 */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Protocol } from '../../src/check/protocol.ts';
import { capsuleAt } from '../../src/cli/corpus.ts';
import { registered } from '../../src/cli/protocols.ts';
import { planFor } from '../../src/cli/run.ts';
import { loadSubject } from '../../src/cli/subject.ts';
import { readPredicate } from '../../src/timeline/predicate.ts';
import { firstHolding } from '../../src/tui/moves.ts';
import { beginning } from '../../src/tui/opening.ts';
import { Viewer } from '../../src/tui/viewer.ts';
import { repositoryRoot } from '../support/lint.ts';
import { large, middle, pressed, type Shot, shot, small, troubledViewer } from './viewers.ts';

interface Shown {
  /** A scenario by name or file, a capsule, or a viewer that is there already. */
  readonly run: string | (() => Viewer);
  readonly seed?: string;
  readonly bug?: string;
  readonly set?: readonly string[];
  /** The moment: where this holds for the how-manieth time. */
  readonly at: string;
  readonly nth?: number;
  readonly keys?: readonly string[];
}

const lesson = (name: string): string => join(repositoryRoot, 'lessons', `${name}.scenario.yaml`);
const cut = '[{when: {note: preCommitting}, kind: partition, groups: [[n1, n2, c1], [n3]], for: 1500ms}]';

const runs: { readonly [name: string]: Shown } = {
  'an election during a partition': { run: 'raft-partition', at: 'leader:n5' },
  'figure 8, an entry is overwritten': { run: lesson('raft-figure-8'), at: 'note:truncated', keys: ['K', 'K'] },
  '2PC, in doubt and in the way': { run: lesson('two-phase-commit-blocked'), seed: '9', at: 'note:lockWait' },
  '3PC, split': { run: lesson('three-phase-commit-split'), set: [`faults=${cut}`], at: 'broken' },
  'a lease, a pause, a late write': { run: lesson('lease-lock-pause'), bug: 'L01', at: 'resume:c1' },
  'a ring': { run: 'raft-ring', at: 'fault', keys: ['}', '}'] },
  'a bridge': { run: 'raft-bridge', at: 'fault', keys: ['}', '}'] },
  'a one-way cut': { run: 'raft-one-way', at: 'drop', nth: 4 },
  'a crash and what it loses': { run: 'raft-crash-recovery', at: 'crash' },
  'a slow disk': { run: 'raft-slow-disk', at: 'fault', nth: 2, keys: ['F'] },
  'a capsule where it fails': {
    run: join(repositoryRoot, 'test', 'tui', 'capsule.json'),
    at: 'broken:LC',
    keys: ['c'],
  },
  'a protocol of one’s own': { run: troubledViewer, at: 'drop', keys: ['z'] },
};

/** Sign for sign the same as in Unicode, and a third of the size. */
const sizes: { readonly [size: string]: Shot } = { small, middle, large: { ...large, ascii: true } };

describe.each(Object.entries(runs))('%s', async (name, shown) => {
  const viewer = await viewerOf(shown);
  const film = viewer.branches[0]?.film as Viewer['branches'][number]['film'];
  const predicate = readPredicate(shown.at) as NonNullable<ReturnType<typeof readPredicate>>;
  let place = -1;
  for (let times = shown.nth ?? 1; times > 0; times--) place = firstHolding(film, predicate, place + 1);

  test.each(Object.entries(sizes))('%s', async (size, shape) => {
    expect(place).toBeGreaterThan(0);
    const state = pressed(viewer, shown.keys ?? [], shape, { ...beginning(viewer), place });
    const lines = shot(viewer, state, shape).split('\n');
    expect(lines.length).toBe(shape.rows - 1);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(shape.columns);
    const file = `frames/runs/${name.replaceAll(/[^A-Za-z0-9]+/g, '-')}-${size}.txt`;
    await expect(lines.join('\n')).toMatchFileSnapshot(file);
  });
});

/** Few enough for a frame, so that a property more somewhere does not change them all. */
const watched = ['ES', 'LM', 'LC', 'SMS', 'AC1', 'AC2', 'FENCE', 'EXCL', 'leader-elected', 'committed', 'granted'];

const fewer = (protocol: Protocol): Protocol => ({
  ...protocol,
  properties: protocol.properties.filter(({ name }) => watched.includes(name)),
});

async function viewerOf({ run, seed = '1', bug, set = [] }: Shown): Promise<Viewer> {
  if (typeof run !== 'string') return run();
  if (run.endsWith('.json')) {
    const { plan, scenario } = await capsuleAt(run);
    const protocol = fewer(await registered(plan.protocol, plan.bug));
    return new Viewer({ protocol, plan, title: scenario, command: '' });
  }
  const subject = await loadSubject(run, { set, ...(bug === undefined ? {} : { bug }) }, 'none');
  const { protocol, scenario } = subject;
  const plan = planFor(subject, seed);
  return new Viewer({ protocol: fewer(protocol), plan, title: scenario.name, command: '' });
}
