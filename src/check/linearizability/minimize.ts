/** Cuts a failing part of a history down to the operations that make it fail. */
import type { Operation } from '../../sim/history.ts';
import type { Model } from '../model.ts';
import { preparePart } from './part.ts';
import { isJudged, unanswered } from './prefix.ts';
import { Search, type SearchVerdict } from './search.ts';
import { Transitions } from './transitions.ts';

/** Search nodes for one question, and for all of them. */
const QUESTION_NODES = 20_000;
const ALL_NODES = 500_000;
/** Asking about many operations costs time even where no search is needed. */
const OPERATIONS_PER_NODE = 8;

/**
 * Operations (by call) that fail by themselves, and for the same reason: if all was fine without the blamed operation, or
 * with it free to take effect at any time, then so it stays. Without that a stale read would shrink to a read of a value
 * that, its write being cut, nobody wrote. None of them can be left out, as far as the budget allows to know.
 */
export function minimize<State, Input, Output>(
  operations: readonly Operation[],
  members: readonly number[],
  blame: number,
  model: Model<State, Input, Output>,
): readonly number[] {
  const blamedReturn = (operations[blame] as Operation).returned;
  // Nothing that is called after the blamed return can have a part in it.
  let kept = members.filter((index) => (operations[index] as Operation).called <= blamedReturn);
  let left = ALL_NODES;
  const ask = (history: readonly Operation[], indices: readonly number[]): SearchVerdict => {
    left -= 1 + Math.floor(indices.length / OPERATIONS_PER_NODE);
    const asked = indices.map((index) => history[index] as Operation).filter((one) => isJudged(one, model));
    const decision = model.decide?.(asked);
    if (decision !== undefined) return decision ? 'linearizable' : 'illegal';
    if (model.impossible?.(asked) !== undefined) return 'illegal';
    const part = preparePart(history, indices, model);
    const transitions = new Transitions(model, part.classes, false) as unknown as Transitions<
      unknown,
      unknown,
      unknown
    >;
    const search = new Search(part, transitions);
    const verdict = search.run(Math.min(QUESTION_NODES, left));
    left -= search.effort;
    return verdict;
  };
  // What returned later may or may not have taken effect by then.
  const cut = operations.map((operation) => (operation.returned > blamedReturn ? unanswered(operation) : operation));
  const loose = cut.map((operation, index) => (index === blame ? anyTime(operation) : operation));
  const byCall = (indices: readonly number[]): readonly number[] => [
    blame,
    ...indices.filter((index) => index !== blame),
  ];
  const excusable = (indices: readonly number[]): boolean => ask(loose, byCall(indices)) === 'linearizable';
  const standsWithout = (indices: readonly number[]): boolean =>
    ask(
      cut,
      indices.filter((index) => index !== blame),
    ) === 'linearizable';
  const reasons = [excusable, standsWithout].filter((reason) => reason(kept));
  const stillFails = (indices: readonly number[]): boolean =>
    left > 0 && ask(operations, indices) === 'illegal' && reasons.every((reason) => reason(indices));

  const tryWithout = (gone: ReadonlySet<number>): boolean => {
    if (left <= 0) return false;
    const rest = kept.filter((index) => !gone.has(index));
    if (rest.length === kept.length || gone.has(blame) || !stillFails(rest)) return false;
    kept = rest;
    return true;
  };
  // What is near is often enough, and much less to look at.
  for (let size = 1; size < kept.length; size *= 2) {
    const near = new Set([blame, ...kept.slice(-size)]);
    const nearest = kept.filter((index) => near.has(index));
    if (!stillFails(nearest)) continue;
    kept = nearest;
    break;
  }
  for (const group of groups(operations, kept)) tryWithout(new Set(group));
  for (let size = Math.ceil(kept.length / 2); size > 1; size = Math.ceil(size / 2)) {
    dropRuns(() => kept, tryWithout, size);
  }
  for (let before = -1; before !== kept.length; ) {
    before = kept.length;
    dropRuns(() => kept, tryWithout, 1);
  }
  if (left > 0) dropPairs(() => kept, tryWithout);
  return kept;
}

/** May take effect at any time at all. */
function anyTime(operation: Operation): Operation {
  return { ...operation, called: Number.NEGATIVE_INFINITY, returned: Number.MAX_VALUE };
}

/** What is likely to go in one piece: a whole client. */
function groups(operations: readonly Operation[], members: readonly number[]): readonly (readonly number[])[] {
  const clients = new Map<string, number[]>();
  for (const index of members) {
    const { process } = operations[index] as Operation;
    clients.set(process, [...(clients.get(process) ?? []), index]);
  }
  return [...clients.values()];
}

/** Runs of neighbours, `size` at a time. */
function dropRuns(
  kept: () => readonly number[],
  tryWithout: (gone: ReadonlySet<number>) => boolean,
  size: number,
): void {
  for (let from = 0; from < kept().length; ) {
    if (!tryWithout(new Set(kept().slice(from, from + size)))) from += size;
  }
}

/** What must leave together or not at all: an acquire and its release, a write and its only read. Near ones first. */
function dropPairs(kept: () => readonly number[], tryWithout: (gone: ReadonlySet<number>) => boolean): void {
  for (let changed = true; changed; ) {
    changed = false;
    for (let distance = 1; distance < kept().length; distance++) {
      for (let first = 0; first + distance < kept().length; first++) {
        const pair = [kept()[first] as number, kept()[first + distance] as number];
        if (tryWithout(new Set(pair))) changed = true;
      }
    }
  }
}
