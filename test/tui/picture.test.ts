import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repositoryRoot } from '../support/lint.ts';
import { drawPicture } from './picture.ts';

test('docs/timeline.svg is what the timeline shows today; where it is not: npx vitest run test/tui/picture.test.ts -u', async () => {
  await expect(await drawPicture()).toMatchFileSnapshot(join(repositoryRoot, 'docs', 'timeline.svg'));
});
