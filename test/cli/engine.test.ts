import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const MODULE = fileURLToPath(new URL('../../dist/cli/engine.js', import.meta.url));

test('this V8 knows all that it is told, and says nothing', () => {
  const program = `import('${MODULE}').then((engine) => { engine.collectInOneThread(); engine.compileSparingly(); engine.compileThoroughly(); })`;
  const { status, stderr } = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});
