/** Lines of coloured text, before anybody decided on a terminal, a file or a picture. */

/** What a stretch of text stands for; every renderer has its own colours for it. Letters and shapes say the same without colour. */
export type Ink =
  | 'plain'
  | 'dim'
  | 'bold'
  | 'title'
  | 'leader'
  | 'candidate'
  | 'message'
  | 'fault'
  | 'note'
  | 'client'
  | 'timer'
  | 'disk'
  | 'bad'
  | 'good'
  | 'hint'
  | 'selected'
  | 'added'
  | 'removed';

export interface Span {
  readonly text: string;
  readonly ink: Ink;
}

/** One line of cells: every character of its spans is one cell wide. */
export type Line = readonly Span[];

export const span = (text: string, ink: Ink = 'plain'): Span => ({ text: tidy(text), ink });

/** A line of one colour. */
export const lineOf = (text: string, ink: Ink = 'plain'): Line => [span(text, ink)];

export const textOf = (line: Line): string => line.map(({ text }) => text).join('');

export const widthOf = (line: Line): number => line.reduce((sum, { text }) => sum + text.length, 0);

/** More than anybody reads in one line; a text of a megabyte must cost no more than a screen. */
const LENGTH_MAX = 2_000;

/**
 * A text from a protocol made safe for cells: control characters, marks that turn the direction of writing, combining marks and
 * characters of two cells become `?`, tabs and line breaks blanks. What is left takes one cell a character.
 */
export function tidy(text: string): string {
  const short = text.length > LENGTH_MAX ? `${text.slice(0, LENGTH_MAX)}~` : text;
  if (/^[\x20-\x7e]*$/.test(short)) return short;
  return (
    short
      .replaceAll(/[\t\r\n]+/g, ' ')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must go.
      .replaceAll(/\x1b\[[0-9;?]*[ -/]*[@-~]/g, '?')
      .replaceAll(UNSAFE, '?')
  );
}

/** All but ASCII, Latin, Greek and Cyrillic letters, and the signs that the timeline itself draws with. */
const UNSAFE =
  /[^\x20-\x7e\u00a1-\u00ac\u00ae-\u02ff\u0370-\u0482\u048a-\u052f\u2190-\u2193\u21ba\u21bb\u2500-\u257f\u2580-\u259f\u25a0-\u25ff\u2013\u2014\u2018-\u201d\u2022\u2026\u203c\u22ee\u2206\u2260\u2264\u2265\u2713\u2717]/gu;

/** One line, written cell by cell; what is put later covers what was put before. */
export class Canvas {
  private readonly characters: string[];
  private readonly inks: Ink[];
  readonly width: number;

  constructor(width: number) {
    this.width = width;
    this.characters = new Array<string>(width).fill(' ');
    this.inks = new Array<Ink>(width).fill('plain');
  }

  put(x: number, text: string, ink: Ink = 'plain'): void {
    const characters = tidy(text);
    for (let i = 0; i < characters.length; i++) {
      const place = x + i;
      if (place < 0 || place >= this.width) continue;
      this.characters[place] = characters[i] as string;
      this.inks[place] = ink;
    }
  }

  /** Puts a text, cut with `~` where it would go beyond `room` cells. */
  fit(x: number, room: number, text: string, ink: Ink = 'plain'): void {
    if (room > 0) this.put(x, cut(tidy(text), room), ink);
  }

  at(x: number): string {
    return this.characters[x] ?? ' ';
  }

  line(): Line {
    const spans: { text: string; ink: Ink }[] = [];
    for (let x = 0; x < this.width; x++) {
      const text = this.characters[x] as string;
      const ink = this.inks[x] as Ink;
      const last = spans.at(-1);
      if (last !== undefined && (last.ink === ink || (text === ' ' && ink === 'plain'))) last.text += text;
      else spans.push({ text, ink });
    }
    const last = spans.at(-1);
    if (last !== undefined) last.text = last.text.trimEnd();
    return spans.filter(({ text }) => text !== '');
  }
}

/** At most `room` characters, the last of them `~` where something is missing. */
export const cut = (text: string, room: number): string =>
  text.length <= room ? text : `${text.slice(0, Math.max(0, room - 1))}${room > 0 ? '~' : ''}`;

/** A line of at most `width` cells. */
export function clipped(line: Line, width: number): Line {
  let room = width;
  const spans: Span[] = [];
  for (const { text, ink } of line) {
    if (room <= 0) break;
    spans.push({ text: text.length > room ? cut(text, room) : text, ink });
    room -= text.length;
  }
  return spans;
}

/** Lines of at most `width` cells, broken between words. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of tidy(text).split(' ')) {
    for (const piece of pieces(word, width)) {
      if (line !== '' && line.length + 1 + piece.length > width) {
        lines.push(line);
        line = '';
      }
      line = line === '' ? piece : `${line} ${piece}`;
    }
  }
  if (line !== '' || lines.length === 0) lines.push(line);
  return lines;
}

function pieces(word: string, width: number): string[] {
  const size = Math.max(1, width);
  const parts: string[] = [];
  for (let i = 0; i < word.length || i === 0; i += size) parts.push(word.slice(i, i + size));
  return parts;
}
