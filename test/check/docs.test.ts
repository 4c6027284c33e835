/** The examples of docs/history-checkers.md, executed: what the page shows is what the command prints. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { HISTORY_MODELS } from '../../src/check/read-history.ts';
import { levelNamed } from '../../src/check/transactions/levels.ts';
import { createWorkplace, PATIENCE } from '../e2e/command.ts';
import { repositoryRoot } from '../support/lint.ts';

vi.setConfig(PATIENCE);

const page = readFileSync(join(repositoryRoot, 'docs', 'history-checkers.md'), 'utf8');
const place = createWorkplace();
afterAll(() => place.remove());

function blocks(language: string): readonly string[] {
  return [...page.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, text = '']) => text);
}

const [stale = '', skew = ''] = blocks('json');
place.file('stale.jsonl', stale);
place.file('skew.json', skew);

test.each(blocks('console').map((block) => [block.slice(2, block.indexOf('\n')), block] as const))(
  '%s',
  (command, block) => {
    expect(place.shell(command).stdout).toBe(block.slice(block.indexOf('\n') + 1));
  },
);

test('the model of your own runs as it stands, and prints what the page says', () => {
  const [program = ''] = blocks('js');
  place.file('high-score.js', program);
  const { stdout, stderr } = place.shell('env -u FORCE_COLOR node high-score.js');
  expect({ stdout, stderr }).toEqual({ stdout: 'illegal 2\n', stderr: '' });
  expect(page).toContain('It prints `illegal 2`');
});

test('models and levels are named as the command knows them', () => {
  const table = page.slice(page.indexOf('| model |'), page.indexOf('Three checks need no search'));
  const models = [...table.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell = '']) => cell.match(/[a-z-]+/g) ?? []);
  expect(models.sort()).toEqual(HISTORY_MODELS.filter((name) => !/list|rw/.test(name)).sort());
  const levels = page.slice(page.indexOf('`--level` takes'), page.indexOf('and others (a wrong name'));
  for (const [, name = ''] of levels.matchAll(/`([a-z-]+)`/g))
    if (!name.startsWith('--')) expect(levelNamed(name)).toBeDefined();
});
