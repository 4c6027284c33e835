/** The event log, one JSON object a line: `--trace out.ndjson`. docs/trace-format.md describes every event and field. */
import { TRACE_VERSION, type TraceEvent } from '../sim/trace.ts';

/** What the first line of a trace says about the rest. */
export interface TraceHead {
  /** Version of worldline. */
  readonly worldline: string;
  readonly scenario: string;
  readonly protocol: string;
  readonly bug?: string;
  readonly seed: string;
  readonly nodes: readonly { readonly id: string; readonly role: string }[];
}

/** The last line: how the run ended. */
export interface TraceTail {
  readonly verdict: string;
  readonly digest: string;
  readonly events: number;
}

export const traceHead = (head: TraceHead): string =>
  `${JSON.stringify({ kind: 'trace', version: TRACE_VERSION, ...head })}\n`;

export const traceLine = (event: TraceEvent): string => `${JSON.stringify(event)}\n`;

export const traceTail = (tail: TraceTail): string => `${JSON.stringify({ kind: 'end', ...tail })}\n`;
