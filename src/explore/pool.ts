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

/** Options of node's that a program is looked at with. */
const WATCHING = /^--(inspect|cpu-prof|heap-prof|prof)/;
/** Options of node's that decide what a program loads; the value may be an argument of its own. */
const LOADING = /^(--import|--require|-r|--loader|--experimental-loader|--conditions|-C)(=|$)/;

/**
 * Workers have the options of this process, those of V8 among them, which may not be named anew for a worker. Whoever profiles or debugs
 * the command wants to see it and not its workers: then they get what decides which code is loaded, and no more.
 */
export function argumentsOfWorkers(given: readonly string[]): { readonly execArgv?: string[] } {
  if (!given.some((argument) => WATCHING.test(argument))) return {};
  return {
    execArgv: given.filter((argument, i) => {
      const before = LOADING.exec(given[i - 1] ?? '');
      return LOADING.test(argument) || (before !== null && before[2] === '' && !argument.startsWith('-'));
    }),
  };
}

let campaigns = 0;

/** What the workers of a new campaign need to know. */
export const workerSetup = (scenario: Scenario, vocabulary: Vocabulary): WorkerSetup => ({
  campaign: ++campaigns,
  scenario,
  vocabulary,
});
