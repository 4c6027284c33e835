/** Random worlds for the chatter protocol: every kind of fault, anchored at times and at events, overlapping at will. */
import fc from 'fast-check';
import type { Call, Calm, Distribution, NodeSpec, RunSpec } from '../../src/sim/config.ts';
import type { Anchor, Fault, Override, Target, Trigger } from '../../src/sim/faults.ts';
import { specOf } from './kernel-spec.ts';

/** How many random runs a law is tried on; `WORLDLINE_TEST_EFFORT=20` tries twenty times as many. */
export const effort = (numRuns: number): { readonly numRuns: number } => ({
  numRuns: numRuns * Number(process.env.WORLDLINE_TEST_EFFORT ?? 1),
});

const UNTIL = 200_000;
const servers = ['n1', 'n2', 'n3'];
const everybody = [...servers, 'c1', 'c2'];

const aServer = fc.constantFrom(...servers);
const aNode = fc.constantFrom(...everybody);
const aGroup = fc.subarray(everybody, { minLength: 1 });
const aTime = fc.nat(UNTIL);
const aSpan = fc.integer({ min: 1, max: Math.floor(UNTIL / 3) });
const aPossibleSpan = fc.option(aSpan, { nil: undefined, freq: 4 });
const aPpm = fc.constantFrom(0, 20_000, 200_000, 1_000_000);

const aDistribution: fc.Arbitrary<Distribution> = fc.oneof(
  fc.constant<Distribution>({ kind: 'constant', value: 2_000 }),
  fc.constant<Distribution>({ kind: 'uniform', min: 500, max: 9_000 }),
  fc.constant<Distribution>({ kind: 'exponential', min: 500, mean: 3_000 }),
  fc.constant<Distribution>({ kind: 'log-normal', median: 3_000 }),
  fc.constant<Distribution>({ kind: 'bimodal', min: 500, max: 2_000, slowMax: 60_000, slowPpm: 50_000 }),
);

const aTrigger: fc.Arbitrary<Trigger> = fc
  .tuple(
    fc.oneof(
      fc.constantFrom('booted', 'heard', 'full', 'cheered', 'behind').map((note) => ({ note })),
      fc.constantFrom('gossip', 'ask', 'answer', 'total').map((message) => ({ message })),
      fc.constantFrom('chat', 'once', 'retry', 'flush').map((timer) => ({ timer })),
    ),
    fc.option(aNode, { nil: undefined }),
    fc.integer({ min: 1, max: 6 }),
  )
  .map(([what, node, nth]) => ({ ...what, nth, ...(node === undefined ? {} : { node }) }));
const anAnchor: fc.Arbitrary<Anchor> = fc.oneof(
  { weight: 2, arbitrary: aTime.map((at) => ({ at })) },
  { weight: 1, arbitrary: aTrigger.map((when) => ({ when })) },
);
const aTarget: fc.Arbitrary<Target> = fc.oneof(
  { weight: 4, arbitrary: aNode },
  { weight: 1, arbitrary: fc.constantFrom('heard', 'booted', 'never').map((noted) => ({ noted })) },
);
const aPair = fc.uniqueArray(aNode, { minLength: 2, maxLength: 2 }) as fc.Arbitrary<never>;
const aPlace = fc.option(fc.constantFrom('heard', 'values[1]', 'values[2]', 'tally/counter:adds[1]', 'nothing'), {
  nil: undefined,
  freq: 2,
});
const aLoss = {
  unsynced: fc.constantFrom('none', 'all', 'prefix', 'subset'),
  torn: fc.option(fc.boolean(), { nil: undefined, freq: 2 }),
};
const anEffect = fc.option(fc.nat(6), { nil: undefined });

/** Leaves out what is undefined: plans have no such fields. */
const without = <T extends object>(fields: T): T =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;

