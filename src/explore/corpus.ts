/** A corpus: capsules of failures that were found once. They are run before any new seed: what was mended should stay so. */
import type { Protocol } from '../check/protocol.ts';
import { VERSION } from '../version.ts';
import type { Capsule } from './capsule.ts';
import { execute } from './execute.ts';
import { executeWatched } from './execute-watched.ts';
import { type Execution, signatureOf } from './execution.ts';
import { type Parting, partingOf } from './landmarks.ts';
import { watched } from './pool-watchdog.ts';

/**
 * What became of a capsule.
 * - `still fails`: the same failure, by the same events. - `fails by other events`: the same failure, another digest.
 * - `fails differently`: another failure.
 * - `fixed`: it passes, and its run is one of this version: the protocol or the property has changed.
 * - `other build`: it passes, but the version that wrote it draws other runs from the same plan: it proves nothing any more.
 */
export type CapsuleState = 'still fails' | 'fails by other events' | 'fails differently' | 'fixed' | 'other build';

export interface CapsuleOutcome {
  readonly state: CapsuleState;
  readonly execution: Execution;
  readonly sameDigest: boolean;
  /** Where the run parts from the recorded one; absent where it does not, or where the capsule does not say. */
  readonly parting?: Parting;
}

export const fails = ({ state }: CapsuleOutcome): boolean => state !== 'fixed' && state !== 'other build';

/** Runs a capsule's plan, strictly too where the plain run passes: some failures only strict mode sees. */
export function tryCapsule(protocol: Protocol, capsule: Capsule, hangMilliseconds: number): CapsuleOutcome {
  const plain = runWatched(protocol, capsule, false, hangMilliseconds);
  const execution =
    signatureOf(plain) === undefined && capsule.verdict === 'failed'
      ? runWatched(protocol, capsule, true, hangMilliseconds)
      : plain;
  const sameDigest = execution.digest === capsule.digest;
  const parting =
    sameDigest || capsule.landmarks === undefined || execution.failure?.kind === 'hung'
      ? undefined
      : partingOf(protocol, capsule.plan, capsule.landmarks);
  return {
    state: stateOf(capsule, execution, sameDigest, parting),
    execution,
    sameDigest,
    ...(parting === undefined ? {} : { parting }),
  };
}

function runWatched(protocol: Protocol, { plan }: Capsule, strict: boolean, milliseconds: number): Execution {
  const quick = watched(() => execute(protocol, plan, { strict }), milliseconds);
  return quick.ended ? quick.value : executeWatched(protocol, plan, milliseconds, { strict });
}

function stateOf(
  capsule: Capsule,
  execution: Execution,
  sameDigest: boolean,
  parting: Parting | undefined,
): CapsuleState {
  const signature = signatureOf(execution);
  if (signature === capsule.signature) return sameDigest ? 'still fails' : 'fails by other events';
  if (signature !== undefined) return 'fails differently';
  const partsAtOnce = parting !== undefined && parting.after === 0;
  return capsule.version !== VERSION || partsAtOnce ? 'other build' : 'fixed';
}
