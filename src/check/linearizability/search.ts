/**
 * Just-in-time search for a linearization (Lowe, "Testing for linearizability"): a question is only asked when an operation
 * must return. Depth first, on integers, resumable; a node is (next return, state, open operations already applied).
 */

import { Memo } from './memo.ts';
import type { Part } from './part.ts';
import { ILLEGAL, type Transitions } from './transitions.ts';

/** `linearizable`: some order gets to the goal, which is all the way unless said otherwise. */
export type SearchVerdict = 'linearizable' | 'illegal' | 'paused';

/** Words of a frame before its bit masks. */
const RETURN = 0;
const STATE = 1;
const CURSOR = 2;
const CHOICE = 3;
const APPLIED = 4;
const HEADER = 5;

const NONE = -1;

/** What counts as much as a node, beyond the ordinary. */
const COMPARISONS_PER_NODE = 128;
const CHARACTERS_PER_NODE = 64;
const FRAME_WORDS_PER_NODE = 32;

/** A node just entered, for whoever wants to explain the search. Valid only during the call. */
export interface Visit {
  /** The next return. */
  readonly at: number;
  readonly state: number;
  /** Whether this operation, open at that return, has been applied. */
  isApplied(operation: number): boolean;
  /** The updaters and pending operations applied so far, in order; observers were applied as soon as they were possible. */
  path(): readonly OrderStep[];
}

/** One step of a linearization: an operation of the part, and the state it left. */
export interface OrderStep {
  readonly operation: number;
  readonly state: number;
}

/**
 * Reductions, each sound on its own: observers are applied as soon as they are possible; of equal operations only the one
 * that returns first is tried; pending operations are optional, tried last, not tried when they change nothing or when a
 * definite operation with the same input and effect is open; nodes that owe more observations, or have used more pending
 * operations, than a visited node with the same return, state and updates are dropped.
 */
export class Search {
  /** The return to get to: all of them, unless somebody knows that no order gets past this one. */
  goal: number;
  /** Distinct nodes visited: the stable measure of effort. */
  nodes = 0;
  /** The furthest return that some order got past all others before. Equals `definiteCount` when all got past. */
  furthestReturn = 0;
  readonly #part: Part<unknown, unknown>;
  readonly #transitions: Transitions<unknown, unknown, unknown>;
  readonly #memo: Memo;
  readonly #frameWords: number;
  readonly #nodeCost: number;
  readonly #observersAt: number;
  readonly #pendingAt: number;
  readonly #updaterWords: number;
  readonly #observerWords: number;
  readonly #key: Int32Array;
  readonly #burden: Int32Array;
  #stack: Int32Array;
  #depth = 0;
  #started = false;
  #verdict: SearchVerdict = 'paused';
  readonly #visitor: ((visit: Visit) => void) | undefined;

  constructor(
    part: Part<unknown, unknown>,
    transitions: Transitions<unknown, unknown, unknown>,
    visitor?: (visit: Visit) => void,
  ) {
    this.#visitor = visitor;
    this.#part = part;
    this.goal = part.definiteCount;
    this.#transitions = transitions;
    this.#updaterWords = wordsFor(part.updaterSlots);
    this.#observerWords = wordsFor(part.observerSlots);
    const pendingWords = wordsFor(part.pendingCount);
    this.#observersAt = HEADER + this.#updaterWords;
    this.#pendingAt = this.#observersAt + this.#observerWords;
    this.#frameWords = this.#pendingAt + pendingWords;
    this.#nodeCost = 1 + Math.floor(this.#frameWords / FRAME_WORDS_PER_NODE);
    this.#key = new Int32Array(2 + this.#updaterWords);
    this.#burden = new Int32Array(this.#observerWords + pendingWords);
    this.#memo = new Memo(this.#key.length, this.#burden.length);
    this.#stack = new Int32Array(this.#frameWords * 64);
    this.#stack[STATE] = transitions.initial;
    this.#stack[APPLIED] = NONE;
  }

