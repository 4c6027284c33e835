/** The zoo on the command line, as built. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import type { ZooReport } from '../../src/explore/zoo.ts';
import { createWorkplace, PATIENCE } from '../e2e/command.ts';
import { repositoryRoot } from '../support/lint.ts';

vi.setConfig(PATIENCE);

const place = createWorkplace();
afterAll(() => place.remove());

const rates = ['zoo', 'raft', '--bug', 'R36', 'R01a', '--seeds', '20', '--rates'];

describe('worldline zoo', () => {
  test('has a line for every bug: rate, oracles, and the smallest hit made small', () => {
    const { code, stdout } = place.worldline('zoo', 'raft', '--bug', 'R36', '--seeds', '20');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^bug +seeds +hits +rate .* first +clients only +handlers rows faults/);
    expect(stdout).toMatch(/\nR36 +20 +1\d +[\d.]+ % .* CI +0 of 20 +\d+ +\d+ +\d/);
    expect(stdout).toMatch(/1 row: 1 found; .*\nmedians: seeds to find \d, handlers \d+, story rows \d+, faults \d/);
  });

  test('counts on no rate that rests on fewer than three hits', () => {
    const { stdout } = place.worldline('zoo', 'raft', '--bug', 'R01a', '--seeds', '1', '--rates');
    expect(stdout).toContain('1 row: 0 found, 1 censored (fewer than three hits)');
    expect(stdout).not.toContain('medians');
  });

  test('keeps its columns where the names of bugs are long', () => {
    const counter = join(repositoryRoot, 'examples', 'replicated-counter.js');
    const { stdout } = place.worldline('zoo', counter, '--seeds', '20', '--hits', '1', '--rates');
    const [head = '', ...rows] = stdout.split('\n').slice(0, 3);
    const end = head.indexOf('seeds') + 'seeds'.length;
    expect(rows).toHaveLength(2);
    for (const row of rows) expect(row.slice(0, end)).toMatch(/^(ack-before-sync|merge-by-sum) +\d+$/);
  });

  test('saves a table, and compares with it: a row that has become worse ends with 1', () => {
    expect(place.worldline(...rates, '--save', 'tables/zoo.json').code).toBe(0);
    const table = JSON.parse(readFileSync(join(place.path, 'tables', 'zoo.json'), 'utf8')) as ZooReport;
    expect(table.rows.map(({ bug }) => bug)).toEqual(['R36', 'R01a']);
    const same = place.worldline(...rates, '--compare', 'tables/zoo.json');
    expect(same.code).toBe(0);
    expect(same.stdout).toContain('hit rates times 1.00 on the average of 2 rows');
    const better = table.rows.map((row) => ({
      ...row,
      all: { ...row.all, rate: 1, interval: { low: 0.99, high: 1 } },
    }));
    writeFileSync(join(place.path, 'better.json'), JSON.stringify({ ...table, seed: '9', rows: better }));
    const worse = place.worldline(...rates, '--compare', 'better.json');
    expect(worse.code).toBe(1);
    expect(worse.stdout).toMatch(/R36 +worse: 100 % -> /);
    expect(worse.stdout).toContain('mind: seed was 9, is 1');
  });

  test('ends with 3 when a row is missed', () => {
    const { code, stdout } = place.worldline('zoo', 'raft', '--bug', 'R05', '--seeds', '3', '--rates');
    expect(code).toBe(3);
    expect(stdout).toMatch(/R05 .*MISSED/);
    expect(stdout).toContain('1 missed: R05');
  });

  test('is the table as data with --json, the same with two jobs', () => {
    const [one, two] = ['1', '2'].map((jobs) => {
      const { rows } = JSON.parse(place.worldline(...rates, '--jobs', jobs, '--json').stdout) as ZooReport;
      return rows.map(({ all: { cpuSeconds: _, ...all }, ...row }) => ({ ...row, all }));
    });
    expect(one).toHaveLength(2);
    expect(two).toEqual(one);
  });

  test.each([
    [['zoo', 'raft', '--bug', 'R99'], 'raft has no planted bug "R99"'],
    [['zoo', 'raft', '--compare', 'nowhere.json'], 'cannot read nowhere.json'],
    [['zoo', 'raft', '--compare', 'package.json'], 'package.json is no table of the zoo'],
    [['zoo', 'raft', '--seeds', 'many'], '--seeds: "many" is not a whole number'],
  ])('%j is refused in words', (words, sentence) => {
    const { code, stderr } = place.worldline(...words);
    expect(code).toBe(2);
    expect(stderr).toContain(sentence);
  });
});
