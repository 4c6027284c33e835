/** `fuzz --resume FILE`: the state of a campaign is kept in the file after every batch, and taken from there when it is there. */
import { existsSync, readFileSync } from 'node:fs';
import { type Checkpoint, CheckpointError, parseCheckpoint } from '../explore/checkpoint.ts';
import { UsageError } from './exit.ts';
import { fileProblem, isFileSystemError, mustBeWritable, replaceFile } from './files.ts';

export interface Resumption {
  readonly path: string;
  /** What was there. */
  readonly checkpoint?: Checkpoint;
  keep(checkpoint: Checkpoint): void;
}

/** @throws UsageError when the file is there, and is no checkpoint; when it cannot be written. */
export function openResumption(path: string): Resumption {
  mustBeWritable(path, { makesFolders: true });
  const checkpoint = existsSync(path) ? readCheckpoint(path) : undefined;
  return {
    path,
    ...(checkpoint === undefined ? {} : { checkpoint }),
    keep: (state) => replaceFile(path, JSON.stringify(state)),
  };
}

function readCheckpoint(path: string): Checkpoint {
  try {
    return parseCheckpoint(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof CheckpointError) throw asUsageError(error, path);
    throw isFileSystemError(error) ? fileProblem('read', path, error) : error;
  }
}

export const asUsageError = (error: CheckpointError, path: string): UsageError =>
  new UsageError(`${path}: ${error.message}`, error.hint);
