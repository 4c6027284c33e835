/** Logs on disk, with what of them a crash would leave. */
import { expect, test } from 'vitest';
import { planFor } from '../../src/cli/run.ts';
import { loadSubject } from '../../src/cli/subject.ts';
import { Recording } from '../../src/session/recording.ts';
import { textOf } from '../../src/timeline/ink.ts';
import { readPredicate } from '../../src/timeline/predicate.ts';
import { tellerOf } from '../../src/timeline/tell.ts';
import { diskLines } from '../../src/tui/disk-logs.ts';
import { firstHolding } from '../../src/tui/moves.ts';
import { beginning } from '../../src/tui/opening.ts';
import type { ViewState } from '../../src/tui/state.ts';
import { Viewer } from '../../src/tui/viewer.ts';
import { large, shot } from './viewers.ts';

async function viewerOf(scenario: string, seed: string): Promise<Viewer> {
  const subject = await loadSubject(scenario, {}, 'none');
  return new Viewer({ protocol: subject.protocol, plan: planFor(subject, seed), title: scenario, command: '' });
}

function at(viewer: Viewer, words: string, after = -1): ViewState {
  const film = viewer.branches[0]?.film as Viewer['branches'][number]['film'];
  const place = firstHolding(film, readPredicate(words) as NonNullable<ReturnType<typeof readPredicate>>, after + 1);
  expect(place).toBeGreaterThan(after);
  return { ...beginning(viewer), place };
}

/** The log of each node at the cursor. */
function logs(viewer: Viewer, state: ViewState, width = 60): string[] {
  const { looks } = viewer.worldAt(state);
  const disks = [...looks.values()].map(({ node, status }) => ({
    node,
    isUp: status !== 'down',
    logs: viewer.logsAt(state, node),
  }));
  return diskLines(disks, viewer.teller, width)
    .slice(1)
    .map((line) => textOf(line).trimEnd());
}

test('a vote is being forced when it is written, and on disk when it leaves', async () => {
  const viewer = await viewerOf('two-phase-commit-blocked', '9');
  const asked = at(viewer, 'message:Prepare node:n4');
  expect(logs(viewer, asked)).toEqual(['n4 prepared n1.1.1…']);
  const voted = at(viewer, 'message:Vote from:n4', asked.place);
  expect(logs(viewer, voted)).toEqual(['n1 commit n1.1.1…', 'n4 prepared n1.1.1']);
});

test('the end of a transaction is not forced, and what a crash leaves is shown of a node that is down', async () => {
  const viewer = await viewerOf('two-phase-commit-blocked', '9');
  const acknowledged = at(viewer, 'message:Ack node:n1');
  expect(logs(viewer, acknowledged)[0]).toBe('n1 commit n1.1.1  end n1.1.1·');
  const crashed = at(viewer, 'crash:n1', acknowledged.place);
  const [first] = logs(viewer, crashed);
  // What was not forced has been made durable by what was forced later.
  expect(first).toMatch(/^n1 ╳ \+2 commit n1\.1\.2 {2}end n1\.1\.2 {2}commit n1\.1\.3$/);
  expect(shot(viewer, crashed, large)).toContain('LOG wal: … being forced, · in cache only');
});

test('the newest records are shown, the others counted', async () => {
  const viewer = await viewerOf('two-phase-commit-blocked', '9');
  const late = at(viewer, 'note:lockWait');
  for (const width of [30, 47, 90]) {
    const lines = logs(viewer, late, width);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
    expect(lines[0]).toMatch(/^n1 \+\d+ .*end n1\.2\.\d+·$/);
  }
});

test.each([
  ['three-phase-commit', /pre-commit n1\.1\.1/],
  ['paxos-commit', /accepted n1\.1\.1 ballot 0/],
  ['two-phase-commit', /prepared n1\.1\.1/],
] as const)('%s tells all records of its logs', async (protocol, says) => {
  const subject = await loadSubject(protocol, {}, 'none');
  const recording = new Recording(subject.protocol, planFor(subject, '3'), { sink: () => undefined }).record(3_000);
  const teller = tellerOf(subject.protocol.tell);
  const event = recording.at(3_000).event;
  const records = recording.plan.nodes.flatMap(({ id }) =>
    recording.logsAt(event, id).flatMap(({ name, entries }) => entries.map(({ entry }) => teller.record(name, entry))),
  );
  expect(records.length).toBeGreaterThan(20);
  expect(records.join('\n')).toMatch(says);
  for (const record of records) expect(record).toMatch(/^[a-z-]+ n\d\.\d+\.\d+/);
});

test('logs of a protocol that does not tell them are not shown', () => {
  const entry = { entry: { type: 'commit', txn: 't1' }, standing: 'durable' } as const;
  const disk = { node: 'n1', isUp: true, logs: [{ area: '', name: 'wal', first: 8, earlier: 7, entries: [entry] }] };
  expect(diskLines([disk], tellerOf(undefined), 60)).toEqual([]);
  const lines = diskLines([disk], tellerOf({ record: (_log: string, { txn }: { readonly txn: string }) => txn }), 60);
  // What was not asked for is counted.
  expect(lines.map((line) => line.map(({ text }) => text.trim()).join(' '))).toEqual([
    'LOG wal: … being forced, · in cache only',
    'n1 +7 t1',
  ]);
});

test.each(['two-phase-commit', 'raft'])('%s: durable is exactly what a crash leaves', async (protocol) => {
  const subject = await loadSubject(protocol, {}, 'none');
  const recording = new Recording(subject.protocol, planFor(subject, '3'), { sink: () => undefined }).record(2_000);
  let lost = 0;
  for (let event = 100; event < 2_000; event += 37) {
    const simulation = recording.at(event);
    for (const { id } of recording.plan.nodes) {
      if (!simulation.isUp(id)) continue;
      const before = simulation.logsOf(id);
      const durable = before.flatMap(({ entries }) => entries.filter(({ standing }) => standing === 'durable'));
      lost += before.flatMap(({ entries }) => entries).length - durable.length;
      const snapshot = simulation.snapshot();
      simulation.crash(id, []);
      const after = simulation.logsOf(id).flatMap(({ entries }) => entries);
      simulation.restore(snapshot);
      expect(durable).toEqual(after);
    }
  }
  expect(lost).toBeGreaterThan(0);
});
