/**
 * What a sequential object does, for checking histories against it.
 * A protocol brings its own model by implementing `Model`; the common ones are in models/.
 */
import type { Operation } from '../sim/history.ts';
import type { Json } from '../sim/plain.ts';

/** One question and its answer, as a model sees it. `output` is absent when the outcome is unknown. */
export interface Call<Input = Json, Output = Json> {
  readonly input: Input;
  readonly output?: Output;
}

/** Maps states that nothing in a given history can tell apart to one representative. */
export interface StateMerger<State> {
  representative(state: State): State;
}

/**
 * A sequential specification. States are plain data and never changed in place: `step` returns new ones.
 * All functions must be pure; `checkLinearizability({ strict: true })` steps twice and compares.
 */
export interface Model<State = Json, Input = Json, Output = Json> {
  readonly name: string;
  /** The state before the first operation; with `partition`, that of every part. */
  readonly initial: State;
  /**
   * The states in which `input` may leave the object when it answers `output` in `state`: none when that answer is
   * impossible there, one for a deterministic object, several when the object may choose.
   * `output` is undefined when the outcome is unknown: then any answer will do.
   */
  step(state: State, input: Input, output: Output | undefined): readonly State[];
  /** Equal for equal states, different for different ones. Default: `canonicalKey`, which needs plain data. */
  key?(state: State): string | number;
  /**
   * The independent object that an operation is about; undefined when it is about all of them, which makes the whole
   * history one part. Parts are judged separately, each from `initial`, which is sound when operations on different
   * parts never affect each other.
   */
  partition?(input: Input): string | number | undefined;
  /**
   * True when the operation, in every state, is either impossible or changes nothing: a read, a failed compare-and-set.
   * Not for a write that may happen to write the current value. Wrong answers are detected and thrown.
   */
  observes?(input: Input, output: Output | undefined): boolean;
  /**
   * A merger for one part of one history. It must be closed under all updates: merged states stay
   * indistinguishable whatever operations of that history follow. `undefined` when nothing can be merged.
   */
  merge?(calls: readonly Call<Input, Output>[]): StateMerger<State> | undefined;
  /**
   * A polynomial answer for histories of a special shape, such as all written values being different: is this part
   * linearizable? `undefined` when it does not have that shape; then the search decides. Operations come in order of call,
   * without the ones that did not happen.
   */
  decide?(operations: readonly Operation[]): boolean | undefined;
  /**
   * The position of an operation whose answer is impossible whatever the order, such as a read of a value that nobody had
   * written when it returned: of several, the one that returned first. A cheap look before a long search; `undefined` says
   * nothing. Operations as for `decide`.
   */
  impossible?(operations: readonly Operation[]): number | undefined;
  /** What stands out about a call, given all calls of its part until it returned: "nobody had written 3". For people. */
  remark?(call: Call<Input, Output>, all: readonly Call<Input, Output>[]): string | undefined;
  /** A short phrase for people, e.g. `write a = 1`. Default: JSON. */
  describe?(input: Input, output: Output | undefined): string;
  /** A state for people. Default: JSON. */
  describeState?(state: State): string;
}

/** A model contradicts itself, or does not know an operation. Not a verdict about the history. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
}

/** A key that is equal exactly for structurally equal plain data, whatever the order of object keys. */
export function canonicalKey(value: unknown): string | number {
  if (typeof value === 'number') return value;
  if (typeof value === 'string') return `"${value}`;
  return canonicalText(value);
}

function canonicalText(value: unknown): string {
  if (value === null || typeof value !== 'object') {
    return value === undefined ? 'undefined' : JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  const record = value as Readonly<Record<string, unknown>>;
  const fields = Object.keys(record).sort((left, right) => (left < right ? -1 : left > right ? 1 : 0));
  return `{${fields.map((field) => `${JSON.stringify(field)}:${canonicalText(record[field])}`).join(',')}}`;
}

/** Structural equality of plain data. */
export function sameValue(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (left === null || right === null || typeof left !== 'object' || typeof right !== 'object') return false;
  return canonicalText(left) === canonicalText(right);
}
