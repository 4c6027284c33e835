/**
 * The scheduler seam: time order is one policy. Everything that could happen next is an action with a stable id, and any of them can
 * be made to happen now: what-if branches, crash matrices and exhaustive search are other policies.
 */
import type { ArmedTimer } from './armed.ts';
import type { Core } from './core.ts';
import {
  CALL,
  CALM,
  DELIVER,
  FAULT_END,
  FAULT_START,
  FAULT_STEP,
  type FaultStep,
  LOOK,
  type QueuedEvent,
  RESTART,
  RESUME,
  SYNCED,
  TIMER,
  WORKED,
} from './event.ts';
import type { Messages } from './messages.ts';
import type { Part, SimNode } from './process.ts';
import type { Micros, NodeId, Tagged } from './protocol.ts';

export interface Action {
  /**
   * `deliver:m57` and `drop:m57` (a copy: `m57'`), `timer:n3/election`, `sync:n2#41`, `call:c1`, `fault:3`, `fault-end:3`, `fault-step:3/1`, `restart:n4`, `work:n4`,
   * `resume:n4/3` (from the pause that fault 3 is), `calm` (the world begins to be calm), `look` (observers look at the calm); what waits in a node's inbox keeps its id.
   */
  readonly id: string;
  readonly kind:
    | 'deliver'
    | 'drop'
    | 'timer'
    | 'sync'
    | 'call'
    | 'fault'
    | 'fault-end'
    | 'fault-step'
    | 'restart'
    | 'resume'
    | 'work'
    | 'calm'
    | 'look';
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
  /** Its place among those due at one time. */
  readonly sequence: number;
  readonly place: 'queue' | 'inbox' | 'held';
}

export function pendingActions(core: Core, messages: Messages, ready: readonly number[]): readonly Action[] {
  return core.over ? [] : candidates(core, messages, ready).flatMap((candidate) => actionsOf(core, candidate));
}

/** Takes the action's event out of the place where it waits, and moves true time on where nothing else is due before. */
export function takeAction(core: Core, messages: Messages, ready: readonly number[], id: string): Choice {
  const all = core.over ? [] : candidates(core, messages, ready);
  const listed = all.map((candidate) => ({ candidate, actions: actionsOf(core, candidate) }));
  const found = listed.find(({ actions }) => actions.some((action) => action.id === id));
  if (found === undefined) {
    const some = listed.flatMap(({ actions }) => actions.map((action) => action.id)).slice(0, 5);
    throw new RangeError(`"${id}" is not pending; pending are, for example: ${some.join(', ') || 'nothing'}`);
  }
  const { event, place, due } = found.candidate;
  takeFrom(core, messages, place, event);
  // What is listed first can be earlier than nothing but leftovers, of cancelled timers for example.
  const earliest = listed.find(({ actions }) => actions.some(({ kind }) => kind !== 'drop'))?.candidate.due;
  if (due === earliest) core.setNow(Math.max(core.now, due));
  // A timer made to fire early is due now.
  const timer = event.kind === TIMER ? timerOf(core, event) : undefined;
  if (timer !== undefined) timer.due = core.now;
  return { event, drop: id.startsWith('drop:'), fromInbox: place === 'inbox' };
}

function takeFrom(core: Core, messages: Messages, place: Candidate['place'], event: QueuedEvent): void {
  if (place === 'queue') core.queue.extract((queued) => queued === event);
  else if (place === 'held') messages.held = messages.held.filter((held) => held !== event);
  else {
    const node = core.nodes[event.node] as SimNode;
    node.inbox = node.inbox.slice(node.inboxHead).filter((waiting) => waiting !== event);
    node.inboxHead = 0;
  }
}

