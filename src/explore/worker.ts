/** The inside of a worker thread. */
import type { Protocol } from '../check/protocol.ts';
import { resolveProtocol } from '../registry.ts';
import { type BatchResult, runBatch } from './batch.ts';
import { type PlanSource, planSource } from './generate.ts';
import type { WorkerSetup, WorkerTask } from './pool.ts';

interface Prepared {
  readonly campaign: number;
  readonly protocol: Protocol;
  readonly source: PlanSource;
}

let prepared: Promise<Prepared> | undefined;
let preparedFor = 0;

/** Runs one batch. The protocol is loaded once a campaign. */
export async function runInWorker({ setup, batch }: WorkerTask): Promise<BatchResult> {
  if (prepared === undefined || preparedFor !== setup.campaign) {
    preparedFor = setup.campaign;
    prepared = prepare(setup);
  }
  const { protocol, source } = await prepared;
  return runBatch(protocol, source, batch);
}

async function prepare({ campaign, scenario, vocabulary }: WorkerSetup): Promise<Prepared> {
  const protocol = await resolveProtocol(scenario.protocol, scenario.bug);
  return { campaign, protocol, source: planSource(protocol, scenario, vocabulary) };
}
