/** What a process that has crashed finds on its disk. */
import type { LogReadResult, ReadResult } from '../../sim/protocol.ts';

/** What this file needs of a process's context. */
interface LifeContext<LogRecord> {
  readonly disk: {
    readLog(log: 'wal'): LogReadResult<LogRecord>;
  };
  halt(reason: string): void;
}

interface NumberedContext<LogRecord> extends LifeContext<LogRecord> {
  readonly disk: {
    readLog(log: 'wal'): LogReadResult<LogRecord>;
    read(record: 'incarnation'): ReadResult<number | undefined>;
    put(record: 'incarnation', value: number): void;
    sync(): void;
  };
}

/** The log as it survived. Where it cannot be read the process stops: it may have promised what it does not know any more. */
export function readWal<LogRecord>(context: LifeContext<LogRecord>): readonly LogRecord[] {
  const log = context.disk.readLog('wal');
  if (log.ok) return log.value.entries;
  context.halt(`the log cannot be read (${log.error})`);
  return [];
}

/** A life with a number of its own, which no earlier one has had. */
export function beginLife<LogRecord>(context: NumberedContext<LogRecord>): {
  readonly incarnation: number;
  readonly records: readonly LogRecord[];
} {
  const before = context.disk.read('incarnation');
  const records = readWal(context);
  if (!before.ok) {
    context.halt(`the number of the last life cannot be read (${before.error})`);
    return { incarnation: 0, records };
  }
  const incarnation = (before.value ?? 0) + 1;
  context.disk.put('incarnation', incarnation);
  context.disk.sync();
  return { incarnation, records };
}
