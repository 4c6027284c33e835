/** Events as JSON arrays: `[type, process, f, value]` (lin-history/1) or `[type, process, steps]` (transactions). */
import type { Json } from '../../sim/plain.ts';
import { HistoryError, shown } from '../history-error.ts';
import { eventProcess, eventType, type RecordedEvent } from './events.ts';

/** @throws HistoryError with line and field. `lines[i]` is where `items[i]` begins; `path` names the list of events. */
export function readTuples(
  items: readonly unknown[],
  lines: readonly number[],
  path: string,
  kind: 'object' | 'transaction',
): readonly RecordedEvent[] {
  const length = kind === 'object' ? 4 : 3;
  const shape = kind === 'object' ? '[type, process, f, value]' : '[type, process, steps]';
  return items.map((item, index) => {
    const line = lines[index] as number;
    const field = `${path}[${index}]`;
    if (!Array.isArray(item))
      throw new HistoryError(`expected an event ${shape}, found ${shown(item)}`, { line, field });
    const process = eventProcess(item[1], line, `${field}[1]`);
    const type = eventType(item[0], line, `${field}[0]`);
    if (typeof process === 'string') return { type, process, f: '', value: null, line };
    if (item.length !== length) {
      throw new HistoryError(`expected an event ${shape}, found ${item.length} items`, { line, field });
    }
    if (kind === 'transaction') return { type, process, f: 'txn', value: item[2] as Json, line };
    if (typeof item[2] !== 'string') {
      throw new HistoryError(`${shown(item[2])} is not the name of a function`, { line, field: `${field}[2]` });
    }
    return { type, process, f: item[2], value: item[3] as Json, line };
  });
}
