/** Fingerprints of replicated state: 32 bits, integer arithmetic only, the same on every engine. */
import type { Json } from '../../sim/plain.ts';

/** One step of a multiply-and-shift hash. */
export function mix(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x9e3779b1);
  return (mixed ^ (mixed >>> 15)) | 0;
}

const START = 0x2545f491;

export function fingerprint(value: Json | undefined): number {
  return mixValue(START, value);
}

/** A fingerprint of two values, the first of them mostly a key or a number. */
export function fingerprintPair(key: Json, value: Json | undefined): number {
  return mixValue(mixValue(START, key), value);
}

/** Numbers are mixed in as they are; everything else after the tag of its type, so that no two types look alike. */
const tags = { boolean: 3, null: 5, undefined: 7, text: 11, fraction: 13, array: 17, object: 19 } as const;

function mixValue(hash: number, value: Json | undefined): number {
  switch (typeof value) {
    case 'number':
      return mixNumber(hash, value);
    case 'string':
      return mixText(hash, value);
    case 'boolean':
      return mix(mix(hash, tags.boolean), value ? 1 : 0);
    case 'object':
      return value === null ? mix(mix(hash, tags.null), 0) : mixStructure(hash, value);
    default:
      return mix(mix(hash, tags.undefined), 0);
  }
}

function mixNumber(hash: number, value: number): number {
  const low = value | 0;
  return low === value ? mix(hash, low) : mixText(mix(hash, tags.fraction), String(value));
}

function mixText(hash: number, text: string): number {
  let mixed = mix(mix(hash, tags.text), text.length);
  for (let i = 0; i < text.length; i++) mixed = mix(mixed, text.charCodeAt(i));
  return mixed;
}

function mixStructure(hash: number, value: readonly Json[] | { readonly [key: string]: Json }): number {
  let mixed = mix(hash, Array.isArray(value) ? tags.array : tags.object);
  let members = 0;
  // Not Object.entries: fingerprints are taken with every command that is applied, and this allocates nothing.
  for (const key in value) {
    mixed = mixValue(mixText(mixed, key), (value as { readonly [key: string]: Json })[key]);
    members++;
  }
  return mix(mixed, members);
}
