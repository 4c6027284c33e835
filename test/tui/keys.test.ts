/** Every key of the help does what the help says, on a real terminal. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keys } from '../../src/tui/keys.ts';
import { sent, startTerminal, type Terminal } from './terminal.ts';

/** What must be typed before a key so that it has something to do, and what must be seen after it. */
interface Expected {
  readonly first?: readonly string[];
  readonly sees: RegExp | ((before: string, after: string) => boolean);
}

const eventOf = (screen: string): number => Number(/#(\d+)\//.exec(screen)?.[1]);
const later = (before: string, after: string): boolean => eventOf(after) > eventOf(before);
const earlier = (before: string, after: string): boolean => eventOf(after) < eventOf(before);
const moved = (before: string, after: string): boolean => eventOf(after) !== eventOf(before);
const other = (before: string, after: string): boolean => before !== after;

const expected: { readonly [key: string]: Expected } = {
  j: { sees: later },
  down: { sees: later },
  k: { first: [']'], sees: earlier },
  up: { first: [']'], sees: earlier },
  J: { sees: later },
  K: { first: [']', ']'], sees: earlier },
  l: { sees: /lane n\d/ },
  right: { sees: /lane n\d/ },
  h: { first: ['l', 'l'], sees: /lane n\d/ },
  left: { first: ['l', 'l'], sees: /lane n\d/ },
  'ctrl-d': { sees: later },
  pagedown: { sees: later },
  'ctrl-u': { first: ['G'], sees: earlier },
  pageup: { first: ['G'], sees: earlier },
  g: { first: ['G'], sees: earlier },
  home: { first: ['G'], sees: earlier },
  G: { sees: later },
  end: { sees: later },
  ']': { sees: /═══ n\d is cut off/ },
  '[': { first: ['G'], sees: earlier },
  '}': { sees: later },
  '{': { first: ['G'], sees: earlier },
  enter: { first: [']', 'j', 'j'], sees: moved },
  E: { first: [']', 'j', 'j'], sees: moved },
  e: { first: ['j'], sees: later },
  backspace: { first: ['G'], sees: earlier },
  m: { sees: /marked/ },
  "'": { first: ['m', 'G'], sees: earlier },
  '/': { sees: /^\/█/m },
  n: { first: ['/', 'became leader', 'enter'], sees: later },
  N: { first: ['G', '/', 'became leader', 'enter'], sees: earlier },
  ':': { sees: /^:█/m },
  u: { sees: /run until: █/ },
  f: { sees: /filter: █/ },
  c: { first: [']', 'j'], sees: /chain of #/ },
  F: { sees: /FAULTS {3}j\/k/ },
  b: { sees: /WHAT IF, after #\d+/ },
  w: { first: ['b', 'crash n2 for good', 'enter', 'j'], sees: /main: as it was/ },
  v: { sees: /main: as it was/ },
  S: { sees: /saved: npx worldline replay .worldline/ },
  z: { first: ['Z'], sees: (before, after) => /^.*PAUSED.* story$/m.test(before) && !/PAUSED.* story$/m.test(after) },
  Z: { first: ['z'], sees: /PAUSED.* story$/m },
  tab: { first: ['+'], sees: other },
  '1': { first: ['+'], sees: /outcome unknown/ },
  '2': { first: ['3', '+'], sees: /n1 F t/ },
  '3': { first: ['+'], sees: /EVENT/ },
  '4': { first: ['+'], sees: /PROTOCOL/ },
  '5': { first: ['+'], sees: /PROPERTIES/ },
  '+': { first: ['3'], sees: /EVENT/ },
  d: { first: ['}'], sees: /state n\d: / },
  p: { sees: /n\d is pinned/ },
  o: { sees: /lanes by name/ },
  space: { sees: /PLAYING/ },
  '>': { sees: /250 ms of virtual time/ },
  '<': { sees: /15.6 ms of virtual time/ },
  y: { sees: /copied: npx worldline show raft-partition --seed 1/ },
  esc: {
    first: ['f', 'fault', 'enter'],
    sees: (before, after) => before.includes('filter: fault') && !after.includes('filter:'),
  },
  '?': { sees: /KEYS/ },
};

/** How a test gets back to where it began. */
const BACK = ['esc', 'g'];

describe('on a terminal', () => {
  let terminal: Terminal;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'worldline-keys-'));
    terminal = startTerminal(['show', 'raft-partition'], { cwd: folder });
    // Recorded to its end: what keys find then does not depend on how fast the machine is.
    await terminal.see(/#\d+\/\d+ {2}t=/);
  }, 60_000);
  afterAll(async () => {
    await terminal.type('q');
    expect(await terminal.ended).toBe(0);
    rmSync(folder, { recursive: true, force: true });
  });

  const type = (key: string): Promise<string> => terminal.type(sent[key] ?? key);

  test('the help lists the keys that are tested here, and no others', () => {
    const listed = keys.flatMap((key) => key.keys).filter((key) => !['q', 'ctrl-c', 'ctrl-z'].includes(key));
    expect([...listed].sort()).toEqual(Object.keys(expected).sort());
  });

  test.each(Object.keys(expected))('%s', async (key) => {
    const { first = [], sees } = expected[key] as Expected;
    for (const one of first) await type(one);
    const before = terminal.screen();
    const after = await type(key);
    if (sees instanceof RegExp) expect(after).toMatch(sees);
    else expect(sees(before, after), `${before}\n\n${after}`).toBe(true);
    // Prompts, toggles and panes as they were.
    if (['o', 'p', 'd', 'm'].includes(key)) await type(key);
    if (key === "'") await type('m');
    if (first.includes('+') || first.includes('3')) await type('2');
    if (key === 'z') await type('Z');
    if (key === 'Z') await type('z');
    if (key === '>') await type('<');
    if (key === '<') await type('>');
    for (const one of BACK) await type(one);
  });
});

