/**
 * Protocols that decide, side by side: the same clients, the same troubles, the same seeds. How long is who in doubt, and what does a
 * commit cost?
 */
import type { Deciding, Doubt } from '../check/deciding.ts';
import { monitor } from '../check/monitor.ts';
import type { Protocol } from '../check/protocol.ts';
import { populate } from '../scenario/population.ts';
import { defaultLimits, type RunSpec } from '../sim/config.ts';
import type { Fault } from '../sim/faults.ts';
import type { Observer } from '../sim/observer.ts';
import type { Json } from '../sim/plain.ts';
import { type Micros, ms, type NodeId, seconds, type Tagged } from '../sim/protocol.ts';
import { Simulation } from '../sim/simulation.ts';

export interface CompareRow {
  readonly protocol: string;
  /** Runs in which an invariant broke; outside its model where it does not claim to survive the trouble. */
  readonly splits: number;
  readonly outsideModel: boolean;
  /** Calls answered in all runs, and from question to answer, in milliseconds, on average. */
  readonly answered: number;
  readonly delayMs: number;
  /** Of the decision, for each answered call. */
  readonly messages: number;
  readonly forcedWrites: number;
  /** From a process' promise to its learning the outcome: on average, and at most; and how many never learnt it. */
  readonly doubtMs: number;
  readonly doubtMaxMs: number;
  readonly neverLearnt: number;
  /** Of a run on average: the time in doubt summed over all locks kept meanwhile, and how many transactions waited or gave way because of that. */
  readonly lockSeconds: number;
  readonly delayed: number;
}

/** How the longest time in doubt grows with the time that the coordinator is down. */
export interface GrowthRow {
  readonly protocol: string;
  /** In the order of the report's `downtimesMs`. */
  readonly doubtMaxMs: readonly number[];
}

interface CompareSituation {
  readonly name: string;
  readonly title: string;
  readonly rows: readonly CompareRow[];
}

export interface CompareReport {
  readonly format: 'worldline-compare/1';
  readonly runs: number;
  readonly situations: readonly CompareSituation[];
  readonly downtimesMs: readonly number[];
  readonly growth: readonly GrowthRow[];
  readonly cpuSeconds: number;
}

const UNTIL = seconds(8);
const CALLS_UNTIL = seconds(5);
/** Who has been in doubt for longer than this at the end may be so for ever. */
const LONG = seconds(1);
const CALLS_EVERY = ms(60);
const PARTICIPANTS = 3;
const CLIENTS = 4;

/** Who is there: the coordinator, the participants, and whoever else a protocol has. */
interface Cast {
  readonly coordinator: NodeId;
  readonly participants: readonly NodeId[];
  readonly others: readonly NodeId[];
}

interface Situation {
  readonly name: string;
  readonly title: string;
  readonly faults: (cast: Cast) => readonly Fault[];
  readonly partitions: boolean;
}

/** One participant stays with the coordinator, and of the others every second one. Clients reach everybody. */
function halves({ coordinator, participants, others }: Cast, place: number, at: Micros, duration: Micros): Fault {
  const near = [coordinator, participants[place] as NodeId, ...others.filter((_, i) => i % 2 === place % 2)];
  const far = [...participants, ...others].filter((node) => !near.includes(node));
  return { kind: 'partition', groups: [near, far], at, for: duration };
}

const outage = (node: NodeId, at: Micros, duration: Micros): Fault => ({
  kind: 'crash',
  node,
  at,
  unsynced: 'none',
  for: duration,
});

