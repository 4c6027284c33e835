/**
 * A set that only grows, every element added once, read as a whole: linearizable or not in O(n log n + elements read).
 * The contents read must form a chain; that fixes every operation's place up to order inside a level.
 */
import type { Operation } from '../../sim/history.ts';
import type { Json } from '../../sim/plain.ts';
import { canonicalKey } from '../model.ts';

/** Operations on an earlier level come before those on a later one. */
interface Placed {
  readonly level: number;
  readonly called: number;
  readonly returned: number;
}

interface Add {
  readonly operation: Operation;
  /** The smallest read that contains the element. */
  firstRead: number;
}

/**
 * Whether the part is linearizable; `undefined` when it is not adds of different elements and reads of everything.
 * Operations in any order, none with outcome `fail`.
 */
export function isGrowingSetByLevels(operations: readonly Operation[]): boolean | undefined {
  const adds = new Map<string | number, Add>();
  const reads: { readonly operation: Operation; readonly elements: readonly Json[] }[] = [];
  for (const operation of operations) {
    const { type, value } = operation.input as { readonly type: string; readonly value?: Json };
    const output = operation.output as { readonly value?: Json; readonly changed?: boolean } | undefined;
    if (type === 'add' && output?.changed === undefined) {
      const key = canonicalKey(value);
      if (adds.has(key)) return undefined;
      adds.set(key, { operation, firstRead: Number.POSITIVE_INFINITY });
    } else if (type === 'read' && operation.outcome === 'ok' && Array.isArray(output?.value)) {
      reads.push({ operation, elements: output.value as readonly Json[] });
    } else return undefined;
  }
  reads.sort((left, right) => left.elements.length - right.elements.length);
  const levels = placeReads(
    reads.map(({ elements }) => elements),
    adds,
  );
  if (levels === undefined) return false;
  const placedReads = reads.map(({ operation }, index) => place(operation, 2 * (levels[index] as number) + 1));
  const placedAdds = [...adds.values()]
    .filter(({ operation, firstRead }) => operation.outcome === 'ok' || firstRead !== Number.POSITIVE_INFINITY)
    .map(({ operation, firstRead }) => place(operation, 2 * firstRead));
  return !someMustComeBeforeAnEarlierOne([...placedReads, ...placedAdds]);
}

function place({ called, returned, outcome }: Operation, level: number): Placed {
  return { level, called, returned: outcome === 'ok' ? returned : Number.POSITIVE_INFINITY };
}

/** The level of each read (smallest first; equal contents share one), or undefined when they do not form a chain. */
function placeReads(reads: readonly (readonly Json[])[], adds: Map<string | number, Add>): number[] | undefined {
  const levels: number[] = [];
  let level = -1;
  let size = -1;
  for (const elements of reads) {
    const grown = elements.length > size;
    if (grown) level++;
    let fresh = 0;
    const seen = new Set<string | number>();
    for (const element of elements) {
      const key = canonicalKey(element);
      const add = adds.get(key);
      if (add === undefined || seen.has(key)) return undefined;
      seen.add(key);
      if (add.firstRead === Number.POSITIVE_INFINITY) {
        add.firstRead = level;
        fresh++;
      }
    }
    // All of the previous read must be in this one: then exactly the growth is fresh.
    if (fresh !== (grown ? elements.length - Math.max(size, 0) : 0)) return undefined;
    size = elements.length;
    levels.push(level);
  }
  return levels;
}

function someMustComeBeforeAnEarlierOne(placed: Placed[]): boolean {
  placed.sort((left, right) => right.level - left.level);
  let earliestReturn = Number.POSITIVE_INFINITY;
  let pendingReturn = Number.POSITIVE_INFINITY;
  let level = Number.POSITIVE_INFINITY;
  for (const operation of placed) {
    if (operation.level !== level) {
      earliestReturn = Math.min(earliestReturn, pendingReturn);
      pendingReturn = Number.POSITIVE_INFINITY;
      level = operation.level;
    }
    if (earliestReturn < operation.called) return true;
    pendingReturn = Math.min(pendingReturn, operation.returned);
  }
  return false;
}
