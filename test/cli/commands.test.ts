/** What the commands print where nothing goes wrong, as built. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { TRACE_VERSION } from '../../src/sim/trace.ts';
import { VERSION } from '../../src/version.ts';
import { counterModule, createWorkplace, type Ended, PATIENCE } from '../e2e/command.ts';

const COUNT_TO_THREE = `[always({ name: 'SUM', title: 'nobody counts beyond three', oracle: 'internal', start: () => null,
  step: (memory, node, state) => (state.count > 3 ? 'the count is ' + state.count : undefined) })]`;

vi.setConfig(PATIENCE);

const place = createWorkplace();
afterAll(() => place.remove());
place.file('counter.js', counterModule());
place.file('broken.js', counterModule({ properties: COUNT_TO_THREE }));

const data = (ended: Ended): unknown => JSON.parse(ended.stdout);

/** One campaign that finds a planted bug serves all tests that need a finding. */
let found: { readonly seed: string; readonly signature: string; readonly capsuleFile: string };
beforeAll(() => {
  const { stdout } = place.worldline(
    'fuzz',
    'raft',
    '--bug',
    'R06a',
    '--seed',
    '6',
    '--runs',
    '200',
    '--no-shrink',
    '--json',
  );
  found = (JSON.parse(stdout) as { violations: (typeof found)[] }).violations[0] as typeof found;
});

