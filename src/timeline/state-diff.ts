/** What a step changed in a node's state, field by field, as lines to read. */
import { cut, type Ink, type Line, tidy } from './ink.ts';

/** One difference between two states. */
export interface Difference {
  /** `log[8]`, `votes`, `role`. */
  readonly path: string;
  readonly kind: 'added' | 'removed' | 'changed';
  readonly before: unknown;
  readonly after: unknown;
}

const DIFFERENCES_MAX = 60;
const DEPTH_MAX = 3;

/** Differences in the order of the fields; long lists are compared from their first difference on. */
export function differencesOf(before: unknown, after: unknown): Difference[] {
  const found: Difference[] = [];
  compare('', before, after, 0, found);
  return found;
}

function compare(path: string, before: unknown, after: unknown, depth: number, found: Difference[]): void {
  if (found.length >= DIFFERENCES_MAX || same(before, after)) return;
  if (before === undefined) found.push({ path, kind: 'added', before, after });
  else if (after === undefined) found.push({ path, kind: 'removed', before, after });
  else if (Array.isArray(before) && Array.isArray(after) && isLong(before, after))
    compareLists(path, before, after, depth, found);
  else if (isTable(before) && isTable(after) && depth < DEPTH_MAX) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    for (const key of keys) compare(path === '' ? key : `${path}.${key}`, before[key], after[key], depth + 1, found);
  } else found.push({ path, kind: 'changed', before, after });
}

/** Short lists of plain values are told as a whole: `votes [n3] → [n3, n4]`. */
const isLong = (before: readonly unknown[], after: readonly unknown[]): boolean =>
  Math.max(before.length, after.length) > 6 || [...before, ...after].some((item) => typeof item === 'object');

function compareLists(
  path: string,
  before: readonly unknown[],
  after: readonly unknown[],
  depth: number,
  found: Difference[],
): void {
  const length = Math.max(before.length, after.length);
  for (let i = 0; i < length && found.length < DIFFERENCES_MAX; i++)
    compare(`${path}[${i}]`, before[i], after[i], depth + 1, found);
}

const isTable = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function same(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true;
  if (Array.isArray(left) && Array.isArray(right))
    return left.length === right.length && left.every((item, i) => same(item, right[i]));
  if (!isTable(left) || !isTable(right)) return false;
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => same(left[key], right[key]));
}

/** `+ log[8] {t:1}`, `~ role candidate → leader`. */
export function differenceLine({ path, kind, before, after }: Difference, width: number): Line {
  const sign = { added: '+', removed: '-', changed: '~' }[kind];
  const ink: Ink = kind === 'removed' ? 'removed' : kind === 'added' ? 'added' : 'plain';
  const name = `${sign} ${tidy(path)} `;
  const room = Math.max(4, width - name.length);
  if (kind === 'added') return lineOfTwo(name, cut(shortly(after), room), ink);
  if (kind === 'removed') return lineOfTwo(name, cut(shortly(before), room), ink);
  const half = Math.max(4, Math.floor((room - 3) / 2));
  const old = cut(shortly(before), half);
  return [
    { text: name, ink: 'plain' },
    { text: old, ink: 'removed' },
    { text: ' → ', ink: 'dim' },
    { text: cut(shortly(after), Math.max(4, room - 3 - old.length)), ink: 'added' },
  ];
}

const lineOfTwo = (name: string, text: string, ink: Ink): Line => [
  { text: name, ink: 'plain' },
  { text, ink },
];

const TEXT_MAX = 400;

/** Plain data as short as it can be written: keys without quotes, no blanks. */
function shortly(value: unknown, room: number = TEXT_MAX): string {
  if (typeof value === 'string') return tidy(value.slice(0, room));
  if (Array.isArray(value))
    return `[${someOf(
      value.map((item) => () => shortly(item, 80)),
      room,
    )}]`;
  if (value instanceof Map) return shortly(Object.fromEntries(value), room);
  if (value instanceof Set) return shortly([...value], room);
  if (!isTable(value)) return tidy(String(value));
  return `{${someOf(
    Object.entries(value).map(
      ([key, item]) =>
        () =>
          `${tidy(key)}:${shortly(item, 80)}`,
    ),
    room,
  )}}`;
}

function someOf(parts: readonly (() => string)[], room: number): string {
  let text = '';
  for (const part of parts) {
    if (text.length > room) return `${text},…`;
    text += `${text === '' ? '' : ','}${part()}`;
  }
  return text;
}

/** All of a state, a field a line. */
export function stateLines(state: unknown, width: number): Line[] {
  if (!isTable(state)) return [[{ text: cut(shortly(state), width), ink: 'plain' }]];
  return Object.entries(state).map(([name, value]) => [
    { text: `${tidy(name)} `, ink: 'dim' },
    { text: cut(shortly(value), Math.max(4, width - name.length - 1)), ink: 'plain' },
  ]);
}
