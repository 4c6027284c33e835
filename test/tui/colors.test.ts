/** What is painted in which colour, where a terminal has few: what must be seen is seen, on black and on white, and red never stands beside green. */
import { expect, test } from 'vitest';
import type { Ink, Line } from '../../src/timeline/ink.ts';
import { depthOf, painted } from '../../src/tui/colors.ts';
import { frame } from '../../src/tui/frame.ts';
import { beginning } from '../../src/tui/opening.ts';
import { Viewer } from '../../src/tui/viewer.ts';
import { protocol } from '../toys/quorum-register.ts';
import { middle, pressed, troubledPlan } from './viewers.ts';

const inks: { readonly [ink in Ink]: true } = {
  plain: true,
  dim: true,
  bold: true,
  title: true,
  leader: true,
  candidate: true,
  message: true,
  fault: true,
  note: true,
  client: true,
  timer: true,
  disk: true,
  bad: true,
  good: true,
  hint: true,
  selected: true,
  added: true,
  removed: true,
};
const all = Object.keys(inks) as Ink[];

/** Numbers of the SGR sequence that a text begins with, of this ink. */
const codes = (ink: Ink, depth: Parameters<typeof painted>[1]): readonly string[] =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what a colour begins with.
  /^\u001b\[([0-9;]+)m/.exec(painted([{ text: 'x', ink }], depth))?.[1]?.split(';') ?? [];

const RED = '31';
const GREEN = '32';
const YELLOW = '33';

test('with 16 colours faults, what is bad and what is gone are red, and nothing else is', () => {
  expect(all.filter((ink) => codes(ink, '16').includes(RED)).sort()).toEqual(['bad', 'fault', 'removed']);
});

test('with 16 colours what is broken differs from a fault without its colour, too', () => {
  expect(codes('bad', '16')).toEqual(['1', '7', RED]);
  expect(codes('fault', '16')).toEqual([RED]);
});

test('with 16 colours nothing is green, and yellow is nothing that must be seen', () => {
  expect(all.filter((ink) => codes(ink, '16').includes(GREEN))).toEqual([]);
  expect(all.filter((ink) => codes(ink, '16').includes(YELLOW)).sort()).toEqual(['disk', 'timer']);
});

test('every ink that has a colour with 256 has one with 16, but grey', () => {
  const coloured = (depth: '16' | '256'): readonly Ink[] =>
    all.filter((ink) => codes(ink, depth).some((code) => code !== '1' && code !== '7'));
  expect(coloured('256').filter((ink) => !coloured('16').includes(ink))).toEqual(['dim']);
});

test('a terminal says how many it has; whoever wants none gets bold and inverse alone', () => {
  expect(depthOf({ TERM: 'xterm' }, true)).toBe('16');
  expect(depthOf({ TERM: 'linux' }, true)).toBe('16');
  expect(depthOf({ TERM: 'xterm-256color' }, true)).toBe('256');
  expect(depthOf({ TERM: 'xterm-256color', COLORTERM: 'truecolor' }, true)).toBe('true');
  expect(depthOf({ TERM: 'xterm-256color', COLORTERM: 'truecolor' }, false)).toBe('none');
  expect(new Set(all.flatMap((ink) => codes(ink, 'none')))).toEqual(new Set(['1', '7']));
});

test('the fault under the cursor is red in the picture of a run', () => {
  const viewer = new Viewer({ protocol, plan: troubledPlan(), title: 'troubles', command: '' });
  const state = pressed(viewer, [']'], middle, beginning(viewer));
  const banner = frame(viewer, state, { ...middle, ascii: false }).find((line: Line) =>
    line.some(({ text }) => text.includes('═══ ')),
  );
  expect(banner).toBeDefined();
  expect(painted(banner as Line, '16')).toMatch(new RegExp(`\u001b\\[${RED}m[^\u001b]*═══ `));
});
