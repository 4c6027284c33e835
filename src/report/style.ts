/** How text may be set off. Reports are written against this; the command line decides whether it means colours or nothing. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
  accent(text: string): string;
}

const same = (text: string): string => text;

/** No colour at all: pipes, NO_COLOR, tests. */
export const plainStyle: Style = { bold: same, dim: same, good: same, bad: same, warn: same, accent: same };
