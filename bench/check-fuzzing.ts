/**
 * What judging the client history costs a run of the size that fuzzing makes: `npm run bench -- check-fuzzing`.
 * 200 operations of 5 clients on a few keys, some without an answer.
 */
import { checkLinearizability } from '../src/check/linearizability.ts';
import { keyValueModel } from '../src/check/models/key-value.ts';
import type { Operation } from '../src/sim/history.ts';
import type { Json } from '../src/sim/plain.ts';

const OPERATIONS = 200;
const HISTORIES = 300;

function drawFrom(seed: number): (bound: number) => number {
  let state = seed >>> 0;
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

interface Open {
  readonly process: number;
  readonly input: { readonly type: string; readonly key: string; readonly value?: number; readonly expect?: Json };
  readonly called: number;
  output: Json | undefined;
}

/** Answers of one map to clients that overlap. */
function mapHistory(seed: number, keys: number, unknownPercent: number, withCas: boolean): readonly Operation[] {
  const draw = drawFrom(seed);
  const map = new Map<string, Json>();
  const free = [0, 1, 2, 3, 4];
  const open: Open[] = [];
  const done: Operation[] = [];
  let next = free.length;
  let time = 0;
  let written = 0;
  const apply = (one: Open): void => {
    if (one.output !== undefined) return;
    const { type, key, value, expect } = one.input;
    const held = map.get(key) ?? null;
    if (type === 'read') one.output = { value: held };
    else if (type === 'write' || held === expect) {
      map.set(key, value as number);
      one.output = { ok: true };
    } else one.output = { ok: false };
  };
  const ask = (): Open['input'] => {
    const key = `k${draw(keys)}`;
    const kind = draw(withCas ? 3 : 2);
    if (kind === 0) return { type: 'read', key };
    written++;
    return kind === 1
      ? { type: 'write', key, value: written }
      : { type: 'cas', key, expect: map.get(key) ?? null, value: written };
  };
  let asked = 0;
  while (asked < OPERATIONS || open.length > 0) {
    if (asked < OPERATIONS && free.length > 0 && (open.length === 0 || draw(2) === 0)) {
      asked++;
      open.push({
        process: free.splice(draw(free.length), 1)[0] as number,
        input: ask(),
        called: time++,
        output: undefined,
      });
      continue;
    }
    const one = open[draw(open.length)] as Open;
    if (draw(2) === 0) {
      apply(one);
      continue;
    }
    open.splice(open.indexOf(one), 1);
    const base = { process: `c${one.process}`, input: one.input as Json, called: one.called };
    if (draw(100) < unknownPercent) {
      if (draw(2) === 0) apply(one);
      done.push({ ...base, outcome: 'unknown', returned: Number.POSITIVE_INFINITY });
      free.push(next++);
    } else {
      apply(one);
      done.push({ ...base, outcome: 'ok', output: one.output as Json, returned: time++ });
      free.push(one.process);
    }
  }
  return done.sort((left, right) => left.called - right.called);
}

function measure(label: string, keys: number, unknownPercent: number, withCas: boolean): void {
  const histories = Array.from({ length: HISTORIES }, (_, seed) => mapHistory(seed, keys, unknownPercent, withCas));
  const model = keyValueModel();
  const judgeAll = (): number => {
    let nodes = 0;
    for (const history of histories) nodes += checkLinearizability(history, model).nodes;
    return nodes;
  };
  for (let round = 0; round < 5; round++) judgeAll();
  const start = process.cpuUsage();
  const nodes = judgeAll();
  const { user, system } = process.cpuUsage(start);
  const each = (user + system) / HISTORIES;
  console.log(
    `${label.padEnd(52)} ${each.toFixed(0).padStart(5)} microseconds of CPU, ${Math.round(nodes / HISTORIES)} nodes`,
  );
}

console.log(`${OPERATIONS} operations, 5 clients:`);
measure('1 key, reads, writes, compare-and-sets', 1, 0, true);
measure('3 keys, the same', 3, 0, true);
measure('3 keys, the same, 5 % without an answer', 3, 5, true);
measure('1 key, the same, 10 % without an answer', 1, 10, true);
measure('3 keys, reads and writes alone (decided by zones)', 3, 5, false);
