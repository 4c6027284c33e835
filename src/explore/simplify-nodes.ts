/** The same plan with fewer nodes. */
import type { Plan } from '../scenario/plan.ts';
import type { Fault } from '../sim/faults.ts';
import type { NodeId } from '../sim/protocol.ts';

/** One node less: clients first, and those that were named last. Node and client names stay as they are. */
export function* fewerNodes(plan: Plan): Generator<Plan> {
  const clients = plan.nodes.filter(({ role }) => role === 'client');
  const others = plan.nodes.filter(({ role }) => role !== 'client');
  if (clients.length > 1) {
    const idle = clients.filter(({ id }) => !plan.calls.some(({ client }) => client === id)).map(({ id }) => id);
    if (idle.length > 0 && idle.length < clients.length) yield withoutNodes(plan, idle);
    for (const { id } of clients.toReversed()) yield withoutNodes(plan, [id]);
  }
  if (others.length > 2) {
    for (const [last, next] of pairsFromBehind(others.map(({ id }) => id))) yield withoutNodes(plan, [last, next]);
  }
  if (others.length > 1) for (const { id } of others.toReversed()) yield withoutNodes(plan, [id]);
}

/** Quorum systems shrink by two: five nodes and three behave alike, four do not. */
function* pairsFromBehind(ids: readonly NodeId[]): Generator<readonly [NodeId, NodeId]> {
  for (let last = ids.length - 1; last > 0; last--) yield [ids[last] as NodeId, ids[last - 1] as NodeId];
}

function withoutNodes(plan: Plan, gone: readonly NodeId[]): Plan {
  const stays = (id: NodeId): boolean => !gone.includes(id);
  return {
    ...plan,
    nodes: plan.nodes.filter(({ id }) => stays(id)),
    calls: plan.calls.filter(({ client }) => stays(client)),
    faults: plan.faults.flatMap((fault) => among(fault, stays)),
    ...(plan.calm === undefined
      ? {}
      : {
          calm: {
            ...plan.calm,
            core: plan.calm.core.filter(stays),
            calls: plan.calm.calls.filter(({ client }) => stays(client)),
          },
        }),
    ...(plan.workload === undefined
      ? {}
      : { workload: { ...plan.workload, clients: plan.workload.clients.filter(stays) } }),
  };
}

/** The fault among the remaining nodes; nothing where it was about the others. */
function among(fault: Fault, stays: (id: NodeId) => boolean): readonly Fault[] {
  if (fault.when?.node !== undefined && !stays(fault.when.node)) return [];
  if ('node' in fault && typeof fault.node === 'string' && !stays(fault.node)) return [];
  switch (fault.kind) {
    case 'partition':
    case 'flapping': {
      const groups = fault.groups.map((group) => group.filter(stays)).filter((group) => group.length > 0);
      return groups.length < 2 ? [] : [{ ...fault, groups }];
    }
    case 'partial': {
      const pairs = fault.pairs.filter(([one, other]) => stays(one) && stays(other));
      return pairs.length === 0 ? [] : [{ ...fault, pairs }];
    }
    case 'swizzle-clog':
    case 'timer-jitter':
    case 'outage': {
      const nodes = fault.nodes.filter(stays);
      return nodes.length === 0 ? [] : [{ ...fault, nodes }];
    }
    case 'cut':
    case 'degrade':
    case 'clog': {
      const from = fault.from.filter(stays);
      const to = fault.to.filter(stays);
      return from.length === 0 || to.length === 0 ? [] : [{ ...fault, from, to }];
    }
    default:
      return [fault];
  }
}
