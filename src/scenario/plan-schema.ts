/** What a plan looks like in a file: the types of src/sim as a validator. Everything in microseconds and parts per million. */
import * as z from 'zod';
import type { ArgumentSpec } from '../sim/config.ts';
import type { Override } from '../sim/faults.ts';
import type { Intervention } from '../sim/interventions.ts';
import { problemsOf } from './issues.ts';
import { PLAN_FORMAT, type Plan } from './plan.ts';
import { clock, count, distribution, fault, json, micros, name, operation, perMillion } from './plan-fault-schema.ts';
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
      copyLatency: distribution.exactOptional(),
      fifo: z.boolean().meta({ description: 'true or false' }),
      capacity: count.exactOptional(),
    }),
    disk: z.strictObject({ syncLatency: distribution, damageable: z.array(name).exactOptional() }),
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
    interventions: z
      .array(intervention)
      .meta({ description: 'a list of what happens instead, each after an event' })
      .exactOptional(),
    overrides: z.array(override).meta({ description: 'a list of decisions about single messages and timers' }),
    calm: z
      .strictObject({
        at: micros,
        core: z.array(name).min(1),
        hearsOthers: z.boolean().exactOptional(),
        latency: distribution,
        syncLatency: distribution,
        calls: z.array(z.strictObject({ client: name, op: operation })),
        every: micros,
      })
      .meta({ description: 'the calm at the end of the run' })
      .exactOptional(),
    limits: z.strictObject({
      until: micros,
      eventsMax: count,
      eventsPerInstantMax: count,
      effectsPerHandlerMax: count,
    }),
  });

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

const override: z.ZodType<Override> = z
  .union([
    z.strictObject({ message: name, drop: z.literal(true) }),
    z.strictObject({ message: name, latency: micros }),
    z.strictObject({ timer: name, delay: micros }),
  ])
  .meta({ description: 'a message with drop or latency, or a timer with delay' });

const after = { after: z.int().min(0).meta({ description: 'the ordinal of an event' }) };

const intervention: z.ZodType<Intervention> = z
  .union([
    z.strictObject({ ...after, perform: name }),
    z.strictObject({ ...after, delay: name, by: micros }),
    z.strictObject({ ...after, copy: name }),
    z.strictObject({ ...after, call: z.strictObject({ client: name, op: operation }) }),
  ])
  .meta({ description: 'after an event, one of perform, delay, copy and call' });
