import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './lint.ts';

const inputs = ['src', 'scripts/build.mjs', 'package.json', 'tsconfig.json', 'tsconfig.build.json'];

/**
 * Compiles before the tests when a source is newer than dist, because worker threads and the command are tested as built.
 * A type error does not stop the tests (`npm run typecheck` is for that), missing output does.
 */
export function setup(): void {
  if (newestInputMillis() <= modifiedMillis(join(repositoryRoot, 'dist', '.built'))) return;
  const build = spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: repositoryRoot, encoding: 'utf8' });
  if (build.status === 0) return;
  const errors = build.stdout.trim().split('\n');
  console.warn(`dist was built from sources with type errors, ${errors.length} lines of them, first:\n${errors[0]}`);
  if (newestInputMillis() > modifiedMillis(join(repositoryRoot, 'dist', '.built'))) {
    throw new Error(`the build left no output:\n${build.stdout}${build.stderr}`);
  }
}

function newestInputMillis(): number {
  return Math.max(...inputs.flatMap(filesOf).map(modifiedMillis));
}

/** `path` itself, and all below it: a deleted source shows in the time of its folder. */
function filesOf(path: string): string[] {
  const absolute = join(repositoryRoot, path);
  if (!statSync(absolute).isDirectory()) return [absolute];
  const below = readdirSync(absolute, { recursive: true, encoding: 'utf8' });
  return [absolute, ...below.map((name) => join(absolute, name))];
}

function modifiedMillis(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
