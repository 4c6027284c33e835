/**
 * A scenario: what one run or a whole campaign is about, as data. Scenario files (YAML) and user modules both end here.
 *
 * Durations are integer microseconds, probabilities parts per million, as everywhere inside. What a scenario leaves out takes the
 * protocol's default where nothing is fuzzed (chaos profile `none`), and is drawn where something is.
 */
import type { Call, ClockModel, DiskModel, Limits, NetworkModel, OperationSpec } from '../sim/config.ts';
import type { Fault, FaultKind } from '../sim/faults.ts';
import type { Json } from '../sim/plain.ts';
import type { Micros, NodeId } from '../sim/protocol.ts';

export interface Scenario {
  /** Lower case with hyphens, e.g. `raft-partition`. */
  readonly name: string;
  /** One sentence for `worldline list`. */
  readonly title: string;
  /** A built-in protocol's name, or a module's path, relative to the working directory and beginning with `.` or `/`. */
  readonly protocol: string;
  /** Id of the planted bug to switch on. */
  readonly bug?: string;
  /** Fixed values of the protocol's options. */
  readonly options: { readonly [name: string]: Json };
  /** How many nodes of a role, e.g. `{ server: 5, client: 3 }`; other roles as the protocol's population says. */
  readonly nodes: { readonly [role: string]: number };
  readonly network: Partial<NetworkModel>;
  readonly disk: Partial<DiskModel>;
  readonly clocks: { readonly [node: NodeId]: Partial<ClockModel> };
  readonly workload: Workload;
  readonly chaos: Chaos;
  /** Whether runs end in a calm in which progress is judged, where the protocol says what it owes. Absent: where something is fuzzed. */
  readonly liveness?: boolean;
  /** Scripted faults: in every run, whatever chaos adds. */
  readonly faults: readonly Fault[];
  /** Names of the properties to check; all of the protocol's when absent. */
  readonly properties?: readonly string[];
  readonly limits: Partial<Limits>;
  readonly expect: Expectation;
}

export interface Workload {
  /** Operations a second, all clients together. */
  readonly rate?: number;
  /** Replaces the protocol's operations. */
  readonly operations?: readonly OperationSpec[];
  /** When the calls drawn from `operations` begin and end; default: the whole run. */
  readonly start?: Micros;
  readonly end?: Micros;
  /** Explicit calls. With these and no `rate`, no other calls are made. */
  readonly calls?: readonly Call[];
}

/** How much a fuzzer may add: `none` leaves the scenario as written, only latencies and timeouts differ from seed to seed. */
export type ChaosProfile = 'none' | 'light' | 'default' | 'heavy' | 'uniform';

export interface Chaos {
  /** Absent: `none` in `run` and `replay`, `default` in `fuzz`. */
  readonly profile?: ChaosProfile;
  /** The fault kinds that may be added; absent: all that the protocol claims to survive. */
  readonly faults?: readonly FaultKind[];
  /** How common a kind is among the others of a run, from 0 (never); kinds that are given a weight are in every run. */
  readonly weights?: { readonly [kind in FaultKind]?: number };
  /** Most faults added to one run. */
  readonly faultsMax?: number;
  /** Typical time between two faults. */
  readonly gap?: Micros;
  /** True: faults that the protocol does not claim to survive are added too. What they break is no failure, and liveness is not judged. */
  readonly overBudget?: boolean;
  /** No fault is added before `from` or after `to`, e.g. to leave a quiet end. */
  readonly from?: Micros;
  readonly to?: Micros;
}

/** `run` and `fuzz` exit with 0 when this is what came out. Without a `property` any violation is the expected one. */
export type Expectation = { readonly verdict: 'passed' } | { readonly verdict: 'violated'; readonly property?: string };

/** A scenario in which nothing is fixed but the protocol: what `fuzz ./my-protocol.js` starts from. */
export const bareScenario = (name: string, title: string, protocol: string): Scenario => ({
  name,
  title,
  protocol,
  options: {},
  nodes: {},
  network: {},
  disk: {},
  clocks: {},
  workload: {},
  chaos: {},
  faults: [],
  limits: {},
  expect: { verdict: 'passed' },
});
