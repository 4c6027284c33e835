/**
 * Where text goes: results to stdout, everything about how they come about to stderr. A reader that went away (`| head`) is no error:
 * the rest is not written, and the command ends as it would have.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import picocolors from 'picocolors';
import type { Style } from '../report/style.ts';

export interface Output {
  /** Results. */
  print(line: string): void;
  /** Everything else: progress, warnings, errors. */
  tell(line: string): void;
  /** Results without a line break at the end, e.g. parts of a longer text. */
  write(text: string): void;
  /** Results are gathered before they are written; now they are. */
  flush(): void;
  readonly style: Style;
  /** Whether somebody watches stderr: only then there is a progress line. */
  readonly isWatched: boolean;
  /** Rewrites the progress line; an empty text removes it. */
  progress(text: string): void;
}

/** Characters that are gathered before they are written: a thousand rows are not a thousand system calls. */
const BUFFER_MAX = 16_384;

export interface OutputOptions {
  /** Results as data: what people read goes to stderr. */
  readonly json?: boolean;
  /** `--no-color`. */
  readonly color?: boolean;
  /** File of the event log. Where that is stdout (`-`) it is all of stdout: results are printed to stderr. */
  readonly trace?: string;
}

export function createOutput({ json = false, color = true, trace }: OutputOptions = {}): Output {
  const isTraced = trace === '-';
  let pending = '';
  const flush = (): void => {
    const text = pending;
    pending = '';
    writeTo(1, text);
  };
  const write = (text: string): void => {
    pending += text;
    if (pending.length > BUFFER_MAX || process.stdout.isTTY) flush();
  };
  const isWatched = process.stderr.isTTY === true && process.env.TERM !== 'dumb';
  const tell = (line: string): void => {
    flush();
    writeTo(2, `${isWatched ? CLEAR_LINE : ''}${line}\n`);
  };
  return {
    write,
    print: isTraced ? tell : (line) => write(`${line}\n`),
    tell,
    flush,
    style: styleFor(wantsColor(color, json || isTraced ? process.stderr.isTTY : process.stdout.isTTY)),
    isWatched,
    progress: (text) => {
      if (isWatched) writeTo(2, `${CLEAR_LINE}${text}`);
    },
  };
}

const CLEAR_LINE = '\r\u001b[K';

const closed = new Set<number>();

/** Writes all of it, waiting for a slow reader; nothing once the reader has gone. */
function writeTo(descriptor: number, text: string): void {
  if (text === '' || closed.has(descriptor)) return;
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(descriptor, rest));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN') waitALittle();
      else if (code === 'EPIPE' || code === 'EOF') {
        closed.add(descriptor);
        return;
      } else throw error;
    }
  }
}

/** A pipe that is full and does not block: give its reader a moment. */
const waitALittle = (): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);

/** --no-color, FORCE_COLOR, NO_COLOR, TERM=dumb, and a terminal at the other end: asked in this order. */
export function wantsColor(
  option: boolean,
  isTerminal: boolean | undefined,
  environment: NodeJS.ProcessEnv = process.env,
): boolean {
  if (!option) return false;
  const forced = environment.FORCE_COLOR;
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false';
  if (environment.NO_COLOR !== undefined && environment.NO_COLOR !== '') return false;
  if (environment.TERM === 'dumb') return false;
  return isTerminal === true;
}

function styleFor(colored: boolean): Style {
  const colors = picocolors.createColors(colored);
  return {
    bold: colors.bold,
    dim: colors.dim,
    good: colors.green,
    bad: colors.red,
    warn: colors.yellow,
    accent: colors.cyan,
  };
}

/** A file for results, e.g. a trace. `-` is stdout. */
export interface ResultFile {
  write(text: string): void;
  close(): void;
}

/** @throws the file system's error when the file cannot be opened. */
export function openResultFile(path: string, output: Output): ResultFile {
  if (path === '-') return { write: output.write, close: () => undefined };
  const descriptor = openSync(path, 'w');
  let pending = '';
  const flush = (): void => {
    const text = pending;
    pending = '';
    writeTo(descriptor, text);
  };
  return {
    write: (text) => {
      pending += text;
      if (pending.length > BUFFER_MAX) flush();
    },
    close: () => {
      flush();
      closeSync(descriptor);
    },
  };
}
