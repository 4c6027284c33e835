/** What could have happened otherwise: the ways a run can go on from one of its events, each as the plan of a branch. */
import type { Plan } from '../scenario/plan.ts';
import type { OperationInput } from '../sim/config.ts';
import type { Fault } from '../sim/faults.ts';
import type { Intervention } from '../sim/interventions.ts';
import type { Micros, NodeId } from '../sim/protocol.ts';
import type { Action } from '../sim/scheduler.ts';
import type { Recording } from './recording.ts';

/** One way to go on. */
export interface WayOn {
  readonly kind: 'message' | 'timer' | 'process' | 'network' | 'clock' | 'client' | 'other';
  /** `deliver m57 n5 → n3 now`. */
  readonly title: string;
  /** The message it is about, to be told by the protocol. */
  readonly message?: unknown;
  /** Plan of the branch. */
  plan(): Plan;
}

/** How long a node is down or stands still, a link is cut, a message is late: the usual choice. */
export interface WhatIfOptions {
  /** Typically a few of the protocol's base timeouts. */
  readonly while: Micros;
}

/** Everything that can be done differently after `event`: what is pending first, in order of time. */
export function waysOn(recording: Recording, event: number, options: WhatIfOptions): WayOn[] {
  const pending = recording.pendingAt(event);
  const now = recording.at(event).now;
  const branch = (...done: readonly Undated[]): Plan => withInterventions(recording.plan, event, done);
  const injected = (fault: Fault): Plan => withFault(recording.plan, event, now, fault);
  const isNext = (action: Action): boolean => action === pending[0];
  const restarting = new Set(pending.filter(({ kind }) => kind === 'restart').map(({ node }) => node));
  return [
    // What comes next anyway is no other way.
    ...pending.flatMap((action) => waysOfAction(action, options, branch).slice(isNext(action) ? 1 : 0)),
    ...processWays(recording, event, options, injected, restarting),
    ...networkWays(recording, event, options, injected),
    ...healingWays(recording.plan, pending, event, now, branch),
    ...clientWays(recording, event, branch),
  ];
}

type Undated = Intervention extends infer I ? (I extends Intervention ? Omit<I, 'after'> : never) : never;

function withInterventions(plan: Plan, after: number, done: readonly Undated[]): Plan {
  // What the plan did later belongs to a run that will not be.
  const kept = (plan.interventions ?? []).filter((one) => one.after <= after);
  const added = done.map((one) => ({ ...one, after }) as Intervention);
  return { ...plan, interventions: [...kept, ...added] };
}

/** A fault that was not there, at once. Its own time is a moment later, so that nothing changes before. */
function withFault(plan: Plan, after: number, now: Micros, fault: Fault): Plan {
  const faults = [...plan.faults, { ...fault, at: now + 1 }];
  return withInterventions({ ...plan, faults }, after, [{ perform: `fault:${faults.length - 1}` }]);
}

// --- What is pending -----------------------------------------------------------------------------------------------------------------

function waysOfAction(action: Action, options: WhatIfOptions, branch: (...done: Undated[]) => Plan): WayOn[] {
  const { id, kind, message } = action;
  const perform = (title: string, of: WayOn['kind']): WayOn => ({
    kind: of,
    title,
    ...(message === undefined ? {} : { message }),
    plan: () => branch({ perform: id }),
  });
  switch (kind) {
    case 'deliver': {
      const name = id.slice('deliver:'.length);
      const way = `${name} ${action.from} → ${action.node}`;
      const told = message === undefined ? {} : { message };
      return [
        perform(`deliver ${way} now`, 'message'),
        {
          kind: 'message',
          title: `delay ${way} by ${inMs(options.while)}`,
          ...told,
          plan: () => branch({ delay: name, by: options.while }),
        },
        { kind: 'message', title: `duplicate ${way}, the copy now`, ...told, plan: () => branch({ copy: name }) },
      ];
    }
    case 'drop':
      return [perform(`drop ${id.slice('drop:'.length)} ${action.from} → ${action.node}`, 'message')];
    case 'timer':
      return [perform(`fire ${id.slice('timer:'.length)} now`, 'timer')];
    case 'sync':
      return [perform(`end the sync ${id.slice('sync:'.length)} now`, 'other')];
    case 'call':
      return [perform(`${action.node} makes its next call now`, 'client')];
    case 'fault':
      return [perform(`begin fault ${id.slice('fault:'.length)} now`, 'network')];
    case 'fault-end':
      return [perform(`heal fault ${id.slice('fault-end:'.length)} now`, 'network')];
    case 'restart':
      return [perform(`restart ${action.node} now`, 'process')];
    case 'resume':
      return [perform(`${action.node} goes on now`, 'process')];
    default:
      return [];
  }
}

