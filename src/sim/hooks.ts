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

/** What of an observer its code depends on. */
type Ears = readonly unknown[];

const hookNames = Object.keys(parameters) as readonly HookName[];
const earsOf = ({ observer }: Listener): Ears => [observer.messages, ...hookNames.map((name) => observer[name])];

/** Code for one hook, or for messages of one type, of the listeners at these places; undefined when nobody listens. */
type Code = ((listeners: readonly Listener[], judge: unknown) => AnyFunction) | undefined;

/**
 * The code for one list of observers. It is made once and serves all runs that watch the same: a campaign makes many thousands of runs,
 * and code of a run's own would start cold in each.
 */
export class HookCode {
  private readonly observers: readonly object[];
  private readonly ears: readonly Ears[];
  /** By hook, or hook and message type. */
  private readonly asked = new Map<string, Code>();
  /** By hook and the places of its listeners. */
  private readonly made = new Map<string, Code>();

  constructor(listeners: readonly Listener[]) {
    this.observers = listeners.map(({ observer }) => observer);
    this.ears = listeners.map(earsOf);
  }

  /** One function that calls this hook of all listeners that have it, and that want messages of this type; undefined when none does. */
  callerOf<Name extends HookName, Of extends Listener>(
    name: Name,
    type: string | undefined,
    listeners: readonly Of[],
    judge: Judge<Of>,
  ): Callers[Name] | undefined {
    const key = type === undefined ? name : `${name} ${type}`;
    const known = this.asked.get(key);
    const code = known !== undefined || this.asked.has(key) ? known : this.find(key, name, type, listeners);
    return code?.(listeners, judge) as Callers[Name] | undefined;
  }

  private find(key: string, name: HookName, type: string | undefined, listeners: readonly Listener[]): Code {
    const places = listeners.flatMap(({ observer }, place) =>
      observer[name] !== undefined && (type === undefined || (observer.messages?.includes(type) ?? true))
        ? [place]
        : [],
    );
    const list = `${name} ${places}`;
    const code = this.made.get(list) ?? generate(name, places, listeners);
    this.made.set(list, code);
    this.asked.set(key, code);
    return code;
  }

  fits(listeners: readonly Listener[]): boolean {
    return (
      listeners.length === this.ears.length &&
      listeners.every(({ observer }, i) => {
        // Most observers serve all runs.
        if (observer === this.observers[i]) return true;
        const ears = this.ears[i] as Ears;
        return observer.messages === ears[0] && hookNames.every((name, hook) => observer[name] === ears[hook + 1]);
      })
    );
  }
}

/** Latest last. Few lists are in use at a time: one for each role of a protocol. */
const codes: HookCode[] = [];
const CODES_MAX = 64;

/** The code for these listeners, which may be that of an earlier run. */
export function hookCodeFor(listeners: readonly Listener[]): HookCode {
  const known = codes.find((code) => code.fits(listeners));
  if (known !== undefined) return known;
  const code = new HookCode(listeners);
  codes.push(code);
  if (codes.length > CODES_MAX) codes.shift();
  return code;
}

function generate(name: HookName, places: readonly number[], listeners: readonly Listener[]): Code {
  if (places.length === 0) return undefined;
  const [all, handedOn, node] = parameters[name];
  const calls = places.map(
    (i) => `if (l${i}.reachedAt < 0) {
      asked = l${i};
      const verdict = h${i}(l${i}.memory, ${handedOn});
      if (verdict !== undefined && verdict !== false) judge.answered(l${i}, verdict, ${node});
    }`,
  );
  const source = `return function (listeners, judge) {
    ${places.map((i) => `const l${i} = listeners[${i}];`).join('\n')}
    return function ${name}(${all}) {
      let asked;
      try { ${calls.join('\n')} } catch (error) { judge.threw(asked, '${name}', error); }
    };
  }`;
  const hooks = places.map((i) => (listeners[i] as Listener).observer[name] as AnyFunction);
  return new Function(...places.map((i) => `h${i}`), source)(...hooks) as Code;
}
