/** Is a history of client operations one that a single, instantaneous object could have produced? */
import type { Operation } from '../sim/history.ts';
import { type Part, preparePart } from './linearizability/part.ts';
import { earliestRefused, isJudged } from './linearizability/prefix.ts';
import { Search } from './linearizability/search.ts';
import { Transitions } from './linearizability/transitions.ts';
import { type Model, ModelError } from './model.ts';

/** `unknown`: the budget ran out. Not a pass. */
export type LinearizabilityVerdict = 'linearizable' | 'illegal' | 'unknown';

export interface LinearizabilityOptions {
  /** Search nodes to visit in all, over all parts. The same history gives the same verdict everywhere. Default 2,000,000. */
  readonly budget?: number;
  /** Judge every part instead of stopping at the first illegal one. */
  readonly judgeAll?: boolean;
  /** Do not use the model's polynomial check (`decide`) where it has one. */
  readonly searchOnly?: boolean;
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
  const budget = options.budget ?? DEFAULT_BUDGET;
  const parts = partitionHistory(operations, model).map((members) => openPart(operations, members, model, options));
  const refused = options.judgeAll ? undefined : parts.find(({ verdict }) => verdict === 'illegal');
  runRoundRobin(refused === undefined ? parts : [refused], budget, options.judgeAll ?? false);
  return summarize(operations, parts);
}

/** The operations that are about one object, by call. */
export interface PartMembers {
  readonly key: string | number | undefined;
  readonly indices: readonly number[];
}

/** Indices of the operations of each part, by call; parts by key: numbers first, then strings. */
export function partitionHistory<State, Input, Output>(
  operations: readonly Operation[],
  model: Model<State, Input, Output>,
): readonly PartMembers[] {
  const order = orderByCall(operations);
  if (model.partition === undefined) return [{ key: undefined, indices: order }];
  const parts = new Map<string | number, number[]>();
  for (const index of order) {
    const key = model.partition((operations[index] as Operation).input as Input);
    if (key === undefined) return [{ key: undefined, indices: order }];
    const members = parts.get(key);
    if (members === undefined) parts.set(key, [index]);
    else members.push(index);
  }
  return [...parts].map(([key, indices]) => ({ key, indices })).sort((left, right) => compareKeys(left.key, right.key));
}

function orderByCall(operations: readonly Operation[]): number[] {
  const order = operations.map((_, index) => index);
  const calledAt = (index: number): number => (operations[index] as Operation).called;
  for (let index = 1; index < operations.length; index++) {
    if (calledAt(index - 1) > calledAt(index)) return order.sort((left, right) => calledAt(left) - calledAt(right));
  }
  return order;
}

function compareKeys(left: string | number, right: string | number): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (typeof left === 'number') return -1;
  if (typeof right === 'number') return 1;
  return left < right ? -1 : 1;
}

interface OpenPart {
  readonly key: string | number | undefined;
  readonly operations: number;
  /** Absent when no question is left: neither what the verdict is, nor which operation is to blame. */
  readonly searching: Searching | undefined;
  verdict: LinearizabilityVerdict;
  /** The operation to blame, where it is known without the search, or better than by it. */
  blame: number | undefined;
}

interface Searching {
  /**
   * Known before: `refused`, by the model's polynomial check; `impossible`, for an answer that is so by itself. Then the
   * search only looks for an earlier return to blame; in the second case it need not get further than that answer.
   */
  readonly known: 'refused' | 'impossible' | undefined;
  readonly part: Part<unknown, unknown>;
  readonly transitions: Transitions<unknown, unknown, unknown>;
  readonly search: Search;
}