const inMs = (micros: Micros): string => `${Number((micros / 1_000).toFixed(3))} ms`;

// --- What was not in the plan --------------------------------------------------------------------------------------------------------

function processWays(
  recording: Recording,
  event: number,
  options: WhatIfOptions,
  injected: (fault: Fault) => Plan,
  restarting: ReadonlySet<NodeId | undefined>,
): WayOn[] {
  const simulation = recording.at(event);
  return recording.plan.nodes.flatMap(({ id: node }): WayOn[] => {
    const way = (kind: WayOn['kind'], title: string, fault: Fault): WayOn => ({
      kind,
      title,
      plan: () => injected(fault),
    });
    if (restarting.has(node)) return [];
    if (!simulation.isUp(node)) return [way('process', `restart ${node}`, { kind: 'restart', node })];
    const length = options.while;
    return [
      way('process', `crash ${node}, losing unsynced writes, for ${inMs(length)}`, {
        kind: 'crash',
        node,
        for: length,
      }),
      way('process', `crash ${node} for good`, { kind: 'crash', node }),
      way('process', `${node} stands still for ${inMs(length)}`, { kind: 'pause', node, for: length }),
      way('network', `cut ${node} off for ${inMs(length)}`, { kind: 'isolate', node, for: length }),
      way('clock', `${node}'s wall clock jumps ahead by ${inMs(length)}`, { kind: 'clock-step', node, by: length }),
      way('clock', `${node}'s wall clock jumps back by ${inMs(length)}`, { kind: 'clock-step', node, by: -length }),
    ];
  });
}

/** Each pair of nodes that are no clients, both directions. */
function networkWays(
  recording: Recording,
  _event: number,
  options: WhatIfOptions,
  injected: (fault: Fault) => Plan,
): WayOn[] {
  const servers = recording.plan.nodes.filter(({ role }) => role !== 'client').map(({ id }) => id);
  return servers.flatMap((from) =>
    servers
      .filter((to) => to !== from)
      .map(
        (to): WayOn => ({
          kind: 'network',
          title: `cut ${from} → ${to} for ${inMs(options.while)}`,
          plan: () => injected({ kind: 'cut', from: [from], to: [to], for: options.while }),
        }),
      ),
  );
}

/** Faults in force to the end of the run have no end that could come early: their plan gets one. */
function healingWays(
  plan: Plan,
  pending: readonly Action[],
  event: number,
  now: Micros,
  branch: (...done: Undated[]) => Plan,
): WayOn[] {
  const ending = new Set(pending.map(({ id }) => id));
  return plan.faults.flatMap((fault, i): WayOn[] => {
    const isEndless =
      ['partition', 'isolate', 'cut', 'partial', 'clog'].includes(fault.kind) &&
      !('for' in fault && fault.for !== undefined);
    if (!isEndless || ending.has(`fault:${i}`) || fault.at === undefined || fault.at > now) return [];
    const start = fault.at;
    return [
      {
        kind: 'network',
        title: `heal fault ${i} now`,
        plan: () => {
          const faults = plan.faults.map((one, k) => (k === i ? ({ ...one, for: now - start + 1 } as Fault) : one));
          return {
            ...branch(),
            faults,
            interventions: [...(branch().interventions ?? []), { after: event, perform: `fault-end:${i}` }],
          };
        },
      },
    ];
  });
}

function clientWays(recording: Recording, event: number, branch: (...done: Undated[]) => Plan): WayOn[] {
  const history = recording.at(event).history();
  const waiting = new Set(
    history.filter(({ returnedEvent }) => returnedEvent === undefined).map(({ process }) => nodeOf(process)),
  );
  const clients = recording.plan.nodes.filter(({ role }) => role === 'client').map(({ id }) => id);
  return clients
    .filter((client) => !waiting.has(client))
    .flatMap((client) =>
      sampleOperations(recording, event).map(
        (op): WayOn => ({
          kind: 'client',
          title: `${client} asks`,
          message: op,
          plan: () => branch({ call: { client, op } }),
        }),
      ),
    );
}

/** `c1/2` is the second process of c1. */
const nodeOf = (process: string): NodeId => process.replace(/\/\d+$/, '');

/** One operation of each type, as clients have made them so far or will make them. */
function sampleOperations(recording: Recording, event: number): OperationInput[] {
  const made = recording
    .at(event)
    .history()
    .map(({ input }) => input as OperationInput);
  const byType = new Map<string, OperationInput>();
  for (const op of [...recording.plan.calls.map(({ op }) => op), ...made]) byType.set(op.type, op);
  return [...byType.values()];
}
