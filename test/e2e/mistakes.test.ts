/** What people get wrong on a command line or in a file: a sentence they understand, exit code 2, and no stack trace. */
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { type Counter, counterModule, createWorkplace, type Ended, PATIENCE } from './command.ts';

vi.setConfig(PATIENCE);

const place = createWorkplace();
afterAll(() => place.remove());

function expectMistake(ended: Ended, ...sentences: string[]): void {
  for (const sentence of sentences) expect(ended.stderr).toContain(sentence);
  expect(ended.code).toBe(2);
  expect(ended.stdout).toBe('');
  expect(ended.stderr).not.toMatch(/^\s+at .*:\d+:\d+/m);
}

describe('a name that does not exist', () => {
  test('of a scenario: what is known, told apart from protocols, and what was meant', () => {
    const ended = place.worldline('fuzz', 'raft-partiton');
    expectMistake(
      ended,
      'worldline: there is no scenario or protocol called "raft-partiton"',
      'did you mean raft-partition?',
      'raft-partition, raft-ring, ',
      'protocols: lease-lock, paxos-commit, raft, ',
    );
  });

  test('of a command or an option', () => {
    expectMistake(place.worldline('fuz', 'raft'), "unknown command 'fuz'", 'did you mean fuzz?');
    expectMistake(
      place.worldline('fuzz', 'raft', '--sed', '3'),
      "unknown option '--sed'",
      'did you mean one of --seed, --set?',
    );
    expectMistake(place.worldline('fuzz'), "missing required argument 'scenario'", 'worldline fuzz --help shows how');
  });

  test.each([
    ['--time', 'fuzz', 'here it is --for: --for 20s'],
    ['--duration=20s', 'fuzz', 'here it is --for: --for 20s'],
    ['--seeds', 'fuzz', 'here it is --runs: --runs 1000'],
    ['--count', 'fuzz', 'here it is --runs: --runs 1000'],
    ['-n', 'compare', 'here it is --runs: --runs 1000'],
    ['--workers', 'fuzz', 'here it is --jobs: --jobs 4'],
    ['--threads', 'zoo', 'here it is --jobs: --jobs 4'],
    ['--bugs', 'fuzz', 'here it is --bug: --bug ID'],
    ['--nodes', 'run', 'here it is --set: --set nodes.ROLE=3'],
    ['--runs', 'zoo', 'here it is --seeds: --seeds 1000'],
    ['--for', 'zoo', 'here it is --cpu: --cpu 20'],
    ['--hits', 'fuzz', '--hits belongs to worldline zoo'],
    ['--runs', 'run', '--runs belongs to worldline fuzz, compare'],
  ])('of an option that is called otherwise: %s with %s', (option, command, hint) => {
    expectMistake(
      place.worldline(command, 'raft', option, '5'),
      `unknown option '${option.replace(/=.*/, '')}`,
      `\n    ${hint}\n`,
      `worldline ${command} --help shows how`,
    );
  });

  test('of a command where a scenario stands, or a planted bug behind it', () => {
    expectMistake(place.worldline('raft'), "unknown command 'raft'", 'a file: worldline run raft, worldline fuzz raft');
    expectMistake(place.worldline('fuzz', 'raft', 'R05'), 'is switched on so: worldline fuzz raft --bug R05');
    expectMistake(place.worldline('help', 'fuz'), "unknown command 'fuz'", 'did you mean fuzz?');
    expect(place.worldline('help', 'fuzz').stdout).toContain('Usage: worldline fuzz');
  });

  test('of a planted bug', () => {
    expectMistake(place.worldline('zoo', 'raft', '--bug', 'R6a'), 'raft has no planted bug "R6a"', 'mean R06a?');
    expectMistake(place.worldline('fuzz', 'raft', '--bug', 'R99'), 'raft has no planted bug "R99"', 'It has: R01a');
  });

  test('of a profile', () => {
    expectMistake(
      place.worldline('fuzz', 'raft', '--profile', 'hevy'),
      'no profile called "hevy"',
      'did you mean heavy?',
    );
  });

  test("of an option of the protocol's, or a value that does not fit it", () => {
    const run = (option: string): Ended => place.worldline('run', 'raft', '--option', option);
    expectMistake(run('heartbeat=20ms'), 'heartbeat: is not an option of raft', 'did you mean heartbeatInterval?');
    expectMistake(run('heartbeatInterval=-20ms'), 'heartbeatInterval: "-20ms" is negative');
    expectMistake(run('heartbeatInterval=20'), 'heartbeatInterval: 20 has no unit', 'write 20ms or 20s');
    expectMistake(run('heartbeatInterval'), 'no value is given', '--option name=value');
  });
});

