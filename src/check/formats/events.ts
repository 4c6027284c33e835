/** From recorded events to operations: who called what, and what came of it. */
import type { Json } from '../../sim/plain.ts';
import { HistoryError, shown } from '../history-error.ts';

export type EventType = 'invoke' | 'ok' | 'fail' | 'info';

/** One line of a history, as recorded. */
export interface RecordedEvent {
  readonly type: EventType;
  /** A number: a client. Anything else (a nemesis) is not a client. */
  readonly process: number | string;
  readonly f: string;
  readonly value: Json;
  /** The key, in formats that keep it apart from the value. */
  readonly key?: Json;
  /** 1-based line in the text. */
  readonly line: number;
}

/** One call and what came of it. */
export interface RecordedOperation {
  readonly process: number;
  readonly invoke: RecordedEvent;
  /** Position of the invocation among all events, others than clients' included. */
  readonly called: number;
  /** `undefined`: the history ends without an answer, or the answer was `info`. */
  readonly completion: RecordedEvent | undefined;
  readonly returned: number;
}

/** While it is being paired. */
type OpenOperation = { -readonly [Field in keyof RecordedOperation]: RecordedOperation[Field] };

const TYPES: readonly string[] = ['invoke', 'ok', 'fail', 'info'];

/** @throws HistoryError when it is none of invoke, ok, fail, info. */
export function eventType(value: unknown, line: number, field = 'type'): EventType {
  const name = typeof value === 'string' ? value.replace(/^:/, '') : undefined;
  if (name !== undefined && TYPES.includes(name)) return name as EventType;
  throw new HistoryError(`${shown(value)} is not one of invoke, ok, fail, info`, { line, field });
}

/** A client's number, or the name of something that is no client. @throws HistoryError when it is neither. */
export function eventProcess(value: unknown, line: number, field = 'process'): number | string {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  if (typeof value === 'string' && /^\d+$/.test(value)) {
    throw new HistoryError(`${shown(value)} is text: the process of a client is a number`, { line, field });
  }
  if (typeof value === 'string' && value !== '') return value;
  const found = value === undefined ? 'missing' : shown(value);
  throw new HistoryError(`${found}: a process is a whole number, or the name of a nemesis`, { line, field });
}

/**
 * Pairs invocations with completions, by process. Events of processes that are not numbers are left out.
 * @throws HistoryError when a process has two operations open, returns twice, or goes on after an unknown outcome.
 */
export function pairEvents(events: readonly RecordedEvent[]): readonly RecordedOperation[] {
  const operations: OpenOperation[] = [];
  const open = new Map<number, OpenOperation>();
  const retired = new Map<number, RecordedEvent>();
  for (let ordinal = 0; ordinal < events.length; ordinal++) {
    const event = events[ordinal] as RecordedEvent;
    const { process, line } = event;
    if (typeof process !== 'number') continue;
    const operation = open.get(process);
    if (event.type === 'invoke') {
      refuseSecondCall(event, operation, retired.get(process));
      const opened: OpenOperation = {
        process,
        invoke: event,
        called: ordinal,
        completion: undefined,
        returned: Number.POSITIVE_INFINITY,
      };
      open.set(process, opened);
      operations.push(opened);
      continue;
    }
    if (operation === undefined) {
      const why = retired.has(process) ? 'its outcome was already unknown' : 'it has no open operation';
      throw new HistoryError(`process ${process} returns (${event.type} ${event.f}), but ${why}`, {
        line,
        field: 'process',
      });
    }
    open.delete(process);
    if (event.f !== operation.invoke.f) {
      const called = `${operation.invoke.f} on line ${operation.invoke.line}`;
      throw new HistoryError(`process ${process} returns from ${event.f}, but called ${called}`, { line, field: 'f' });
    }
    if (event.type === 'info') retired.set(process, event);
    else {
      operation.completion = event;
      operation.returned = ordinal;
    }
  }
  return operations;
}

function refuseSecondCall(
  { process, line }: RecordedEvent,
  open: RecordedOperation | undefined,
  retired: RecordedEvent | undefined,
): void {
  if (open !== undefined) {
    const before = `its ${open.invoke.f} of line ${open.invoke.line} is still open`;
    throw new HistoryError(`process ${process} calls, but ${before}`, { line, field: 'process' });
  }
  if (retired !== undefined) {
    const before = `the outcome of its ${retired.f} is unknown (line ${retired.line}): it may still happen`;
    throw new HistoryError(`process ${process} is used again, but ${before}`, { line, field: 'process' });
  }
}
