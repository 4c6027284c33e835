/** An explanation for the terminal, line by line, without colours. */
import type { Operation } from '../../sim/history.ts';
import type { Model } from '../model.ts';
import type { Explanation, PartialOrder } from './explain.ts';

export interface TextOptions {
  /** Characters that every terminal has. Default false. */
  readonly ascii?: boolean;
  /** Where an operation stands in a file, e.g. "lines 3 and 7". */
  readonly place?: (operation: number) => string | undefined;
}

/** Steps of an order that are shown: the last ones matter. */
const STEPS_SHOWN = 12;
const OTHER_ENDS_SHOWN = 3;
const BARS_SHOWN = 24;

export function explanationLines<State, Input, Output>(
  explanation: Explanation,
  operations: readonly Operation[],
  model: Model<State, Input, Output>,
  options: TextOptions = {},
): readonly string[] {
  const tell = (index: number): string => tellOperation(operations[index] as Operation, model);
  const { key, blame, remark, orders, minimal, complete } = explanation;
  const blamed = operations[blame] as Operation;
  const place = options.place?.(blame);
  const lines = [
    `${key === undefined ? '' : `${JSON.stringify(key)}: `}no order of the operations gets past the return of`,
    `  ${tell(blame)}`,
    `  called at ${blamed.called}, returned at ${blamed.returned}${place === undefined ? '' : ` (${place})`}${remark === undefined ? '' : `; ${remark}`}`,
  ];
  if (!complete) lines.push('  (the search was cut short: this is how far it got)');
  const [first, ...others] = orders;
  if (first !== undefined) lines.push('', ...orderLines(first, explanation.operations.length, tell));
  const otherStates = others.slice(0, OTHER_ENDS_SHOWN).map(({ state }) => state);
  if (otherStates.length > 0) lines.push(`Other orders are stuck there with: ${otherStates.join(' | ')}`);
  const kind = minimal.length < explanation.operations.length ? 'These fail by themselves' : 'All of them are needed';
  lines.push('', `${kind}, ${minimal.length} of ${explanation.operations.length} operations:`);
  lines.push(...barLines(minimal, blame, operations, model, options.ascii ?? false));
  return lines;
}

function tellOperation<State, Input, Output>(operation: Operation, model: Model<State, Input, Output>): string {
  return `${operation.process}  ${describeOperation(operation, model)}`;
}

/** What was asked and answered; an unknown outcome is marked. */
export function describeOperation<State, Input, Output>(
  { input, output, outcome }: Operation,
  model: Model<State, Input, Output>,
): string {
  const answer = outcome === 'ok' ? (output as Output) : undefined;
  const words =
    model.describe?.(input as Input, answer) ?? JSON.stringify(answer === undefined ? input : [input, answer]);
  return outcome === 'unknown' ? `${words} (no answer)` : words;
}

function orderLines(order: PartialOrder, total: number, tell: (index: number) => string): readonly string[] {
  const { steps, state, refused } = order;
  const from = Math.max(0, steps.length - STEPS_SHOWN);
  const shown = steps.slice(from);
  const width = Math.min(60, Math.max(0, ...[...shown, ...refused].map(({ operation }) => tell(operation).length)));
  const lines = [`The longest order has ${steps.length} of ${total} operations:`];
  if (from > 0) lines.push(`  ... ${from} before`);
  for (const [index, step] of shown.entries()) {
    const number = String(from + index + 1).padStart(4);
    lines.push(`${number}  ${tell(step.operation).padEnd(width)}  then: ${step.state}`);
  }
  lines.push(`Nothing can come next, with ${state}:`);
  const words = { impossible: 'impossible', useless: 'possible, but nothing gets past it from there' };
  for (const { operation, why } of refused) lines.push(`      ${tell(operation).padEnd(width)}  ${words[why]}`);
  return lines;
}

/** A bar from call to return for each operation, on one scale. */
function barLines<State, Input, Output>(
  indices: readonly number[],
  blame: number,
  operations: readonly Operation[],
  model: Model<State, Input, Output>,
  ascii: boolean,
): readonly string[] {
  const shown = indices.slice(-BARS_SHOWN);
  const columns = columnOf(shown.map((index) => operations[index] as Operation));
  const labels = shown.map((index) => tellOperation(operations[index] as Operation, model));
  const width = Math.min(48, Math.max(...labels.map((label) => label.length)));
  const [left, line, right, open, arrow] = ascii ? ['|', '-', '|', '>', ' <- here'] : ['├', '─', '┤', '┄', ' ← here'];
  const hidden = indices.length - shown.length;
  const rows = shown.map((index, row) => {
    const { called, returned, outcome } = operations[index] as Operation;
    const start = columns(called);
    const end = outcome === 'unknown' ? columns(Number.POSITIVE_INFINITY) : columns(returned);
    const bar = `${left}${line.repeat(Math.max(0, end - start - 1))}${outcome === 'unknown' ? open : right}`;
    const label = (labels[row] as string).slice(0, width).padEnd(width);
    return `  ${label}  ${' '.repeat(start)}${bar}${index === blame ? arrow : ''}`;
  });
  return hidden > 0 ? [`  ... ${hidden} before`, ...rows] : rows;
}

/** Every instant at which something is called or returns gets a column of its own. */
function columnOf(operations: readonly Operation[]): (time: number) => number {
  const times = operations.flatMap(({ called, returned }) =>
    Number.isFinite(returned) ? [called, returned] : [called],
  );
  const sorted = [...new Set(times)].sort((left, right) => left - right);
  const step = Math.max(1, Math.min(4, Math.floor(72 / (sorted.length + 1))));
  const column = new Map(sorted.map((time, rank) => [time, rank * step]));
  return (time) => column.get(time) ?? sorted.length * step;
}
