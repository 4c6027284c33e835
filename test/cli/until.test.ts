/** `--until`: runs that stop, timelines that open, where a predicate holds. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { readUntil } from '../../src/cli/readers.ts';
import { checkNodes } from '../../src/cli/until.ts';
import { readPredicate } from '../../src/timeline/predicate.ts';
import { opened } from '../../src/tui/opening.ts';
import { startState } from '../../src/tui/state.ts';
import { Viewer } from '../../src/tui/viewer.ts';
import { createWorkplace, PATIENCE } from '../e2e/command.ts';
import { repositoryRoot } from '../support/lint.ts';
import { protocol } from '../toys/quorum-register.ts';
import { pressed, small, troubledPlan } from '../tui/viewers.ts';

vi.setConfig(PATIENCE);

const place = createWorkplace();
afterAll(() => place.remove());

describe('run --until', () => {
  test('stops at the first event, and tells how everybody looks there', () => {
    const { code, stdout } = place.worldline('run', 'raft-partition', '--until', 'leader:n5', '--plain');
    expect(code).toBe(0);
    expect(stdout).toMatch(/HOLDS {2}raft-partition, seed 1: leader:n5, at event \d+, \d+\.\d{3} ms/);
    expect(stdout).toMatch(/nodes .*n5 L t\d/);
    const rows = stdout.split('\n').filter((line) => /^ +\d+\.\d{3} /.test(line));
    expect(rows.at(-1)).toContain('n5');
    expect(rows.filter((line) => line.includes('is elected leader') && line.includes('n5 gets'))).toHaveLength(1);
    expect(stdout).toContain('npx worldline show raft-partition --seed 1 --until leader:n5');
  });

  test('as data', () => {
    const { stdout } = place.worldline('run', 'lease-lock-pause', '--until', 'note:refused node:n2', '--json');
    const data = JSON.parse(stdout) as { readonly nodes: readonly { readonly node: string }[] };
    expect(data).toMatchObject({
      format: 'worldline-until/1',
      until: 'note:refused node:n2',
      held: true,
      verdict: 'passed',
    });
    expect(data.nodes.map(({ node }) => node)).toEqual(['n1', 'n2', 'c1', 'c2']);
  });

  test('the event log ends there too', () => {
    const { stdout, stderr } = place.worldline('run', 'raft-crash-recovery', '--until', 'crash', '--trace', '-');
    expect(stderr).toMatch(/^HOLDS /);
    const lines = stdout.trimEnd().split('\n');
    const kinds = lines.map((line) => (JSON.parse(line) as { readonly kind?: string }).kind);
    expect(kinds.at(-1)).toBe('end');
    expect(kinds.filter((kind) => kind === 'crash')).toHaveLength(1);
  });

  test('a predicate that never holds is no success, a property that breaks is a failure', () => {
    const never = place.worldline('run', 'raft-partition', '--until', 'crash');
    expect(never).toMatchObject({ code: 3, stdout: expect.stringMatching(/^NEVER .*: crash does not hold in 8 s of/) });
    const before = place.worldline('run', 'three-phase-commit-partition', '--until', 'crash');
    expect(before).toMatchObject({ code: 1, stdout: expect.stringContaining('before AC1 is broken') });
    const there = place.worldline('run', 'three-phase-commit-partition', '--until', 'broken:AC1');
    expect(there).toMatchObject({ code: 1, stdout: expect.stringMatching(/^HOLDS .*: broken:AC1, at event \d+/) });
  });

  test('what means nothing is refused in words', () => {
    const { code, stderr } = place.worldline('run', 'raft-partition', '--until', 'note:committed leder');
    expect(stderr).toMatch(/"leder" means nothing\n +one or several of: note:TEXT/);
    expect(code).toBe(2);
    for (const text of ['', ' ', 'note:', ':n1']) expect(() => readUntil(text)).toThrow('means nothing');
  });

  test('a node that the run does not have is refused in words', () => {
    const plan = troubledPlan();
    const check = (text: string): void => checkNodes(readUntil(text), plan);
    for (const text of ['leader:n9', 'crash:n9', 'message:Ask node:n9', 'from:n9'])
      expect(() => check(text)).toThrow('there is no node n9 in this run');
    for (const text of ['leader:n1', 'crash:c2', 'note:n9', 'message:n9', 'broken:n9', 'epoch:9 node:n3'])
      expect(() => check(text)).not.toThrow();
  });

  test('what needs the whole run is refused beside it', () => {
    const { code, stderr } = place.worldline('run', 'raft-partition', '--until', 'crash', '--check-determinism');
    expect(stderr).toContain('--check-determinism needs the whole of it');
    expect(code).toBe(2);
  });
});

test('replay of a capsule stops as well', () => {
  const capsule = place.file('capsule.json', readFileSync(join(repositoryRoot, 'test', 'tui', 'capsule.json'), 'utf8'));
  const { code, stdout } = place.worldline('replay', capsule, '--until', 'message:RequestVote');
  expect(stdout).toMatch(/^HOLDS .*: message:RequestVote, at event \d+/);
  expect(stdout).toContain(`npx worldline show ${capsule} --until message:RequestVote`);
  expect(code).toBe(0);
});

describe('show --until', () => {
  test('prints rows up to there', () => {
    const { code, stdout } = place.worldline('show', 'lease-lock-pause', '--until', 'note:refused', '--plain');
    expect(code).toBe(0);
    expect(stdout).toMatch(/◆ refuses a1, token 1[\s\S]*still on their way at the end:[\s\S]*HOLDS/);
    expect(stdout).not.toContain('lost the lock after');
  });

  test('opens there on a terminal, unless somebody looks around already', () => {
    const until = readPredicate('crash:n3');
    const showing = {
      protocol,
      plan: troubledPlan(),
      title: 't',
      command: '',
      ...(until === undefined ? {} : { until }),
    };
    const viewer = new Viewer(showing);
    const at = opened(viewer, startState, startState);
    expect(
      viewer
        .film(at)
        .scene(at.place)
        .step.events.some(({ kind }) => kind === 'crash'),
    ).toBe(true);
    expect(at.message).toBe('crash:n3 holds here');
    const moved = pressed(viewer, ['j'], small, startState);
    expect(opened(viewer, moved, startState).place).toBe(moved.place);
    const never = new Viewer({ ...showing, until: readPredicate('crash:n1') as NonNullable<typeof until> });
    expect(opened(never, startState, startState).message).toBe('crash:n1 never holds in this run');
  });
});
