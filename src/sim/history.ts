/**
 * Client histories: what clients asked and what they were told.
 * Recorded by the kernel (clients.ts), judged by src/check.
 */
import type { Json } from './plain.ts';

/**
 * How an operation ended, seen from its client.
 * - `ok`: answered; `output` is what the client was told.
 * - `fail`: known not to have happened and never to happen ("did not happen" in Jepsen's sense). An operation that happened
 *   and returned "no" (a compare-and-set whose comparison was false) is `ok` with an output that says so.
 * - `unknown`: the client gave up. It may have happened, may happen at any later time, or never.
 */
export type Outcome = 'ok' | 'fail' | 'unknown';

/** One client operation. Its interval is given by positions in the history, not by clock readings, so that no two are equal by accident. */
export interface Operation {
  /** The logical client. One operation outstanding at a time; retired after an `unknown` outcome. */
  readonly process: string;
  /** What was asked, e.g. `{ type: 'write', key: 'a', value: 1 }`. */
  readonly input: Json;
  /** What was answered; only with outcome `ok`. */
  readonly output?: Json;
  readonly outcome: Outcome;
  /** Position of the call in the history. Calls and returns share one count, so no two are equal. */
  readonly called: number;
  /** Position of the return in the history; `Infinity` with outcome `unknown`. */
  readonly returned: number;
  /** True times in microseconds, where known; for people, never for judging. */
  readonly calledAt?: number;
  readonly returnedAt?: number;
  /** Ordinals of the events of call and return, where recorded by the kernel. */
  readonly calledEvent?: number;
  readonly returnedEvent?: number;
}
