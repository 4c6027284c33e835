/**
 * Seeds of a campaign. A seed is an unsigned integer (decimal or 0x hex, of any length) or any word, such as a commit hash.
 * The i-th seed of a campaign is the base plus i: `17` gives `17`, `18`, ...; `4dd91e2` gives `4dd91e2`, `4dd91e2+1`, ...
 * Each of these is a seed in its own right, and names the same plan wherever it is given.
 */
export interface Seed {
  /** `undefined` for plain integers. */
  readonly word: string | undefined;
  readonly offset: bigint;
}

/** A seed that is none. `hint` says what would be one. */
export class SeedError extends Error {
  override readonly name = 'SeedError';
  readonly hint =
    'A seed is an unsigned integer (17), a hexadecimal one (0x2a) or a word (a commit hash, release-1.2).';
}

const LENGTH_MAX = 200;

/** @throws SeedError when the text is no seed. */
export function parseSeed(text: string): Seed {
  if (/^\d+$/.test(text) || /^0x[0-9a-f]+$/i.test(text)) return { word: undefined, offset: BigInt(text) };
  const later = /^(.*[^\d+].*)\+(\d+)$/.exec(text);
  if (later !== null) return { word: checkedWord(later[1] as string, text), offset: BigInt(later[2] as string) };
  return { word: checkedWord(text, text), offset: 0n };
}

function checkedWord(word: string, text: string): string {
  if (word === '') throw new SeedError('an empty seed');
  if (word.startsWith('-')) throw new SeedError(`"${text}" is not a seed: it begins with a minus`);
  if (text.length > LENGTH_MAX)
    throw new SeedError(`a seed of ${text.length} characters: at most ${LENGTH_MAX} are allowed`);
  if (!/^[\p{L}\p{N}\p{P}\p{S}]+$/u.test(word)) {
    throw new SeedError(`${JSON.stringify(text)} is not a seed: blanks and control characters are not allowed`);
  }
  return word;
}

/** The seed `index` places after `seed`, as text: what users see, and what names the plan. */
export function seedAt(seed: Seed, index: number): string {
  const offset = seed.offset + BigInt(index);
  if (seed.word === undefined) return offset.toString();
  return offset === 0n ? seed.word : `${seed.word}+${offset}`;
}

/** A seed nobody has asked for: what `fuzz` takes when it is given none. Short enough to be typed again. */
export const freshSeed = (): Seed => ({ word: undefined, offset: BigInt(Math.floor(Math.random() * 2 ** 32)) });
