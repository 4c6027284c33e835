/**
 * The etcd logs among Porcupine's test data: one compare-and-set register, one event a line, e.g.
 * `INFO  jepsen.util - 2	:invoke	:cas	[3 0]`. A failed compare-and-set was executed and refused.
 */
import type { Json } from '../../sim/plain.ts';
import { HistoryError, shown } from '../history-error.ts';
import { eventType, type RecordedEvent } from './events.ts';
import type { Dialect } from './objects.ts';

export const ETCD_LOG_DIALECT: Dialect = { nilRead: 'value', failedCas: 'refused' };

const PREFIX = /^INFO\s+jepsen\.util\s+-\s+/;
const EVENT = /^(\S+)\s+:(\S+)\s+:(\S+)\s+(.*?)\s*$/;

export function isEtcdLog(text: string): boolean {
  return PREFIX.test(text.trimStart());
}

/** @throws HistoryError with line and field. */
export function readEtcdLog(text: string): readonly RecordedEvent[] {
  const events: RecordedEvent[] = [];
  for (const [index, content] of text.split('\n').entries()) {
    if (content.trim() !== '') events.push(readLine(content, index + 1));
  }
  return events;
}

function readLine(content: string, line: number): RecordedEvent {
  const body = content.replace(PREFIX, '');
  const match = body === content ? null : EVENT.exec(body);
  if (match === null) {
    throw new HistoryError(`expected "INFO jepsen.util - PROCESS :TYPE :FUNCTION VALUE", found ${shown(content)}`, {
      line,
    });
  }
  const [, process, type, f, value] = match as unknown as readonly [string, string, string, string, string];
  const client = /^\d+$/.test(process);
  return {
    type: eventType(type, line),
    process: client ? Number(process) : process,
    f,
    value: client ? readValue(value, line) : null,
    line,
  };
}

function readValue(text: string, line: number): Json {
  if (text === 'nil' || text === ':timed-out') return null;
  if (/^-?\d+$/.test(text)) return Number(text);
  const pair = /^\[(-?\d+)[\s,]+(-?\d+)\]$/.exec(text);
  if (pair !== null) return [Number(pair[1]), Number(pair[2])];
  throw new HistoryError(`${shown(text)} is none of nil, a number, [a b], :timed-out`, { line, field: 'value' });
}
