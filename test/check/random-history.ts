/** Random concurrent histories: some from a real object, some with answers that are a little wrong. */
import type { Model } from '../../src/check/model.ts';
import type { Operation } from '../../src/sim/history.ts';
import type { Json } from '../../src/sim/plain.ts';

/** Numbers below `bound`, from a seed (mulberry32). */
export type Draw = (bound: number) => number;

export function drawFrom(seed: number): Draw {
  let state = seed >>> 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let word = Math.imul(state ^ (state >>> 15), 1 | state);
    word = (word + Math.imul(word ^ (word >>> 7), 61 | word)) ^ word;
    return ((word ^ (word >>> 14)) >>> 0) % bound;
  };
}

export interface Workload<State, Input extends Json, Output extends Json> {
  readonly model: Model<State, Input, Output>;
  /** What a client asks next. */
  input(draw: Draw, ordinal: number): Input;
  /** Every answer that the object might be thought to give to this question. */
  answers(input: Input): readonly Output[];
}

export interface Shape {
  readonly operations: number;
  readonly processes: number;
  /** Of 100 answers, how many are replaced by any answer at all. */
  readonly wrongPercent: number;
  /** Of 100 operations, how many get no answer. */
  readonly unknownPercent: number;
  readonly failPercent: number;
  /** Pairs of events share an instant. Default false: event numbers are unique. */
  readonly equalTimes?: boolean;
}

interface Open {
  readonly process: number;
  readonly ordinal: number;
  readonly input: Json;
  readonly called: number;
  output: Json | undefined;
  applied: boolean;
}

/** Runs the workload against one object: an operation takes effect somewhere between its call and its return. */
export function randomHistory<State, Input extends Json, Output extends Json>(
  draw: Draw,
  workload: Workload<State, Input, Output>,
  shape: Shape,
): Operation[] {
  const { model } = workload;
  const states = new Map<string | number, State>();
  const open: Open[] = [];
  const done: { readonly ordinal: number; readonly operation: Operation }[] = [];
  let nextProcess = shape.processes;
  const free = Array.from({ length: shape.processes }, (_, process) => process);
  let time = 0;
  let ordinal = 0;

  const apply = (entry: Open): void => {
    if (entry.applied) return;
    entry.applied = true;
    const input = entry.input as Input;
    const part = model.partition?.(input) ?? 0;
    const state = states.get(part) ?? model.initial;
    const answers = workload.answers(input);
    const legal = answers.filter((answer) => model.step(state, input, answer).length > 0);
    const output = legal[draw(Math.max(1, legal.length))] ?? answers[0];
    const after = model.step(state, input, output);
    states.set(part, after[draw(Math.max(1, after.length))] ?? state);
    entry.output = output;
  };

  const end = (entry: Open): void => {
    open.splice(open.indexOf(entry), 1);
    const base = { process: `c${entry.process}`, input: entry.input, called: entry.called };
    const kind = draw(100);
    if (kind < shape.unknownPercent) {
      if (draw(2) === 0) apply(entry);
      done.push({
        ordinal: entry.ordinal,
        operation: { ...base, outcome: 'unknown', returned: Number.POSITIVE_INFINITY },
      });
      free.push(nextProcess++);
      return;
    }
    free.push(entry.process);
    if (!entry.applied && kind < shape.unknownPercent + shape.failPercent) {
      done.push({ ordinal: entry.ordinal, operation: { ...base, outcome: 'fail', returned: time++ } });
      return;
    }
    apply(entry);
    const answers = workload.answers(entry.input as Input);
    const output = draw(100) < shape.wrongPercent ? answers[draw(answers.length)] : entry.output;
    done.push({
      ordinal: entry.ordinal,
      operation: { ...base, outcome: 'ok', output: output as Json, returned: time++ },
    });
  };

  while (ordinal < shape.operations || open.length > 0) {
    const wantsCall = ordinal < shape.operations && free.length > 0 && (open.length === 0 || draw(2) === 0);
    if (wantsCall) {
      const process = free.splice(draw(free.length), 1)[0] as number;
      open.push({
        process,
        ordinal,
        input: workload.input(draw, ordinal),
        called: time++,
        output: undefined,
        applied: false,
      });
      ordinal++;
    } else {
      const entry = open[draw(open.length)] as Open;
      if (draw(2) === 0) apply(entry);
      else end(entry);
    }
  }
  const history = done.sort((left, right) => left.ordinal - right.ordinal).map(({ operation }) => operation);
  return shape.equalTimes ? history.map(withCoarseClock) : history;
}

function withCoarseClock(operation: Operation): Operation {
  return { ...operation, called: Math.floor(operation.called / 2), returned: Math.floor(operation.returned / 2) };
}
