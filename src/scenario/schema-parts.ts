/** What scenario files are made of everywhere: durations, probabilities, distributions, and their descriptions. */
import * as z from 'zod';
import type { Distribution } from '../sim/config.ts';
import type { Json } from '../sim/plain.ts';
import type { ScenarioInput } from './input.ts';
import {
  DISTRIBUTION_EXPECTED,
  DURATION_EXPECTED,
  DURATION_PATTERN,
  PROBABILITY_EXPECTED,
  PROBABILITY_PATTERN,
  type Reading,
  readDistribution,
  readDuration,
  readProbability,
  SIGNED_DURATION_PATTERN,
} from './values.ts';

/** Whether a bare number is a duration in microseconds (modules) or a mistake (files). */
export type BareNumbers = 'refused' | 'micros';

export const table = (name: string): { description: string } => ({ description: `a table of settings of the ${name}` });

export const json: z.ZodType<Json, Json> = z.json() as z.ZodType<Json, Json>;

export const wholeNumber = (description: string, min: number, max: number = Number.MAX_SAFE_INTEGER): z.ZodNumber =>
  z.int().min(min).max(max).meta({ description });

export interface Quantities {
  readonly duration: z.ZodType<number, string | number>;
  readonly signedDuration: z.ZodType<number, string | number>;
  readonly probability: z.ZodType<number, string | number>;
  readonly distribution: z.ZodType<Distribution, ScenarioDistribution>;
}
type ScenarioDistribution = NonNullable<NonNullable<ScenarioInput['network']>['latency']>;

export function quantities(numbers: BareNumbers): Quantities {
  const duration = quantity((input) => readDuration(input, numbers)).meta({
    description: DURATION_EXPECTED,
    pattern: DURATION_PATTERN,
    examples: ['150ms', '2s'],
  });
  const signedDuration = quantity((input) => readDuration(input, numbers, true)).meta({
    description: `${DURATION_EXPECTED}, backwards with a minus`,
    pattern: SIGNED_DURATION_PATTERN,
    examples: ['-500ms', '2s'],
  });
  const probability = quantity((input) => readProbability(input)).meta({
    description: PROBABILITY_EXPECTED,
    pattern: PROBABILITY_PATTERN,
    examples: ['1%', 0.01],
  });
  return { duration, signedDuration, probability, distribution: distribution(numbers, duration, probability) };
}

function distribution(
  numbers: BareNumbers,
  duration: Quantities['duration'],
  probability: Quantities['probability'],
): Quantities['distribution'] {
  const tables = z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('constant'), value: duration }),
    z.strictObject({ kind: z.literal('uniform'), min: duration, max: duration }),
    z.strictObject({ kind: z.literal('exponential'), min: duration, mean: duration }),
    z.strictObject({ kind: z.literal('log-normal'), median: duration }),
    z
      .strictObject({ kind: z.literal('bimodal'), min: duration, max: duration, slowMax: duration, slow: probability })
      .transform(({ slow, ...rest }) => ({ ...rest, slowPpm: slow })),
  ]);
  const short = quantity((input) => readDistribution(input, numbers));
  return z
    .union([short, tables.refine(runsForward, { error: 'the range runs backwards', params: { hint: 'min <= max' } })])
    .meta({ description: DISTRIBUTION_EXPECTED, examples: ['2ms', '1ms..10ms'] });
}

function runsForward(value: Distribution): boolean {
  if (value.kind === 'uniform') return value.min <= value.max;
  return value.kind !== 'bimodal' || (value.min <= value.max && value.max <= value.slowMax);
}

/** Text or number that one of the readers of values.ts understands. */
const quantity = <T>(read: (input: string | number) => Reading<T>): z.ZodType<T, string | number> =>
  z.union([z.string(), z.number()]).transform((input, context) => {
    const reading = read(input);
    if (reading.ok) return reading.value;
    context.addIssue({ code: 'custom', message: reading.wrong, params: { hint: reading.hint } });
    return z.NEVER;
  });

/** `loss` and `duplication` as people write them become `lossPpm` and `duplicationPpm`. */
export function withPpm<T extends { loss?: number; duplication?: number }>(
  input: T,
): Omit<T, 'loss' | 'duplication'> & { lossPpm?: number; duplicationPpm?: number } {
  const { loss, duplication, ...rest } = input;
  return {
    ...rest,
    ...(loss === undefined ? {} : { lossPpm: loss }),
    ...(duplication === undefined ? {} : { duplicationPpm: duplication }),
  };
}

export const ratePpm: z.ZodInt = z
  .int()
  .min(-900_000)
  .max(10_000_000)
  .meta({ description: 'parts per million a clock runs too fast, e.g. 200 or -50000' });

/** A table with a `type` and further fields that only the protocol knows. */
export const typed = (
  description: string,
): z.ZodObject<{ type: z.ZodString }, z.core.$catchall<z.ZodType<Json, Json>>> =>
  z.object({ type: z.string() }).catchall(json).meta({ description });

export const fifo: z.ZodBoolean = z
  .boolean()
  .meta({ description: 'true or false: do messages of one link stay in order?' });

export const capacity: z.ZodNumber = wholeNumber('messages under way on one link at a time, e.g. 10', 1, 1_000_000);
