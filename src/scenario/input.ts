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
    copyLatency?: DistributionInput;
    fifo?: boolean;
    capacity?: number;
  };
  disk?: { syncLatency?: DistributionInput; damageable?: NodeId[] };
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
  /** A time, an event, or with both an event of that time or later. */
  at?: DurationInput;
  when?: Trigger;
}

interface LossInput {
  unsynced?: UnsyncedWrites;
  torn?: boolean;
}

/** As `Fault`, but durations and probabilities as people write them. */
export type FaultInput = AnchorInput & (LinkFaultInput | ProcessFaultInput | DiskFaultInput);

type LinkFaultInput =
  | { kind: 'partition'; groups: NodeId[][]; for?: DurationInput }
  | {
      kind: 'isolate';
      node: Target;
      direction?: 'both' | 'inbound' | 'outbound';
      from?: NodeId[];
      for?: DurationInput;
    }
  | { kind: 'partial'; pairs: [NodeId, NodeId][]; for?: DurationInput }
  | { kind: 'flapping'; groups: NodeId[][]; cut: DurationInput; healed: DurationInput; for: DurationInput }
  | { kind: 'cut'; from: NodeId[]; to: NodeId[]; for?: DurationInput }
  | { kind: 'clog'; from: NodeId[]; to: NodeId[]; for?: DurationInput }
  | { kind: 'swizzle-clog'; nodes: NodeId[]; for: DurationInput }
  | {
      kind: 'degrade';
      from: NodeId[];
      to: NodeId[];
      latency?: DistributionInput;
      loss?: ProbabilityInput;
      duplication?: ProbabilityInput;
      fifo?: boolean;
      capacity?: number;
      for?: DurationInput;
    }
  | { kind: 'filter'; messages: string[]; from?: NodeId[]; to?: NodeId[]; for?: DurationInput }
  | { kind: 'noise'; loss?: ProbabilityInput; duplication?: ProbabilityInput; for?: DurationInput };

type ProcessFaultInput =
  | (LossInput & {
      kind: 'crash';
      node: Target;
      effect?: number;
      during?: 'sync' | 'sends';
      empty?: boolean;
      for?: DurationInput;
    })
  | (LossInput & { kind: 'outage'; nodes: NodeId[]; for?: DurationInput })
  | (LossInput & { kind: 'crash-loop'; node: Target; times: number; down: DurationInput; up: DurationInput })
  | { kind: 'restart'; node: Target }
  | { kind: 'pause'; node: Target; for: DurationInput; effect?: number }
  | { kind: 'slow-node'; node: Target; cost: DurationInput; for?: DurationInput }
  | { kind: 'timer-jitter'; nodes: NodeId[]; max: DurationInput; for?: DurationInput }
  | { kind: 'clock-step'; node: Target; by: DurationInput }
  | { kind: 'clock-rate'; node: Target; ppm: number; for?: DurationInput }
  | { kind: 'clock-drift'; node: Target; ppm: number; every: DurationInput; for?: DurationInput }
  | { kind: 'join'; node: NodeId; role: string; options?: { [name: string]: Json } }
  | { kind: 'admin'; node: Target; action: { type: string; [field: string]: Json } };

type DiskFaultInput =
  | { kind: 'slow-disk'; node: Target; latency: DurationInput; for?: DurationInput }
  | { kind: 'disk-stall'; node: Target; for: DurationInput }
  | { kind: 'sync-error'; node: Target }
  | { kind: 'write-error'; node: Target }
  | { kind: 'full-disk'; node: Target; for?: DurationInput }
  | { kind: 'read-error'; node: Target; target?: string; for?: DurationInput }
  | { kind: 'bit-flip'; node: Target; target?: string; silent?: boolean }
  | { kind: 'misdirected-write'; node: Target };

/** Types a scenario where a module exports it: `export const scenario = defineScenario({ protocol: './counter.js', ... })`. */
export const defineScenario = (scenario: ScenarioInput): ScenarioInput => scenario;