describe('the screen', () => {
  test.each(['q', '\u0003'])('is given back after %j', async (key) => {
    const terminal = startTerminal(['show', 'raft-partition']);
    await terminal.see('j/k step');
    await terminal.type(key);
    expect(await terminal.ended).toBe(0);
    expect(terminal.raw()).toContain('\u001b[?1049h');
    expect(terminal.raw().trimEnd().endsWith('\u001b[?25h\u001b[?1049l')).toBe(true);
  });

  test.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGINT', 130],
  ])('is given back after %s', async (signal, code) => {
    const terminal = startTerminal(['show', 'raft-partition']);
    await terminal.see('j/k step');
    terminal.kill(signal);
    expect(await terminal.ended).toBe(code);
    expect(terminal.raw()).toContain('\u001b[?25h\u001b[?1049l');
  });

  test('is the shell’s while the process is stopped, and as it was when that goes on', async () => {
    const terminal = startTerminal(['show', 'two-phase-commit-blocked']);
    await terminal.see('j/k step');
    await terminal.type(']');
    // Recorded to its end, a run changes no more.
    await expect.poll(() => terminal.screen().split('\n')[0], { timeout: 20_000 }).toMatch(/#\d+\/\d+ {2}t=/);
    const before = terminal.screen();
    await terminal.type('\u001a');
    await expect.poll(() => terminal.raw().slice(-14), { timeout: 20_000 }).toBe('\u001b[?25h\u001b[?1049l');
    expect(terminal.screen()).not.toContain('j/k step');
    terminal.kill('SIGCONT');
    await terminal.see('j/k step');
    await expect.poll(() => terminal.screen(), { timeout: 20_000 }).toBe(before);
    expect(await terminal.type('j')).not.toBe(before);
    await terminal.type('q');
    expect(await terminal.ended).toBe(0);
  });

  test('follows the size of the window, and refuses what is too small', async () => {
    const terminal = startTerminal(['show', 'raft-partition']);
    await terminal.see('j/k step');
    terminal.resize(140, 40);
    await terminal.see('PROPERTIES');
    terminal.resize(50, 12);
    await terminal.see('too small: 60 x 16 at least');
    terminal.resize(80, 24);
    expect(await terminal.see('j/k step')).not.toContain('too small');
    await terminal.type('q');
    expect(await terminal.ended).toBe(0);
  });

  test('takes keys from its first moment, and never shows what is typed', async () => {
    const late = startTerminal(['show', 'raft-partition']);
    await late.see('j/k step');
    const place = `#${eventOf(await late.type('jjj'))}/`;
    await late.type('q');
    const early = startTerminal(['show', 'raft-partition']);
    await early.seeRaw('\u001b[?1049h');
    await early.type('jjj');
    await early.see(place);
    expect(early.raw()).not.toContain('jj');
    await early.type('q');
    expect(await early.ended).toBe(0);
  });

  test('is never cleared while stepping', async () => {
    const terminal = startTerminal(['show', 'raft-partition'], { columns: 140, rows: 40 });
    await terminal.see('j/k step');
    const before = terminal.raw().length;
    await terminal.type('j'.repeat(30));
    const stepping = terminal.raw().slice(before);
    expect(stepping.length).toBeGreaterThan(1_000);
    for (const clearing of ['\u001b[J', '\u001b[2J', '\u001b[3J', '\u001bc']) expect(stepping).not.toContain(clearing);
    await terminal.type('q');
  });

  test('has no colour where none is wanted, and only ASCII where that is asked for', async () => {
    const terminal = startTerminal(['show', 'raft-partition', '--ascii'], { environment: { NO_COLOR: '1' } });
    const screen = await terminal.see('j/k step');
    expect(screen).toMatch(/^[\x20-\x7e\n]*$/);
    const colours = terminal
      .raw()
      .split('\u001b[')
      .filter((piece) => /^[0-9;]*(?:3[0-7]|38;)[0-9;]*m/.test(piece));
    expect(colours).toEqual([]);
    await terminal.type('q');
  });
});
