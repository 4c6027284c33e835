/**
 * While a simulation runs, ambient time, randomness and I/O throw: a handler that used them could not be replayed.
 * The globals are replaced on entry and put back on exit; runs are synchronous, so nobody else can be surprised by it.
 */

/** A handler reached outside of its context. */
export class GuardError extends Error {
  override readonly name = 'GuardError';
}

const HINTS: { readonly [global: string]: string } = {
  'Date.now': 'use context.now or context.wallClock',
  'new Date': 'use context.now or context.wallClock',
  'Date()': 'use context.now or context.wallClock',
  'performance.now': 'use context.now',
  'process.hrtime': 'use context.now',
  'process.nextTick': 'handlers are synchronous',
  'Math.random': 'use context.random',
  'crypto.getRandomValues': 'use context.random',
  'crypto.randomUUID': 'use context.random',
  setTimeout: 'use context.setTimer',
  setInterval: 'use context.setTimer',
  setImmediate: 'use context.setTimer',
  queueMicrotask: 'handlers are synchronous',
  fetch: 'use context.send',
};

const refuse = (name: string): never => {
  throw new GuardError(`${name} is not available inside a simulation: ${HINTS[name]}`);
};

type Holder = { [key: string]: unknown };
const world = globalThis as unknown as Holder;

/** Dates of given times are made as ever; the present time is refused. */
const guardedDate = new Proxy(Date, {
  construct: (target, values, made) =>
    values.length === 0 ? refuse('new Date') : (Reflect.construct(target, values, made) as object),
  apply: () => refuse('Date()'),
  get: (target, property, receiver) =>
    property === 'now' ? () => refuse('Date.now') : Reflect.get(target, property, receiver),
});

/** `process.hrtime` and `process.hrtime.bigint`. */
const guardedHrtime = Object.assign(() => refuse('process.hrtime'), { bigint: () => refuse('process.hrtime') });

type Replacement = readonly [holder: Holder, property: string, value: unknown];

const refusals = (holder: Holder | undefined, prefix: string, names: readonly string[]): Replacement[] =>
  holder === undefined ? [] : names.map((name) => [holder, name, () => refuse(`${prefix}${name}`)]);

/** Made once; what this platform lacks is left out. */
const replacements: readonly Replacement[] = [
  [world, 'Date', guardedDate] as Replacement,
  ...(world.process === undefined ? [] : [[world.process as Holder, 'hrtime', guardedHrtime] as Replacement]),
  ...refusals(world.process as Holder | undefined, 'process.', ['nextTick']),
  ...refusals(Math as unknown as Holder, 'Math.', ['random']),
  ...refusals(world, '', ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'fetch']),
  ...refusals(world.performance as Holder | undefined, 'performance.', ['now']),
  ...refusals(world.crypto as Holder | undefined, 'crypto.', ['getRandomValues', 'randomUUID']),
].filter(([holder, property]) => holder[property] !== undefined);

let depth = 0;
let originals: PropertyDescriptor[] = [];

/** Runs `work` with the ambient world out of reach. May be nested. */
export function guarded<T>(work: () => T): T {
  if (depth === 0) enter();
  depth++;
  try {
    return work();
  } finally {
    // After `releaseGuard` there is nothing left to leave.
    if (depth > 0 && --depth === 0) leave();
  }
}

/** Puts the globals back after a run was cut off from outside (a watchdog's termination skips every `finally`). */
export function releaseGuard(): void {
  if (depth === 0) return;
  depth = 0;
  leave();
}

/** Why the ambient world cannot be put out of reach here, or undefined where it can. */
export const whyNotGuardable = (): string | undefined =>
  Object.isFrozen(Math)
    ? 'built-in objects are frozen (--frozen-intrinsics), so that Math.random, Date and others cannot be kept from a protocol'
    : undefined;

function enter(): void {
  const why = whyNotGuardable();
  if (why !== undefined) throw new Error(why);
  originals = replacements.map(([holder, key]) => Object.getOwnPropertyDescriptor(holder, key) ?? { value: undefined });
  for (const [holder, key, value] of replacements) {
    Object.defineProperty(holder, key, { value, configurable: true, writable: true });
  }
}

function leave(): void {
  replacements.forEach(([holder, key], i) => {
    const original = originals[i] as PropertyDescriptor;
    // A method inherited from a prototype had no property of its own.
    if ('value' in original && original.value === undefined) delete holder[key];
    else Object.defineProperty(holder, key, original);
  });
}
