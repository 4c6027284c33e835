/** The signs the timeline draws with, and what stands for each where only ASCII can be shown. */
import type { Line } from './ink.ts';

/** One character for one: a frame has the same shape in both. */
const ASCII: { readonly [sign: string]: string } = {
  '│': '|',
  '┆': ':',
  '┃': '#',
  '║': '!',
  '─': '-',
  '━': '=',
  '═': '=',
  '╌': '.',
  '▶': '>',
  '◀': '<',
  '▷': '>',
  '◁': '<',
  '┼': '+',
  '┬': '+',
  '├': '[',
  '┤': ']',
  '└': '`',
  '╳': 'X',
  '×': 'x',
  '●': 'o',
  '○': 'O',
  '◆': '*',
  '◇': '?',
  '▸': '}',
  '◂': '{',
  '↻': 'R',
  '↺': 'S',
  '▒': '~',
  '‼': '!',
  '✓': 'v',
  '✗': 'x',
  '·': '.',
  '•': '*',
  '▼': 'v',
  '▲': '^',
  '↑': '^',
  '↓': 'v',
  '→': '>',
  '←': '<',
  '…': '~',
  '■': '#',
  '□': '_',
  '▪': '+',
  '⋮': ':',
  '—': '-',
  '–': '-',
  '’': "'",
  '‘': "'",
  '“': '"',
  '”': '"',
};

/** The same line in ASCII, cell by cell. */
export const inAscii = (line: Line): Line => line.map(({ text, ink }) => ({ text: asciiText(text), ink }));

export const asciiText = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, (sign) => ASCII[sign] ?? '?');

/** What the signs mean, for legends: sign and meaning. */
export const legend: readonly (readonly [sign: string, meaning: string])[] = [
  ['┃ ┆ │', 'lane of a leader (or holder, coordinator), of a candidate (or anybody waiting), of everybody else'],
  ['● ab', 'sends; each letter is one message on its way'],
  ['─a─▶', 'message a arrives'],
  ['─a─╳', 'message a is lost: the reason stands beside it'],
  ['║ ▷│ │◁', 'the network is cut here: both ways, to the right only, to the left only'],
  ['T', 'a timer fires'],
  ['◆', 'the node notes something'],
  ['▸ ◂', 'a client asks; a client has its answer'],
  ['○', 'the outcome of an operation is unknown'],
  ['╳ ↻', 'crash, restart'],
  ['▒', 'the node stands still'],
  ['■', 'the disk: a sync ends, or a write'],
  ['‼', 'a property is broken'],
];
