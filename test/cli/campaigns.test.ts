/** Campaigns that are killed, split, merged, and begun with what was found before: as built. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { counterModule, createWorkplace, end, PATIENCE } from '../e2e/command.ts';

vi.setConfig(PATIENCE);

const place = createWorkplace();
afterAll(() => place.remove());

interface Report {
  readonly runs: number;
  readonly verdict: string;
  readonly groups: readonly { readonly signature: string; readonly count: number }[];
}

/** What must not depend on how often a campaign was killed, or on who ran what. */
function findings(stdout: string): Report {
  const { wallSeconds: _, cpuSeconds: __, jobs: ___, shard: ____, ...report } = JSON.parse(stdout);
  return report;
}

/** Every seed counts to three, some seeds count far. */
const beyond = (most: number): string => `[always({ name: 'SUM', title: 'nobody counts that far', oracle: 'internal',
  start: () => null, step: (memory, node, state) => (state.count > ${most} ? 'the count is ' + state.count : undefined) })]`;
place.file('counting.js', counterModule({ properties: beyond(190) }));
place.file('three.js', counterModule({ properties: beyond(3) }));

const campaign = ['fuzz', './counting.js', '--seed', '3', '--runs', '300', '--keep-going', '--no-shrink'];

describe('a campaign that is killed', () => {
  test('ten times at random, and resumed each time, ends with the report of one left alone', async () => {
    const alone = findings(place.worldline(...campaign, '--json', '--jobs', '1').stdout);
    expect(alone.groups[0]?.count).toBeGreaterThan(5);
    const done: number[] = [];
    for (let kills = 0; kills < 10; kills++) {
      const child = place.start(...campaign, '--resume', 'state.json', '--jobs', kills % 2 === 0 ? '1' : '2');
      const ending = end(child);
      const timer = setTimeout(() => child.kill('SIGKILL'), 300 + Math.floor(Math.random() * 500));
      await ending;
      clearTimeout(timer);
      done.push(stateOf('state.json'));
    }
    expect(done).toEqual([...done].sort((one, other) => one - other));
    const resumed = place.worldline(...campaign, '--resume', 'state.json', '--json');
    expect(findings(resumed.stdout)).toEqual(alone);
    expect(readdirSync(place.path).filter((name) => name.endsWith('.tmp')).length).toBeLessThanOrEqual(10);
  });

  const stateOf = (name: string): number => {
    try {
      return (JSON.parse(readFileSync(join(place.path, name), 'utf8')) as { done: number }).done;
    } catch (error) {
      // Killed before its first batch was over: there is no file. There is never half of one.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
      throw error;
    }
  };

  test('is not confused with another one', () => {
    place.worldline('fuzz', 'raft', '--seed', '5', '--runs', '20', '--resume', 'five.json');
    const other = place.worldline('fuzz', 'raft', '--seed', '6', '--runs', '20', '--resume', 'five.json');
    expect(other.code).toBe(2);
    expect(other.stderr).toContain('five.json: the checkpoint is of another campaign: its seed is "5", not "6"');
    const slower = ['--option', 'heartbeatInterval=20ms', '--runs', '20', '--resume', 'five.json'];
    expect(place.worldline('fuzz', 'raft', ...slower).stderr).toContain(
      'options, nodes or limits of its scenario differ',
    );
    writeFileSync(join(place.path, 'torn.json'), '{"format":"worldline-check');
    expect(place.worldline('fuzz', 'raft', '--resume', 'torn.json').stderr).toContain(
      'torn.json: the file is not JSON',
    );
  });

  test('needs no seed to go on: it is in its file', () => {
    const resumed = ['fuzz', 'raft', '--runs', '40', '--resume', 'five.json'];
    const { stdout, stderr } = place.worldline(...resumed, '--json');
    expect(findings(stdout)).toMatchObject({ runs: 40, seed: '5' });
    expect(stderr).toContain('40 runs in all, 20 of them done before, ');
    // The budget is that of the whole campaign.
    const over = place.worldline(...resumed);
    expect(over.stdout).toContain('40 runs in all, 40 of them done before, ');
    expect(over.stdout).toContain('PASSED  40 runs');
  });
});

describe('a campaign in parts', () => {
  test('merges to the report of the whole, stories included; a part that is missing makes it inconclusive', () => {
    const shrunk = ['fuzz', './three.js', '--seed', '3', '--runs', '30', '--keep-going'];
    const whole = place.worldline(...shrunk, '--json', '--jobs', '2');
    for (const part of ['1', '2', '3']) {
      const { stdout } = place.worldline(...shrunk, '--shard', `${part}/3`, '--json', '--jobs', '1');
      writeFileSync(join(place.path, `part${part}.json`), stdout);
    }
    const parts = ['part1.json', 'part2.json', 'part3.json'];
    const merged = place.worldline('merge', ...parts, '--json');
    expect(merged.code).toBe(whole.code);
    expect(withoutTimes(findings(merged.stdout))).toEqual(withoutTimes(findings(whole.stdout)));
    const told = place.worldline('merge', ...parts.slice(0, 2));
    expect(told.stdout).toContain('of 3 shards 3 is missing');
    expect(place.worldline('merge', 'part1.json', 'part1.json').stderr).toContain('shard 1/3 is there twice');
    expect(place.worldline('merge', 'package.json').stderr).toContain('package.json is not the report of a campaign');
  });

  /** How long shrinking took is no finding. */
  const withoutTimes = ({ groups, ...report }: Report): object => ({
    ...report,
    groups: groups.map((group) =>
      JSON.parse(JSON.stringify(group, (key, value) => (key === 'cpuSeconds' ? 0 : value))),
    ),
  });

  test.each(['0/3', '4/3', 'three'])('--shard %s is refused', (shard) => {
    const { code, stderr } = place.worldline('fuzz', 'raft', '--shard', shard);
    expect(code).toBe(2);
    expect(stderr).toContain('is no part of a campaign');
  });
});

