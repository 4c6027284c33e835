/** One plan, run and told: what `run` and `replay` have in common. */
import type { Protocol } from '../check/protocol.ts';
import { execute } from '../explore/execute.ts';
import { executeWatched } from '../explore/execute-watched.ts';
import type { Execution } from '../explore/execution.ts';
import type { FailureAccount, Size } from '../report/failure.ts';
import { traceHead, traceLine, traceTail } from '../report/ndjson.ts';
import { headLine, legend, rowLine } from '../report/plain.ts';
import type { Plan } from '../scenario/plan.ts';
import type { TraceEvent, TraceSink } from '../sim/trace.ts';
import { lanesOf, RowMaker } from '../timeline/rows.ts';
import { type Story, storyOf } from '../timeline/story.ts';
import { tellerOf } from '../timeline/tell.ts';
import { VERSION } from '../version.ts';
import { fileProblem } from './files.ts';
import { userFrames } from './frames.ts';
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
}

/**
 * Runs `plan` strictly; rows and event log are written while it goes on.
 * Whoever reads our stdout may take their time (`| less`), which must not look like a handler that hangs: then the run that is watched
 * for hanging and the run that is written are two.
 */
export function runOnce(
  protocol: Protocol,
  plan: Plan,
  scenario: string,
  options: OneRunOptions,
  output: Output,
): Execution {
  const hangMilliseconds = (readSeconds('--hang-after', options.hangAfter) ?? HANG_SECONDS) * 1_000;
  const toStdout = options.plain === true || options.trace === '-';
  if (toStdout) {
    const probe = executeWatched(protocol, plan, hangMilliseconds, { strict: true });
    if (probe.failure?.kind === 'hung') return probe;
  }
  const rows = options.plain ? rowSink(protocol, plan, output) : undefined;
  const trace = options.trace === undefined ? undefined : traceSink(plan, scenario, options.trace, output);
  const sink = (event: TraceEvent): void => {
    rows?.sink(event);
    trace?.sink(event);
  };
  const execution = toStdout
    ? execute(protocol, plan, { strict: true, sink })
    : executeWatched(protocol, plan, hangMilliseconds, { strict: true, ...(trace === undefined ? {} : { sink }) });
  rows?.end();
  trace?.end(execution);
  return execution;
}

function rowSink(protocol: Protocol, plan: Plan, output: Output): { readonly sink: TraceSink; end(): void } {
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

function traceSink(
  plan: Plan,
  scenario: string,
  path: string,
  output: Output,
): { readonly sink: TraceSink; end(execution: Execution): void } {
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

/** The rows that lead to a failure: the same run again, this time with its trace. */
export function storyOfFailure(protocol: Protocol, plan: Plan, execution: Execution): Story | undefined {
  if (execution.failure?.kind === 'hung' || execution.statistics.events > STORY_EVENTS_MAX) return undefined;
  const events: TraceEvent[] = [];
  // Strict mode changes no event; only what it finds itself needs it again.
  const strict = execution.failure?.kind === 'strict';
  execute(protocol, plan, { strict, sink: (event) => events.push(event) });
  return storyOf(events, {
    teller: tellerOf(protocol.tell),
    lanes: lanesOf(plan.nodes),
    facts: (execution.violation?.facts ?? []).map(({ event }) => event),
    rowsMax: STORY_ROWS_MAX,
  });
}

export interface AccountOptions {
  readonly seed: string;
  readonly commands: readonly string[];
  readonly found?: number;
  readonly shrunk?: { readonly before: Size; readonly after: Size };
}

/** What failure.ts tells about an execution that did not pass. */
export function accountOf(
  protocol: Protocol,
  plan: Plan,
  execution: Execution,
  options: AccountOptions,
): FailureAccount {
  const { violation, failure } = execution;
  const frames = userFrames(failure?.stack);
  const story = storyOfFailure(protocol, plan, execution);
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
