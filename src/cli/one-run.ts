/** One plan, run and told: what `run` and `replay` have in common. */
import type { Protocol } from '../check/protocol.ts';
import type { Capsule } from '../explore/capsule.ts';
import { type ExecuteOptions, execute, openRun } from '../explore/execute.ts';
import { executeWatched } from '../explore/execute-watched.ts';
import type { Execution } from '../explore/execution.ts';
import { watched } from '../explore/pool-watchdog.ts';
import type { FailureAccount, Size } from '../report/failure.ts';
import { traceHead, traceLine, traceTail } from '../report/ndjson.ts';
import { headLine, legend, rowLine } from '../report/plain.ts';
import type { Plan } from '../scenario/plan.ts';
import type { NodeId } from '../sim/protocol.ts';
import type { TraceEvent, TraceSink } from '../sim/trace.ts';
import type { Predicate } from '../timeline/predicate.ts';
import { lanesOf, RowMaker } from '../timeline/rows.ts';
import { type Step, StepMaker } from '../timeline/steps.ts';
import { type Story, storyOf } from '../timeline/story.ts';
import { tellerOf } from '../timeline/tell.ts';
import { VERSION } from '../version.ts';
import { fileProblem } from './files.ts';
import { userFrames } from './frames.ts';
import { handlerPlace } from './handler-place.ts';
import { type Output, openResultFile, type ResultFile } from './output.ts';
import { readSeconds } from './readers.ts';

/** Time for a thousand events after which a handler is said not to come back. */
const HANG_SECONDS = 10;

export interface OneRunOptions {
  /** Replaces that time, as `10s`. */
  readonly hangAfter?: string;
  readonly plain?: boolean;
  /** File of the event log; `-` is stdout. */
  readonly trace?: string;
  /** A predicate over events: the run ends when it holds. */
  readonly until?: string;
}

export interface HowToRun {
  readonly strict: boolean;
  /** Is filled with all events of the run. */
  readonly events?: TraceEvent[];
}

/**
 * Runs `plan`; rows and event log are written while it goes on.
 * Whoever reads our stdout may take their time (`| less`), which must not look like a handler that hangs: then the run that is watched
 * for hanging and the run that is written are two.
 */
export function runOnce(
  protocol: Protocol,
  plan: Plan,
  scenario: string,
  { strict, events }: HowToRun,
  options: OneRunOptions,
  output: Output,
): Execution {
  const hangMilliseconds = (readSeconds('--hang-after', options.hangAfter) ?? HANG_SECONDS) * 1_000;
  const listen = (): Listener => listenTo(protocol, plan, scenario, events, options, output);
  if (options.plain !== true && options.trace !== '-')
    return runWatched(protocol, plan, strict, hangMilliseconds, listen);
  const probe = runWatched(protocol, plan, strict, hangMilliseconds, () => deaf);
  if (probe.failure?.kind === 'hung') return probe;
  const { sink, end } = listen();
  const execution = execute(protocol, plan, { strict, ...(sink === undefined ? {} : { sink }) });
  end(execution);
  return execution;
}

/** A run that was stopped where a predicate holds, or went to its end without. */
export interface Stopped {
  readonly execution: Execution;
  readonly step: Step | undefined;
  /** How everybody looks there; nothing of nodes that are down or in the middle of a handler. */
  readonly views: readonly { readonly node: NodeId; readonly label: string | undefined }[];
}

/** Runs `plan` up to the first event for which `predicate` holds; rows and event log are written as far as that. */
export function runUntil(
  protocol: Protocol,
  plan: Plan,
  scenario: string,
  predicate: Predicate,
  strict: boolean,
  options: OneRunOptions,
  output: Output,
): Stopped {
  const hangMilliseconds = (readSeconds('--hang-after', options.hangAfter) ?? HANG_SECONDS) * 1_000;
  // Whoever reads slowly is not a handler that hangs.
  const probe = watched(() => stopAt(protocol, plan, predicate, strict), hangMilliseconds);
  if (!probe.ended) {
    const execution = executeWatched(protocol, plan, hangMilliseconds, { strict });
    if (execution.failure?.kind === 'hung') return { execution, step: undefined, views: [] };
  } else if (options.plain !== true && options.trace === undefined) return probe.value;
  const listener = listenTo(protocol, plan, scenario, undefined, options, output);
  const stopped = stopAt(protocol, plan, predicate, strict, listener.sink);
  listener.end(stopped.execution);
  return stopped;
}

