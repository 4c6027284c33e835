/**
 * Raft in the simulator: five servers, 200 operations a second, all internal properties on, digest of every field of every event on,
 * no trace kept. The workload of the yardstick `raft-sim.mjs`: latencies uniform in 1..10 ms, in order on each link, election timeouts
 * of 150..300 ms, heartbeats each 50 ms. A message is one delivery from server to server.
 *
 * Run: `npm run bench -- raft [case...]`. Cases: quiet, faults, short (20 op/s), nodes (3 to 9 servers), long (10 to 1,000 s).
 */
import { monitor } from '../src/check/monitor.ts';
import { collectBetweenRuns } from '../src/explore/pool-garbage.ts';
import { type Fault, type RunSpec, Simulation } from '../src/index.ts';
import { raft } from '../src/protocols/raft/raft.ts';

const PEER_MESSAGES = ['RequestVote', 'RequestVoteReply', 'AppendEntries', 'AppendEntriesReply'];

interface Load {
  readonly servers: number;
  readonly virtualSeconds: number;
  readonly operationsPerSecond: number;
  readonly syncMicros: number;
  readonly faults: readonly Fault[];
  readonly lossPpm: number;
}

const usual: Load = { servers: 5, virtualSeconds: 10, operationsPerSecond: 200, syncMicros: 0, faults: [], lossPpm: 0 };

function specOf(load: Load, seed: number): RunSpec {
  const options = Object.fromEntries(Object.entries(raft.options).map(([name, option]) => [name, option.default]));
  const own = {
    electionTimeoutMin: 150_000,
    electionTimeoutMax: 300_000,
    heartbeatInterval: 50_000,
    clientTimeout: 500_000,
  };
  const clients = Array.from({ length: 10 }, (_, i) => `c${i + 1}`);
  const node = (id: string, role: string) => ({ id, role, options: { ...options, ...own } });
  return {
    seed: `bench/${seed}`,
    nodes: [
      ...Array.from({ length: load.servers }, (_, i) => node(`n${i + 1}`, 'server')),
      ...clients.map((id) => node(id, 'client')),
    ],
    network: {
      latency: { kind: 'uniform', min: 1_000, max: 10_000 },
      lossPpm: load.lossPpm,
      duplicationPpm: 0,
      fifo: true,
    },
    disk: { syncLatency: { kind: 'constant', value: load.syncMicros } },
    faults: load.faults,
    calls: [],
    workload: {
      operations: raft.operations,
      clients,
      interval: Math.round((1e6 * clients.length) / load.operationsPerSecond),
      start: 1_000_000,
      end: load.virtualSeconds * 1e6,
    },
    overrides: [],
    limits: {
      until: load.virtualSeconds * 1e6,
      eventsMax: 1e9,
      eventsPerInstantMax: 1e6,
      effectsPerHandlerMax: 10_000,
    },
  };
}

interface Run {
  readonly messages: number;
  readonly events: number;
  readonly acknowledged: number;
  readonly cpuSeconds: number;
}

/** One run with the protocol's own properties; the judgement of the client history is timed apart (`check`). */
function run(load: Load, seed: number): Run {
  const observers = monitor(raft, { properties: raft.properties.map(({ name }) => name) });
  const before = process.cpuUsage();
  collectBetweenRuns();
  const simulation = new Simulation({ spec: specOf(load, seed), roles: raft.roles, observers });
  simulation.run();
  const { user, system } = process.cpuUsage(before);
  if (simulation.violation !== undefined) throw new Error(`violation: ${simulation.violation.finding.sentence}`);
  if (simulation.failure !== undefined) throw new Error(`failure: ${simulation.failure.sentence}`);
  const { messages, events, operations } = simulation.statistics();
  const delivered = PEER_MESSAGES.reduce((sum, type) => sum + (messages[type]?.delivered ?? 0), 0);
  return { messages: delivered, events, acknowledged: operations.ok, cpuSeconds: (user + system) / 1e6 };
}

/** V8 goes on optimizing for about so many runs: its compiler counts, in whose time it works. */
const WARM_UP_RUNS = 40;

/** Median rate of `batches` batches of runs, after a warm-up. */
function measure(title: string, load: Load, runsPerBatch: number, batches = 9): number {
  let seed = 0;
  for (let i = 0; i < WARM_UP_RUNS; i++) run({ ...load, virtualSeconds: Math.min(load.virtualSeconds, 10) }, seed++);
  const results = Array.from({ length: batches }, () => {
    const runs = Array.from({ length: runsPerBatch }, () => run(load, seed++));
    return runs.reduce((sum, one) => ({
      messages: sum.messages + one.messages,
      events: sum.events + one.events,
      acknowledged: sum.acknowledged + one.acknowledged,
      cpuSeconds: sum.cpuSeconds + one.cpuSeconds,
    }));
  });
  results.sort((a, b) => a.messages / a.cpuSeconds - b.messages / b.cpuSeconds);
  const middle = results[Math.floor(batches / 2)] as Run;
  const rate = middle.messages / middle.cpuSeconds;
  const perRun = (count: number): string => Math.round(count / runsPerBatch).toLocaleString('en');
  console.log(
    `${title.padEnd(34)} ${(rate / 1e6).toFixed(2)} M messages, ${(middle.events / middle.cpuSeconds / 1e6).toFixed(2)} M events, ` +
      `${(runsPerBatch / middle.cpuSeconds).toFixed(0)} runs per CPU second; a run: ${perRun(middle.messages)} messages, ` +
      `${perRun(middle.events)} events, ${perRun(middle.acknowledged)} operations acknowledged; ` +
      `${((1e6 * middle.cpuSeconds) / middle.events).toFixed(2)} us an event; peak ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`,
  );
  return rate;
}

const chaos: readonly Fault[] = Array.from(
  { length: 3 },
  (_, i): Fault => ({
    kind: 'crash',
    node: `n${(i % 5) + 1}`,
    at: 3_000_000 * (i + 1),
    for: 500_000,
  }),
);

const cases: { readonly [name: string]: () => void } = {
  quiet() {
    measure('5 servers, 200 op/s', usual, 20);
    measure('the same, syncs take 0.5 ms', { ...usual, syncMicros: 500 }, 20);
  },
  faults() {
    measure('200 op/s, 2 % loss, crashes', { ...usual, lossPpm: 20_000, faults: chaos, syncMicros: 500 }, 20);
  },
  short() {
    measure('5 servers, 20 op/s', { ...usual, operationsPerSecond: 20, syncMicros: 500 }, 40);
  },
  nodes() {
    for (const servers of [3, 5, 7, 9])
      measure(`${servers} servers, 200 op/s`, { ...usual, servers, syncMicros: 500 }, 10);
  },
  long() {
    for (const virtualSeconds of [10, 100, 1_000]) {
      measure(`${virtualSeconds} virtual seconds, 200 op/s`, { ...usual, virtualSeconds, syncMicros: 500 }, 1, 3);
    }
  },
};

const asked = process.argv.slice(2);
for (const [name, measureCase] of Object.entries(cases)) if (asked.length === 0 || asked.includes(name)) measureCase();
