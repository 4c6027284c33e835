/** What came out of one run, as small plain data: it crosses worker boundaries and goes into capsules and reports. */
import type { LinearizabilityVerdict } from '../check/linearizability.ts';
import type { LivenessJudgement } from '../check/liveness.ts';
import type { Figures } from '../check/meter.ts';
import { qualifiedName } from '../check/monitor.ts';
import type { Fact } from '../sim/observer.ts';
import type { Micros, NodeId } from '../sim/protocol.ts';
import type { Failure, Statistics } from '../sim/result.ts';

/**
 * - `passed`: every property held to the end.
 * - `violated`: a property was broken; `violation` says which, where and how.
 * - `failed`: the protocol's code threw, broke the contract, ran into a limit or never came back; `failure` says which.
 * - `unknown`: the run ended, but the client history could not be judged within the budget. Not a pass.
 */
export type Verdict = 'passed' | 'violated' | 'failed' | 'unknown';

export interface ViolationReport {
  /** Name of the property, e.g. `ES`, or `LIN` for a client history that is not linearizable. */
  readonly property: string;
  /** Path of the component whose property it is; '' for the protocol itself. */
  readonly path: string;
  readonly oracle: 'internal' | 'client';
  /** What the property demands, in a sentence. */
  readonly title: string;
  /** What is wrong, in words. */
  readonly sentence: string;
  /** The facts that contradict each other. */
  readonly facts: readonly Fact[];
  readonly event: number;
  readonly at: Micros;
}

export interface FailureReport {
  /** `hung`: a handler did not come back within the time a whole batch of runs may take. */
  readonly kind: Failure['kind'] | 'hung';
  readonly sentence: string;
  readonly event: number;
  readonly at: Micros;
  readonly node?: NodeId;
  /** E.g. `onMessage.AppendEntries`. */
  readonly handler?: string;
  /** Stack of what the protocol's own code threw. */
  readonly stack?: string;
}

export interface Execution {
  readonly verdict: Verdict;
  /** 16 hex digits over every event of the run. */
  readonly digest: string;
  readonly violation?: ViolationReport;
  readonly failure?: FailureReport;
  readonly statistics: Statistics;
  /** Goals reached, by qualified name (`raft:electedLeader` for a component's), with the ordinal of the event. */
  readonly goals: { readonly [goal: string]: number };
  /** Absent when the protocol has no model, or the run ended early. */
  readonly linearizability?: {
    readonly verdict: LinearizabilityVerdict;
    /** Search nodes visited. */
    readonly nodes: number;
    /** Operations judged. */
    readonly operations: number;
  };
  /** What was measured; absent where the protocol measures nothing. */
  readonly figures?: Figures;
  /** What came of the calm at the end; absent when the run had none, the protocol claims nothing, or the run ended before. */
  readonly liveness?: LivenessJudgement;
}

/** What two failures must share to be the same one, e.g. `violated ES` or `failed threw onTimer.election`. */
export function signatureOf(execution: Execution): string | undefined {
  const { verdict, violation, failure } = execution;
  if (violation !== undefined) return `${verdict} ${qualifiedName(violation.path, violation.property)}`;
  if (failure !== undefined) return [verdict, failure.kind, failure.handler].filter(Boolean).join(' ');
  return undefined;
}
