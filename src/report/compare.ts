/** Protocols side by side as a chart: bars for the time in doubt, figures for what a commit costs. */
import type { Style } from './style.ts';

interface Row {
  readonly protocol: string;
  readonly splits: number;
  readonly outsideModel: boolean;
  readonly answered: number;
  readonly delayMs: number;
  readonly messages: number;
  readonly forcedWrites: number;
  readonly doubtMs: number;
  readonly doubtMaxMs: number;
  readonly neverLearnt: number;
  readonly lockSeconds: number;
  readonly delayed: number;
}

export interface CompareAccount {
  readonly runs: number;
  readonly situations: readonly { readonly name: string; readonly title: string; readonly rows: readonly Row[] }[];
  readonly downtimesMs: readonly number[];
  readonly growth: readonly { readonly protocol: string; readonly doubtMaxMs: readonly number[] }[];
  readonly cpuSeconds: number;
}

const BAR = 30;

export function compareLines(account: CompareAccount, style: Style): readonly string[] {
  const { runs, situations, cpuSeconds } = account;
  const rows = situations.flatMap((situation) => situation.rows);
  const width = Math.max(...rows.map(({ protocol }) => protocol.length));
  const most = Math.max(1, ...rows.map(({ doubtMaxMs }) => doubtMaxMs));
  const heading = `${''.padEnd(width + 2)}${['answered', 'delay', 'messages', 'forced', 'in doubt', 'longest', 'lock s', 'delayed'].map((name) => name.padStart(9)).join('')}`;
  return [
    `${runs} runs each. Delay and times in doubt in milliseconds; messages of the decision and forced writes for each answered call.`,
    'Lock s: seconds in doubt, summed over the locks kept meanwhile; delayed: transactions that waited or gave way because of that; both for each run.',
    `The bar is the longest time that a participant was in doubt; the whole is ${Math.round(most)} ms.`,
    ...situations.flatMap(({ name, title, rows: each }) => [
      '',
      `${style.bold(name)}: ${title}`,
      style.dim(heading),
      ...each.map((row) => rowLine(row, width, most, style)),
    ]),
    '',
    ...growthLines(account, width, style),
    '',
    `${cpuSeconds.toFixed(1)} s of processor time`,
  ];
}

/** Who waits for the coordinator is in doubt for as long as that is down. */
function growthLines({ downtimesMs, growth }: CompareAccount, width: number, style: Style): readonly string[] {
  const cells = (values: readonly number[]): string => values.map((value) => value.toFixed(0).padStart(9)).join('');
  return [
    `${style.bold('downtime')}: the longest time in doubt (ms), where the coordinator is down for so long (ms)`,
    style.dim(`${''.padEnd(width + 2)}${cells(downtimesMs)}`),
    ...growth.map(({ protocol, doubtMaxMs }) => `  ${protocol.padEnd(width)}${cells(doubtMaxMs)}`),
  ];
}

function rowLine(row: Row, width: number, most: number, style: Style): string {
  const figures = [
    row.answered.toLocaleString('en'),
    row.delayMs.toFixed(1),
    row.messages.toFixed(1),
    row.forcedWrites.toFixed(1),
    row.doubtMs.toFixed(1),
    row.doubtMaxMs.toFixed(0),
    row.lockSeconds.toFixed(2),
    row.delayed.toFixed(1),
  ];
  const bar = '#'.repeat(Math.max(1, Math.round((BAR * row.doubtMaxMs) / most)));
  return `  ${row.protocol.padEnd(width)}${figures.map((figure) => figure.padStart(9)).join('')}  ${style.accent(bar)}${remarks(row, style)}`;
}

function remarks({ splits, outsideModel, neverLearnt }: Row, style: Style): string {
  const open = neverLearnt === 0 ? '' : `  ${neverLearnt} still in doubt`;
  if (splits === 0) return open;
  const runs = `${splits} ${splits === 1 ? 'run' : 'runs'}`;
  return outsideModel
    ? `${open}  ${style.warn(`splits in ${runs}: outside its model`)}`
    : `${open}  ${style.bad(`splits in ${runs}`)}`;
}
