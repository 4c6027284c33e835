/** Trace events gathered into steps: what one event of the kernel brought about, e.g. a delivery with all effects of its handler. */
import type { TraceEvent } from '../sim/trace.ts';

export interface Step {
  /** Ordinal of the kernel's event. */
  readonly event: number;
  readonly at: number;
  readonly events: readonly TraceEvent[];
}

/** Gathers steps while a trace grows: events of one ordinal follow one another. */
export class StepMaker {
  private gathered: TraceEvent[] = [];

  /** The step that this event shows to be complete, if any. */
  add(event: TraceEvent): Step | undefined {
    const complete = this.gathered[0] !== undefined && this.gathered[0].event !== event.event ? this.end() : undefined;
    this.gathered.push(event);
    return complete;
  }

  /** What is left. */
  end(): Step | undefined {
    const events = this.gathered;
    const first = events[0];
    this.gathered = [];
    return first === undefined ? undefined : { event: first.event, at: first.at, events };
  }
}

/** All steps of a trace. */
export function stepsOf(events: Iterable<TraceEvent>): Step[] {
  const maker = new StepMaker();
  const steps: Step[] = [];
  for (const event of events) {
    const step = maker.add(event);
    if (step !== undefined) steps.push(step);
  }
  const last = maker.end();
  return last === undefined ? steps : [...steps, last];
}

type Kind = TraceEvent['kind'];
export type OfKind<K extends Kind> = Extract<TraceEvent, { readonly kind: K }>;

/** The events of one kind in a step. */
export const ofKind = <K extends Kind>(step: Step, kind: K): OfKind<K>[] =>
  step.events.filter((event): event is OfKind<K> => event.kind === kind);
