/**
 * A rolling 64-bit digest in two 32-bit lanes. Two runs whose digests agree at an event took the same course up to it.
 *
 * Objects are hashed by code generated once per message type from the keys of its first message: a generic walk over keys and values
 * costs about ten times as much (measured: 560 ns against 40 ns for an AppendEntries). Generated code checks that the object has
 * exactly the keys it knows and hands it to the generic walk otherwise, so a digest never depends on which object came first.
 */

import { byText } from './plain.ts';

type Fields = { readonly [key: string]: unknown };
/** Hashes `object` and answers true, or changes nothing and answers false when its keys are not those the code was made for. */
type CompiledHash = (digest: Digest, object: Fields) => boolean;

const tag = { null: 1, true: 2, false: 3, undefined: 4, string: 5, float: 6, array: 7, object: 8 } as const;

/** String hashes are remembered: the same few thousand names, keys and values come again and again. */
const stringHashes = new Map<string, number>();
const STRING_HASHES_MAX = 20_000;

/** FNV-1a over UTF-16 units. */
export function hashString(text: string): number {
  const known = stringHashes.get(text);
  if (known !== undefined) return known;
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  if (stringHashes.size >= STRING_HASHES_MAX) stringHashes.clear();
  stringHashes.set(text, hash);
  return hash;
}

const float = new Float64Array(1);
const floatWords = new Int32Array(float.buffer);

export class Digest {
  private low = 0x243f6a88;
  private high = 0x13198a2e;

  /** One 32-bit word. */
  word(word: number): void {
    // Multiply and shift on one lane, multiply and add with another constant on the other: independent 32-bit mixes.
    let mixed = Math.imul(this.low ^ word, 0x9e3779b1);
    mixed ^= mixed >>> 15;
    this.low = mixed;
    this.high = Math.imul(((this.high << 13) | (this.high >>> 19)) ^ word, 0x85ebca6b) + 0x165667b1;
    this.high |= 0;
  }

  /** Any number; integers of 32 bits take the short way. */
  number(value: number): void {
    if ((value | 0) === value) {
      this.word(value);
      return;
    }
    float[0] = value;
    this.word(tag.float);
    this.word(floatWords[0] as number);
    this.word(floatWords[1] as number);
  }

  string(text: string): void {
    this.word(hashString(text) ^ tag.string);
  }

  /** Any plain data. */
  value(value: unknown): void {
    if (typeof value === 'number') this.number(value);
    else if (typeof value === 'string') this.string(value);
    else if (typeof value === 'object' && value !== null) {
      if (Array.isArray(value)) this.array(value);
      else this.object(value as Fields);
    } else
      this.word(value === null ? tag.null : value === true ? tag.true : value === false ? tag.false : tag.undefined);
  }

  array(items: readonly unknown[]): void {
    this.word(tag.array ^ (items.length << 4));
    for (let i = 0; i < items.length; i++) this.value(items[i]);
  }

  object(object: Fields): void {
    const type = object.type;
    const compiled = compiledFor(typeof type === 'string' ? type : '', object);
    if (!compiled(this, object)) walk(this, object);
  }

  toString(): string {
    return hex(this.high) + hex(this.low);
  }

  save(): readonly [number, number] {
    return [this.low, this.high];
  }

  load([low, high]: readonly [number, number]): void {
    this.low = low;
    this.high = high;
  }
}

const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');

/** Keys in order of their names, each with its value: what every compiled hash must agree with. */
function walk(digest: Digest, object: Fields): void {
  const keys = Object.keys(object).sort(byText);
  digest.word(tag.object ^ (keys.length << 4));
  for (const key of keys) {
    digest.word(hashString(key));
    digest.value(object[key]);
  }
}

const compiledByType = new Map<string, CompiledHash>();
/** Objects without a `type` share one entry per first key count; two shapes with equal counts fall back to the walk. */
const compiledByCount: (CompiledHash | undefined)[] = [];

function compiledFor(type: string, object: Fields): CompiledHash {
  if (type !== '') {
    const known = compiledByType.get(type);
    if (known !== undefined) return known;
    const made = compile(object);
    compiledByType.set(type, made);
    return made;
  }
  let count = 0;
  for (const _ in object) count++;
  const known = compiledByCount[count];
  if (known !== undefined) return known;
  const made = compile(object);
  compiledByCount[count] = made;
  return made;
}

/** Code like `let n = 0; for (const k in o) n++; const a = o["a"]; if (n !== 2 || a === undefined ...) return false; d.word(..); ...`. */
function compile(object: Fields): CompiledHash {
  const keys = Object.keys(object).sort(byText);
  const lines = ['let n = 0; for (const key in o) n++;'];
  keys.forEach((key, i) => {
    lines.push(`const v${i} = o[${JSON.stringify(key)}];`);
  });
  const absent = keys.map((_, i) => ` || v${i} === undefined`).join('');
  lines.push(`if (n !== ${keys.length}${absent}) return false;`, `d.word(${tag.object ^ (keys.length << 4)});`);
  keys.forEach((key, i) => {
    lines.push(`d.word(${hashString(key)});`);
    if (typeof object[key] === 'number')
      lines.push(`if (typeof v${i} === 'number') d.number(v${i}); else d.value(v${i});`);
    else lines.push(`d.value(v${i});`);
  });
  lines.push('return true;');
  return new Function('d', 'o', lines.join('\n')) as CompiledHash;
}
