/**
 * What the documentation tells people to type, typed. A block of shell that begins with `<!-- run -->` on the line before it is run line by
 * line in an empty folder; a line that ends in `# exit 1` must end with that code, every other with 0.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { repositoryRoot } from '../support/lint.ts';
import { counterModule, createWorkplace, PATIENCE } from './command.ts';

const pages = ['README.md', 'docs/scenarios.md', 'docs/timeline.md', 'docs/trace-format.md'];

interface Line {
  readonly page: string;
  readonly command: string;
  readonly code: number;
}

function linesOf(page: string, text: string): Line[] {
  const blocks = text.matchAll(/<!-- run -->\n```sh\n([\s\S]*?)```/g);
  return [...blocks].flatMap(([, block = '']) =>
    block
      .split('\n')
      .filter((line) => line.trim() !== '' && !line.startsWith('#'))
      .map((line) => ({
        page,
        command: line.replace(/\s+#.*$/, '').replace(/^npx worldline/, 'worldline'),
        code: Number(/# exit (\d+)/.exec(line)?.[1] ?? 0),
      })),
  );
}

vi.setConfig(PATIENCE);

const place = createWorkplace();
afterAll(() => place.remove());
place.file('my-protocol.js', counterModule());

const lines = pages.flatMap((page) => {
  const file = join(repositoryRoot, page);
  return existsSync(file) ? linesOf(page, readFileSync(file, 'utf8')) : [];
});

describe('commands of the documentation', () => {
  test('are found, their comments and exit codes read', () => {
    const text =
      'x\n<!-- run -->\n```sh\n# first\nnpx worldline list   # what there is\nworldline fuzz raft --bug R05 # exit 1\n```\n';
    expect(linesOf('p', text)).toEqual([
      { page: 'p', command: 'worldline list', code: 0 },
      { page: 'p', command: 'worldline fuzz raft --bug R05', code: 1 },
    ]);
    expect(lines.length).toBeGreaterThan(0);
  });

  test.each(lines)(
    '$page: $command',
    ({ command, code }) => {
      const ended = place.shell(command);
      // Where stdout is the event log, the summary stands beside it.
      const stderr = command.includes('--trace -') ? expect.stringMatching(/^PASSED {2}/) : '';
      expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code, stderr });
    },
    120_000,
  );
});

test('the demonstration on the first page is what comes out', () => {
  const readme = readFileSync(join(repositoryRoot, 'README.md'), 'utf8');
  const [, command = '', shown = ''] = /```text\n\$ npx (worldline fuzz .*)\n\.\.\.\n([\s\S]*?)```/.exec(readme) ?? [];
  expect(shown.length).toBeGreaterThan(500);
  expect(place.shell(command).stdout).toContain(shown.trimEnd());
});
