/** A campaign: many seeds of one scenario, until the budget is used or something is found. */
import type { Protocol } from '../check/protocol.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { Campaign } from './campaign.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { Pool } from './pool.ts';
import type { FuzzReport, Progress, Shard } from './report.ts';

export interface FuzzOptions {
  /** The base seed, as text: see seeds.ts. */
  readonly seed: string;
  /** How many seeds to run, all shards together. Default: `DEFAULT_RUNS`, or as many as `forSeconds` allows. */
  readonly runs?: number;
  /** Begin no seed after this much wall time. */
  readonly forSeconds?: number;
  /** Begin no batch after this much processor time. */
  readonly cpuSecondsMax?: number;
  /**
   * Worker threads; default 1, which runs in this thread. Workers load the protocol themselves by the scenario's name for it, so with
   * more than one it must be a built-in's name or a module's path. Results do not depend on the number.
   */
  readonly jobs?: number;
  /** Go on after a finding, and group what is found. */
  readonly keepGoing?: boolean;
  /** One seed in so many is run again, strictly (default: 256); with 1 every seed is, and is compared event by event. */
  readonly repeatEvery?: number;
  /** With `keepGoing`: end after the batch in which so many seeds have failed in all. */
  readonly hitsMax?: number;
  /** Shrink the smallest finding of every group (the default), of the first group only, or none. */
  readonly shrink?: boolean | 'first';
  /** Time for a batch (of about a fifth of a second) after which its seeds are run one by one to find the one that hangs. Default 10. */
  readonly hangSeconds?: number;
  /** Seeds to a batch; by default as many as keep Ctrl-C quick. */
  readonly batchSeeds?: number;
  /** Workers to use, and to leave open; by default the campaign opens and closes its own. */
  readonly pool?: Pool;
  /** Run only every `count`-th seed, beginning with the `index`-th (from 1). The shards' reports can be merged. */
  readonly shard?: Shard;
  /** Called with the state of the campaign after every batch: with it as `resume`, the campaign goes on from there. */
  readonly onCheckpoint?: (checkpoint: Checkpoint) => void;
  readonly resume?: Checkpoint;
  readonly onProgress?: (progress: Progress) => void;
  /** Ends the campaign after the batches under way; the report covers what was run. */
  readonly signal?: AbortSignal;
}

/** What a campaign without a budget runs: about twenty seconds of a five-node protocol on one core. */
export const DEFAULT_RUNS = 2_000;

/**
 * Runs a campaign.
 * @param protocol what `scenario.protocol` and `scenario.bug` name.
 * @throws SeedError when the seed is none; CheckpointError when `resume` is of another campaign.
 */
export async function fuzz(protocol: Protocol, scenario: Scenario, options: FuzzOptions): Promise<FuzzReport> {
  const campaign = new Campaign(protocol, scenario, {
    ...options,
    runs: options.runs ?? (options.forSeconds === undefined ? DEFAULT_RUNS : Number.POSITIVE_INFINITY),
  });
  try {
    await campaign.run();
    return await campaign.report();
  } finally {
    await campaign.close();
  }
}