test('a Node whose built-in objects are frozen: help is given, and what simulates says why it cannot', () => {
  const frozen = { NODE_OPTIONS: '--frozen-intrinsics --no-warnings' };
  const help = place.shell('worldline fuzz --help', frozen);
  expect(help.stdout).toContain('Usage: worldline fuzz');
  expect(help.code).toBe(0);
  expectMistake(place.shell('worldline run raft', frozen), 'built-in objects are frozen', 'start Node without it');
});

describe('a value that cannot be read', () => {
  test.each(['-5', '', 'two words'])('seed %j', (seed) => {
    expectMistake(
      place.worldline('run', 'raft', '--seed', seed),
      'worldline: --seed: ',
      'A seed is an unsigned integer',
    );
  });

  test('a number of runs, of jobs, a time', () => {
    const fuzz = (...words: string[]): Ended => place.worldline('fuzz', 'raft', ...words);
    expectMistake(fuzz('--runs', 'many'), '--runs: "many" is not a whole number', 'e.g. --runs 1000');
    expectMistake(fuzz('--runs', '-1'), '--runs: "-1" is not a whole number');
    expectMistake(fuzz('--jobs', '0'), '--jobs: "0" is not a whole number of at least 1');
    expectMistake(fuzz('--for', '60'), '--for: "60" has no unit', 'write 60ms or 60s');
    expectMistake(fuzz('--for', '-60s'), '--for: "-60s" is negative');
  });

  test('two things that would both be written to stdout', () => {
    expectMistake(place.worldline('run', 'raft', '--json', '--plain'), '--json and --plain would both write to stdout');
  });
});

describe('a scenario file', () => {
  test('that does not exist', () => {
    expectMistake(place.worldline('run', 'nowhere.yaml'), 'cannot read nowhere.yaml: there is no such file or folder');
  });

  test('that is a folder', () => {
    mkdirSync(join(place.path, 'folder.yaml'));
    expectMistake(place.worldline('run', 'folder.yaml'), 'cannot read folder.yaml: it is a folder, not a file');
  });

  test('that is not YAML', () => {
    place.file('bad.yaml', 'protocol: raft\nnodes: { server: 5\nlimits: { until: 8s }\n');
    expectMistake(place.worldline('run', 'bad.yaml'), 'bad.yaml:3:1  This is not valid YAML');
  });

  test('with a field nobody knows, and with a negative duration: both are told at once', () => {
    place.file('wrong.yaml', 'protocol: raft\nfalts: []\nlimits: { until: -8s }\n');
    expectMistake(
      place.worldline('run', 'wrong.yaml'),
      'worldline: wrong.yaml has 2 mistakes\n',
      '\nwrong.yaml:2:1  falts: is not a field that is known here',
      'did you mean faults?',
      'wrong.yaml:3:11  limits.until: "-8s" is negative',
      'expected  a duration with its unit, e.g. 300us, 150ms or 2s',
    );
  });

  test('that names a protocol, a bug, or nodes that do not exist', () => {
    place.file('paxos.yaml', '# mine\nprotocol: paxos\n');
    expectMistake(place.worldline('run', 'paxos.yaml'), 'paxos.yaml:2:1  protocol: there is no protocol "paxos"');
    place.file('bug.yaml', 'protocol: raft\nbug: R99\n');
    expectMistake(place.worldline('run', 'bug.yaml'), 'bug.yaml:2:1  bug: raft has no planted bug "R99"');
    place.file('node.yaml', 'protocol: raft\nfaults:\n  - { at: 1s, kind: crash, node: n9 }\n');
    expectMistake(
      place.worldline('run', 'node.yaml'),
      'node.yaml:3:28  faults[0].node: "n9" is not a node of this scenario',
    );
  });

  test('is not a capsule, and a capsule is not a scenario', () => {
    expectMistake(place.worldline('run', 'x.json'), 'x.json is not a scenario', 'worldline replay x.json');
    mkdirSync(join(place.path, 'capsules'));
    expectMistake(
      place.worldline('replay', 'capsules'),
      'capsules is a folder, not a capsule',
      'no capsule (.json) in',
    );
    place.file('capsules/b.json', '');
    place.file('capsules/a.json', '');
    expectMistake(place.worldline('replay', 'capsules'), 'it holds 2 capsules: worldline replay capsules/a.json');
    expectMistake(place.worldline('replay', 'raft'), 'replay needs a capsule, or a scenario with --seed');
  });
});

