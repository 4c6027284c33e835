/** The help overlay: every key there is, what the signs mean, and which words a filter knows. */
import { filterWords } from '../timeline/filter.ts';
import { clipped, type Line, lineOf, span } from '../timeline/ink.ts';
import { zooms, zoomTitles } from '../timeline/sight.ts';
import { legend } from '../timeline/signs.ts';
import { type Key, keyLabel, keys } from './keys.ts';
import type { ViewState } from './state.ts';

const KEYS_WIDTH = 16;

/** Lines that have all words typed so far. */
export function helpLines({ typed, scroll }: ViewState, width: number, height: number): Line[] {
  const wanted = typed.toLowerCase().split(' ').filter(Boolean);
  const all = [...keyLines(), ...otherLines()];
  const shown =
    wanted.length === 0
      ? all
      : all.filter(({ text }) => text !== '' && wanted.every((word) => text.toLowerCase().includes(word)));
  const first = Math.max(0, Math.min(scroll, shown.length - (height - 1)));
  const head = `KEYS   ${typed === '' ? 'type to search, ↓ ↑ scroll, Esc leaves' : `with "${typed}": ${shown.length}`}`;
  return [lineOf(head, 'title'), ...shown.slice(first, first + height - 1).map(({ line }) => clipped(line, width))];
}

interface HelpLine {
  readonly text: string;
  readonly line: Line;
}

const entry = (left: string, right: string): HelpLine => ({
  text: `${left} ${right}`,
  line: [span(` ${left.padEnd(KEYS_WIDTH)}`, 'bold'), span(right)],
});

const heading = (text: string): HelpLine => ({ text: '', line: lineOf(text, 'title') });

function keyLines(): HelpLine[] {
  const groups = [...new Set(keys.map(({ group }) => group))];
  return groups.flatMap((group) => [
    heading(group.toUpperCase()),
    ...keys.filter((key) => key.group === group).map(keyLine),
  ]);
}

const keyLine = (key: Key): HelpLine => entry(key.keys.map(keyLabel).join(' '), key.title);

function otherLines(): HelpLine[] {
  return [
    heading('SIGNS'),
    ...legend.map(([sign, meaning]) => entry(sign, meaning)),
    heading('ZOOM'),
    ...zooms.map((zoom) => entry(zoom, zoomTitles[zoom])),
    heading('FILTER WORDS'),
    entry('kinds', filterWords.join(' ')),
  ];
}
