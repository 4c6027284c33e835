/** What a command loads: only `show` on a terminal may wait for ink and react. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repositoryRoot } from '../support/lint.ts';

/** Files that a command imports, as Node's own loader tells them. */
function loadedBy(...words: string[]): string[] {
  const loader = `data:text/javascript,${encodeURIComponent(
    `import { register } from 'node:module'; register('data:text/javascript,' + encodeURIComponent("export async function load(url, context, next) { process._rawDebug('LOADED ' + url); return next(url, context); }"));`,
  )}`;
  const program = join(repositoryRoot, 'dist', 'cli', 'main.js');
  const { stderr } = spawnSync(process.execPath, ['--import', loader, program, ...words], { encoding: 'utf8' });
  return stderr.split('\n').flatMap((line) => (line.startsWith('LOADED ') ? [line.slice(7)] : []));
}

const ofTerminal = /\/node_modules\/(?:ink|react)[^/]*\/|\/dist\/tui\//;

test.each([
  ['fuzz', 'raft', '--seed', '1', '--runs', '2', '--jobs', '1'],
  ['run', 'raft-partition', '--plain'],
  ['show', 'raft-partition', '--plain'],
  ['list'],
])('%s %s loads nothing of the terminal', (...words) => {
  const loaded = loadedBy(...words);
  expect(loaded.length).toBeGreaterThan(5);
  expect(loaded.filter((url) => ofTerminal.test(url))).toEqual([]);
});
