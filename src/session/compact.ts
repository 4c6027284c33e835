/**
 * Snapshots that share with one another what has not changed. A run keeps much that only grows (logs, disks, what properties remember by
 * index, the client history), and every snapshot has a copy of all of it. In a compact snapshot long lists are trees, whose branches are
 * those of the snapshot before wherever nothing else is in them; objects and short lists that are equal are the same ones.
 */
import { Image } from '../sim/image.ts';
import type { Snapshot } from '../sim/snapshot.ts';

/** A snapshot that shares with others; opaque, and never written to. */
export interface CompactSnapshot {
  readonly root: unknown;
}

/**
 * @param previous one that was made of the same run shortly before: the closer, the more is shared.
 * The snapshot is used up: what is new in it belongs to the compact one.
 */
export const compact = (snapshot: Snapshot, previous?: CompactSnapshot): CompactSnapshot => ({
  root: compacted(snapshot, previous?.root),
});

/** Long lists that nobody needs any more, to be filled anew: garbage of that size is collected at a high price. */
export interface SpareLists {
  /** Used from the end on. */
  readonly free: unknown[][];
  /** Those that were filled since. */
  readonly used: unknown[][];
}

/** The snapshot again. What may be written to is nobody else's: it may be adopted. */
export const expand = ({ root }: CompactSnapshot, spare: SpareLists = { free: [], used: [] }): Snapshot =>
  expanded(root, spare) as Snapshot;

/** Items of a list in one node; longer lists are trees with as many branches at each node. */
const FAN = 64;
/** By height: how many items each part of a node stands for. */
const SPANS: readonly number[] = Array.from({ length: 6 }, (_, height) => FAN ** height);

/** A node of a list. */
class Tree {
  /** 0: holds items. Else it holds nodes that are lower by one. */
  readonly height: number;
  readonly parts: readonly unknown[];
  /** Of a node of items: whether they are all of one kind that nobody can write to, and are shared by all. */
  readonly kind: 'numbers' | 'frozen' | undefined;

  constructor(height: number, parts: readonly unknown[]) {
    this.height = height;
    this.parts = parts;
    this.kind = height === 0 ? kindOf(parts) : undefined;
  }
}

function kindOf(items: readonly unknown[]): Tree['kind'] {
  const isNumber = typeof items[0] === 'number';
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    if (isNumber ? typeof item !== 'number' : typeof item !== 'object' || !Object.isFrozen(item)) return undefined;
  }
  return isNumber ? 'numbers' : 'frozen';
}

class CompactMap {
  readonly keys: unknown;
  readonly values: unknown;

  constructor(keys: unknown, values: unknown) {
    this.keys = keys;
    this.values = values;
  }
}

class CompactSet {
  readonly items: unknown;

  constructor(items: unknown) {
    this.items = items;
  }
}

class CompactImage {
  readonly areas: unknown;

  constructor(areas: unknown) {
    this.areas = areas;
  }
}

type Fields = { [key: string]: unknown };

// --- Together -----------------------------------------------------------------------------------------------------------------------

/** `value` in its compact form, or `previous` where that is the same. */
function compacted(value: unknown, previous: unknown): unknown {
  if (typeof value !== 'object' || value === null || value === previous) return value;
  if (value instanceof Map) return compactMap(value, previous);
  if (value instanceof Set) return compactSet(value, previous);
  if (ArrayBuffer.isView(value)) return isSameView(value, previous) ? previous : value;
  if (value instanceof Image) return compactImage(value, previous);
  // What is frozen, and what is no plain data (events, effects), is shared already and does not change.
  if (Object.isFrozen(value)) return value;
  if (Array.isArray(value)) return compactList(value, previous);
  return Object.getPrototypeOf(value) === Object.prototype ? compactFields(value as Fields, previous) : value;
}

function compactMap(map: ReadonlyMap<unknown, unknown>, previous: unknown): CompactMap {
  const before = previous instanceof CompactMap ? previous : undefined;
  const keys = compactList([...map.keys()], before?.keys);
  const values = compactList([...map.values()], before?.values);
  return before !== undefined && before.keys === keys && before.values === values
    ? before
    : new CompactMap(keys, values);
}