describe('help', () => {
  test('begins with examples, and ends with the exit codes', () => {
    const { code, stdout } = place.worldline('--help');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Examples\n {2}worldline fuzz raft /);
    expect(stdout).toContain('130  interrupted');
  });

  test('has no heading where there are no examples', () => {
    expect(place.worldline('merge', '--help').stdout).toMatch(/^Usage: worldline merge /);
  });

  test.each(['list', 'run', 'fuzz', 'replay'])('of %s begins with examples of it', (command) => {
    const { code, stdout } = place.worldline(command, '--help');
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^Examples\\n {2}worldline ${command}`));
    expect(place.worldline('help', command).stdout).toBe(stdout);
  });

  test('says its version', () => {
    expect(place.worldline('--version').stdout).toBe(`${VERSION}\n`);
  });
});

describe('list', () => {
  test('tells scenarios and protocols apart', () => {
    const { stdout } = place.worldline('list');
    expect(stdout.indexOf('Scenarios')).toBeLessThan(stdout.indexOf('Protocols'));
    expect(stdout).toMatch(/raft-partition +A leader is cut off/);
    expect(stdout).toMatch(/planted bugs: .*R05/);
  });

  test('tells all about one protocol, a built-in or your own', () => {
    expect(place.worldline('list', 'raft').stdout).toMatch(/ES +at most one leader is elected in a term/);
    expect(place.worldline('list', './counter.js').stdout).toMatch(/SUM +the count never falls/);
  });

  test('tells what a planted bug is, an invariant, a goal, and whose', () => {
    const bug = place.worldline('list', 'r05').stdout;
    expect(bug).toMatch(/^R05 {2}a candidate counts votes of older terms\n +is +a planted bug of raft\n +breaks +ES, /);
    expect(bug).toContain('npx worldline fuzz raft --bug R05');
    expect(place.worldline('list', 'UP').stdout).toMatch(
      /an invariant of raft.*\n.*source.*\n +broken by +R06a, R06b\n/,
    );
    expect(place.worldline('list', 'leader-elected').stdout).toMatch(/a goal of raft/);
    const { named } = data(place.worldline('list', 'liveness', '--json')) as { named: { protocol: string }[] };
    expect(named.map(({ protocol }) => protocol)).toEqual(
      expect.arrayContaining(['raft', 'two-phase-commit', 'redlock']),
    );
  });

  test('is data with --json', () => {
    expect(data(place.worldline('list', '--json'))).toMatchObject({
      format: 'worldline-list/1',
      protocols: expect.arrayContaining([expect.objectContaining({ name: 'raft' })]),
    });
    expect(data(place.worldline('list', 'raft', '--json'))).toMatchObject({
      format: 'worldline-protocol/1',
      name: 'raft',
    });
  });
});

describe('run', () => {
  test('gives everybody the same run, and another seed another one', () => {
    const digest = (...words: string[]): unknown =>
      (data(place.worldline('run', './counter.js', '--json', ...words)) as { digest: string }).digest;
    const usual = digest();
    expect(digest()).toBe(usual);
    expect(digest('--seed', '1')).toBe(usual);
    expect(digest('--seed', '2')).not.toBe(usual);
    expect(digest('--profile', 'heavy')).not.toBe(usual);
  });

  test("overrides one of the protocol's options", () => {
    const heartbeats = (interval: string): number => {
      const ended = place.worldline('run', 'raft', '--json', '--option', `heartbeatInterval=${interval}`);
      const { statistics } = data(ended) as { statistics: { messages: { [type: string]: { sent: number } } } };
      return statistics.messages.AppendEntries?.sent ?? 0;
    };
    expect(heartbeats('20ms')).toBeGreaterThan(1.2 * heartbeats('100ms'));
  });

  test('tells a run row by row, its scripted faults included', () => {
    const { code, stdout } = place.worldline('run', 'raft-partition', '--plain');
    expect(code).toBe(0);
    expect(stdout).toContain('n1, n2, n3, n4 and n5 start as servers');
    expect(stdout).toContain('is elected leader of term 1');
    expect(stdout).toMatch(/1000\.000 .* is cut off from everybody for 1\.2 s\./);
    expect(stdout).toContain('the network is whole again.');
    expect(stdout).toMatch(/PASSED {2}raft-partition, seed 1/);
  });

  test('writes an event log that begins and ends as documented, and whose digest is that of the run', () => {
    const ended = place.worldline('run', 'raft', '--trace', 'out.ndjson', '--json');
    const lines = readFileSync(join(place.path, 'out.ndjson'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const { digest, statistics } = data(ended) as { digest: string; statistics: { events: number } };
    expect(lines[0]).toMatchObject({
      kind: 'trace',
      version: TRACE_VERSION,
      worldline: VERSION,
      protocol: 'raft',
      seed: '1',
    });
    expect(lines.at(-1)).toEqual({ kind: 'end', verdict: 'passed', digest, events: statistics.events });
    expect(lines.slice(1, -1).every(({ event, at }) => Number.isInteger(event) && Number.isInteger(at))).toBe(true);
  });

  test('documents every kind of event that it writes', () => {
    const documentation = readFileSync(new URL('../../docs/trace-format.md', import.meta.url), 'utf8');
    const { stdout, stderr } = place.worldline('run', 'raft-crash-recovery', '--trace', '-');
    expect(stderr).toMatch(/raft-crash-recovery/);
    const kinds = new Set(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).kind),
    );
    expect([...kinds].filter((kind) => !documentation.includes(`\`${kind}\``))).toEqual([]);
    expect(kinds.size).toBeGreaterThan(12);
  });

  test('proves that a run is deterministic when it is asked to', () => {
    const ended = place.worldline('run', './counter.js', '--check-determinism');
    expect(ended.stdout).toContain('agree in every event');
    expect(ended.code).toBe(0);
  });

  test('finds the protocol of a scenario beside the scenario, wherever it is run from', () => {
    place.file('deep/er/counter.js', counterModule());
    place.file('deep/er/mine.yaml', 'protocol: ./counter.js\nnodes: { client: 4 }\n');
    place.file('deep/er/mine.js', "export const scenario = { protocol: './counter.js', nodes: { client: 4 } };\n");
    const digests = ['deep/er/mine.yaml', './deep/er/mine.js'].map((name) => {
      const ended = place.worldline('run', name, '--json');
      return (data(ended) as { digest: string }).digest;
    });
    expect(digests[0]).toBe(digests[1]);
    expect(place.shell('cd deep && worldline run er/mine.yaml --json').stdout).toContain(`"digest": "${digests[0]}"`);
    expect(place.worldline('run', './deep/er/counter.js', '--json').stdout).not.toContain(digests[0]);
  });

  test('names the kinds of faults whose moment never came', () => {
    const faults = [
      '{ when: { note: neverWritten }, kind: crash, node: n1 }',
      '{ at: 10ms, kind: pause, node: n1, for: 5ms }',
    ];
    place.file('moments.yaml', `protocol: ./counter.js\nfaults: [${faults.join(', ')}]\n`);
    expect(place.worldline('run', 'moments.yaml').stdout).toContain('\n  faults      pause 1; never: crash\n');
    expect(place.worldline('run', './counter.js').stdout).toContain('\n  faults      none\n');
  });

  test('holds a scenario to what it expects', () => {
    const run = (protocol: string, expectation: string): Ended =>
      place.worldline('run', place.file('mine.yaml', `protocol: ${protocol}\nexpect: ${expectation}\n`));
    expect(run('./broken.js', 'passed').stdout).toContain('VIOLATED');
    expect(run('./broken.js', 'passed').code).toBe(1);
    expect(run('./broken.js', 'violated').code).toBe(0);
    expect(run('./broken.js', '{ violated: SUM }').stdout).toContain('AS EXPECTED');
    expect(run('./counter.js', 'violated').stdout).toContain('NOT FOUND');
    expect(run('./counter.js', 'violated').code).toBe(1);
  });
});

