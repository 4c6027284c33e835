/** `worldline check`, as built and as a user's shell runs it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { createWorkplace, PATIENCE } from '../e2e/command.ts';
import { filesOf, readExpected } from './recorded.ts';

vi.setConfig(PATIENCE);

const place = createWorkplace();
afterAll(() => place.remove());

const recorded = (file: string): string => fileURLToPath(new URL(`./histories/${file}`, import.meta.url));
const GOOD = recorded('porcupine/etcd_002.log');
const BAD = recorded('porcupine/etcd_004.log');

interface Report {
  readonly format: string;
  readonly results: readonly {
    readonly file: string;
    readonly id?: string;
    readonly outcome: string;
    readonly verdict?: string;
    readonly blame?: { readonly returnedLine: number; readonly text: string };
    readonly explanation?: { readonly minimal: readonly { readonly text: string }[] };
    readonly anomalies?: readonly string[];
    readonly not?: readonly string[];
    readonly line?: number;
    readonly field?: string;
  }[];
}

function report(...words: readonly string[]): Report & { readonly code: number | null } {
  const { code, stdout } = place.worldline('check', '--json', ...words);
  return { ...(JSON.parse(stdout) as Report), code };
}

describe('exit codes', () => {
  test('0 when all is as it should be, 1 when something is broken', () => {
    expect(place.worldline('check', GOOD).code).toBe(0);
    const both = place.worldline('check', GOOD, BAD);
    expect(both.code).toBe(1);
    expect(both.stdout).toContain('2 histories: 1 as they should be, 1 broken');
    expect(both.stdout).toContain('no order gets past the return of process 4: read 2 (lines 62 and 63)');
  });

  test('3 when the budget runs out', () => {
    const { code, stdout } = place.worldline('check', '--budget', '3', BAD);
    expect(code).toBe(3);
    expect(stdout).toContain('undecided, the budget ran out');
  });

  test('4 when there is nothing to check, even beside what is fine', () => {
    const empty = place.file('empty.json', '[]');
    expect(place.worldline('check', empty)).toMatchObject({
      code: 4,
      stdout: expect.stringContaining('nothing to check') as unknown,
    });
    expect(place.worldline('check', GOOD, empty).code).toBe(4);
  });

  test('2 for a malformed file, which keeps no other file from being judged', () => {
    const file = place.file(
      'twice.jsonl',
      '{"type":"invoke","process":0,"f":"read","value":null}\n{"type":"hm","process":0}\n',
    );
    const { code, stdout, stderr } = place.worldline('check', file, BAD);
    expect(code).toBe(2);
    expect(stderr).toBe('worldline: twice.jsonl:2: type: "hm" is not one of invoke, ok, fail, info\n');
    expect(stdout).toContain('not linearizable');
  });

  test('2 for mistakes on the command line, with what would be right', () => {
    expect(place.worldline('check')).toMatchObject({ code: 2 });
    const model = place.worldline('check', '--model', 'teapot', GOOD);
    expect(model).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('known: register, cas-register') as unknown,
    });
    expect(place.worldline('check', '--level', 'acid', GOOD).stderr).toContain('known: strong-serializable');
    expect(place.worldline('check', '--budget', 'much', GOOD).code).toBe(2);
    const missing = place.worldline('check', 'no-such-file.edn');
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no such file') as unknown });
  });
});

describe('standard input', () => {
  test('is read as JSON lines, or as anything else', () => {
    const line = `cat ${GOOD} | worldline check -`;
    expect(place.shell(line)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('stdin: linearizable') as unknown,
    });
    const lines = [
      { process: 'c', input: { type: 'write', value: 1 }, output: { ok: true }, outcome: 'ok', called: 1, returned: 2 },
      { process: 'c', input: { type: 'read' }, output: { value: 0 }, outcome: 'ok', called: 3, returned: 4 },
    ];
    place.file('own.jsonl', lines.map((one) => JSON.stringify(one)).join('\n'));
    expect(place.shell('worldline check --model register - < own.jsonl').code).toBe(1);
  });
});

describe('explanations', () => {
  test('in words, in data, as a picture', () => {
    const { stdout } = place.worldline('check', '--explain', BAD);
    expect(stdout).toContain('The longest order has 30 of 85 operations:');
    expect(stdout).toContain('These fail by themselves, 5 of 85 operations:');
    const [result] = report('--explain', '--svg', 'why.svg', BAD).results;
    expect(result?.blame).toMatchObject({ text: 'read 2', returnedLine: 63 });
    expect(result?.explanation?.minimal.map(({ text }) => text)).toEqual([
      'write 2 (no answer)',
      'write 4 (no answer)',
      'read 2',
      'read 4',
      'read 2',
    ]);
    expect(readFileSync(join(place.path, 'why.svg'), 'utf8')).toMatch(
      /^<svg [\s\S]*class="bar blamed[\s\S]*<\/svg>\n$/,
    );
  });
});

describe('keys', () => {
  test('are judged until one is broken, or every one', () => {
    const file = recorded('porcupine/c10-bad.txt');
    expect(place.worldline('check', file).stdout).not.toContain('broken keys');
    const { code, stdout } = place.worldline('check', '--every-key', file);
    expect(code).toBe(1);
    expect(stdout).toContain('  broken keys: "0", "1", "2", "3", "5", "6", "7", "9"\n');
  });
});

describe('transactions', () => {
  test('are held against a level', () => {
    const file = recorded('elle/la-huge-scc.json');
    expect(place.worldline('check', '--level', 'snapshot-isolation', file).code).toBe(0);
    const strict = place.worldline('check', '--level', 'strict-serializable', file);
    expect(strict.code).toBe(1);
    expect(strict.stdout).toContain('not strong-serializable');
    expect(strict.stdout).toContain('G-single-item-realtime, a cycle of 2 transactions:');
  });

  test('several in one file are judged by name', () => {
    const { results, code } = report(recorded('elle/rw-register.json'));
    expect(code).toBe(1);
    const skew = results.find(({ id }) => id === 'rw-wr-write-skew-no-cycle');
    expect(skew).toMatchObject({ outcome: 'broken', anomalies: ['G2-item'], not: ['repeatable-read'] });
    expect(results.find(({ id }) => id === 'rw-empty-txns-ok')?.outcome).toBe('ok');
  });

  test('take assumptions about single keys', () => {
    const history = {
      id: 'one',
      workload: 'rw-register',
      events: [
        ['invoke', 0, [['w', 'x', 1]]],
        ['ok', 0, [['w', 'x', 1]]],
        [
          'invoke',
          0,
          [
            ['w', 'x', 2],
            ['w', 'y', 1],
          ],
        ],
        [
          'ok',
          0,
          [
            ['w', 'x', 2],
            ['w', 'y', 1],
          ],
        ],
        [
          'invoke',
          1,
          [
            ['r', 'y', null],
            ['r', 'x', null],
          ],
        ],
        [
          'ok',
          1,
          [
            ['r', 'y', 1],
            ['r', 'x', 1],
          ],
        ],
      ],
    };
    const file = place.file('blind.json', JSON.stringify(history));
    expect(place.worldline('check', file).code).toBe(0);
    expect(place.worldline('check', '--assume', 'sequential-keys', file).code).toBe(1);
  });
});

interface Verdict {
  readonly verdict: 'ok' | 'illegal';
}

test('all recorded histories of objects are judged in one go, none left undecided', () => {
  const files = ['porcupine', 'knossos'].flatMap((folder) =>
    filesOf(folder)
      .filter((file) => /\.log$|\.txt$|__/.test(file))
      .map((file) => recorded(`${folder}/${file}`)),
  );
  const { results } = report(...files);
  expect(results).toHaveLength(130);
  const tally = (outcome: string): number => results.filter((result) => result.outcome === outcome).length;
  const expected = Object.values({ ...readExpected<Verdict>('porcupine'), ...readExpected<Verdict>('knossos') });
  const illegal = expected.filter(({ verdict }) => verdict === 'illegal').length;
  // Two histories hold only operations that did not happen.
  expect({ broken: tally('broken'), nothing: tally('nothing'), ok: tally('ok') }).toEqual({
    broken: illegal,
    nothing: 2,
    ok: 130 - 2 - illegal,
  });
});
