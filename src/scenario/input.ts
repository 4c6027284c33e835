/**
 * A scenario as people write it: the form of YAML files and of modules that export one. docs/scenarios.md explains every field.
 * Durations carry a unit (`150ms`); in modules a number is microseconds, as `ms(150)` makes it.
 */
import type { ArgumentSpec } from '../sim/config.ts';
import type { FaultKind, Target, Trigger, UnsyncedWrites } from '../sim/faults.ts';
import type { Json } from '../sim/plain.ts';
import type { NodeId } from '../sim/protocol.ts';
import type { ChaosProfile } from './scenario.ts';

/** `150ms`, `2s`, `300us`; in modules also integer microseconds. */
export type DurationInput = string | number;
/** `1%`, `200ppm`, or a number from 0 to 1. */
export type ProbabilityInput = string | number;

/** `2ms` always, `1ms..10ms` each alike, or a table. */
export type DistributionInput =
  | DurationInput
  | { kind: 'constant'; value: DurationInput }
  | { kind: 'uniform'; min: DurationInput; max: DurationInput }
  | { kind: 'exponential'; min: DurationInput; mean: DurationInput }
  | { kind: 'log-normal'; median: DurationInput }
  | { kind: 'bimodal'; min: DurationInput; max: DurationInput; slowMax: DurationInput; slow: ProbabilityInput };

export interface ScenarioInput {
  /** Default: the file's name. */
  name?: string;
  title?: string;
  protocol: string;
  bug?: string;
  options?: { [name: string]: Json };
  nodes?: { [role: string]: number };
  network?: {
    latency?: DistributionInput;
    loss?: ProbabilityInput;
    duplication?: ProbabilityInput;
    fifo?: boolean;
  };
  disk?: { syncLatency?: DistributionInput };
  clocks?: { [node: NodeId]: { offset?: DurationInput; ratePpm?: number } };
  workload?: {
    rate?: number;
    operations?: { type: string; weight?: number; arguments?: { [name: string]: ArgumentSpec } }[];
    start?: DurationInput;
    end?: DurationInput;
    calls?: { at: DurationInput; client: NodeId; op: { type: string; [field: string]: Json } }[];
  };
  chaos?: {
    profile?: ChaosProfile;
    faults?: FaultKind[];
    faultsMax?: number;
    from?: DurationInput;
    to?: DurationInput;
  };
  faults?: FaultInput[];
  properties?: string[];
  limits?: {
    until?: DurationInput;
    eventsMax?: number;
    eventsPerInstantMax?: number;
    effectsPerHandlerMax?: number;
  };
  expect?: 'passed' | 'violated' | { violated: string };
}

interface AnchorInput {
  /** Exactly one of `at` and `when`. */
  at?: DurationInput;
  when?: Trigger;
}

/** As `Fault`, but durations and probabilities as people write them. */
export type FaultInput = AnchorInput &
  (
    | { kind: 'partition'; groups: NodeId[][]; for?: DurationInput }
    | { kind: 'isolate'; node: Target; direction?: 'both' | 'inbound' | 'outbound'; for?: DurationInput }
    | { kind: 'cut'; from: NodeId[]; to: NodeId[]; for?: DurationInput }
    | { kind: 'clog'; from: NodeId[]; to: NodeId[]; for?: DurationInput }
    | { kind: 'noise'; loss?: ProbabilityInput; duplication?: ProbabilityInput; for?: DurationInput }
    | { kind: 'crash'; node: Target; unsynced?: UnsyncedWrites; effect?: number; for?: DurationInput }
    | { kind: 'restart'; node: Target }
    | { kind: 'pause'; node: Target; for: DurationInput; effect?: number }
    | { kind: 'clock-step'; node: Target; by: DurationInput }
    | { kind: 'clock-rate'; node: Target; ppm: number; for?: DurationInput }
    | { kind: 'slow-disk'; node: Target; latency: DurationInput; for?: DurationInput }
    | { kind: 'sync-error'; node: Target }
    | { kind: 'join'; node: NodeId; role: string; options?: { [name: string]: Json } }
    | { kind: 'admin'; node: Target; action: { type: string; [field: string]: Json } }
  );

/** Types a scenario where a module exports it: `export const scenario = defineScenario({ protocol: './counter.js', ... })`. */
export const defineScenario = (scenario: ScenarioInput): ScenarioInput => scenario;
