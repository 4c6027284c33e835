/** Frames as they are seen, at the three sizes, in Unicode and ASCII. */
import { describe, expect, test } from 'vitest';
import type { Json } from '../../src/sim/plain.ts';
import type { AnyRole } from '../../src/sim/protocol.ts';
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

  /** The same texts as notes, labels, keys of operations and names of properties' facts: whatever a protocol says itself. */
  const server = protocol.roles.server as AnyRole;
  let said = 0;
  const noting = Object.fromEntries(
    Object.entries(server.onMessage ?? {}).map(([type, handler]) => [
      type,
      (state: never, from: string, message: never, context: { note(text: string, data: Json): void }) => {
        const text = hostile[said++ % hostile.length] as string;
        context.note(text, { [text.slice(0, 40)]: text });
        (handler as (...all: unknown[]) => void)(state, from, message, context);
      },
    ]),
  );
  const noisy = {
    ...protocol,
    roles: {
      ...protocol.roles,
      server: {
        ...server,
        onMessage: noting,
        view: (state: never) => ({
          ...server.view(state, {}),
          label: hostile[1] as string,
          role: hostile[2] as string,
        }),
      } as unknown as AnyRole,
    },
  };
  const calls = troubledPlan().calls.map((call, i) => ({
    ...call,
    op: { ...call.op, key: hostile[i % hostile.length] },
  }));
  const noisyViewer = troubledViewer(noisy, troubledPlan({ calls: calls as never }));

  const places = { messages: viewer, 'notes, labels and keys': noisyViewer };
  const cases = Object.entries(places).flatMap(([place, shown]) =>
    Object.entries(sizes).map(([size, shape]) => [place, size, shape, shown] as const),
  );
  test.each(cases)('break no frame: %s, %s', (_place, _name, shape, shown) => {
    const started = process.cpuUsage().user;
    let state = beginning(shown);
    for (let i = 0; i < 25; i++) {
      state = pressed(shown, ['j'], shape, state);
      const screen = shot(shown, state, shape);
      const lines = screen.split('\n');
      expect(lines.length).toBe(shape.rows - 1);
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(shape.columns);
      expect([...screen].filter(isHarmful)).toEqual([]);
    }
    expect(process.cpuUsage().user - started).toBeLessThan(10_000_000);
  });
});
