/** Rows of the ladder as lines of cells. The same for a terminal, for `--plain` and for pictures. */
import type { NodeId } from '../sim/protocol.ts';
import { Canvas, cut, type Ink, type Line, tidy } from './ink.ts';
import { type LadderRow, type RowBody, wordsOf } from './ladder.ts';
import { groupLetters, hasLanes, type Layout } from './layout.ts';
import { badgeOf, type Look } from './stage.ts';

export interface RowStyle {
  /** Time is written on the first row of an event only. */
  readonly showTime: boolean;
  readonly cursor?: boolean;
  readonly bookmark?: boolean;
}

/** The line above the rows: who stands where, and what they are at this moment. */
export function ladderHead(row: Pick<LadderRow, 'looks' | 'cuts'>, layout: Layout): Line {
  const canvas = new Canvas(layout.width);
  canvas.put(0, 'ms'.padStart(layout.margin - 5), 'bold');
  const letters = groupLetters(layout.lanes, row.cuts);
  if (!hasLanes(layout)) {
    putBadges(canvas, row, layout, true);
    return canvas.line();
  }
  for (const node of layout.lanes) {
    const look = row.looks.get(node);
    const group = letters.get(node);
    const text = [node, headLabel(look), group].filter((part) => part !== undefined && part !== '').join(' ');
    const column = layout.columns.get(node) as number;
    canvas.fit(column - 1, layout.pitch - 1, text, inkOf(look));
  }
  return canvas.line();
}

function headLabel(look: Look | undefined): string {
  if (look === undefined || look.status === 'absent') return '-';
  if (look.status === 'down') return 'down';
  const label = look.view?.label ?? look.role;
  return look.status === 'paused' ? `${label} stands` : label;
}

/** The line of one row. */
export function ladderLine(row: LadderRow, layout: Layout, style: RowStyle): Line {
  const canvas = new Canvas(layout.width);
  if (hasLanes(layout)) {
    putLanes(canvas, row, layout);
    putBody(canvas, row, layout);
  } else {
    putBadges(canvas, row, layout, false);
    putWords(canvas, row, layout);
  }
  if (style.showTime) canvas.put(0, timeText(row.at).padStart(layout.margin - 4), style.cursor ? 'bold' : 'dim');
  if (style.bookmark) canvas.put(layout.margin - 4, '•', 'hint');
  if (style.cursor) canvas.put(layout.margin - 3, '▶', 'bold');
  return canvas.line();
}

/** Milliseconds; the inspector has the microseconds. */
const timeText = (at: number): string => (at >= 100_000_000 ? (at / 1_000).toFixed(0) : (at / 1_000).toFixed(1));

// --- Lanes and walls -----------------------------------------------------------------------------------------------------------------

const strokes = { heavy: '┃', dashed: '┆', plain: '│' } as const;

function putLanes(canvas: Canvas, row: LadderRow, layout: Layout): void {
  layout.lanes.forEach((node, i) => {
    const column = layout.columns.get(node) as number;
    const look = row.looks.get(node);
    canvas.put(column, laneSign(look), inkOf(look));
    const next = layout.lanes[i + 1];
    if (next !== undefined) putWall(canvas, row, node, next, column + Math.floor(layout.pitch / 2));
  });
}

function laneSign(look: Look | undefined): string {
  if (look === undefined || look.status === 'absent' || look.status === 'down') return ' ';
  return look.status === 'paused' ? '▒' : strokes[look.stroke];
}

function putWall(canvas: Canvas, row: LadderRow, left: NodeId, right: NodeId, column: number): void {
  if (row.cuts.isWhole) return;
  const goingRight = row.cuts.stops(left, right);
  const goingLeft = row.cuts.stops(right, left);
  if (goingRight && goingLeft) canvas.put(column, '║', 'fault');
  else if (goingRight) canvas.put(column - 1, '▷│', 'fault');
  else if (goingLeft) canvas.put(column, '│◁', 'fault');
}

