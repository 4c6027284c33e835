import { join } from 'node:path';
import { expect, test } from 'vitest';
import { userFrames } from '../../src/cli/frames.ts';
import { repositoryRoot } from '../support/lint.ts';

const here = process.cwd();

test('of a stack only the frames of the user are shown, with paths from where they are', () => {
  const stack = `TypeError: x is undefined
    at Add (file://${here}/mine.js:12:9)
    at helper (/elsewhere/lib.js:3:1)
    at Handlers.run (file://${join(repositoryRoot, 'src')}/sim/handlers.js:44:2)
    at async main (file://${join(repositoryRoot, 'src')}/cli/main.js:4:2)
    at Module._compile (node:internal/modules/cjs/loader:1554:14)
    at fuzz (/elsewhere/node_modules/other/index.js:1:1)
    at file://${here}/mine.js:20:1
    at Array.map (<anonymous>)`;
  expect(userFrames(stack)).toEqual(['at Add (mine.js:12:9)', 'at helper (/elsewhere/lib.js:3:1)', 'at mine.js:20:1']);
});

test("a built-in protocol's frames count as its author's", () => {
  const stack = `Error: no\n    at onVote (file://${join(repositoryRoot, 'src')}/protocols/raft/election.js:7:3)`;
  expect(userFrames(stack)).toEqual(['at onVote (src/protocols/raft/election.js:7:3)']);
});

test('no stack, no frames', () => {
  expect(userFrames(undefined)).toEqual([]);
});
