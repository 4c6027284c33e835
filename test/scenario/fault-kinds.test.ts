/** Every kind of fault as people write it in a file, as the kernel takes it, and as a capsule holds it. */
import { expect, test } from 'vitest';
import { loadScenario } from '../../src/scenario/load.ts';
import { PLAN_FORMAT } from '../../src/scenario/plan.ts';
import { readPlan } from '../../src/scenario/plan-schema.ts';
import { defaultLimits } from '../../src/sim/config.ts';
import type { Fault, FaultKind } from '../../src/sim/faults.ts';

type Form = readonly [written: string, read: object];
const ms = (count: number): number => count * 1_000;

/** What is in a file after `at: 1s, kind: K`, and what becomes of it; every field at least once. */
const forms: { readonly [Kind in FaultKind]: readonly Form[] } = {
  partition: [['groups: [[n1], [n2, n3]], for: 1s', { groups: [['n1'], ['n2', 'n3']], for: ms(1_000) }]],
  isolate: [
    [
      'node: { noted: becameLeader }, direction: outbound, from: [n1, n2], for: 5ms',
      { node: { noted: 'becameLeader' }, direction: 'outbound', from: ['n1', 'n2'], for: ms(5) },
    ],
  ],
  partial: [
    [
      'pairs: [[n1, n2], [n2, n3]]',
      {
        pairs: [
          ['n1', 'n2'],
          ['n2', 'n3'],
        ],
      },
    ],
  ],
  flapping: [
    [
      'groups: [[n1], [n2]], cut: 10ms, healed: 20ms, for: 1s',
      { groups: [['n1'], ['n2']], cut: ms(10), healed: ms(20), for: ms(1_000) },
    ],
  ],
  cut: [['from: [n1], to: [n2], for: 1ms', { from: ['n1'], to: ['n2'], for: ms(1) }]],
  clog: [['from: [n1], to: [n2]', { from: ['n1'], to: ['n2'] }]],
  'swizzle-clog': [['nodes: [n1, n2], for: 1s', { nodes: ['n1', 'n2'], for: ms(1_000) }]],
  degrade: [
    [
      'from: [n1], to: [n2], latency: 5ms..9ms, loss: 1%, duplication: 200ppm, fifo: true, capacity: 3, for: 1s',
      {
        from: ['n1'],
        to: ['n2'],
        latency: { kind: 'uniform', min: ms(5), max: ms(9) },
        lossPpm: 10_000,
        duplicationPpm: 200,
        fifo: true,
        capacity: 3,
        for: ms(1_000),
      },
    ],
  ],
  filter: [
    [
      'messages: [AppendEntries], from: [n1], to: [n2], for: 1s',
      { messages: ['AppendEntries'], from: ['n1'], to: ['n2'], for: ms(1_000) },
    ],
  ],
  noise: [['loss: 10%, duplication: 0.5, for: 1s', { lossPpm: 100_000, duplicationPpm: 500_000, for: ms(1_000) }]],
  crash: [
    [
      'node: n1, unsynced: subset, torn: true, effect: 2, empty: true, for: 1s',
      { node: 'n1', unsynced: 'subset', torn: true, effect: 2, empty: true, for: ms(1_000) },
    ],
    ['node: n1, during: sync', { node: 'n1', during: 'sync' }],
  ],
  outage: [
    [
      'nodes: [n1, n2], unsynced: prefix, torn: true, for: 1s',
      { nodes: ['n1', 'n2'], unsynced: 'prefix', torn: true, for: ms(1_000) },
    ],
  ],
  'crash-loop': [
    [
      'node: n1, times: 3, down: 1ms, up: 2ms, unsynced: all, torn: false',
      { node: 'n1', times: 3, down: ms(1), up: ms(2), unsynced: 'all', torn: false },
    ],
  ],
  restart: [['node: n1', { node: 'n1' }]],
  pause: [['node: n1, for: 1s, effect: 1', { node: 'n1', for: ms(1_000), effect: 1 }]],
  'slow-node': [['node: n1, cost: 300us, for: 1s', { node: 'n1', cost: 300, for: ms(1_000) }]],
  'timer-jitter': [['nodes: [n1], max: 1s, for: 2s', { nodes: ['n1'], max: ms(1_000), for: ms(2_000) }]],
  'clock-step': [['node: n1, by: -500ms', { node: 'n1', by: -ms(500) }]],
  'clock-rate': [['node: n1, ppm: -200, for: 1s', { node: 'n1', ppm: -200, for: ms(1_000) }]],
  'clock-drift': [
    ['node: n1, ppm: 500, every: 1s, for: 9s', { node: 'n1', ppm: 500, every: ms(1_000), for: ms(9_000) }],
  ],
  'slow-disk': [['node: n1, latency: 5ms, for: 1s', { node: 'n1', latency: ms(5), for: ms(1_000) }]],
  'disk-stall': [['node: n1, for: 1s', { node: 'n1', for: ms(1_000) }]],
  'sync-error': [['node: n1', { node: 'n1' }]],
  'write-error': [['node: n1', { node: 'n1' }]],
  'full-disk': [['node: n1, for: 1s', { node: 'n1', for: ms(1_000) }]],
  'read-error': [['node: n1, target: "log[3]", for: 1s', { node: 'n1', target: 'log[3]', for: ms(1_000) }]],
  'bit-flip': [['node: n1, target: hard, silent: true', { node: 'n1', target: 'hard', silent: true }]],
  'misdirected-write': [['node: n1', { node: 'n1' }]],
  join: [['node: n4, role: server, options: { a: 1 }', { node: 'n4', role: 'server', options: { a: 1 } }]],
  admin: [['node: n1, action: { type: cheer }', { node: 'n1', action: { type: 'cheer' } }]],
};

