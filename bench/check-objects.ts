/**
 * Judging recorded histories of objects: `npm run bench -- check-objects`.
 * Beside Porcupine on the same kind of machine (all 102 etcd logs and 6 key-value logs of its test data, of which half
 * are in test/check/histories): etcd logs 617 to 1,320 ms and 3,301,715 model steps, key-value logs 228 to 716 ms.
 * Elapsed time depends on what else the machine does, processor time less, search nodes not at all.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { checkLinearizability } from '../src/check/linearizability.ts';
import { objectModel } from '../src/check/object-models.ts';
import { type ObjectHistory, readHistories } from '../src/check/read-history.ts';

const FOLDER: string = fileURLToPath(new URL('../../test/check/histories/', import.meta.url));
const ROUNDS = 15;

interface File {
  readonly name: string;
  readonly text: string;
}

function filesOf(folder: string, kind: RegExp): readonly File[] {
  return readdirSync(`${FOLDER}${folder}`)
    .filter((name) => kind.test(name))
    .map((name) => ({ name, text: readFileSync(`${FOLDER}${folder}/${name}`, 'utf8') }));
}

function read({ text }: File): ObjectHistory {
  return readHistories(text)[0] as ObjectHistory;
}

interface Effort {
  readonly nodes: number;
  readonly steps: number;
}

function judge(histories: readonly ObjectHistory[], judgeAll: boolean): Effort {
  let nodes = 0;
  let steps = 0;
  for (const history of histories) {
    const result = checkLinearizability(history.operations, objectModel(history), { judgeAll });
    if (result.verdict === 'unknown') throw new Error('undecided');
    nodes += result.nodes;
    steps += result.steps;
  }
  return { nodes, steps };
}

/** Milliseconds of processor time in this process, its compiler and collector threads included. */
function processorMillis(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Median processor time and least elapsed time of several rounds in one warm process. */
function measure(label: string, files: readonly File[], judgeAll: boolean): void {
  const histories = files.map(read);
  const times: number[] = [];
  const processor: number[] = [];
  let effort: Effort = { nodes: 0, steps: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    const used = processorMillis();
    effort = judge(histories, judgeAll);
    times.push(performance.now() - start);
    processor.push(processorMillis() - used);
  }
  const least = Math.min(...times);
  const median = processor.sort((left, right) => left - right)[ROUNDS >> 1] as number;
  console.log(
    `${label.padEnd(36)} ${median.toFixed(1).padStart(6)} ms of processor time, least elapsed ${least.toFixed(1)} ms; ${effort.nodes} nodes, ${effort.steps} model steps`,
  );
}

/** Reads and judges every file once: what a command does. */
function judgeCold(): void {
  const all = [...filesOf('porcupine', /\.(log|txt)$/), ...filesOf('knossos', /__/)];
  const start = performance.now();
  judge(all.map(read), false);
  const elapsed = `${(performance.now() - start).toFixed(0)} ms to read and judge ${all.length} files, each once`;
  console.log(`${elapsed}; processor time ${processorMillis().toFixed(0)} ms, the start of Node included`);
}

if (process.argv[2] === 'cold') judgeCold();
else {
  const etcd = filesOf('porcupine', /^etcd/);
  const keyValue = filesOf('porcupine', /^c\d/);
  measure(`${etcd.length} etcd logs, warm`, etcd, false);
  measure(`${keyValue.length} key-value logs, warm`, keyValue, false);
  measure(`${keyValue.length} key-value logs, every key, warm`, keyValue, true);
  const start = performance.now();
  const { stdout } = spawnSync(process.execPath, [process.argv[1] as string, 'cold'], { encoding: 'utf8' });
  const whole = performance.now() - start;
  console.log(`cold process: ${stdout.trim()}; ${whole.toFixed(0)} ms elapsed in all`);
}
