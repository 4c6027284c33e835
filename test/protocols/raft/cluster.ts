/** Small runs of Raft, written as data. */
import { monitor } from '../../../src/check/monitor.ts';
import type { Protocol } from '../../../src/check/protocol.ts';
import { raft, raftOptions } from '../../../src/protocols/raft/raft.ts';
import type { RaftOptions } from '../../../src/protocols/raft/shape.ts';
import { type Call, defaultLimits, type OperationInput, type RunSpec } from '../../../src/sim/config.ts';
import type { Fault, Override } from '../../../src/sim/faults.ts';
import type { Observer, World } from '../../../src/sim/observer.ts';
import { type Micros, ms, type NodeId } from '../../../src/sim/protocol.ts';
import { Simulation } from '../../../src/sim/simulation.ts';
import type { TraceEvent } from '../../../src/sim/trace.ts';

export interface Scene {
  readonly seed?: string;
  readonly servers?: number;
  readonly clients?: number;
  readonly until?: Micros;
  readonly options?: Partial<RaftOptions>;
  /**
   * Election timeouts by server, exact or to be drawn between two; a server that is not named never campaigns. Without any, timeouts are
   * drawn as usual.
   */
  readonly timeouts?: { readonly [server: NodeId]: Micros | readonly [min: Micros, max: Micros] };
  readonly faults?: readonly Fault[];
  readonly calls?: readonly Call[];
  readonly overrides?: readonly Override[];
  /** One-way latency of every message; default 5 ms. */
  readonly latency?: Micros;
  /** Latency of every sync; default 1 ms. */
  readonly sync?: Micros;
  readonly network?: Partial<RunSpec['network']>;
}

/** A run in which nothing is left to chance but what the seed draws for timeouts: latencies are constant. */
export function specOf(scene: Scene): RunSpec {
  const nodes = (role: string, letter: string, count: number): RunSpec['nodes'] =>
    Array.from({ length: count }, (_, i) => ({
      id: `${letter}${i + 1}`,
      role,
      options: optionsOf(scene, `${letter}${i + 1}`),
    }));
  return {
    seed: scene.seed ?? '1',
    nodes: [...nodes('server', 'n', scene.servers ?? 3), ...nodes('client', 'c', scene.clients ?? 0)],
    network: {
      latency: { kind: 'constant', value: scene.latency ?? ms(5) },
      lossPpm: 0,
      duplicationPpm: 0,
      fifo: false,
      ...scene.network,
    },
    disk: { syncLatency: { kind: 'constant', value: scene.sync ?? ms(1) } },
    faults: scene.faults ?? [],
    calls: scene.calls ?? [],
    overrides: scene.overrides ?? [],
    limits: { ...defaultLimits, until: scene.until ?? ms(2_000) },
  };
}

function optionsOf({ options, timeouts }: Scene, node: NodeId): RaftOptions {
  if (timeouts === undefined) return raftOptions(options);
  const timeout = timeouts[node] ?? NEVER;
  const [electionTimeoutMin, electionTimeoutMax] = typeof timeout === 'number' ? [timeout, timeout] : timeout;
  return raftOptions({ ...options, electionTimeoutMin, electionTimeoutMax });
}

const NEVER = ms(1_000_000);

export interface Run {
  readonly simulation: Simulation;
  /** What observers see; there once something has happened. */
  readonly world: () => World;
  readonly trace: readonly TraceEvent[];
}

export interface Watch {
  readonly protocol?: Protocol;
  /** Names of the invariants to check; all when absent. */
  readonly properties?: readonly string[];
  /** Freezes and runs handlers twice; default true. */
  readonly strict?: boolean;
}

/** The simulation, ready to run strictly, with its trace. */
export function open(scene: Scene, { protocol = raft, properties, strict = true }: Watch = {}): Run {
  const observers = monitor(protocol, properties === undefined ? {} : { properties });
  const trace: TraceEvent[] = [];
  let world: World | undefined;
  const peek: Observer = {
    name: 'peek',
    start(seen) {
      world = seen;
      return null;
    },
  };
  const simulation = new Simulation({
    spec: specOf(scene),
    roles: protocol.roles,
    observers: [...observers, { path: '', observer: peek }],
    strict,
    sink: (event) => trace.push(event),
  });
  return { simulation, trace, world: () => world as World };
}

export function run(scene: Scene, watch: Watch = {}): Run {
  const opened = open(scene, watch);
  opened.simulation.run();
  return opened;
}

/** Raft with one of its planted bugs. */
export function bug(id: string): Protocol {
  const found = raft.bugs?.find((one) => one.id === id);
  if (found === undefined) throw new Error(`Raft has no planted bug ${id}`);
  return found.protocol();
}

export const call = (at: Micros, client: NodeId, op: OperationInput): Call => ({ at, client, op });
export const write = (key: string, value: number): OperationInput => ({ type: 'write', key, value });
export const read = (key: string): OperationInput => ({ type: 'read', key });

export const notes = ({ trace }: Run, text: string): readonly Extract<TraceEvent, { kind: 'note' }>[] =>
  trace.filter((event) => event.kind === 'note' && event.text === text) as Extract<TraceEvent, { kind: 'note' }>[];
