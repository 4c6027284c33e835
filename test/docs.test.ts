import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const doc = readFileSync('docs/write-a-protocol.md', 'utf8');
const example = readFileSync('examples/replicated-counter.js', 'utf8');
const blocks = [...doc.matchAll(/```js\n([\s\S]*?)```/g)].map((match) => match[1] as string);

test('write-a-protocol.md shows the protocol that examples/ has', () => {
  const shown = blocks.filter((block) => !block.includes('import {'));
  expect(shown.length).toBeGreaterThan(6);
  for (const block of shown) expect(example).toContain(block.trimEnd());
});
