/**
 * Damage to what a disk holds. It belongs to a record or an entry and stays with it: the same bad sector reads the same way twice. What is
 * written anew is whole again.
 */
import type { Image, LogImage } from './image.ts';
import { byText } from './plain.ts';
import type { DiskErrorKind } from './protocol.ts';
import { derive, scale } from './random.ts';

/** A record, or an entry of a log (with its index). */
export interface Place {
  readonly area: string;
  readonly target: string;
  readonly index: number | undefined;
  /** `hard`, `log[3]`, `raft:log[3]`. */
  readonly name: string;
}

export function nameOf(area: string, target: string, index?: number): string {
  const name = index === undefined ? target : `${target}[${index}]`;
  return area === '' ? name : `${area}:${name}`;
}

/** All records and entries of an image, in order of their names. */
export function placesOf({ areas }: Image): readonly Place[] {
  return inOrder(areas).flatMap(([area, { records, logs }]) => [
    ...inOrder(records).map(([target]) => ({ area, target, index: undefined, name: nameOf(area, target) })),
    ...inOrder(logs).flatMap(([target, log]) => entriesOf(area, target, log)),
  ]);
}

const entriesOf = (area: string, target: string, { first, entries }: LogImage): Place[] =>
  entries.map((_, i) => ({ area, target, index: first + i, name: nameOf(area, target, first + i) }));

const inOrder = <T>(map: ReadonlyMap<string, T>): (readonly [string, T])[] => [...map].sort(([a], [b]) => byText(a, b));

/** The place of this name, or, without one, any place, drawn. Undefined where there is none. */
export function placeIn(image: Image, name: string | undefined, bits: number): Place | undefined {
  const places = placesOf(image);
  return name === undefined ? places[scale(bits, places.length)] : places.find((place) => place.name === name);
}

export function damage(image: Image, { area, target, index }: Place, error: DiskErrorKind): void {
  if (index === undefined) image.damageRecord(area, target, error);
  else image.damageEntry(area, target, index, error);
}

/** It can be read again, if this is what was wrong with it. */
export function repair(image: Image, { area, target, index }: Place, error: DiskErrorKind): void {
  const here = image.areas.get(area);
  if (index === undefined) {
    if (here?.damaged?.get(target) === error) here.damaged.delete(target);
    return;
  }
  const damaged = here?.logs.get(target)?.damaged;
  if (damaged?.get(index) === error) damaged.delete(index);
}

/** Changes one bit of what is there, and nobody notices. False where nothing of it has bits to flip (null, booleans, empty lists). */
export function flipBit(image: Image, { area, target, index }: Place, bits: number): boolean {
  const here = image.areas.get(area);
  const log = here?.logs.get(target);
  const value = index === undefined ? here?.records.get(target) : log?.entries[index - log.first];
  const leaves = countLeaves(value);
  if (leaves === 0) return false;
  const changed = withLeaf(value, { left: scale(bits, leaves) }, (leaf) => flipped(leaf, derive(bits, 1)));
  if (index === undefined) here?.records.set(target, changed);
  else if (log !== undefined) log.entries[index - log.first] = changed;
  return true;
}

/** Numbers and texts that are not empty. */
const isLeaf = (value: unknown): value is number | string =>
  typeof value === 'number' || (typeof value === 'string' && value !== '');

function countLeaves(value: unknown): number {
  if (isLeaf(value)) return 1;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((sum: number, item) => sum + countLeaves(item), 0);
}

/** A copy in which the leaf with this number, counted down on the way, is another. */
function withLeaf(value: unknown, count: { left: number }, change: (leaf: number | string) => unknown): unknown {
  if (isLeaf(value)) return count.left-- === 0 ? change(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => withLeaf(item, count, change));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withLeaf(item, count, change)]));
}

/** One of the low eight bits of a whole number, or the lowest of a character. */
function flipped(leaf: number | string, bits: number): number | string {
  if (typeof leaf === 'number') {
    const step = 1 << scale(bits, 8);
    return Math.floor(Math.abs(leaf) / step) % 2 === 0 ? leaf + step : leaf - step;
  }
  const at = scale(bits, leaf.length);
  return `${leaf.slice(0, at)}${String.fromCharCode(leaf.charCodeAt(at) ^ 1)}${leaf.slice(at + 1)}`;
}
