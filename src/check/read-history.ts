/** Reads recorded histories of all formats that we know, told apart by their content. Text in, histories or an error out. */
import type { Operation } from '../sim/history.ts';
import type { Json } from '../sim/plain.ts';
import { ETCD_LOG_DIALECT, isEtcdLog, readEtcdLog } from './formats/etcd-log.ts';
import { pairEvents, type RecordedEvent, type RecordedOperation } from './formats/events.ts';
import { readJepsenEdn, readJepsenJson } from './formats/jepsen.ts';
import { findSyntaxError, lineAt, linesOfItems, lineTooDeep } from './formats/json-place.ts';
import {
  type Dialect,
  guessModel,
  OBJECT_MODELS,
  type ObjectModelName,
  type OperationPlace,
  toOperations,
} from './formats/objects.ts';
import { areTransactions, isOperation, readOperations, transactionsOf } from './formats/operations.ts';
import {
  type RecordedTransactions,
  refuseOtherSteps,
  type TransactionForm,
  toTransactions,
  workloadOf,
} from './formats/transactions.ts';
import { readTuples } from './formats/tuples.ts';
import { HistoryError, shown } from './history-error.ts';
import type { InitialValues, TransactionKey, Workload } from './transaction.ts';

export type HistoryModelName = ObjectModelName | Workload;

export const HISTORY_MODELS: readonly HistoryModelName[] = [...OBJECT_MODELS, 'list-append', 'rw-register'];

export interface ReadOptions {
  /** Overrides what the file says or its operations suggest. */
  readonly model?: HistoryModelName | undefined;
  /** What a read that answered nil saw, in formats that do not say. Default `value`: nothing there. */
  readonly nilRead?: 'value' | 'unknown' | undefined;
}

export type ParsedHistory = ObjectHistory | TransactionHistory;

/** Operations on one object, or on many by key. */
export interface ObjectHistory {
  readonly kind: 'object';
  readonly id: string | undefined;
  readonly model: ObjectModelName;
  /** What the object holds at first; absent when the format does not say. */
  readonly initial?: Json;
  readonly operations: readonly Operation[];
  /** Where each operation stands in the text. */
  readonly places: readonly OperationPlace[];
}

export interface TransactionHistory extends RecordedTransactions {
  readonly kind: 'transactions';
  readonly id: string | undefined;
  readonly workload: Workload;
  readonly initial: InitialValues;
}

/**
 * The histories of a text; most formats hold one. No operations is a history too: nothing to check.
 * @throws HistoryError with line and field when the text is not a history.
 */
export function readHistories(text: string, options: ReadOptions = {}): readonly ParsedHistory[] {
  const body = text.startsWith('\ufeff') ? text.slice(1) : text;
  const start = body.trimStart();
  if (start === '') return [];
  if (isEtcdLog(body)) {
    return [objectHistory(readEtcdLog(body), { ...options, model: options.model ?? 'cas-register' }, ETCD_LOG_DIALECT)];
  }
  return looksLikeJson(start) ? readJson(body, options) : [readEdn(body, options)];
}

