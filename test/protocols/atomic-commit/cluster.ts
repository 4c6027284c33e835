/** Small runs of commit protocols, written as data. Nothing is left to chance: messages take 5 ms and syncs 1 ms unless a scene says otherwise. */
import { monitor } from '../../../src/check/monitor.ts';
import type { Protocol } from '../../../src/check/protocol.ts';
import type { ClientOp } from '../../../src/protocols/atomic-commit/workload.ts';
import { type Call, defaultLimits, type OperationInput, type RunSpec } from '../../../src/sim/config.ts';
import type { Fault, Override } from '../../../src/sim/faults.ts';
import type { Observer, World } from '../../../src/sim/observer.ts';
import { type Micros, ms, type NodeId } from '../../../src/sim/protocol.ts';
import { Simulation } from '../../../src/sim/simulation.ts';
import type { TraceEvent } from '../../../src/sim/trace.ts';

/**
 * Nodes are n1, n2, ... in the order of the protocol's roles, then c1, c2, .... With one coordinator and three participants n1 coordinates;
 * n2 has a2, l3, r3, n3 has a3, l1, l4, r1, r4, and n4 has a1, a4, l2, r2.
 */
export interface Scene {
  readonly nodes?: { readonly [role: string]: number };
  readonly options?: { readonly [name: string]: unknown };
  readonly calls: readonly Call[];
  readonly faults?: readonly Fault[];
  readonly overrides?: readonly Override[];
  readonly network?: Partial<RunSpec['network']>;
  readonly until?: Micros;
}

const DEFAULT_NODES = { coordinator: 1, participant: 3, client: 3 };

function specOf(scene: Scene, protocol: Protocol): RunSpec {
  const defaults = Object.fromEntries(Object.entries(protocol.options).map(([name, spec]) => [name, spec.default]));
  const options = { ...defaults, ...scene.options };
  const counts: { readonly [role: string]: number | undefined } = { ...DEFAULT_NODES, ...scene.nodes };
  const nodes: { id: NodeId; role: string; options: object }[] = [];
  for (const role of Object.keys(protocol.population)) {
    const letter = role === 'client' ? 'c' : 'n';
    const before = role === 'client' ? 0 : nodes.length;
    const count = counts[role] ?? protocol.population[role]?.default ?? 0;
    for (let i = 0; i < count; i++) nodes.push({ id: `${letter}${before + i + 1}`, role, options });
  }
  return {
    seed: '1',
    nodes,
    network: {
      latency: { kind: 'constant', value: ms(5) },
      lossPpm: 0,
      duplicationPpm: 0,
      fifo: false,
      ...scene.network,
    },
    disk: { syncLatency: { kind: 'constant', value: ms(1) } },
    faults: scene.faults ?? [],
    calls: scene.calls,
    overrides: scene.overrides ?? [],
    limits: { ...defaultLimits, until: scene.until ?? ms(2_000) },
  };
}

export interface Run {
  readonly simulation: Simulation;
  /** What observers see; there once something has happened. */
  readonly world: () => World;
  readonly trace: readonly TraceEvent[];
}

/** Strict, with the trace. @param properties names of the invariants to check; all when absent. */
export function run(scene: Scene, protocol: Protocol, properties?: readonly string[]): Run {
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
    spec: specOf(scene, protocol),
    roles: protocol.roles,
    observers: [...monitor(protocol, properties === undefined ? {} : { properties }), { path: '', observer: peek }],
    strict: true,
    sink: (event) => trace.push(event),
  });
  simulation.run();
  return { simulation, trace, world: () => world as World };
}

/** The protocol with one of its planted bugs. */
export function bug(protocol: Protocol, id: string): Protocol {
  const found = protocol.bugs?.find((one) => one.id === id);
  if (found === undefined) throw new Error(`${protocol.name} has no planted bug ${id}`);
  return found.protocol();
}

export const call = (at: Micros, client: NodeId, op: ClientOp): Call => ({
  at,
  client,
  op: op as unknown as OperationInput,
});
export const transfer = (from: string, to: string, amount = 10): ClientOp => ({ type: 'transfer', from, to, amount });
export const audit: ClientOp = { type: 'audit' };
export const append = (to: string, also: string): ClientOp => ({ type: 'append', to, also });
export const putGet = (put: string, get: string): ClientOp => ({ type: 'put-get', put, get });
