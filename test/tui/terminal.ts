/** A real terminal without a window: the built command runs behind a pseudo-terminal, and what it draws is read as people see it. */
import { join } from 'node:path';
import { type IPty, spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';
import { repositoryRoot } from '../support/lint.ts';

const program = join(repositoryRoot, 'dist', 'cli', 'main.js');

export interface Terminal {
  /** The lines that are seen, without blanks at their ends. */
  screen(): string;
  /** Types keys, and waits until the screen has been still for a moment. */
  type(keys: string): Promise<string>;
  /** Waits until the screen shows this. */
  see(text: string | RegExp): Promise<string>;
  /** Waits until this has been sent, drawn or not. */
  seeRaw(text: string): Promise<string>;
  resize(columns: number, rows: number): void;
  kill(signal: string): void;
  /** The exit code, or 128 and the signal. */
  readonly ended: Promise<number>;
  /** Everything that was sent, escape sequences included. */
  raw(): string;
}

export interface TerminalOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly environment?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

/** Names of keys as terminals send them. */
export const sent: { readonly [key: string]: string } = {
  up: '\u001b[A',
  down: '\u001b[B',
  right: '\u001b[C',
  left: '\u001b[D',
  pageup: '\u001b[5~',
  pagedown: '\u001b[6~',
  home: '\u001b[H',
  end: '\u001b[F',
  enter: '\r',
  esc: '\u001b',
  tab: '\t',
  space: ' ',
  backspace: '\u007f',
  'ctrl-d': '\u0004',
  'ctrl-u': '\u0015',
  'ctrl-c': '\u0003',
};

const PATIENCE_MILLISECONDS = 40_000;
/** A screen that has not changed for so long has been drawn. */
const STILL_MILLISECONDS = 60;
/** A key that changes nothing draws nothing. */
const IDLE_MILLISECONDS = 500;

export function startTerminal(words: readonly string[], options: TerminalOptions = {}): Terminal {
  const { columns = 80, rows = 24, environment = {}, cwd = repositoryRoot } = options;
  const env: NodeJS.ProcessEnv = { ...process.env, TERM: 'xterm-256color', LANG: 'C.UTF-8', ...environment };
  for (const name of ['CI', 'NO_COLOR', 'FORCE_COLOR', 'LC_ALL', 'NODE_ENV', 'VITEST'])
    if (!(name in environment)) delete env[name];
  const pty: IPty = spawn(process.execPath, [program, ...words], {
    name: 'xterm-256color',
    cols: columns,
    rows,
    cwd,
    env,
  });
  const emulator = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
  let raw = '';
  let lastData = Date.now();
  pty.onData((data) => {
    raw += data;
    lastData = Date.now();
    emulator.write(data);
  });
  const ended = new Promise<number>((resolve) => {
    pty.onExit(({ exitCode, signal }) => resolve(signal ? 128 + signal : exitCode));
  });
  const screen = (): string => {
    const buffer = emulator.buffer.active;
    const lines = Array.from({ length: emulator.rows }, (_, i) =>
      (buffer.getLine(buffer.viewportY + i)?.translateToString(true) ?? '').trimEnd(),
    );
    return lines.join('\n').trimEnd();
  };
  const until = async (isSo: () => boolean, what: string): Promise<string> => {
    const start = Date.now();
    while (!isSo()) {
      if (Date.now() - start > PATIENCE_MILLISECONDS) throw new Error(`never seen: ${what}\n${screen()}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return screen();
  };
  return {
    screen,
    raw: () => raw,
    ended,
    see: (text) =>
      until(() => (typeof text === 'string' ? screen().includes(text) : text.test(screen())), String(text)),
    seeRaw: (text) => until(() => raw.includes(text), JSON.stringify(text)),
    type: async (keys) => {
      const typedAt = Date.now();
      pty.write(keys);
      await until(
        () =>
          Date.now() - lastData > STILL_MILLISECONDS &&
          (lastData > typedAt || Date.now() - typedAt > IDLE_MILLISECONDS),
        'a still screen',
      );
      return screen();
    },
    resize: (nextColumns, nextRows) => {
      emulator.resize(nextColumns, nextRows);
      pty.resize(nextColumns, nextRows);
    },
    kill: (signal) => pty.kill(signal),
  };
}
