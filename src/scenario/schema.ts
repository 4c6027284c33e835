/**
 * What a scenario file may say, once: it validates, turns what people write into `Scenario`, is published as JSON Schema for editors,
 * and its descriptions are the "expected" of error messages.
 */
import { z } from 'zod';
import type { ArgumentSpec, Distribution } from '../sim/config.ts';
import type { FaultKind } from '../sim/faults.ts';
import type { Json } from '../sim/plain.ts';
import type { ScenarioInput } from './input.ts';
import type { ChaosProfile, Scenario } from './scenario.ts';
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

const profiles = ['none', 'light', 'default', 'heavy'] as const satisfies readonly ChaosProfile[];
const faultKinds = [
  'partition',
  'isolate',
  'cut',
  'clog',
  'noise',
  'crash',
  'restart',
  'pause',
  'clock-step',
  'clock-rate',
  'slow-disk',
  'sync-error',
  'join',
  'admin',
] as const satisfies readonly FaultKind[];

/** A field that is there but undefined, as modules may have it, counts as left out. */
type Given = {
  [K in keyof ScenarioInput]: Record<never, never> extends Pick<ScenarioInput, K>
    ? ScenarioInput[K] | undefined
    : ScenarioInput[K];
};

/** A scenario without the name that its file gives it. */
export type Unnamed = Omit<Scenario, 'name'> & { readonly name?: string };

export const scenarioSchema = (numbers: BareNumbers): z.ZodType<Unnamed, Given> => {
  const parts = quantities(numbers);
  return z
    .strictObject({
      name: z
        .string()
        .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/)
        .meta({ description: 'a name in lower case with hyphens, e.g. raft-partition' })
        .exactOptional(),
      title: z.string().meta({ description: 'one sentence for `worldline list`' }).default(''),
      protocol: z.string().min(1).meta({
        description: 'a built-in protocol such as raft, or the path of a module beginning with ./',
      }),
      bug: z.string().meta({ description: 'the id of a planted bug, e.g. R05' }).exactOptional(),
      options: z
        .record(z.string(), json)
        .meta({ description: "fixed values of the protocol's options, by name" })
        .default({}),
      nodes: z
        .record(z.string(), wholeNumber('a number of nodes, from 0 to 10000', 0, 10_000))
        .meta({ description: 'how many nodes of each role, e.g. { server: 5, client: 3 }' })
        .default({}),
      network: network(parts).default({}),
      disk: z.strictObject({ syncLatency: parts.distribution.exactOptional() }).meta(table('disk')).default({}),
      clocks: z.record(z.string(), clock(parts)).meta({ description: 'clocks by node, e.g. n2' }).default({}),
      workload: workload(parts).default({}),
      chaos: chaos(parts).default({}),
      faults: z.array(fault(parts)).meta({ description: 'a list of scripted faults' }).default([]),
      properties: z
        .array(z.string())
        .min(1)
        .meta({ description: 'a list of names of properties; without it all are checked' })
        .exactOptional(),
      limits: limits(parts).default({}),
      expect: expectation.default({ verdict: 'passed' }),
    })
    .meta({ title: 'Worldline scenario', description: 'a scenario: a table with at least the field protocol' });
};

/** The JSON Schema of scenario files, draft 2020-12. */
export const scenarioJsonSchema = (): object => z.toJSONSchema(scenarioSchema('refused'), { io: 'input' });

const table = (name: string): { description: string } => ({ description: `a table of settings of the ${name}` });

const json: z.ZodType<Json, Json> = z.json() as z.ZodType<Json, Json>;

const wholeNumber = (description: string, min: number, max: number = Number.MAX_SAFE_INTEGER): z.ZodNumber =>
  z.int().min(min).max(max).meta({ description });

interface Quantities {
  readonly duration: z.ZodType<number, string | number>;
  readonly signedDuration: z.ZodType<number, string | number>;
  readonly probability: z.ZodType<number, string | number>;
  readonly distribution: z.ZodType<Distribution, ScenarioDistribution>;
}
type ScenarioDistribution = NonNullable<NonNullable<ScenarioInput['network']>['latency']>;

