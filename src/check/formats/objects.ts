/** From recorded operations on objects (registers, maps, locks, ...) to the inputs and outputs of our models. */
import type { Operation } from '../../sim/history.ts';
import type { Json } from '../../sim/plain.ts';
import { HistoryError, shown } from '../history-error.ts';
import type { RecordedEvent, RecordedOperation } from './events.ts';

export const OBJECT_MODELS = [
  'register',
  'cas-register',
  'multi-register',
  'key-value',
  'mutex',
  'lock',
  'queue',
  'set',
  'counter',
] as const;

export type ObjectModelName = (typeof OBJECT_MODELS)[number];

/** What formats mean differently by the same words. */
export interface Dialect {
  /** A read that answered nil: it saw "nothing there" (`value`), or what it saw is not known (`unknown`). */
  readonly nilRead: 'value' | 'unknown';
  /** A compare-and-set that failed: its comparison was executed and was false (`refused`), or it did not happen (`never`). */
  readonly failedCas: 'refused' | 'never';
}

/** Where in the text an operation came from; 1-based lines. */
export interface OperationPlace {
  readonly calledLine: number;
  readonly returnedLine?: number;
}

type Converted = { readonly input: Json; readonly output?: Json };

type Convert = (operation: RecordedOperation, dialect: Dialect) => Converted;

/** Operations and their places, index by index. @throws HistoryError for an operation the model does not know. */
export function toOperations(
  recorded: readonly RecordedOperation[],
  model: ObjectModelName,
  dialect: Dialect,
): { readonly operations: readonly Operation[]; readonly places: readonly OperationPlace[] } {
  const convert = CONVERTERS[model];
  const operations = recorded.map((operation): Operation => {
    const { input, output } = convert(operation, dialect);
    const { completion, called, returned } = operation;
    const process = String(operation.process);
    if (completion === undefined) return { process, input, called, outcome: 'unknown', returned };
    if (completion.type === 'ok') return { process, input, called, outcome: 'ok', output: output ?? DONE, returned };
    const refused = completion.f === 'cas' && dialect.failedCas === 'refused';
    if (refused) return { process, input, called, outcome: 'ok', output: REFUSED, returned };
    return { process, input, called, outcome: 'fail', returned };
  });
  const places = recorded.map(({ invoke, completion }) =>
    completion === undefined ? { calledLine: invoke.line } : { calledLine: invoke.line, returnedLine: completion.line },
  );
  return { operations, places };
}

const DONE: Json = Object.freeze({ ok: true });
const REFUSED: Json = Object.freeze({ ok: false });

const CONVERTERS: Readonly<Record<ObjectModelName, Convert>> = {
  register: (operation, dialect) => convertRegister(operation, dialect, ['read', 'write']),
  'cas-register': (operation, dialect) => convertRegister(operation, dialect, ['read', 'write', 'cas']),
  'key-value': convertKeyValue,
  'multi-register': convertMultiRegister,
  mutex: convertMutex,
  lock: convertLock,
  queue: convertQueue,
  set: convertSet,
  counter: convertCounter,
};

function convertRegister(operation: RecordedOperation, dialect: Dialect, known: readonly string[]): Converted {
  const { invoke } = operation;
  if (!known.includes(invoke.f)) return unknownFunction(invoke, known);
  return convertAccess(invoke.f, argument(operation), operation, dialect);
}

/** What the operation was about in the end: an answer carries the final value. */
function argument({ invoke, completion }: RecordedOperation): Json {
  return completion?.type === 'ok' && completion.value !== null ? completion.value : invoke.value;
}

function convertAccess(f: string, value: Json, operation: RecordedOperation, dialect: Dialect): Converted {
  switch (f) {
    case 'read':
      return { input: { type: 'read' }, output: readAnswer(answered(operation), dialect) };
    case 'write':
      return { input: { type: 'write', value } };
    default: {
      if (!Array.isArray(value) || value.length !== 2) {
        return wrongValue(operation.invoke, value, 'a compare-and-set takes [expected new]');
      }
      return { input: { type: 'cas', expect: value[0] as Json, value: value[1] as Json } };
    }
  }
}

