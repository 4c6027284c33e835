/** Where two runs of one plan part: the protocol depends on something that is not in the plan. */
import type { Protocol } from '../check/protocol.ts';
import type { Plan } from '../scenario/plan.ts';
import type { NodeId, Tagged } from '../sim/protocol.ts';
import type { TraceEvent } from '../sim/trace.ts';
import { openRun } from './execute.ts';

/** The first event that two runs of one plan do not share. */
export interface Difference {
  /** Both sides in words: `first run: ...`, `second run: ...`. */
  readonly sides: readonly string[];
  /** The handler in whose step it lies, e.g. `onMessage.Add`, and where it ran. */
  readonly handler?: { readonly name: string; readonly node: NodeId };
  /** Where the second run failed, and what threw says where. */
  readonly stack?: string;
}

/** Trace events of a run that are kept to be compared: what differs in a long run mostly differs early. */
const EVENTS_MAX = 100_000;

/** What a run is called, and its trace events as text. */
interface FirstRun {
  readonly called: string;
  readonly events: readonly string[];
}

/** How the second run is made, and what it is called. */
interface Manner {
  readonly called: string;
  readonly strict: boolean;
  /** Another run goes on beside it, a step of the one after a step of the other: what both share in secret comes to light. */
  readonly company: boolean;
}

const again: Manner = { called: 'second run', strict: false, company: false };
const manners: readonly Manner[] = [
  again,
  { called: 'run beside another', strict: false, company: true },
  { called: 'strict run', strict: true, company: false },
];

/**
 * The first trace event that differs between a run and another of the same plan; undefined when none does. The other one is made in three
 * manners: after the first, as in a campaign; in step with a run of another seed; and strictly. It stops where it differs.
 * @param afresh the events of a run of this plan where no other has been: then a run after others is compared with that one, too, and what
 * is set once and for all shows.
 */
export function firstDifference(protocol: Protocol, plan: Plan, afresh?: readonly string[]): Difference | undefined {
  // What is set once and for all is to be set by another run than the one that is compared.
  if (afresh !== undefined) openRun(protocol, companyOf(plan)).simulation.run();
  const first = { called: 'first run', events: eventsOf(protocol, plan) };
  if (afresh !== undefined) {
    const alone = { called: 'run in a fresh process', events: afresh };
    const difference = differenceTo(alone, protocol, plan, { ...again, called: 'run after others' });
    if (difference !== undefined) return difference;
  }
  for (const manner of manners) {
    const difference = differenceTo(first, protocol, plan, manner);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

/** The trace events of a run as text, as many as are compared. */
export function eventsOf(protocol: Protocol, plan: Plan): readonly string[] {
  const events: string[] = [];
  const run = openRun(protocol, plan, {
    sink: (event) => {
      if (events.length < EVENTS_MAX) events.push(JSON.stringify(event));
    },
  });
  run.simulation.run();
  return events;
}

function differenceTo(
  first: FirstRun,
  protocol: Protocol,
  plan: Plan,
  { called, strict, company }: Manner,
): Difference | undefined {
  let place = 0;
  let step: readonly TraceEvent[] = [];
  let found: Difference | undefined;
  const sink = (event: TraceEvent): void => {
    if (found !== undefined) return;
    step = step[0]?.event === event.event ? [...step, event] : [event];
    const text = JSON.stringify(event);
    if (text === first.events[place] || place >= EVENTS_MAX) place++;
    else found = differenceAt(first, place, text, called, step);
  };
  const { simulation } = openRun(protocol, plan, { strict, sink });
  const other = company ? openRun(protocol, companyOf(plan)).simulation : undefined;
  while (found === undefined && simulation.step()) other?.step();
  if (found === undefined && place < first.events.length) found = differenceAt(first, place, undefined, called, step);
  const stack = simulation.failure?.error?.stack;
  return found === undefined || stack === undefined ? found : { ...found, stack };
}

/** A run that is nearly the same. */
const companyOf = (plan: Plan): Plan => ({ ...plan, seed: `${plan.seed}/company` });

function differenceAt(
  { called: firstCalled, events }: FirstRun,
  place: number,
  second: string | undefined,
  called: string,
  step: readonly TraceEvent[],
): Difference {
  const handler = handlerOf(step);
  return {
    sides: [`${firstCalled}: ${told(events[place])}`, `${called}: ${told(second)}`],
    ...(handler === undefined ? {} : { handler }),
  };
}

/** What the first event of a step says about the handler that runs in it. */
function handlerOf([event]: readonly TraceEvent[]): Difference['handler'] {
  if (event === undefined || !('node' in event) || event.node === undefined) return undefined;
  const bare = bareHandlerOf(event);
  if (bare === undefined) return undefined;
  const path = 'path' in event && event.path !== undefined ? `${event.path}: ` : '';
  return { name: `${path}${bare}`, node: event.node };
}

function bareHandlerOf(event: TraceEvent): string | undefined {
  switch (event.kind) {
    case 'deliver':
      return `onMessage.${typeOf(event.message)}`;
    case 'timer':
      return `onTimer.${event.timer}`;
    case 'call':
      return `onRequest.${typeOf(event.op)}`;
    case 'admin':
      return `onAdmin.${typeOf(event.action)}`;
    case 'synced':
      return event.tag === undefined ? undefined : `onDisk.${event.tag}`;
    case 'boot':
      return 'boot';
    default:
      return undefined;
  }
}

const typeOf = (data: unknown): string => (data as Tagged).type;

const LENGTH_MAX = 300;

function told(event: string | undefined): string {
  if (event === undefined) return 'the run was over';
  return event.length <= LENGTH_MAX ? event : `${event.slice(0, LENGTH_MAX)}...`;
}
