/**
 * For every kind of fault a protocol that it alone breaks: without the fault the promise holds, with it it does not. docs/faults.md lists
 * the same.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { faultKinds } from '../../src/scenario/fault-schema.ts';
import type { RunSpec } from '../../src/sim/config.ts';
import type { Fault, FaultKind } from '../../src/sim/faults.ts';
import type { AnyRole, Micros } from '../../src/sim/protocol.ts';
import {
  beacon,
  beacons,
  carefulKeeper,
  type KeeperOptions,
  keeper,
  type Promised,
  promises,
} from '../toys/fragile.ts';
import { runOf, specOf } from '../toys/kernel-spec.ts';

interface Case {
  /** What the fault is, where its kind alone does not say it. */
  readonly form?: string;
  readonly breaks: Promised;
  readonly fault: Fault;
  /** A keeper with these habits; beacons without. */
  readonly keeper?: Partial<KeeperOptions>;
  /** What happens anyway and is survived. */
  readonly anyway?: readonly Fault[];
  /** Default: a second. */
  readonly until?: Micros;
}

const at = 100_000;
const span = 50_000;
const reboot: Fault = { kind: 'crash', node: 'n1', at: 203_000, unsynced: 'none', for: 5_000 };
const careless = { onError: 'go on' } as const;
/** In the middle of a sync, which takes 500 us. */
const midSync = 100_250;