function looksLikeJson(start: string): boolean {
  // EDN lists of maps begin with "[{:"; JSON ones with "[{" and a quote.
  return /^(\{\s*("|\})|\[\s*($|[[\]"\d{-](?!\s*:)))/.test(start);
}

function readEdn(text: string, options: ReadOptions): ParsedHistory {
  if (/^[^\s[({#;]/.test(text.trimStart())) {
    throw new HistoryError(
      `${shown(firstLine(text))} begins neither JSON, nor EDN, nor an etcd log of Porcupine's test data`,
      { line: lineAt(text, text.length - text.trimStart().length) },
    );
  }
  return eventHistory(readJepsenEdn(text), options);
}

function firstLine(text: string): string {
  const start = text.trimStart();
  const end = start.indexOf('\n');
  return end < 0 ? start : start.slice(0, end);
}

/** Jepsen's events: transactions of appends and writes, or operations on objects. */
function eventHistory(events: readonly RecordedEvent[], options: ReadOptions): ParsedHistory {
  const clients = events.filter(({ process }) => typeof process === 'number');
  if (clients.length === 0) refuseNamedClients(events);
  const transactional = clients.length > 0 && clients.every(({ f }) => f === 'txn');
  if (isWorkload(options.model) || (options.model === undefined && transactional)) {
    return transactionHistory(events, { workload: options.model as Workload | undefined });
  }
  const { model } = options;
  return objectHistory(events, { ...options, model }, { nilRead: options.nilRead ?? 'value', failedCas: 'never' });
}

/** What is not numbered is no client; but then it does not call and get answers either. */
function refuseNamedClients(events: readonly RecordedEvent[]): void {
  const named = events.find(({ type }) => type !== 'info');
  if (named === undefined) return;
  const { process, line } = named;
  throw new HistoryError(`${shown(process)}: clients are numbered; only they are judged`, { line, field: 'process' });
}

function isWorkload(model: string | undefined): model is Workload {
  return model === 'list-append' || model === 'rw-register';
}

interface ObjectOptions {
  readonly id?: string | undefined;
  readonly model?: HistoryModelName | undefined;
  readonly initial?: Json | undefined;
}

function objectHistory(events: readonly RecordedEvent[], options: ObjectOptions, dialect: Dialect): ObjectHistory {
  const recorded = pairEvents(events);
  if (isWorkload(options.model))
    throw new HistoryError(`these are not transactions, as ${options.model} would have them`);
  const model = options.model ?? (recorded.length === 0 ? 'cas-register' : guessModel(recorded));
  const initial = options.initial ?? (model === 'key-value' && recorded.some(speaksOfStrings) ? '' : undefined);
  return {
    kind: 'object',
    id: options.id,
    model,
    ...(initial === undefined ? {} : { initial }),
    ...toOperations(recorded, model, dialect),
  };
}

/** Maps of get, put and append, such as Porcupine's, begin with empty strings. */
function speaksOfStrings({ invoke }: RecordedOperation): boolean {
  return invoke.f === 'get' || invoke.f === 'put' || invoke.f === 'append';
}

interface TransactionOptions {
  readonly id?: string | undefined;
  /** Where the history begins. */
  readonly line?: number | undefined;
  readonly workload?: Workload | undefined;
  readonly form?: TransactionForm | undefined;
  readonly initial?: InitialValues | undefined;
  readonly ordered?: boolean | undefined;
}

function transactionHistory(events: readonly RecordedEvent[], options: TransactionOptions): TransactionHistory {
  const recorded = toTransactions(events, options.form ?? guessForm(events), options.ordered ?? true);
  const workload = options.workload ?? workloadOf(recorded.transactions, recorded.lines);
  refuseOtherSteps(recorded.transactions, recorded.lines, workload);
  const initial = options.initial ?? [];
  for (const [key, value] of initial) {
    if (workload !== 'list-append' || Array.isArray(value)) continue;
    throw new HistoryError(`${shown(value)} is no list of elements`, { line: options.line, field: `initial.${key}` });
  }
  return { kind: 'transactions', id: options.id, workload, initial, ...recorded };
}

function guessForm(events: readonly RecordedEvent[]): TransactionForm {
  const clients = events.filter(({ process }) => typeof process === 'number');
  return clients.some(({ type }) => type === 'invoke') || clients.length === 0 ? 'pairs' : 'completions';
}

// JSON: one value, or one value a line.

interface Parsed {
  readonly value: unknown;
  readonly linesAt: (path: readonly (string | number)[]) => readonly number[];
  readonly lineAt: (path: readonly (string | number)[]) => number;
}

/** A history nests a handful of levels; a file that nests a thousand is not one, and would exhaust the stack. */
const DEPTH_MAX = 1_000;

function readJson(text: string, options: ReadOptions): readonly ParsedHistory[] {
  const tooDeep = lineTooDeep(text, DEPTH_MAX);
  if (tooDeep !== undefined) throw new HistoryError(`nested more than ${DEPTH_MAX} levels deep`, { line: tooDeep });
  const value = tryParse(text);
  if (value === undefined) return [readJsonLines(text, options)];
  const parsed: Parsed = {
    value,
    linesAt: (path) => linesOfItems(text, path),
    lineAt: (path) => linesOfItems(text, path)[0] ?? 1,
  };
  if (!Array.isArray(value)) return [readJsonObject(value, parsed, [], options)];
  if (value.length > 0 && value.every(isCase)) {
    return value.map((item, index) => readJsonObject(item, parsed, [index], options));
  }
  return [readItems(value, parsed.linesAt([]), options)];
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** A history inside a larger file: it has events of its own. */
function isCase(item: unknown): item is object {
  return item !== null && typeof item === 'object' && 'events' in item;
}

function readJsonLines(text: string, options: ReadOptions): ParsedHistory {
  const items: unknown[] = [];
  const lines: number[] = [];
  const rows = text.split('\n');
  for (const [index, row] of rows.entries()) {
    if (row.trim() === '') continue;
    const value = tryParse(row);
    if (value === undefined) throw syntaxError(text, items.length === 0 ? undefined : { row, line: index + 1 });
    items.push(value);
    lines.push(index + 1);
  }
  return readItems(items, lines, options);
}

/** The error of the line, when lines before it were JSON by themselves, else of the whole text. */
function syntaxError(text: string, single: { readonly row: string; readonly line: number } | undefined): HistoryError {
  const error = findSyntaxError(single?.row ?? text);
  const line = single?.line ?? lineAt(text, error?.offset ?? 0);
  return new HistoryError(`not JSON: ${error?.problem ?? 'the text cannot be read'}`, { line });
}

function readItems(items: readonly unknown[], lines: readonly number[], options: ReadOptions): ParsedHistory {
  if (items.some(isOperation)) return operationHistory(items, lines, options);
  if (items.some(Array.isArray)) {
    const isObject = items.some((item) => Array.isArray(item) && item.length === 4);
    return eventHistory(readTuples(items, lines, '', isObject ? 'object' : 'transaction'), options);
  }
  return eventHistory(readJepsenJson(items, lines), options);
}

function operationHistory(items: readonly unknown[], lines: readonly number[], options: ReadOptions): ParsedHistory {
  const { operations, places } = readOperations(items, lines);
  if (isWorkload(options.model) || (options.model === undefined && areTransactions(operations))) {
    const transactions = transactionsOf(operations, lines);
    const workload = (options.model as Workload | undefined) ?? workloadOf(transactions, lines);
    refuseOtherSteps(transactions, lines, workload);
    const events = transactions.map((_, index) => index);
    return { kind: 'transactions', id: undefined, workload, initial: [], transactions, lines, events };
  }
  return { kind: 'object', id: undefined, model: options.model ?? guessOwnModel(operations), operations, places };
}

function guessOwnModel(operations: readonly Operation[]): ObjectModelName {
  const inputs = operations.map(({ input }) => input as { readonly type?: Json; readonly key?: Json });
  const has = (...types: readonly string[]): boolean => inputs.some(({ type }) => types.includes(type as string));
  if (has('txn')) return 'multi-register';
  if (has('enqueue', 'dequeue')) return 'queue';
  if (has('acquire', 'release')) return inputs.some((input) => 'owner' in input) ? 'lock' : 'mutex';
  if (inputs.some(({ type, key }) => type === 'read' && key !== undefined) || has('append')) return 'key-value';
  if (has('contains', 'remove')) return 'set';
  if (has('add')) return inputs.some((input) => 'value' in input) ? 'set' : 'counter';
  return inputs.some(({ key }) => key !== undefined) ? 'key-value' : 'cas-register';
}

// Files with a head: lin-history/1, and transaction histories.

function readJsonObject(
  value: unknown,
  parsed: Parsed,
  path: readonly (string | number)[],
  options: ReadOptions,
): ParsedHistory {
  const head = value as { readonly [field: string]: Json };
  const line = path.length === 0 ? 1 : (parsed.linesAt([])[path[0] as number] ?? 1);
  const fail = (field: string, problem: string): never => {
    throw new HistoryError(problem, { line, field });
  };
  if (!Array.isArray(head.events)) {
    // A single event or operation on a line of its own.
    if ('process' in head) return readItems([value], [line], options);
    return fail('events', head.events === undefined ? 'missing: a history has a list of events' : 'not a list');
  }
  const lines = parsed.linesAt([...path, 'events']);
  const prefix = path.length === 0 ? 'events' : `[${path[0]}].events`;
  const id = typeof head.id === 'string' ? head.id : undefined;
  if (head.format !== undefined) {
    if (head.format !== 'lin-history/1') fail('format', `${shown(head.format)} is not lin-history/1`);
    const model = options.model ?? objectModel(head.model, fail);
    const events = readTuples(head.events, lines, prefix, 'object');
    return objectHistory(events, { id, model, initial: head.initial }, { nilRead: 'unknown', failedCas: 'never' });
  }
  return transactionHistory(readTuples(head.events, lines, prefix, 'transaction'), {
    id,
    line,
    workload: isWorkload(options.model) ? options.model : declaredWorkload(head.workload, fail),
    form: declaredForm(head.form, head.events, fail),
    initial: declaredInitial(head.initial, fail),
    ordered: head.realtime !== false,
  });
}

type Fail = (field: string, problem: string) => never;

function objectModel(name: Json | undefined, fail: Fail): ObjectModelName {
  const known: readonly string[] = OBJECT_MODELS;
  if (typeof name === 'string' && known.includes(name)) return name as ObjectModelName;
  return fail('model', `${shown(name)} is not one of ${known.join(', ')}`);
}

function declaredWorkload(name: Json | undefined, fail: Fail): Workload | undefined {
  if (name === undefined || name === 'list-append' || name === 'rw-register') return name;
  return fail('workload', `${shown(name)} is not one of list-append, rw-register`);
}

function declaredForm(name: Json | undefined, events: readonly Json[], fail: Fail): TransactionForm | undefined {
  if (name === 'pairs' || name === 'completions' || name === 'invocations') return name;
  if (name !== undefined) fail('form', `${shown(name)} is not one of pairs, completions, invocations`);
  const types = events.map((event) => (Array.isArray(event) ? (event[0] as unknown) : undefined));
  return types.length === 0 || types.some((type) => type === 'invoke') ? 'pairs' : 'completions';
}

/** Keys stand as field names; one that reads like a number may be that number. */
function declaredInitial(initial: Json | undefined, fail: Fail): InitialValues {
  if (initial === undefined || initial === null) return [];
  if (typeof initial !== 'object' || Array.isArray(initial))
    return fail('initial', `${shown(initial)} is not an object`);
  return Object.entries(initial).flatMap(([key, value]): [TransactionKey, Json][] => {
    const number = Number(key);
    return String(number) === key
      ? [
          [key, value],
          [number, value],
        ]
      : [[key, value]];
  });
}
