/** What people type after an option, read or refused in words. */
import type { Shard } from '../explore/report.ts';
import { parseSeed, SeedError, seedAt } from '../explore/seeds.ts';
import { readDuration } from '../scenario/values.ts';
import { type Predicate, predicateWords, readPredicate } from '../timeline/predicate.ts';
import { UsageError } from './exit.ts';

/** The seed as it is known from then on: `0x2a` is 42. */
export function readSeed(text: string): string {
  try {
    return seedAt(parseSeed(text), 0);
  } catch (error) {
    if (!(error instanceof SeedError)) throw error;
    throw new UsageError(`--seed: ${error.message}`, error.hint);
  }
}

export function readCount(option: string, text: string | undefined, least = 1, example = 1000): number | undefined {
  if (text === undefined) return undefined;
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(number) && number >= least) return number;
  throw new UsageError(
    `${option}: ${JSON.stringify(text)} is not a whole number of at least ${least}`,
    `e.g. ${option} ${example}`,
  );
}

/** `3/8`: the third of eight parts. */
export function readShard(text: string | undefined): Shard | undefined {
  if (text === undefined) return undefined;
  const [, index, count] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  if (index !== undefined && count !== undefined && index >= 1 && index <= count && Number.isSafeInteger(count)) {
    return { index, count };
  }
  throw new UsageError(
    `--shard: ${JSON.stringify(text)} is no part of a campaign`,
    'e.g. --shard 3/8: the third of eight, counted from 1',
  );
}

/** Where a run is to stop. */
export function readUntil(text: string): Predicate {
  const predicate = readPredicate(text);
  if (predicate !== undefined) return predicate;
  const wrong = text.split(/\s+/).find((word) => word !== '' && readPredicate(word) === undefined) ?? text;
  throw new UsageError(
    `--until: ${JSON.stringify(wrong)} means nothing`,
    `one or several of: ${predicateWords}\nseveral in quotes must hold in one event: --until "message:Vote node:n1"`,
  );
}

/** `60s`, `2m`: in seconds. */
export function readSeconds(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const reading = readDuration(text, 'refused');
  if (!reading.ok)
    throw new UsageError(`${option}: ${reading.wrong}`, reading.hint ?? `e.g. ${option} 60s or ${option} 2m`);
  if (reading.value === 0) throw new UsageError(`${option}: no time at all is left for a run`, `e.g. ${option} 60s`);
  return reading.value / 1_000_000;
}
