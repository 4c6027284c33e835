/** One frame: all lines of the screen, from the viewer and what was chosen. Nothing here knows a terminal. */

import { clipped, cut, type Line, lineOf, type Span, span, textOf, widthOf } from '../timeline/ink.ts';
import { groupLetters } from '../timeline/layout.ts';
import { minimap } from '../timeline/minimap.ts';
import { inAscii } from '../timeline/signs.ts';
import { inMilliseconds } from '../timeline/time.ts';
import { geometryOf, isTooSmall, type Size, SMALLEST } from './geometry.ts';
import { helpLines } from './help.ts';
import {
  eventLines,
  faultLines,
  type Section,
  sectionsOf,
  shortChange,
  shortEvent,
  shortProperties,
} from './inspector.ts';
import { ladderPane, padded } from './ladder-pane.ts';
import { isAnswered, isTold, lessonLines, limitOf } from './lesson.ts';
import { menuLines } from './menu.ts';
import { speedWords } from './moves.ts';
import type { Mode, ViewState } from './state.ts';
import type { Branch, Viewer } from './viewer.ts';

export interface FrameOptions extends Size {
  readonly ascii: boolean;
}

/** At most `rows - 1` lines of at most `columns` cells. */
export function frame(viewer: Viewer, state: ViewState, options: FrameOptions): Line[] {
  const lines = isTooSmall(options) ? tooSmall(options) : drawn(viewer, state, options);
  const fitting = lines.map((line) => clipped(line, options.columns));
  return options.ascii ? fitting.map(inAscii) : fitting;
}

const tooSmall = ({ columns }: Size): Line[] => [
  lineOf(cut(`too small: ${SMALLEST.columns} x ${SMALLEST.rows} at least, or try --plain`, columns)),
];

function drawn(viewer: Viewer, state: ViewState, size: Size): Line[] {
  const geometry = geometryOf(size);
  const top = titleLine(viewer, state, size.columns);
  const bottom = bottomLine(viewer, state, size.columns);
  const height = geometry.lines - 2;
  return [top, ...padded(middle(viewer, state, size, height), height), bottom];
}

function middle(viewer: Viewer, state: ViewState, size: Size, height: number): Line[] {
  if (state.mode === 'help') return helpLines(state, size.columns, height);
  if (state.mode === 'menu') return menuLines(viewer, state, size.columns, height);
  if (state.mode === 'faults') return faultList(viewer, state, size.columns, height);
  const { main, sides, below } = geometryOf(size);
  if (state.enlarged) return enlarged(viewer, state, size.columns, height);
  const left = mainPane(viewer, state, main, height - (below === 0 ? 0 : below + 1));
  if (sides.length === 0 && state.lesson !== undefined) {
    const told = lessonLines(viewer, state, size.columns);
    const said = padded(told, Math.max(6, told.length));
    const room = Math.max(0, height - said.length - 1);
    // On a small screen the picture gives way: what is asked, and what comes of an answer, is read to its end.
    return [...mainPane(viewer, state, main, room).slice(0, room), rule(size.columns), ...said].slice(-height);
  }
  if (sides.length === 0)
    return [...left, rule(size.columns), ...padded(shortInspector(viewer, state, size.columns, below), below)];
  return beside(left, sidePanes(viewer, state, sides, height), main, sides, height);
}

// --- Title and last line -------------------------------------------------------------------------------------------------------------

function titleLine(viewer: Viewer, state: ViewState, width: number): Line {
  const { showing } = viewer;
  const branch = viewer.branch(state);
  const film = viewer.film(state);
  const here = film.length === 0 ? { event: 0, at: 0 } : film.index.at(state.place);
  const name = showing.plan.bug === undefined ? showing.title : `${showing.title} (${showing.plan.bug})`;
  const right: Span[] = [
    span(`  #${here.event}/${film.last}${viewer.isWhole ? '' : '…'}`, 'bold'),
    span(`  t=${inMilliseconds(here.at)}ms`),
    span(`  ${state.playing ? `PLAYING ${speedWords(state.speed)}/s` : 'PAUSED'}`, state.playing ? 'good' : 'dim'),
    ...(state.filter === '' ? [] : [span(`  filter: ${state.filter}`, 'hint')]),
    ...(state.cone === 'off' ? [] : [span(`  ${state.cone} of #${film.index.at(state.coneAt).event}`, 'hint')]),
    ...(viewer.branches.length < 2 ? [] : [span(`  ${branch.name}`, 'note')]),
    ...(state.zoom === 'folded' ? [] : [span(`  ${state.zoom}`, 'hint')]),
  ];
  const room = width - widthOf(right) - 1;
  const title = `${name}  seed ${showing.plan.seed}`;
  return [span(' '), span(cut(title, Math.max(10, room)), 'title'), ...right];
}