const cases: { readonly [Kind in FaultKind]: readonly Case[] } = {
  partition: [{ breaks: 'gapless', fault: { kind: 'partition', groups: [['n1'], ['n2', 'n3']], at, for: span } }],
  isolate: [
    { breaks: 'gapless', fault: { kind: 'isolate', node: 'n2', direction: 'inbound', at, for: span } },
    { form: 'from some', breaks: 'gapless', fault: { kind: 'isolate', node: 'n1', from: ['n3'], at, for: span } },
  ],
  partial: [{ breaks: 'gapless', fault: { kind: 'partial', pairs: [['n1', 'n3']], at, for: span } }],
  flapping: [
    {
      breaks: 'gapless',
      fault: { kind: 'flapping', groups: [['n1'], ['n2']], at, cut: 12_000, healed: 9_000, for: span },
    },
  ],
  cut: [{ breaks: 'gapless', fault: { kind: 'cut', from: ['n1'], to: ['n2'], at, for: span } }],
  clog: [{ breaks: 'fresh', fault: { kind: 'clog', from: ['n1'], to: ['n2'], at, for: span } }],
  'swizzle-clog': [{ breaks: 'fresh', fault: { kind: 'swizzle-clog', nodes: ['n2', 'n3'], at, for: 200_000 } }],
  degrade: [
    {
      form: 'latency',
      breaks: 'fresh',
      fault: { kind: 'degrade', from: ['n1'], to: ['n2'], at, latency: { kind: 'constant', value: 16_000 } },
    },
    { form: 'loss', breaks: 'gapless', fault: { kind: 'degrade', from: ['n1'], to: ['n2'], at, lossPpm: 200_000 } },
    {
      form: 'duplication',
      breaks: 'once',
      fault: { kind: 'degrade', from: ['n1'], to: ['n2'], at, duplicationPpm: 500_000 },
    },
    {
      form: 'capacity',
      breaks: 'gapless',
      fault: {
        kind: 'degrade',
        from: ['n1'],
        to: ['n2'],
        at,
        capacity: 1,
        latency: { kind: 'constant', value: 12_000 },
      },
    },
  ],
  filter: [{ breaks: 'gapless', fault: { kind: 'filter', messages: ['beat'], at, for: span } }],
  noise: [
    { form: 'loss', breaks: 'gapless', fault: { kind: 'noise', lossPpm: 200_000, at } },
    { form: 'duplication', breaks: 'once', fault: { kind: 'noise', duplicationPpm: 200_000, at } },
  ],
  crash: [
    { form: 'unsynced: none', breaks: 'kept', keeper: { sync: 'never' }, fault: { ...reboot, unsynced: 'none' } },
    {
      form: 'unsynced: subset',
      breaks: 'ordered',
      keeper: {},
      anyway: [{ kind: 'crash', node: 'n1', at: midSync, unsynced: 'prefix', for: 5_000 }],
      fault: {
        kind: 'crash',
        node: 'n1',
        at: midSync + 2 * 10_000 + 5_000,
        during: 'sync',
        unsynced: 'subset',
        for: 5_000,
      },
    },
    {
      form: 'torn',
      breaks: 'kept',
      keeper: { onUnreadable: 'begin anew' },
      anyway: [{ kind: 'crash', node: 'n1', at: midSync, for: 5_000 }],
      fault: { kind: 'crash', node: 'n1', at: 200_000, during: 'sync', torn: true, for: 5_000 },
    },
    {
      form: 'during: sync',
      breaks: 'kept',
      keeper: { sync: 'later' },
      anyway: [reboot],
      fault: { kind: 'crash', node: 'n1', at: 300_000, during: 'sync', for: 5_000 },
    },
    {
      form: 'empty',
      breaks: 'kept',
      keeper: {},
      anyway: [reboot],
      fault: { kind: 'crash', node: 'n1', at: 305_000, empty: true, for: 5_000 },
    },
  ],
  outage: [
    { breaks: 'kept', keeper: { sync: 'never' }, fault: { kind: 'outage', nodes: ['n1', 'n2'], at, for: 5_000 } },
  ],
  'crash-loop': [
    {
      breaks: 'kept',
      keeper: { sync: 'never' },
      fault: { kind: 'crash-loop', node: 'n1', at: 5_000, times: 3, down: 1_000, up: 25_000 },
    },
  ],
  pause: [{ breaks: 'fresh', fault: { kind: 'pause', node: 'n2', at, for: span } }],
  'slow-node': [{ breaks: 'fresh', fault: { kind: 'slow-node', node: 'n2', at, cost: 12_000 } }],
  'timer-jitter': [
    { breaks: 'steady', fault: { kind: 'timer-jitter', nodes: ['n1'], at: 0, max: 10_000_000 }, until: 20_000_000 },
  ],
  'clock-step': [{ breaks: 'agreed', fault: { kind: 'clock-step', node: 'n2', at, by: -30_000 } }],
  'clock-rate': [{ breaks: 'steady', fault: { kind: 'clock-rate', node: 'n1', at, ppm: 200_000 } }],
  'clock-drift': [{ breaks: 'agreed', fault: { kind: 'clock-drift', node: 'n1', at, ppm: 100_000, every: 400_000 } }],
  'slow-disk': [{ breaks: 'prompt', keeper: {}, fault: { kind: 'slow-disk', node: 'n1', at, latency: 6_000 } }],
  'disk-stall': [
    { breaks: 'prompt', keeper: {}, fault: { kind: 'disk-stall', node: 'n1', at: at + 5_000, for: span } },
  ],
  'sync-error': [{ breaks: 'durable', keeper: careless, fault: { kind: 'sync-error', node: 'n1', at } }],
  'write-error': [{ breaks: 'durable', keeper: careless, fault: { kind: 'write-error', node: 'n1', at } }],
  'full-disk': [{ breaks: 'durable', keeper: careless, fault: { kind: 'full-disk', node: 'n1', at, for: span } }],
  'read-error': [
    {
      breaks: 'kept',
      keeper: { onUnreadable: 'begin anew' },
      anyway: [reboot],
      fault: { kind: 'read-error', node: 'n1', at: 150_000, target: 'counts[1]' },
    },
  ],
  'bit-flip': [
    {
      breaks: 'kept',
      keeper: { onUnreadable: 'begin anew' },
      anyway: [reboot],
      fault: { kind: 'bit-flip', node: 'n1', at: 150_000, target: 'counts[1]' },
    },
    {
      form: 'silent',
      breaks: 'kept',
      keeper: {},
      anyway: [reboot],
      fault: { kind: 'bit-flip', node: 'n1', at: 202_000, target: 'count', silent: true },
    },
  ],
  'misdirected-write': [
    {
      breaks: 'kept',
      keeper: { onUnreadable: 'begin anew' },
      anyway: [reboot],
      fault: { kind: 'misdirected-write', node: 'n1', at: 195_000 },
    },
  ],
  // Help, growth and orders: they break nothing by themselves.
  restart: [],
  join: [],
  admin: [],
};

const roles = { beacon, keeper } as unknown as { readonly [role: string]: AnyRole };