describe('a module', () => {
  test('that does not exist', () => {
    expectMistake(place.worldline('fuzz', './nowhere.js'), 'cannot read the module ./nowhere.js', 'Is the path right?');
    place.file('short.mjs', '');
    expectMistake(place.worldline('fuzz', './short'), 'cannot read the module ./short', 'Did you mean ./short.mjs?');
  });

  test('that exports no protocol, or something that only looks like one', () => {
    place.file('empty.js', 'export const answer = 42;\n');
    expectMistake(place.worldline('fuzz', './empty.js'), './empty.js exports no protocol');
    place.file('half.js', counterModule({ fields: 'baseTimeout: undefined,' }));
    expectMistake(place.worldline('fuzz', './half.js'), 'the protocol in ./half.js has no function `baseTimeout`');
  });

  test('whose claims, properties or roles are misspelt: what nobody asks would be missed by nobody', () => {
    const refusal = (spoiled: Counter, ...sentences: readonly string[]): void => {
      place.file('misspelt.js', counterModule(spoiled));
      expectMistake(place.worldline('list', './misspelt.js'), ...sentences);
    };
    refusal(
      { fields: 'tolerates: { crashs: true },' },
      'the protocol in ./misspelt.js says `crashs` in `tolerates`, which nobody asks; it may say crashes, ',
    );
    refusal(
      { properties: "[always({ name: 'SUM', title: '-', oracle: 'internal', start: () => null, stp: () => 'no' })]" },
      'has a property `SUM` with a function `stp`, which nobody calls; its hooks are step, ',
    );
    refusal(
      { fields: 'roles: { server: { ...server, onDiskEror: () => {} }, client },' },
      'has a role `server` with `onDiskEror`, which nobody asks; a role has boot, ',
    );
  });

  test('whose planted bugs break what does not exist, or are none', () => {
    const refusal = (bugs: string, ...sentences: readonly string[]): void => {
      place.file('bugs.js', counterModule({ properties: PROPERTIES, fields: `bugs: [${bugs}],` }));
      expectMistake(place.worldline('list', './bugs.js'), ...sentences);
    };
    const PROPERTIES = `[always({ name: 'SUM', title: '-', oracle: 'internal', start: () => null }),
      sometimes({ name: 'reached', title: '-', oracle: 'internal', start: () => null })]`;
    const bug = (violates: string): string =>
      `{ id: 'B1', title: '-', violates: ${violates}, source: '', recipe: '', protocol: () => counter }`;
    refusal(
      bug("['SUN']"),
      'the protocol in ./bugs.js has a planted bug `B1` that violates `SUN`, which is no property of it; did you mean SUM? (there are SUM)',
    );
    refusal(bug("['SUM', 'reached']"), 'violates `reached`, which is a goal (`sometimes`), and nothing that can be');
    refusal(bug("['LIN']"), 'violates `LIN`, but no `model` to judge histories by');
    refusal(bug("['liveness']"), 'violates `liveness`, but no `liveness` that says what is owed');
    refusal(bug('[]'), 'has a planted bug `B1` without a list `violates`');
    refusal(`${bug("['SUM']")}, ${bug("['SUM']")}`, 'has two planted bugs named `B1`');
    refusal("{ id: 'B2', title: '-', violates: ['SUM'] }", 'has a planted bug `B2` without a function `protocol`');
    place.file('bugs.js', counterModule({ properties: PROPERTIES, fields: `bugs: [${bug("['SUM']")}],` }));
    expect(place.worldline('list', './bugs.js').stdout).toContain('(breaks SUM)');
  });

  test('that cannot be parsed: where', () => {
    place.file('syntax.js', 'export const answer = 42;\nexport const protocol = {;\n');
    const ended = place.worldline('fuzz', './syntax.js');
    expectMistake(ended, 'cannot load the module ./syntax.js: Unexpected token', 'syntax.js:2 does not parse.');
  });

  test('that imports what is not there', () => {
    place.file('imports.js', "import { fuz } from 'worldline';\n");
    const ended = place.worldline('fuzz', './imports.js');
    expectMistake(ended, "does not provide an export named 'fuz'", 'It imports what is not there, or does not parse.');
    place.file('package.js', "import 'no-such-package';\n");
    expectMistake(
      place.worldline('fuzz', './package.js'),
      'It imports what is not there: is it installed, is the path right?',
    );
  });

  test('that exports a scenario with a mistake in it', () => {
    place.file('scenario.js', "export const scenario = { protocol: 'raft', limts: {} };\n");
    expectMistake(
      place.worldline('run', './scenario.js'),
      'limts: is not a field that is known here',
      'did you mean limits?',
    );
  });
});