function answered({ completion }: RecordedOperation): Json {
  return completion?.type === 'ok' ? completion.value : null;
}

function readAnswer(value: Json, dialect: Dialect): Json {
  return value === null && dialect.nilRead === 'unknown' ? {} : { value };
}

const KEYED: Readonly<Record<string, string>> = {
  read: 'read',
  get: 'read',
  write: 'write',
  put: 'write',
  append: 'append',
  cas: 'cas',
};

function convertKeyValue(operation: RecordedOperation, dialect: Dialect): Converted {
  const { invoke, completion } = operation;
  const type = Object.hasOwn(KEYED, invoke.f) ? KEYED[invoke.f] : undefined;
  if (type === undefined) return unknownFunction(invoke, Object.keys(KEYED));
  const [key, asked] = keyed(invoke);
  const told = completion?.type === 'ok' ? keyed(completion)[1] : null;
  if (completion?.type === 'ok' && keyed(completion)[0] !== key) {
    return wrongValue(completion, keyed(completion)[0], `the call was about key ${shown(key)}`);
  }
  const value = told ?? asked;
  if (type === 'append') {
    if (typeof value !== 'string') return wrongValue(invoke, value, 'append takes a string');
    return { input: { type, key, value } };
  }
  if (type === 'read') return { input: { type, key }, output: readAnswer(told, dialect) };
  const { input } = convertAccess(type, value, operation, dialect);
  return { input: { ...(input as { readonly [field: string]: Json }), key } };
}

/** The key stands in a field of its own, or first in the value: `[key value]`. */
function keyed(event: RecordedEvent): readonly [key: string | number, value: Json] {
  const [key, value] = event.key === undefined ? pairOf(event) : [event.key, event.value];
  if (typeof key === 'string' || typeof key === 'number') return [key, value];
  return wrongValue(event, key, 'a key is a string or a number');
}

function pairOf(event: RecordedEvent): readonly [key: Json, value: Json] {
  const { value } = event;
  if (Array.isArray(value) && value.length === 2) return [value[0] as Json, value[1] as Json];
  return wrongValue(event, value, 'expected [key value], or a field "key"');
}

const STEPS: Readonly<Record<string, 'read' | 'write'>> = { read: 'read', r: 'read', write: 'write', w: 'write' };

function convertMultiRegister(operation: RecordedOperation, dialect: Dialect): Converted {
  const { invoke, completion } = operation;
  if (invoke.f !== 'txn') return unknownFunction(invoke, ['txn']);
  const final = completion?.type === 'ok' ? completion : invoke;
  const steps: Json[] = [];
  const results: Json[] = [];
  for (const step of listOf(argument(operation), final, 'a transaction is a list of steps')) {
    const [f, key, value] = Array.isArray(step) && step.length === 3 ? (step as readonly Json[]) : [];
    const type = typeof f === 'string' ? STEPS[f.replace(/^:/, '')] : undefined;
    if (type === undefined || (typeof key !== 'string' && typeof key !== 'number')) {
      return wrongValue(final, step, 'a step is ["read" key value] or ["write" key value]');
    }
    steps.push(type === 'read' ? { type, key } : { type, key, value: value as Json });
    results.push(type === 'read' ? readAnswer(value as Json, dialect) : { ok: true });
  }
  return { input: { type: 'txn', steps }, output: { results } };
}

function convertMutex({ invoke }: RecordedOperation): Converted {
  if (invoke.f === 'acquire' || invoke.f === 'release') return { input: { type: invoke.f } };
  return unknownFunction(invoke, ['acquire', 'release']);
}

/** The owner is the process; a number as value is the fencing token. */
function convertLock(operation: RecordedOperation): Converted {
  const { invoke, process } = operation;
  const owner = String(process);
  const value = argument(operation);
  const token = typeof value === 'number' ? { token: value } : {};
  switch (invoke.f) {
    case 'acquire':
      return { input: { type: 'acquire', owner }, output: { ok: true, ...token } };
    case 'release':
    case 'renew':
    case 'expire':
      return { input: { type: invoke.f, owner, ...token } };
    default:
      return unknownFunction(invoke, ['acquire', 'release', 'renew', 'expire']);
  }
}

