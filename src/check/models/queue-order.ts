/**
 * A queue in which every enqueued value is different: linearizable or not in O(n log n).
 * Henzinger, Sezgin and Vafeiadis, "Aspect-oriented linearizability proofs" (2013): no value is dequeued that was not put
 * in, none twice, none overtakes an older one, and none was surely inside while the queue was said to be empty.
 */
import type { Operation } from '../../sim/history.ts';
import type { Json } from '../../sim/plain.ts';
import { canonicalKey } from '../model.ts';

interface Passage {
  enqueueCalled: number;
  enqueueReturned: number;
  dequeueCalled: number;
  dequeueReturned: number;
  enqueued: boolean;
  dequeued: boolean;
}

interface Interval {
  readonly from: number;
  readonly to: number;
}

const NEVER = Number.POSITIVE_INFINITY;

/**
 * Whether the part is linearizable; `undefined` when values repeat or a dequeue has an unknown outcome.
 * Operations in any order, none with outcome `fail`.
 */
export function isQueueByOrder(operations: readonly Operation[]): boolean | undefined {
  const passages = new Map<string | number, Passage>();
  const empties: Interval[] = [];
  for (const { input, output, outcome, called, returned } of operations) {
    const { type, value } = input as { readonly type: string; readonly value?: Json };
    const answer = output as { readonly value?: Json; readonly empty?: boolean } | undefined;
    if (type === 'enqueue') {
      const passage = passageOf(passages, value as Json);
      if (passage.enqueued) return undefined;
      passage.enqueued = true;
      passage.enqueueCalled = called;
      passage.enqueueReturned = outcome === 'ok' ? returned : NEVER;
    } else if (type !== 'dequeue' || outcome !== 'ok') return undefined;
    else if (answer?.empty === true) empties.push({ from: called, to: returned });
    else if (answer?.value === undefined) return undefined;
    else {
      const passage = passageOf(passages, answer.value);
      if (passage.dequeued) return enqueuesAreUnique(operations) ? false : undefined;
      passage.dequeued = true;
      passage.dequeueCalled = called;
      passage.dequeueReturned = returned;
    }
  }
  const happened = [...passages.values()].filter(
    ({ dequeued, enqueueReturned }) => dequeued || enqueueReturned !== NEVER,
  );
  if (happened.some(({ enqueueCalled, dequeueReturned }) => dequeueReturned < enqueueCalled)) return false;
  return !someOvertakes(happened) && empties.every(emptyIsPossible(happened));
}

/** A value dequeued twice is a violation only if it was not enqueued twice. */
function enqueuesAreUnique(operations: readonly Operation[]): boolean {
  const values = operations
    .map(({ input }) => input as { readonly type: string; readonly value?: Json })
    .filter(({ type }) => type === 'enqueue')
    .map(({ value }) => canonicalKey(value));
  return new Set(values).size === values.length;
}

function passageOf(passages: Map<string | number, Passage>, value: Json): Passage {
  const key = canonicalKey(value);
  let passage = passages.get(key);
  if (passage === undefined) {
    passage = {
      enqueueCalled: NEVER,
      enqueueReturned: NEVER,
      dequeueCalled: NEVER,
      dequeueReturned: NEVER,
      enqueued: false,
      dequeued: false,
    };
    passages.set(key, passage);
  }
  return passage;
}

/** Some value went in after an older one, for sure, and came out before it, for sure. */
function someOvertakes(passages: readonly Passage[]): boolean {
  const byCall = passages.slice().sort((left, right) => left.enqueueCalled - right.enqueueCalled);
  const byReturn = passages.slice().sort((left, right) => left.enqueueReturned - right.enqueueReturned);
  let latestOut = Number.NEGATIVE_INFINITY;
  let older = 0;
  for (const passage of byCall) {
    for (; older < byReturn.length; older++) {
      const before = byReturn[older] as Passage;
      if (before.enqueueReturned >= passage.enqueueCalled) break;
      latestOut = Math.max(latestOut, before.dequeueCalled);
    }
    if (passage.dequeueReturned < latestOut) return true;
  }
  return false;
}

/** Whether somewhere in an interval nothing need be inside. */
function emptyIsPossible(passages: readonly Passage[]): (empty: Interval) => boolean {
  const occupied = union(
    passages.map(({ enqueueReturned, dequeueCalled }) => ({ from: enqueueReturned, to: dequeueCalled })),
  );
  return ({ from, to }) => {
    let low = 0;
    let high = occupied.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((occupied[middle] as Interval).from < from) low = middle + 1;
      else high = middle;
    }
    const covering = occupied[low - 1];
    return covering === undefined || to >= covering.to;
  };
}

/** Disjoint open intervals with the same points, by start. Touching ones stay apart: the point between them is free. */
function union(intervals: readonly Interval[]): readonly Interval[] {
  const sorted = intervals.filter(({ from, to }) => from < to).sort((left, right) => left.from - right.from);
  const merged: { from: number; to: number }[] = [];
  for (const { from, to } of sorted) {
    const last = merged.at(-1);
    if (last !== undefined && from < last.to) last.to = Math.max(last.to, to);
    else merged.push({ from, to });
  }
  return merged;
}
