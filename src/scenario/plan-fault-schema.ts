/** Faults as plans hold them: in microseconds and parts per million. Also what plans are made of elsewhere. */
import * as z from 'zod';
import type { ClockModel, Distribution, OperationInput } from '../sim/config.ts';
import type { Fault } from '../sim/faults.ts';
import type { Json } from '../sim/plain.ts';

export const json: z.ZodType<Json, Json> = z.json() as z.ZodType<Json, Json>;
export const name: z.ZodString = z.string().min(1).meta({ description: 'a name' });
export const micros: z.ZodInt = z.int().min(0).meta({ description: 'a whole number of microseconds' });
const signedMicros = z.int().meta({ description: 'a whole number of microseconds, negative for backwards' });
export const perMillion: z.ZodInt = z
  .int()
  .min(0)
  .max(1_000_000)
  .meta({ description: 'parts per million, from 0 to 1000000' });
export const count: z.ZodInt = z.int().min(1).meta({ description: 'a whole number, at least 1' });
const ratePpm = z.int().min(-900_000).max(10_000_000).meta({ description: 'parts per million a clock runs too fast' });
export const clock: z.ZodType<ClockModel> = z.strictObject({ offset: signedMicros, ratePpm });

export const distribution: z.ZodType<Distribution> = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('constant'), value: micros }),
    z.strictObject({ kind: z.literal('uniform'), min: micros, max: micros }),
    z.strictObject({ kind: z.literal('exponential'), min: micros, mean: micros }),
    z.strictObject({ kind: z.literal('log-normal'), median: micros }),
    z.strictObject({ kind: z.literal('bimodal'), min: micros, max: micros, slowMax: micros, slowPpm: perMillion }),
  ])
  .meta({ description: 'a distribution: a table with a kind' });

export const operation: z.ZodType<OperationInput> = z
  .object({ type: name })
  .catchall(json)
  .meta({ description: 'an operation: a table with a type' }) as unknown as z.ZodType<OperationInput>;

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
  .union([name, z.strictObject({ noted: z.string() }), z.strictObject({ telling: z.literal('several') })])
  .meta({ description: 'a node, { "noted": "..." } or { "telling": "several" }' });

const anchor = { at: micros.exactOptional(), when: trigger.exactOptional() };
const during = micros.exactOptional();
const names = z.array(name);
const effect = z.int().min(0).exactOptional();
const loss = {
  unsynced: z.enum(['none', 'all', 'prefix', 'subset']).exactOptional(),
  torn: z.boolean().exactOptional(),
};

export const fault: z.ZodType<Fault> = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('partition'), ...anchor, groups: z.array(names), for: during }),
    z.strictObject({
      kind: z.literal('isolate'),
      ...anchor,
      node: target,
      direction: z.enum(['both', 'inbound', 'outbound']).exactOptional(),
      from: names.exactOptional(),
      for: during,
    }),
    z.strictObject({ kind: z.literal('partial'), ...anchor, pairs: z.array(z.tuple([name, name])), for: during }),
    z.strictObject({
      kind: z.literal('flapping'),
      ...anchor,
      groups: z.array(names),
      cut: micros,
      healed: micros,
      for: micros,
    }),
    z.strictObject({ kind: z.literal('swizzle-clog'), ...anchor, nodes: names, for: micros }),
    z.strictObject({
      kind: z.literal('degrade'),
      ...anchor,
      from: names,
      to: names,
      latency: distribution.exactOptional(),
      lossPpm: perMillion.exactOptional(),
      duplicationPpm: perMillion.exactOptional(),
      fifo: z.boolean().exactOptional(),
      capacity: count.exactOptional(),
      for: during,
    }),
    z.strictObject({
      kind: z.literal('filter'),
      ...anchor,
      messages: names,
      from: names.exactOptional(),
      to: names.exactOptional(),
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
      ...loss,
      effect,
      during: z.enum(['sync', 'sends']).exactOptional(),
      empty: z.boolean().exactOptional(),
      for: during,
    }),
    z.strictObject({ kind: z.literal('outage'), ...anchor, nodes: names, ...loss, for: during }),
    z.strictObject({
      kind: z.literal('crash-loop'),
      ...anchor,
      node: target,
      times: count,
      down: micros,
      up: micros,
      ...loss,
    }),
    z.strictObject({ kind: z.literal('restart'), ...anchor, node: target }),
    z.strictObject({ kind: z.literal('pause'), ...anchor, node: target, for: micros, effect }),
    z.strictObject({ kind: z.literal('slow-node'), ...anchor, node: target, cost: micros, for: during }),
    z.strictObject({ kind: z.literal('timer-jitter'), ...anchor, nodes: names, max: micros, for: during }),
    z.strictObject({
      kind: z.literal('clock-drift'),
      ...anchor,
      node: target,
      ppm: perMillion,
      every: micros,
      for: during,
    }),
    z.strictObject({ kind: z.literal('clock-step'), ...anchor, node: target, by: signedMicros }),
    z.strictObject({ kind: z.literal('clock-rate'), ...anchor, node: target, ppm: ratePpm, for: during }),
    z.strictObject({ kind: z.literal('slow-disk'), ...anchor, node: target, latency: micros, for: during }),
    z.strictObject({ kind: z.literal('disk-stall'), ...anchor, node: target, for: micros }),
    z.strictObject({ kind: z.literal('sync-error'), ...anchor, node: target }),
    z.strictObject({ kind: z.literal('write-error'), ...anchor, node: target }),
    z.strictObject({ kind: z.literal('full-disk'), ...anchor, node: target, for: during }),
    z.strictObject({
      kind: z.literal('read-error'),
      ...anchor,
      node: target,
      target: name.exactOptional(),
      for: during,
    }),
    z.strictObject({
      kind: z.literal('bit-flip'),
      ...anchor,
      node: target,
      target: name.exactOptional(),
      silent: z.boolean().exactOptional(),
    }),
    z.strictObject({ kind: z.literal('misdirected-write'), ...anchor, node: target }),
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
