/** Plain data: what node state, messages, durable records and plans are made of. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

type Fields = { [key: string]: unknown };

/**
 * A deep copy of plain data, Maps, Sets and typed arrays. Frozen objects are shared, not copied: nobody can change them.
 * (Frozen at the top means frozen throughout here: `deepFreeze` freezes so, and strict mode finds what is frozen otherwise.)
 */
export function clone<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Object.isFrozen(value) && !(value instanceof Map || value instanceof Set)) return value;
  if (Array.isArray(value)) return cloneItems(value) as T;
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, clone(item)])) as T;
  if (value instanceof Set) return new Set([...value].map(clone)) as T;
  if (ArrayBuffer.isView(value)) return (value as unknown as Int32Array).slice() as T;
  const copy: Fields = {};
  for (const key of Object.keys(value)) copy[key] = clone((value as Fields)[key]);
  return copy as T;
}

/** At once, and then what is in it: long lists of numbers (memories by index) are most of what a snapshot copies. */
function cloneItems(items: readonly unknown[]): unknown[] {
  const copy = items.slice();
  for (let i = 0; i < copy.length; i++) {
    const item = copy[i];
    if (typeof item === 'object' && item !== null) copy[i] = clone(item);
  }
  return copy;
}

/** A deep copy of plain data that may be changed, whatever of the original is frozen. */
export function thawed<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(thawed) as T;
  const copy: Fields = {};
  for (const key of Object.keys(value)) copy[key] = thawed((value as Fields)[key]);
  return copy as T;
}

/** Freezes plain data throughout and returns it. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const key of Object.keys(value)) deepFreeze((value as Fields)[key]);
  return Object.freeze(value);
}

/**
 * Says why a value is not plain data, as `path: reason`, or returns undefined where it is.
 * Plain: null, booleans, finite numbers, strings, arrays without holes, and objects without prototype tricks whose keys are not
 * integer-like (engines enumerate such keys in numeric order, not in the order of insertion).
 */
export function whyNotPlain(value: unknown, path = '', depth = 0): string | undefined {
  // Paths are only put together where there is something to say.
  return isPlain(value, depth) ? undefined : findNotPlain(value, path, depth);
}

/** Whether a value is plain data, see `whyNotPlain`. */
export function isPlain(value: unknown, depth = 0): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value);
    case 'object':
      return value === null || knownPlain.has(value) || isPlainObject(value, depth);
    default:
      return false;
  }
}

function isPlainObject(value: object, depth: number): boolean {
  if (depth > DEPTH_MAX || !(Array.isArray(value) ? hasPlainItems(value, depth) : hasPlainFields(value, depth)))
    return false;
  if (Object.isFrozen(value)) {
    if (whyNotFrozen(value, '') !== undefined) return false;
    knownPlain.add(value);
  }
  return true;
}

function hasPlainItems(items: readonly unknown[], depth: number): boolean {
  // A hole is undefined, which is not plain.
  for (let i = 0; i < items.length; i++) if (!isPlain(items[i], depth + 1)) return false;
  return true;
}

function hasPlainFields(value: object, depth: number): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  for (const key of Object.keys(value))
    if (!isPlainKey(key) || !isPlain((value as Fields)[key], depth + 1)) return false;
  return true;
}

const INTEGER_LIKE = /^(0|[1-9][0-9]*)$/;
const isIntegerLike = (key: string): boolean => {
  const first = key.charCodeAt(0);
  return first >= 48 && first <= 57 && INTEGER_LIKE.test(key);
};

/** Whether plain data may have a key of this name. */
export const isPlainKey = (key: string): boolean => key !== '__proto__' && !isIntegerLike(key);

/** The same walk in words: it finds something exactly where `isPlain` says no. */
export function findNotPlain(value: unknown, path = '', depth = 0): string | undefined {
  if (typeof value !== 'object' || value === null) return whyNoPlainLeaf(value, path);
  if (knownPlain.has(value)) return undefined;
  if (depth > DEPTH_MAX) return `${path.slice(0, 40)}...: nested more than ${DEPTH_MAX} deep; does it contain itself?`;
  return whyNotPlainInside(value, path, depth) ?? (Object.isFrozen(value) ? whyNotFrozen(value, path) : undefined);
}

/** Frozen objects that were found plain stay plain: a log's entries are looked at once, not after every handler. */
const knownPlain = new WeakSet<object>();
export const isKnownPlain = (value: object): boolean => knownPlain.has(value);
const DEPTH_MAX = 200;

function whyNoPlainLeaf(value: unknown, path: string): string | undefined {
  const at = path === '' ? 'the value itself' : path;
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : `${at}: ${value} is not a finite number`;
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'object') return undefined;
  if (value === undefined) return `${at}: undefined is not plain data (use null, or leave the key out)`;
  return `${at}: a ${typeof value} is not plain data`;
}

/** Snapshots share what is frozen, and so must be able to rely on it. */
function whyNotFrozen(value: object, path: string): string | undefined {
  const loose = Object.entries(value).find(([, item]) => typeof item === 'object' && !Object.isFrozen(item ?? 0));
  if (loose === undefined) return undefined;
  const at = path === '' ? 'the value itself' : path;
  return `${at}: it is frozen, but what it holds at ${loose[0]} is not (freeze it throughout, or not at all)`;
}

function whyNotPlainInside(value: object, path: string, depth: number): string | undefined {
  const at = path === '' ? 'the value itself' : path;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      if (!(i in value)) return `${at}: the array has a hole at ${i}`;
      const why = findNotPlain(value[i], `${path}[${i}]`, depth + 1);
      if (why !== undefined) return why;
    }
    return undefined;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    const name = (prototype as { constructor?: { name?: string } }).constructor?.name ?? 'class';
    return `${at}: an instance of ${name} is not plain data (use objects and arrays)`;
  }
  for (const key of Object.keys(value)) {
    if (isIntegerLike(key)) {
      return `${at}: the key "${key}" looks like an integer; such keys are enumerated out of order (use an array, or a key like "k${key}")`;
    }
    if (key === '__proto__') return `${at}: the key "__proto__" means an object's prototype`;
    const why = findNotPlain((value as Fields)[key], path === '' ? key : `${path}.${key}`, depth + 1);
    if (why !== undefined) return why;
  }
  return undefined;
}

/** Structural equality of plain data, whatever the order of keys. What both share (frozen entries, mostly) is not walked. */
export function samePlain(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const keys = Object.keys(one);
  if (keys.length !== Object.keys(other).length) return false;
  for (const key of keys)
    if (!Object.hasOwn(other, key) || !samePlain((one as Fields)[key], (other as Fields)[key])) return false;
  return true;
}

/** Order by UTF-16 units: the same everywhere, unlike a locale's. */
export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** A text that is equal exactly for equal plain data, whatever the order of keys. For hashes and comparisons off the hot path. */
export function canonicalText(value: unknown): string {
  if (value === undefined) return 'undefined';
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalText).join()}]`;
  if (value instanceof Map) return `Map${canonicalText([...value])}`;
  if (value instanceof Set) return `Set${canonicalText([...value])}`;
  const fields = value as Fields;
  const keys = Object.keys(fields).sort(byText);
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalText(fields[key])}`).join()}}`;
}
