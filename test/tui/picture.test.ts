/** The picture on the README's first screen is what the timeline shows today. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repositoryRoot } from '../support/lint.ts';

test('docs/timeline.svg is drawn from a run as it is now; where it is not: node scripts/picture.mjs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'worldline-picture-'));
  const file = join(folder, 'timeline.svg');
  try {
    execFileSync(process.execPath, [join(repositoryRoot, 'scripts', 'picture.mjs'), file]);
    expect(readFileSync(file, 'utf8')).toBe(readFileSync(join(repositoryRoot, 'docs', 'timeline.svg'), 'utf8'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