const aFault: fc.Arbitrary<Fault> = fc
  .tuple(
    anAnchor,
    fc.oneof(
      fc.record({
        kind: fc.constant('partition'),
        groups: fc.array(aGroup, { minLength: 1, maxLength: 3 }),
        for: aPossibleSpan,
      }),
      fc.record({
        kind: fc.constant('isolate'),
        node: aTarget,
        direction: fc.constantFrom('both', 'inbound', 'outbound'),
        from: fc.option(aGroup, { nil: undefined }),
        for: aPossibleSpan,
      }),
      fc.record({ kind: fc.constantFrom('cut', 'clog'), from: aGroup, to: aGroup, for: aPossibleSpan }),
      fc.record({ kind: fc.constant('noise'), lossPpm: aPpm, duplicationPpm: aPpm, for: aPossibleSpan }),
      fc.record({
        kind: fc.constant('crash'),
        node: aTarget,
        ...aLoss,
        effect: anEffect,
        during: fc.option(fc.constant('sync'), { nil: undefined, freq: 2 }),
        empty: fc.option(fc.boolean(), { nil: undefined, freq: 2 }),
        for: aPossibleSpan,
      }),
      fc.record({ kind: fc.constant('outage'), nodes: aGroup, ...aLoss, for: aPossibleSpan }),
      fc.record({
        kind: fc.constant('crash-loop'),
        node: aTarget,
        times: fc.integer({ min: 1, max: 4 }),
        down: aSpan,
        up: aSpan,
        ...aLoss,
      }),
      fc.record({
        kind: fc.constant('partial'),
        pairs: fc.array(aPair, { minLength: 1, maxLength: 4 }),
        for: aPossibleSpan,
      }),
      fc.record({
        kind: fc.constant('flapping'),
        groups: fc.array(aGroup, { minLength: 2, maxLength: 3 }),
        cut: fc.integer({ min: 1_000, max: 20_000 }),
        healed: fc.integer({ min: 1_000, max: 20_000 }),
        for: aSpan,
      }),
      fc.record({ kind: fc.constant('swizzle-clog'), nodes: aGroup, for: aSpan }),
      fc.record({
        kind: fc.constant('degrade'),
        from: aGroup,
        to: aGroup,
        latency: fc.option(aDistribution, { nil: undefined }),
        lossPpm: fc.option(aPpm, { nil: undefined }),
        duplicationPpm: fc.option(aPpm, { nil: undefined }),
        fifo: fc.option(fc.boolean(), { nil: undefined }),
        capacity: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
        for: aPossibleSpan,
      }),
      fc.record({
        kind: fc.constant('filter'),
        messages: fc.subarray(['gossip', 'ask', 'total', 'tally/counter:total'], { minLength: 1 }),
        from: fc.option(aGroup, { nil: undefined }),
        to: fc.option(aGroup, { nil: undefined }),
        for: aPossibleSpan,
      }),
      fc.record({
        kind: fc.constant('slow-node'),
        node: aTarget,
        cost: fc.integer({ min: 1, max: 9_000 }),
        for: aPossibleSpan,
      }),
      fc.record({
        kind: fc.constant('timer-jitter'),
        nodes: aGroup,
        max: fc.integer({ min: 1, max: 90_000 }),
        for: aPossibleSpan,
      }),
      fc.record({
        kind: fc.constant('clock-drift'),
        node: aTarget,
        ppm: fc.constantFrom(0, 100, 400_000),
        every: fc.integer({ min: 2_000, max: 50_000 }),
        for: aPossibleSpan,
      }),
      fc.record({ kind: fc.constant('disk-stall'), node: aTarget, for: aSpan }),
      fc.record({ kind: fc.constantFrom('write-error', 'misdirected-write'), node: aTarget }),
      fc.record({ kind: fc.constant('full-disk'), node: aTarget, for: aPossibleSpan }),
      fc.record({ kind: fc.constant('read-error'), node: aTarget, target: aPlace, for: aPossibleSpan }),
      fc.record({
        kind: fc.constant('bit-flip'),
        node: aTarget,
        target: aPlace,
        silent: fc.option(fc.boolean(), { nil: undefined }),
      }),
      fc.record({ kind: fc.constant('restart'), node: aTarget }),
      fc.record({ kind: fc.constant('pause'), node: aTarget, effect: anEffect, for: aSpan }),
      fc.record({ kind: fc.constant('clock-step'), node: aTarget, by: fc.integer({ min: -50_000, max: 50_000 }) }),
      fc.record({
        kind: fc.constant('clock-rate'),
        node: aTarget,
        ppm: fc.constantFrom(-500_000, -100, 0, 100, 400_000),
        for: aPossibleSpan,
      }),
      fc.record({ kind: fc.constant('slow-disk'), node: aTarget, latency: fc.nat(30_000), for: aPossibleSpan }),
      fc.record({ kind: fc.constant('sync-error'), node: aTarget }),
      fc
        .record({ kind: fc.constant('join'), node: fc.constantFrom('n4', 'n5'), role: fc.constant('server') })
        .map((join) => ({
          ...join,
          options: { pace: 9_000 },
        })),
      fc
        .record({ kind: fc.constant('admin'), node: aServer })
        .map((admin) => ({ ...admin, action: { type: 'cheer' } })),
    ),
  )
  .map(([anchor, fault]) => without({ ...anchor, ...fault }) as Fault);

