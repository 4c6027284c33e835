/** Draws the calls of a run from what operations look like. */
import type { Protocol } from '../check/protocol.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { ArgumentSpec, Call, CalmCall, OperationInput, OperationSpec, WorkloadStream } from '../sim/config.ts';
import type { Json } from '../sim/plain.ts';
import type { Micros, NodeId } from '../sim/protocol.ts';
import type { Draw } from './draw.ts';
import type { Profile } from './profile.ts';

/** More calls than this are not listed but streamed: a plan stays small, and quick to draw. */
export const CALLS_MAX = 200;
/** Operations per base timeout of the protocol: 10 to 50 a second where that is 150 ms. */
const CALLS_PER_BASE_MIN = 1.5;
const CALLS_PER_BASE_MAX = 7.5;

/** Weights are drawn in hundredths. */
const WEIGHT_UNIT = 100;
/** Above the unique values of any other call: a run has a million events at most. */
const CALM_UNIQUES = 1_000_000_000;

export interface DrawnCalls {
  readonly calls: readonly Call[];
  readonly workload?: WorkloadStream;
}

export function drawCalls(
  protocol: Protocol,
  scenario: Scenario,
  profile: Profile | undefined,
  clients: readonly NodeId[],
  base: Micros,
  until: Micros,
  draw: Draw,
): DrawnCalls {
  const { rate, operations = protocol.operations, start = 0, end = until, calls = [] } = scenario.workload;
  const wanted = rate !== undefined || calls.length === 0;
  if (!wanted || clients.length === 0 || operations.length === 0 || end <= start) return { calls };
  const count = callCount(rate, base, end - start, draw);
  if (rate !== undefined && count > CALLS_MAX) {
    const interval = Math.max(1, Math.round((1_000_000 * clients.length) / rate));
    return { calls, workload: { operations, clients, interval, start, end } };
  }
  const usual = asUsual(operations);
  const mixOf = profile === undefined ? () => usual : drawMixes(operations, usual, clients, draw);
  const drawn = drawTimes(Math.min(count, CALLS_MAX), start, end, base, profile, draw);
  const writer = new OperationWriter(profile !== undefined, draw);
  const call = (at: Micros): Call => {
    const client = draw.pick(clients);
    return { at, client, op: writer.next(mixOf(client)) };
  };
  return { calls: [...calls, ...drawn.map(call)] };
}

/** Calls of a run's calm: so many of each client, of the kinds that the run has, with values that no other call has. */
export function drawCalmCalls(
  protocol: Protocol,
  scenario: Scenario,
  clients: readonly NodeId[],
  each: number,
  draw: Draw,
): readonly CalmCall[] {
  const { operations = protocol.operations } = scenario.workload;
  if (operations.length === 0) return [];
  const writer = new OperationWriter(true, draw, CALM_UNIQUES);
  const usual = asUsual(operations);
  return clients.flatMap((client) => Array.from({ length: each }, () => ({ client, op: writer.next(usual) })));
}

/** One operation that looks like this. */
export const drawOperation = (spec: OperationSpec, draw: Draw): OperationInput =>
  new OperationWriter(true, draw).next([weighed(spec, 1)]);

function callCount(rate: number | undefined, base: Micros, span: Micros, draw: Draw): number {
  if (rate !== undefined) return Math.max(1, Math.round((rate * span) / 1_000_000));
  const least = Math.floor((CALLS_PER_BASE_MIN * span) / base);
  return draw.between(Math.max(1, least), Math.max(1, Math.floor((CALLS_PER_BASE_MAX * span) / base)));
}

/** An operation as it is written call by call. */
interface Form {
  readonly type: string;
  readonly arguments: readonly (readonly [name: string, argument: ArgumentSpec])[];
}

/** Operations with their weights. */
type Mix = readonly (readonly [number, Form])[];

const weighed = (operation: OperationSpec, times: number): Mix[number] => [
  Math.round((operation.weight ?? 1) * times * WEIGHT_UNIT),
  { type: operation.type, arguments: Object.entries(operation.arguments ?? {}) },
];

const asUsual = (operations: readonly OperationSpec[]): Mix => operations.map((one) => weighed(one, 1));

/**
 * Some runs have many of one operation and few of another. In others clients differ: who only reads is never held up by a write, and goes on
 * asking a server that can do nothing else any more.
 */
function drawMixes(
  operations: readonly OperationSpec[],
  usual: Mix,
  clients: readonly NodeId[],
  draw: Draw,
): (client: NodeId) => Mix {
  const reweighted = (times: readonly number[]): Mix => operations.map((one) => weighed(one, draw.pick(times)));
  switch (draw.pick(['as usual', 'as usual', 'other', 'own'] as const)) {
    case 'as usual':
      return () => usual;
    case 'other': {
      const mix = reweighted([1, 4, 16]);
      return () => mix;
    }
    case 'own': {
      const mixes = new Map(clients.map((client) => [client, reweighted([1, 16, 64])]));
      return (client) => mixes.get(client) ?? usual;
    }
  }
}

/** Ascending. Evenly spread, in bursts (which fill pipelines and windows), or all at once (every client asks as fast as it is answered). */
function drawTimes(
  count: number,
  start: Micros,
  end: Micros,
  base: Micros,
  profile: Profile | undefined,
  draw: Draw,
): readonly Micros[] {
  const shape =
    profile === undefined
      ? 'even'
      : draw.weighted([
          [5, 'even'],
          [3, 'bursts'],
          [1, 'at once'],
        ] as const);
  const times: Micros[] = [];
  while (times.length < count) {
    const at = draw.between(start, end - 1);
    if (shape === 'even') times.push(at);
    else if (shape === 'at once') times.push(start + Math.floor(((end - start) * times.length) / (count * 2)));
    else drawBurst(at, Math.min(count - times.length, draw.between(2, 12)), end, base, times, draw);
  }
  // Numbers are sorted as such in typed arrays only, and without a call for each comparison.
  return [...new Float64Array(times).sort()];
}

function drawBurst(at: Micros, size: number, end: Micros, base: Micros, times: Micros[], draw: Draw): void {
  const width = draw.acrossScales(base / 1_000, base / 2);
  for (let made = 0; made < size; made++) times.push(Math.min(end - 1, at + draw.between(0, width)));
}

/** Writes operations: every `unique` value once in a run, and keys few enough that clients meet. */
class OperationWriter {
  private readonly draw: Draw;
  /** Of each `key` argument, how many keys this run uses. */
  private readonly keysMax: number;
  private uniques: number;

  constructor(fuzzed: boolean, draw: Draw, uniques = 0) {
    this.uniques = uniques;
    this.draw = draw;
    this.keysMax = fuzzed && draw.chance(50) ? draw.between(1, 3) : Number.POSITIVE_INFINITY;
  }

  next(mix: Mix): OperationInput {
    const form = this.draw.weighted(mix);
    const operation: { type: string; [name: string]: Json } = { type: form.type };
    for (const [name, argument] of form.arguments) operation[name] = this.argument(argument);
    return operation;
  }

  private argument(spec: ArgumentSpec): Json {
    switch (spec.kind) {
      case 'key':
        return `k${this.draw.between(1, Math.min(spec.count, this.keysMax))}`;
      case 'integer':
        return this.draw.between(spec.min, spec.max);
      case 'choice':
        return this.draw.pick(spec.of);
      case 'unique':
        return ++this.uniques;
    }
  }
}
