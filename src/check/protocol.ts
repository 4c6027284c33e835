/** A protocol with all that testing it needs: roles, options and how to draw them, operations, properties, planted bugs. */
import type { OperationSpec } from '../sim/config.ts';
import type { Json } from '../sim/plain.ts';
import type { AnyRole, Micros, Tolerance } from '../sim/protocol.ts';
import type { Deciding } from './deciding.ts';
import type { LivenessClaim } from './liveness.ts';
import type { Meter } from './meter.ts';
import type { Model } from './model.ts';
import type { Property } from './property.ts';

export interface Protocol {
  /** Lower case with hyphens, e.g. `raft`, `lease-lock`. */
  readonly name: string;
  /** One sentence for `worldline list`. */
  readonly title: string;
  readonly roles: { readonly [role: string]: AnyRole };
  /** How many nodes of each role; fuzzing draws from `choices`. Exactly one role is fed by the workload: `client`. */
  readonly population: { readonly [role: string]: { readonly default: number; readonly choices?: readonly number[] } };
  /** Options of every role's nodes: name, default, and the range fuzzing draws from. The same values go to all nodes. */
  readonly options: { readonly [name: string]: OptionSpec };
  /** The protocol's own base timeout under given options: ranges of faults and latencies are drawn as multiples of it. */
  baseTimeout(options: { readonly [name: string]: Json }): Micros;
  readonly operations: readonly OperationSpec[];
  /** What people do to its nodes when they lose patience: `onAdmin`. Fuzzing does it too, in few runs. */
  readonly operatorActions?: readonly OperatorAction[];
  /**
   * Of the faults that strike one node, how many strike a client, in percent; default 12. More where clients have a part of their own in
   * what is promised: they hold locks, and count on their clocks.
   */
  readonly faultsAtClientsPercent?: number;
  /** What it claims to survive whatever its options. */
  readonly tolerates: Tolerance;
  /** Where options weaken the claim: what is left of it under these. */
  toleratesUnder?(options: { readonly [name: string]: Json }): Tolerance;
  readonly properties: readonly Property[];
  /** What it owes when the world is calm, and by when. Without it progress is not checked. */
  readonly liveness?: LivenessClaim;
  /** What is worth knowing of its runs, beside whether they are right: told at the end of a run and of a campaign. */
  readonly meter?: Meter;
  /** Properties of hosted protocols, by component path. */
  readonly components?: { readonly [path: string]: { readonly properties: readonly Property[] } };
  /** Client histories are judged for linearizability against this model. */
  readonly model?: Model;
  readonly bugs?: readonly Bug[];
  /** For protocols that decide: what `worldline matrix` and `worldline compare` look at. */
  readonly deciding?: Deciding;
  /** How a message or an operation is told in a few words, e.g. `AppendEntries t2 [8..9] commit 7`. */
  readonly tell?: Telling;
}

export interface Telling {
  message?(message: never): string;
  /** The same where space is short, in about ten characters: `AE t2 [8..9]`. */
  brief?(message: never): string;
  operation?(op: never, result: Json | undefined): string;
  /** What a node has done that wrote a note, as a verb and what belongs to it: `becomes leader of term 2`. */
  note?(text: string, data: never): string | undefined;
  /** An entry of a log on disk in a few words: `prepared t1`. Logs that are told stand in the timeline, with what of them is durable. */
  record?(log: string, entry: never): string | undefined;
}

/**
 * How an option is drawn. `extremes` are legal values at the edge that a range would rarely hit; durations are in microseconds.
 * `notBelow` names an option that stands before this one: what is drawn is at least that, and now and then close to it.
 */
export type OptionSpec =
  | {
      readonly kind: 'duration' | 'integer';
      readonly title: string;
      readonly default: number;
      readonly min: number;
      readonly max: number;
      readonly extremes?: readonly number[];
      readonly notBelow?: string;
    }
  | { readonly kind: 'choice'; readonly title: string; readonly default: Json; readonly of: readonly Json[] };

/** A planted bug: the same protocol with one or a few rules overridden. */
export interface Bug {
  /** E.g. `R05`. */
  readonly id: string;
  /** What is changed. */
  readonly title: string;
  /** Names of the properties it can break. */
  readonly violates: readonly string[];
  readonly source: string;
  /** The smallest known way to make it show, in words. */
  readonly recipe: string;
  protocol(): Protocol;
}

/** An operator's action, drawn like an operation. `weight`: among the actions of the protocol. */
export interface OperatorAction extends OperationSpec {
  /** The note that tells of the trouble: he acts at the node that has just written it. */
  readonly noted: string;
}

/** What a protocol claims to survive under given options. */
export const toleranceOf = (protocol: Protocol, options: { readonly [name: string]: Json }): Tolerance =>
  protocol.toleratesUnder?.(options) ?? protocol.tolerates;

/** Types a protocol where it is written. */
export const defineProtocol = (protocol: Protocol): Protocol => protocol;
