/**
 * Protocols that decide, side by side: the same clients, the same troubles, the same seeds. How long is who in doubt, and what does a
 * commit cost?
 */
import type { Deciding } from '../check/deciding.ts';
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
  readonly cpuSeconds: number;
}

const UNTIL = seconds(8);
const CALLS_UNTIL = seconds(5);
/** Who has been in doubt for longer than this at the end may be so for ever. */
const LONG = seconds(1);
const CALLS_EVERY = ms(60);
const PARTICIPANTS = 3;
const CLIENTS = 4;

/** With one coordinator n1 and participants n2, n3, n4; clients reach everybody. */
interface Situation {
  readonly name: string;
  readonly title: string;
  readonly faults: readonly Fault[];
  readonly partitions: boolean;
}

const halves = (left: readonly NodeId[], right: readonly NodeId[], at: Micros, duration: Micros): Fault => ({
  kind: 'partition',
  groups: [left, right],
  at,
  for: duration,
});

const situations: readonly Situation[] = [
  { name: 'quiet', title: 'nothing happens', faults: [], partitions: false },
  {
    name: 'short outage',
    title: 'the coordinator is down from 1 s on, for half a second',
    faults: [{ kind: 'crash', node: 'n1', at: seconds(1), unsynced: 'none', for: ms(500) }],
    partitions: false,
  },
  {
    name: 'long outage',
    title: 'the coordinator is down from 1 s on, for three seconds',
    faults: [{ kind: 'crash', node: 'n1', at: seconds(1), unsynced: 'none', for: seconds(3) }],
    partitions: false,
  },
  {
    name: 'minority',
    title: 'the coordinator is cut off from all participants for three seconds',
    faults: [halves(['n1'], ['n2', 'n3', 'n4'], seconds(1), seconds(3))],
    partitions: true,
  },
  {
    name: 'halves',
    title: 'the coordinator and one participant are cut off from the other two for three seconds',
    faults: [halves(['n1', 'n2'], ['n3', 'n4'], seconds(1), seconds(3))],
    partitions: true,
  },
  {
    name: 'cascade',
    title: 'halves, other halves, then three are together and the coordinator is down, and so on to 4 s',
    faults: [
      halves(['n1', 'n2'], ['n3', 'n4'], seconds(1), ms(700)),
      halves(['n1', 'n3'], ['n2', 'n4'], ms(1_700), ms(700)),
      { kind: 'crash', node: 'n1', at: ms(2_400), unsynced: 'none', for: ms(1_600) },
    ],
    partitions: true,
  },
];

/** @throws RangeError for a protocol that does not decide anything. */
export function compareProtocols(protocols: readonly Protocol[], runs: number): CompareReport {
  const cpuBefore = process.cpuUsage();
  const compared = situations.map(({ name, title, faults, partitions }) => ({
    name,
    title,
    rows: protocols.map((protocol) => measure(protocol, faults, partitions, runs)),
  }));
  const { user, system } = process.cpuUsage(cpuBefore);
  return { format: 'worldline-compare/1', runs, situations: compared, cpuSeconds: (user + system) / 1_000_000 };
}

function measure(protocol: Protocol, faults: readonly Fault[], partitions: boolean, runs: number): CompareRow {
  const { deciding } = protocol;
  if (deciding === undefined) throw new RangeError(`${protocol.name} is no protocol that decides`);
  const meter = new Meter(deciding);
  let splits = 0;
  for (let run = 1; run <= runs; run++) {
    const simulation = new Simulation({
      spec: specOf(protocol, faults, `compare/${run}`),
      roles: protocol.roles,
      observers: [...monitor(protocol), { path: '', observer: meter.observer() }],
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
    outsideModel: partitions && !protocol.tolerates.partitions,
    answered: meter.answered,
    delayMs: per(meter.delay) / 1_000,
    messages: per(meter.messages),
    forcedWrites: per(meter.forced),
    doubtMs: meter.doubts.length === 0 ? 0 : sum / meter.doubts.length / 1_000,
    doubtMaxMs: meter.doubts.reduce((most, doubt) => Math.max(most, doubt), 0) / 1_000,
    neverLearnt: meter.neverLearnt,
  };
}

/** Everything but the protocol is the same. */
function specOf(protocol: Protocol, faults: readonly Fault[], seed: string): RunSpec {
  const options: { [name: string]: Json } = {};
  for (const [name, spec] of Object.entries(protocol.options)) options[name] = spec.default;
  const inhabitants = populate(protocol, { coordinator: 1, participant: PARTICIPANTS, client: CLIENTS });
  const clients = inhabitants.filter(({ role }) => role === 'client').map(({ id }) => id);
  return {
    seed,
    nodes: inhabitants.map(({ id, role }) => ({ id, role, options })),
    network: { latency: { kind: 'uniform', min: ms(1), max: ms(5) }, lossPpm: 0, duplicationPpm: 0, fifo: false },
    disk: { syncLatency: { kind: 'uniform', min: 200, max: ms(1) } },
    faults,
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
  readonly doubts: Micros[] = [];
  private readonly deciding: Deciding;
  /** Since when who is in doubt about what. */
  private open = new Map<string, Micros>();

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

  private look(node: number, inDoubt: readonly string[], now: Micros): void {
    for (const what of inDoubt) if (!this.open.has(`${node} ${what}`)) this.open.set(`${node} ${what}`, now);
    const prefix = `${node} `;
    for (const [key, since] of this.open) {
      if (!key.startsWith(prefix) || inDoubt.includes(key.slice(prefix.length))) continue;
      this.doubts.push(now - since);
      this.open.delete(key);
    }
  }

  endRun(now: Micros): void {
    for (const since of this.open.values()) {
      this.doubts.push(now - since);
      if (now - since > LONG) this.neverLearnt++;
    }
    this.open = new Map();
  }
}
