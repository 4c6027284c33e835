/**
 * A part of a history turned into integers for the search: who is open at each return, in which slot, of which class.
 * A part is one object's operations: the whole history, or one key of it.
 */
import type { Operation } from '../../sim/history.ts';
import type { Json } from '../../sim/plain.ts';
import type { Call, Model } from '../model.ts';
import { Interner } from './interner.ts';

/**
 * Operations are numbered within the part: first the ones with a definite answer, by return; then the pending ones
 * (unknown outcome), by call. "Return r" is the return of operation r.
 */
export interface Part<Input = Json, Output = Json> {
  /** Index of each operation in the history. */
  readonly historyIndex: Int32Array;
  readonly definiteCount: number;
  readonly pendingCount: number;
  /** Operations of one class do the same in every state. */
  readonly classOf: Int32Array;
  readonly classes: readonly Call<Input, Output>[];
  /** Numbers that are equal for classes of updaters with the same input, whatever the answer. */
  readonly inputOfClass: Int32Array;
  /** 1 for definite operations that never change the state. */
  readonly isObserver: Uint8Array;
  /** Definite updaters and observers each have slots of their own, reused after a return. Pending ones: their rank. */
  readonly slotOf: Int32Array;
  readonly updaterSlots: number;
  readonly observerSlots: number;
  /** Definite updaters open at return r, by return: `openUpdaters[updaterStart[r] .. updaterStart[r + 1])`. */
  readonly updaterStart: Int32Array;
  readonly openUpdaters: Int32Array;
  /** For each entry of openUpdaters: the previous entry at the same return with the same class, or -1. */
  readonly previousTwin: Int32Array;
  readonly observerStart: Int32Array;
  readonly openObservers: Int32Array;
  /** How many pending operations were called before return r. They are the first so many. */
  readonly pendingOpen: Int32Array;
  /** For each pending operation (by rank): the rank of the previous one of the same class, or -1. */
  readonly previousPendingTwin: Int32Array;
}

/** Builds the part made of `members`: indices into `operations`, by call, of operations that happened or may have. */
export function preparePart<State, Input, Output>(
  operations: readonly Operation[],
  members: readonly number[],
  model: Model<State, Input, Output>,
): Part<Input, Output> {
  const definite: number[] = [];
  const pending: number[] = [];
  for (const index of members) {
    const operation = operations[index] as Operation;
    if (operation.outcome === 'ok') definite.push(index);
    // An observation that nobody saw says nothing.
    else if (operation.outcome === 'unknown' && !model.observes?.(operation.input as Input, undefined))
      pending.push(index);
  }
  const byReturn = orderByReturn(operations, definite);
  const definiteCount = definite.length;
  const pendingCount = pending.length;
  const count = definiteCount + pendingCount;

  const historyIndex = new Int32Array(count);
  for (let rank = 0; rank < definiteCount; rank++) historyIndex[rank] = definite[byReturn[rank] as number] as number;
  for (let rank = 0; rank < pendingCount; rank++) historyIndex[definiteCount + rank] = pending[rank] as number;

  const { classOf, classes, inputOfClass, isObserver } = classify(operations, historyIndex, model);

  return {
    historyIndex,
    definiteCount,
    pendingCount,
    classOf,
    classes,
    inputOfClass,
    isObserver,
    ...sweep(operations, byReturn, historyIndex, definiteCount, pendingCount, classOf, isObserver),
    previousPendingTwin: findPendingTwins(classOf, definiteCount, pendingCount, classes.length),
  };
}

/** Positions in `members` by time of return. */
function orderByReturn(operations: readonly Operation[], members: readonly number[]): number[] {
  const returns = members.map((index) => (operations[index] as Operation).returned);
  const order = members.map((_, position) => position);
  for (let position = 1; position < returns.length; position++) {
    if ((returns[position - 1] as number) > (returns[position] as number)) {
      // The sort is stable, so equal times keep the order of calls.
      return order.sort((left, right) => (returns[left] as number) - (returns[right] as number));
    }
  }
  return order;
}

interface Classes<Input, Output> {
  readonly classOf: Int32Array;
  readonly classes: readonly Call<Input, Output>[];
  readonly inputOfClass: Int32Array;
  readonly isObserver: Uint8Array;
}

/** Equal updaters share a class. Observers, of which no order has to be chosen, are not compared. */
function classify<State, Input, Output>(
  operations: readonly Operation[],
  historyIndex: Int32Array,
  model: Model<State, Input, Output>,
): Classes<Input, Output> {
  const interner = new Interner();
  const classByPair = new Map<number, number>();
  const classes: Call<Input, Output>[] = [];
  const inputOfClass: number[] = [];
  const classOf = new Int32Array(historyIndex.length);
  const isObserver = new Uint8Array(historyIndex.length);
  for (let rank = 0; rank < historyIndex.length; rank++) {
    const operation = operations[historyIndex[rank] as number] as Operation;
    const call = callOf<Input, Output>(operation);
    if (operation.outcome === 'ok' && model.observes?.(call.input, call.output)) {
      isObserver[rank] = 1;
      classOf[rank] = classes.length;
      classes.push(call);
      inputOfClass.push(NO_INPUT);
      continue;
    }
    const input = interner.idOf(operation.input);
    const pair = input * PAIR_BASE + (call.output === undefined ? 0 : interner.idOf(call.output as Json));
    let id = classByPair.get(pair);
    if (id === undefined) {
      id = classes.length;
      classByPair.set(pair, id);
      classes.push(call);
      inputOfClass.push(input);
    }
    classOf[rank] = id;
  }
  return { classOf, classes, inputOfClass: Int32Array.from(inputOfClass), isObserver };
}

