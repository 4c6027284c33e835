/** What is wrong with a recorded history, and where. */

/** The text is not a history: where to look, and what was expected. Not a verdict. */
export class HistoryError extends Error {
  override readonly name = 'HistoryError';
  /** What is wrong, without the place. */
  readonly problem: string;
  /** 1-based line of the text. */
  readonly line: number | undefined;
  /** The field, e.g. `type`, `value`, `events[3][2]`. */
  readonly field: string | undefined;

  constructor(
    problem: string,
    place: { readonly line?: number | undefined; readonly field?: string | undefined } = {},
  ) {
    const where = [place.line === undefined ? [] : `line ${place.line}`, place.field ?? []].flat().join(', ');
    super(where === '' ? problem : `${where}: ${problem}`);
    this.problem = problem;
    this.line = place.line;
    this.field = place.field;
  }
}

/** Data in a message: JSON, cut short. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
