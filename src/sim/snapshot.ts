/** Everything a simulation is at a moment: nodes, disks, what is in flight, timers, streams, pending effects, memories, history, triggers. */
import type { WorkloadSnapshot } from './clients.ts';
import type { NodeSpec } from './config.ts';
import type { CoreSnapshot } from './core.ts';
import type { QueuedEvent } from './event.ts';
import type { InjectorSnapshot } from './injector.ts';
import type { Kernel } from './kernel.ts';
import type { MessagesSnapshot } from './messages.ts';
import type { SavedWatch } from './observing.ts';
import type { NodeSnapshot } from './process.ts';
import type { NodeId } from './protocol.ts';
import type { QueueSnapshot } from './queue.ts';

/** Opaque: made by `snapshot`, taken by `restore`; shares immutable data with the simulation it comes from. */
export interface Snapshot {
  readonly core: CoreSnapshot;
  readonly queue: QueueSnapshot<QueuedEvent>;
  readonly nodes: readonly { readonly spec: NodeSpec; readonly saved: NodeSnapshot }[];
  readonly hostRequests: number;
  readonly messages: MessagesSnapshot;
  readonly calls: WorkloadSnapshot;
  readonly injector: InjectorSnapshot;
  /** How many interventions have happened. */
  readonly interventions: number;
  readonly noteCounts: ReadonlyMap<string, number>;
  readonly ready: readonly number[];
  /** Empty: for a simulation that nobody watches. */
  readonly watches: readonly SavedWatch[];
  /** What the trace has shown of each node. */
  readonly views: ReadonlyMap<NodeId, string>;
}

export function takeSnapshot(kernel: Kernel, withMemories: boolean): Snapshot {
  const { core, handlers, messages, calls, injector, interventions, committer, reception } = kernel;
  return {
    core: core.save(),
    queue: core.queue.save(),
    nodes: core.nodes.map((node) => ({
      spec: { id: node.id, role: node.roleName, options: node.options },
      saved: node.save(),
    })),
    hostRequests: handlers.save(),
    messages: messages.save(),
    calls: calls.save(),
    injector: injector.save(),
    interventions: interventions.save(),
    noteCounts: committer.save(),
    ready: reception.ready.slice(),
    watches: withMemories ? core.watches.save() : [],
    views: core.tracer?.save() ?? new Map(),
  };
}

/** @param isOurs what is large in it, states and memories and disks, need not be copied: nobody else will use it. */
export function restoreSnapshot(kernel: Kernel, snapshot: Snapshot, isOurs: boolean): void {
  const { core } = kernel;
  core.load(snapshot.core);
  core.queue.load(snapshot.queue);
  // Who joined here may not have joined there, or in another order.
  kernel.nodes.removeJoined();
  snapshot.nodes.forEach(({ spec, saved }, i) => {
    (core.nodes[i] ?? kernel.nodes.add(spec)).load(saved, isOurs);
  });
  kernel.handlers.load(snapshot.hostRequests);
  kernel.messages.load(snapshot.messages);
  kernel.calls.load(snapshot.calls, isOurs);
  kernel.injector.load(snapshot.injector);
  kernel.interventions.load(snapshot.interventions);
  kernel.committer.load(snapshot.noteCounts);
  kernel.reception.ready = snapshot.ready.slice();
  core.watches.load(snapshot.watches, isOurs);
  core.tracer?.load(snapshot.views);
}
