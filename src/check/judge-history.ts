/** Judges a recorded history of any kind, and says what came of it as data and in words. */
import type { Operation } from '../sim/history.ts';
import { explainLinearizability } from './explain-linearizability.ts';
import { HistoryError } from './history-error.ts';
import type { Explanation } from './linearizability/explain.ts';
import { describeOperation, explanationLines } from './linearizability/explanation-text.ts';
import { checkLinearizability, type LinearizabilityResult } from './linearizability.ts';
import { ModelError } from './model.ts';
import { type AnyModel, objectModel } from './object-models.ts';
import type { ObjectHistory, ParsedHistory, TransactionHistory } from './read-history.ts';
import { DuplicateWriteError } from './transactions/elements.ts';
import type { Level } from './transactions/levels.ts';
import { checkTransactions, type TransactionsResult } from './transactions.ts';

export interface JudgeOptions {
  /** The isolation level that transactions are held against. Default `serializable`. */
  readonly level?: Level | undefined;
  /** Search nodes for one history. */
  readonly budget?: number | undefined;
  /** Judge every key, instead of stopping at the first that is broken. */
  readonly judgeAll?: boolean | undefined;
  readonly explain?: boolean | undefined;
  readonly linearizableKeys?: boolean | undefined;
  readonly sequentialKeys?: boolean | undefined;
}

/** `ok`: linearizable, or nothing found that the level forbids. `nothing`: no operation to judge. */
export type Outcome = 'ok' | 'broken' | 'unknown' | 'nothing';

export type Judged = JudgedObject | JudgedTransactions;

export interface JudgedObject {
  readonly kind: 'object';
  readonly outcome: Outcome;
  readonly history: ObjectHistory;
  readonly model: AnyModel;
  readonly result: LinearizabilityResult;
  readonly explanation: Explanation | undefined;
}

export interface JudgedTransactions {
  readonly kind: 'transactions';
  readonly outcome: Outcome;
  readonly history: TransactionHistory;
  readonly result: TransactionsResult;
}

/** @throws HistoryError when the history cannot be judged: an operation its model does not know, values that are not unique. */
export function judgeHistory(history: ParsedHistory, options: JudgeOptions = {}): Judged {
  return history.kind === 'object' ? judgeObject(history, options) : judgeTransactions(history, options);
}

function judgeObject(history: ObjectHistory, { budget, judgeAll = false, explain }: JudgeOptions): JudgedObject {
  const model = objectModel(history);
  try {
    const limit = budget === undefined ? {} : { budget };
    const result = checkLinearizability(history.operations, model, { ...limit, judgeAll });
    const explanation = explain ? explainLinearizability(history.operations, model, result) : undefined;
    const outcomes = { linearizable: 'ok', illegal: 'broken', unknown: 'unknown' } as const;
    const outcome = result.operations === 0 ? 'nothing' : outcomes[result.verdict];
    return { kind: 'object', outcome, history, model, result, explanation };
  } catch (error) {
    if (error instanceof ModelError) throw new HistoryError(error.message, placeOfRefused(history, model));
    throw error;
  }
}

/** The first operation that the model refuses by itself, whatever the state. */
function placeOfRefused({ operations, places }: ObjectHistory, model: AnyModel): { line?: number } {
  const at = operations.findIndex(({ input, output }) => {
    try {
      model.step(model.initial, input, output);
      return false;
    } catch {
      return true;
    }
  });
  const place = places[at];
  return place === undefined ? {} : { line: place.returnedLine ?? place.calledLine };
}

function judgeTransactions(history: TransactionHistory, options: JudgeOptions): JudgedTransactions {
  const { level, linearizableKeys, sequentialKeys } = options;
  try {
    const result = checkTransactions(history.transactions, {
      workload: history.workload,
      initial: history.initial,
      ...(level === undefined ? {} : { level }),
      ...(linearizableKeys === undefined ? {} : { linearizableKeys }),
      ...(sequentialKeys === undefined ? {} : { sequentialKeys }),
    });
    const outcomes = { satisfied: 'ok', violated: 'broken', unknown: 'unknown' } as const;
    const outcome = history.transactions.length === 0 ? 'nothing' : outcomes[result.verdict];
    return { kind: 'transactions', outcome, history, result };
  } catch (error) {
    if (!(error instanceof DuplicateWriteError)) throw error;
    throw new HistoryError(error.message, { line: history.lines[error.transactions[1]], field: 'value' });
  }
}

/** The facts, for `--json`. Infinity has no place in JSON: unknown outcomes return at null. */
export function judgedData(judged: Judged): object {
  return judged.kind === 'object' ? objectData(judged) : transactionData(judged);
}

function objectData({ outcome, history, result, explanation, model }: JudgedObject): object {
  const { verdict, nodes, steps, operations, parts, worst } = result;
  const blame = worst?.blame === undefined ? undefined : operationData(history, worst.blame, model);
  return {
    id: history.id,
    kind: 'object',
    model: history.model,
    outcome,
    verdict,
    operations,
    nodes,
    steps,
    parts,
    ...(blame === undefined ? {} : { blame }),
    ...(explanation === undefined ? {} : { explanation: explanationData(history, explanation, model) }),
  };
}

function operationData(history: ObjectHistory, index: number, model: AnyModel): object {
  const operation = history.operations[index] as Operation;
  const returned = Number.isFinite(operation.returned) ? operation.returned : null;
  return { index, text: describeOperation(operation, model), ...operation, returned, ...history.places[index] };
}

