/** The scenarios that come with Worldline, and the JSON Schema that editors complete them by. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { resolveProtocol } from '../../src/registry.ts';
import { builtInFile, builtInNames, loadScenarioFile } from '../../src/scenario/load-file.ts';
import { describeProblem } from '../../src/scenario/problem.ts';
import { resolveScenario } from '../../src/scenario/resolve.ts';
import { scenarioJsonSchema } from '../../src/scenario/schema.ts';

const names = await builtInNames();

test('there are eight of Raft', () => {
  expect(names).toEqual(
    expect.arrayContaining([
      'raft',
      'raft-bridge',
      'raft-clocks',
      'raft-crash-recovery',
      'raft-one-way',
      'raft-partition',
      'raft-ring',
      'raft-slow-disk',
    ]),
  );
});

describe.each(names)('%s', (name) => {
  test('is valid, and names only what its protocol has', async () => {
    const loaded = await loadScenarioFile(builtInFile(name));
    if (!loaded.ok) throw new Error(loaded.problems.map((problem) => describeProblem(name, problem)).join('\n'));
    expect(loaded.scenario.name).toBe(name);
    const protocol = await resolveProtocol(loaded.scenario.protocol, loaded.scenario.bug);
    expect(resolveScenario(loaded.scenario, protocol, 'refused').problems).toEqual([]);
  });

  test('says what to look at, and names its schema for editors', () => {
    const text = readFileSync(builtInFile(name), 'utf8');
    const [schema = '', ...rest] = text.split('\n');
    expect(schema).toBe('# yaml-language-server: $schema=./scenario.schema.json');
    expect(rest.join('\n')).toMatch(/^# .*look/im);
  });
});

/** To write it anew: UPDATE_SCHEMA=1 npx vitest run test/scenario/built-in.test.ts */
test('scenarios/scenario.schema.json is what the validator knows', () => {
  const file = fileURLToPath(new URL('../../scenarios/scenario.schema.json', import.meta.url));
  if (process.env.UPDATE_SCHEMA !== undefined) {
    writeFileSync(file, JSON.stringify(scenarioJsonSchema(), null, 2));
    execFileSync('npx', ['biome', 'format', '--write', file]);
  }
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(scenarioJsonSchema());
});