const prompts: { readonly [mode in Mode]?: string } = {
  search: '/',
  filter: 'filter: ',
  goto: ':',
  until: 'run until: ',
};

function bottomLine(viewer: Viewer, state: ViewState, width: number): Line {
  const prompt = prompts[state.mode];
  if (prompt !== undefined) {
    const said = state.message === '' ? '' : `   ${state.message}`;
    return [span(prompt, 'bold'), span(state.typed), span('█', 'bold'), span(said, 'hint')];
  }
  if (state.message !== '') return lineOf(cut(state.message, width), 'hint');
  if (state.mode === 'question') return hintLine(isAnswered(viewer, state) ? ANSWERED_HINTS : QUESTION_HINTS, width);
  return hintLine(isTold(viewer, state) ? LESSON_HINTS : HINTS, width);
}

const ANSWERED_HINTS: typeof HINTS = [
  ['Enter', 'go on'],
  ['Esc', 'look around first'],
];

const QUESTION_HINTS: typeof HINTS = [
  ['1 2 3', 'answer'],
  ['h', 'hint'],
  ['r', 'reveal'],
  ['s', 'skip'],
  ['Esc', 'look around first'],
];

const HINTS: readonly (readonly [key: string, says: string])[] = [
  ['j/k', 'step'],
  ['?', 'keys'],
  ['q', 'quit'],
  ['Space', 'play'],
  ['[ ]', 'fault'],
  ['{ }', 'note'],
  ['Enter', 'follow'],
  ['/', 'find'],
  ['f', 'filter'],
  ['c', 'causes'],
  ['z Z', 'zoom'],
  ['b', 'what if'],
  ['h/l', 'lane'],
  ['d', 'diff'],
  ['Tab +', 'panes'],
  [':', 'go to'],
  ['u', 'run until'],
  ['y', 'copy'],
];

const LESSON_HINTS: typeof HINTS = [
  ['Enter', 'go on'],
  ['{', 'back'],
  ['v', 'other variant'],
  ['j/k', 'step'],
  ['b', 'what if'],
  ['c', 'causes'],
  ['?', 'keys'],
  ['q', 'quit'],
  ['d', 'diff'],
  ['Tab +', 'panes'],
  ['/', 'find'],
];

function hintLine(hints: typeof HINTS, width: number): Line {
  const line: Span[] = [];
  let used = 1;
  for (const [key, says] of hints) {
    if (used + key.length + says.length + 3 > width) break;
    line.push(span(` ${key}`, 'bold'), span(` ${says} `, 'dim'));
    used += key.length + says.length + 3;
  }
  return line;
}

// --- Panes ---------------------------------------------------------------------------------------------------------------------------

const rule = (width: number): Line => lineOf('─'.repeat(width), 'dim');

function mainPane(viewer: Viewer, state: ViewState, width: number, height: number): Line[] {
  const map = mapLines(viewer, state, width, height);
  const tree = branchLines(viewer, state, width);
  const room = height - map.length - 1 - tree.length;
  return [...map, rule(width), ...ladderPane(viewer, state, width, room), ...tree];
}

function mapLines(viewer: Viewer, state: ViewState, width: number, height: number): Line[] {
  const film = viewer.film(state);
  const { looks, cuts } = viewer.worldAt(state);
  const layout = viewer.layout(state, width);
  const servers = [...looks.keys()].filter((node) => !viewer.clients.has(node));
  const room = Math.max(2, Math.floor(height / 2.6));
  const nodes = (servers.length > 0 ? servers : layout.lanes).slice(0, room);
  const at = film.length === 0 ? 0 : film.index.at(state.place).at;
  return minimap(film.chronicle, {
    width,
    nodes,
    at,
    clients: height >= 26 && viewer.clients.size > 0,
    letters: groupLetters(servers, cuts),
    until: film.length === 0 || state.lesson === undefined ? undefined : film.index.at(limitOf(viewer, state)).at,
    bookmarks: state.marks.map((event) => film.index.at(film.index.placeOf(event)).at),
  });
}

/** The tree of what-if branches, as soon as there is one. */
function branchLines(viewer: Viewer, state: ViewState, width: number): Line[] {
  // A lesson does not give away how its variants end.
  const isLesson = state.lesson !== undefined;
  const root = viewer.rootOf(state.branch);
  const isOwn = (i: number): boolean => i !== root && viewer.rootOf(i) === root;
  const shown = isLesson ? viewer.branches.filter((_, i) => isOwn(i)) : viewer.branches;
  if (shown.length < (isLesson ? 1 : 2)) return [];
  const lines = shown.map((branch) => {
    const i = viewer.branches.indexOf(branch);
    const from = branch.parent === undefined ? '' : ` from #${branch.parent.event}`;
    const end = branch.recording.isOver ? endOf(branch.recording.outcome) : 'not over yet';
    const text = `${i === state.branch ? '▸' : ' '} ${branch.parent === undefined ? '' : '└ '}${branch.name}${from}: ${branch.says}, ${end}`;
    return lineOf(cut(text, width), i === state.branch ? 'note' : 'dim');
  });
  const here = shown.indexOf(viewer.branch(state));
  const first = Math.max(0, Math.min(here - 1, lines.length - 4));
  return [rule(width), ...lines.slice(first, first + 4)];
}

