/**
 * The timeline as somebody sits before it, behind a pseudo-terminal of 140x40: how long until the first frame, what a key press costs, what
 * 2,000 of them leave behind in memory, and whether the screen is ever erased meanwhile. Reads /proc, so: Linux.
 *   npm run build && npm run bench -- terminal [rounds]
 * Must: the first frame 600 ms after the start (goal 450), a key press 50 ms of CPU on a run of 100,000 events. Wall time is the fastest
 * of the rounds; CPU is that of the main thread, which does not mind what else the machine does.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type IPty, spawn } from '@lydell/node-pty';

const program = resolve('dist/cli/main.js');
const capsule = resolve('test/tui/capsule.json');
const rounds = Number(process.argv[2] ?? 7);
const CLEAR = '\u001b[2J';

for (const [name, words] of [
  ['a shrunk capsule', ['show', capsule]],
  ['eight seconds of Raft with partitions', ['show', 'raft-partition']],
  ['ten seconds of Raft', ['show', 'raft', '--set', 'limits.until=10s']],
] as const)
  await firstFrames(name, words);
// About 170,000 events.
await keyPresses(['show', 'raft', '--set', 'workload.rate=200', '--set', 'limits.until=50s']);

interface Session {
  readonly pty: IPty;
  /** All that was sent so far. */
  sent(): string;
  /** Waits for the screen to be still. */
  still(milliseconds?: number): Promise<void>;
  /** Milliseconds of CPU, of the main thread. */
  cpu(): number;
  end(): Promise<void>;
}

function open(words: readonly string[]): Session {
  const env: NodeJS.ProcessEnv = { ...process.env, TERM: 'xterm-256color', LANG: 'C.UTF-8' };
  delete env.CI;
  const pty = spawn(process.execPath, [program, ...words], { cols: 140, rows: 40, env });
  const ended = new Promise<void>((done) => pty.onExit(() => done()));
  let sent = '';
  let lastAt = performance.now();
  pty.onData((data) => {
    sent += data;
    lastAt = performance.now();
  });
  return {
    pty,
    sent: () => sent,
    still: async (milliseconds = 150) => {
      while (performance.now() - lastAt < milliseconds) await new Promise((done) => setTimeout(done, 10));
    },
    cpu: () => {
      const fields = readFileSync(`/proc/${pty.pid}/task/${pty.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      // In ticks of 10 ms: user and system.
      return 10 * (Number(fields[11]) + Number(fields[12]));
    },
    end: async () => {
      pty.write('q');
      await ended;
    },
  };
}

async function firstFrames(name: string, words: readonly string[]): Promise<void> {
  const walls: number[] = [];
  const cpus: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const began = performance.now();
    const session = open(words);
    await new Promise<void>((done) => session.pty.onData(() => session.sent().includes('quit') && done()));
    walls.push(performance.now() - began);
    cpus.push(session.cpu());
    await session.still();
    await session.end();
  }
  const [wall = 0] = walls.sort((a, b) => a - b);
  const cpu = cpus.sort((a, b) => a - b)[Math.floor(cpus.length / 2)] ?? 0;
  console.log(
    `first frame of ${name.padEnd(40)}${wall.toFixed(0).padStart(6)} ms at best${cpu.toFixed(0).padStart(6)} ms CPU`,
  );
}

async function keyPresses(words: readonly string[]): Promise<void> {
  const session = open(words);
  await session.still(3_000);
  const events = [...session.sent().matchAll(/#\d+\/(\d+)/g)].at(-1)?.[1];
  session.pty.write(':t 25000\r');
  await session.still();
  // The same way twice: before the second time the code is warm, and what can be remembered of this stretch is.
  const press = async (keys: string, times: number): Promise<void> => {
    for (let i = 0; i < times; i++) {
      session.pty.write(keys);
      await new Promise((done) => setTimeout(done, 12));
    }
    await session.still();
  };
  await press('j', 1_000);
  await press('k', 1_000);
  const before = { cpu: session.cpu(), memory: residentOf(session.pty.pid), sent: session.sent().length };
  await press('j', 1_000);
  await press('k', 1_000);
  const spent = session.cpu() - before.cpu;
  const grown = residentOf(session.pty.pid) - before.memory;
  const bytes = (session.sent().length - before.sent) / 2_000;
  console.log(
    `a run of ${events} events, at 140x40: ${(spent / 2_000).toFixed(1)} ms CPU and ${bytes.toFixed(0)} bytes for a key`,
  );
  console.log(
    `2,000 steps: ${grown.toFixed(1)} MB more in memory, screen erased ${session.sent().split(CLEAR).length - 2} times`,
  );
  await session.end();
}

/** Megabytes. */
function residentOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;
}