  /**
   * What the search has cost, in nodes. Usually their number; more where a node takes much memory (hundreds of operations
   * open at once, large states) or much time (many pending ones), so that a budget bounds those as well.
   */
  get effort(): number {
    return (
      this.nodes * this.#nodeCost +
      Math.floor(this.#memo.comparisons / COMPARISONS_PER_NODE) +
      Math.floor(this.#transitions.characters / CHARACTERS_PER_NODE)
    );
  }

  /** Goes on until there is a verdict or `effort` reaches the limit. */
  run(limit: number): SearchVerdict {
    if (!this.#started && limit > 0) this.#start();
    while (this.#verdict === 'paused' && this.effort < limit) this.#advance();
    return this.#verdict;
  }

  #start(): void {
    this.#started = true;
    if (this.#enter(0)) this.#depth = 1;
  }

  /** Takes the top frame's next candidate, or drops the frame when there is none. */
  #advance(): void {
    if (this.#depth === 0) {
      this.#verdict = 'illegal';
      return;
    }
    const child = this.#depth * this.#frameWords;
    this.#reserve(child + this.#frameWords);
    if (!this.#descend(child - this.#frameWords, child)) this.#depth--;
    else if (this.#enter(child)) this.#depth++;
  }

  #reserve(words: number): void {
    if (words <= this.#stack.length) return;
    const larger = new Int32Array(this.#stack.length * 2);
    larger.set(this.#stack);
    this.#stack = larger;
  }

  /** Writes the next child of the frame at `base` to `child`; false when the frame is exhausted. */
  #descend(base: number, child: number): boolean {
    const part = this.#part;
    const stack = this.#stack;
    const at = stack[base + RETURN] as number;
    const first = part.updaterStart[at] as number;
    const updaters = (part.updaterStart[at + 1] as number) - first;
    const candidates = updaters + (part.pendingOpen[at] as number);
    for (let cursor = stack[base + CURSOR] as number; cursor < candidates; cursor++) {
      const next =
        cursor < updaters
          ? this.#tryUpdater(base, first, cursor)
          : this.#tryPending(base, cursor - updaters, first, updaters);
      if (next === ILLEGAL) continue;
      const state = next >= 0 ? next : this.#choose(base, next);
      const choiceLeft = (stack[base + CHOICE] as number) > 0;
      stack[base + CURSOR] = choiceLeft ? cursor : cursor + 1;
      const operation =
        cursor < updaters ? (part.openUpdaters[first + cursor] as number) : part.definiteCount + (cursor - updaters);
      this.#copyFrame(base, child, operation, state, cursor < updaters ? HEADER : this.#pendingAt);
      return true;
    }
    return false;
  }

  /** One of several next states; CHOICE counts the ones still to try. */
  #choose(base: number, answer: number): number {
    const states = this.#transitions.alternatives(answer);
    const left = this.#stack[base + CHOICE] as number;
    const chosen = left === 0 ? 0 : states.length - left;
    this.#stack[base + CHOICE] = states.length - chosen - 1;
    return states[chosen] as number;
  }

  #copyFrame(base: number, child: number, operation: number, state: number, maskAt: number): void {
    const stack = this.#stack;
    stack.copyWithin(child, base, base + this.#frameWords);
    stack[child + STATE] = state;
    stack[child + CURSOR] = 0;
    stack[child + CHOICE] = 0;
    stack[child + APPLIED] = operation;
    setBit(stack, child + maskAt, this.#part.slotOf[operation] as number);
  }

  #tryUpdater(base: number, first: number, cursor: number): number {
    const part = this.#part;
    const operation = part.openUpdaters[first + cursor] as number;
    if (this.#isApplied(base, operation)) return ILLEGAL;
    let twin = part.previousTwin[first + cursor] as number;
    while (twin >= 0) {
      if (!this.#isApplied(base, part.openUpdaters[twin] as number)) return ILLEGAL;
      twin = part.previousTwin[twin] as number;
    }
    return this.#transitions.next(this.#stack[base + STATE] as number, part.classOf[operation] as number);
  }

  #tryPending(base: number, pending: number, first: number, updaters: number): number {
    const part = this.#part;
    const stack = this.#stack;
    const masks = base + this.#pendingAt;
    if (hasBit(stack, masks, pending)) return ILLEGAL;
    const twin = part.previousPendingTwin[pending] as number;
    if (twin >= 0 && !hasBit(stack, masks, twin)) return ILLEGAL;
    const state = stack[base + STATE] as number;
    const operationClass = part.classOf[part.definiteCount + pending] as number;
    const next = this.#transitions.next(state, operationClass);
    if (next === state) return ILLEGAL;
    const input = part.inputOfClass[operationClass];
    for (let at = first; at < first + updaters; at++) {
      const other = part.openUpdaters[at] as number;
      const otherClass = part.classOf[other] as number;
      if (part.inputOfClass[otherClass] !== input || this.#isApplied(base, other)) continue;
      if (this.#transitions.next(state, otherClass) === next) return ILLEGAL;
    }
    return next;
  }

  #isApplied(base: number, updater: number): boolean {
    return hasBit(this.#stack, base + HEADER, this.#part.slotOf[updater] as number);
  }

  /**
   * Carries the frame to the next question: applies observers, passes returns whose operation is applied.
   * False when there is nothing to ask, because all returned or because the place is covered by a visited one.
   */
  #enter(base: number): boolean {
    const part = this.#part;
    const stack = this.#stack;
    for (;;) {
      const at = stack[base + RETURN] as number;
      if (at > this.furthestReturn) this.furthestReturn = at;
      if (at === this.goal) {
        this.#verdict = 'linearizable';
        return false;
      }
      this.#absorbObservers(base, at);
      const masks = base + (part.isObserver[at] === 1 ? this.#observersAt : HEADER);
      const slot = part.slotOf[at] as number;
      if (!hasBit(stack, masks, slot)) break;
      clearBit(stack, masks, slot);
      stack[base + RETURN] = at + 1;
    }
    this.#writeKey(base);
    if (!this.#memo.add(this.#key, this.#burden)) return false;
    this.nodes++;
    this.#visitor?.(this.#visit(base));
    return true;
  }

  #visit(base: number): Visit {
    const part = this.#part;
    const stack = this.#stack;
    return {
      at: stack[base + RETURN] as number,
      state: stack[base + STATE] as number,
      isApplied: (operation) => {
        const masks =
          operation >= part.definiteCount
            ? this.#pendingAt
            : part.isObserver[operation] === 1
              ? this.#observersAt
              : HEADER;
        return hasBit(stack, base + masks, part.slotOf[operation] as number);
      },
      path: () => {
        const steps: OrderStep[] = [];
        for (let frame = this.#frameWords; frame <= base; frame += this.#frameWords) {
          steps.push({ operation: stack[frame + APPLIED] as number, state: stack[frame + STATE] as number });
        }
        return steps;
      },
    };
  }

  /** Applies every open observer that is possible here, and notes in the burden the ones that are still owed. */
  #absorbObservers(base: number, at: number): void {
    const part = this.#part;
    const stack = this.#stack;
    const burden = this.#burden;
    const state = stack[base + STATE] as number;
    const masks = base + this.#observersAt;
    for (let word = 0; word < this.#observerWords; word++) burden[word] = 0;
    const end = part.observerStart[at + 1] as number;
    for (let open = part.observerStart[at] as number; open < end; open++) {
      const operation = part.openObservers[open] as number;
      const slot = part.slotOf[operation] as number;
      if (hasBit(stack, masks, slot)) continue;
      if (this.#transitions.next(state, part.classOf[operation] as number) === ILLEGAL) setBit(burden, 0, slot);
      else setBit(stack, masks, slot);
    }
  }

  #writeKey(base: number): void {
    const stack = this.#stack;
    const key = this.#key;
    key[0] = stack[base + RETURN] as number;
    key[1] = stack[base + STATE] as number;
    for (let word = 0; word < this.#updaterWords; word++) key[2 + word] = stack[base + HEADER + word] as number;
    const pendingFrom = base + this.#pendingAt;
    for (let word = this.#observerWords; word < this.#burden.length; word++) {
      this.#burden[word] = stack[pendingFrom + word - this.#observerWords] as number;
    }
  }
}

function wordsFor(bits: number): number {
  return (bits + 31) >>> 5;
}

function hasBit(words: Int32Array, from: number, bit: number): boolean {
  return ((words[from + (bit >>> 5)] as number) & (1 << (bit & 31))) !== 0;
}

function setBit(words: Int32Array, from: number, bit: number): void {
  const at = from + (bit >>> 5);
  words[at] = (words[at] as number) | (1 << (bit & 31));
}

function clearBit(words: Int32Array, from: number, bit: number): void {
  const at = from + (bit >>> 5);
  words[at] = (words[at] as number) & ~(1 << (bit & 31));
}
