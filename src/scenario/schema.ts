/**
 * What a scenario file may say, once: it validates, turns what people write into `Scenario`, is published as JSON Schema for editors,
 * and its descriptions are the "expected" of error messages.
 */
import * as z from 'zod';
import type { ArgumentSpec } from '../sim/config.ts';
import { fault, faultKinds } from './fault-schema.ts';
import type { ScenarioInput } from './input.ts';
import type { ChaosProfile, Scenario } from './scenario.ts';
import {
  type BareNumbers,
  capacity,
  fifo,
  json,
  type Quantities,
  quantities,
  ratePpm,
  table,
  typed,
  wholeNumber,
  withPpm,
} from './schema-parts.ts';

const profiles = ['none', 'light', 'default', 'heavy', 'uniform'] as const satisfies readonly ChaosProfile[];
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
      disk: z
        .strictObject({
          syncLatency: parts.distribution.exactOptional(),
          damageable: z
            .array(z.string())
            .meta({ description: 'the nodes whose disks may be damaged, e.g. [n1, n2]' })
            .exactOptional(),
        })
        .meta(table('disk'))
        .default({}),
      clocks: z.record(z.string(), clock(parts)).meta({ description: 'clocks by node, e.g. n2' }).default({}),
      workload: workload(parts).default({}),
      chaos: chaos(parts).default({}),
      liveness: z
        .boolean()
        .meta({ description: 'whether runs end in a calm in which progress is judged: true or false' })
        .exactOptional(),
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

const network = (parts: Quantities) =>
  z
    .strictObject({
      latency: parts.distribution.exactOptional(),
      loss: parts.probability.exactOptional(),
      duplication: parts.probability.exactOptional(),
      copyLatency: parts.distribution.exactOptional(),
      fifo: fifo.exactOptional(),
      capacity: capacity.exactOptional(),
    })
    .transform(withPpm)
    .meta(table('network'));

const clock = (parts: Quantities) =>
  z
    .strictObject({ offset: parts.signedDuration.exactOptional(), ratePpm: ratePpm.exactOptional() })
    .meta({ description: 'a table with offset (how far ahead the wall clock is) and ratePpm (how much too fast)' });

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
      weights: z
        .partialRecord(z.enum(faultKinds), wholeNumber('how common a kind of fault is, 0 for never', 0, 1_000))
        .meta({ description: 'a table: kind of fault, weight' })
        .exactOptional(),
      faultsMax: wholeNumber('the most faults added to one run', 0, 10_000).exactOptional(),
      gap: parts.duration.refine((micros) => micros > 0, { error: 'leaves no time between faults' }).exactOptional(),
      overBudget: z
        .boolean()
        .meta({ description: 'whether faults beyond what the protocol claims to survive are added too' })
        .exactOptional(),
      from: parts.duration.exactOptional(),
      to: parts.duration.exactOptional(),
    })
    .meta(table('chaos'));

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