/** `sink` gets the events as far as that. */
export function stopAt(
  protocol: Protocol,
  plan: Plan,
  predicate: Predicate,
  strict: boolean,
  sink?: TraceSink,
): Stopped {
  const maker = new StepMaker();
  const steps: (Step | undefined)[] = [];
  const { simulation, outcome } = openRun(protocol, plan, {
    strict,
    sink: (event) => {
      sink?.(event);
      steps.push(maker.add(event));
    },
  });
  const found = (): Step | undefined =>
    [...steps.splice(0), maker.end()].find((step) => step !== undefined && predicate.holds(step));
  let step = found();
  for (let goesOn = true; goesOn && step === undefined; step = found()) goesOn = simulation.step();
  return {
    execution: outcome(),
    step,
    views: plan.nodes.map(({ id }) => ({ node: id, label: simulation.viewOf(id)?.label })),
  };
}

/** In one go, which is fastest; only what takes long is run again in small steps, to tell a long run from one that hangs. */
function runWatched(
  protocol: Protocol,
  plan: Plan,
  strict: boolean,
  milliseconds: number,
  listen: () => Listener,
): Execution {
  const quick = listen();
  const ran = watched(() => execute(protocol, plan, optionsFor(strict, quick)), milliseconds);
  const listener = ran.ended ? quick : listen();
  const execution = ran.ended ? ran.value : executeWatched(protocol, plan, milliseconds, optionsFor(strict, listener));
  listener.end(execution);
  return execution;
}

const optionsFor = (strict: boolean, { sink }: Listener): ExecuteOptions =>
  sink === undefined ? { strict } : { strict, sink };

/** What is made of the events of a run. */
interface Listener {
  readonly sink: TraceSink | undefined;
  end(execution: Execution): void;
}

const deaf: Listener = { sink: undefined, end: () => undefined };

/** Begins anew each time: a list is emptied, a file is overwritten. */
function listenTo(
  protocol: Protocol,
  plan: Plan,
  scenario: string,
  events: TraceEvent[] | undefined,
  options: OneRunOptions,
  output: Output,
): Listener {
  const listeners = [
    ...(events === undefined ? [] : [listSink(events)]),
    ...(options.plain ? [rowSink(protocol, plan, output)] : []),
    ...(options.trace === undefined ? [] : [traceSink(plan, scenario, options.trace, output)]),
  ];
  if (listeners.length === 0) return deaf;
  return {
    sink: (event) => {
      for (const listener of listeners) listener.sink(event);
    },
    end: (execution) => {
      for (const listener of listeners) listener.end(execution);
    },
  };
}

interface OpenListener extends Listener {
  readonly sink: TraceSink;
}

function listSink(events: TraceEvent[]): OpenListener {
  events.length = 0;
  return { sink: (event) => void events.push(event), end: () => undefined };
}

function rowSink(protocol: Protocol, plan: Plan, output: Output): OpenListener {
  const lanes = lanesOf(plan.nodes);
  const maker = new RowMaker({ teller: tellerOf(protocol.tell), lanes });
  output.print(output.style.dim(legend));
  output.print(headLine(lanes, output.style));
  return {
    sink: (event) => {
      for (const row of maker.add(event)) output.print(rowLine(row, lanes, output.style));
    },
    end: () => {
      for (const row of maker.end()) output.print(rowLine(row, lanes, output.style));
      output.print('');
    },
  };
}

