/** Strict mode: finds what a handler hides from the kernel by running it twice and comparing. */
import { type Effects, effectNames, SEND } from './effects.ts';
import { canonicalText, clone, samePlain, whyNotPlain } from './plain.ts';
import type { Part, SimNode } from './process.ts';
import type { StreamState } from './random.ts';

export interface StrictCopy {
  readonly states: readonly unknown[];
  readonly stream: StreamState | undefined;
}

/** What a rerun needs: the states of all parts and the node's random stream as they are before the handler. */
export function strictCopy(node: SimNode): StrictCopy {
  return { states: node.parts.map(({ state }) => clone(state)), stream: node.saveStream() };
}

/**
 * Says what is wrong with the handler that has just run, or returns undefined. Runs it once more from the copy and compares states
 * and effects; leaves the world as after the first run.
 */
export function checkRerun(
  node: SimNode,
  effects: Effects,
  before: StrictCopy,
  rerun: () => boolean,
): string | undefined {
  for (const { path, state } of node.parts) {
    const why = whyNotPlain(state, 'state');
    if (why !== undefined) return `the state${path === '' ? '' : ` of "${path}"`} is not plain data: ${why}`;
  }
  const states = node.parts.map(({ state }) => state);
  const stream = node.saveStream();
  const first = effects.copy();
  restore(node, before.states, before.stream);
  effects.clear();
  const worked = rerun();
  const again = node.parts.map(({ state }) => state);
  if (!worked)
    return 'it throws when run a second time on the same state and input: does it keep hidden state (a module variable)?';
  const why = difference(first, effects) ?? stateDifference(states, again) ?? sharedState(before, states, again);
  restore(node, states, stream);
  effects.assign(first);
  return why;
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
  for (let i = 0; i < first.count; i++) {
    const one = effectAt(first, i);
    const other = effectAt(second, i);
    if (!samePlain(one, other)) return `${HINT} Effect ${i + 1} was ${textAt(first, i)}, then ${textAt(second, i)}`;
  }
  return undefined;
}

const effectAt = ({ kinds, parts, a, b, c }: Effects, i: number): unknown => [kinds[i], parts[i], a[i], b[i], c[i]];

const textAt = ({ kinds, a, b, c }: Effects, i: number): string =>
  [
    effectNames[kinds[i] as number],
    ...[a[i], b[i], kinds[i] === SEND ? undefined : c[i]].filter((item) => item !== undefined).map(canonicalText),
  ].join(' ');

function stateDifference(states: readonly unknown[], again: readonly unknown[]): string | undefined {
  const differs = states.some((state, i) => !samePlain(state, again[i]));
  return differs ? `${HINT} The two states differ` : undefined;
}
