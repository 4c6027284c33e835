/** Jepsen's own histories, as EDN or JSON: one map an event, `{:type :invoke, :f :read, :value nil, :process 0, ...}`. */
import type { Json } from '../../sim/plain.ts';
import { HistoryError, shown } from '../history-error.ts';
import { readEdnMaps } from './edn.ts';
import { eventProcess, eventType, type RecordedEvent } from './events.ts';

/** @throws HistoryError with line and field. */
export function readJepsenEdn(text: string): readonly RecordedEvent[] {
  return readEdnMaps(text).map(({ line, fields }) => readEvent((name) => fields.get(name), line));
}

/** @throws HistoryError with line and field. `lines[i]` is where `items[i]` begins. */
export function readJepsenJson(items: readonly unknown[], lines: readonly number[]): readonly RecordedEvent[] {
  return items.map((item, index) => {
    const line = lines[index] as number;
    if (item === null || typeof item !== 'object' || Array.isArray(item)) {
      throw new HistoryError(`expected an event {"type", "process", "f", "value"}, found ${shown(item)}`, { line });
    }
    const fields = item as { readonly [name: string]: Json };
    return readEvent((name) => (Object.hasOwn(fields, name) ? fields[name] : undefined), line);
  });
}

function readEvent(field: (name: string) => Json | undefined, line: number): RecordedEvent {
  const process = eventProcess(field('process'), line);
  const type = eventType(field('type'), line);
  const f = field('f');
  if (typeof process === 'number' && (typeof f !== 'string' || f === '')) {
    throw new HistoryError(`${f === undefined ? 'missing' : shown(f)}: expected the name of a function`, {
      line,
      field: 'f',
    });
  }
  const key = field('key');
  return {
    type,
    process,
    f: typeof f === 'string' ? f.replace(/^:/, '') : '',
    value: plainKeywords(field('value') ?? null),
    ...(key === undefined ? {} : { key: plainKeywords(key) }),
    line,
  };
}

/** Keywords inside values stand for their names: `:x` and "x" are one key. What has no keywords is not copied. */
function plainKeywords(value: Json): Json {
  if (typeof value === 'string') return value.startsWith(':') && value.length > 1 ? value.slice(1) : value;
  if (!Array.isArray(value)) return value;
  const items = value as readonly Json[];
  for (let at = 0; at < items.length; at++) {
    const item = items[at] as Json;
    if (typeof item !== 'number' && plainKeywords(item) !== item) return items.map(plainKeywords);
  }
  return items;
}
