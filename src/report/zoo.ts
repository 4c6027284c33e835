/** The table of the zoo for people: a line a planted bug. */
import { plainStyle, type Style } from './style.ts';
import { counted, grouped, spellSeconds } from './words.ts';

export interface RateAccount {
  readonly runs: number;
  readonly hits: number;
  readonly rate: number;
  readonly interval: { readonly low: number; readonly high: number };
  readonly medianSeeds?: number;
  readonly p90Seeds?: number;
  readonly cpuSeconds: number;
}

export interface ZooRowAccount {
  readonly bug: string;
  readonly title: string;
  readonly verdict: 'found' | 'censored' | 'missed' | 'no oracle';
  readonly all: RateAccount;
  readonly firstSignature?: string;
  readonly unexpected: readonly string[];
  readonly clientOnly?: RateAccount;
  readonly shrunk?: { readonly handlers: number; readonly faults: number; readonly storyRows?: number };
  readonly shrinkCpuSeconds?: number;
}

export interface ZooAccount {
  readonly rows: readonly ZooRowAccount[];
  readonly missed: readonly string[];
  readonly interrupted: boolean;
  readonly cpuSeconds: number;
}

type Column = readonly [head: string, width: number, text: (row: ZooRowAccount) => string];

/** From the left; numbers end where their column ends. */
const columns: readonly Column[] = [
  ['bug', -6, ({ bug }) => bug],
  ['seeds', 6, ({ all }) => grouped(all.runs)],
  ['hits', 5, ({ all }) => grouped(all.hits)],
  ['rate', 8, ({ all, verdict }) => (verdict === 'found' ? percent(all.rate) : '-')],
  ['95 % interval', 16, ({ all }) => `${percent(all.interval.low)}..${percent(all.interval.high)}`],
  ['median', 8, ({ all, verdict }) => seeds(verdict, all.medianSeeds)],
  ['90 %', 8, ({ all, verdict }) => seeds(verdict, all.p90Seeds)],
  ['CPU s', 7, ({ all }) => all.cpuSeconds.toFixed(1)],
  ['  first', -12, ({ firstSignature }) => `  ${firstSignature?.replace(/^violated /, '') ?? '-'}`],
  ['clients only', 12, ({ clientOnly }) => clientText(clientOnly)],
  ['handlers', 9, ({ shrunk }) => String(shrunk?.handlers ?? '-')],
  ['rows', 5, ({ shrunk }) => String(shrunk?.storyRows ?? '-')],
  ['faults', 7, ({ shrunk }) => String(shrunk?.faults ?? '-')],
  ['CPU s', 6, ({ shrinkCpuSeconds }) => shrinkCpuSeconds?.toFixed(1) ?? '-'],
];

/** @param bugs the planted bugs of the rows to come: the first column has room for the longest of their names */
export const zooHead = (bugs: readonly string[], style: Style = plainStyle): string =>
  style.bold(
    columnsFor(bugs)
      .map(([head, width]) => aligned(head, width))
      .join('')
      .trimEnd(),
  );

/** @param bugs as for `zooHead` */
export function zooLine(row: ZooRowAccount, bugs: readonly string[], style: Style = plainStyle): string {
  const line = columnsFor(bugs)
    .map(([, width, text]) => aligned(text(row), width))
    .join('');
  const verdict =
    row.verdict === 'found' ? '' : `  ${row.verdict === 'missed' ? style.bad('MISSED') : style.warn(row.verdict)}`;
  const unexpected = row.unexpected.length === 0 ? '' : `  ${style.warn('also')} ${row.unexpected.join(', ')}`;
  return `${line}${verdict}${unexpected}`.trimEnd();
}

function columnsFor(bugs: readonly string[]): readonly Column[] {
  const [[head, width, text], ...others] = columns as readonly [Column, ...Column[]];
  return [[head, Math.min(width, ...bugs.map(({ length }) => -length)), text], ...others];
}

/** Under the table: medians, and what is missing. */
export function zooSummary({ rows, missed, interrupted, cpuSeconds }: ZooAccount, style: Style = plainStyle): string[] {
  const count = (verdict: ZooRowAccount['verdict']): number => rows.filter((row) => row.verdict === verdict).length;
  const numbers = (of: (row: ZooRowAccount) => number | undefined): number[] => rows.flatMap((row) => of(row) ?? []);
  const parts = [
    `${count('found')} found`,
    ...(count('censored') === 0 ? [] : [`${count('censored')} censored (fewer than three hits)`]),
    ...(count('no oracle') === 0 ? [] : [`${count('no oracle')} without an oracle`]),
    ...(missed.length === 0 ? [] : [style.bad(`${missed.length} missed: ${missed.join(', ')}`)]),
  ];
  const typical = [
    ['seeds to find', numbers(({ all, verdict }) => (verdict === 'found' ? all.medianSeeds : undefined)), 0],
    ['handlers', numbers(({ shrunk }) => shrunk?.handlers), 0],
    ['story rows', numbers(({ shrunk }) => shrunk?.storyRows), 0],
    ['faults', numbers(({ shrunk }) => shrunk?.faults), 0],
    ['CPU s to shrink', numbers(({ shrinkCpuSeconds }) => shrinkCpuSeconds), 1],
  ] as const;
  const medians = typical.flatMap(([name, all, digits]) =>
    all.length === 0 ? [] : [`${name} ${median(all).toFixed(digits)}`],
  );
  return [
    `${counted(rows.length, 'row')}${interrupted ? ' before the interruption' : ''}: ${parts.join(', ')}; ${spellSeconds(cpuSeconds)} of processor time`,
    ...(medians.length === 0 ? [] : [`medians: ${medians.join(', ')}`]),
  ];
}

export interface ChangeAccount {
  readonly bug: string;
  readonly before: number | undefined;
  readonly after: number;
  readonly change: 'new' | 'better' | 'same' | 'worse';
}

/** Against an earlier table: the mean factor, and the rows whose intervals do not touch. */
export function changeLines(changes: readonly ChangeAccount[], style: Style = plainStyle): string[] {
  const logarithms = changes.flatMap(({ before = 0, after }) =>
    before > 0 && after > 0 ? [Math.log(after / before)] : [],
  );
  const mean = Math.exp(logarithms.reduce((sum, one) => sum + one, 0) / Math.max(1, logarithms.length));
  const told = changes.filter(({ change }) => change !== 'same');
  return [
    `against the earlier table: hit rates times ${mean.toFixed(2)} on the average of ${counted(logarithms.length, 'row')}`,
    ...told.map(({ bug, before, after, change }) => {
      const word = change === 'worse' ? style.bad(change) : change === 'better' ? style.good(change) : change;
      return `  ${bug.padEnd(6)} ${word}: ${before === undefined ? '' : `${percent(before)} -> `}${percent(after)}`;
    }),
  ];
}

function clientText(rate: RateAccount | undefined): string {
  if (rate === undefined) return '-';
  return rate.hits === 0 ? `0 of ${grouped(rate.runs)}` : percent(rate.rate);
}

const seeds = (verdict: ZooRowAccount['verdict'], number: number | undefined): string =>
  verdict === 'found' && number !== undefined ? grouped(Math.ceil(number)) : '-';

const percent = (rate: number): string => `${Number((rate * 100).toPrecision(rate < 0.01 ? 2 : 3))} %`;

const aligned = (text: string, width: number): string => (width < 0 ? text.padEnd(-width) : text.padStart(width));

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((one, other) => one - other);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] as number;
  return Number.isInteger(middle) ? (upper + (sorted[middle - 1] as number)) / 2 : upper;
}
