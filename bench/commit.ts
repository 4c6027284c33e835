/**
 * The commit protocols in the simulator: one coordinator, three participants, ten clients, 200 operations a second, all properties on,
 * digest of every field of every event on, no trace kept. Latencies uniform in 1..10 ms, in order on each link, syncs of 0.5 ms. A message
 * is one delivery between processes that are no clients.
 *
 * Two workloads. `contended` is what fuzzing draws: four keys of each kind, so that half of the requests give way to another, lists that
 * grow to a hundred elements, audits that read all accounts. `steady` is what papers on commit protocols measure: bank transfers between
 * a thousand accounts, two of three over two participants, of which nearly all commit at once. What the properties that judge the whole
 * run cost when it is over (SER, ISO, DUR) is measured and printed apart, as Raft's bench does.
 *
 * Run: `npm run bench -- commit [protocol...] [--load=contended,steady] [--seconds=10] [--rate=200] [--without=SER,ISO] [--warm-up=40]`.
 */
import { monitor } from '../src/check/monitor.ts';
import type { Protocol } from '../src/check/protocol.ts';
import { collectBetweenRuns } from '../src/explore/pool-garbage.ts';
import { type RunSpec, Simulation } from '../src/index.ts';
import { paxosCommit } from '../src/protocols/paxos-commit/paxos-commit.ts';
import {
  enhancedThreePhaseCommit,
  quorumThreePhaseCommit,
  threePhaseCommit,
} from '../src/protocols/three-phase-commit/three-phase-commit.ts';
import { twoPhaseCommit } from '../src/protocols/two-phase-commit/two-phase-commit.ts';
import { populate } from '../src/scenario/population.ts';
import type { OperationSpec } from '../src/sim/config.ts';
import type { PlacedObserver, World } from '../src/sim/observer.ts';

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
const loads = setting('load', 'contended,steady').split(',');

const account = { kind: 'key', count: 1_000 } as const;
const transfers: readonly OperationSpec[] = [
  {
    type: 'transfer',
    weight: 1,
    arguments: { from: account, to: account, amount: { kind: 'integer', min: 1, max: 10 } },
  },
];

function specOf(protocol: Protocol, load: string, seed: number): RunSpec {
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
      operations: load === 'steady' ? transfers : protocol.operations,
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
  /** Of these `judgingSeconds` were spent when the run was over. */
  readonly cpuSeconds: number;
  readonly judgingSeconds: number;
}

let judgingSeconds = 0;

/** The same observer, whose judgement at the end of a run is timed. */
function timed({ path, observer }: PlacedObserver): PlacedObserver {
  const { end } = observer;
  if (end === undefined) return { path, observer };
  const judge = (memory: unknown, world: World): ReturnType<typeof end> => {
    const before = cpuSecondsNow();
    const verdict = end(memory, world);
    judgingSeconds += cpuSecondsNow() - before;
    return verdict;
  };
  return { path, observer: { ...observer, end: judge } };
}

function cpuSecondsNow(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function run(protocol: Protocol, load: string, observers: readonly PlacedObserver[], seed: number): Run {
  judgingSeconds = 0;
  const before = cpuSecondsNow();
  collectBetweenRuns();
  const simulation = new Simulation({ spec: specOf(protocol, load, seed), roles: protocol.roles, observers });
  simulation.run();
  const cpuSeconds = cpuSecondsNow() - before;
  if (simulation.violation !== undefined) throw new Error(`violation: ${simulation.violation.finding.sentence}`);
  if (simulation.failure !== undefined) throw new Error(`failure: ${simulation.failure.sentence}`);
  const { messages, events, operations } = simulation.statistics();
  let delivered = 0;
  for (const [type, counts] of Object.entries(messages)) if (!FOR_CLIENTS.includes(type)) delivered += counts.delivered;
  return { messages: delivered, events, committed: operations.ok, cpuSeconds, judgingSeconds };
}

const add = (sum: Run, one: Run): Run => ({
  messages: sum.messages + one.messages,
  events: sum.events + one.events,
  committed: sum.committed + one.committed,
  cpuSeconds: sum.cpuSeconds + one.cpuSeconds,
  judgingSeconds: sum.judgingSeconds + one.judgingSeconds,
});

/** As for Raft: V8 goes on optimizing for as long, and what its compiler takes is counted. */
const WARM_UP_RUNS = Number(setting('warm-up', '40'));

/** Median rate of batches of runs, after a warm-up. */
function measure(protocol: Protocol, load: string): void {
  const properties = protocol.properties.map(({ name }) => name).filter((name) => !without.includes(name));
  const observers = monitor(protocol, { properties }).map(timed);
  let seed = 0;
  for (let i = 0; i < WARM_UP_RUNS; i++) run(protocol, load, observers, seed++);
  const results = Array.from({ length: BATCHES }, () =>
    Array.from({ length: RUNS }, () => run(protocol, load, observers, seed++)).reduce(add),
  );
  results.sort((a, b) => simulatedPerSecond(a) - simulatedPerSecond(b));
  const middle = results[Math.floor(BATCHES / 2)] as Run;
  const perRun = (count: number): string => Math.round(count / RUNS).toLocaleString('en');
  const { messages, events, committed, cpuSeconds } = middle;
  console.log(
    `${protocol.name.padEnd(28)} ${load.padEnd(9)} ${(simulatedPerSecond(middle) / 1e6).toFixed(3)} M messages per CPU second, ` +
      `${(messages / cpuSeconds / 1e6).toFixed(3)} M with the judgement; ${(RUNS / cpuSeconds).toFixed(1)} runs per CPU second; ` +
      `a run: ${perRun(messages)} messages, ${perRun(events)} events, ${perRun(committed)} committed, ` +
      `${((1e3 * middle.judgingSeconds) / RUNS).toFixed(1)} ms judgement; ` +
      `${((1e6 * (cpuSeconds - middle.judgingSeconds)) / events).toFixed(2)} us an event`,
  );
}

const simulatedPerSecond = ({ messages, cpuSeconds, judgingSeconds }: Run): number =>
  messages / (cpuSeconds - judgingSeconds);

const protocols = [twoPhaseCommit, threePhaseCommit, quorumThreePhaseCommit, enhancedThreePhaseCommit, paxosCommit];
const named = asked.filter((argument) => !argument.startsWith('--'));
const names = protocols.map(({ name }) => name);
for (const name of named) if (!names.includes(name)) throw new Error(`no protocol "${name}": ${names.join(', ')}`);
for (const protocol of protocols) {
  if (named.length > 0 && !named.includes(protocol.name)) continue;
  for (const load of loads) measure(protocol, load);
}
