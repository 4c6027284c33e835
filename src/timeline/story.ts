/** The story of a failure: of all rows, the few in the causal past of its last event that a reader needs. */
import { LIVENESS } from '../check/liveness.ts';
import type { NodeId } from '../sim/protocol.ts';
import type { TraceEvent } from '../sim/trace.ts';
import { type Draft, folded } from './fold-story.ts';
import { Lanes } from './lanes.ts';
import { Narrator } from './narrate.ts';
import type { Row, RowOptions } from './rows.ts';
import { ofKind, type Step, stepsOf } from './steps.ts';

export interface StoryOptions extends RowOptions {
  /** The facts that contradict each other: their events are told whatever the space, and what led their nodes there is part of the past. */
  readonly facts: readonly { readonly event: number; readonly node?: NodeId }[];
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
  const facts = new Set(options.facts.map(({ event }) => event));
  const past = causalPast(steps, options.facts);
  const kept = mostImportant(steps, past, facts, options.rowsMax);
  return { rows: tellSome(steps, kept, facts, options), leftOut: past.size - kept.size };
}

/** Everything is taken note of, little is told. */
function tellSome(
  steps: readonly Step[],
  kept: ReadonlySet<number>,
  facts: ReadonlySet<number>,
  { teller, lanes }: StoryOptions,
): Row[] {
  const narrator = new Narrator(teller);
  const cells = new Lanes(lanes);
  const drafts: Draft[] = [];
  for (const step of steps) {
    for (const event of step.events) cells.apply(event);
    if (!kept.has(step.event)) {
      narrator.note(step);
      continue;
    }
    const { text, weight, nodes } = narrator.narrateBriefly(step);
    const row: Row = { at: step.at, event: step.event, cells: cells.cells(nodes), text, weight, steps: 1 };
    const notes = ofKind(step, 'note').map(({ node, text, data }) => ({ node, phrase: teller.note(text, data) }));
    drafts.push({ row, notes, isQuiet: importanceOf(step, facts) <= IMPORTANCE_OF_NOTES });
  }
  return folded(drafts);
}

/**
 * Ordinals of the steps that the last one and the `facts` depend on: what brought them about, and what their nodes did before; and so
 * on. Faults that name no node in the trace, such as partitions, may have mattered to everybody and count as past.
 */
export function causalPast(steps: readonly Step[], facts: StoryOptions['facts'] = []): ReadonlySet<number> {
  const past = new Set<number>();
  const nodesInPast = new Set<string>(stuckNodes(steps));
  for (let index = steps.length - 1; index >= 0; index--) {
    const step = steps[index] as Step;
    const nodes = step.events.flatMap(touched);
    for (const { event, node } of facts) if (node !== undefined && step.event <= event) nodesInPast.add(node);
    const isLast = index === steps.length - 1;
    const isFault = step.events.some(({ kind }) => kind === 'fault');
    const isNear = past.has(step.event) || nodes.some((node) => nodesInPast.has(node));
    if (!isLast && !isFault && !isNear && !facts.some(({ event }) => event === step.event)) continue;
    past.add(step.event);
    for (const node of nodes) nodesInPast.add(node);
    for (const event of step.events) if (event.cause !== undefined) past.add(event.cause);
  }
  return past;
}

/** That nothing goes on is seen at no node: it depends on all that were to go on. */
function stuckNodes(steps: readonly Step[]): readonly string[] {
  const last = steps.at(-1);
  if (last === undefined || !ofKind(last, 'violation').some(({ property }) => property === LIVENESS)) return [];
  return steps.flatMap((step) => ofKind(step, 'calm')).flatMap(({ core }) => core);
}

/** A node at which something took effect; a message that was dropped took none. */
const touched = (event: TraceEvent): string[] =>
  event.kind !== 'drop' && event.kind !== 'duplicate' && 'node' in event && event.node !== undefined
    ? [event.node]
    : [];

const IMPORTANCE_OF_NOTES = 3;

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
    case 'calm':
      return 4;
    case 'boot':
      return event.incarnation === 1 ? 0 : 4;
    case 'note':
      return IMPORTANCE_OF_NOTES;
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

/** Ordinals of the steps that would be missed most; of equally important ones the latest. */
function mostImportant(
  steps: readonly Step[],
  past: ReadonlySet<number>,
  facts: ReadonlySet<number>,
  most: number,
): ReadonlySet<number> {
  const last = steps.at(-1)?.event;
  const led = new Set(
    steps
      .filter(({ event }) => facts.has(event) || event === last)
      .flatMap(({ events }) => events.flatMap(({ cause }) => (cause === undefined ? [] : [cause]))),
  );
  const ranked = steps
    .filter(({ event }) => past.has(event))
    // What sent the message that a fact is about may be nothing in itself, and explains it.
    .map((step) => ({
      event: step.event,
      importance: Math.max(importanceOf(step, facts), led.has(step.event) ? 2 : 0),
    }))
    .filter(({ importance }) => importance > 0)
    .sort((left, right) => right.importance - left.importance || right.event - left.event);
  return new Set(ranked.slice(0, most).map(({ event }) => event));
}