function openPart<State, Input, Output>(
  operations: readonly Operation[],
  { key, indices }: PartMembers,
  model: Model<State, Input, Output>,
  options: LinearizabilityOptions,
): OpenPart {
  const judged = indices.filter((index) => isJudged(operations[index] as Operation, model));
  const { length } = judged;
  const inQuestion = options.searchOnly ? [] : judged.map((index) => operations[index] as Operation);
  const decision = options.searchOnly ? undefined : model.decide?.(inQuestion);
  if (decision === true) return openedPart(key, length, undefined, 'linearizable', undefined);
  if (decision === false) {
    const blame = earliestRefused(operations, judged, model);
    const searching = blame === undefined ? openSearch(operations, judged, model, options, 'refused') : undefined;
    return openedPart(key, length, searching, 'illegal', blame);
  }
  const impossible = options.searchOnly ? undefined : model.impossible?.(inQuestion);
  if (impossible === undefined) {
    const searching = openSearch(operations, judged, model, options, undefined);
    return openedPart(key, length, searching, 'unknown', undefined);
  }
  const blame = judged[impossible] as number;
  const searching = openSearch(operations, judged, model, options, 'impossible');
  searching.search.goal = searching.part.historyIndex.indexOf(blame);
  return openedPart(key, length, searching, 'illegal', blame);
}

/** No spread: V8 would give each part a hidden class of its own. */
const openedPart = (
  key: OpenPart['key'],
  operations: number,
  searching: Searching | undefined,
  verdict: LinearizabilityVerdict,
  blame: number | undefined,
): OpenPart => ({ key, operations, searching, verdict, blame });

function openSearch<State, Input, Output>(
  operations: readonly Operation[],
  members: readonly number[],
  model: Model<State, Input, Output>,
  { strict = false }: LinearizabilityOptions,
  known: Searching['known'],
): Searching {
  const part = preparePart(operations, members, model);
  const transitions = new Transitions(model, part.classes, strict) as unknown as Searching['transitions'];
  return { known, part, transitions, search: new Search(part, transitions) };
}

function runRoundRobin(parts: readonly OpenPart[], budget: number, judgeAll: boolean): void {
  let left = budget;
  let open = parts.filter(({ searching }) => searching !== undefined);
  for (let slice = FIRST_ROUND_NODES; open.length > 0 && left > 0; slice *= ROUND_GROWTH) {
    const paused: OpenPart[] = [];
    for (const part of open) {
      const { search } = part.searching as Searching;
      const before = search.effort;
      const outcome = search.run(before + Math.min(slice, left));
      left -= search.effort - before;
      if (outcome === 'paused') paused.push(part);
      else settle(part, part.searching as Searching, outcome);
      if (part.verdict === 'illegal' && outcome !== 'paused' && !judgeAll) return;
      if (left <= 0) break;
    }
    open = paused;
  }
}

function settle(part: OpenPart, { known }: Searching, outcome: 'linearizable' | 'illegal'): void {
  if (known === 'impossible') {
    // All was fine before the impossible answer, or was not even then.
    if (outcome === 'illegal') part.blame = undefined;
    return;
  }
  // Two independent algorithms that disagree are a defect of ours or of the model, not a fact about the history.
  if (known === 'refused' && outcome === 'linearizable') {
    throw new ModelError(`the polynomial check says illegal, the search ${outcome}`);
  }
  part.verdict = outcome;
}

function summarize(operations: readonly Operation[], opened: readonly OpenPart[]): LinearizabilityResult {
  const parts = opened.map(judge);
  const worst = worstPart(operations, parts);
  return {
    verdict: worst?.verdict ?? 'linearizable',
    nodes: parts.reduce((sum, part) => sum + part.nodes, 0),
    steps: opened.reduce((sum, { searching }) => sum + (searching?.transitions.steps ?? 0), 0),
    operations: parts.reduce((sum, part) => sum + part.operations, 0),
    parts,
    ...(worst === undefined ? {} : { worst }),
  };
}

function judge({ key, operations, searching, verdict, blame: known }: OpenPart): PartVerdict {
  const reached = searching?.part.historyIndex[searching.search.furthestReturn];
  const blame = verdict === 'linearizable' ? undefined : (known ?? reached);
  return {
    ...(key === undefined ? {} : { key }),
    verdict,
    operations,
    nodes: searching?.search.nodes ?? 0,
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
