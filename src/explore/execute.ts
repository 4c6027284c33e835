/** One run of one plan, judged. */
import { LIVENESS, LIVENESS_TITLE } from '../check/liveness.ts';
import {
  asksForModel,
  figuresOf,
  goalsReached,
  judgementOf,
  LINEARIZABILITY,
  livenessOf,
  type MonitorOptions,
  monitor,
  placedProperties,
  qualifiedName,
} from '../check/monitor.ts';
import type { Protocol } from '../check/protocol.ts';
import type { Plan } from '../scenario/plan.ts';
import { Simulation } from '../sim/simulation.ts';
import type { TraceSink } from '../sim/trace.ts';
import { outsideModel } from './budget.ts';
import type { Execution, FailureReport, Verdict, ViolationReport } from './execution.ts';
import { collectBetweenRuns } from './pool-garbage.ts';

export interface ExecuteOptions {
  /** Freezes what must not change and checks what must be plain data: slower, same digest. */
  readonly strict?: boolean;
  /** Gets every trace event. Without one no trace objects are made. */
  readonly sink?: TraceSink;
  /** Search nodes that judging the client history may take. */
  readonly linearizabilityBudget?: number;
}

/** A run held in the hand: step it, and read the outcome when it is over. */
export interface OpenRun {
  readonly simulation: Simulation;
  /** What came out so far; meaningful when the run is over. */
  outcome(): Execution;
}

/**
 * Runs `plan` to its end.
 * @param protocol what `plan.protocol` and `plan.bug` name.
 */
export function execute(protocol: Protocol, plan: Plan, options: ExecuteOptions = {}): Execution {
  collectBetweenRuns();
  const run = openRun(protocol, plan, options);
  run.simulation.run();
  return run.outcome();
}

/** A run at its beginning. */
export function openRun(protocol: Protocol, plan: Plan, options: ExecuteOptions = {}): OpenRun {
  const simulation = new Simulation({
    spec: plan,
    roles: protocol.roles,
    observers: monitor(protocol, monitorOptions(protocol, plan, options)),
    ...(options.strict === undefined ? {} : { strict: options.strict }),
    ...(options.sink === undefined ? {} : { sink: options.sink }),
  });
  return { simulation, outcome: () => outcomeOf(protocol, simulation) };
}

function monitorOptions(protocol: Protocol, plan: Plan, options: ExecuteOptions): MonitorOptions {
  const { nodes, faults, calls, workload, calm, overrides } = plan;
  return {
    // Where messages and timers are decided upon one by one the world is not calm.
    ...(calm === undefined || overrides.length > 0 ? {} : { calmRun: { nodes, faults, calls, workload, calm } }),
    ...(plan.properties === undefined ? {} : { properties: plan.properties }),
    ...(asksForModel(protocol) ? { beyondModel: outsideModel(protocol, plan).length > 0 } : {}),
    ...(options.linearizabilityBudget === undefined ? {} : { linearizabilityBudget: options.linearizabilityBudget }),
  };
}

function outcomeOf(protocol: Protocol, simulation: Simulation): Execution {
  const violation = violationReport(protocol, simulation);
  const failure = failureReport(simulation);
  const linearizability = judgementOf(simulation.watches);
  const liveness = livenessOf(simulation.watches);
  const figures = figuresOf(protocol, simulation.watches);
  return {
    verdict: verdictOf(violation, failure, linearizability?.verdict === 'unknown'),
    digest: simulation.digest(),
    ...(violation === undefined ? {} : { violation }),
    ...(failure === undefined ? {} : { failure }),
    statistics: simulation.statistics(),
    goals: goalsReached(simulation.watches),
    ...(linearizability === undefined ? {} : { linearizability }),
    ...(liveness === undefined ? {} : { liveness }),
    ...(figures === undefined ? {} : { figures }),
  };
}

function verdictOf(violation: unknown, failure: unknown, undecided: boolean): Verdict {
  if (violation !== undefined) return 'violated';
  if (failure !== undefined) return 'failed';
  return undecided ? 'unknown' : 'passed';
}

function violationReport(protocol: Protocol, simulation: Simulation): ViolationReport | undefined {
  const violation = simulation.violation;
  if (violation === undefined) return undefined;
  const { property, path, finding, event, at } = violation;
  const { oracle, title } = describe(protocol, path, property);
  return { property, path, oracle, title, sentence: finding.sentence, facts: finding.facts ?? [], event, at };
}

function describe(protocol: Protocol, path: string, name: string): Pick<ViolationReport, 'oracle' | 'title'> {
  const wanted = qualifiedName(path, name);
  const placed = placedProperties(protocol).find((one) => qualifiedName(one.path, one.property.name) === wanted);
  if (placed !== undefined) return { oracle: placed.property.oracle, title: placed.property.title };
  if (wanted === LIVENESS) return { oracle: 'client', title: LIVENESS_TITLE };
  if (wanted === LINEARIZABILITY) return { oracle: 'client', title: 'the client history is linearizable' };
  throw new Error(`the kernel reports a violation of ${wanted}, which nobody watches`);
}

function failureReport(simulation: Simulation): FailureReport | undefined {
  const failure = simulation.failure;
  if (failure === undefined) return undefined;
  const { kind, sentence, event, at, node, handler, error } = failure;
  return {
    kind,
    sentence,
    event,
    at,
    ...(node === undefined ? {} : { node }),
    ...(handler === undefined ? {} : { handler }),
    ...(error?.stack === undefined ? {} : { stack: error.stack }),
  };
}