const situations: readonly Situation[] = [
  { name: 'quiet', title: 'nothing happens', faults: () => [], partitions: false },
  {
    name: 'short outage',
    title: 'the coordinator is down from 1 s on, for half a second',
    faults: ({ coordinator }) => [outage(coordinator, seconds(1), ms(500))],
    partitions: false,
  },
  {
    name: 'long outage',
    title: 'the coordinator is down from 1 s on, for three seconds',
    faults: ({ coordinator }) => [outage(coordinator, seconds(1), seconds(3))],
    partitions: false,
  },
  {
    name: 'minority',
    title: 'the coordinator is cut off from all others for three seconds',
    faults: ({ coordinator, participants, others }) => [
      { kind: 'partition', groups: [[coordinator], [...participants, ...others]], at: seconds(1), for: seconds(3) },
    ],
    partitions: true,
  },
  {
    name: 'halves',
    title: 'the coordinator and one participant are cut off from the other two for three seconds',
    faults: (cast) => [halves(cast, 0, seconds(1), seconds(3))],
    partitions: true,
  },
  {
    name: 'cascade',
    title: 'halves, other halves, then three are together and the coordinator is down, and so on to 4 s',
    faults: (cast) => [
      halves(cast, 0, seconds(1), ms(700)),
      halves(cast, 1, ms(1_700), ms(700)),
      outage(cast.coordinator, ms(2_400), ms(1_600)),
    ],
    partitions: true,
  },
];

/** The coordinator is down for so long, from 1 s on. */
const DOWNTIMES: readonly Micros[] = [ms(250), ms(500), seconds(1), seconds(2), seconds(4)];

/** @throws RangeError for a protocol that does not decide anything. */
export function compareProtocols(protocols: readonly Protocol[], runs: number): CompareReport {
  const cpuBefore = process.cpuUsage();
  const compared = situations.map(({ name, title, faults, partitions }) => ({
    name,
    title,
    rows: protocols.map((protocol) => measure(protocol, faults, partitions, runs)),
  }));
  const growth = protocols.map((protocol) => ({
    protocol: protocol.name,
    doubtMaxMs: DOWNTIMES.map(
      (downtime) =>
        measure(protocol, ({ coordinator }) => [outage(coordinator, seconds(1), downtime)], false, runs).doubtMaxMs,
    ),
  }));
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    format: 'worldline-compare/1',
    runs,
    situations: compared,
    downtimesMs: DOWNTIMES.map((downtime) => downtime / 1_000),
    growth,
    cpuSeconds: (user + system) / 1_000_000,
  };
}

function measure(protocol: Protocol, faults: Situation['faults'], partitions: boolean, runs: number): CompareRow {
  const { deciding } = protocol;
  if (deciding === undefined) throw new RangeError(`${protocol.name} is no protocol that decides`);
  const meter = new Meter(deciding);
  const outsideModel = partitions && !protocol.tolerates.partitions;
  const watching = outsideModel ? monitor(protocol, { properties: deciding.agreement }) : monitor(protocol);
  let splits = 0;
  for (let run = 1; run <= runs; run++) {
    const simulation = new Simulation({
      spec: specOf(protocol, faults, `compare/${run}`),
      roles: protocol.roles,
      observers: [...watching, { path: '', observer: meter.observer() }],
    });
    simulation.run();
    if (simulation.failure !== undefined) throw new Error(`${protocol.name} fails: ${simulation.failure.sentence}`);
    if (simulation.violation !== undefined) splits++;
    meter.endRun(simulation.now);
  }
  const per = (count: number): number => (meter.answered === 0 ? 0 : count / meter.answered);
  const sum = meter.doubts.reduce((total, doubt) => total + doubt, 0);
  return {
    protocol: protocol.name,
    splits,
    outsideModel,
    answered: meter.answered,
    delayMs: per(meter.delay) / 1_000,
    messages: per(meter.messages),
    forcedWrites: per(meter.forced),
    doubtMs: meter.doubts.length === 0 ? 0 : sum / meter.doubts.length / 1_000,
    doubtMaxMs: meter.doubts.reduce((most, doubt) => Math.max(most, doubt), 0) / 1_000,
    neverLearnt: meter.neverLearnt,
    lockSeconds: meter.lockMicros / 1_000_000 / runs,
    delayed: meter.delayed / runs,
  };
}

