import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from './support/lint.ts';
import { untidyLines } from './support/tidy.ts';

describe('the repository is tidy', () => {
  it('no file names a machine, a registry or an unfinished thought, and none silences a layer rule', () => {
    const files = repositoryFiles();
    expect(files.length).toBeGreaterThan(20);
    expect(files.flatMap((path) => untidyLines(path, readFileSync(join(repositoryRoot, path), 'utf8')))).toEqual([]);
  });

  // Spelled in pieces, so that this file stays tidy itself.
  it.each([
    ['src/cli/main.ts', `const where = '/${'home'}/someone/project';`],
    ['docs/page.md', `run it in C:\\${'Users'}\\someone`],
    ['.npmrc', `registry=https://${'registry'}.example.org/`],
    ['package-lock.json', `      "${'resolved'}": "file:elsewhere.tgz",`],
    ['src/sim/queue.ts', `// ${'FIX'}ME: the order`],
    ['README.md', `${'<'.repeat(7)} HEAD`],
    ['src/sim/queue.ts', `// biome-ignore ${'lint'}/plugin: just this once`],
    ['src/sim/queue.ts', `// biome-ignore ${'lint'}/style/noRestrictedImports: just this once`],
  ])('a planted line in %s is found', (path, line) => {
    expect(untidyLines(path, `fine\n${line}\nfine`)).toHaveLength(1);
  });

  it.each([
    ['src/scenario/errors.ts', `const pointer = '/workload/calls/0';`],
    ['docs/page.md', 'https://raft.github.io/raft.pdf'],
    ['test/cli.test.ts', '// biome-ignore lint/suspicious/noExplicitAny: what a user may pass'],
  ])('an innocent line in %s is left alone', (path, line) => {
    expect(untidyLines(path, line)).toEqual([]);
  });
});

const roots = ['src', 'test', 'bench', 'docs', 'scenarios', 'lint', 'scripts', '.ci', '.github'];

/** Text files under the repository's own folders and at its root, as paths with slashes; works without git. */
function repositoryFiles(): string[] {
  const atRoot = readdirSync(repositoryRoot).filter((name) => statSync(join(repositoryRoot, name)).isFile());
  return [...atRoot.filter((name) => !/\.(?:tgz|log)$/.test(name)), ...roots.flatMap(filesUnder)];
}

function filesUnder(folder: string): string[] {
  if (!existsSync(join(repositoryRoot, folder))) return [];
  return readdirSync(join(repositoryRoot, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    return entry.isDirectory() ? filesUnder(path) : [path];
  });
}
