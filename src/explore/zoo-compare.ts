/** Two tables of the zoo, row by row. */
import { overlap } from './statistics.ts';
import { ZOO_FORMAT, type ZooReport } from './zoo.ts';

/** How a row has changed since an earlier table. */
export interface ZooChange {
  readonly bug: string;
  readonly before: number | undefined;
  readonly after: number;
  /** `better` and `worse` only where the intervals do not touch. */
  readonly change: 'new' | 'better' | 'same' | 'worse';
}

/** Row by row against an earlier table; rows that only the earlier one has are left out. */
export function compareZoo(earlier: ZooReport, later: ZooReport): readonly ZooChange[] {
  return later.rows.map(({ bug, all }) => {
    const before = earlier.rows.find((row) => row.bug === bug)?.all;
    if (before === undefined) return { bug, before: undefined, after: all.rate, change: 'new' };
    const same = overlap(before.interval, all.interval);
    return {
      bug,
      before: before.rate,
      after: all.rate,
      change: same ? 'same' : all.rate > before.rate ? 'better' : 'worse',
    };
  });
}

/** A file that holds no table. */
export class ZooFileError extends Error {
  override readonly name = 'ZooFileError';
  readonly hint = 'A table is what `worldline zoo PROTOCOL --save FILE` writes.';
}

/** @throws ZooFileError when the text is not that of a table this build can compare with. */
export function parseZoo(text: string): ZooReport {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ZooFileError('it is not JSON');
  }
  const { format, rows } = (value ?? {}) as { readonly format?: unknown; readonly rows?: unknown };
  if (format !== ZOO_FORMAT) throw new ZooFileError(`its format is ${JSON.stringify(format)}, not "${ZOO_FORMAT}"`);
  if (!Array.isArray(rows) || !rows.every(isRow)) throw new ZooFileError('its rows are damaged');
  return value as ZooReport;
}

function isRow(row: unknown): boolean {
  const { bug, all } = (row ?? {}) as {
    readonly bug?: unknown;
    readonly all?: Partial<ZooReport['rows'][number]['all']>;
  };
  return (
    typeof bug === 'string' &&
    typeof all?.rate === 'number' &&
    typeof all.interval?.low === 'number' &&
    typeof all.interval.high === 'number'
  );
}
