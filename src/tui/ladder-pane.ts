/** The ladder in a window: the cursor's row stays in the middle third, rows above and below are made as they are needed. */
import { Canvas, type Line, lineOf, span } from '../timeline/ink.ts';
import { ladderHead, ladderLine } from '../timeline/ladder-lines.ts';
import type { Layout } from '../timeline/layout.ts';
import type { Item } from '../timeline/sight.ts';
import { limitOf } from './lesson.ts';
import type { ViewState } from './state.ts';
import type { Viewer } from './viewer.ts';

interface Window {
  readonly lines: readonly Line[];
  /** Lines of the item under the cursor. */
  readonly from: number;
  readonly to: number;
}

/** Head and rows, exactly `height` lines. */
export function ladderPane(viewer: Viewer, state: ViewState, width: number, height: number): Line[] {
  const film = viewer.film(state);
  if (film.length === 0) return padded([lineOf('nothing happened in this run', 'dim')], height);
  const layout = viewer.layout(state, width);
  const head = ladderHead(viewer.worldAt(state), layout);
  return [head, ...padded(windowAround(viewer, state, layout, height - 1), height - 1)];
}

function windowAround(viewer: Viewer, state: ViewState, layout: Layout, height: number): Line[] {
  const seer = viewer.sees(state);
  const here = linesOf(viewer, state, { kind: 'step', place: state.place }, layout);
  const below: Line[] = [];
  const limit = limitOf(viewer, state);
  for (const item of seer.items(state.place + 1, 1, state.place)) {
    if ((item.kind === 'step' ? item.place : item.kind === 'fold' ? item.last : item.after) > limit) break;
    below.push(...linesOf(viewer, state, item, layout));
    if (below.length >= height) break;
  }
  const above: Line[] = [];
  for (const item of seer.items(state.place - 1, -1, state.place)) {
    above.unshift(...linesOf(viewer, state, item, layout));
    if (above.length >= height) break;
  }
  return cutWindow(
    { lines: [...above, ...here, ...below], from: above.length, to: above.length + here.length },
    height,
  );
}

/** The cursor in the upper two thirds, so that more of what is to come is seen; no empty lines while there are rows. */
function cutWindow({ lines, from, to }: Window, height: number): Line[] {
  const wanted = from - Math.floor(height * 0.55);
  const first = Math.max(0, Math.min(wanted, lines.length - height));
  const visible = to - first > height ? Math.max(0, Math.min(from, to - height)) : first;
  return lines.slice(visible, visible + height);
}

function linesOf(viewer: Viewer, state: ViewState, item: Item, layout: Layout): Line[] {
  const film = viewer.film(state);
  if (item.kind === 'fold') return [foldLine(viewer, state, item.first, item.text, layout)];
  if (item.kind === 'gap') {
    return Array.from({ length: item.rows }, (_, i) =>
      foldLine(viewer, state, item.before, i === Math.floor((item.rows - 1) / 2) ? item.text : '', layout),
    );
  }
  if (state.zoom === 'phases') return [phaseLine(viewer, state, item.place, layout)];
  const { rows, step } = film.scene(item.place);
  const isHere = item.place === state.place;
  const isMarked = state.marks.includes(step.event);
  return rows.map((row, i) =>
    ladderLine(row, layout, { showTime: i === 0, cursor: isHere && i === 0, bookmark: isMarked && i === 0 }),
  );
}

/** Lanes with a few words across them. */
function foldLine(viewer: Viewer, state: ViewState, place: number, text: string, layout: Layout): Line {
  const film = viewer.film(state);
  const row = film.scene(place).rows[0];
  if (row === undefined) return [];
  const nothing = { kind: 'mark', node: '', sign: '', text: '', ink: 'dim' } as const;
  return overLanes({ ...row, body: nothing }, text, layout);
}

function overLanes(row: Parameters<typeof ladderLine>[0], text: string, layout: Layout): Line {
  const base = ladderLine(row, layout, { showTime: false });
  if (text === '') return base;
  const canvas = new Canvas(layout.width);
  let x = 0;
  for (const { text: piece, ink } of base) {
    canvas.put(x, piece, ink);
    x += piece.length;
  }
  canvas.fit(layout.margin + 2, layout.width - layout.margin - 2, ` ${text} `, 'dim');
  return canvas.line();
}

function phaseLine(viewer: Viewer, state: ViewState, place: number, layout: Layout): Line {
  const film = viewer.film(state);
  const { last, text } = viewer.sees(state).phaseAt(place);
  const end = film.scene(last).rows.at(-1) ?? film.scene(place).rows[0];
  const start = film.scene(place).rows[0];
  if (end === undefined || start === undefined) return [];
  const narrow: Layout = { ...layout, pitch: 0 };
  const row = { ...end, at: start.at, body: { kind: 'banner', text, ink: 'plain' } as const };
  return ladderLine(row, narrow, { showTime: true, cursor: place === state.place });
}

export const padded = (lines: readonly Line[], height: number): Line[] => [
  ...lines.slice(0, height),
  ...Array.from({ length: Math.max(0, height - lines.length) }, () => [span('')]),
];
