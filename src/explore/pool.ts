/** Worker threads that run batches. */
import { Tinypool } from 'tinypool';
import type { Plan } from '../scenario/plan.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { BatchResult, BatchTask } from './batch.ts';
import type { Finding } from './report.ts';
import type { Told } from './shrink-finding.ts';
import type { Question, Trial } from './trial.ts';
import type { Vocabulary } from './vocabulary.ts';

/** What every worker of a campaign needs to know. */
export interface WorkerSetup {
  /** Tells campaigns apart: workers keep what they have prepared. */
  readonly campaign: number;
  readonly scenario: Scenario;
  readonly vocabulary: Vocabulary;
}

export interface WorkerTask {
  readonly setup: WorkerSetup;
  readonly batch: BatchTask;
}

export interface ShrinkTask {
  readonly setup: WorkerSetup;
  readonly finding: Finding;
}

export interface TrialTask {
  readonly setup: WorkerSetup;
  readonly plans: readonly Plan[];
  readonly question: Question;
}

export interface TraceTask {
  readonly plan: Plan;
}

export interface Pool {
  run(task: WorkerTask): Promise<BatchResult>;
  shrink(task: ShrinkTask): Promise<Told>;
  /** Candidates of one search, tried in order until one is taken. */
  try(task: TrialTask): Promise<readonly Trial[]>;
  close(): Promise<void>;
}

/** Workers load protocols by the names that scenarios have for them. */
export function openPool(jobs: number): Pool {
  const pool = openWorkers(jobs);
  return {
    run: (task) => pool.run(task) as Promise<BatchResult>,
    shrink: (task) => pool.run(task, { name: 'shrinkInWorker' }) as Promise<Told>,
    try: (task) => pool.run(task, { name: 'tryInWorker' }) as Promise<readonly Trial[]>,
    close: () => pool.destroy(),
  };
}

/**
 * The events of a run in a thread of its own, where every module is loaded anew: no variable of theirs has been touched by another run.
 * See firstDifference.
 */
export async function eventsAfresh(plan: Plan): Promise<readonly string[]> {
  const pool = openWorkers(1);
  try {
    const task: TraceTask = { plan };
    return (await pool.run(task, { name: 'traceInWorker' })) as readonly string[];
  } finally {
    await pool.destroy();
  }
}

const openWorkers = (count: number): Tinypool =>
  new Tinypool({
    filename: new URL('../explore/worker.js', import.meta.url).href,
    name: 'runInWorker',
    minThreads: count,
    maxThreads: count,
    ...argumentsOfWorkers(process.execArgv),
  });

/** Options that a program is looked at with. */
const WATCHING = /^--(inspect|cpu-prof|heap-prof|prof)/;
/** Those of V8's among what node takes from NODE_OPTIONS: they hold for all threads, and may not be named anew for a worker. */
const OF_V8 =
  /^--(abort-on|disallow-code|enable-etw|expose[-_]gc|huge-max|interpreted-frames|jitless|max[-_]|min[-_]|perf-|stack-trace)/;

/**
 * Workers have the options of this process, unless they are given others. Whoever profiles or debugs the command wants to see it and not
 * its workers: then they are given the rest, as far as a worker takes it.
 */
export function argumentsOfWorkers(given: readonly string[]): { readonly execArgv?: string[] } {
  if (!given.some((argument) => WATCHING.test(argument))) return {};
  let isWanted = false;
  return {
    execArgv: given.filter((argument) => {
      // What does not begin with a dash is the value of the option before it.
      if (argument.startsWith('-')) isWanted = isForWorkers(argument);
      return isWanted;
    }),
  };
}

const isForWorkers = (option: string): boolean =>
  process.allowedNodeEnvironmentFlags.has(option) && !WATCHING.test(option) && !OF_V8.test(option);

let campaigns = 0;

/** What the workers of a new campaign need to know. */
export const workerSetup = (scenario: Scenario, vocabulary: Vocabulary): WorkerSetup => ({
  campaign: ++campaigns,
  scenario,
  vocabulary,
});