const inkOf = (look: Look | undefined): Ink => {
  if (look === undefined || look.status !== 'up') return 'dim';
  return look.stroke === 'heavy' ? 'leader' : look.stroke === 'dashed' ? 'candidate' : 'plain';
};

// --- Bodies --------------------------------------------------------------------------------------------------------------------------

function putBody(canvas: Canvas, row: LadderRow, layout: Layout): void {
  const { body } = row;
  if (body.kind === 'banner') putBanner(canvas, body, layout);
  else if (body.kind === 'mark') putMark(canvas, body, layout);
  else putArrow(canvas, body, layout);
}

function putBanner(canvas: Canvas, body: Extract<RowBody, { kind: 'banner' }>, layout: Layout): void {
  const room = layout.width - layout.margin;
  const text = ` ${cut(tidy(body.text), room - 6)} `;
  canvas.put(layout.margin - 1, '═══', body.ink);
  canvas.put(layout.margin + 2, text, body.ink);
  const rest = room - 2 - text.length;
  if (rest > 0) canvas.put(layout.margin + 2 + text.length, '═'.repeat(rest), body.ink);
}

/** Words run on to the right across other lanes; where they would not fit there, they stand to the left of the sign. */
function putMark(canvas: Canvas, body: Extract<RowBody, { kind: 'mark' }>, layout: Layout): void {
  const column = layout.columns.get(body.node);
  if (column === undefined) {
    putBeside(canvas, body, layout);
    return;
  }
  const text = tidy(body.text);
  canvas.put(column, body.sign, body.ink);
  const right = layout.width - column - 2;
  const left = column - layout.margin - 1;
  if (text.length <= right || right >= left) {
    writeOver(canvas, column + 2, right, text, body.ink);
    return;
  }
  const shown = cut(text, left);
  writeOver(canvas, column - 1 - shown.length, shown.length, shown, body.ink);
}

/** Words, with a blank before the next lane that is still to be seen. */
function writeOver(canvas: Canvas, x: number, room: number, text: string, ink: Ink): void {
  const shown = cut(text, room);
  canvas.put(x, shown, ink);
  if (canvas.at(x + shown.length) !== ' ' && canvas.at(x + shown.length + 1) !== ' ') canvas.put(x + shown.length, ' ');
}

/** The doings of somebody without a lane. */
function putBeside(canvas: Canvas, body: Extract<RowBody, { kind: 'mark' }>, layout: Layout): void {
  const text = `${body.sign} ${body.node} ${body.text}`.trim();
  if (text !== '') canvas.fit(layout.margin + 2, layout.width - layout.margin - 2, `${text} `, body.ink);
}

function putArrow(canvas: Canvas, body: Extract<RowBody, { kind: 'arrow' }>, layout: Layout): void {
  const from = layout.columns.get(body.from);
  const to = layout.columns.get(body.to);
  const ink: Ink = body.lost === undefined ? 'message' : 'fault';
  const label = `${body.tag} ${body.label}`;
  if (from === to && to !== undefined) {
    canvas.put(to, '↺', ink);
    canvas.fit(to + 2, layout.width - to - 2, `${label}${lossText(body)}`, ink);
  } else if (from !== undefined && to !== undefined) putAcross(canvas, body, from, to, label, ink, layout);
  else putHalf(canvas, body, from, to, label, ink, layout);
}

const lossText = ({ lost }: { readonly lost?: string }): string => (lost === undefined ? '' : ` ${lost}`);