function quantities(numbers: BareNumbers): Quantities {
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

const network = (parts: Quantities) =>
  z
    .strictObject({
      latency: parts.distribution.exactOptional(),
      loss: parts.probability.exactOptional(),
      duplication: parts.probability.exactOptional(),
      fifo: z.boolean().meta({ description: 'true or false: do messages of one link stay in order?' }).exactOptional(),
    })
    .transform(withPpm)
    .meta(table('network'));

/** `loss` and `duplication` as people write them become `lossPpm` and `duplicationPpm`. */
function withPpm<T extends { loss?: number; duplication?: number }>(
  input: T,
): Omit<T, 'loss' | 'duplication'> & { lossPpm?: number; duplicationPpm?: number } {
  const { loss, duplication, ...rest } = input;
  return {
    ...rest,
    ...(loss === undefined ? {} : { lossPpm: loss }),
    ...(duplication === undefined ? {} : { duplicationPpm: duplication }),
  };
}

const clock = (parts: Quantities) =>
  z
    .strictObject({ offset: parts.signedDuration.exactOptional(), ratePpm: ratePpm.exactOptional() })
    .meta({ description: 'a table with offset (how far ahead the wall clock is) and ratePpm (how much too fast)' });

const ratePpm = z
  .int()
  .min(-900_000)
  .max(10_000_000)
  .meta({ description: 'parts per million a clock runs too fast, e.g. 200 or -50000' });

const argument: z.ZodType<ArgumentSpec, ArgumentSpec> = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('key'), count: wholeNumber('a number of keys', 1, 1_000_000) }),
    z.strictObject({ kind: z.literal('integer'), min: z.int(), max: z.int() }),
    z.strictObject({ kind: z.literal('choice'), of: z.array(json).min(1) }),
    z.strictObject({ kind: z.literal('unique') }),
  ])
  .meta({ description: 'how an argument is drawn: a table with a kind: key, integer, choice or unique' });

const workload = (parts: Quantities) =>
  z
    .strictObject({
      rate: z
        .number()
        .min(0)
        .max(1_000_000)
        .meta({ description: 'operations a second, all clients together, e.g. 30' })
        .exactOptional(),
      operations: z
        .array(
          z.strictObject({
            type: z.string(),
            weight: z.number().min(0).meta({ description: 'a weight, e.g. 2' }).exactOptional(),
            arguments: z.record(z.string(), argument).exactOptional(),
          }),
        )
        .min(1)
        .meta({ description: 'a list of operations, each with a type' })
        .exactOptional(),
      start: parts.duration.exactOptional(),
      end: parts.duration.exactOptional(),
      calls: z
        .array(
          z.strictObject({ at: parts.duration, client: z.string(), op: typed('an operation: a table with a type') }),
        )
        .meta({ description: 'a list of explicit calls, each with at, client and op' })
        .exactOptional(),
    })
    .meta(table('workload'));

/** A table with a `type` and further fields that only the protocol knows. */
const typed = (description: string) => z.object({ type: z.string() }).catchall(json).meta({ description });

const chaos = (parts: Quantities) =>
  z
    .strictObject({
      profile: z
        .enum(profiles)
        .meta({ description: `how much fuzzing may add: ${profiles.join(', ')}` })
        .exactOptional(),
      faults: z
        .array(z.enum(faultKinds).meta({ description: `a kind of fault: ${faultKinds.join(', ')}` }))
        .meta({ description: 'a list of the kinds of faults that may be added' })
        .exactOptional(),
      faultsMax: wholeNumber('the most faults added to one run', 0, 10_000).exactOptional(),
      from: parts.duration.exactOptional(),
      to: parts.duration.exactOptional(),
    })
    .meta(table('chaos'));

const trigger = z
  .strictObject({
    note: z.string().exactOptional(),
    message: z.string().exactOptional(),
    timer: z.string().exactOptional(),
    node: z.string().exactOptional(),
    nth: wholeNumber('which of them, counted from 1', 1).exactOptional(),
  })
  .refine((input) => [input.note, input.message, input.timer].filter((named) => named !== undefined).length === 1, {
    error: 'names no event or several',
    params: { hint: 'give exactly one of note, message and timer' },
  })
  .meta({ description: 'an event, e.g. { note: becameLeader, nth: 2 }' });

