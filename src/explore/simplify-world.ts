/** The same plan in a plainer world: a network that neither loses nor repeats, latencies without tails, clocks that agree, usual options. */
import type { Protocol } from '../check/protocol.ts';
import type { Plan } from '../scenario/plan.ts';
import type { Distribution } from '../sim/config.ts';
import type { Json } from '../sim/plain.ts';
import type { Micros } from '../sim/protocol.ts';

export function* plainerWorlds(plan: Plan, protocol: Protocol): Generator<Plan> {
  const { network, disk } = plan;
  const base = protocol.baseTimeout((plan.nodes[0]?.options ?? {}) as { readonly [name: string]: Json });
  const calm = { ...network, lossPpm: 0, duplicationPpm: 0 };
  if (network.lossPpm > 0 && network.duplicationPpm > 0) yield { ...plan, network: calm };
  if (network.lossPpm > 0) yield { ...plan, network: { ...network, lossPpm: 0 } };
  if (network.duplicationPpm > 0) yield { ...plan, network: { ...network, duplicationPpm: 0 } };
  if (network.copyLatency !== undefined) {
    const { copyLatency: _, ...prompt } = network;
    yield { ...plan, network: prompt };
    for (const times of [1, 4, 16])
      for (const copyLatency of plainerDistributions(network.copyLatency, base * times))
        yield { ...plan, network: { ...network, copyLatency } };
  }
  if (network.capacity !== undefined) {
    const { capacity: _, ...roomy } = network;
    yield { ...plan, network: roomy };
  }
  if (plan.nodes.some(({ clock }) => clock !== undefined)) {
    yield { ...plan, nodes: plan.nodes.map(({ id, role, options }) => ({ id, role, options })) };
  }
  for (const latency of plainerDistributions(network.latency, base / 30))
    yield { ...plan, network: { ...network, latency } };
  for (const syncLatency of plainerDistributions(disk.syncLatency, base / 300))
    yield { ...plan, disk: { ...disk, syncLatency } };
  if (!network.fifo) yield { ...plan, network: { ...network, fifo: true } };
  for (const [index, { clock }] of plan.nodes.entries()) {
    if (clock === undefined) continue;
    yield {
      ...plan,
      nodes: plan.nodes.map(({ id, role, options, clock: own }, place) =>
        place === index || own === undefined ? { id, role, options } : { id, role, options, clock: own },
      ),
    };
  }
}

function* plainerDistributions(drawn: Distribution, usual: Micros): Generator<Distribution> {
  if (drawn.kind === 'constant') return;
  const value = Math.max(1, Math.round(usual));
  yield { kind: 'constant', value };
  if (typical(drawn) !== value) yield { kind: 'constant', value: typical(drawn) };
  if (drawn.kind !== 'uniform')
    yield { kind: 'uniform', min: Math.max(1, Math.round(typical(drawn) / 2)), max: 2 * typical(drawn) };
}

function typical(distribution: Distribution): Micros {
  switch (distribution.kind) {
    case 'constant':
      return distribution.value;
    case 'uniform':
    case 'bimodal':
      return Math.round((distribution.min + distribution.max) / 2);
    case 'exponential':
      return distribution.min + distribution.mean;
    case 'log-normal':
      return distribution.median;
  }
}

/** Options back at their defaults: all of them, then one by one. */
export function* usualOptions(plan: Plan, protocol: Protocol): Generator<Plan> {
  const drawn = (plan.nodes[0]?.options ?? {}) as { readonly [name: string]: Json };
  const unusual = Object.entries(protocol.options).filter(
    ([name, spec]) => name in drawn && JSON.stringify(drawn[name]) !== JSON.stringify(spec.default),
  );
  const reset = (names: readonly (readonly [string, { readonly default: Json }])[]): Plan => ({
    ...plan,
    nodes: plan.nodes.map((node) => ({
      ...node,
      options: { ...node.options, ...Object.fromEntries(names.map(([name, spec]) => [name, spec.default])) },
    })),
  });
  if (unusual.length > 1) yield reset(unusual);
  for (const option of unusual) yield reset([option]);
}
