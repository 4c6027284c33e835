/**
 * The scheduler seam: time order is one policy. Everything that could happen next is an action with a stable id, and any of them can
 * be made to happen now: what-if branches, crash matrices and exhaustive search are other policies.
 */
import type { Core } from './core.ts';
import { CALL, DELIVER, FAULT_END, FAULT_START, type QueuedEvent, RESTART, RESUME, SYNCED, TIMER } from './event.ts';
import type { Messages } from './messages.ts';
import type { Part, SimNode } from './process.ts';
import type { Micros, NodeId, Tagged } from './protocol.ts';

export interface Action {
  /**
   * `deliver:m57` and `drop:m57` (a copy: `m57'`), `timer:n3/election`, `sync:n2#41`, `call:c1`, `fault:3`, `fault-end:3`, `restart:n4`,
   * `resume:n4`; what waits in a node's inbox keeps its id.
   */
  readonly id: string;
  readonly kind: 'deliver' | 'drop' | 'timer' | 'sync' | 'call' | 'fault' | 'fault-end' | 'restart' | 'resume';
  readonly node?: NodeId;
  readonly from?: NodeId;
  /** When the policy of time order would make it happen. */
  readonly due: Micros;
  /** The message, for deliveries and drops. */
  readonly message?: Tagged;
}

export interface Choice {
  readonly event: QueuedEvent;
  readonly drop: boolean;
  readonly fromInbox: boolean;
}

interface Candidate {
  readonly event: QueuedEvent;
  readonly due: Micros;
  readonly place: 'queue' | 'inbox' | 'held';
}

export function pendingActions(core: Core, messages: Messages): readonly Action[] {
  return candidates(core, messages).flatMap((candidate) => actionsOf(core, candidate));
}

/** An event in words, e.g. `onMessage.AppendEntries at n2`. */
export function describe({ nodes, spec }: Core, event: QueuedEvent): string {
  const node = nodes[event.node]?.id ?? '';
  switch (event.kind) {
    case DELIVER:
      return `onMessage.${(event.payload as Tagged).type} at ${node}`;
    case TIMER:
      return `onTimer.${event.payload} at ${node}`;
    case SYNCED:
      return `the end of a sync at ${node}`;
    case CALL:
      return `a call of ${node}`;
    case FAULT_START:
      return `fault ${event.id} (${spec.faults[event.id]?.kind})`;
    case FAULT_END:
      return `the end of fault ${event.id} (${spec.faults[event.id]?.kind})`;
    case RESTART:
      return `the restart of ${node}`;
    case RESUME:
      return `the end of a pause of ${node}`;
  }
}

/** Takes the action's event out of the place where it waits. */
export function takeAction(core: Core, messages: Messages, id: string): Choice {
  const found = candidates(core, messages).find((candidate) =>
    actionsOf(core, candidate).some((action) => action.id === id),
  );
  if (found === undefined) {
    const some = pendingActions(core, messages)
      .slice(0, 5)
      .map((action) => action.id);
    throw new RangeError(`"${id}" is not pending; pending are, for example: ${some.join(', ') || 'nothing'}`);
  }
  const { event, place } = found;
  if (place === 'queue') core.queue.extract((queued) => queued === event);
  else if (place === 'held') messages.held = messages.held.filter((held) => held !== event);
  else {
    const node = core.nodes[event.node] as SimNode;
    node.inbox = node.inbox.slice(node.inboxHead).filter((waiting) => waiting !== event);
    node.inboxHead = 0;
    if (!node.isFree && !id.startsWith('drop:'))
      throw new RangeError(`"${id}" must wait: ${node.id} is busy or paused`);
  }
  // A timer made to fire early is due now.
  const timer =
    event.kind === TIMER ? core.nodes[event.node]?.parts[event.part]?.timers.get(event.payload as string) : undefined;
  if (timer !== undefined) timer.due = core.now;
  return { event, drop: id.startsWith('drop:'), fromInbox: place === 'inbox' };
}

function candidates(core: Core, messages: Messages): Candidate[] {
  const { now, nodes, queue } = core;
  const { held } = messages;
  return [
    ...nodes.flatMap((node) =>
      node.inbox.slice(node.inboxHead).map((event): Candidate => ({ event, due: now, place: 'inbox' })),
    ),
    ...held.map((event): Candidate => ({ event, due: Number.POSITIVE_INFINITY, place: 'held' })),
    ...queue.entries().map(({ time, payload }): Candidate => ({ event: payload, due: time, place: 'queue' })),
  ];
}

function actionsOf({ nodes }: Core, { event, due, place }: Candidate): Action[] {
  const node = nodes[event.node];
  const name = node?.id ?? '';
  switch (event.kind) {
    case DELIVER: {
      const message = event.payload as Tagged;
      const id = `m${event.id}${event.copy === 0 ? '' : "'"}`;
      const common = { node: name, from: (nodes[event.from] as SimNode).id, due, message };
      const drop: Action = { id: `drop:${id}`, kind: 'drop', ...common };
      return place === 'held' ? [drop] : [{ id: `deliver:${id}`, kind: 'deliver', ...common }, drop];
    }
    case TIMER: {
      const part = node?.parts[event.part] as Part;
      const timer = part.timers.get(event.payload as string);
      if (timer === undefined || timer.token !== event.id) return [];
      const scope = part.path === '' ? '' : `${part.path}:`;
      return [
        { id: `timer:${name}/${scope}${event.payload}`, kind: 'timer', node: name, due: Math.max(due, timer.due) },
      ];
    }
    case SYNCED:
      return [{ id: `sync:${name}#${event.id}`, kind: 'sync', node: name, due }];
    case CALL:
      return [{ id: `call:${name}`, kind: 'call', node: name, due }];
    case FAULT_START:
      return [{ id: `fault:${event.id}`, kind: 'fault', due }];
    case FAULT_END:
      return [{ id: `fault-end:${event.id}`, kind: 'fault-end', due }];
    case RESTART:
    case RESUME: {
      const kind = event.kind === RESTART ? 'restart' : 'resume';
      return node?.incarnation === event.id ? [{ id: `${kind}:${name}`, kind, node: name, due }] : [];
    }
  }
}
