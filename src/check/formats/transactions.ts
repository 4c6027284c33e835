/** From recorded events to transactions. */
import type { Json } from '../../sim/plain.ts';
import { HistoryError, shown } from '../history-error.ts';
import type { MicroOperation, Transaction, Workload } from '../transaction.ts';
import { pairEvents, type RecordedEvent } from './events.ts';

/**
 * How much was recorded: calls and completions, completions alone (no order between transactions is known), or calls
 * alone (all outcomes are unknown).
 */
export type TransactionForm = 'pairs' | 'completions' | 'invocations';

export interface RecordedTransactions {
  readonly transactions: readonly Transaction[];
  /** 1-based line of the event that carries each transaction's values. */
  readonly lines: readonly number[];
  /** Position among the events of each transaction's last event. */
  readonly events: readonly number[];
}

interface Row {
  readonly transaction: Transaction;
  readonly line: number;
  readonly event: number;
}

/** @throws HistoryError for steps that are not micro-operations, and for impossible sequences of events. */
export function toTransactions(
  events: readonly RecordedEvent[],
  form: TransactionForm,
  ordered: boolean,
): RecordedTransactions {
  const rows = form === 'pairs' ? fromPairs(events, ordered) : fromSingles(events, form);
  return {
    transactions: rows.map(({ transaction }) => transaction),
    lines: rows.map(({ line }) => line),
    events: rows.map(({ event }) => event),
  };
}

function fromPairs(events: readonly RecordedEvent[], ordered: boolean): Row[] {
  return pairEvents(events).map(({ process, invoke, completion, called, returned }) => {
    const source = completion?.type === 'ok' ? completion : invoke;
    const base = { process: String(process), ops: stepsOf(source, completion?.type === 'ok') };
    if (source !== invoke) refuseOtherAnswers(stepsOf(invoke, false), base.ops, source.line);
    const times = ordered ? { called, returned } : {};
    const outcome = completion === undefined ? 'unknown' : completion.type === 'ok' ? 'ok' : 'fail';
    const event = completion === undefined ? called : returned;
    return { transaction: { ...base, outcome, ...times }, line: source.line, event };
  });
}

function fromSingles(events: readonly RecordedEvent[], form: 'completions' | 'invocations'): Row[] {
  const rows: Row[] = [];
  for (const [event, recorded] of events.entries()) {
    if (typeof recorded.process !== 'number') continue;
    const { type, process, line } = recorded;
    if ((type === 'invoke') !== (form === 'invocations')) {
      throw new HistoryError(`${shown(type)} in a history of ${form}`, { line, field: 'type' });
    }
    const outcome = type === 'ok' || type === 'fail' ? type : 'unknown';
    const ops = stepsOf(recorded, type === 'ok');
    rows.push({ transaction: { process: String(process), outcome, ops }, line, event });
  }
  return rows;
}

const FUNCTIONS: Readonly<Record<string, 'append' | 'w' | 'r'>> = {
  append: 'append',
  w: 'w',
  write: 'w',
  r: 'r',
  read: 'r',
};

function stepsOf({ value, line }: RecordedEvent, answered: boolean): readonly MicroOperation[] {
  return microOperations(value, { line, field: 'value' }, answered);
}

/** An answer has the steps that were called, on the same keys, in the same order. */
function refuseOtherAnswers(
  called: readonly MicroOperation[],
  answered: readonly MicroOperation[],
  line: number,
): void {
  if (called.length !== answered.length) {
    const problem = `${answered.length} steps were answered, but ${called.length} called`;
    throw new HistoryError(problem, { line, field: 'value' });
  }
  for (let at = 0; at < called.length; at++) {
    const [f, key] = called[at] as MicroOperation;
    const answer = answered[at] as MicroOperation;
    if (answer[0] === f && answer[1] === key) continue;
    const problem = `${shown(answer)} answers ${shown(called[at])}`;
    throw new HistoryError(problem, { line, field: `value[${at}]` });
  }
}

/** `answered`: whether reads say what was there. @throws HistoryError for what is no list of steps. */
export function microOperations(
  value: Json | undefined,
  { line, field }: { readonly line: number; readonly field: string },
  answered: boolean,
): readonly MicroOperation[] {
  if (!Array.isArray(value)) {
    throw new HistoryError(`a transaction is a list of steps, not ${shown(value)}`, { line, field });
  }
  const steps = value as readonly Json[];
  return steps.map((step, index) => microOperation(step, field, index, line, answered));
}

function microOperation(step: Json, list: string, index: number, line: number, answered: boolean): MicroOperation {
  const [name, key, value] = Array.isArray(step) && step.length === 3 ? (step as readonly Json[]) : [];
  const f = typeof name === 'string' ? FUNCTIONS[name.replace(/^:/, '')] : undefined;
  if (f === undefined) {
    const place = { line, field: `${list}[${index}]` };
    throw new HistoryError(`${shown(step)} is not a step ["append" | "w" | "r", key, value]`, place);
  }
  if (typeof key !== 'string' && typeof key !== 'number') {
    throw new HistoryError(`${shown(key)} is not a key: a string or a number`, { line, field: `${list}[${index}][1]` });
  }
  if (f !== 'r' && (value === null || value === undefined)) {
    throw new HistoryError(`null cannot be written: it stands for "nothing there"`, {
      line,
      field: `${list}[${index}][2]`,
    });
  }
  // What an unanswered transaction read is not known, whatever its call says.
  return [f, key, f === 'r' && !answered ? null : (value as Json)];
}

/** Lists or registers, by the steps. @throws HistoryError when both kinds of writes occur, or a list read is no list. */
export function workloadOf(transactions: readonly Transaction[], lines: readonly number[]): Workload {
  let workload: Workload | undefined;
  for (const [index, { ops }] of transactions.entries()) {
    for (const [f] of ops) {
      const found = f === 'append' ? 'list-append' : f === 'w' ? 'rw-register' : undefined;
      if (found === undefined || found === workload) continue;
      if (workload !== undefined) {
        throw new HistoryError('writes and appends in one history', { line: lines[index], field: 'value' });
      }
      workload = found;
    }
  }
  return workload ?? (transactions.some(readsList) ? 'list-append' : 'rw-register');
}

function readsList({ ops }: Transaction): boolean {
  return ops.some(([f, , value]) => f === 'r' && Array.isArray(value));
}

/** @throws HistoryError when steps do not fit the workload: a write among lists, a read that is no list. */
export function refuseOtherSteps(
  transactions: readonly Transaction[],
  lines: readonly number[],
  workload: Workload,
): void {
  const wrong = workload === 'list-append' ? 'w' : 'append';
  for (const [index, { ops }] of transactions.entries()) {
    for (const [at, [f, , value]] of ops.entries()) {
      const place = { line: lines[index], field: `value[${at}]` };
      if (f === wrong) throw new HistoryError(`${shown(f)} in a ${workload} history`, place);
      if (workload === 'list-append' && f === 'r' && value !== null && !Array.isArray(value)) {
        throw new HistoryError(`a read of a list answers a list, not ${shown(value)}`, place);
      }
    }
  }
}
