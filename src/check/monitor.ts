/** From properties to the observers of one run: what the kernel calls, and what is left to read when the run is over. */
import type { Finding, Observer, World } from '../sim/observer.ts';
import { type Judgement, linearizabilityObserver } from './linearizability-observer.ts';
import type { Always, Property, Sometimes } from './property.ts';
import type { Protocol } from './protocol.ts';

/** Name of the property that client histories are linearizable. */
export const LINEARIZABILITY = 'LIN';

/** `ES`, or `raft:ES` for a property of the component `raft`. */
export const qualifiedName = (path: string, name: string): string => (path === '' ? name : `${path}:${name}`);

/** A property with the path of the component it watches; '' for the protocol's own. */
export interface PlacedProperty {
  readonly path: string;
  readonly property: Property;
}

/** All properties of a protocol and of what it hosts: its own first, then by component. */
export function placedProperties(protocol: Protocol): readonly PlacedProperty[] {
  const own = protocol.properties.map((property) => ({ path: '', property }));
  const hosted = Object.entries(protocol.components ?? {}).flatMap(([path, component]) =>
    component.properties.map((property) => ({ path, property })),
  );
  return [...own, ...hosted];
}

export interface MonitorOptions {
  /** Qualified names of the invariants to check; all when absent. Goals are always watched. */
  readonly properties?: readonly string[];
  /** Search nodes that judging a client history may take. */
  readonly linearizabilityBudget?: number;
}

export interface Monitor {
  readonly observers: readonly Observer[];
  /** Goals reached so far, by qualified name, with the ordinal of the event. */
  goals(): { readonly [goal: string]: number };
  /** What was found about the client history; undefined before the end of the run, or when nobody asked. */
  judgement(): Judgement | undefined;
}

/** Fresh observers for one run. */
export function monitor(protocol: Protocol, options: MonitorOptions = {}): Monitor {
  const wanted = (name: string): boolean => options.properties?.includes(name) ?? true;
  const goals: { readonly name: string; readonly observer: Observer<GoalMemory> }[] = [];
  const observers: Observer[] = [];
  for (const { path, property } of placedProperties(protocol)) {
    const name = qualifiedName(path, property.name);
    if (property.kind === 'sometimes') {
      const observer = watchGoal(property, path);
      goals.push({ name, observer });
      observers.push(observer as Observer);
    } else if (wanted(name)) observers.push(watchInvariant(property, path) as Observer);
  }
  const history =
    protocol.model !== undefined && wanted(LINEARIZABILITY)
      ? linearizabilityObserver(LINEARIZABILITY, protocol.model, options.linearizabilityBudget)
      : undefined;
  if (history !== undefined) observers.push(history as Observer);
  return {
    observers,
    goals: () => reached(goals),
    judgement: () => history?.memory.judgement,
  };
}

function reached(goals: readonly { readonly name: string; readonly observer: Observer<GoalMemory> }[]): {
  readonly [goal: string]: number;
} {
  const events: { [goal: string]: number } = {};
  for (const { name, observer } of goals) if (observer.memory.reachedAt >= 0) events[name] = observer.memory.reachedAt;
  return events;
}

/** A property's memory is made at its first hook, when there is a world to make it from; `started` says whether it was. */
interface InvariantMemory {
  started: boolean;
  own: unknown;
}
interface GoalMemory extends InvariantMemory {
  /** Ordinal of the event, or -1. A goal that was reached is not asked again. */
  reachedAt: number;
}

/** The hooks of a property, told apart from its description. All take the memory first and the world last. */
const hookNames = ['step', 'boot', 'crash', 'send', 'deliver', 'durable', 'log', 'note', 'returned', 'end'] as const;
type HookName = (typeof hookNames)[number];

// biome-ignore lint/suspicious/noExplicitAny: one adapter serves hooks of ten different signatures.
type AnyHook = (...arguments_: any[]) => any;

function watchInvariant(property: Always<unknown>, path: string): Observer<InvariantMemory> {
  const observer: Observer<InvariantMemory> = { name: property.name, path, memory: { started: false, own: undefined } };
  return withHooks(observer, property, (hook, arity) => invariantHook(observer, property, hook, arity));
}

function watchGoal(property: Sometimes<unknown>, path: string): Observer<GoalMemory> {
  const memory: GoalMemory = { started: false, own: undefined, reachedAt: -1 };
  const observer: Observer<GoalMemory> = { name: property.name, path, memory };
  return withHooks(observer, property, (hook, arity) => goalHook(observer, property, hook, arity));
}

function withHooks<Memory>(
  observer: Observer<Memory>,
  property: Property,
  adapt: (hook: AnyHook, arity: number) => AnyHook,
): Observer<Memory> {
  const table = observer as { -readonly [name in HookName]?: AnyHook };
  for (const name of hookNames) {
    const hook: AnyHook | undefined = property[name];
    if (hook !== undefined) table[name] = adapt(hook.bind(property), hookArity[name]);
  }
  return observer;
}

/** Arguments of an observer's hook, the world included. Adapters of fixed arity: rest arguments would cost an array a call. */
const hookArity: { readonly [name in HookName]: 1 | 2 | 3 | 4 } = {
  step: 3,
  boot: 2,
  crash: 3,
  send: 4,
  deliver: 4,
  durable: 2,
  log: 4,
  note: 4,
  returned: 2,
  end: 1,
};

function invariantHook(
  observer: Observer<InvariantMemory>,
  property: Always<unknown>,
  hook: AnyHook,
  arity: number,
): AnyHook {
  const memory = (world: World): unknown => {
    const held = observer.memory;
    if (!held.started) start(held, property, world);
    return held.own;
  };
  switch (arity) {
    case 1:
      return (world: World) => asFinding(hook(memory(world), world));
    case 2:
      return (first: unknown, world: World) => asFinding(hook(memory(world), first, world));
    case 3:
      return (first: unknown, second: unknown, world: World) => asFinding(hook(memory(world), first, second, world));
    default:
      return (first: unknown, second: unknown, third: unknown, world: World) =>
        asFinding(hook(memory(world), first, second, third, world));
  }
}

function goalHook(observer: Observer<GoalMemory>, property: Sometimes<unknown>, hook: AnyHook, arity: number): AnyHook {
  /** The goal's memory, or undefined when there is nothing left to ask. */
  const open = (world: World): GoalMemory | undefined => {
    const held = observer.memory;
    if (held.reachedAt >= 0) return undefined;
    if (!held.started) start(held, property, world);
    return held;
  };
  const settle = (held: GoalMemory, world: World, answer: unknown): undefined => {
    if (answer === true) held.reachedAt = world.event;
  };
  switch (arity) {
    case 1:
      return (world: World) => {
        const held = open(world);
        if (held !== undefined) settle(held, world, hook(held.own, world));
      };
    case 2:
      return (first: unknown, world: World) => {
        const held = open(world);
        if (held !== undefined) settle(held, world, hook(held.own, first, world));
      };
    case 3:
      return (first: unknown, second: unknown, world: World) => {
        const held = open(world);
        if (held !== undefined) settle(held, world, hook(held.own, first, second, world));
      };
    default:
      return (first: unknown, second: unknown, third: unknown, world: World) => {
        const held = open(world);
        if (held !== undefined) settle(held, world, hook(held.own, first, second, third, world));
      };
  }
}

function start(memory: InvariantMemory, property: Property, world: World): void {
  memory.own = property.start(world);
  memory.started = true;
}

function asFinding(answer: Finding | string | undefined): Finding | undefined {
  return typeof answer === 'string' ? { sentence: answer } : answer;
}
