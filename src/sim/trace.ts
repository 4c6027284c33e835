/**
 * Trace events: the versioned event log that `--trace` writes and the timeline draws. docs/trace-format.md describes it.
 * Each event has its ordinal `event` (the step of the kernel it belongs to; effects of one handler share it), true time `at` in
 * microseconds and, where something brought it about, the ordinal of its `cause`.
 */
import type { Fault } from './faults.ts';
import type { Outcome } from './history.ts';
import type { Json } from './plain.ts';
import type { DiskErrorKind, Micros, NodeId, NodeView } from './protocol.ts';

export const TRACE_VERSION = 1;

/** Why a message did not arrive. */
export type DropReason = 'loss' | 'cut' | 'dead' | 'overflow' | 'filtered' | 'override';

interface Base {
  readonly event: number;
  readonly at: Micros;
  readonly cause?: number;
}
interface AtNode extends Base {
  readonly node: NodeId;
  /** The component's path; absent for the role itself. */
  readonly path?: string;
}

export type TraceEvent =
  | (AtNode & { readonly kind: 'boot'; readonly incarnation: number; readonly role: string })
  | (AtNode & {
      readonly kind: 'send';
      readonly to: NodeId;
      readonly id: number;
      readonly name: string;
      readonly message: Json;
    })
  | (AtNode & {
      readonly kind: 'deliver';
      readonly from: NodeId;
      readonly id: number;
      readonly message: Json;
      readonly sentAt: Micros;
      readonly copy?: number;
    })
  | (Base & {
      readonly kind: 'drop';
      readonly from: NodeId;
      readonly to: NodeId;
      readonly id: number;
      readonly message: Json;
      readonly reason: DropReason;
      readonly path?: string;
    })
  | (Base & {
      readonly kind: 'duplicate';
      readonly from: NodeId;
      readonly to: NodeId;
      readonly id: number;
      readonly copy: number;
      readonly path?: string;
    })
  | (AtNode & { readonly kind: 'timer'; readonly timer: string; readonly key?: string })
  | (AtNode & {
      readonly kind: 'set-timer';
      readonly timer: string;
      readonly key?: string;
      readonly delay: Micros;
      readonly name: string;
    })
  | (AtNode & { readonly kind: 'cancel-timer'; readonly timer: string; readonly key?: string })
  | (AtNode & {
      readonly kind: 'write';
      readonly target: string;
      readonly write: 'put' | 'append' | 'truncate' | 'drop-prefix' | 'replace';
      readonly data?: Json;
      readonly index?: number;
    })
  | (AtNode & { readonly kind: 'sync'; readonly blocking: boolean; readonly tag?: string })
  | (AtNode & {
      readonly kind: 'synced';
      readonly blocking: boolean;
      readonly ok: boolean;
      readonly tag?: string;
      readonly error?: string;
    })
  /** A write failed, or something on disk was damaged: `target` as in `hard` or `log[3]`. */
  | (AtNode & {
      readonly kind: 'disk-error';
      readonly error: DiskErrorKind | 'silent' | 'misdirected';
      readonly target: string;
    })
  | (AtNode & { readonly kind: 'call'; readonly request: number; readonly process: string; readonly op: Json })
  | (AtNode & {
      readonly kind: 'return';
      readonly request: number;
      readonly process: string;
      readonly outcome: Outcome;
      readonly result?: Json;
      readonly reason?: string;
    })
  | (AtNode & { readonly kind: 'note'; readonly text: string; readonly data?: Json })
  /** All effects of a handler are committed: what the node looks like now (only where it changed). */
  | (AtNode & { readonly kind: 'view'; readonly view: NodeView })
  | (AtNode & { readonly kind: 'crash'; readonly lostWrites: number; readonly lostEffects: number })
  | (AtNode & { readonly kind: 'pause' | 'resume' })
  | (AtNode & { readonly kind: 'halt'; readonly reason: string })
  | (AtNode & { readonly kind: 'admin'; readonly action: Json })
  | (Base & {
      readonly kind: 'fault';
      readonly id: number;
      readonly fault: Fault;
      /** `step`: a fault that does one thing after another does the next, as `why` says. */
      readonly phase: 'start' | 'step' | 'end' | 'skipped';
      readonly why?: string;
    })
  /** The calm begins: the core is healed, the others are cut off from it for good. */
  | (Base & { readonly kind: 'calm'; readonly core: readonly NodeId[] })
  | (Base & {
      readonly kind: 'violation';
      readonly property: string;
      readonly path?: string;
      readonly sentence: string;
    })
  | (Base & { readonly kind: 'failure'; readonly node?: NodeId; readonly sentence: string });

export type TraceSink = (event: TraceEvent) => void;