/** From lane to lane; the label begins two cells from the sender and ends before the first lane that is only crossed. */
function putAcross(
  canvas: Canvas,
  body: Extract<RowBody, { kind: 'arrow' }>,
  from: number,
  to: number,
  label: string,
  ink: Ink,
  layout: Layout,
): void {
  const right = to > from;
  const low = Math.min(from, to);
  const high = Math.max(from, to);
  const isLane = new Set(layout.columns.values());
  const end = body.lost === 'cut' ? endAtWall(canvas, from, to, isLane) : right ? to - 1 : to + 1;
  for (let x = Math.min(from, end) + (right ? 1 : 0); x <= Math.max(from, end) - (right ? 0 : 1); x++) {
    const isWall = canvas.at(x) !== ' ' && !isLane.has(x);
    if (!isWall) canvas.put(x, isLane.has(x) && canvas.at(x) !== ' ' ? '┼' : '─', ink);
  }
  canvas.put(end, body.lost !== undefined ? '╳' : right ? '▶' : '◀', ink);
  const room = Math.min(high - low, layout.pitch) - 3;
  const told = tidy(`${label}${lossText(body)}`);
  const shown = cut(
    told.length <= room ? told : `${cut(tidy(label), room - lossText(body).length)}${lossText(body)}`,
    room,
  );
  if (right) canvas.put(from + 2, shown, ink);
  else canvas.put(from - 1 - shown.length, shown, ink);
}

/** What a cut stops ends before the first wall on its way; where there is none to be seen, before its target. */
function endAtWall(canvas: Canvas, from: number, to: number, isLane: ReadonlySet<number>): number {
  const step = to > from ? 1 : -1;
  for (let x = from + 2 * step; x !== to; x += step) {
    if (canvas.at(x) !== ' ' && !isLane.has(x)) return x - step;
  }
  return to - step;
}

/** To or from somebody without a lane: an arrow that comes from nowhere, with a name on it. */
function putHalf(
  canvas: Canvas,
  body: Extract<RowBody, { kind: 'arrow' }>,
  from: number | undefined,
  to: number | undefined,
  label: string,
  ink: Ink,
  layout: Layout,
): void {
  const column = to ?? from;
  const text = `${to === undefined ? '◂' : '▸'} ${to === undefined ? body.to : body.from} ${label}${lossText(body)}`;
  if (column === undefined) {
    canvas.fit(layout.margin + 2, layout.width - layout.margin - 2, `${text} (${body.from} → ${body.to})`, 'client');
    return;
  }
  const tidied = tidy(text);
  const right = layout.width - column;
  const clientInk: Ink = ink === 'fault' ? 'fault' : 'client';
  if (tidied.length <= right) canvas.put(column, tidied, clientInk);
  else {
    canvas.put(column, text.slice(0, 1), clientInk);
    const rest = tidied.slice(2);
    const left = column - layout.margin - 1;
    if (left > right) canvas.put(column - 1 - Math.min(rest.length, left), cut(rest, left), clientInk);
    else canvas.put(column + 2, cut(rest, right - 2), clientInk);
  }
  if (body.lost !== undefined) canvas.put(column, '╳', 'fault');
}

// --- Without room for lanes ----------------------------------------------------------------------------------------------------------

/** One short cell a node, its place is who it is. With very many nodes only the first ones. */
function putBadges(canvas: Canvas, row: Pick<LadderRow, 'looks'>, layout: Layout, names: boolean): void {
  const size = badgeWidth(layout);
  layout.lanes.forEach((node, i) => {
    if (i >= badgesMax(layout)) return;
    const look = row.looks.get(node);
    const badge =
      look?.status === 'down' ? 'x' : look?.status === 'paused' ? '=' : look === undefined ? '' : badgeOf(look);
    canvas.fit(layout.margin + i * size, size - 1, names ? node : badge, inkOf(look));
  });
}

const badgeWidth = ({ lanes }: Layout): number => Math.max(4, ...lanes.slice(0, 30).map((node) => node.length + 1));
const badgesMax = (layout: Layout): number => Math.floor((layout.width - layout.margin) / 2 / badgeWidth(layout));

function putWords(canvas: Canvas, { body }: LadderRow, layout: Layout): void {
  const x = layout.margin + Math.min(layout.lanes.length, badgesMax(layout)) * badgeWidth(layout) + 1;
  const ink: Ink = body.kind === 'arrow' ? (body.lost === undefined ? 'message' : 'fault') : body.ink;
  canvas.fit(x, layout.width - x, wordsOf(body), ink);
}
