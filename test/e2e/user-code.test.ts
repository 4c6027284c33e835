/** A user's protocol that misbehaves: what it did, where, in their own frames; and the tool stands. */
import { afterAll, describe, expect, test, vi } from 'vitest';
import { type Counter, counterModule, createWorkplace, type Ended, PATIENCE } from './command.ts';

vi.setConfig(PATIENCE);

const place = createWorkplace();
afterAll(() => place.remove());

const PROPERTY_THAT_THROWS = `[always({ name: 'SUM', title: 'the count never falls', oracle: 'internal', start: () => null,
  step: () => { throw new Error('cannot count'); } })]`;

const runs = (spoiled: Counter, ...words: string[]): Ended => {
  place.file('mine.js', counterModule(spoiled));
  return place.worldline('run', './mine.js', ...words);
};

test('a protocol that behaves passes, alone and in a campaign', () => {
  const ended = runs({});
  expect(ended.stdout).toContain('PASSED  counter, seed 1');
  expect(ended.code).toBe(0);
  const campaign = place.worldline('fuzz', './mine.js', '--runs', '50', '--seed', '1');
  expect(campaign.stdout).toContain('PASSED  50 runs');
  expect(campaign.code).toBe(0);
});

describe('a handler', () => {
  test('that throws: its message, its frames and no others', () => {
    const ended = runs({ onAdd: 'state.missing.count += 1;' });
    expect(ended.stdout).toContain("FAILED  the protocol's own code threw");
    expect(ended.stdout).toContain("Cannot read properties of undefined (reading 'count')");
    expect(ended.stdout).toMatch(/at Add \(mine\.js:\d+:\d+\)/);
    expect(ended.stdout + ended.stderr).not.toMatch(/dist\/(sim|explore|cli)/);
    expect(ended.code).toBe(1);
  });

  test('that loops for ever is stopped, and named', () => {
    const ended = runs({ onAdd: 'while (true);' }, '--hang-after', '1s');
    expect(ended.stdout).toContain("FAILED  the protocol's code does not come back");
    expect(ended.stdout).toContain('onMessage.Add at n1 had not come back after 1 s: does it loop for ever?');
    expect(ended.code).toBe(1);
  });

  test('that records effects without end runs into a limit', () => {
    const ended = runs({ onAdd: "for (;;) ctx.send(ctx.self, { type: 'Add' });" });
    expect(ended.stdout).toContain('the handler recorded more than 10000 effects');
    expect(ended.code).toBe(1);
  });

  test.each([
    ['Date.now()', 'Date'],
    ['new Date()', 'Date'],
    ['Math.random()', 'Math.random'],
    ['setTimeout(() => {}, 10)', 'setTimeout'],
    ['performance.now()', 'performance.now'],
    ["fetch('http://localhost/')", 'fetch'],
  ])('that reaches for %s is told what to use instead', (expression, name) => {
    const ended = runs({ onAdd: `${expression};` });
    expect(ended.stdout).toContain("FAILED  the protocol's code reached for the outside world");
    expect(ended.stdout).toContain(name);
    expect(ended.code).toBe(1);
  });

  test('that returns a promise is told that handlers are synchronous', () => {
    const ended = runs({ onAdd: "return Promise.resolve().then(() => ctx.send(from, { type: 'Sum', count: 1 }));" });
    expect(ended.stdout).toContain("FAILED  the protocol's code broke a rule of the contract");
    expect(ended.stdout).toContain('promise');
    expect(ended.code).toBe(1);
  });

  test('that keeps a state which is no plain data', () => {
    const ended = runs({ onAdd: 'state.count = () => 1;' });
    expect(ended.stdout).toContain('FAILED');
    expect(ended.stdout).toContain('function');
    expect(ended.code).toBe(1);
  });

  test('that sends to nobody, or a message without a type', () => {
    expect(runs({ onAdd: "ctx.send('n7', { type: 'Sum', count: 1 });" }).stdout).toContain('n7');
    const ended = runs({ onAdd: 'ctx.send(from, { count: 1 });' });
    expect(ended.stdout).toContain("FAILED  the protocol's code broke a rule of the contract");
    expect(ended.code).toBe(1);
  });

  test('that remembers outside its state is caught, with both sides of the first event that differs', () => {
    const spoiled = { before: 'let calls = 0;', onAdd: "ctx.send(from, { type: 'Sum', count: ++calls });" };
    const ended = runs(spoiled, '--check-determinism');
    expect(ended.stdout).toContain('NOT DETERMINISTIC');
    expect(ended.stdout).toMatch(/run in a fresh process: .*"count":1[,}]/);
    expect(ended.stdout).toContain('Everything a node remembers belongs into its state');
    expect(ended.code).toBe(1);
    const campaign = place.worldline('fuzz', './mine.js', '--runs', '3', '--seed', '1');
    expect(campaign.code).toBe(1);
    expect(campaign.stdout).toMatch(/NOT ?DETERMINISTIC|hidden state/);
  });
});

