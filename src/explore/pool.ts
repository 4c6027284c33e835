/** Worker threads that run batches. */
import { Tinypool } from 'tinypool';
import type { Scenario } from '../scenario/scenario.ts';
import type { BatchResult, BatchTask } from './batch.ts';
import type { Finding } from './report.ts';
import type { Told } from './shrink-finding.ts';
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

export interface Pool {
  run(task: WorkerTask): Promise<BatchResult>;
  shrink(task: ShrinkTask): Promise<Told>;
  close(): Promise<void>;
}

/** Workers load protocols by the names that scenarios have for them. */
export function openPool(jobs: number): Pool {
  const pool = new Tinypool({
    filename: new URL('./worker.js', import.meta.url).href,
    name: 'runInWorker',
    minThreads: jobs,
    maxThreads: jobs,
    // Whoever profiles or debugs the command wants to see it, not its workers.
    execArgv: process.execArgv.filter((argument) => !/^--(inspect|cpu-prof|heap-prof|prof)/.test(argument)),
  });
  return {
    run: (task) => pool.run(task) as Promise<BatchResult>,
    shrink: (task) => pool.run(task, { name: 'shrinkInWorker' }) as Promise<Told>,
    close: () => pool.destroy(),
  };
}

let campaigns = 0;

/** What the workers of a new campaign need to know. */
export const workerSetup = (scenario: Scenario, vocabulary: Vocabulary): WorkerSetup => ({
  campaign: ++campaigns,
  scenario,
  vocabulary,
});