const target = z
  .union([z.string(), z.strictObject({ noted: z.string() })])
  .meta({ description: 'a node such as n1, or { noted: becameLeader } for the node that last wrote that note' });

const fault = (parts: Quantities) => {
  const anchor = { at: parts.duration.exactOptional(), when: trigger.exactOptional() };
  const during = parts.duration.exactOptional();
  const nodes = z.array(z.string()).min(1).meta({ description: 'a list of nodes, e.g. [n1, n2]' });
  const effect = wholeNumber('a number of effects, counted from 0', 0).exactOptional();
  return z
    .discriminatedUnion('kind', [
      z.strictObject({
        kind: z.literal('partition'),
        ...anchor,
        groups: z.array(nodes).min(1).meta({ description: 'a list of groups of nodes, e.g. [[n1, n2], [n3, n4, n5]]' }),
        for: during,
      }),
      z.strictObject({
        kind: z.literal('isolate'),
        ...anchor,
        node: target,
        direction: z
          .enum(['both', 'inbound', 'outbound'])
          .meta({ description: 'both, inbound or outbound' })
          .exactOptional(),
        for: during,
      }),
      z.strictObject({ kind: z.literal('cut'), ...anchor, from: nodes, to: nodes, for: during }),
      z.strictObject({ kind: z.literal('clog'), ...anchor, from: nodes, to: nodes, for: during }),
      z
        .strictObject({
          kind: z.literal('noise'),
          ...anchor,
          loss: parts.probability.exactOptional(),
          duplication: parts.probability.exactOptional(),
          for: during,
        })
        .transform(withPpm),
      z.strictObject({
        kind: z.literal('crash'),
        ...anchor,
        node: target,
        unsynced: z
          .enum(['none', 'all', 'prefix'])
          .meta({ description: 'what survives of unsynced writes: none, all or prefix' })
          .exactOptional(),
        effect,
        for: during,
      }),
      z.strictObject({ kind: z.literal('restart'), ...anchor, node: target }),
      z.strictObject({ kind: z.literal('pause'), ...anchor, node: target, for: parts.duration, effect }),
      z.strictObject({ kind: z.literal('clock-step'), ...anchor, node: target, by: parts.signedDuration }),
      z.strictObject({ kind: z.literal('clock-rate'), ...anchor, node: target, ppm: ratePpm, for: during }),
      z.strictObject({ kind: z.literal('slow-disk'), ...anchor, node: target, latency: parts.duration, for: during }),
      z.strictObject({ kind: z.literal('sync-error'), ...anchor, node: target }),
      z.strictObject({
        kind: z.literal('join'),
        ...anchor,
        node: z.string(),
        role: z.string(),
        options: z.record(z.string(), json).exactOptional(),
      }),
      z.strictObject({
        kind: z.literal('admin'),
        ...anchor,
        node: target,
        action: typed('an operator action: a table with a type'),
      }),
    ])
    .refine((input) => (input.at === undefined) !== (input.when === undefined), {
      error: 'has no moment, or two',
      params: { hint: 'give exactly one of at (a time) and when (an event)' },
    })
    .meta({ description: 'a fault: a table with a kind and a moment (at or when)' });
};

const limits = (parts: Quantities) =>
  z
    .strictObject({
      until: parts.duration.refine((micros) => micros > 0, { error: 'ends the run before it begins' }).exactOptional(),
      eventsMax: wholeNumber('a number of events', 1).exactOptional(),
      eventsPerInstantMax: wholeNumber('a number of events', 1).exactOptional(),
      effectsPerHandlerMax: wholeNumber('a number of effects', 1).exactOptional(),
    })
    .meta(table('limits'));

const expectation = z
  .union([
    z.literal('passed').transform(() => ({ verdict: 'passed' as const })),
    z.literal('violated').transform(() => ({ verdict: 'violated' as const })),
    z
      .strictObject({ violated: z.string() })
      .transform(({ violated }) => ({ verdict: 'violated' as const, property: violated })),
  ])
  .meta({ description: 'passed, violated, or { violated: NAME } with the name of a property' });