describe('an option whose name is misspelt', () => {
  const options = "options: { patience: { kind: 'duration', title: '-', default: 5, min: 1, max: 9 } },";
  const sum = "ctx.send(from, { type: 'Sum', count: state.count });";
  const misread = { onAdd: `state.count += ctx.options.patiense > 3 ? 1 : 2; ${sum}`, fields: options };
  const told = 'context.options.patiense: there is no such option; did you mean patience? (there are patience)';

  test('is told where a handler reads it: the name, the nearest, the line', () => {
    const ended = runs(misread);
    const line = counterModule(misread)
      .split('\n')
      .findIndex((one) => one.includes('patiense'));
    expect(ended.stdout.replaceAll(/\s+/g, ' ')).toContain(told);
    expect(ended.stdout).toContain(`(mine.js:${line + 1}:`);
    expect(ended.code).toBe(1);
  });

  test('is found in a campaign too, whose strict runs are a sample', () => {
    place.file('mine.js', counterModule(misread));
    const ended = place.worldline('fuzz', './mine.js', '--runs', '5', '--seed', '1');
    expect(ended.stdout.replaceAll(/\s+/g, ' ')).toContain(told);
    expect(ended.code).toBe(1);
  });

  test.each([
    ['the base timeout', 'baseTimeout: (o) => o.patiense * 20,'],
    ['the claims', 'toleratesUnder: ({ patiense }) => ({ crashes: patiense > 3 }),'],
  ])('is told where %s needs it', (_what, field) => {
    const ended = runs({ fields: `${options} ${field}` });
    expect(ended.stderr).toContain('options.patiense: there is no such option; did you mean patience?');
    expect(ended.stderr).toMatch(/at .*mine\.js:\d+:\d+/);
    expect(ended.code).toBe(1);
  });

  test('is another matter than one that is like none: code may do without', () => {
    const ended = runs({ onAdd: `state.count += ctx.options.batchMax ?? 1; ${sum}`, fields: options });
    expect(ended.stdout).toContain('PASSED');
  });

  test('may be asked for by name, by code that several protocols share', () => {
    const ended = runs({ onAdd: `state.count += 'patiense' in ctx.options ? 1 : 2; ${sum}`, fields: options });
    expect(ended.stdout).toContain('PASSED');
    expect(runs({ onAdd: `ctx.note(JSON.stringify(ctx.options)); ${sum}`, fields: options }).code).toBe(0);
  });
});