/** All that waits, in the order in which the policy of time order would come to it. */
function candidates(core: Core, messages: Messages, ready: readonly number[]): Candidate[] {
  const { now, nodes, queue } = core;
  const queued = queue.entries().map(({ time, sequence, payload }): Candidate => {
    const timer = payload.kind === TIMER ? timerOf(core, payload) : undefined;
    // A timer that was set again for later has its old entry in the queue.
    if (timer === undefined || timer.due <= time) return { event: payload, due: time, sequence, place: 'queue' };
    return { event: payload, due: timer.due, sequence: timer.sequence, place: 'queue' };
  });
  const inboxes = [...new Set([...ready, ...nodes.keys()])].flatMap((index) => {
    const node = nodes[index] as SimNode;
    const due = node.isFree ? now : Number.POSITIVE_INFINITY;
    return node.inbox.slice(node.inboxHead).map((event): Candidate => ({ event, due, sequence: -1, place: 'inbox' }));
  });
  const held = messages.held.map(
    (event): Candidate => ({ event, due: Number.POSITIVE_INFINITY, sequence: -1, place: 'held' }),
  );
  return [...inboxes, ...queued, ...held].sort((a, b) => inOrder(a.due, b.due) || a.sequence - b.sequence);
}

const inOrder = (a: number, b: number): number => (a < b ? -1 : a > b ? 1 : 0);

/** The armed timer that an entry of the queue or an inbox is for; undefined when it was cancelled or replaced. */
function timerOf({ nodes }: Core, event: QueuedEvent): ArmedTimer | undefined {
  return nodes[event.node]?.parts[event.part]?.timers.withToken(event.id);
}

function actionsOf(core: Core, { event, due, place }: Candidate): Action[] {
  const { nodes } = core;
  const node = nodes[event.node];
  const name = node?.id ?? '';
  const canAct = place === 'queue' || (place === 'inbox' && node?.isFree === true);
  if (event.kind === DELIVER) {
    const message = event.payload as Tagged;
    const id = `m${event.id}${event.copy === 0 ? '' : "'"}`;
    const common = { node: name, from: (nodes[event.from] as SimNode).id, due, message };
    const drop: Action = { id: `drop:${id}`, kind: 'drop', ...common };
    return canAct ? [{ id: `deliver:${id}`, kind: 'deliver', ...common }, drop] : [drop];
  }
  if (!canAct) return [];
  switch (event.kind) {
    case TIMER: {
      if (timerOf(core, event) === undefined) return [];
      const part = node?.parts[event.part] as Part;
      const scope = part.path === '' ? '' : `${part.path}:`;
      return [{ id: `timer:${name}/${scope}${event.payload}`, kind: 'timer', node: name, due }];
    }
    case SYNCED:
      if (place === 'queue' && node?.disk.isPending(event.id) !== true) return [];
      return [{ id: `sync:${name}#${event.id}`, kind: 'sync', node: name, due }];
    case FAULT_START:
      return [{ id: `fault:${event.id}`, kind: 'fault', due }];
    case FAULT_END:
      return [{ id: `fault-end:${event.id}`, kind: 'fault-end', due }];
    case FAULT_STEP:
      return [{ id: `fault-step:${event.id}/${(event.payload as FaultStep).step}`, kind: 'fault-step', due }];
    case WORKED:
      return node?.workToken === event.id ? [{ id: `work:${name}`, kind: 'work', node: name, due }] : [];
    case CALM:
      return [{ id: 'calm', kind: 'calm', due }];
    case LOOK:
      return [{ id: 'look', kind: 'look', due }];
    default:
      return node?.incarnation === event.id ? [ofProcess(event, name, due)] : [];
  }
}

/** What is meant for one incarnation of a node. */
function ofProcess(event: QueuedEvent, node: NodeId, due: Micros): Action {
  if (event.kind === CALL) return { id: `call:${node}`, kind: 'call', node, due };
  if (event.kind === RESTART) return { id: `restart:${node}`, kind: 'restart', node, due };
  return { id: `resume:${node}/${event.payload}`, kind: 'resume', node, due };
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
    case FAULT_STEP:
      return `a step of fault ${event.id} (${spec.faults[event.id]?.kind})`;
    case WORKED:
      return `the end of a handler at ${node}`;
    case RESTART:
      return `the restart of ${node}`;
    case RESUME:
      return `the end of a pause of ${node}`;
    case CALM:
      return 'the beginning of the calm';
    case LOOK:
      return 'a look at the calm';
  }
}
