/** Rows of a timeline as lines of text: `run --plain`, and the story of a failure. */
import type { NodeId } from '../sim/protocol.ts';
import type { Row } from '../timeline/rows.ts';
import { inMilliseconds } from '../timeline/time.ts';
import { plainStyle, type Style } from './style.ts';

const TIME_WIDTH = 11;
/** With more lanes than this, words alone. */
const LANES_MAX = 12;

/** The line above the rows: the names of time and lanes. */
export function headLine(lanes: readonly NodeId[], style: Style = plainStyle): string {
  return style.bold(`${'time (ms)'.padStart(TIME_WIDTH)}  ${shownCells(lanes, lanes)}`.trimEnd());
}

/** What the cells mean. */
export const legend =
  'cells: first letter of the role and its term; * acted, = stands still, x is down; (...) folds what happens all the time';

/** One row: time, one cell per lane, one sentence. */
export function rowLine(row: Row, lanes: readonly NodeId[], style: Style = plainStyle): string {
  const time = inMilliseconds(row.at).padStart(TIME_WIDTH);
  const text = row.steps > 1 || row.weight === 'quiet' ? style.dim(row.text) : row.text;
  return `${style.dim(time)}  ${shownCells(row.cells, lanes)}${text}`;
}

function shownCells(cells: readonly string[], lanes: readonly NodeId[]): string {
  if (lanes.length === 0 || lanes.length > LANES_MAX) return '';
  const width = Math.max(5, ...lanes.map((lane) => lane.length + 1));
  return `${cells.map((cell) => cell.padEnd(width)).join('')} `;
}