/** Everything but the protocol is the same. */
function specOf(protocol: Protocol, faults: Situation['faults'], seed: string): RunSpec {
  const options: { [name: string]: Json } = {};
  for (const [name, spec] of Object.entries(protocol.options)) options[name] = spec.default;
  const inhabitants = populate(protocol, { coordinator: 1, participant: PARTICIPANTS, client: CLIENTS });
  const playing = (wanted: string): readonly NodeId[] =>
    inhabitants.filter(({ role }) => role === wanted).map(({ id }) => id);
  const clients = playing('client');
  const [coordinator] = playing('coordinator') as [NodeId];
  const participants = playing('participant');
  const others = inhabitants
    .map(({ id }) => id)
    .filter((id) => ![coordinator, ...participants, ...clients].includes(id));
  return {
    seed,
    nodes: inhabitants.map(({ id, role }) => ({ id, role, options })),
    network: { latency: { kind: 'uniform', min: ms(1), max: ms(5) }, lossPpm: 0, duplicationPpm: 0, fifo: false },
    disk: { syncLatency: { kind: 'uniform', min: 200, max: ms(1) } },
    faults: faults({ coordinator, participants, others }),
    calls: [],
    workload: { operations: protocol.operations, clients, interval: CALLS_EVERY, start: 0, end: CALLS_UNTIL },
    overrides: [],
    limits: { ...defaultLimits, until: UNTIL },
  };
}

/** Adds up runs. */
class Meter {
  answered = 0;
  delay = 0;
  messages = 0;
  forced = 0;
  neverLearnt = 0;
  lockMicros = 0;
  delayed = 0;
  readonly doubts: Micros[] = [];
  private readonly deciding: Deciding;
  /** In doubt, by node and name. */
  private open = new Map<string, Open>();
  /** Who was delayed in this run. */
  private held = new Set<string>();

  constructor(deciding: Deciding) {
    this.deciding = deciding;
  }

  observer(): Observer<null> {
    const { deciding } = this;
    const kinds = new Set(deciding.messages);
    return {
      name: 'compare',
      start: () => null,
      send: (_memory, _from, _to, message) => {
        if (kinds.has((message as Tagged).type)) this.messages++;
        return undefined;
      },
      durable: () => {
        this.forced++;
        return undefined;
      },
      step: (_memory, node, state, world) => {
        const role = world.roleOf(node);
        if (role !== undefined && deciding.processes.includes(role))
          this.look(node, deciding.inDoubt(state as never), world.now);
        return undefined;
      },
      returned: (_memory, { outcome, calledAt }, world) => {
        if (outcome !== 'ok') return undefined;
        this.answered++;
        this.delay += world.now - (calledAt ?? world.now);
        return undefined;
      },
    };
  }

  private look(node: number, doubts: readonly Doubt[], now: Micros): void {
    for (const { name, locks, delays } of doubts) {
      const key = `${node} ${name}`;
      const open = this.open.get(key);
      if (open === undefined) this.open.set(key, { since: now, locks });
      for (const delayed of delays) this.held.add(delayed);
    }
    const prefix = `${node} `;
    for (const [key, open] of this.open) {
      if (!key.startsWith(prefix) || doubts.some(({ name }) => name === key.slice(prefix.length))) continue;
      this.close(open, now);
      this.open.delete(key);
    }
  }

  private close({ since, locks }: Open, now: Micros): void {
    this.doubts.push(now - since);
    this.lockMicros += locks * (now - since);
  }

  endRun(now: Micros): void {
    for (const open of this.open.values()) {
      this.close(open, now);
      if (now - open.since > LONG) this.neverLearnt++;
    }
    this.open = new Map();
    this.delayed += this.held.size;
    this.held = new Set();
  }
}

interface Open {
  readonly since: Micros;
  readonly locks: number;
}
