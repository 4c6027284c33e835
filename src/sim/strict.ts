/** Strict mode: finds what a handler hides from the kernel by running it twice and comparing. */
import type { Effects } from './effects.ts';
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
 * and effects; leaves the world as after the first run. At boot there is no earlier state to run from.
 */
export function checkRerun(
  node: SimNode,
  effects: Effects,
  before: StrictCopy | undefined,
  rerun: () => boolean,
): string | undefined {
  for (const { path, state } of node.parts) {
    const why = whyNotPlain(state, 'state');
    if (why !== undefined) return `the state${path === '' ? '' : ` of "${path}"`} is not plain data: ${why}`;
  }
  if (before === undefined) return undefined;
  const states = node.parts.map(({ state }) => state);
  const stream = node.saveStream();
  const first = effects.copy();
  restore(node, before.states, before.stream);
  effects.clear();
  if (!rerun())
    return 'it throws when run a second time on the same state and input: does it keep hidden state (a module variable)?';
  const why = difference(first, effects) ?? stateDifference(states, node);
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

function difference(first: Effects, second: Effects): string | undefined {
  if (first.count !== second.count) return `${HINT} It recorded ${first.count} effects, then ${second.count}`;
  for (let i = 0; i < first.count; i++) {
    const one = effectAt(first, i);
    const other = effectAt(second, i);
    if (!samePlain(one, other))
      return `${HINT} Effect ${i + 1} was ${canonicalText(one)}, then ${canonicalText(other)}`;
  }
  return undefined;
}

const effectAt = ({ kinds, parts, a, b, c }: Effects, i: number): unknown => [kinds[i], parts[i], a[i], b[i], c[i]];

function stateDifference(states: readonly unknown[], node: SimNode): string | undefined {
  const differs = node.parts.some(({ state }, i) => !samePlain(state, states[i]));
  return differs ? `${HINT} The two states differ` : undefined;
}
