/** The user's model as a table of integers, filled when first asked: it runs once per (state, distinct operation). */
import type { Json } from '../../sim/plain.ts';
import { type Call, canonicalKey, type Model, ModelError, type StateMerger, sameValue } from '../model.ts';

/** The operation is impossible in this state. */
export const ILLEGAL = -1;

const EMPTY = -1;
const WORDS = 3;

/**
 * `next` answers ILLEGAL, a state, or, when the object may choose, a number below ILLEGAL that stands for
 * several states: see `alternatives`.
 */
export class Transitions<State = Json, Input = Json, Output = Json> {
  readonly initial: number;
  /** How often the model has been asked. */
  steps = 0;
  /** Length of the keys of all states: about what they take in memory. */
  characters = 0;
  readonly states: State[] = [];
  readonly #model: Model<State, Input, Output>;
  readonly #classes: readonly Call<Input, Output>[];
  readonly #merger: StateMerger<State> | undefined;
  readonly #strict: boolean;
  readonly #ids = new Map<string | number, number>();
  readonly #choices: (readonly number[])[] = [];
  /** Open addressing: state, class, answer. */
  #table: Int32Array;
  #mask: number;
  #used = 0;

  constructor(model: Model<State, Input, Output>, classes: readonly Call<Input, Output>[], strict: boolean) {
    this.#model = model;
    this.#classes = classes;
    this.#merger = model.merge?.(classes);
    this.#strict = strict;
    let capacity = 64;
    while (capacity < classes.length * 4) capacity *= 2;
    this.#table = new Int32Array(capacity * WORDS).fill(EMPTY);
    this.#mask = capacity - 1;
    this.initial = this.#intern(model.initial);
  }

  next(state: number, operationClass: number): number {
    const table = this.#table;
    let at = hashPair(state, operationClass) & this.#mask;
    for (;;) {
      const base = at * WORDS;
      const found = table[base];
      if (found === EMPTY) return this.#fill(base, state, operationClass);
      if (found === state && table[base + 1] === operationClass) return table[base + 2] as number;
      at = (at + 1) & this.#mask;
    }
  }

  /** The number of this state, or of its representative. */
  idOf(state: State): number {
    return this.#intern(state);
  }

  alternatives(answer: number): readonly number[] {
    return this.#choices[ILLEGAL - 1 - answer] as readonly number[];
  }

  #fill(base: number, state: number, operationClass: number): number {
    const answer = this.#ask(state, operationClass);
    const table = this.#table;
    table[base] = state;
    table[base + 1] = operationClass;
    table[base + 2] = answer;
    this.#used++;
    if (this.#used * 2 > this.#mask) this.#grow();
    return answer;
  }

  #ask(state: number, operationClass: number): number {
    const { input, output } = this.#classes[operationClass] as Call<Input, Output>;
    const before = this.states[state] as State;
    const after = this.#model.step(before, input, output);
    this.steps++;
    if (this.#strict) this.#compareWithSecondStep(before, input, output, after);
    if (after.length === 0) return ILLEGAL;
    if (after.length === 1) {
      const only = this.#intern(after[0] as State);
      if (only !== state) this.#refuseChangingObserver(input, output);
      return only;
    }
    const ids = [...new Set(after.map((value) => this.#intern(value)))];
    if (ids.length > 1 || ids[0] !== state) this.#refuseChangingObserver(input, output);
    if (ids.length === 1) return ids[0] as number;
    this.#choices.push(ids);
    return ILLEGAL - this.#choices.length;
  }

  #refuseChangingObserver(input: Input, output: Output | undefined): void {
    if (this.#model.observes?.(input, output)) {
      throw new ModelError(
        `${this.#model.name}: says that ${JSON.stringify(input)} only observes, but it changes the state`,
      );
    }
  }

  #compareWithSecondStep(before: State, input: Input, output: Output | undefined, after: readonly State[]): void {
    if (!sameValue(this.#model.step(before, input, output), after)) {
      throw new ModelError(`${this.#model.name}: two steps of ${JSON.stringify(input)} from one state differ`);
    }
  }

  #intern(state: State): number {
    const merged = this.#merger === undefined ? state : this.#merger.representative(state);
    const key = this.#model.key === undefined ? canonicalKey(merged) : this.#model.key(merged);
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.states.length;
      this.#ids.set(key, id);
      if (typeof key === 'string') this.characters += key.length;
      this.states.push(merged);
    }
    return id;
  }

  #grow(): void {
    const old = this.#table;
    const capacity = (this.#mask + 1) * 4;
    this.#table = new Int32Array(capacity * WORDS).fill(EMPTY);
    this.#mask = capacity - 1;
    for (let base = 0; base < old.length; base += WORDS) {
      if (old[base] === EMPTY) continue;
      let at = hashPair(old[base] as number, old[base + 1] as number) & this.#mask;
      while (this.#table[at * WORDS] !== EMPTY) at = (at + 1) & this.#mask;
      this.#table.set(old.subarray(base, base + WORDS), at * WORDS);
    }
  }
}

function hashPair(left: number, right: number): number {
  let hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right + 0x7f4a7c15, 0x85ebca6b);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0xc2b2ae35);
  return hash ^ (hash >>> 13);
}
