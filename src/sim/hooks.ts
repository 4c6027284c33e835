/**
 * From the hooks of many observers one function that calls them all.
 *
 * A loop over hooks is one call to many different functions, which V8 can neither predict nor inline: about 40 ns a hook. Here each
 * list of hooks gets code of its own, generated once, in which each hook has a call of its own; small hooks are then inlined.
 */
import type { UnsyncedWrites } from './faults.ts';
import type { Operation } from './history.ts';
import type { LogChange, Observer, Verdict, World } from './observer.ts';
import type { Json } from './plain.ts';

/** What the kernel calls: for each hook its inputs, the node it happens at first or, for `deliver`, second. */
export interface Callers {
  step(node: number, state: unknown, world: World): void;
  boot(node: number, world: World): void;
  crash(node: number, unsynced: UnsyncedWrites, world: World): void;
  send(from: number, to: number, message: unknown, world: World): void;
  deliver(from: number, to: number, message: unknown, world: World): void;
  durable(node: number, world: World): void;
  log(node: number, log: string, change: LogChange, world: World): void;
  note(node: number, text: string, data: Json | undefined, world: World): void;
  returned(node: number, operation: Operation, world: World): void;
}
export type HookName = keyof Callers;

/** Parameters of the callers, those handed on to the hooks, and which is the node. */
const parameters: { readonly [Name in HookName]: readonly [all: string, handedOn: string, node: string] } = {
  step: ['node, state, world', 'node, state, world', 'node'],
  boot: ['node, world', 'node, world', 'node'],
  crash: ['node, unsynced, world', 'node, unsynced, world', 'node'],
  send: ['from, to, message, world', 'from, to, message, world', 'from'],
  deliver: ['from, to, message, world', 'from, to, message, world', 'to'],
  durable: ['node, world', 'node, world', 'node'],
  log: ['node, log, change, world', 'node, log, change, world', 'node'],
  note: ['node, text, data, world', 'node, text, data, world', 'node'],
  returned: ['node, operation, world', 'operation, world', 'node'],
};

/** An observer in one run, as far as its hooks need it. */
export interface Listener {
  // biome-ignore lint/suspicious/noExplicitAny: memories differ; each observer is checked where it is written.
  readonly observer: Observer<any>;
  memory: unknown;
  /** Not negative once it has reached its goal: it is asked no more. */
  reachedAt: number;
}

// biome-ignore lint/suspicious/noExplicitAny: hooks and callers of all kinds.
type AnyFunction = (...inputs: any[]) => any;
/** Who is told what listeners answer. */
export interface Judge<Of extends Listener> {
  answered(listener: Of, verdict: Verdict, node: number): void;
  threw(listener: Of, hook: string, error: unknown): void;
}

/** One function for this hook of all listeners that have it; undefined when none has. */
export function callerOf<Name extends HookName, Of extends Listener>(
  name: Name,
  listeners: readonly Of[],
  judge: Judge<Of>,
): Callers[Name] | undefined {
  const interested = listeners.filter(({ observer }) => observer[name] !== undefined);
  if (interested.length === 0) return undefined;
  const hooks = interested.map(({ observer }) => observer[name] as AnyFunction);
  return codeFor(name, hooks)(interested, judge) as Callers[Name];
}

interface Code {
  readonly name: HookName;
  readonly hooks: readonly AnyFunction[];
  readonly make: AnyFunction;
}

/** By first hook: observers that are made anew for each run take their code with them when they go. */
const known = new WeakMap<AnyFunction, Code[]>();

function codeFor(name: HookName, hooks: readonly AnyFunction[]): AnyFunction {
  const first = hooks[0] as AnyFunction;
  const codes = known.get(first) ?? [];
  const found = codes.find((code) => code.name === name && isSame(code.hooks, hooks));
  if (found !== undefined) return found.make;
  const make = generate(name, hooks);
  known.set(first, [...codes, { name, hooks, make }]);
  return make;
}

const isSame = (left: readonly AnyFunction[], right: readonly AnyFunction[]): boolean =>
  left.length === right.length && left.every((hook, i) => hook === right[i]);

function generate(name: HookName, hooks: readonly AnyFunction[]): AnyFunction {
  const [all, handedOn, node] = parameters[name];
  const names = hooks.map((_, i) => `h${i}`);
  const calls = hooks.map(
    (_, i) => `if (l${i}.reachedAt < 0) {
      asked = l${i};
      const verdict = h${i}(l${i}.memory, ${handedOn});
      if (verdict !== undefined && verdict !== false) judge.answered(l${i}, verdict, ${node});
    }`,
  );
  const listeners = hooks.map((_, i) => `l${i}`);
  const source = `return function (listeners, judge) {
    const [${listeners}] = listeners;
    return function ${name}(${all}) {
      let asked;
      try { ${calls.join('\n')} } catch (error) { judge.threw(asked, '${name}', error); }
    };
  }`;
  return new Function(...names, source)(...hooks) as AnyFunction;
}