/** Of the first finding, whichever seed that was. */
function capsuleIn(folder: string): string {
  const file = readdirSync(join(place.path, folder)).find((name) => name.startsWith('raft-R36-CI-'));
  return join(place.path, folder, file ?? 'none');
}

describe('the corpus', () => {
  const fuzz = ['fuzz', 'raft', '--bug', 'R36', '--seed', '1', '--runs', '12', '--no-shrink'];
  const capsule = (): string => capsuleIn('worldline-corpus');

  test('gets what is found with --save, and runs it first: it still fails, and no new seed is run', () => {
    expect(place.worldline(...fuzz, '--save').code).toBe(1);
    const again = place.worldline(...fuzz);
    expect(again.code).toBe(1);
    expect(again.stdout).toMatch(/STILL FAILS {2}worldline-corpus.*: violated CI, bit for bit/);
    expect(again.stdout).not.toContain('VIOLATED');
    expect(place.worldline(...fuzz, '--keep-going').stdout).toMatch(/STILL FAILS[\s\S]*VIOLATED/);
  });

  test('is told to continuous integration, also where no new seed is run', () => {
    const cases = (...words: string[]): string => {
      const ended = place.shell(`worldline ${[...fuzz, ...words].join(' ')} --junit corpus.xml`, {
        GITHUB_ACTIONS: 'true',
      });
      expect(ended.code).toBe(1);
      expect(ended.stderr).toMatch(/::error title=worldline-corpus.*::still fails: violated CI, bit for bit\n/);
      return readFileSync(join(place.path, 'corpus.xml'), 'utf8');
    };
    expect(cases()).toMatch(/tests="1" failures="1"[\s\S]*<failure message="still fails: violated CI, bit for bit">/);
    expect(cases('--keep-going')).toMatch(
      /tests="3" failures="2"[\s\S]*message="still fails[\s\S]*message="violated CI/,
    );
  });

  test('is only run where it belongs: same protocol, same bug', () => {
    expect(place.worldline('fuzz', 'raft', '--seed', '1', '--runs', '20').stdout).not.toContain('worldline-corpus');
  });

  test('tells what is fixed from what another build runs otherwise', () => {
    const text = readFileSync(capsule(), 'utf8');
    const { plan, ...rest } = JSON.parse(text);
    // Without the bug the same plan passes: the protocol was mended.
    const { bug: _, ...sound } = plan;
    writeFileSync(join(place.path, 'worldline-corpus', 'mended.json'), JSON.stringify({ ...rest, plan: sound }));
    const mended = ['fuzz', 'raft', '--seed', '1', '--runs', '20'];
    const fixed = place.worldline(...mended);
    expect(fixed.stdout).toMatch(
      /FIXED {2}worldline-corpus.mended.json: violated CI no longer shows; the run is the same almost to its end/,
    );
    expect(fixed.code).toBe(0);
    const old = { ...rest, version: '0.0.1', plan: sound };
    writeFileSync(join(place.path, 'worldline-corpus', 'mended.json'), JSON.stringify(old));
    expect(place.worldline(...mended).stdout).toMatch(/OTHER BUILD {2}worldline-corpus.mended.json: passes, but runs/);
  });

  test('refuses what is no capsule', () => {
    writeFileSync(join(place.path, 'worldline-corpus', 'notes.json'), '{}');
    const { code, stderr } = place.worldline(...fuzz);
    expect(code).toBe(2);
    expect(stderr).toContain('notes.json: the file is not a capsule');
  });
});

describe('a replay by other events', () => {
  test('names the first event that differs, and what it is now', () => {
    const found = place.worldline(
      'fuzz',
      'raft',
      '--bug',
      'R36',
      '--seed',
      '1',
      '--runs',
      '12',
      '--corpus',
      'elsewhere',
      '--save',
    );
    expect(found.code).toBe(1);
    const path = capsuleIn('elsewhere');
    const capsule = JSON.parse(readFileSync(path, 'utf8'));
    expect(capsule.landmarks).toMatchObject({ every: 1 });
    expect(capsule.landmarks.digests).toHaveLength(capsule.events);
    const digests = capsule.landmarks.digests.with(8, '00000000');
    const changed = { ...capsule, digest: '0000000000000000', landmarks: { every: 1, digests } };
    writeFileSync(join(place.path, 'changed.json'), JSON.stringify(changed));
    const { stdout } = place.worldline('replay', 'changed.json');
    expect(stdout).toContain('other events from event 9 on, the first 8 are the same');
    expect(stdout).toMatch(/\n {2}event 9 is now: n\d/);
  });
});
