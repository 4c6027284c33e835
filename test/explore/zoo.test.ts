/** The zoo: rates that mean something, rows that say what they do not know, tables that can be compared. */
import { describe, expect, test } from 'vitest';
import { overlap, trialsUntil, wilsonInterval } from '../../src/explore/statistics.ts';
import { type ZooReport, type ZooRow, zoo } from '../../src/explore/zoo.ts';
import { compareZoo } from '../../src/explore/zoo-compare.ts';
import { bareScenario } from '../../src/scenario/scenario.ts';
import { protocol as register } from '../toys/quorum-register.ts';

const scenario = bareScenario('toy', 'a toy', './toy.js');

describe('the interval of a rate', () => {
  // Published values: Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
  test.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('of %i in %i is that of the literature', (hits, trials, low, high) => {
    const interval = wilsonInterval(hits, trials);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  test('says nothing before anything was tried, and never leaves 0 to 1', () => {
    expect(wilsonInterval(0, 0)).toEqual({ low: 0, high: 1 });
    expect(wilsonInterval(5, 5).high).toBe(1);
  });

  test('overlaps with itself, and not with one far away', () => {
    expect(overlap(wilsonInterval(5, 100), wilsonInterval(8, 100))).toBe(true);
    expect(overlap(wilsonInterval(5, 100), wilsonInterval(60, 100))).toBe(false);
  });
});

test('seeds to find: a bug in every second seed takes one, a rare one ln 2 / p', () => {
  expect(trialsUntil(0.5, 0.5)).toBeCloseTo(1, 10);
  expect(trialsUntil(0.001, 0.5)).toBeCloseTo(Math.LN2 / 0.001, 0);
  expect(trialsUntil(0.001, 0.9)).toBeCloseTo(Math.LN10 / 0.001, -1);
  expect(trialsUntil(0, 0.5)).toBe(Number.POSITIVE_INFINITY);
  expect(trialsUntil(1, 0.9)).toBe(1);
});

describe('a table', () => {
  test('has a row for every planted bug that is asked for: rate, oracle, and the first hit made small', async () => {
    const rows: ZooRow[] = [];
    const report = await zoo(register, scenario, {
      runs: 100,
      hits: 3,
      bugs: ['Q02', 'Q03'],
      onRow: (row) => rows.push(row),
    });
    expect(report.rows).toEqual(rows);
    expect(rows.map(({ bug }) => bug)).toEqual(['Q02', 'Q03']);
    expect(report.missed).toEqual([]);
    const easy = rows[0] as ZooRow;
    expect(easy).toMatchObject({ verdict: 'found', firstSignature: 'violated LIN', unexpected: [] });
    expect(easy.all.hits).toBeGreaterThanOrEqual(3);
    expect(easy.all.runs % 20).toBe(0);
    expect(easy.all.rate).toBe(easy.all.hits / easy.all.runs);
    expect(easy.clientOnly?.hits).toBe(easy.all.hits);
    expect(easy.shrunk?.calls).toBeLessThan(50);
  }, 90_000);

  test('is the same again, but for the time it took', async () => {
    const measured = async () => {
      const { cpuSeconds: _cpu, ...report } = await zoo(register, scenario, {
        runs: 40,
        bugs: ['Q02'],
        inDepth: false,
      });
      return { ...report, rows: report.rows.map((row) => ({ ...row, all: { ...row.all, cpuSeconds: 0 } })) };
    };
    expect(await measured()).toEqual(await measured());
  });

  test('tells a bug that was missed from one that nothing could have seen', async () => {
    const blind = {
      ...register,
      bugs: (register.bugs ?? []).map((bug) => ({ ...bug, protocol: () => register })),
    };
    const [first, ...rest] = blind.bugs;
    const bugs = [{ ...(first as (typeof blind.bugs)[number]), violates: ['liveness'] }, ...rest];
    const report = await zoo({ ...blind, bugs }, scenario, { runs: 20 });
    expect(report.rows.map(({ verdict }) => verdict)).toEqual(['no oracle', 'missed', 'missed']);
    expect(report.missed).toEqual(['Q02', 'Q03']);
    expect(report.rows[1]?.all.medianSeeds).toBeUndefined();
  });

  test('is restricted to the bugs that are asked for, and refuses those that are none', async () => {
    const report = await zoo(register, scenario, { bugs: ['q02'], runs: 20, inDepth: false });
    expect(report.rows.map(({ bug }) => bug)).toEqual(['Q02']);
    await expect(zoo(register, scenario, { bugs: ['Q9'] })).rejects.toThrow(
      'no planted bug "Q9"; it has Q01, Q02, Q03',
    );
  });

  test('is compared with an earlier one: better and worse only where the intervals part', () => {
    const row = (bug: string, hits: number, runs: number): ZooRow => ({
      bug,
      title: '',
      violates: [],
      verdict: 'found',
      all: { runs, hits, rate: hits / runs, interval: wilsonInterval(hits, runs), cpuSeconds: 0 },
      signatures: {},
      unexpected: [],
    });
    const table = (...rows: ZooRow[]) => ({ rows }) as unknown as ZooReport;
    const changes = compareZoo(
      table(row('A', 20, 100), row('B', 20, 1000), row('C', 20, 40)),
      table(row('A', 20, 110), row('B', 20, 100), row('C', 20, 400), row('D', 5, 50)),
    );
    expect(changes.map(({ bug, change }) => `${bug} ${change}`)).toEqual(['A same', 'B better', 'C worse', 'D new']);
  });
});
