/** Where two runs of one plan part: the protocol depends on something that is not in the plan. */
import type { Protocol } from '../check/protocol.ts';
import type { Plan } from '../scenario/plan.ts';
import type { TraceEvent } from '../sim/trace.ts';
import { execute } from './execute.ts';

/** Trace events of a run that are kept to be compared: what differs in a long run mostly differs early. */
const EVENTS_MAX = 100_000;

/**
 * Both sides of the first trace event that differs, in words; undefined when nothing differs any more.
 * Two plain runs are compared first, one after the other as in a campaign, then a plain one with a strict one.
 */
export const firstDifference = (protocol: Protocol, plan: Plan): string | undefined =>
  differenceTo(protocol, plan, false) ?? differenceTo(protocol, plan, true);

function differenceTo(protocol: Protocol, plan: Plan, strict: boolean): string | undefined {
  const first = traceOf(protocol, plan, false);
  const second = traceOf(protocol, plan, strict);
  const index = first.findIndex((event, place) => event !== second[place]);
  const place = index < 0 ? first.length : index;
  if (place === first.length && place === second.length) return undefined;
  return `first run: ${told(first[place])}; ${strict ? 'strict run' : 'second run'}: ${told(second[place])}`;
}

function traceOf(protocol: Protocol, plan: Plan, strict: boolean): readonly string[] {
  const events: string[] = [];
  execute(protocol, plan, {
    strict,
    sink: (event: TraceEvent) => {
      if (events.length < EVENTS_MAX) events.push(JSON.stringify(event));
    },
  });
  return events;
}

const LENGTH_MAX = 300;

function told(event: string | undefined): string {
  if (event === undefined) return 'the run was over';
  return event.length <= LENGTH_MAX ? event : `${event.slice(0, LENGTH_MAX)}...`;
}
