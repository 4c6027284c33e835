/** Faults as scenario files write them. */
import * as z from 'zod';
import type { Fault, FaultKind } from '../sim/faults.ts';
import type { FaultInput } from './input.ts';
import { capacity, fifo, json, type Quantities, ratePpm, typed, wholeNumber, withPpm } from './schema-parts.ts';

/** What `chaos.faults` may list. */
export const faultKinds: readonly FaultKind[] = [
  'partition',
  'isolate',
  'partial',
  'flapping',
  'cut',
  'clog',
  'swizzle-clog',
  'degrade',
  'filter',
  'noise',
  'crash',
  'outage',
  'crash-loop',
  'restart',
  'pause',
  'slow-node',
  'timer-jitter',
  'clock-step',
  'clock-rate',
  'clock-drift',
  'slow-disk',
  'disk-stall',
  'sync-error',
  'write-error',
  'full-disk',
  'read-error',
  'bit-flip',
  'misdirected-write',
  'join',
  'admin',
];

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
  .union([z.string(), z.strictObject({ noted: z.string() }), z.strictObject({ telling: z.literal('several') })])
  .meta({
    description:
      'a node such as n1, { noted: becameLeader } for the node that last wrote that note, or { telling: several } for the next to tell several others something',
  });

const place = z.string().meta({ description: 'a record such as hard, or an entry of a log such as log[3]' });

/** What a crash leaves on the disk. */
const loss = {
  unsynced: z
    .enum(['none', 'all', 'prefix', 'subset'])
    .meta({ description: 'what survives of unsynced writes: none, all, prefix or subset' })
    .exactOptional(),
  torn: z.boolean().meta({ description: 'true: the first lost append leaves a torn entry' }).exactOptional(),
};

/** A fault as scenario files write it. */
export const fault = (parts: Quantities): z.ZodType<Fault, FaultInput> => {
  const anchor = { at: parts.duration.exactOptional(), when: trigger.exactOptional() };
  const during = parts.duration.exactOptional();
  const nodes = z.array(z.string()).min(1).meta({ description: 'a list of nodes, e.g. [n1, n2]' });
  const groups = z
    .array(nodes)
    .min(1)
    .meta({ description: 'a list of groups of nodes, e.g. [[n1, n2], [n3, n4, n5]]' });
  const effect = wholeNumber('a number of effects, counted from 0', 0).exactOptional();
  return z
    .discriminatedUnion('kind', [
      z.strictObject({
        kind: z.literal('partition'),
        ...anchor,
        groups,
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
        from: nodes.exactOptional(),
        for: during,
      }),
      z.strictObject({
        kind: z.literal('partial'),
        ...anchor,
        pairs: z
          .array(z.tuple([z.string(), z.string()]))
          .min(1)
          .meta({ description: 'a list of pairs of nodes, e.g. [[n1, n2], [n2, n3]]' }),
        for: during,
      }),
      z.strictObject({
        kind: z.literal('flapping'),
        ...anchor,
        groups,
        cut: parts.duration,
        healed: parts.duration,
        for: parts.duration,
      }),
      z.strictObject({ kind: z.literal('swizzle-clog'), ...anchor, nodes, for: parts.duration }),
      z
        .strictObject({
          kind: z.literal('degrade'),
          ...anchor,
          from: nodes,
          to: nodes,
          latency: parts.distribution.exactOptional(),
          loss: parts.probability.exactOptional(),
          duplication: parts.probability.exactOptional(),
          fifo: fifo.exactOptional(),
          capacity: capacity.exactOptional(),
          for: during,
        })
        .transform(withPpm),
      z.strictObject({
        kind: z.literal('filter'),
        ...anchor,
        messages: z.array(z.string()).min(1).meta({ description: 'a list of message types, e.g. [AppendEntries]' }),
        from: nodes.exactOptional(),
        to: nodes.exactOptional(),
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
        ...loss,
        effect,
        during: z
          .enum(['sync', 'sends'])
          .meta({ description: 'sync: strikes while a sync is under way; sends: while it tells several others' })
          .exactOptional(),
        empty: z.boolean().meta({ description: 'true: it restarts with an empty disk' }).exactOptional(),
        for: during,
      }),
      z.strictObject({ kind: z.literal('outage'), ...anchor, nodes, ...loss, for: during }),
      z.strictObject({
        kind: z.literal('crash-loop'),
        ...anchor,
        node: target,
        times: wholeNumber('how often it crashes', 1, 10_000),
        down: parts.duration,
        up: parts.duration,
        ...loss,
      }),
      z.strictObject({ kind: z.literal('restart'), ...anchor, node: target }),
      z.strictObject({ kind: z.literal('pause'), ...anchor, node: target, for: parts.duration, effect }),
      z.strictObject({ kind: z.literal('slow-node'), ...anchor, node: target, cost: parts.duration, for: during }),
      z.strictObject({ kind: z.literal('timer-jitter'), ...anchor, nodes, max: parts.duration, for: during }),
      z.strictObject({
        kind: z.literal('clock-drift'),
        ...anchor,
        node: target,
        ppm: wholeNumber('parts per million a clock may be off, e.g. 500', 0, 900_000),
        every: parts.duration,
        for: during,
      }),
      z.strictObject({ kind: z.literal('clock-step'), ...anchor, node: target, by: parts.signedDuration }),
      z.strictObject({ kind: z.literal('clock-rate'), ...anchor, node: target, ppm: ratePpm, for: during }),
      z.strictObject({ kind: z.literal('slow-disk'), ...anchor, node: target, latency: parts.duration, for: during }),
      z.strictObject({ kind: z.literal('disk-stall'), ...anchor, node: target, for: parts.duration }),
      z.strictObject({ kind: z.literal('sync-error'), ...anchor, node: target }),
      z.strictObject({ kind: z.literal('write-error'), ...anchor, node: target }),
      z.strictObject({ kind: z.literal('full-disk'), ...anchor, node: target, for: during }),
      z.strictObject({
        kind: z.literal('read-error'),
        ...anchor,
        node: target,
        target: place.exactOptional(),
        for: during,
      }),
      z.strictObject({
        kind: z.literal('bit-flip'),
        ...anchor,
        node: target,
        target: place.exactOptional(),
        silent: z.boolean().meta({ description: 'true: there are no checksums' }).exactOptional(),
      }),
      z.strictObject({ kind: z.literal('misdirected-write'), ...anchor, node: target }),
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
    .refine((input) => input.at !== undefined || input.when !== undefined, {
      error: 'has no moment',
      params: { hint: 'give at (a time), when (an event), or both (an event from that time on)' },
    })
    .meta({ description: 'a fault: a table with a kind and a moment (at or when)' });
};