test('init writes a protocol that calls itself, and its documentation, by where they lie', () => {
  expect(place.worldline('init', 'demo').code).toBe(0);
  const text = readFileSync(join(place.path, 'demo', 'counter.js'), 'utf8');
  expect(text).toContain('npx worldline fuzz ./counter.js\n');
  expect(text).toContain(' node_modules/worldline/docs/write-a-protocol.md ');
  expect(text).not.toContain('./replicated-counter.js');
});

describe('fuzz', () => {
  test('finds a planted bug, keeps it in a capsule, and prints commands that find it again', () => {
    const ended = place.worldline('fuzz', 'raft', '--bug', 'R06a', '--seed', found.seed, '--runs', '1');
    expect(ended.code).toBe(1);
    const story = ended.stdout.slice(ended.stdout.lastIndexOf('\nVIOLATED  '));
    expect(story.trim().split('\n').length).toBeLessThanOrEqual(25);
    const commands = ended.stdout.trim().split('\n').slice(-3);
    expect(commands.map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual([
      'npx worldline replay',
      'npx worldline run',
      'npx worldline fuzz',
    ]);
    for (const command of commands) {
      const again = place.shell(command.replace('npx ', ''));
      expect(again.stdout).toContain('VIOLATED');
      expect(again.code).toBe(1);
    }
  });

  test('says the same with one job and with two, in text and in data', () => {
    const fuzz = (jobs: string): { digest: string; runs: number } =>
      data(place.worldline('fuzz', './counter.js', '--seed', '5', '--runs', '300', '--jobs', jobs, '--json')) as {
        digest: string;
        runs: number;
      };
    const one = fuzz('1');
    expect(one.runs).toBe(300);
    expect(fuzz('2').digest).toBe(one.digest);
  });

  test('with --json keeps stdout for the data', () => {
    const ended = place.worldline('fuzz', './counter.js', '--seed', '5', '--runs', '10', '--json');
    expect(data(ended)).toMatchObject({ format: 'worldline-fuzz/1', verdict: 'passed', runs: 10, violations: [] });
    expect(ended.stderr).toContain('PASSED  10 runs');
  });

  test('prints a fresh seed first', () => {
    const { stdout } = place.worldline('fuzz', './counter.js', '--runs', '1');
    expect(stdout).toMatch(/^seed \d+: scenario counter, protocol counter, profile default, 1 runs?, 1 job\n/);
  });

  test('has no progress line where nobody watches', () => {
    const { stderr } = place.worldline('fuzz', './counter.js', '--runs', '10', '--seed', '1');
    expect(stderr).toBe('');
  });

  test('speaks to continuous integration', () => {
    const summary = join(place.path, 'summary.md');
    const ended = place.shell('worldline fuzz ./broken.js --seed 6 --no-shrink --junit junit.xml', {
      GITHUB_ACTIONS: 'true',
      GITHUB_STEP_SUMMARY: summary,
    });
    expect(ended.stderr).toMatch(/^::error title=counter%3A violated SUM::VIOLATED/m);
    expect(readFileSync(summary, 'utf8')).toContain('## worldline fuzz counter: violated');
    expect(readFileSync(join(place.path, 'junit.xml'), 'utf8')).toContain('failures="1"');
  });

  test('writes the event log of what it finds', () => {
    place.worldline('fuzz', './broken.js', '--seed', '6', '--trace', 'found.ndjson');
    const lines = readFileSync(join(place.path, 'found.ndjson'), 'utf8').trimEnd().split('\n');
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ kind: 'end', verdict: 'violated' });
  });
});

