/** Everything one simulation depends on, as data (the roles, which are code, apart). */
import type { Fault, Override } from './faults.ts';
import type { Intervention } from './interventions.ts';
import type { Json } from './plain.ts';
import type { Micros, NodeId, Tagged } from './protocol.ts';

/** How long something takes. All draws are integer arithmetic on tables: engines differ in Math.log and Math.exp. */
export type Distribution =
  | { readonly kind: 'constant'; readonly value: Micros }
  /** Each integer from `min` to `max` alike. */
  | { readonly kind: 'uniform'; readonly min: Micros; readonly max: Micros }
  /** `min` plus an exponential of mean `mean`. */
  | { readonly kind: 'exponential'; readonly min: Micros; readonly mean: Micros }
  /** `median` times a log-normal of shape sigma 0.5: a moderate tail, 1 % above 3.2 medians. */
  | { readonly kind: 'log-normal'; readonly median: Micros }
  /** Uniform in [min, max], but with probability `slowPpm` uniform in [max, slowMax]: nearly always fast. */
  | {
      readonly kind: 'bimodal';
      readonly min: Micros;
      readonly max: Micros;
      readonly slowMax: Micros;
      readonly slowPpm: number;
    };

export interface NetworkModel {
  readonly latency: Distribution;
  /** Chance of losing a message, judged at delivery, in parts per million. */
  readonly lossPpm: number;
  /** Chance that a copy arrives too, with a latency of its own, in parts per million. */
  readonly duplicationPpm: number;
  /**
   * How long copies take, where links do not keep order: a copy may come when the process that it was meant for has restarted and all others
   * have gone on. Without it, and where links keep order, twice a latency.
   */
  readonly copyLatency?: Distribution;
  /** True: messages of one link never overtake each other. */
  readonly fifo: boolean;
  /** Messages under way on one link at a time; one more pushes one of them, or itself, out. Without it links hold any number. */
  readonly capacity?: number;
}

export interface DiskModel {
  readonly syncLatency: Distribution;
  /**
   * The fault atlas: whose disk may be damaged (read errors, flipped bits, misdirected writes, loss of the whole disk). Faults that would
   * damage another one's are skipped. All may where it is left out.
   */
  readonly damageable?: readonly NodeId[];
}

export interface ClockModel {
  /** Wall clock minus true time at the start. */
  readonly offset: Micros;
  /** Fast (positive) or slow (negative), parts per million. */
  readonly ratePpm: number;
}

export interface NodeSpec {
  readonly id: NodeId;
  readonly role: string;
  readonly options: object;
  readonly clock?: ClockModel;
}

/** An operation as plain data with a `type`. */
export type OperationInput = Tagged & { readonly [field: string]: Json };

/** A workload's call: issued by its client at `at`, or as soon after as the client's previous call has ended. */
export interface Call {
  readonly at: Micros;
  readonly client: NodeId;
  readonly op: OperationInput;
}

/**
 * What operations look like, as data: fuzzing draws explicit calls from it, long runs draw from the workload stream.
 * `unique` never repeats within a run (which makes histories cheap to judge); `key` draws from `k1`..`k<count>`.
 */
export interface OperationSpec {
  readonly type: string;
  readonly weight?: number;
  readonly arguments?: { readonly [name: string]: ArgumentSpec };
}
export type ArgumentSpec =
  | { readonly kind: 'key'; readonly count: number }
  | { readonly kind: 'integer'; readonly min: number; readonly max: number }
  | { readonly kind: 'choice'; readonly of: readonly Json[] }
  | { readonly kind: 'unique' };

/**
 * A workload too long to be listed: each client calls with uniform gaps around `interval`, from `start` to `end`. Every client draws
 * from a stream of its own.
 */
export interface WorkloadStream {
  readonly operations: readonly OperationSpec[];
  readonly clients: readonly NodeId[];
  readonly interval: Micros;
  readonly start: Micros;
  readonly end: Micros;
}

export interface Limits {
  /** True time at which the run ends. */
  readonly until: Micros;
  /** Events in the whole run. */
  readonly eventsMax: number;
  /** Events at one instant of true time: a livelock without progress of time. */
  readonly eventsPerInstantMax: number;
  /** Effects one handler may record. */
  readonly effectsPerHandlerMax: number;
}

export const defaultLimits: Limits = {
  until: 10_000_000,
  eventsMax: 50_000_000,
  eventsPerInstantMax: 100_000,
  effectsPerHandlerMax: 10_000,
};

/**
 * The end of a run, in which the world stops doing anything to its core: from `at` on the core's nodes are started again, run on, and
 * reach each other; faults among them are over, and none begins any more. What faults have done to the others stays as it is.
 */
export interface Calm {
  readonly at: Micros;
  /** Who is healed, clients included. Everybody else is cut off from them, for good. */
  readonly core: readonly NodeId[];
  /** True: the core goes on hearing the others, who do not hear it. */
  readonly hearsOthers?: boolean;
  /** Latencies from then on; what was under way takes no longer either. */
  readonly latency: Distribution;
  readonly syncLatency: Distribution;
  /** What clients of the core then ask instead of what was left of their calls, in this order, each until it is acknowledged. */
  readonly calls: readonly CalmCall[];
  /** Time between two looks of observers, and the least between two attempts at a call. */
  readonly every: Micros;
}

/** Between two attempts at a call of the calm a client waits ever longer, up to so many times `every`. */
export const CALM_PATIENCE = 16;

export interface CalmCall {
  readonly client: NodeId;
  readonly op: OperationInput;
}

/** One run, but for its roles: plain data, the same in a plan, a capsule and a test. */
export interface RunSpec {
  /** Names every random stream of the run. */
  readonly seed: string;
  readonly nodes: readonly NodeSpec[];
  readonly network: NetworkModel;
  readonly disk: DiskModel;
  readonly faults: readonly Fault[];
  readonly calls: readonly Call[];
  readonly workload?: WorkloadStream | undefined;
  readonly overrides: readonly Override[];
  /** What a what-if branch does differently, from some event on. */
  readonly interventions?: readonly Intervention[] | undefined;
  readonly calm?: Calm | undefined;
  readonly limits: Limits;
}
