import { describe, expect, it } from 'vitest';
import { monitor } from '../../../src/check/monitor.ts';
import { raft } from '../../../src/protocols/raft/raft.ts';
import type { RunSpec } from '../../../src/sim/config.ts';
import { crashStates } from '../../../src/sim/crash-states.ts';
import type { Fault } from '../../../src/sim/faults.ts';
import { ms } from '../../../src/sim/protocol.ts';
import { Simulation } from '../../../src/sim/simulation.ts';
import type { TraceEvent } from '../../../src/sim/trace.ts';
import { specOf } from './cluster.ts';

const calls = Array.from({ length: 30 }, (_, i) => ({
  at: ms(500 + 20 * i),
  client: `c${1 + (i % 3)}`,
  op: { type: 'write', key: `k${i % 3}`, value: i },
}));
/** A cluster of three with clients that write; a sync takes 3 ms unless said otherwise. */
const scene = (faults: readonly Fault[], sync: number = ms(3)): RunSpec =>
  specOf({
    servers: 3,
    clients: 3,
    timeouts: { n1: ms(150), n2: ms(400), n3: ms(600) },
    sync,
    calls,
    faults,
    until: ms(3_000),
  });

function run(faults: readonly Fault[]): { readonly simulation: Simulation; readonly trace: readonly TraceEvent[] } {
  const trace: TraceEvent[] = [];
  const simulation = new Simulation({
    spec: scene(faults),
    roles: raft.roles,
    observers: monitor(raft),
    strict: true,
    sink: (event) => trace.push(event),
  });
  simulation.run();
  expect(simulation.failure).toBeUndefined();
  expect(simulation.violation).toBeUndefined();
  return { simulation, trace };
}
const halts = (trace: readonly TraceEvent[]): string[] =>
  trace.flatMap((event) => (event.kind === 'halt' ? [`${event.node}: ${event.reason}`] : []));
const reboot = (node: string): Fault => ({ kind: 'crash', node, at: ms(1_000), for: ms(50) });

describe('a server whose disk', () => {
  const stops: readonly (readonly [string, readonly Fault[], RegExp])[] = [
    ['fails to sync, while it leads', [{ kind: 'sync-error', node: 'n1', at: ms(800) }], /n1: the disk failed to sync/],
    ['fails to sync, while it follows', [{ kind: 'sync-error', node: 'n2', at: ms(800) }], /n2: a sync failed/],
    ['fails to write', [{ kind: 'write-error', node: 'n2', at: ms(800) }], /n2: a write failed/],
    ['is full', [{ kind: 'full-disk', node: 'n1', at: ms(800) }], /n1: the disk is full/],
    [
      'cannot give back term and vote',
      [{ kind: 'read-error', node: 'n2', at: ms(900), target: 'hard' }, reboot('n2')],
      /n2: term and vote cannot be read \(read\)/,
    ],
    [
      'cannot give back an entry',
      [{ kind: 'read-error', node: 'n2', at: ms(900), target: 'log[3]' }, reboot('n2')],
      /n2: entry 3 of the log cannot be read \(read\)/,
    ],
    [
      'has a flipped bit in its term and vote',
      [{ kind: 'bit-flip', node: 'n2', at: ms(900), target: 'hard' }, reboot('n2')],
      /n2: term and vote cannot be read \(corrupt\)/,
    ],
  ];
  it.each(stops)('%s stops, and the others go on', (_what, faults, reason) => {
    const { simulation, trace } = run(faults);
    const [first, ...more] = halts(trace);
    expect(first).toMatch(reason);
    expect(more).toEqual([]);
    expect(simulation.statistics().operations.ok).toBe(calls.length);
  });

  it('has a flipped bit in the very last entry stops too: it may have acknowledged it', () => {
    const isolated: Fault = { kind: 'isolate', node: 'n2', at: ms(900), for: ms(400) };
    const before = new Simulation({ spec: scene([isolated]), roles: raft.roles });
    while (before.now < ms(990)) before.step();
    const last = before.snapshot().nodes[1]?.saved.disk.durable.log('', 'log').entries.length ?? 0;
    expect(last).toBeGreaterThan(5);
    const flipped: Fault = { kind: 'bit-flip', node: 'n2', at: ms(990), target: `log[${last}]` };
    const { trace } = run([isolated, flipped, reboot('n2')]);
    expect(halts(trace)).toEqual([`n2: entry ${last} of the log cannot be read (corrupt)`]);
  });

  it('stops again as long as it cannot be read, and is back when it can', () => {
    const { simulation, trace } = run([
      { kind: 'read-error', node: 'n2', at: ms(900), target: 'log[2]', for: ms(900) },
      reboot('n2'),
      { kind: 'restart', node: 'n2', at: ms(1_500) },
      { kind: 'restart', node: 'n2', at: ms(2_000) },
    ]);
    expect(halts(trace)).toHaveLength(2);
    expect(simulation.viewOf('n2')?.role).toBe('follower');
  });
});

