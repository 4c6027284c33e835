/** The inside of a worker thread. */
import type { Protocol } from '../check/protocol.ts';
import { resolveProtocol } from '../registry.ts';
import { type BatchResult, runBatch } from './batch.ts';
import { eventsOf } from './difference.ts';
import { type PlanSource, planSource } from './generate.ts';
import type { ShrinkTask, TraceTask, TrialTask, WorkerSetup, WorkerTask } from './pool.ts';
import { shrinkFinding, type Told } from './shrink-finding.ts';
import { type Trial, tryInOrder } from './trial.ts';
import { printAside } from './worker-console.ts';

printAside();

interface Prepared {
  readonly campaign: number;
  readonly protocol: Protocol;
  readonly source: PlanSource;
}

let prepared: Promise<Prepared> | undefined;
let preparedFor = 0;

/** Runs one batch. */
export async function runInWorker({ setup, batch }: WorkerTask): Promise<BatchResult> {
  const { protocol, source } = await preparedBy(setup);
  return runBatch(protocol, source, batch);
}

/** Makes one finding small. */
export async function shrinkInWorker({ setup, finding }: ShrinkTask): Promise<Told> {
  const { protocol, source } = await preparedBy(setup);
  return shrinkFinding(protocol, source, setup.scenario.name, finding, { besideOthers: true });
}

/** Tries candidates of a search that another thread leads. */
export async function tryInWorker({ setup, plans, question }: TrialTask): Promise<readonly Trial[]> {
  const { protocol } = await preparedBy(setup);
  return tryInOrder(protocol, plans, question);
}

/** What happens in a run of this plan, in a worker that has run nothing else. */
export async function traceInWorker({ plan }: TraceTask): Promise<readonly string[]> {
  return eventsOf(await resolveProtocol(plan.protocol, plan.bug), plan);
}

/** The protocol is loaded once a campaign. */
function preparedBy(setup: WorkerSetup): Promise<Prepared> {
  if (prepared === undefined || preparedFor !== setup.campaign) {
    preparedFor = setup.campaign;
    prepared = prepare(setup);
  }
  return prepared;
}

async function prepare({ campaign, scenario, vocabulary }: WorkerSetup): Promise<Prepared> {
  const protocol = await resolveProtocol(scenario.protocol, scenario.bug);
  return { campaign, protocol, source: planSource(protocol, scenario, vocabulary) };
}