const all = Object.entries(forms).flatMap(([kind, list]) => list.map((form) => [kind, ...form] as const));

const planWith = (faults: readonly Fault[]): unknown => ({
  format: PLAN_FORMAT,
  protocol: 'raft',
  seed: '1',
  nodes: [{ id: 'n1', role: 'server', options: {} }],
  network: { latency: { kind: 'constant', value: 1 }, lossPpm: 0, duplicationPpm: 0, fifo: false, capacity: 9 },
  disk: { syncLatency: { kind: 'constant', value: 1 }, damageable: ['n1'] },
  faults,
  calls: [],
  overrides: [],
  limits: defaultLimits,
});

test.each(all)('%s: { %s }', (kind, written, read) => {
  const text = `protocol: raft\nfaults:\n  - { at: 1s, kind: ${kind}, ${written} }\n`;
  const loaded = loadScenario(text, 'test');
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const fault = { at: 1_000_000, kind, ...read };
  expect(loaded.scenario.faults).toEqual([fault]);
  const plan = planWith(loaded.scenario.faults);
  expect(readPlan(JSON.parse(JSON.stringify(plan)))).toEqual({ ok: true, plan });
});

test('the network of a file has a capacity, its disks an atlas', () => {
  const loaded = loadScenario('protocol: raft\nnetwork: { capacity: 5 }\ndisk: { damageable: [n1] }\n', 'test');
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  expect(loaded.scenario.network).toEqual({ capacity: 5 });
  expect(loaded.scenario.disk).toEqual({ damageable: ['n1'] });
});

test.each([
  ['crash-loop', 'node: n1, times: 0, down: 1ms, up: 1ms', 'times'],
  ['degrade', 'from: [n1], to: [n2], capacity: 0', 'capacity'],
  ['crash', 'node: n1, during: write', 'during'],
  ['crash', 'node: n1, unsynced: half', 'unsynced'],
  ['flapping', 'groups: [[n1], [n2]], cut: 1s, for: 2s', 'healed'],
])('%s: { %s } is refused, and %s named', (kind, written, field) => {
  const loaded = loadScenario(`protocol: raft\nfaults:\n  - { at: 1s, kind: ${kind}, ${written} }\n`, 'test');
  expect(loaded.ok).toBe(false);
  if (!loaded.ok) expect(loaded.problems.map(({ path }) => path)).toContainEqual(['faults', 0, field]);
});