describe('a torn entry', () => {
  it('is cut off: it was never synced, so nobody was told of it', () => {
    const { simulation, trace } = run([
      { kind: 'crash', node: 'n1', at: ms(800), during: 'sync', torn: true, for: ms(100) },
      // What was written since is there after another crash: it does not lie behind the torn entry.
      { kind: 'crash', node: 'n1', at: ms(2_500), for: ms(50) },
    ]);
    const cut = trace.filter((event) => event.kind === 'note' && event.text === 'cutTornEntry');
    expect(cut).toHaveLength(1);
    expect(halts(trace)).toEqual([]);
    expect(simulation.statistics().operations.ok).toBe(calls.length);
  });
});

describe('whatever a crash leaves of the writes that were not synced', () => {
  it.each(['n1', 'n2'])('%s comes back with it, and nothing that was acknowledged is lost', (node) => {
    const simulation = new Simulation({ spec: scene([], ms(20)), roles: raft.roles, observers: monitor(raft) });
    const seen = new Set<number>();
    let states = 0;
    while (simulation.step() && states < 40) {
      const many = simulation.unsyncedWrites(node).length;
      // Moments with so many writes under way as none before, and then some.
      if (many === 0 || (seen.has(many) && simulation.event % 25 !== 0)) continue;
      seen.add(many);
      for (const { kept, torn } of crashStates(simulation, node)) {
        states++;
        simulation.restart(node);
        simulation.run();
        const what = `after ${kept.join(' + ') || 'nothing'}${torn ? ', torn' : ''}`;
        expect([what, simulation.failure, simulation.violation]).toEqual([what, undefined, undefined]);
        expect([what, simulation.statistics().operations.ok]).toEqual([what, calls.length]);
      }
    }
    expect(states).toBeGreaterThan(5);
  });
});

describe('a leader whose own entries are being synced when it is deposed', () => {
  it('acknowledges nothing over a hole: the sync of its vote fails with that of its entries', () => {
    // n1 leads; n2 gets its entry, then hears no more of it and campaigns. The sync of n1's entry fails while n1 waits for that of the
    // vote it gives n2, and n2's first message is in n1's inbox before the news of the failure.
    const spec = specOf({
      servers: 3,
      clients: 1,
      timeouts: { n1: ms(150), n2: ms(400) },
      faults: [
        { kind: 'slow-disk', node: 'n1', at: ms(495), latency: ms(700), for: ms(20) },
        { kind: 'sync-error', node: 'n1', at: ms(495) },
        { kind: 'cut', from: ['n1'], to: ['n2'], at: ms(515), for: ms(400) },
      ],
      calls: [{ at: ms(490), client: 'c1', op: { type: 'write', key: 'k', value: 1 } }],
      until: ms(3_000),
    });
    const trace: TraceEvent[] = [];
    const simulation = new Simulation({
      spec,
      roles: raft.roles,
      observers: monitor(raft),
      strict: true,
      sink: (event) => trace.push(event),
    });
    simulation.run();
    expect(simulation.violation).toBeUndefined();
    expect(halts(trace)).toEqual(['n1: a sync failed, and the role has no onDiskError']);
  });
});
