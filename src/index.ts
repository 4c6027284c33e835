/** The public API of Worldline. */

export { explainLinearizability } from './check/explain-linearizability.ts';
export { HistoryError } from './check/history-error.ts';
export type { Explanation, PartialOrder, Refusal } from './check/linearizability/explain.ts';
export { explanationSvg, type SvgOptions } from './check/linearizability/explanation-svg.ts';
export { explanationLines, type TextOptions } from './check/linearizability/explanation-text.ts';
export {
  checkLinearizability,
  type LinearizabilityOptions,
  type LinearizabilityResult,
  type LinearizabilityVerdict,
  type PartVerdict,
} from './check/linearizability.ts';
export { defineMeter, type Figure, type Figures, type Meter, noSamples, withSample } from './check/meter.ts';
export { type Call as ModelCall, type Model, ModelError, type StateMerger } from './check/model.ts';
export { counterModel } from './check/models/counter.ts';
export { keyValueModel } from './check/models/key-value.ts';
export { lockModel } from './check/models/lock.ts';
export { multiRegisterModel } from './check/models/multi-register.ts';
export { mutexModel } from './check/models/mutex.ts';
export { queueModel } from './check/models/queue.ts';
export { casRegisterModel, registerModel } from './check/models/register.ts';
export { setModel } from './check/models/set.ts';
export type { Always, CampaignWorld, Property, Sometimes } from './check/property.ts';
export { always, goalByNote, requiredWithin, somebodyRestarts, sometimes } from './check/property.ts';
export type { Bug, OptionSpec, Protocol, Telling } from './check/protocol.ts';
export { defineProtocol } from './check/protocol.ts';
export { type ParsedHistory, type ReadOptions, readHistories } from './check/read-history.ts';
export type { InitialValues, MicroOperation, Transaction, TransactionKey, Workload } from './check/transaction.ts';
export type { AnomalyName, DirectAnomaly } from './check/transactions/anomaly.ts';
export { DuplicateWriteError } from './check/transactions/elements.ts';
export type { Level } from './check/transactions/levels.ts';
export {
  type CycleAnomaly,
  checkTransactions,
  type DependencyEdge,
  type DependencyKind,
  type TransactionOptions,
  type TransactionsResult,
  type TransactionVerdict,
} from './check/transactions.ts';
export { assertNoViolation, type FuzzTestOptions, fuzz } from './explore/fuzz-api.ts';
export type { Finding as FuzzFinding, FindingGroup, FuzzReport } from './explore/report.ts';
export { defineScenario, type ScenarioInput } from './scenario/input.ts';
export type { Call, Distribution, NetworkModel, OperationSpec, RunSpec } from './sim/config.ts';
export { defaultLimits } from './sim/config.ts';
export { type CrashState, crashStates } from './sim/crash-states.ts';
export type { Fault, Override, Trigger } from './sim/faults.ts';
export type { Operation, Outcome } from './sim/history.ts';
export type { Setup } from './sim/kernel.ts';
export type { Fact, Finding, LogChange, Observer, PlacedObserver, World } from './sim/observer.ts';
export type { Json } from './sim/plain.ts';
export type * from './sim/protocol.ts';
export { defineRole, ms, seconds } from './sim/protocol.ts';
export type { Failure, Statistics, Violation } from './sim/result.ts';
export type { Action } from './sim/scheduler.ts';
export { Simulation } from './sim/simulation.ts';
export type { Snapshot } from './sim/snapshot.ts';
export type { TraceEvent, TraceSink } from './sim/trace.ts';
