import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const MODULE = fileURLToPath(new URL('../../dist/cli/compile-sparingly.js', import.meta.url));

test('this V8 knows what it is told, and says nothing', () => {
  const program = `import('${MODULE}').then(({ compileSparingly }) => compileSparingly())`;
  const { status, stderr } = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});
