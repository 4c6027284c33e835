/** The story of a failure: of all rows, the few in the causal past of its last event that a reader needs. */
import type { TraceEvent } from '../sim/trace.ts';
import { type Row, type RowOptions, rowsOf } from './rows.ts';
import { type Step, stepsOf } from './steps.ts';

export interface StoryOptions extends RowOptions {
  /** Events that must be told whatever the space, e.g. the facts that contradict each other. */
  readonly facts: readonly number[];
  readonly rowsMax: number;
}

export interface Story {
  readonly rows: readonly Row[];
  /** Steps of the causal past that are not told. */
  readonly leftOut: number;
}

/** `events` is the whole trace of a run that failed at its last event. */
export function storyOf(events: readonly TraceEvent[], options: StoryOptions): Story {
  const steps = stepsOf(events);
  const facts = new Set(options.facts);
  const past = causalPast(steps, facts);
  const importance = new Map(steps.map((step) => [step.event, importanceOf(step, facts)]));
  const rows = rowsOf(events, { ...options, show: 'quiet' }).filter((row) => past.has(row.event));
  const kept = select(rows, (row) => importance.get(row.event) ?? 0, options.rowsMax);
  return { rows: kept, leftOut: past.size - kept.length };
}

/**
 * Ordinals of the steps that the last one and the `facts` depend on: what brought them about, and what their nodes did before; and so
 * on. Faults that name no node in the trace, such as partitions, may have mattered to everybody and count as past.
 */
export function causalPast(steps: readonly Step[], facts: ReadonlySet<number> = new Set()): ReadonlySet<number> {
  const past = new Set<number>();
  const nodesInPast = new Set<string>();
  for (let index = steps.length - 1; index >= 0; index--) {
    const step = steps[index] as Step;
    const nodes = step.events.flatMap(touched);
    const isLast = index === steps.length - 1;
    const isFault = step.events.some(({ kind }) => kind === 'fault');
    const isNear = past.has(step.event) || nodes.some((node) => nodesInPast.has(node));
    if (!isLast && !isFault && !isNear && !facts.has(step.event)) continue;
    past.add(step.event);
    for (const node of nodes) nodesInPast.add(node);
    for (const event of step.events) if (event.cause !== undefined) past.add(event.cause);
  }
  return past;
}

/** A node at which something took effect; a message that was dropped took none. */
const touched = (event: TraceEvent): string[] =>
  event.kind !== 'drop' && event.kind !== 'duplicate' && 'node' in event && event.node !== undefined
    ? [event.node]
    : [];

/** How much a step would be missed; 0 is never told. */
function importanceOf(step: Step, facts: ReadonlySet<number>): number {
  if (step.events.some(({ kind }) => kind === 'violation' || kind === 'failure')) return 6;
  if (facts.has(step.event)) return 5;
  return Math.max(...step.events.map((event) => importanceOfEvent(event)));
}

function importanceOfEvent(event: TraceEvent): number {
  switch (event.kind) {
    case 'fault':
      return event.phase === 'skipped' ? 0 : 4;
    case 'crash':
    case 'halt':
    case 'admin':
      return 4;
    case 'boot':
      return event.incarnation === 1 ? 0 : 4;
    case 'note':
      return 3;
    case 'pause':
    case 'resume':
    case 'return':
      return 2;
    case 'call':
    case 'write':
      return 1;
    default:
      return 0;
  }
}

/** The most important rows, in their order; of equally important ones the latest. */
function select(rows: readonly Row[], importance: (row: Row) => number, rowsMax: number): Row[] {
  const ranked = rows
    .map((row, index) => ({ row, index, weight: importance(row) }))
    .filter(({ weight }) => weight > 0)
    .sort((left, right) => right.weight - left.weight || right.index - left.index)
    .slice(0, rowsMax);
  return ranked.sort((left, right) => left.index - right.index).map(({ row }) => row);
}
