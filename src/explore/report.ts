/** What a campaign found, as plain data: the CLI prints it, `--json` writes it as it is. */

import type { Figures } from '../check/meter.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { Capsule } from './capsule.ts';
import type { Difference } from './difference.ts';
import type { Execution, Verdict } from './execution.ts';

/**
 * - `passed`: no violation, and the campaign was not vacuous.
 * - `violated`: a property was broken. `failed`: the protocol's code threw, hung or broke the contract.
 * - `nondeterministic`: the same seed gave two digests; the protocol depends on something beside its inputs.
 * - `inconclusive`: nothing broke, but the campaign proves little (`reasons` says why), or a history could not be judged.
 * - `nothing-ran`: no seed was run at all.
 */
export type CampaignVerdict = 'passed' | 'violated' | 'failed' | 'nondeterministic' | 'inconclusive' | 'nothing-ran';

export interface Finding {
  /** The seed that names the plan: `fuzz --seed <seed> --runs 1` finds it again. */
  readonly seed: string;
  /** Its place in the campaign, from 0. */
  readonly index: number;
  readonly verdict: Exclude<Verdict, 'passed' | 'unknown'> | 'nondeterministic';
  /** Equal for equal failures, e.g. `violated ES`. */
  readonly signature: string;
  readonly execution: Execution;
  /** What of the plan the protocol does not claim to survive; the signature says so too. Absent within the model. */
  readonly outsideModel?: readonly string[];
  /** True for a failure that only a strict run has: the plain run of the same plan passes, every time. */
  readonly strictOnly?: boolean;
  /** With `nondeterministic`: the digest of the second run, and what differed first where that could be found. */
  readonly otherDigest?: string;
  readonly difference?: Difference;
}

/** A distinct failure: findings with one signature. */
export interface FindingGroup {
  readonly signature: string;
  readonly count: number;
  /** The first in seed order. */
  readonly first: Finding;
  /** The one after the fewest events; of equals the first. */
  readonly smallest: Finding;
  /** The smallest finding's plan, shrunk where shrinking was on. Absent for findings that cannot be replayed (`nondeterministic`). */
  readonly capsule?: Capsule;
  readonly shrinking?: ShrinkReport;
}

/** Which part of a campaign: every `count`-th seed, beginning with the `index`-th, counted from 1. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** How much smaller a failing plan became. */
export interface ShrinkReport {
  readonly before: PlanSize;
  readonly after: PlanSize;
  readonly executions: number;
  readonly cpuSeconds: number;
  /** True when the budget ended shrinking before nothing more could be removed. */
  readonly stoppedEarly: boolean;
}

export interface PlanSize {
  readonly nodes: number;
  readonly faults: number;
  readonly calls: number;
  readonly overrides: number;
  readonly events: number;
  /** Handlers that ran in the causal past of the failure: how much of the run there is to tell. */
  readonly handlers: number;
  readonly untilMicros: number;
}

export interface GoalReport {
  readonly goal: string;
  readonly title: string;
  /** Seeds that reached it. */
  readonly seeds: number;
  /** Some campaign of this many seeds must reach it; absent: wished for only. */
  readonly requiredWithinSeeds?: number;
}

/** Did the campaign exercise anything? */
export interface Coverage {
  readonly faults: {
    readonly [kind: string]: { readonly fired: number; readonly skipped: number; readonly seeds: number };
  };
  /** Kinds that the campaign could have drawn and that never fired. */
  readonly faultsNeverFired: readonly string[];
  readonly messages: {
    readonly [type: string]: { readonly sent: number; readonly delivered: number; readonly dropped: number };
  };
  /** Declared message kinds that never arrived anywhere. */
  readonly messagesNeverDelivered: readonly string[];
  readonly operations: { readonly ok: number; readonly fail: number; readonly unknown: number; readonly open: number };
  readonly notes: { readonly [text: string]: number };
  readonly goals: readonly GoalReport[];
  readonly linearizability: { readonly judged: number; readonly unknown: number; readonly nodesMax: number };
  /** Seeds without any fault. */
  readonly faultFreeSeeds: number;
  /** Faults that were weakened or dropped because the protocol does not claim to survive them, by kind. */
  readonly downgraded: { readonly [kind: string]: number };
  /** What was measured, all runs together; absent where the protocol measures nothing. */
  readonly figures?: Figures;
  /** What came of the calms at the end of runs; absent where there are none. */
  readonly liveness?: LivenessCoverage;
}

export interface LivenessCoverage {
  /** Runs that were served and agreed in time, that could not have recovered, and in which nothing was owed. */
  readonly live: number;
  readonly unrecoverable: number;
  readonly unjudged: number;
  /** The longest that a run took until it was live, after its calm began. */
  readonly slowestMicros: number;
}

export interface FuzzReport {
  readonly verdict: CampaignVerdict;
  /** True when the verdict is the one that the scenario expects. */
  readonly asExpected: boolean;
  /** What the scenario expects. */
  readonly expect: Scenario['expect'];
  /** Ctrl-C came before the budget was used. */
  readonly interrupted: boolean;
  /** Why a campaign is inconclusive, one sentence each. */
  readonly reasons: readonly string[];
  readonly protocol: string;
  readonly scenario: string;
  readonly bug?: string;
  readonly profile: string;
  /** The base seed: seed i of the campaign is base + i. */
  readonly seed: string;
  /** Present in the report of a part of a campaign. */
  readonly shard?: Shard;
  readonly runs: number;
  readonly counts: { readonly [verdict in Verdict]: number };
  /** Combined over the digests of all runs, in seed order; independent of the number of jobs. */
  readonly digest: string;
  /** Distinct failures, in seed order of their first. */
  readonly groups: readonly FindingGroup[];
  /** Seeds that were run a second time, strictly, and gave the same digest. */
  readonly rerunStrictly: number;
  readonly coverage: Coverage;
  readonly events: number;
  readonly deliveries: number;
  readonly simulatedSeconds: number;
  readonly jobs: number;
  readonly wallSeconds: number;
  /** User and system time of the process, all threads, shrinking included. */
  readonly cpuSeconds: number;
}

export interface Progress {
  /** Of the whole campaign, as all that follows. */
  readonly runs: number;
  /** How many of them it was resumed with. */
  readonly runsBefore: number;
  /** With a budget in runs. */
  readonly runsTotal?: number;
  /** With a budget in time. */
  readonly secondsTotal?: number;
  readonly wallSeconds: number;
  readonly events: number;
  readonly failures: number;
  readonly distinctFailures: number;
  readonly goalsReached: number;
  readonly goalsTotal: number;
  readonly phase: 'running' | 'shrinking';
}
