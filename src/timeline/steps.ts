/** Trace events gathered into steps: what one event of the kernel brought about, e.g. a delivery with all effects of its handler. */
import type { TraceEvent } from '../sim/trace.ts';

export interface Step {
  /** Ordinal of the kernel's event. */
  readonly event: number;
  readonly at: number;
  readonly events: readonly TraceEvent[];
}

/** Events of one ordinal follow one another in a trace. */
export function* stepsOf(events: Iterable<TraceEvent>): Generator<Step> {
  let gathered: TraceEvent[] = [];
  for (const event of events) {
    if (gathered[0] !== undefined && gathered[0].event !== event.event) {
      yield stepOf(gathered);
      gathered = [];
    }
    gathered.push(event);
  }
  if (gathered.length > 0) yield stepOf(gathered);
}

const stepOf = (events: readonly TraceEvent[]): Step => ({
  event: events[0]?.event ?? 0,
  at: events[0]?.at ?? 0,
  events,
});

type Kind = TraceEvent['kind'];
export type OfKind<K extends Kind> = Extract<TraceEvent, { readonly kind: K }>;

/** The events of one kind in a step. */
export const ofKind = <K extends Kind>(step: Step, kind: K): OfKind<K>[] =>
  step.events.filter((event): event is OfKind<K> => event.kind === kind);