function traceSink(plan: Plan, scenario: string, path: string, output: Output): OpenListener {
  const file = opened(path, output);
  const nodes = plan.nodes.map(({ id, role }) => ({ id, role }));
  const { protocol, bug, seed } = plan;
  file.write(traceHead({ worldline: VERSION, scenario, protocol, ...(bug === undefined ? {} : { bug }), seed, nodes }));
  return {
    sink: (event) => file.write(traceLine(event)),
    end: ({ verdict, digest, statistics }) => {
      file.write(traceTail({ verdict, digest, events: statistics.events }));
      file.close();
    },
  };
}

function opened(path: string, output: Output): ResultFile {
  try {
    return openResultFile(path, output);
  } catch (error) {
    throw fileProblem('write', path, error);
  }
}

/** Rows that a failure's account may take; its head and its commands need the rest of the 25 lines. */
const STORY_ROWS_MAX = 12;
/** A run longer than this is not told: its trace would not fit into memory. */
const STORY_EVENTS_MAX = 2_000_000;

/** The rows that lead to a failure, from its events; without them, from the same run again. */
function storyOfFailure(
  protocol: Protocol,
  plan: Plan,
  execution: Execution,
  { events: known, strictOnly = false }: Pick<AccountOptions, 'events' | 'strictOnly'>,
): Story | undefined {
  if (execution.failure?.kind === 'hung' || execution.statistics.events > STORY_EVENTS_MAX) return undefined;
  return storyOf(known ?? eventsOf(protocol, plan, strictOnly || execution.failure?.kind === 'strict'), {
    teller: tellerOf(protocol.tell),
    lanes: lanesOf(plan.nodes),
    facts: execution.violation?.facts ?? [],
    rowsMax: STORY_ROWS_MAX,
  });
}

/** How many rows the whole story of a capsule takes. */
export function storyRowsOf(protocol: Protocol, { plan, violation }: Capsule): number {
  const events: TraceEvent[] = [];
  execute(protocol, plan, { sink: (event) => events.push(event) });
  return storyOf(events, {
    teller: tellerOf(protocol.tell),
    lanes: lanesOf(plan.nodes),
    facts: violation?.facts ?? [],
    rowsMax: Number.POSITIVE_INFINITY,
  }).rows.length;
}

/** Strict mode changes no event; only what it finds itself, and nobody else, needs it again. */
function eventsOf(protocol: Protocol, plan: Plan, strict: boolean): readonly TraceEvent[] {
  const events: TraceEvent[] = [];
  execute(protocol, plan, { strict, sink: (event) => events.push(event) });
  return events;
}

export interface AccountOptions {
  readonly seed: string;
  readonly commands: readonly string[];
  readonly found?: number;
  /** The failure shows only where the run is strict. */
  readonly strictOnly?: boolean;
  readonly shrunk?: { readonly before: Size; readonly after: Size };
  /** The run's events, where they are known already. */
  readonly events?: readonly TraceEvent[];
}

/** What failure.ts tells about an execution that did not pass. */
export function accountOf(
  protocol: Protocol,
  plan: Plan,
  execution: Execution,
  { events, ...options }: AccountOptions,
): FailureAccount {
  const { violation, failure } = execution;
  const frames = framesOf(protocol, plan, execution);
  const story = storyOfFailure(protocol, plan, execution, { ...options, ...(events && { events }) });
  return {
    ...(violation === undefined ? {} : { violation }),
    ...(failure === undefined ? {} : { failure }),
    ...(plan.bug === undefined ? {} : { bug: plan.bug }),
    ...(frames.length === 0 ? {} : { frames }),
    ...(story === undefined ? {} : { story }),
    lanes: lanesOf(plan.nodes),
    ...options,
  };
}

/** The user's own code that a failure leads to: where it threw, or else the handler that had returned when it showed. */
function framesOf(protocol: Protocol, plan: Plan, { failure }: Execution): readonly string[] {
  const frames = userFrames(failure?.stack);
  if (frames.length > 0 || failure?.node === undefined || failure.handler === undefined) return frames;
  return handlerPlace(protocol, plan, failure.node, failure.handler);
}
