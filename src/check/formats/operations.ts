/** Our own histories: operations as the simulator records them (src/sim/history.ts), one JSON object each. */
import type { Operation, Outcome } from '../../sim/history.ts';
import type { Json } from '../../sim/plain.ts';
import { HistoryError, shown } from '../history-error.ts';
import type { Transaction } from '../transaction.ts';
import type { OperationPlace } from './objects.ts';
import { microOperations } from './transactions.ts';

/** Whether an item looks like an operation of ours rather than an event. */
export function isOperation(item: unknown): boolean {
  return item !== null && typeof item === 'object' && 'input' in item && 'called' in item;
}

export interface RecordedHistory {
  readonly operations: readonly Operation[];
  readonly places: readonly OperationPlace[];
}

/** @throws HistoryError with line and field. `lines[i]` is where `items[i]` begins. */
export function readOperations(items: readonly unknown[], lines: readonly number[]): RecordedHistory {
  const operations = items.map((item, index) => readOperation(item, lines[index] as number));
  refuseOverlaps(operations, lines);
  return { operations, places: lines.slice(0, items.length).map((line) => ({ calledLine: line, returnedLine: line })) };
}

const OUTCOMES: readonly string[] = ['ok', 'fail', 'unknown'];

function readOperation(item: unknown, line: number): Operation {
  const fail = (field: string, problem: string): never => {
    throw new HistoryError(problem, { line, field });
  };
  if (!isOperation(item))
    return fail('', `expected an operation {"process", "input", "called", ...}, found ${shown(item)}`);
  const { process, input, output, outcome, called, returned } = item as { readonly [field: string]: Json };
  if (typeof process !== 'string' && typeof process !== 'number') fail('process', `${shown(process)} is not a name`);
  if (typeof outcome !== 'string' || !OUTCOMES.includes(outcome)) {
    fail('outcome', `${shown(outcome)} is not one of ${OUTCOMES.join(', ')}`);
  }
  if (input === null || typeof input !== 'object' || Array.isArray(input))
    fail('input', `${shown(input)} is not an object`);
  if (typeof called !== 'number') fail('called', `${shown(called)} is not a number`);
  const base = {
    process: String(process),
    input: input as Json,
    outcome: outcome as Outcome,
    called: called as number,
  };
  if (outcome === 'unknown') return { ...base, returned: Number.POSITIVE_INFINITY };
  if (typeof returned !== 'number') return fail('returned', `${shown(returned)} is not a number`);
  if (returned < (called as number)) fail('returned', `returned at ${returned}, before its call at ${called}`);
  if (outcome === 'fail') return { ...base, returned };
  if (output === undefined) fail('output', 'missing: an operation that is ok has an answer');
  return { ...base, output: output as Json, returned };
}

/** A client asks one thing at a time, and is not heard of again once an outcome is unknown. */
function refuseOverlaps(operations: readonly Operation[], lines: readonly number[]): void {
  const order = operations.map((_, index) => index);
  order.sort((left, right) => (operations[left] as Operation).called - (operations[right] as Operation).called);
  const latest = new Map<string, number>();
  for (const index of order) {
    const { process, called } = operations[index] as Operation;
    const before = latest.get(process);
    latest.set(process, index);
    if (before === undefined) continue;
    const previous = operations[before] as Operation;
    const place = { line: lines[index], field: 'process' };
    if (previous.outcome === 'unknown') {
      throw new HistoryError(
        `${process} is used again, but the outcome of its call at ${previous.called} (line ${lines[before]}) is unknown`,
        place,
      );
    }
    if (previous.returned > called) {
      throw new HistoryError(`${process} calls at ${called}, but its call at ${previous.called} is still open`, place);
    }
  }
}

/** Whether the operations are transactions: `input` is `{ type: 'txn', ops: [...] }`. */
export function areTransactions(operations: readonly Operation[]): boolean {
  return operations.length > 0 && operations.every(({ input }) => isTransactionInput(input));
}

function isTransactionInput(input: Json): boolean {
  return input !== null && typeof input === 'object' && 'ops' in input && Array.isArray(input.ops);
}

/**
 * Transactions recorded as operations: `input` `{ type: 'txn', ops }` and, when answered, `output` `{ ops }` with the
 * values read; ops as in `MicroOperation`. @throws HistoryError with line and field for steps that are none.
 */
export function transactionsOf(operations: readonly Operation[], lines: readonly number[]): readonly Transaction[] {
  return operations.map(({ process, outcome, input, output, called, returned }, index) => {
    const line = lines[index] as number;
    const asked = microOperations(opsOf(input), { line, field: 'input.ops' }, false);
    const ops = outcome === 'ok' ? microOperations(opsOf(output), { line, field: 'output.ops' }, true) : asked;
    return { process, outcome, ops, called, returned };
  });
}

function opsOf(value: Json | undefined): Json | undefined {
  return value !== null && typeof value === 'object' && 'ops' in value ? value.ops : undefined;
}
