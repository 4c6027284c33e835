/**
 * The commit protocols in the simulator: one coordinator, three participants, ten clients, 200 operations a second, all properties on
 * (those that judge the history at the end, too), digest of every field of every event on, no trace kept. Latencies uniform in 1..10 ms,
 * in order on each link, syncs of 0.5 ms. A message is one delivery between processes that are no clients.
 *
 * Run: `npm run bench -- commit [protocol...] [--seconds=10] [--rate=200] [--without=SER,ISO]`.
 */
import { monitor } from '../src/check/monitor.ts';
import type { Protocol } from '../src/check/protocol.ts';
import { type RunSpec, Simulation } from '../src/index.ts';
import { paxosCommit } from '../src/protocols/paxos-commit/paxos-commit.ts';
import {
  enhancedThreePhaseCommit,
  quorumThreePhaseCommit,
  threePhaseCommit,
} from '../src/protocols/three-phase-commit/three-phase-commit.ts';
import { twoPhaseCommit } from '../src/protocols/two-phase-commit/two-phase-commit.ts';
import { populate } from '../src/scenario/population.ts';

const CLIENTS = 10;
const RUNS = 10;
const BATCHES = 5;
const FOR_CLIENTS = ['Begin', 'Done', 'Stale'];

const asked = process.argv.slice(2);
const setting = (name: string, usual: string): string =>
  asked.find((argument) => argument.startsWith(`--${name}=`))?.slice(name.length + 3) ?? usual;
const virtualSeconds = Number(setting('seconds', '10'));
const operationsPerSecond = Number(setting('rate', '200'));
const without = setting('without', '').split(',');

function specOf(protocol: Protocol, seed: number): RunSpec {
  const options = Object.fromEntries(Object.entries(protocol.options).map(([name, option]) => [name, option.default]));
  const inhabitants = populate(protocol, { client: CLIENTS });
  const clients = inhabitants.filter(({ role }) => role === 'client').map(({ id }) => id);
  return {
    seed: `bench/${seed}`,
    nodes: inhabitants.map(({ id, role }) => ({ id, role, options })),
    network: { latency: { kind: 'uniform', min: 1_000, max: 10_000 }, lossPpm: 0, duplicationPpm: 0, fifo: true },
    disk: { syncLatency: { kind: 'constant', value: 500 } },
    faults: [],
    calls: [],
    workload: {
      operations: protocol.operations,
      clients,
      interval: Math.round((1e6 * CLIENTS) / operationsPerSecond),
      start: 100_000,
      end: virtualSeconds * 1e6,
    },
    overrides: [],
    limits: {
      until: virtualSeconds * 1e6,
      eventsMax: 1e9,
      eventsPerInstantMax: 1e6,
      effectsPerHandlerMax: 10_000,
    },
  };
}

interface Run {
  readonly messages: number;
  readonly events: number;
  readonly committed: number;
  readonly cpuSeconds: number;
}

function run(protocol: Protocol, seed: number): Run {
  const properties = protocol.properties.map(({ name }) => name).filter((name) => !without.includes(name));
  const observers = monitor(protocol, { properties });
  const before = process.cpuUsage();
  const simulation = new Simulation({ spec: specOf(protocol, seed), roles: protocol.roles, observers });
  simulation.run();
  const { user, system } = process.cpuUsage(before);
  if (simulation.violation !== undefined) throw new Error(`violation: ${simulation.violation.finding.sentence}`);
  if (simulation.failure !== undefined) throw new Error(`failure: ${simulation.failure.sentence}`);
  const { messages, events, operations } = simulation.statistics();
  let delivered = 0;
  for (const [type, counts] of Object.entries(messages)) if (!FOR_CLIENTS.includes(type)) delivered += counts.delivered;
  return { messages: delivered, events, committed: operations.ok, cpuSeconds: (user + system) / 1e6 };
}

const add = (sum: Run, one: Run): Run => ({
  messages: sum.messages + one.messages,
  events: sum.events + one.events,
  committed: sum.committed + one.committed,
  cpuSeconds: sum.cpuSeconds + one.cpuSeconds,
});

/** Median rate of batches of runs, after a warm-up. */
function measure(protocol: Protocol): void {
  let seed = 0;
  for (let i = 0; i < 5; i++) run(protocol, seed++);
  const results = Array.from({ length: BATCHES }, () =>
    Array.from({ length: RUNS }, () => run(protocol, seed++)).reduce(add),
  );
  results.sort((a, b) => a.messages / a.cpuSeconds - b.messages / b.cpuSeconds);
  const middle = results[Math.floor(BATCHES / 2)] as Run;
  const perRun = (count: number): string => Math.round(count / RUNS).toLocaleString('en');
  console.log(
    `${protocol.name.padEnd(28)} ${(middle.messages / middle.cpuSeconds / 1e6).toFixed(3)} M messages, ` +
      `${(middle.events / middle.cpuSeconds / 1e6).toFixed(3)} M events, ${(RUNS / middle.cpuSeconds).toFixed(1)} runs per CPU second; ` +
      `a run: ${perRun(middle.messages)} messages, ${perRun(middle.events)} events, ${perRun(middle.committed)} committed; ` +
      `${((1e6 * middle.cpuSeconds) / middle.events).toFixed(2)} us an event`,
  );
}

const protocols = [twoPhaseCommit, threePhaseCommit, quorumThreePhaseCommit, enhancedThreePhaseCommit, paxosCommit];
const named = asked.filter((argument) => !argument.startsWith('--'));
for (const protocol of protocols) if (named.length === 0 || named.includes(protocol.name)) measure(protocol);
