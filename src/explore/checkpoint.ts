/** The state of a campaign between two batches, as plain data: what is needed to go on after it was killed. */
import type { Scenario } from '../scenario/scenario.ts';
import { VERSION } from '../version.ts';
import type { Found } from './findings.ts';
import { profileName } from './profile.ts';
import type { Shard } from './report.ts';
import type { Tally } from './tally.ts';

export const CHECKPOINT_FORMAT = 'worldline-checkpoint/1';

/** What makes a campaign the same: only then do its seeds name the same plans. */
export interface CampaignIdentity {
  readonly version: string;
  readonly protocol: string;
  readonly bug?: string;
  readonly scenario: string;
  readonly profile: string;
  readonly seed: string;
  readonly shard?: Shard;
  readonly keepGoing: boolean;
  /** Everything the scenario says, as JSON. */
  readonly given: string;
}

export interface Checkpoint extends CampaignIdentity {
  readonly format: typeof CHECKPOINT_FORMAT;
  /** How many seeds of this campaign, or of its shard, were run. */
  readonly done: number;
  readonly tally: Tally;
  readonly digest: string;
  readonly found: readonly Found[];
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
}

/** A checkpoint that does not belong to the campaign. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';
  readonly hint = 'Go on with the arguments that the campaign was begun with, or begin anew.';
}

export const identityOf = (
  scenario: Scenario,
  seed: string,
  shard: Shard | undefined,
  keepGoing: boolean,
): CampaignIdentity => ({
  version: VERSION,
  protocol: scenario.protocol,
  ...(scenario.bug === undefined ? {} : { bug: scenario.bug }),
  scenario: scenario.name,
  profile: profileName(scenario.chaos),
  seed,
  ...(shard === undefined ? {} : { shard }),
  keepGoing,
  given: JSON.stringify(scenario),
});

/** @throws CheckpointError when the checkpoint is of another campaign, or of another version. */
export function checkIdentity(checkpoint: Checkpoint, identity: CampaignIdentity): void {
  if (checkpoint.format !== CHECKPOINT_FORMAT)
    throw new CheckpointError(`the checkpoint has format ${checkpoint.format}`);
  for (const field of ['version', 'protocol', 'bug', 'scenario', 'profile', 'seed', 'shard', 'keepGoing'] as const) {
    const [held, wanted] = [JSON.stringify(checkpoint[field]), JSON.stringify(identity[field])];
    if (held === wanted) continue;
    throw new CheckpointError(
      `the checkpoint is of another campaign: its ${field} is ${held ?? 'not set'}, not ${wanted ?? 'unset'}`,
    );
  }
  if (checkpoint.given !== identity.given) {
    throw new CheckpointError('the checkpoint is of another campaign: options, nodes or limits of its scenario differ');
  }
}

/**
 * A checkpoint from the text of a file.
 * @throws CheckpointError when it is none.
 */
export function parseCheckpoint(text: string): Checkpoint {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CheckpointError('the file is not JSON');
  }
  const { format, done, tally, digest, found, seed } = (value ?? {}) as Partial<Checkpoint>;
  if (format !== CHECKPOINT_FORMAT) throw new CheckpointError('the file is not a checkpoint of a campaign');
  const fits =
    Number.isSafeInteger(done) &&
    typeof tally === 'object' &&
    typeof seed === 'string' &&
    /^[0-9a-f]{16}$/.test(digest ?? '') &&
    Array.isArray(found);
  if (!fits) throw new CheckpointError('the checkpoint is damaged');
  return value as Checkpoint;
}
