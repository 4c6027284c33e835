/** The public API of Worldline. */

export type { Model } from './check/model.ts';
export type { Always, Property, Sometimes } from './check/property.ts';
export { always, goalByNote, sometimes } from './check/property.ts';
export type { Bug, OptionSpec, Protocol, Telling } from './check/protocol.ts';
export { defineProtocol } from './check/protocol.ts';
export { assertNoViolation, type FuzzTestOptions, fuzz } from './explore/fuzz-api.ts';
export type { Finding as FuzzFinding, FindingGroup, FuzzReport } from './explore/report.ts';
export { defineScenario, type ScenarioInput } from './scenario/input.ts';
export type { Call, Distribution, NetworkModel, OperationSpec, RunSpec } from './sim/config.ts';
export { defaultLimits } from './sim/config.ts';
export type { Fault, Override, Trigger } from './sim/faults.ts';
export type { Operation, Outcome } from './sim/history.ts';
export type { Fact, Finding, LogChange, Observer, PlacedObserver, World } from './sim/observer.ts';
export type { Json } from './sim/plain.ts';
export type * from './sim/protocol.ts';
export { defineRole, ms, seconds } from './sim/protocol.ts';
export type { Failure, Statistics, Violation } from './sim/result.ts';
export type { Action } from './sim/scheduler.ts';
export { type Setup, Simulation, type Snapshot } from './sim/simulation.ts';
export type { TraceEvent, TraceSink } from './sim/trace.ts';
