/** Why a part of a history is not linearizable: how far orders get, what they are stuck on, and a smaller history that fails too. */
import type { Operation } from '../../sim/history.ts';
import type { Call, Model } from '../model.ts';
import { minimize } from './minimize.ts';
import { type Part, preparePart } from './part.ts';
import { isJudged } from './prefix.ts';
import { replay } from './replay.ts';
import { type OrderStep, Search, type Visit } from './search.ts';
import { ILLEGAL, Transitions } from './transitions.ts';

/** Operations are indices into the history that was judged. */
export interface Explanation {
  readonly key?: string | number;
  /** The return that no order gets past. */
  readonly blame: number;
  /** What stands out about the blamed operation, e.g. "nobody had written 3". */
  readonly remark?: string;
  /** All operations of the part, by call. */
  readonly operations: readonly number[];
  /** Orders that get to the blamed return, one for each state that they leave; at most `ORDERS_MAX`. */
  readonly orders: readonly PartialOrder[];
  /** For operations that are in none of `orders`: the longest order with them. */
  readonly longest: readonly PartialOrder[];
  /** A part of the operations that fails by itself, for the same reason; removing any one of them would lose it. By call. */
  readonly minimal: readonly number[];
  /** Whether the search saw all there is. When not, `orders` are the ones seen. */
  readonly complete: boolean;
}

export interface PartialOrder {
  readonly steps: readonly { readonly operation: number; readonly state: string }[];
  /** The state at the end. */
  readonly state: string;
  /** Why each operation that could have come next did not. The blamed one, or the one it is stuck on, first. */
  readonly refused: readonly Refusal[];
}

export interface Refusal {
  readonly operation: number;
  /** `impossible`: not with that answer, in that state. `useless`: it can come next, but no order goes on from there. */
  readonly why: 'impossible' | 'useless';
}

const ORDERS_MAX = 8;
/** Nodes to look at for explaining; the verdict has its own budget. */
const EXPLAIN_NODES = 200_000;

/** The members of the part to explain, by call: what `partitionHistory` gives. */
export interface PartToExplain {
  readonly key?: string | number | undefined;
  readonly indices: readonly number[];
  /** What the verdict blamed. */
  readonly blame?: number | undefined;
}

/** `undefined` when the part is linearizable. */
export function explainPart<State, Input, Output>(
  operations: readonly Operation[],
  { key, indices, blame: known }: PartToExplain,
  model: Model<State, Input, Output>,
): Explanation | undefined {
  const members = indices.filter((index) => isJudged(operations[index] as Operation, model));
  const part = preparePart(operations, members, model);
  const transitions = new Transitions(model, part.classes, false);
  const untyped = transitions as unknown as Transitions<unknown, unknown, unknown>;
  const best = new BestOrders(part);
  const search = new Search(part, untyped, (visit) => best.note(visit));
  const outcome = search.run(EXPLAIN_NODES);
  // Where the search did not come to its end, whoever judged the history may know better.
  const blame = (outcome === 'paused' ? known : undefined) ?? part.historyIndex[search.furthestReturn];
  if (outcome === 'linearizable' || blame === undefined) return undefined;
  const furthest = pathsOf(part, untyped, best.furthest(search.furthestReturn));
  const covered = new Set([...furthest.values()].flatMap((path) => path.map(({ operation }) => operation)));
  const missing = best.openOperations(search.furthestReturn).filter((operation) => !covered.has(operation));
  const others = pathsOf(part, untyped, best.longestWith(missing));
  const write = (path: readonly OrderStep[]): PartialOrder => writeOrder(part, transitions, model, path);
  const { input, output } = operations[blame] as Operation;
  const call = { input: input as Input, ...(output === undefined ? {} : { output: output as Output }) };
  const remark = model.remark?.(call, callsUntil(operations, members, (operations[blame] as Operation).returned));
  return {
    ...(key === undefined ? {} : { key }),
    blame,
    ...(remark === undefined ? {} : { remark }),
    operations: members,
    orders: best.furthest(search.furthestReturn).map((visit) => write(furthest.get(visit) as readonly OrderStep[])),
    longest: best.longestWith(missing).map((visit) => write(others.get(visit) as readonly OrderStep[])),
    minimal: minimize(operations, members, blame, model),
    complete: outcome === 'illegal',
  };
}

function callsUntil<Input, Output>(
  operations: readonly Operation[],
  members: readonly number[],
  time: number,
): readonly Call<Input, Output>[] {
  return members
    .map((index) => operations[index] as Operation)
    .filter(({ called }) => called <= time)
    .map(({ input, output, outcome }) =>
      outcome === 'ok' ? { input: input as Input, output: output as Output } : { input: input as Input },
    );
}

/** A node that the search visited, by the number of its visit: its path is only written out once it is wanted. */
interface SeenOrder {
  readonly visit: number;
  /** Operations in the order, observers included. */
  readonly length: number;
}

/** The most telling of the orders that a search tries. */
class BestOrders {
  readonly #part: Part<unknown, unknown>;
  #visits = 0;
  /** Orders that got as far as any, by the state they leave. */
  #atFurthest = new Map<number, SeenOrder>();
  #furthest = -1;
  /** For each operation, the longest order that has it. */
  readonly #longestWith = new Map<number, SeenOrder>();