function explanationData(history: ObjectHistory, explanation: Explanation, model: AnyModel): object {
  return {
    ...explanation,
    minimal: explanation.minimal.map((index) => operationData(history, index, model)),
  };
}

function transactionData({ outcome, history, result }: JudgedTransactions): object {
  const { verdict, level, committed, anomalies, counts, direct, cycles, not, alsoNot, duplicate } = result;
  const line = (transaction: number): number | undefined => history.lines[transaction];
  return {
    id: history.id,
    kind: 'transactions',
    workload: history.workload,
    outcome,
    level,
    verdict,
    transactions: history.transactions.length,
    committed,
    anomalies,
    counts,
    direct: direct.map((one) => ({ ...one, lines: one.transactions.map(line) })),
    cycles: cycles.map((cycle) => ({ ...cycle, lines: cycle.edges.map(({ from }) => line(from)) })),
    not,
    alsoNot,
    ...(duplicate === undefined ? {} : { duplicate: duplicate.message }),
  };
}

/** Sentences about a verdict, without the name of the file. The first is a headline. */
export function judgedLines(
  judged: Judged,
  options: { readonly explain: boolean; readonly ascii: boolean },
): readonly string[] {
  if (judged.outcome === 'nothing') return ['nothing to check: no operation has an outcome that says anything'];
  return judged.kind === 'object' ? objectLines(judged, options) : transactionLines(judged, options.explain);
}

function objectLines(
  { history, result, explanation, model }: JudgedObject,
  { explain, ascii }: { readonly explain: boolean; readonly ascii: boolean },
): readonly string[] {
  const { verdict, operations, nodes, parts, worst } = result;
  const keyed = parts.length > 1 ? ` on ${parts.length} keys` : '';
  const effort = `${count(operations, 'operation')}${keyed}, ${history.model}, ${count(nodes, 'search node')}`;
  if (worst === undefined) return [`linearizable: ${effort}`];
  const broken = parts.filter((part) => part.verdict === 'illegal').map(({ key }) => JSON.stringify(key));
  const brokenKeys = broken.length > 1 ? [`  broken keys: ${broken.join(', ')}`] : [];
  const headline = verdict === 'illegal' ? `not linearizable: ${effort}` : `undecided, the budget ran out: ${effort}`;
  const place = (index: number): string | undefined => placeOf(history, index);
  if (explain && explanation !== undefined) {
    const lines = explanationLines(explanation, history.operations, model, { ascii, place });
    return [headline, ...brokenKeys, ...lines.map((line) => (line === '' ? '' : `  ${line}`))];
  }
  if (worst.blame === undefined) return [headline, ...brokenKeys];
  const { process, ...operation } = history.operations[worst.blame] as Operation;
  const words = describeOperation({ process, ...operation }, model);
  const stuck = verdict === 'illegal' ? 'no order gets past the return of' : 'got as far as the return of';
  const where = place(worst.blame);
  return [
    headline,
    ...brokenKeys,
    `  ${stuck} process ${process}: ${words}${where === undefined ? '' : ` (${where})`}`,
  ];
}

function placeOf({ places }: ObjectHistory, index: number): string | undefined {
  const place = places[index];
  if (place === undefined) return undefined;
  const { calledLine, returnedLine } = place;
  if (returnedLine === undefined || returnedLine === calledLine) return `line ${calledLine}`;
  return `lines ${calledLine} and ${returnedLine}`;
}

const SENTENCES_SHOWN = 3;

function transactionLines({ history, result }: JudgedTransactions, explain: boolean): readonly string[] {
  const { verdict, level, committed, anomalies, direct, cycles, not, duplicate } = result;
  const what = `${count(committed, 'transaction')}, ${history.workload}`;
  const headlines = {
    satisfied: `nothing found that ${level} forbids: ${what}`,
    violated: `not ${level}: ${what}`,
    unknown: `nothing to conclude: no transaction depends on another: ${what}`,
  };
  const lines = [headlines[verdict]];
  if (anomalies.length > 0)
    lines.push(`  anomalies: ${anomalies.join(', ')}`, `  ruled out: ${not.join(', ')}, and all that is stronger`);
  if (duplicate !== undefined) lines.push(`  dependencies were not looked for: ${duplicate.message}`);
  const shown = explain ? direct : direct.slice(0, SENTENCES_SHOWN);
  for (const { name, sentence, transactions } of shown)
    lines.push(`  ${name}: ${sentence}${linesOf(history, transactions)}`);
  if (direct.length > shown.length) lines.push(`  ... and ${direct.length - shown.length} more (--explain shows them)`);
  for (const { name, edges, sentences } of explain ? cycles : cycles.slice(0, 1)) {
    const cut = explain ? sentences : sentences.slice(0, 2 * SENTENCES_SHOWN);
    lines.push(`  ${name}, a cycle of ${count(edges.length, 'transaction')}:`);
    for (const [at, sentence] of cut.entries())
      lines.push(`    ${at === 0 ? '    ' : 'and '}${sentence}${linesOf(history, [edges[at]?.from as number])}`);
    if (sentences.length > cut.length)
      lines.push(`    ... and so on, back to T${edges[0]?.from} (--explain shows all)`);
  }
  return lines;
}

function linesOf({ lines }: TransactionHistory, transactions: readonly number[]): string {
  const found = transactions.flatMap((transaction) => lines[transaction] ?? []);
  return found.length === 0 ? '' : ` (${found.length === 1 ? 'line' : 'lines'} ${found.join(', ')})`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
