/** What a plan looks like in a file: the types of src/sim as a validator. Everything in microseconds and parts per million. */
import { z } from 'zod';
import type { ArgumentSpec, Distribution, OperationInput } from '../sim/config.ts';
import type { Fault, Override } from '../sim/faults.ts';
import type { Json } from '../sim/plain.ts';
import { problemsOf } from './issues.ts';
import { PLAN_FORMAT, type Plan } from './plan.ts';
import type { Problem } from './problem.ts';

export type PlanReading =
  | { readonly ok: true; readonly plan: Plan }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads a plan as capsules hold it. Unknown fields are refused: what this build does not know it would not replay. */
export function readPlan(value: unknown): PlanReading {
  const schema = planSchema();
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, plan: parsed.data };
  return { ok: false, problems: problemsOf(parsed.error.issues, z.toJSONSchema(schema), value) };
}

const planSchema = (): z.ZodType<Plan> =>
  z.strictObject({
    format: z.literal(PLAN_FORMAT),
    protocol: z.string().min(1).meta({ description: 'the name of a protocol or the path of a module' }),
    bug: z.string().exactOptional(),
    properties: z.array(z.string()).exactOptional(),
    seed: z.string().min(1).meta({ description: 'a seed, as text' }),
    nodes: z
      .array(
        z.strictObject({ id: name, role: name, options: z.record(z.string(), json), clock: clock.exactOptional() }),
      )
      .min(1)
      .meta({ description: 'a list of nodes, each with id, role and options' }),
    network: z.strictObject({
      latency: distribution,
      lossPpm: perMillion,
      duplicationPpm: perMillion,
      fifo: z.boolean().meta({ description: 'true or false' }),
    }),
    disk: z.strictObject({ syncLatency: distribution }),
    faults: z.array(fault).meta({ description: 'a list of faults' }),
    calls: z
      .array(z.strictObject({ at: micros, client: name, op: operation }))
      .meta({ description: 'a list of calls' }),
    workload: z
      .strictObject({
        operations: z.array(operationSpec).min(1),
        clients: z.array(name),
        interval: micros,
        start: micros,
        end: micros,
      })
      .exactOptional(),
    overrides: z.array(override).meta({ description: 'a list of decisions about single messages and timers' }),
    limits: z.strictObject({
      until: micros,
      eventsMax: count,
      eventsPerInstantMax: count,
      effectsPerHandlerMax: count,
    }),
  });

const json = z.json() as z.ZodType<Json, Json>;
const name = z.string().min(1).meta({ description: 'a name' });
const micros = z.int().min(0).meta({ description: 'a whole number of microseconds' });
const signedMicros = z.int().meta({ description: 'a whole number of microseconds, negative for backwards' });
const perMillion = z.int().min(0).max(1_000_000).meta({ description: 'parts per million, from 0 to 1000000' });
const count = z.int().min(1).meta({ description: 'a whole number, at least 1' });
const ratePpm = z.int().min(-900_000).max(10_000_000).meta({ description: 'parts per million a clock runs too fast' });
const clock = z.strictObject({ offset: signedMicros, ratePpm });

const distribution: z.ZodType<Distribution> = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('constant'), value: micros }),
    z.strictObject({ kind: z.literal('uniform'), min: micros, max: micros }),
    z.strictObject({ kind: z.literal('exponential'), min: micros, mean: micros }),
    z.strictObject({ kind: z.literal('log-normal'), median: micros }),
    z.strictObject({ kind: z.literal('bimodal'), min: micros, max: micros, slowMax: micros, slowPpm: perMillion }),
  ])
  .meta({ description: 'a distribution: a table with a kind' });

const operation = z
  .object({ type: name })
  .catchall(json)
  .meta({ description: 'an operation: a table with a type' }) as unknown as z.ZodType<OperationInput>;

const argument: z.ZodType<ArgumentSpec> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('key'), count }),
  z.strictObject({ kind: z.literal('integer'), min: z.int(), max: z.int() }),
  z.strictObject({ kind: z.literal('choice'), of: z.array(json).min(1) }),
  z.strictObject({ kind: z.literal('unique') }),
]);

const operationSpec = z.strictObject({
  type: name,
  weight: z.number().min(0).exactOptional(),
  arguments: z.record(z.string(), argument).exactOptional(),
});

const trigger = z
  .strictObject({
    note: z.string().exactOptional(),
    message: z.string().exactOptional(),
    timer: z.string().exactOptional(),
    node: name.exactOptional(),
    nth: count.exactOptional(),
  })
  .meta({ description: 'an event: one of note, message and timer' });

const target = z
  .union([name, z.strictObject({ noted: z.string() })])
  .meta({ description: 'a node, or { "noted": "..." }' });

const anchor = { at: micros.exactOptional(), when: trigger.exactOptional() };
const during = micros.exactOptional();
const names = z.array(name);
const effect = z.int().min(0).exactOptional();

const fault: z.ZodType<Fault> = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('partition'), ...anchor, groups: z.array(names), for: during }),
    z.strictObject({
      kind: z.literal('isolate'),
      ...anchor,
      node: target,
      direction: z.enum(['both', 'inbound', 'outbound']).exactOptional(),
      for: during,
    }),
    z.strictObject({ kind: z.literal('cut'), ...anchor, from: names, to: names, for: during }),
    z.strictObject({ kind: z.literal('clog'), ...anchor, from: names, to: names, for: during }),
    z.strictObject({
      kind: z.literal('noise'),
      ...anchor,
      lossPpm: perMillion.exactOptional(),
      duplicationPpm: perMillion.exactOptional(),
      for: during,
    }),
    z.strictObject({
      kind: z.literal('crash'),
      ...anchor,
      node: target,
      unsynced: z.enum(['none', 'all', 'prefix']).exactOptional(),
      effect,
      for: during,
    }),
    z.strictObject({ kind: z.literal('restart'), ...anchor, node: target }),
    z.strictObject({ kind: z.literal('pause'), ...anchor, node: target, for: micros, effect }),
    z.strictObject({ kind: z.literal('clock-step'), ...anchor, node: target, by: signedMicros }),
    z.strictObject({ kind: z.literal('clock-rate'), ...anchor, node: target, ppm: ratePpm, for: during }),
    z.strictObject({ kind: z.literal('slow-disk'), ...anchor, node: target, latency: micros, for: during }),
    z.strictObject({ kind: z.literal('sync-error'), ...anchor, node: target }),
    z.strictObject({
      kind: z.literal('join'),
      ...anchor,
      node: name,
      role: name,
      options: z.record(z.string(), json).exactOptional(),
    }),
    z.strictObject({ kind: z.literal('admin'), ...anchor, node: target, action: operation }),
  ])
  .meta({ description: 'a fault: a table with a kind' });

const override: z.ZodType<Override> = z
  .union([
    z.strictObject({ message: name, drop: z.literal(true) }),
    z.strictObject({ message: name, latency: micros }),
    z.strictObject({ timer: name, delay: micros }),
  ])
  .meta({ description: 'a message with drop or latency, or a timer with delay' });
