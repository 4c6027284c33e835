/** The built command, as a user's shell runs it, in a folder of its own. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { repositoryRoot } from '../support/lint.ts';

const program = join(repositoryRoot, 'dist', 'cli', 'main.js');

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder like a user's: nothing in it but what a test puts there, and the package installed. */
export interface Workplace {
  readonly path: string;
  /** Writes a file, and answers with its name. */
  file(name: string, text: string): string;
  /** Runs `worldline ...arguments` to its end. */
  worldline(...words: string[]): Ended;
  /** Runs a line of shell in which `worldline` is the built command. */
  shell(line: string, environment?: NodeJS.ProcessEnv): Ended;
  /** Starts `worldline ...arguments`. */
  start(...words: string[]): ChildProcess;
  remove(): void;
}

const LIMIT_MILLISECONDS = 90_000;

/** Each of these tests starts several processes, and a machine may be busy. */
export const PATIENCE = { testTimeout: 120_000, hookTimeout: 120_000 } as const;

export function createWorkplace(): Workplace {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'worldline-e2e-')));
  mkdirSync(join(path, 'node_modules', '.bin'), { recursive: true });
  symlinkSync(repositoryRoot, join(path, 'node_modules', 'worldline'));
  const command = join(path, 'node_modules', '.bin', 'worldline');
  writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`, { mode: 0o755 });
  writeFileSync(join(path, 'package.json'), JSON.stringify({ type: 'module', private: true }));
  const env = { ...process.env, PATH: `${dirname(command)}:${process.env.PATH}`, NO_COLOR: '1', FORCE_COLOR: '' };
  delete (env as NodeJS.ProcessEnv).GITHUB_ACTIONS;
  // An event log is more than the megabyte after which a process is killed otherwise.
  const options = { cwd: path, encoding: 'utf8', timeout: LIMIT_MILLISECONDS, maxBuffer: 2 ** 26 } as const;
  const ended = ({ status, stdout, stderr }: { status: number | null; stdout: string; stderr: string }): Ended => ({
    code: status,
    stdout,
    stderr,
  });
  return {
    path,
    file: (name, text) => {
      mkdirSync(dirname(join(path, name)), { recursive: true });
      writeFileSync(join(path, name), text);
      return name;
    },
    worldline: (...words) => ended(spawnSync(process.execPath, [program, ...words], { ...options, env })),
    shell: (line, environment = {}) =>
      ended(spawnSync('bash', ['-c', line], { ...options, env: { ...env, ...environment } })),
    start: (...words) => spawn(process.execPath, [program, ...words], { cwd: path, env }),
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** What a started command comes to. */
export function end(child: ChildProcess): Promise<Ended & { readonly signal: NodeJS.Signals | null }> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  return new Promise((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

export interface Counter {
  /** Statements before the protocol. */
  readonly before?: string;
  /** The server's handler of `Add`. */
  readonly onAdd?: string;
  /** Replaces fields of the protocol. */
  readonly fields?: string;
  /** Replaces the list of properties. */
  readonly properties?: string;
  /** Replaces the last statement. */
  readonly exports?: string;
}

/** A user's protocol in plain JavaScript: a server counts, clients ask it to. Each test spoils it in its own way. */
export const counterModule = ({
  before = '',
  onAdd = "state.count += 1; ctx.send(from, { type: 'Sum', count: state.count });",
  fields = '',
  properties = "[always({ name: 'SUM', title: 'the count never falls', oracle: 'internal', start: () => null })]",
  exports = 'export const protocol = counter;',
}: Counter = {}): string => `import { always, defineProtocol, ms, sometimes } from 'worldline';
${before}
const server = {
  boot: () => ({ count: 0 }),
  onMessage: {
    Add: (state, from, message, ctx) => {
      ${onAdd}
    },
  },
  view: (state) => ({ role: 'server', label: String(state.count) }),
};
const client = {
  boot: () => ({ request: null }),
  onRequest: {
    add: (state, request, ctx) => {
      state.request = request;
      ctx.send(ctx.directory.withRole('server')[0], { type: 'Add' });
      ctx.setTimer('patience', ms(100));
    },
  },
  onMessage: {
    Sum: (state, from, message, ctx) => {
      if (state.request === null) return;
      ctx.reply(state.request, message.count);
      ctx.cancelTimer('patience');
      state.request = null;
    },
  },
  onTimer: {
    patience: (state, key, ctx) => {
      ctx.giveUp(state.request);
      state.request = null;
    },
  },
  view: () => ({ role: 'client', label: '' }),
};
const counter = defineProtocol({
  name: 'counter',
  title: 'A server that counts',
  roles: { server, client },
  population: { server: { default: 1 }, client: { default: 2 } },
  options: {},
  baseTimeout: () => ms(100),
  operations: [{ type: 'add' }],
  tolerates: {
    crashes: true, unsyncedLoss: true, partitions: true, messageLoss: true, duplication: true, reordering: true,
    pauses: true, clockRatePpm: Infinity, clockSteps: true,
  },
  properties: ${properties},
  ${fields}
});
${exports}
`;