const endOf = ({ violation, verdict }: Branch['recording']['outcome']): string =>
  violation === undefined ? verdict : `${violation.property} broken at #${violation.event}`;

function shortInspector(viewer: Viewer, state: ViewState, width: number, height: number): Line[] {
  const rest = [shortChange(viewer, state, width), shortProperties(viewer, state, width)];
  const room = height - rest.length;
  return [
    ...(room === 1 ? [shortEvent(viewer, state, width)] : eventLines(viewer, state, width).slice(0, room)),
    ...rest,
  ];
}

function sidePanes(viewer: Viewer, state: ViewState, widths: readonly number[], height: number): Line[][] {
  const [first = 0, second] = widths;
  const lesson = { title: 'LESSON', lines: lessonLines(viewer, state, first) };
  if (second === undefined) {
    const panes = [lesson, ...([3, 4, 5] as const).flatMap((pane) => sectionsOf(viewer, state, first, pane))];
    return [stacked(panes, first, height)];
  }
  const left = [3, 5] as const;
  return [
    stacked([lesson, ...left.flatMap((pane) => sectionsOf(viewer, state, first, pane))], first, height),
    stacked(sectionsOf(viewer, state, second, 4), second, height),
  ];
}

/** Sections below one another; the long ones give way first. */
function stacked(sections: readonly Section[], width: number, height: number): Line[] {
  const shown = sections.filter(({ lines }) => lines.length > 0);
  const fair = fairShares(
    shown.map(({ lines }) => lines.length + 1),
    height,
  );
  return shown.flatMap(({ title, lines }, i) => {
    const room = (fair[i] ?? 1) - 1;
    const cutOff = lines.length > room;
    const body = cutOff ? lines.slice(0, Math.max(0, room)) : lines;
    const more = cutOff ? ` (${lines.length - body.length} more)` : '';
    return [lineOf(cut(`${title}${more}`, width), 'title'), ...body];
  });
}

/** As much as each wants, but together not more than there is. */
function fairShares(wanted: readonly number[], total: number): number[] {
  const shares = [...wanted];
  let sum = shares.reduce((a, b) => a + b, 0);
  while (sum > total) {
    const longest = shares.indexOf(Math.max(...shares));
    shares[longest] = (shares[longest] as number) - 1;
    sum--;
  }
  return shares;
}

function beside(
  left: readonly Line[],
  right: readonly (readonly Line[])[],
  main: number,
  sides: readonly number[],
  height: number,
): Line[] {
  return Array.from({ length: height }, (_, i) => {
    let line = filled(left[i] ?? [], main);
    right.forEach((column, k) => {
      line = [...line, span('│ ', 'dim'), ...filled(column[i] ?? [], k === right.length - 1 ? 0 : (sides[k] ?? 0))];
    });
    return line;
  });
}

function filled(line: Line, width: number): Line {
  const clippedLine = width === 0 ? line : clipped(line, width);
  const missing = width - widthOf(clippedLine);
  return missing > 0 ? [...clippedLine, span(' '.repeat(missing))] : clippedLine;
}

/** One pane alone. */
function enlarged(viewer: Viewer, state: ViewState, width: number, height: number): Line[] {
  if (state.pane === 1) {
    const legend = lineOf('● answered  ○ outcome unknown  × refused  · lost message  ╳╌ down  ▒ stands still', 'dim');
    return [...mapLines(viewer, state, width, height * 3).slice(0, height - 1), legend];
  }
  if (state.pane === 2) return ladderPane(viewer, state, width, height);
  const lines = sectionsOf(viewer, state, width, state.pane).flatMap(({ title, lines: body }) => [
    lineOf(title, 'title'),
    ...body,
    lineOf(''),
  ]);
  const first = Math.max(0, Math.min(state.scroll, lines.length - height));
  return lines.slice(first, first + height);
}

function faultList(viewer: Viewer, state: ViewState, width: number, height: number): Line[] {
  const lines = faultLines(viewer, state, width - 2);
  const first = Math.max(0, Math.min(state.choice - Math.floor(height / 2), lines.length - height + 2));
  const shown = lines.slice(first, first + height - 2);
  return [
    lineOf('FAULTS   j/k choose, Enter goes there, Esc leaves', 'title'),
    ...shown.map((line, i) => [span(first + i === state.choice ? '▶ ' : '  ', 'bold'), ...line]),
  ];
}

/** The frame without colours. */
export const frameText = (lines: readonly Line[]): string => lines.map((line) => textOf(line).trimEnd()).join('\n');