/** The promise that was broken, and how; undefined where all was well. */
function broken({ breaks, keeper: habits, until = 1_000_000 }: Case, faults: readonly Fault[]): string | undefined {
  const keepers = ['n1', 'n2'].map((id) => ({ id, role: 'keeper', options: { ...carefulKeeper, ...habits } }));
  const spec: RunSpec = specOf({
    seed: 'toys',
    nodes: habits === undefined ? beacons : keepers,
    faults,
    limits: { until },
  });
  const { simulation } = runOf(spec, roles, [promises[breaks]], true);
  expect(simulation.failure).toBeUndefined();
  return simulation.violation?.finding.sentence;
}

describe('a promise that holds in a world without it is broken by', () => {
  for (const [kind, list] of Object.entries(cases)) {
    for (const one of list) {
      it(`${kind}${one.form === undefined ? '' : ` (${one.form})`}: ${one.breaks}`, () => {
        const anyway = one.anyway ?? [];
        expect(broken(one, anyway)).toBeUndefined();
        expect(broken(one, [...anyway, one.fault])).toEqual(expect.any(String));
      });
    }
  }

  it('every kind that there is, but for help, growth and orders', () => {
    expect(Object.keys(cases).sort()).toEqual([...faultKinds].sort());
    const harmless = Object.entries(cases).flatMap(([kind, list]) => (list.length === 0 ? [kind] : []));
    expect(harmless).toEqual(['restart', 'join', 'admin']);
  });
});

describe('careful keepers', () => {
  it('survive what careless ones do not: they stop, and nothing that was acknowledged is forgotten', () => {
    const disks: readonly Fault[] = [
      { kind: 'sync-error', node: 'n1', at },
      { kind: 'write-error', node: 'n1', at },
      { kind: 'full-disk', node: 'n1', at, for: span },
      { kind: 'read-error', node: 'n1', at },
      { kind: 'bit-flip', node: 'n1', at },
      { kind: 'crash', node: 'n1', at, during: 'sync', torn: true, for: 5_000 },
    ];
    for (const fault of disks) {
      const again: Fault[] = [200_000, 300_000, 400_000].map((time) => ({ kind: 'restart', node: 'n1', at: time }));
      for (const breaks of ['kept', 'durable'] as const)
        expect([fault.kind, broken({ breaks, fault, keeper: {} }, [fault, reboot, ...again])]).toEqual([
          fault.kind,
          undefined,
        ]);
    }
  });
});

/** Scripted only, or beyond what Raft claims. */
const NEVER_DRAWN: readonly FaultKind[] = ['join', 'admin', 'misdirected-write'];

describe('docs/faults.md', () => {
  const doc = readFileSync(new URL('../../docs/faults.md', import.meta.url), 'utf8');
  const rows = doc.split('\n').filter((line) => /^\| `/.test(line));
  it('lists every kind, and what it breaks here', () => {
    for (const [kind, list] of Object.entries(cases)) {
      const row = rows.find((line) => line.startsWith(`| \`${kind}\` `));
      expect(row, kind).toBeDefined();
      for (const { breaks } of list) expect(row).toContain(breaks);
    }
    expect(rows).toHaveLength(faultKinds.length);
  });

  it('names files that there are, for each law one that is about its kind', () => {
    const textOf = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
    for (const row of rows) {
      const [, kind, , laws] = row.split('|').map((cell) => cell.trim().replaceAll('`', ''));
      expect(textOf(`test/sim/${laws}.test.ts`), kind).toContain(`'${kind}'`);
    }
    const files = [...doc.matchAll(/`(test\/[^`]+\.ts)`/g)].map((match) => match[1] as string);
    expect(files.length).toBeGreaterThan(2);
    for (const file of files) expect(textOf(file).length, file).toBeGreaterThan(0);
  });

  it('says how often campaigns draw each, but for those that none draws', () => {
    for (const row of rows) {
      const [, kind, , , , , often] = row.split('|').map((cell) => cell.trim().replaceAll('`', ''));
      if (NEVER_DRAWN.includes(kind as FaultKind)) expect(often, kind).not.toMatch(/^\d+$/);
      else expect(Number(often), kind).toBeGreaterThan(0);
    }
  });
});
