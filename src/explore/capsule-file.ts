/** Capsules on disk. */
import { promises } from 'node:fs';
import { join } from 'node:path';
import { qualifiedName } from '../check/monitor.ts';
import { type Capsule, capsuleText } from './capsule.ts';
import { parseCapsule } from './parse-capsule.ts';

/** Where `fuzz` leaves what it finds, relative to the working directory. */
const FAILURES_DIRECTORY: string = join('.worldline', 'failures');

/** More capsules of one name than this are not written: somebody is looking the other way. */
const COPIES_MAX = 1_000;

/**
 * Writes `<protocol>-<property>-<seed>.json`, or `...-2.json` where that is taken: no file is ever overwritten.
 * A file that already holds this very capsule is left alone, and its path is the answer.
 * @returns the path.
 * @throws the file system's error, whose `path` says where. The caller still has the capsule, and shows it.
 */
export async function writeCapsule(capsule: Capsule, directory: string = FAILURES_DIRECTORY): Promise<string> {
  const text = capsuleText(capsule);
  const stem = capsuleName(capsule);
  await promises.mkdir(directory, { recursive: true });
  for (let copy = 1; copy <= COPIES_MAX; copy++) {
    const path = join(directory, copy === 1 ? `${stem}.json` : `${stem}-${copy}.json`);
    if (await isWritten(path, text)) return path;
  }
  throw new Error(`${directory} holds ${COPIES_MAX} capsules called ${stem}: clear it up`);
}

/** True when the file holds the text now; false when it holds something else. */
async function isWritten(path: string, text: string): Promise<boolean> {
  try {
    await promises.writeFile(path, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return (await promises.readFile(path, 'utf8')) === text;
  }
}

/** `raft-R05-ES-17`; what file systems do not like becomes a hyphen. */
export function capsuleName({ plan, violation, failure, seed }: Capsule): string {
  const what =
    violation !== undefined ? qualifiedName(violation.path, violation.property) : (failure?.kind ?? 'failed');
  const protocol = plan.protocol.replace(/^.*[\\/]/, '').replace(/\.[cm]?[jt]s$/, '');
  return [protocol, plan.bug, what, seed]
    .filter((part) => part !== undefined)
    .map((part) => part.replace(/[^A-Za-z0-9_.+]+/g, '-').slice(0, 60))
    .join('-');
}

/**
 * @throws CapsuleError when the file is not a capsule that this build can replay; the file system's error when it cannot be read.
 */
export async function readCapsule(path: string): Promise<Capsule> {
  return parseCapsule(await promises.readFile(path, 'utf8'));
}