  constructor(part: Part<unknown, unknown>) {
    this.#part = part;
  }

  note(visit: Visit): void {
    const applied = this.openOperations(visit.at).filter((operation) => visit.isApplied(operation));
    const seen: SeenOrder = { visit: this.#visits++, length: visit.at + applied.length };
    for (const operation of applied) {
      if ((this.#longestWith.get(operation)?.length ?? -1) < seen.length) this.#longestWith.set(operation, seen);
    }
    if (visit.at < this.#furthest) return;
    if (visit.at > this.#furthest) {
      this.#furthest = visit.at;
      this.#atFurthest = new Map();
    }
    const known = this.#atFurthest.get(visit.state);
    if (known === undefined || known.length < seen.length) this.#atFurthest.set(visit.state, seen);
  }

  /** Numbers of the visits, the longest orders first. */
  furthest(at: number): readonly number[] {
    if (at !== this.#furthest) return [];
    const orders = [...this.#atFurthest.values()].sort((left, right) => right.length - left.length);
    return orders.slice(0, ORDERS_MAX).map(({ visit }) => visit);
  }

  /** For each of these operations, the longest order that has it. */
  longestWith(operations: readonly number[]): readonly number[] {
    const orders = new Set(operations.flatMap((operation) => this.#longestWith.get(operation)?.visit ?? []));
    return [...orders].slice(0, ORDERS_MAX);
  }

  openOperations(at: number): number[] {
    const { updaterStart, openUpdaters, observerStart, openObservers, pendingOpen, definiteCount } = this.#part;
    const open = [
      ...openUpdaters.subarray(updaterStart[at], updaterStart[at + 1]),
      ...openObservers.subarray(observerStart[at], observerStart[at + 1]),
    ];
    for (let pending = 0; pending < (pendingOpen[at] as number); pending++) open.push(definiteCount + pending);
    return open;
  }
}

/** What the search did up to these visits. It is run again: the same part gives the same visits. */
function pathsOf(
  part: Part<unknown, unknown>,
  transitions: Transitions<unknown, unknown, unknown>,
  visits: readonly number[],
): ReadonlyMap<number, readonly OrderStep[]> {
  const paths = new Map<number, readonly OrderStep[]>();
  const wanted = new Set(visits);
  let count = 0;
  const search = new Search(part, transitions, (visit) => {
    if (wanted.has(count)) paths.set(count, visit.path());
    count++;
  });
  const last = Math.max(-1, ...visits);
  while (count <= last && search.run(search.effort + 1) === 'paused');
  return paths;
}

function writeOrder<State, Input, Output>(
  part: Part<Input, Output>,
  transitions: Transitions<State, Input, Output>,
  model: Model<State, Input, Output>,
  path: readonly OrderStep[],
): PartialOrder {
  const untyped = transitions as unknown as Transitions<unknown, unknown, unknown>;
  const untypedPart = part as unknown as Part<unknown, unknown>;
  const steps = replay(untypedPart, untyped, path);
  const states = trueStates(part, transitions, model, steps);
  const tell = (state: State): string => describeState(model, state);
  return {
    steps: steps.map(({ operation }, at) => ({
      operation: part.historyIndex[operation] as number,
      state: tell(states[at] as State),
    })),
    state: tell(states.at(-1) ?? model.initial),
    refused: refusals(untypedPart, untyped, steps, steps.at(-1)?.state ?? transitions.initial),
  };
}

/** The search merges states that nothing can tell apart; people want to see the ones that were really there. */
function trueStates<State, Input, Output>(
  part: Part<Input, Output>,
  transitions: Transitions<State, Input, Output>,
  model: Model<State, Input, Output>,
  steps: readonly OrderStep[],
): readonly State[] {
  let now = model.initial;
  return steps.map(({ operation, state }) => {
    const { input, output } = part.classes[part.classOf[operation] as number] as Call<Input, Output>;
    now = model.step(now, input, output).find((next) => transitions.idOf(next) === state) as State;
    return now;
  });
}

function describeState<State, Input, Output>(model: Model<State, Input, Output>, state: State): string {
  return model.describeState?.(state) ?? JSON.stringify(state);
}

/** What was open at the first return that the order did not get past, and not in it. */
function refusals(
  part: Part<unknown, unknown>,
  transitions: Transitions<unknown, unknown, unknown>,
  steps: readonly OrderStep[],
  state: number,
): readonly Refusal[] {
  const applied = new Set(steps.map(({ operation }) => operation));
  let at = 0;
  while (applied.has(at)) at++;
  if (at >= part.definiteCount) return [];
  const open = [
    ...part.openUpdaters.subarray(part.updaterStart[at], part.updaterStart[at + 1]),
    ...part.openObservers.subarray(part.observerStart[at], part.observerStart[at + 1]),
  ].sort((left, right) => left - right);
  for (let pending = 0; pending < (part.pendingOpen[at] as number); pending++) open.push(part.definiteCount + pending);
  return open
    .filter((operation) => !applied.has(operation))
    .map((operation) => {
      const impossible = transitions.next(state, part.classOf[operation] as number) === ILLEGAL;
      return { operation: part.historyIndex[operation] as number, why: impossible ? 'impossible' : 'useless' };
    });
}
