/** Where two runs of one plan part: the protocol depends on something that is not in the plan. */
import type { Protocol } from '../check/protocol.ts';
import type { Plan } from '../scenario/plan.ts';
import type { TraceEvent } from '../sim/trace.ts';
import { openRun } from './execute.ts';

/** Trace events compared at a time, so that long runs need no memory. */
const CHUNK = 512;

/**
 * Both sides of the first trace event that differs, in words; undefined when nothing differs any more.
 * Two plain runs are compared first, then a plain one with a strict one.
 */
export const firstDifference = (protocol: Protocol, plan: Plan): string | undefined =>
  differenceTo(protocol, plan, false) ?? differenceTo(protocol, plan, true);

function differenceTo(protocol: Protocol, plan: Plan, strict: boolean): string | undefined {
  const left = traced(protocol, plan, false);
  const right = traced(protocol, plan, strict);
  const second = strict ? 'strict run' : 'second run';
  for (;;) {
    const leftEvents = left.take();
    const rightEvents = right.take();
    const count = Math.max(leftEvents.length, rightEvents.length);
    if (count === 0) return undefined;
    for (let index = 0; index < count; index++) {
      const one = told(leftEvents[index]);
      const other = told(rightEvents[index]);
      if (one !== other) return `first run: ${one}; ${second}: ${other}`;
    }
  }
}

interface Traced {
  /** The next trace events; none when the run is over. */
  take(): readonly TraceEvent[];
}

function traced(protocol: Protocol, plan: Plan, strict: boolean): Traced {
  let events: TraceEvent[] = [];
  const { simulation } = openRun(protocol, plan, { strict, sink: (event) => events.push(event) });
  const take = (): readonly TraceEvent[] => {
    while (events.length < CHUNK && simulation.step());
    const taken = events.slice(0, CHUNK);
    events = events.slice(CHUNK);
    return taken;
  };
  return { take };
}

const LENGTH_MAX = 300;

function told(event: TraceEvent | undefined): string {
  if (event === undefined) return 'the run was over';
  const text = JSON.stringify(event);
  return text.length <= LENGTH_MAX ? text : `${text.slice(0, LENGTH_MAX)}...`;
}