/** Each is caught, and the message names the line: of the statement where something threw, else of the handler. */
describe('--check-determinism catches', () => {
  const sum = "ctx.send(from, { type: 'Sum', count: state.count });";
  const line = (spoiled: Counter, text: string): number =>
    counterModule(spoiled)
      .split('\n')
      .findIndex((one) => one.includes(text)) + 1;
  const inAdd = 'Add: (state';
  /** The client tells what the server has left in a variable of the module: the server writes, the client reads. */
  const clientReads = `roles: { server, client: { ...client, onMessage: { Sum: (state, from, message, ctx) => {
    if (state.request === null) return;
    ctx.reply(state.request, owner === ctx.self ? 1 : 0);
    ctx.cancelTimer('patience');
    state.request = null;
  } } } },`;
  const planted: readonly (readonly [what: string, spoiled: Counter, line: string, says: RegExp])[] = [
    ['the time of day', { onAdd: 'state.count = Date.now();' }, 'Date.now', /Date\.now is not available/],
    ['random numbers', { onAdd: 'state.count = Math.random();' }, 'Math.random', /Math\.random is not available/],
    [
      'a message that is changed after it was sent',
      { onAdd: "const sum = { type: 'Sum', count: 1 };\n      ctx.send(from, sum);\n      sum.count = 2;" },
      'sum.count = 2',
      /read only property 'count'/,
    ],
    [
      'a variable of the module that counts',
      { before: 'let calls = 0;', onAdd: "ctx.send(from, { type: 'Sum', count: ++calls });" },
      inAdd,
      /NOT DETERMINISTIC/,
    ],
    [
      'a variable of the module that one handler writes and another node reads',
      { before: 'let owner = null;', onAdd: `owner = from; ${sum}`, fields: clientReads },
      'Sum: (state, from, message, ctx) => {',
      /run beside another/,
    ],
    ['keys like integers', { onAdd: `state.seen = { [7]: from }; ${sum}` }, inAdd, /looks like an integer/],
    ['a promise', { onAdd: 'return Promise.resolve();' }, inAdd, /returned a promise/],
    [
      'a clock that was taken aside',
      { before: 'const now = Date.now;', onAdd: "ctx.send(from, { type: 'Sum', count: now() % 1e6 });" },
      inAdd,
      /NOT DETERMINISTIC/,
    ],
  ];
  test.each(planted)('%s', (_what, spoiled, text, says) => {
    const ended = runs(spoiled, '--check-determinism');
    expect(ended.stdout).toMatch(says);
    const lines = [...ended.stdout.matchAll(/at .*\(mine\.js:(\d+):\d+\)/g)].map((match) => Number(match[1]));
    // Of two handlers with this name the last counts: the one that replaces the other.
    const expected =
      text === inAdd
        ? line(spoiled, text)
        : counterModule(spoiled)
            .split('\n')
            .findLastIndex((one) => one.includes(text)) + 1;
    expect(lines).toContain(expected);
    expect(ended.code).toBe(1);
  });

  test.each([
    ['run', []],
    ['fuzz', ['--runs', '3', '--jobs', '1']],
  ] as const)('a variable of the module that is set once and for all, with %s', (command, words) => {
    // All runs of a process agree about it, in whatever manner they are made.
    const tellsFirst = clientReads.replace('owner === ctx.self ? 1 : 0', 'first % 1000');
    const spoiled = { before: 'let first;', onAdd: `first ??= ctx.now; ${sum}`, fields: tellsFirst };
    place.file('mine.js', counterModule(spoiled));
    const ended = place.worldline(command, './mine.js', '--seed', '3', ...words, '--check-determinism');
    expect(ended.stdout).toContain('NOT DETERMINISTIC');
    expect(ended.stdout).toMatch(/run in a fresh process: .*\n.*run after others: /);
    expect(ended.stdout).toContain('in onMessage.Sum at c');
    expect(ended.code).toBe(1);
  });

  test('nothing in a protocol that behaves, in a run and in a campaign', () => {
    expect(runs({}, '--check-determinism').stdout).toContain('six runs of this seed agree in every event');
    const campaign = place.worldline('fuzz', './mine.js', '--runs', '20', '--seed', '1', '--check-determinism');
    expect(campaign.stdout).toContain('PASSED  20 runs');
    expect(campaign.code).toBe(0);
  });

  test('in a campaign what no digest shows', () => {
    place.file(
      'mine.js',
      counterModule({ before: 'let owner = null;', onAdd: `owner = from; ${sum}`, fields: clientReads }),
    );
    const words = ['fuzz', './mine.js', '--runs', '5', '--seed', '1'] as const;
    expect(place.worldline(...words).code).toBe(0);
    const careful = place.worldline(...words, '--check-determinism');
    expect(careful.stdout).toContain('NOT DETERMINISTIC');
    expect(careful.stdout).toContain('in onMessage.Sum at c');
    expect(careful.code).toBe(1);
  });
});

