/** One run, told apart from one that never ends. */
import type { Protocol } from '../check/protocol.ts';
import type { Plan } from '../scenario/plan.ts';
import type { TraceEvent } from '../sim/trace.ts';
import { type ExecuteOptions, type OpenRun, openRun } from './execute.ts';
import type { Execution, FailureReport } from './execution.ts';
import { watched } from './pool-watchdog.ts';

/** A slow run makes progress, a hanging handler does not: so many events may take so long. */
const EVENTS_AT_ONCE = 1_000;

/**
 * As `execute`, slower, but comes back with verdict `failed` and failure `hung` where a handler (or a property) does not come back.
 * @param milliseconds time for a thousand events, ample
 */
export function executeWatched(
  protocol: Protocol,
  plan: Plan,
  milliseconds: number,
  options: ExecuteOptions = {},
): Execution {
  let last: TraceEvent | undefined;
  const sink = (event: TraceEvent): void => {
    if (beginsHandler.has(event.kind)) last = event;
    options.sink?.(event);
  };
  const opened = watched(() => openRun(protocol, plan, { ...options, sink }), milliseconds);
  if (!opened.ended) return hungAtBoot(plan, milliseconds, last);
  const run = opened.value;
  for (let more = true; more; ) {
    const stepped = watched(() => stepMany(run), milliseconds);
    if (!stepped.ended) return hung(run, milliseconds, last);
    more = stepped.value;
  }
  return run.outcome();
}

/** False when the run is over. */
function stepMany({ simulation }: OpenRun): boolean {
  for (let done = 0; done < EVENTS_AT_ONCE; done++) if (!simulation.step()) return false;
  return true;
}

/** Trace events that come just before a handler runs. */
const beginsHandler: ReadonlySet<TraceEvent['kind']> = new Set(['boot', 'deliver', 'timer', 'call', 'synced', 'admin']);

function hung(run: OpenRun, milliseconds: number, last: TraceEvent | undefined): Execution {
  const { simulation } = run;
  const outcome = run.outcome();
  return {
    verdict: 'failed',
    digest: outcome.digest,
    failure: hungFailure(simulation.event, simulation.now, milliseconds, last),
    statistics: outcome.statistics,
    goals: outcome.goals,
  };
}

function hungAtBoot(plan: Plan, milliseconds: number, last: TraceEvent | undefined): Execution {
  return {
    verdict: 'failed',
    digest: '0'.repeat(16),
    failure: hungFailure(0, 0, milliseconds, last),
    statistics: {
      events: 0,
      deliveries: 0,
      simulatedMicros: 0,
      messages: {},
      faults: {},
      operations: { ok: 0, fail: 0, unknown: 0, open: plan.calls.length },
      notes: {},
    },
    goals: {},
  };
}

function hungFailure(event: number, at: number, milliseconds: number, last: TraceEvent | undefined): FailureReport {
  const node = last !== undefined && 'node' in last ? last.node : undefined;
  const handler = last === undefined ? 'boot' : handlerOf(last);
  const where = node === undefined ? handler : `${handler} at ${node}`;
  return {
    kind: 'hung',
    sentence: `${where} had not come back after ${milliseconds / 1_000} s: does it loop for ever?`,
    event,
    at,
    handler,
    ...(node === undefined ? {} : { node }),
  };
}

function handlerOf(event: TraceEvent): string {
  switch (event.kind) {
    case 'deliver':
      return `onMessage.${typeOf(event.message)}`;
    case 'timer':
      return `onTimer.${event.timer}`;
    case 'call':
      return `onRequest.${typeOf(event.op)}`;
    case 'synced':
      return event.tag === undefined ? 'the rest of a handler after a sync' : `onDisk.${event.tag}`;
    case 'admin':
      return `onAdmin.${typeOf(event.action)}`;
    default:
      return 'boot';
  }
}

const typeOf = (value: unknown): string => (value as { readonly type: string }).type;
