/** Run specs for tests of the kernel: everything at its plainest unless said otherwise. */
import { defaultLimits, type NodeSpec, type RunSpec } from '../../src/sim/config.ts';
import type { PlacedObserver } from '../../src/sim/observer.ts';
import type { AnyRole } from '../../src/sim/protocol.ts';
import { Simulation } from '../../src/sim/simulation.ts';
import type { TraceEvent } from '../../src/sim/trace.ts';

type Loose = { readonly [K in keyof Omit<RunSpec, 'limits' | 'network'>]?: RunSpec[K] } & {
  readonly network?: Partial<RunSpec['network']>;
  readonly limits?: Partial<RunSpec['limits']>;
};

/** A network of constant latency 1 ms without loss, syncs of 500 µs, and one second to live. */
export function specOf({ network, limits, ...rest }: Loose = {}): RunSpec {
  return {
    seed: 'test',
    nodes: [],
    disk: { syncLatency: { kind: 'constant', value: 500 } },
    faults: [],
    calls: [],
    overrides: [],
    ...rest,
    network: { latency: { kind: 'constant', value: 1_000 }, lossPpm: 0, duplicationPpm: 0, fifo: false, ...network },
    limits: { ...defaultLimits, until: 1_000_000, ...limits },
  };
}

/** `nodes('actor', 3)`: n1, n2 and n3 of that role. */
export const nodes = (role: string, count: number, options: object = {}): NodeSpec[] =>
  Array.from({ length: count }, (_, i) => ({ id: `n${i + 1}`, role, options }));

export interface Run {
  readonly simulation: Simulation;
  readonly trace: readonly TraceEvent[];
}

/** A run to its end, with its trace. */
export function runOf(
  spec: RunSpec,
  roles: { readonly [role: string]: AnyRole },
  observers: readonly PlacedObserver[] = [],
  strict = false,
): Run {
  const trace: TraceEvent[] = [];
  const simulation = new Simulation({ spec, roles, observers, strict, sink: (event) => trace.push(event) });
  simulation.run();
  return { simulation, trace };
}

/** The state of a node, or of one of its components. */
export function stateOf<State>(simulation: Simulation, node: string, part = 0): State | undefined {
  const found = simulation.snapshot().nodes.find(({ spec }) => spec.id === node);
  return found?.saved.parts[part]?.state as State | undefined;
}

/** The trace events of one kind. */
export const ofKind = <K extends TraceEvent['kind']>(
  trace: readonly TraceEvent[],
  kind: K,
): (TraceEvent & { readonly kind: K })[] =>
  trace.filter((event): event is TraceEvent & { readonly kind: K } => event.kind === kind);
