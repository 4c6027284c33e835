/** Frames as they are seen, at the three sizes, in Unicode and ASCII. */
import { describe, expect, test } from 'vitest';
import { beginning } from '../../src/tui/opening.ts';
import { protocol } from '../toys/quorum-register.ts';
import { large, middle, pressed, shot, small, troubledPlan, troubledViewer } from './viewers.ts';

const sizes = { small, middle, large } as const;

describe('frames', () => {
  const viewer = troubledViewer();
  const views: { readonly [name: string]: readonly string[] } = {
    'at the partition': [']', 'j', 'j'],
    'at a crash, every effect': ['F', 'j', 'j', 'enter', 'z', 'z'],
    'the story in time': ['G', 'Z', 'Z'],
    phases: ['Z', 'Z', 'Z'],
    faults: ['F', 'j'],
  };
  for (const [name, keys] of Object.entries(views)) {
    test.each(Object.entries(sizes))(`${name}, %s`, async (size, shape) => {
      const state = pressed(viewer, keys, shape, beginning(viewer));
      await expect(shot(viewer, state, shape)).toMatchFileSnapshot(
        `frames/${name.replaceAll(/\W+/g, '-')}-${size}.txt`,
      );
    });
  }

  test.each(Object.entries(sizes))('fit a screen of %s', (_name, shape) => {
    for (const keys of Object.values(views)) {
      const lines = shot(viewer, pressed(viewer, keys, shape), shape).split('\n');
      expect(lines.length).toBe(shape.rows - 1);
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(shape.columns);
    }
  });

  test('have the same shape in ASCII, sign for sign', () => {
    const state = pressed(viewer, [']', 'j'], middle);
    const ascii = shot(viewer, state, { ...middle, ascii: true });
    expect(ascii).toMatch(/^[\x20-\x7e\n]*$/);
    expect(ascii.replace('? keys', '')).not.toContain('?');
    const lengths = (text: string): number[] => text.split('\n').map((line) => line.length);
    expect(lengths(ascii)).toEqual(lengths(shot(viewer, state, middle)));
  });

  test('refuse a screen that is too small, in one line', () => {
    expect(shot(viewer, beginning(viewer), { columns: 59, rows: 24 })).toBe(
      'too small: 60 x 16 at least, or try --plain',
    );
    expect(shot(viewer, beginning(viewer), { columns: 80, rows: 15 })).toMatch(/^too small/);
  });
});

/** Control characters, combining marks, marks of direction, characters of two cells. */
function isHarmful(character: string): boolean {
  const code = character.codePointAt(0) as number;
  const ranges = [
    [0, 9],
    [11, 31],
    [0x7f, 0x9f],
    [0x300, 0x36f],
    [0x200b, 0x202f],
    [0x3000, 0x9fff],
    [0x10000, 0x10ffff],
  ] as const;
  return ranges.some(([from, to]) => code >= from && code <= to);
}

describe('texts of a protocol that are meant to harm', () => {
  const hostile = [
    '\u001b[2J\u001b[31mred',
    'a\u202ereversed',
    '漢字かな',
    'x\u0301\u0302 combining',
    'line\nbreak\r\ttab',
    '\u{1f600} smile',
    'z'.repeat(1_000_000),
    '\u0007\u0000\u009b1m',
  ];
  const harmful = {
    ...protocol,
    tell: {
      message: (message: { readonly round: number }) => hostile[message.round % hostile.length] as string,
      operation: () => hostile[0] as string,
    },
  };
  const viewer = troubledViewer(harmful, troubledPlan());

  test.each(Object.entries(sizes))('break no frame at size %s', (_name, shape) => {
    const started = process.cpuUsage().user;
    let state = beginning(viewer);
    for (let i = 0; i < 25; i++) {
      state = pressed(viewer, ['j'], shape, state);
      const screen = shot(viewer, state, shape);
      const lines = screen.split('\n');
      expect(lines.length).toBe(shape.rows - 1);
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(shape.columns);
      expect([...screen].filter(isHarmful)).toEqual([]);
    }
    expect(process.cpuUsage().user - started).toBeLessThan(10_000_000);
  });
});