function compactSet(set: ReadonlySet<unknown>, previous: unknown): CompactSet {
  const before = previous instanceof CompactSet ? previous : undefined;
  const items = compactList([...set], before?.items);
  return before !== undefined && before.items === items ? before : new CompactSet(items);
}

function compactImage({ areas }: Image, previous: unknown): CompactImage {
  const before = previous instanceof CompactImage ? previous : undefined;
  const compactAreas = compacted(areas, before?.areas);
  return before !== undefined && before.areas === compactAreas ? before : new CompactImage(compactAreas);
}

function isSameView(view: ArrayBufferView, previous: unknown): boolean {
  if (!ArrayBuffer.isView(previous) || previous.constructor !== view.constructor) return false;
  const [one, other] = [view, previous] as unknown as [Float64Array, Float64Array];
  return one.length === other.length && one.every((item, i) => Object.is(item, other[i]));
}

function compactFields(object: Fields, previous: unknown): unknown {
  const keys = Object.keys(object);
  const before = isFields(previous) ? previous : undefined;
  const keysBefore = before === undefined ? undefined : Object.keys(before);
  let isSame = keysBefore?.length === keys.length;
  let made: Fields | undefined;
  keys.forEach((key, i) => {
    const isSameKey = keysBefore?.[i] === key;
    const item = compacted(object[key], isSameKey ? before?.[key] : undefined);
    isSame = isSame && isSameKey && Object.is(item, before?.[key]);
    if (Object.is(item, object[key])) return;
    made ??= { ...object };
    made[key] = item;
  });
  return isSame ? previous : (made ?? object);
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** Short lists stay lists. */
function compactList(items: readonly unknown[], previous: unknown): unknown {
  if (items.length <= FAN) return compactFew(items, 0, items.length, Array.isArray(previous) ? previous : undefined);
  const height = SPANS.findIndex((span) => span * FAN >= items.length);
  return treeOf(items, 0, items.length, height, previous instanceof Tree ? previous : undefined);
}

/** Of the items from `start` on, up to `end`. `previous` may have another height: lists grow and shrink at their ends. */
function treeOf(
  items: readonly unknown[],
  start: number,
  end: number,
  height: number,
  previous: Tree | undefined,
): Tree {
  if (previous !== undefined && previous.height > height)
    return treeOf(items, start, end, height, previous.parts[0] as Tree);
  const before = previous?.height === height ? previous : undefined;
  if (height === 0) {
    const few = compactFew(items, start, end, before?.parts);
    return before !== undefined && before.parts === few ? before : new Tree(0, few);
  }
  const span = SPANS[height] as number;
  const parts: Tree[] = [];
  for (let at = start; at < end; at += span) {
    const under = before === undefined && parts.length === 0 ? previous : before?.parts[parts.length];
    parts.push(treeOf(items, at, Math.min(at + span, end), height - 1, under as Tree | undefined));
  }
  const isSame = before?.parts.length === parts.length && parts.every((part, i) => part === before.parts[i]);
  return isSame ? (before as Tree) : new Tree(height, parts);
}

function compactFew(
  items: readonly unknown[],
  start: number,
  end: number,
  before: readonly unknown[] | undefined,
): readonly unknown[] {
  if (before !== undefined && isUnchanged(items, start, end, before)) return before;
  const few = items.slice(start, end);
  for (let i = 0; i < few.length; i++) {
    const item = few[i];
    if (typeof item === 'object' && item !== null) few[i] = compacted(item, before?.[i]);
  }
  return few;
}

/** The beginning is compared by code that meets lists of one kind alone, which is several times faster. */
function isUnchanged(items: readonly unknown[], start: number, end: number, before: readonly unknown[]): boolean {
  if (before.length !== end - start) return false;
  const isOfNumbers = typeof before[0] === 'number';
  let i = isOfNumbers ? equalNumbers(items, start, before) : equalObjects(items, start, before);
  for (; i < before.length; i++) if (!isSame(items, start + i, before, i)) return false;
  return true;
}

/** How many items at the beginning are equal numbers. */
function equalNumbers(items: readonly unknown[], start: number, before: readonly unknown[]): number {
  let i = 0;
  while (i < before.length) {
    const item = items[start + i];
    if (typeof item !== 'number' || item !== before[i] || (item === 0 && !Object.is(item, before[i]))) break;
    i++;
  }
  return i;
}

/** How many items at the beginning are the same objects. */
function equalObjects(items: readonly unknown[], start: number, before: readonly unknown[]): number {
  let i = 0;
  while (i < before.length) {
    const item = items[start + i];
    if (typeof item !== 'object' || item !== before[i]) break;
    i++;
  }
  return i;
}

function isSame(items: readonly unknown[], at: number, before: readonly unknown[], place: number): boolean {
  const item = items[at];
  const known = before[place];
  // Lists by index may have holes, and keep them.
  if (item === undefined) return known === undefined && at in items === place in before;
  return Object.is(item, known) || (typeof item === 'object' && Object.is(compacted(item, known), known));
}

// --- And back -----------------------------------------------------------------------------------------------------------------------

function expanded(value: unknown, spare: SpareLists): unknown {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  if (Array.isArray(value)) return expandFew(value, spare);
  if (value instanceof Tree) return expandTree(value, spare);
  if (value instanceof CompactMap) return expandMap(value, spare);
  if (value instanceof CompactSet) return new Set(expanded(value.items, spare) as readonly unknown[]);
  if (value instanceof CompactImage) return expandImage(value, spare);
  if (ArrayBuffer.isView(value)) return (value as unknown as Float64Array).slice();
  return isFields(value) ? expandFields(value, spare) : value;
}

function expandFew(items: readonly unknown[], spare: SpareLists): readonly unknown[] {
  const copy = items.slice();
  for (let i = 0; i < copy.length; i++) {
    const item = copy[i];
    if (typeof item === 'object' && item !== null) copy[i] = expanded(item, spare);
  }
  return copy;
}

function expandTree(tree: Tree, spare: SpareLists): readonly unknown[] {
  const list = spare.free.pop() ?? [];
  list.length = fill(list, 0, tree, spare);
  spare.used.push(list);
  return list;
}

/** Writes what is in `tree` to `list`, from `at` on; answers where it ends. */
function fill(list: unknown[], at: number, { height, parts, kind }: Tree, spare: SpareLists): number {
  if (height > 0) return (parts as readonly Tree[]).reduce((end, part) => fill(list, end, part, spare), at);
  if (kind === 'numbers') copyNumbers(list, at, parts);
  else if (kind === 'frozen') copyFrozen(list, at, parts);
  else copyExpanded(list, at, parts, spare);
  return at + parts.length;
}

// Twice the same: code that meets lists of one kind alone is several times faster.
function copyNumbers(list: unknown[], at: number, parts: readonly unknown[]): void {
  for (let i = 0; i < parts.length; i++) list[at + i] = parts[i];
}

function copyFrozen(list: unknown[], at: number, parts: readonly unknown[]): void {
  for (let i = 0; i < parts.length; i++) list[at + i] = parts[i];
}

function copyExpanded(list: unknown[], at: number, parts: readonly unknown[], spare: SpareLists): void {
  for (let i = 0; i < parts.length; i++) {
    if (i in parts) list[at + i] = expanded(parts[i], spare);
    else makeHole(list, at + i);
  }
}

function makeHole(list: unknown[], at: number): void {
  delete list[at];
  list.length = Math.max(list.length, at + 1);
}

function expandMap({ keys, values }: CompactMap, spare: SpareLists): Map<unknown, unknown> {
  const items = expanded(values, spare) as readonly unknown[];
  return new Map((expanded(keys, spare) as readonly unknown[]).map((key, i) => [key, items[i]]));
}

function expandImage({ areas }: CompactImage, spare: SpareLists): Image {
  const image = new Image();
  for (const [path, area] of expanded(areas, spare) as Image['areas']) image.areas.set(path, area);
  return image;
}

function expandFields(object: Fields, spare: SpareLists): Fields {
  const copy: Fields = {};
  for (const key of Object.keys(object)) copy[key] = expanded(object[key], spare);
  return copy;
}