describe('replay', () => {
  test('of a seed is the run that the campaign made', () => {
    const replayed = data(place.worldline('replay', './counter.js', '--seed', '5', '--json')) as { digest: string };
    const run = data(place.worldline('run', './counter.js', '--profile', 'default', '--seed', '5', '--json')) as {
      digest: string;
    };
    expect(replayed.digest).toBe(run.digest);
  });

  test('of a capsule says whether it is the same, bit for bit', () => {
    const path = found.capsuleFile;
    const same = place.worldline('replay', path);
    expect(same.stdout).toMatch(/^REPRODUCED .*: bit for bit, digest [0-9a-f]{16}\n/);
    expect(same.code).toBe(1);

    const text = readFileSync(join(place.path, path), 'utf8');
    place.file('digest.json', text.replace(/"digest": ?"[0-9a-f]{16}"/, '"digest": "0123456789abcdef"'));
    expect(place.worldline('replay', 'digest.json').stdout).toContain('by other events');

    place.file('fixed.json', text.replace('"bug":"R06a",', '').replace(/"bug": "R06a",\s*/, ''));
    const fixed = place.worldline('replay', 'fixed.json');
    expect(fixed.stdout).toContain('NO LONGER FAILS');
    expect(fixed.code).toBe(0);
  });
});

describe('what breaks outside the model', () => {
  const NEVER_FALLS = `[always({ name: 'SUM', title: 'the count never falls', oracle: 'internal', role: 'server',
    start: () => ({ max: 0 }),
    step: (memory, node, state) => {
      if (state.count < memory.max) return 'the count fell to ' + state.count;
      memory.max = state.count;
    } })]`;
  const claim = (crashes: boolean): string =>
    `tolerates: { crashes: ${crashes}, unsyncedLoss: true, partitions: true, messageLoss: true, duplication: true, reordering: true,
      pauses: true, clockRatePpm: Infinity, clockSteps: true },`;
  const crash = ['--seed', '2', '--set', 'faults=[{ kind: crash, node: n1, at: 2s, for: 10ms }]'];
  place.file('modest.js', counterModule({ properties: NEVER_FALLS, fields: claim(false) }));
  place.file('boastful.js', counterModule({ properties: NEVER_FALLS, fields: claim(true) }));

  test('is labelled by run and replay, and is no failure', () => {
    const ran = place.worldline('run', './modest.js', ...crash);
    expect(ran.stdout).toMatch(/^OUTSIDE MODEL: violated {2}/m);
    expect(ran.stdout).toContain('outside     counter does not claim to survive: crash');
    expect(ran.stdout).toContain('the count fell to 0');
    expect(ran.code).toBe(0);
    expect(data(place.worldline('run', './modest.js', ...crash, '--json'))).toMatchObject({
      verdict: 'violated',
      outsideModel: ['crash'],
    });
    expect(place.worldline('replay', './modest.js', ...crash).code).toBe(0);
  });

  test('is a failure where the protocol claims to survive it', () => {
    const ran = place.worldline('run', './boastful.js', ...crash);
    expect(ran.stdout).toMatch(/^VIOLATED {2}counter/m);
    expect(ran.stdout).not.toContain('outside ');
    expect(ran.code).toBe(1);
  });

  test('keeps its label in a capsule', () => {
    const { violations } = data(
      place.worldline('fuzz', './modest.js', '--runs', '20', '--seed', '1', '--over-budget', '--json'),
    ) as { violations: { signature: string; capsuleFile?: string }[] };
    const [outside] = violations.filter(({ signature }) => signature === 'outside model: violated SUM');
    const again = place.worldline('replay', outside?.capsuleFile ?? 'none');
    expect(again.stdout).toContain('REPRODUCED');
    expect(again.stdout).toContain('does not claim to survive');
    expect(again.code).toBe(0);
  });
});
