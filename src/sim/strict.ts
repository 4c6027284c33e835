/** Strict mode: finds what a handler hides from the kernel by running it twice and comparing. */
import { Agreement } from './agreement.ts';
import { type Effects, effectNames, SEND } from './effects.ts';
import { canonicalText, clone, samePlain, whyNotPlain } from './plain.ts';
import type { Part, SimNode } from './process.ts';
import type { StreamState } from './random.ts';

/** What a rerun needs: the states of all parts and the node's random stream as they are before the handler. */
interface StrictCopy {
  readonly states: readonly unknown[];
  readonly stream: StreamState | undefined;
  /** For how many handlers in a row no copy was made. */
  readonly age: number;
}

/** States that the last handler of a node has left, and what is as good as a copy of each. */
interface Left {
  readonly states: readonly unknown[];
  readonly copies: readonly unknown[];
  readonly age: number;
}

/** At the latest after so many handlers a node's state is copied anew and compared at length: the quick walk sees plain data only. */
const COPY_EVERY = 32;

/** Second runs of handlers, and what they compare with the first. */
export class Rehearsals {
  private readonly agreement = new Agreement();
  /** By index of node. */
  private readonly left: (Left | undefined)[] = [];

  /** To be called before a handler runs. The second run of the handler before has mostly made the copy. */
  copyOf(node: SimNode): StrictCopy {
    const left = this.left[node.index];
    this.left[node.index] = undefined;
    const stream = node.saveStream();
    if (left !== undefined && left.age < COPY_EVERY && node.parts.every(({ state }, i) => state === left.states[i]))
      return { states: left.copies, stream, age: left.age + 1 };
    return { states: node.parts.map(({ state }) => clone(state)), stream, age: 0 };
  }

  /**
   * Says what is wrong with the handler that has just run, or returns undefined. Runs it once more from the copy and compares states
   * and effects; leaves the world as after the first run.
   * @param rerun gives the effects of the second run; undefined: it threw.
   */
  check(node: SimNode, first: Effects, before: StrictCopy, rerun: () => Effects | undefined): string | undefined {
    const states = node.parts.map(({ state }) => state);
    const stream = node.saveStream();
    restore(node, before.states, before.stream);
    const second = rerun();
    const again = node.parts.map(({ state }) => state);
    restore(node, states, stream);
    if (
      second !== undefined &&
      before.age < COPY_EVERY &&
      difference(first, second) === undefined &&
      this.agreement.holds(states, again)
    ) {
      this.left[node.index] = { states, copies: again, age: before.age };
      return undefined;
    }
    return whyNot(node, before, first, second, states, again);
  }
}

/** At length, and in words. */
function whyNot(
  node: SimNode,
  before: StrictCopy,
  first: Effects,
  second: Effects | undefined,
  states: readonly unknown[],
  again: readonly unknown[],
): string | undefined {
  for (const { path, state } of node.parts) {
    const why = whyNotPlain(state, 'state');
    if (why !== undefined) return `the state${path === '' ? '' : ` of "${path}"`} is not plain data: ${why}`;
  }
  if (second === undefined)
    return 'it throws when run a second time on the same state and input: does it keep hidden state (a module variable)?';
  return difference(first, second) ?? stateDifference(states, again) ?? sharedState(before, states, again);
}

function restore(node: SimNode, states: readonly unknown[], stream: StreamState | undefined): void {
  node.restoreStream(stream);
  states.forEach((state, i) => {
    (node.parts[i] as Part).state = state;
  });
}

const HINT =
  'run twice on the same state and input, it did something else: hidden state (a module variable), or an input that was changed?';

/** A boot that hands out one object again and again: nodes and incarnations would share it. */
function sharedState(before: StrictCopy, states: readonly unknown[], again: readonly unknown[]): string | undefined {
  const shares = states.some(
    (state, i) => before.states[i] === undefined && state === again[i] && !Object.isFrozen(state),
  );
  return shares
    ? 'boot returned the very same object twice (a module variable?): each call must make a new state'
    : undefined;
}

function difference(first: Effects, second: Effects): string | undefined {
  if (first.count !== second.count) return `${HINT} It recorded ${first.count} effects, then ${second.count}`;
  for (let i = 0; i < first.count; i++)
    if (!isSameAt(first, second, i))
      return `${HINT} Effect ${i + 1} was ${textAt(first, i)}, then ${textAt(second, i)}`;
  return undefined;
}

const isSameAt = (first: Effects, second: Effects, i: number): boolean =>
  first.kinds[i] === second.kinds[i] &&
  first.parts[i] === second.parts[i] &&
  samePlain(first.a[i], second.a[i]) &&
  samePlain(first.b[i], second.b[i]) &&
  samePlain(first.c[i], second.c[i]);

const textAt = ({ kinds, a, b, c }: Effects, i: number): string =>
  [
    effectNames[kinds[i] as number],
    ...[a[i], b[i], kinds[i] === SEND ? undefined : c[i]].filter((item) => item !== undefined).map(canonicalText),
  ].join(' ');

function stateDifference(states: readonly unknown[], again: readonly unknown[]): string | undefined {
  const differs = states.some((state, i) => !samePlain(state, again[i]));
  return differs ? `${HINT} The two states differ` : undefined;
}
