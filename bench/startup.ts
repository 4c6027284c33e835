/**
 * How long people wait for nothing: start-up of the command over bare `node -e 0`, in interleaved runs. Judged by the fastest of them,
 * since whatever else the machine does only adds; medians are printed beside.
 *   npm run build && npm run bench -- startup [rounds]
 * Must: `--help` at most 75 ms more than bare node, a cold `replay` of one default run at most 325 ms more.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const program = resolve('dist/cli/main.js');
const rounds = Number(process.argv[2] ?? 15);
const scratch = mkdtempSync(join(tmpdir(), 'worldline-startup-'));

try {
  report(measure(commandsToTime(writeCapsule())));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

interface Timed {
  readonly name: string;
  readonly words: readonly string[];
  /** Milliseconds over bare node that it may take. */
  readonly most?: number;
}

function commandsToTime(capsule: string): readonly Timed[] {
  return [
    { name: 'node -e 0', words: ['-e', '0'] },
    { name: 'worldline --help', words: [program, '--help'], most: 75 },
    { name: 'worldline list', words: [program, 'list'] },
    { name: 'worldline run raft', words: [program, 'run', 'raft'] },
    { name: 'worldline replay CAPSULE', words: [program, 'replay', capsule], most: 325 },
    { name: 'worldline fuzz raft --runs 1', words: [program, 'fuzz', 'raft', '--runs', '1', '--seed', '1'] },
  ];
}

/** A default run that fails, as large as the campaign drew it. */
function writeCapsule(): string {
  const words = ['fuzz', 'raft', '--bug', 'R06a', '--seed', '1', '--runs', '1000', '--no-shrink', '--json'];
  const { stdout } = spawnSync(process.execPath, [program, ...words], { cwd: scratch, encoding: 'utf8' });
  const file = (JSON.parse(stdout) as { violations: { capsuleFile?: string }[] }).violations[0]?.capsuleFile;
  if (file === undefined) throw new Error('the campaign found nothing to replay');
  return join(scratch, file);
}

/** Interleaved, so that a busy moment of the machine falls on all of them. */
function measure(commands: readonly Timed[]): Map<Timed, number[]> {
  const times = new Map(commands.map((command): [Timed, number[]] => [command, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [command, measured] of times) measured.push(millisecondsOf(command));
  }
  return times;
}

function millisecondsOf({ words }: Timed): number {
  const began = performance.now();
  spawnSync(process.execPath, words, { cwd: scratch, stdio: 'ignore' });
  return performance.now() - began;
}

function report(times: ReadonlyMap<Timed, readonly number[]>): void {
  const [bare = []] = times.values();
  let failed = false;
  console.log(`${''.padEnd(30)}  fastest            median`);
  for (const [{ name, most }, measured] of times) {
    const over = Math.min(...measured) - Math.min(...bare);
    const isTooSlow = most !== undefined && over > most;
    const verdict = most === undefined ? '' : isTooSlow ? `  TOO SLOW, at most ${most}` : `  ok, at most ${most}`;
    failed ||= isTooSlow;
    console.log(
      `${name.padEnd(30)} ${figures(Math.min(...measured), over)}  ${figures(median(measured), median(measured) - median(bare))}${verdict}`,
    );
  }
  console.log(`${rounds} interleaved runs, Node ${process.version}`);
  if (failed) process.exitCode = 1;
}

function figures(milliseconds: number, over: number): string {
  return `${milliseconds.toFixed(0).padStart(5)} ms (+${over.toFixed(0).padStart(4)})`;
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