describe('a module', () => {
  test('that throws while it is loaded: its message and its own frames', () => {
    place.file('mine.js', "function setUp() {\n  throw new Error('no settings');\n}\nsetUp();\n");
    const ended = place.worldline('fuzz', './mine.js');
    expect(ended.stderr).toContain('cannot load the module ./mine.js: no settings');
    expect(ended.stderr).toMatch(/at setUp \(mine\.js:2:9\)/);
    expect(ended.stderr).not.toContain('node:internal');
    expect(ended.code).toBe(2);
  });
});

describe('a campaign that proves nothing', () => {
  test('has nothing to check: exit code 4', () => {
    place.file('mine.js', counterModule({ properties: '[]' }));
    const ended = place.worldline('fuzz', './mine.js', '--runs', '10', '--seed', '1');
    expect(ended.stdout).toContain('NOTHING RAN');
    expect(ended.stdout).toContain('there are neither invariants nor a model: nothing was checked');
    expect(ended.code).toBe(4);
  });

  test('never had an answer: exit code 3', () => {
    place.file('mine.js', counterModule({ onAdd: 'state.count += 1;' }));
    const ended = place.worldline('fuzz', './mine.js', '--runs', '10', '--seed', '1');
    expect(ended.stdout).toContain('INCONCLUSIVE');
    expect(ended.stdout).toContain('no operation was acknowledged in any run');
    expect(ended.code).toBe(3);
  });

  test('made no run: exit code 4', () => {
    const ended = place.worldline('fuzz', 'raft', '--runs', '0');
    expect(ended.stdout).toContain('NOTHING RAN');
    expect(ended.code).toBe(4);
  });
});

describe('beside the handlers', () => {
  test.each([
    ['a property', { properties: PROPERTY_THAT_THROWS }],
    ['a view', { fields: 'roles: { server: { ...server, view: (state) => state.missing.count }, client },' }],
  ])("%s that throws is the author's, with their frames", (_what, spoiled) => {
    // Views are only looked at where somebody reads them.
    const ended = runs(spoiled, '--plain');
    const text = ended.stdout + ended.stderr;
    expect(text).toMatch(/cannot count|Cannot read properties of undefined/);
    expect(text).toMatch(/at .*mine\.js:\d+:\d+/);
    expect(text).not.toContain('a bug of worldline');
    expect(ended.code).toBe(1);
  });

  test('a base timeout that is none is a mistake', () => {
    const ended = runs({ fields: 'baseTimeout: () => 0,' });
    expect(ended.stderr).toContain('counter.baseTimeout(...) gave 0');
    expect(ended.code).toBe(2);
  });
});

test('what the code prints does not get into the results', () => {
  place.file(
    'mine.js',
    counterModule({ onAdd: "console.log('here'); ctx.send(from, { type: 'Sum', count: ++state.count });" }),
  );
  for (const jobs of ['1', '2']) {
    const ended = place.worldline('fuzz', './mine.js', '--runs', '3', '--seed', '1', '--jobs', jobs, '--json');
    expect(JSON.parse(ended.stdout)).toMatchObject({ format: 'worldline-fuzz/1', runs: 3 });
    expect(ended.stderr).toContain('\nhere\n');
  }
});

test('what only a strict run finds is told from that run: the story ends where it fails', () => {
  place.file(
    'mine.js',
    counterModule({ onAdd: "ctx.send(from, { type: 'Sum', count: ++state.count, note: undefined });" }),
  );
  const ended = place.worldline('fuzz', './mine.js', '--runs', '5', '--seed', '1', '--no-shrink');
  expect(ended.stdout).toContain('the plain run goes on here, every time.');
  expect(ended.stdout).toMatch(/the run ends here: onMessage\.Add at n1: .*\n\nnpx worldline replay /);
  expect(ended.code).toBe(1);
});

test('a campaign over a handler that loops for ever ends too', () => {
  place.file('mine.js', counterModule({ onAdd: 'if (state.count++ > 3) while (true);' }));
  const ended = place.worldline('fuzz', './mine.js', '--runs', '5', '--seed', '1', '--hang-after', '1s');
  expect(ended.stdout).toContain('had not come back after 1 s: does it loop for ever?');
  expect(ended.code).toBe(1);
});
