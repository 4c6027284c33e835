/** How the panes share a screen. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export interface Geometry {
  /** Columns of minimap and ladder. */
  readonly main: number;
  /** Columns of each inspector beside them; none on narrow screens. */
  readonly sides: readonly number[];
  /** Lines of the inspector below them; none on wide screens. */
  readonly below: number;
  /** Lines of the whole frame: one less than the screen has, or the terminal scrolls. */
  readonly lines: number;
}

export const SMALLEST: Size = { columns: 60, rows: 16 };

const WIDE = 120;
const VERY_WIDE = 190;

export const isTooSmall = ({ columns, rows }: Size): boolean => columns < SMALLEST.columns || rows < SMALLEST.rows;

export function geometryOf({ columns, rows }: Size): Geometry {
  const lines = rows - 1;
  if (columns < WIDE) return { main: columns, sides: [], below: rows >= 34 ? 8 : rows >= 30 ? 6 : 3, lines };
  if (columns < VERY_WIDE) {
    const side = Math.min(52, Math.floor(columns / 3));
    return { main: columns - side - 2, sides: [side], below: 0, lines };
  }
  const side = Math.min(48, Math.floor(columns / 5));
  return { main: columns - 2 * side - 4, sides: [side, side], below: 0, lines };
}
