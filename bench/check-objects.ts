/**
 * Judging recorded histories of objects: `npm run bench -- check-objects`.
 * Beside Porcupine on the same kind of machine (all 102 etcd logs and 6 key-value logs of its test data, of which half
 * are in test/check/histories): etcd logs 617 to 1,320 ms and 3,301,715 model steps, key-value logs 228 to 716 ms.
 * Milliseconds depend on what else the machine does; search nodes do not.
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

/** Median and least milliseconds of several rounds in one warm process. */
function measure(label: string, files: readonly File[], judgeAll: boolean): void {
  const histories = files.map(read);
  const times: number[] = [];
  let effort: Effort = { nodes: 0, steps: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    effort = judge(histories, judgeAll);
    times.push(performance.now() - start);
  }
  times.sort((left, right) => left - right);
  const [least, median] = [times[0] as number, times[ROUNDS >> 1] as number];
  console.log(
    `${label.padEnd(44)} ${median.toFixed(1).padStart(7)} ms (least ${least.toFixed(1)})  ${effort.nodes} nodes  ${effort.steps} model steps`,
  );
}

/** Reads and judges every file once: what a command does. */
function judgeCold(): void {
  const all = [...filesOf('porcupine', /\.(log|txt)$/), ...filesOf('knossos', /__/)];
  const start = performance.now();
  judge(all.map(read), false);
  console.log(`${(performance.now() - start).toFixed(1)} ms to read and judge ${all.length} files, each once`);
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
  console.log(`cold process: ${stdout.trim()}; ${whole.toFixed(0)} ms with the start of Node`);
}