/** A crash without an end of its own, and the restart some time later. */
const aCrashAndRestart: fc.Arbitrary<Fault[]> = fc.tuple(aTime, aSpan, aNode).map(([at, later, node]) => [
  { kind: 'crash', node, at },
  { kind: 'restart', node, at: at + later },
]);

const anOverride: fc.Arbitrary<Override> = fc.oneof(
  fc
    .tuple(aServer, aServer, fc.constantFrom('gossip', 'tally/counter:total'), fc.integer({ min: 1, max: 9 }))
    .map(([from, to, type, nth]) => ({ message: `${from}>${to}/${type}#${nth}`, drop: true as const })),
  fc
    .tuple(aServer, aServer, fc.integer({ min: 1, max: 9 }), fc.nat(40_000))
    .map(([from, to, nth, latency]) => ({ message: `${from}>${to}/gossip#${nth}`, latency })),
  fc
    .tuple(aServer, fc.integer({ min: 1, max: 9 }), fc.nat(40_000))
    .map(([node, nth, delay]) => ({ timer: `${node}/chat#${nth}`, delay })),
);

const aCall: fc.Arbitrary<Call> = fc
  .tuple(aTime, fc.constantFrom('c1', 'c2'), fc.constantFrom('a', 'bb', 'ccc'))
  .map(([at, client, key]) => ({ at, client, op: { type: 'count', key } }));

const aClock = fc.option(
  fc.record({ offset: fc.integer({ min: -9_000, max: 9_000 }), ratePpm: fc.constantFrom(0, 50, -200_000, 300_000) }),
);

const theNodes: fc.Arbitrary<NodeSpec[]> = fc.tuple(...everybody.map(() => aClock)).map((clocks) =>
  everybody.map((id, i) => ({
    id,
    role: id.startsWith('n') ? 'server' : 'client',
    options: { pace: 12_000 },
    ...(clocks[i] == null ? {} : { clock: clocks[i] }),
  })),
);

const workload: RunSpec['workload'] = {
  operations: [{ type: 'count', arguments: { key: { kind: 'key', count: 3 }, mark: { kind: 'unique' } } }],
  clients: ['c1', 'c2'],
  interval: 30_000,
  start: 5_000,
  end: UNTIL,
};

export const aCalm: fc.Arbitrary<Calm> = fc
  .record({
    at: fc.integer({ min: 1, max: UNTIL }),
    core: fc.subarray(everybody, { minLength: 1 }),
    hearsOthers: fc.boolean(),
    callers: fc.array(fc.constantFrom('c1', 'c2'), { maxLength: 4 }),
  })
  .map(({ at, core, hearsOthers, callers }) => ({
    at,
    core,
    hearsOthers,
    latency: { kind: 'uniform', min: 100, max: 400 },
    syncLatency: { kind: 'constant', value: 50 },
    calls: callers
      .filter((client) => core.includes(client))
      .map((client) => ({ client, op: { type: 'count', key: 'a' } })),
    every: 5_000,
  }));

/** A run of the chatter protocol in a random world. */
export const aRun: fc.Arbitrary<RunSpec> = fc
  .record({
    seed: fc.string({ minLength: 1, maxLength: 4 }),
    nodes: theNodes,
    latency: aDistribution,
    syncLatency: aDistribution,
    lossPpm: fc.constantFrom(0, 0, 50_000),
    duplicationPpm: fc.constantFrom(0, 0, 100_000),
    fifo: fc.boolean(),
    capacity: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined, freq: 4 }),
    faults: fc.array(fc.oneof({ weight: 5, arbitrary: aFault.map((fault) => [fault]) }, aCrashAndRestart), {
      maxLength: 10,
    }),
    overrides: fc.array(anOverride, { maxLength: 3 }),
    calls: fc.array(aCall, { maxLength: 8 }),
    streams: fc.boolean(),
    calm: fc.option(aCalm, { nil: undefined, freq: 1 }),
  })
  .map(
    ({
      calm,
      capacity,
      seed,
      nodes,
      latency,
      syncLatency,
      lossPpm,
      duplicationPpm,
      fifo,
      faults,
      overrides,
      calls,
      streams,
    }) =>
      specOf({
        seed,
        nodes,
        network: { latency, lossPpm, duplicationPpm, fifo, ...(capacity === undefined ? {} : { capacity }) },
        disk: { syncLatency },
        faults: faults.flat(),
        overrides,
        calls,
        ...(streams && workload !== undefined ? { workload } : {}),
        ...(calm === undefined ? {} : { calm }),
        limits: { until: UNTIL },
      }),
  );
