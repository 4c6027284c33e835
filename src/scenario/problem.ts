/** What is wrong with a file somebody wrote: where, in which field, what was expected, and what would help. */

export type FieldPath = readonly (string | number)[];

export interface Position {
  /** Both counted from 1. */
  readonly line: number;
  readonly column: number;
}

export interface Problem {
  readonly path: FieldPath;
  /** Continues the field's name: `is negative`. Without a field, a sentence of its own. */
  readonly sentence: string;
  readonly expected?: string;
  readonly hint?: string;
  readonly position?: Position;
}

/** `faults[0].at`, as people name a field. */
export function writePath(path: FieldPath): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += text === '' ? part : `.${part}`;
  }
  return text;
}

/**
 * One block per problem:
 *
 *     my.yaml:7:9  faults[0].at: "-5s" is negative
 *         expected  a duration with its unit, e.g. 300us, 150ms or 2s
 *         hint      time only runs forward here
 */
export function describeProblem(file: string, problem: Problem): string {
  const place = problem.position === undefined ? file : `${file}:${problem.position.line}:${problem.position.column}`;
  const field = problem.path.length === 0 ? '' : `${writePath(problem.path)}: `;
  const lines = [`${place}  ${field}${problem.sentence}`];
  if (problem.expected !== undefined) lines.push(`    expected  ${problem.expected}`);
  if (problem.hint !== undefined) lines.push(`    hint      ${problem.hint}`);
  return lines.join('\n');
}

/** In the order of the file; problems without a position last. */
export const inFileOrder = (problems: readonly Problem[]): Problem[] =>
  [...problems].sort((left, right) => {
    const a = left.position ?? { line: Number.MAX_SAFE_INTEGER, column: 0 };
    const b = right.position ?? { line: Number.MAX_SAFE_INTEGER, column: 0 };
    return a.line - b.line || a.column - b.column;
  });

/** Gives problems their positions. */
export const placed = (problems: readonly Problem[], locate: (path: FieldPath) => Position | undefined): Problem[] =>
  problems.map((problem) => {
    const position = locate(problem.path);
    return position === undefined ? problem : { ...problem, position };
  });
