/** Is a history of client operations one that a single, instantaneous object could have produced? */
import type { Operation } from '../sim/history.ts';
import { type Part, preparePart } from './linearizability/part.ts';
import { Search } from './linearizability/search.ts';
import { Transitions } from './linearizability/transitions.ts';
import type { Model } from './model.ts';

/** `unknown`: the budget ran out. Not a pass. */
export type LinearizabilityVerdict = 'linearizable' | 'illegal' | 'unknown';

export interface LinearizabilityOptions {
  /** Search nodes to visit in all, over all parts. The same history gives the same verdict everywhere. Default 2,000,000. */
  readonly budget?: number;
  /** Judge every part instead of stopping at the first illegal one. */
  readonly judgeAll?: boolean;
  /** Step the model twice and compare: finds models that are not pure. */
  readonly strict?: boolean;
}

/** The verdict on one part, i.e. one key of a partitioned model, or everything. */
export interface PartVerdict {
  /** The partition key; absent when the model has no `partition`. */
  readonly key?: string | number;
  readonly verdict: LinearizabilityVerdict;
  /** Operations that were judged: not the ones that did not happen, nor observations that nobody saw. */
  readonly operations: number;
  readonly nodes: number;
  /**
   * Index of the operation to blame: the earliest return that no order of the operations gets past. With verdict
   * `unknown`: the furthest return that the search has got to.
   */
  readonly blame?: number;
}

export interface LinearizabilityResult {
  readonly verdict: LinearizabilityVerdict;
  /** Distinct search nodes visited, over all parts. */
  readonly nodes: number;
  /** How often the model was asked. */
  readonly steps: number;
  /** Operations judged, over all parts. Zero means that nothing was checked. */
  readonly operations: number;
  /** By key: numbers first, then strings. */
  readonly parts: readonly PartVerdict[];
  /** The part to look at first: of the illegal ones (else of the unknown ones) the one whose blamed operation returned first. */
  readonly worst?: PartVerdict;
}

const DEFAULT_BUDGET = 2_000_000;
/** An illegal part is often cheap and a hopeless one often first: all parts get a little before any gets much. */
const FIRST_ROUND_NODES = 256;
const ROUND_GROWTH = 4;

/**
 * Judges `operations` (in any order) against `model`. Operations with outcome `fail` did not happen and are ignored;
 * unknown ones may take effect at any time from their call on, or never.
 * @throws ModelError when the model contradicts itself or does not know an operation.
 */
export function checkLinearizability<State, Input, Output>(
  operations: readonly Operation[],
  model: Model<State, Input, Output>,
  options: LinearizabilityOptions = {},
): LinearizabilityResult {
  const searches = partition(operations, model).map((members) =>
    openPart(operations, members, model, options.strict ?? false),
  );
  runRoundRobin(searches, options.budget ?? DEFAULT_BUDGET, options.judgeAll ?? false);
  return summarize(operations, searches);
}

interface OpenPart {
  readonly key: string | number | undefined;
  readonly part: Part<unknown, unknown>;
  readonly transitions: Transitions<unknown, unknown, unknown>;
  readonly search: Search;
  verdict: LinearizabilityVerdict;
}

interface Members {
  readonly key: string | number | undefined;
  readonly indices: number[];
}

/** Indices of the operations of each part, by call; parts by key. */
function partition<State, Input, Output>(
  operations: readonly Operation[],
  model: Model<State, Input, Output>,
): Members[] {
  const order = orderByCall(operations);
  if (model.partition === undefined) return [{ key: undefined, indices: order }];
  const parts = new Map<string | number, Members>();
  for (const index of order) {
    const key = model.partition((operations[index] as Operation).input as Input);
    const members = parts.get(key);
    if (members === undefined) parts.set(key, { key, indices: [index] });
    else members.indices.push(index);
  }
  return [...parts.values()].sort((left, right) => compareKeys(left.key, right.key));
}

function orderByCall(operations: readonly Operation[]): number[] {
  const order = operations.map((_, index) => index);
  const calledAt = (index: number): number => (operations[index] as Operation).called;
  for (let index = 1; index < operations.length; index++) {
    if (calledAt(index - 1) > calledAt(index)) return order.sort((left, right) => calledAt(left) - calledAt(right));
  }
  return order;
}

function compareKeys(left: string | number | undefined, right: string | number | undefined): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (typeof left === 'number') return -1;
  if (typeof right === 'number') return 1;
  return (left ?? '') < (right ?? '') ? -1 : 1;
}

function openPart<State, Input, Output>(
  operations: readonly Operation[],
  members: Members,
  model: Model<State, Input, Output>,
  strict: boolean,
): OpenPart {
  const part = preparePart(operations, members.indices, model);
  const transitions = new Transitions(model, part.classes, strict) as unknown as OpenPart['transitions'];
  return { key: members.key, part, transitions, search: new Search(part, transitions), verdict: 'unknown' };
}

function runRoundRobin(parts: readonly OpenPart[], budget: number, judgeAll: boolean): void {
  let left = budget;
  let open = parts.slice();
  for (let slice = FIRST_ROUND_NODES; open.length > 0 && left > 0; slice *= ROUND_GROWTH) {
    for (const part of open) {
      const before = part.search.nodes;
      const outcome = part.search.run(before + Math.min(slice, left));
      left -= part.search.nodes - before;
      if (outcome !== 'paused') part.verdict = outcome;
      if (outcome === 'illegal' && !judgeAll) return;
      if (left <= 0) break;
    }
    open = open.filter((part) => part.verdict === 'unknown');
  }
}

function summarize(operations: readonly Operation[], searches: readonly OpenPart[]): LinearizabilityResult {
  const parts = searches.map(judge);
  const worst = worstPart(operations, parts);
  return {
    verdict: worst?.verdict ?? 'linearizable',
    nodes: parts.reduce((sum, part) => sum + part.nodes, 0),
    steps: searches.reduce((sum, { transitions }) => sum + transitions.steps, 0),
    operations: parts.reduce((sum, part) => sum + part.operations, 0),
    parts,
    ...(worst === undefined ? {} : { worst }),
  };
}

function judge({ key, part, search, verdict }: OpenPart): PartVerdict {
  const blame = verdict === 'linearizable' ? undefined : part.historyIndex[search.furthestReturn];
  return {
    ...(key === undefined ? {} : { key }),
    verdict,
    operations: part.historyIndex.length,
    nodes: search.nodes,
    ...(blame === undefined ? {} : { blame }),
  };
}

function worstPart(operations: readonly Operation[], parts: readonly PartVerdict[]): PartVerdict | undefined {
  const illegal = parts.filter((part) => part.verdict === 'illegal');
  const candidates = illegal.length > 0 ? illegal : parts.filter((part) => part.verdict === 'unknown');
  const blamedAt = (part: PartVerdict): number =>
    part.blame === undefined ? Number.POSITIVE_INFINITY : (operations[part.blame] as Operation).returned;
  return candidates.reduce<PartVerdict | undefined>(
    (worst, part) => (worst === undefined || blamedAt(part) < blamedAt(worst) ? part : worst),
    undefined,
  );
}