function convertQueue(operation: RecordedOperation): Converted {
  const { invoke } = operation;
  if (invoke.f === 'enqueue') return { input: { type: 'enqueue', value: argument(operation) } };
  if (invoke.f !== 'dequeue') return unknownFunction(invoke, ['enqueue', 'dequeue']);
  const value = answered(operation);
  return { input: { type: 'dequeue' }, output: value === null ? { empty: true } : { value } };
}

function convertSet(operation: RecordedOperation): Converted {
  const { invoke } = operation;
  switch (invoke.f) {
    case 'add':
    case 'remove':
      return { input: { type: invoke.f, value: invoke.value } };
    case 'contains':
      return { input: { type: 'contains', value: invoke.value }, output: { value: answered(operation) } };
    case 'read': {
      const value = answered(operation);
      if (operation.completion?.type !== 'ok') return { input: { type: 'read' } };
      return { input: { type: 'read' }, output: { value: listOf(value, operation.completion, 'a set is a list') } };
    }
    default:
      return unknownFunction(invoke, ['add', 'remove', 'contains', 'read']);
  }
}

function convertCounter(operation: RecordedOperation): Converted {
  const { invoke, completion } = operation;
  if (invoke.f === 'add') {
    if (typeof invoke.value === 'number') return { input: { type: 'add', amount: invoke.value } };
    return wrongValue(invoke, invoke.value, 'add takes a number');
  }
  if (invoke.f !== 'read') return unknownFunction(invoke, ['add', 'read']);
  const value = answered(operation);
  if (value === null) return { input: { type: 'read' }, output: {} };
  if (typeof value === 'number') return { input: { type: 'read' }, output: { value } };
  return wrongValue(completion as RecordedEvent, value, 'a counter is a number');
}

function listOf(value: Json, event: RecordedEvent, expectation: string): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : wrongValue(event, value, expectation);
}

function unknownFunction({ f, line }: RecordedEvent, known: readonly string[]): never {
  throw new HistoryError(`${shown(f)} is not one of ${known.join(', ')}`, { line, field: 'f' });
}

function wrongValue({ line }: RecordedEvent, value: Json | undefined, expectation: string): never {
  throw new HistoryError(`${expectation}, not ${shown(value)}`, { line, field: 'value' });
}

/** The model that the recorded functions and values speak of. @throws HistoryError when none or several fit. */
export function guessModel(recorded: readonly RecordedOperation[]): ObjectModelName {
  const functions = new Set(recorded.map(({ invoke }) => invoke.f));
  const has = (...names: readonly string[]): boolean => names.some((name) => functions.has(name));
  if (has('txn')) return 'multi-register';
  if (has('enqueue', 'dequeue')) return 'queue';
  if (has('acquire', 'release')) return recorded.some(carriesToken) || has('renew', 'expire') ? 'lock' : 'mutex';
  if (has('get', 'put', 'append') || recorded.some(({ invoke }) => invoke.key !== undefined)) return 'key-value';
  if (has('add', 'remove', 'contains')) return recorded.some(readsNumber) ? 'counter' : 'set';
  if (has('read', 'write', 'cas')) return recorded.some(readsKey) ? 'key-value' : 'cas-register';
  const first = recorded[0]?.invoke;
  throw new HistoryError(
    `no model knows ${[...functions].map(shown).join(', ')}; name one: ${OBJECT_MODELS.join(', ')}`,
    { line: first?.line, field: 'f' },
  );
}

function carriesToken({ invoke, completion }: RecordedOperation): boolean {
  return typeof invoke.value === 'number' || typeof completion?.value === 'number';
}

function readsNumber({ invoke, completion }: RecordedOperation): boolean {
  return invoke.f === 'read' && typeof completion?.value === 'number';
}

function readsKey({ invoke }: RecordedOperation): boolean {
  return invoke.f === 'read' && Array.isArray(invoke.value) && invoke.value.length === 2;
}
