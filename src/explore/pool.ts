/** Worker threads that run batches. */
import { Tinypool } from 'tinypool';
import type { Scenario } from '../scenario/scenario.ts';
import type { BatchResult, BatchTask } from './batch.ts';
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

export interface Pool {
  run(batch: BatchTask): Promise<BatchResult>;
  close(): Promise<void>;
}

let campaigns = 0;

/** Workers load the protocol by the scenario's name for it. */
export function openPool(scenario: Scenario, vocabulary: Vocabulary, jobs: number): Pool {
  const setup: WorkerSetup = { campaign: ++campaigns, scenario, vocabulary };
  const pool = new Tinypool({
    filename: new URL('./worker.js', import.meta.url).href,
    name: 'runInWorker',
    minThreads: jobs,
    maxThreads: jobs,
    // Whoever profiles or debugs the command wants to see it, not its workers.
    execArgv: process.execArgv.filter((argument) => !/^--(inspect|cpu-prof|heap-prof|prof)/.test(argument)),
  });
  return {
    run: (batch) => pool.run({ setup, batch } satisfies WorkerTask) as Promise<BatchResult>,
    close: () => pool.destroy(),
  };
}