describe('a capsule', () => {
  const capsule = (): string => {
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
    return (JSON.parse(stdout) as { violations: { capsuleFile: string }[] }).violations[0]?.capsuleFile ?? '';
  };

  test('that is truncated, of another version, something else, or missing', () => {
    const path = capsule();
    const { stdout } = place.shell(`cat ${path}`);
    const replay = (name: string, text: string): Ended => place.worldline('replay', place.file(name, text));
    expectMistake(replay('cut.json', stdout.slice(0, 400)), 'cut.json: the file ends in the middle', 'truncated');
    expectMistake(
      replay('v9.json', stdout.replace('capsule/1', 'capsule/9')),
      'v9.json: the capsule has format worldline-capsule/9',
      'Replay it with',
    );
    expectMistake(replay('other.json', '{"name":"x"}'), 'other.json: the file is not a capsule');
    expectMistake(replay('text.json', 'hello'), 'text.json: the file ');
    expectMistake(replay('bent.json', stdout.replace('"limits"', '"limit"')), 'bent.json: the capsule is damaged');
    expectMistake(place.worldline('replay', 'nowhere.json'), 'cannot read nowhere.json: there is no such file');
    expectMistake(place.worldline('replay', path, '--seed', '3'), '--seed has no place here');
  });
});

describe('a place that cannot be written to', () => {
  test('for the event log', () => {
    expectMistake(
      place.worldline('run', 'raft', '--trace', 'no/where/out.ndjson'),
      'cannot write no/where/out.ndjson: there is no such file or folder',
    );
    expectMistake(place.worldline('run', 'raft', '--trace', '.'), 'cannot write .: it is a folder, not a file');
  });

  test('for a report: known before the campaign, not after it', () => {
    const fuzz = (...words: string[]): Ended => place.worldline('fuzz', 'raft', '--runs', '5', ...words);
    expectMistake(fuzz('--junit', 'no/where.xml'), 'cannot write no/where.xml: there is no such file or folder');
    expectMistake(fuzz('--trace', 'no/where.ndjson'), 'cannot write no/where.ndjson: there is no such file or folder');
  });

  test('for a table of the zoo, the state of a campaign, or a new project', () => {
    place.file('in-the-way', '');
    const zoo = ['zoo', 'raft', '--bug', 'R36', '--seeds', '1', '--rates', '--save', 'in-the-way/zoo.json'];
    expectMistake(place.worldline(...zoo), 'cannot write in-the-way/zoo.json: a part of the path is a file');
    expectMistake(
      place.worldline('fuzz', 'raft', '--runs', '1', '--resume', 'in-the-way/state.json'),
      'cannot write in-the-way/state.json: a part of the path is a file',
    );
    expectMistake(place.worldline('init', 'in-the-way/demo'), 'cannot write in-the-way/demo: a part of the path is a');
  });

  test('for capsules: the finding is told all the same, and the capsule goes to the terminal', () => {
    const readOnly = createWorkplace();
    try {
      // Nobody can make a folder where there is a file, not even root.
      readOnly.file('.worldline', 'in the way');
      chmodSync(readOnly.path, 0o555);
      const ended = readOnly.worldline('fuzz', 'raft', '--bug', 'R06a', '--seed', '6', '--runs', '200', '--no-shrink');
      expect(ended.code).toBe(1);
      expect(ended.stdout).toContain('VIOLATED');
      expect(ended.stderr).toContain('worldline: cannot write .worldline');
      const capsule = ended.stderr.split('\n').find((line) => line.startsWith('{'));
      expect(JSON.parse(capsule ?? '')).toMatchObject({ format: 'worldline-capsule/1', verdict: 'violated' });
    } finally {
      chmodSync(readOnly.path, 0o755);
      readOnly.remove();
    }
  });
});