const NO_INPUT = -1;
const PAIR_BASE = 2 ** 26;

function callOf<Input, Output>({ input, output, outcome }: Operation): Call<Input, Output> {
  if (outcome !== 'ok' || output === undefined) return { input: input as Input };
  return { input: input as Input, output: output as Output };
}

/** Walks calls and returns in order, handing out slots and noting who is open at each return. */
function sweep(
  operations: readonly Operation[],
  byReturn: readonly number[],
  historyIndex: Int32Array,
  definiteCount: number,
  pendingCount: number,
  classOf: Int32Array,
  isObserver: Uint8Array,
): Omit<
  Part,
  | 'historyIndex'
  | 'definiteCount'
  | 'pendingCount'
  | 'classOf'
  | 'classes'
  | 'inputOfClass'
  | 'isObserver'
  | 'previousPendingTwin'
> {
  const rankByCall = new Int32Array(definiteCount);
  for (let rank = 0; rank < definiteCount; rank++) rankByCall[byReturn[rank] as number] = rank;

  const slotOf = new Int32Array(definiteCount + pendingCount);
  const pendingOpen = new Int32Array(definiteCount);
  const updaters = new OpenSet(definiteCount);
  const observers = new OpenSet(definiteCount);
  let called = 0;
  let pendingCalled = 0;
  for (let rank = 0; rank < definiteCount; rank++) {
    const returned = (operations[historyIndex[rank] as number] as Operation).returned;
    // Intervals are closed: a call at the instant of a return still overlaps it.
    while (called < definiteCount) {
      const opened = rankByCall[called] as number;
      if ((operations[historyIndex[opened] as number] as Operation).called > returned) break;
      slotOf[opened] = (isObserver[opened] ? observers : updaters).open(opened);
      called++;
    }
    while (pendingCalled < pendingCount) {
      const index = historyIndex[definiteCount + pendingCalled] as number;
      if ((operations[index] as Operation).called > returned) break;
      slotOf[definiteCount + pendingCalled] = pendingCalled;
      pendingCalled++;
    }
    pendingOpen[rank] = pendingCalled;
    updaters.record(rank);
    observers.record(rank);
    (isObserver[rank] ? observers : updaters).close(rank, slotOf[rank] as number);
  }
  for (; pendingCalled < pendingCount; pendingCalled++) slotOf[definiteCount + pendingCalled] = pendingCalled;

  const updaterStart = updaters.start;
  const openUpdaters = updaters.members();
  return {
    slotOf,
    updaterSlots: updaters.slots,
    observerSlots: observers.slots,
    updaterStart,
    openUpdaters,
    previousTwin: findTwins(updaterStart, openUpdaters, classOf),
    observerStart: observers.start,
    openObservers: observers.members(),
    pendingOpen,
  };
}

/** The operations of one kind that are open during the sweep, by return, with a snapshot at every return. */
class OpenSet {
  slots = 0;
  readonly start: Int32Array;
  readonly #open: number[] = [];
  readonly #free: number[] = [];
  readonly #recorded: number[] = [];

  constructor(returns: number) {
    this.start = new Int32Array(returns + 1);
  }

  open(rank: number): number {
    let at = this.#open.length;
    while (at > 0 && (this.#open[at - 1] as number) > rank) at--;
    this.#open.splice(at, 0, rank);
    return this.#free.pop() ?? this.slots++;
  }

  close(rank: number, slot: number): void {
    this.#open.splice(this.#open.indexOf(rank), 1);
    this.#free.push(slot);
  }

  record(rank: number): void {
    for (const member of this.#open) this.#recorded.push(member);
    this.start[rank + 1] = this.#recorded.length;
  }

  members(): Int32Array {
    return Int32Array.from(this.#recorded);
  }
}

function findTwins(start: Int32Array, members: Int32Array, classOf: Int32Array): Int32Array {
  const previous = new Int32Array(members.length).fill(-1);
  for (let rank = 0; rank + 1 < start.length; rank++) {
    const first = start[rank] as number;
    const end = start[rank + 1] as number;
    for (let at = first + 1; at < end; at++) {
      const own = classOf[members[at] as number];
      for (let earlier = at - 1; earlier >= first; earlier--) {
        if (classOf[members[earlier] as number] === own) {
          previous[at] = earlier;
          break;
        }
      }
    }
  }
  return previous;
}

function findPendingTwins(
  classOf: Int32Array,
  definiteCount: number,
  pendingCount: number,
  classCount: number,
): Int32Array {
  const last = new Int32Array(classCount).fill(-1);
  const previous = new Int32Array(pendingCount);
  for (let rank = 0; rank < pendingCount; rank++) {
    const own = classOf[definiteCount + rank] as number;
    previous[rank] = last[own] as number;
    last[own] = rank;
  }
  return previous;
}
