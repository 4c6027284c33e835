/** What went wrong with a file, in words: the file system speaks in codes. */
import { accessSync, constants, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { UsageError } from './exit.ts';

const sentences: { readonly [code: string]: readonly [sentence: string, hint?: string] } = {
  ENOENT: ['there is no such file or folder', 'is the path right? it starts at the working directory'],
  ENOTDIR: ['a part of the path is a file, not a folder'],
  EISDIR: ['it is a folder, not a file'],
  EACCES: ['permission denied'],
  EPERM: ['permission denied'],
  EROFS: ['the file system is read-only'],
  ENOSPC: ['the disk is full'],
  EMFILE: ['too many files are open'],
  ELOOP: ['the path runs in circles through symbolic links'],
  ENAMETOOLONG: ['the path is too long'],
};

/** `cannot read x.yaml: there is no such file or folder`. */
export function fileProblem(doing: 'read' | 'write', path: string, error: unknown): UsageError {
  const { code, message } = error as NodeJS.ErrnoException;
  const [sentence, hint] = sentences[code ?? ''] ?? [message];
  return new UsageError(`cannot ${doing} ${path}: ${sentence}`, hint);
}

export const isFileSystemError = (error: unknown): boolean =>
  error instanceof Error && typeof (error as NodeJS.ErrnoException).code === 'string' && 'syscall' in error;

/**
 * What cannot be written is better known before a long run than after it.
 * @param makesFolders the folders of the path are made when it is written
 * @throws UsageError
 */
export function mustBeWritable(path: string, { makesFolders = false }: { makesFolders?: boolean } = {}): void {
  let folder = dirname(path);
  while (makesFolders && !existsSync(folder)) folder = dirname(folder);
  try {
    // With the slash a file in its place is an error.
    accessSync(existsSync(path) ? path : `${folder}/`, constants.W_OK);
  } catch (error) {
    throw fileProblem('write', path, error);
  }
}

/**
 * Replaces a file as a whole: whoever reads it, and whoever is killed here, has the old text or the new one.
 * @throws UsageError when it cannot be written.
 */
export function replaceFile(path: string, text: string): void {
  const draft = `${path}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(draft, text);
    renameSync(draft, path);
  } catch (error) {
    removeDraft(draft);
    throw fileProblem('write', path, error);
  }
}

/** What cannot be written may not be removable either: the first error is the one to tell. */
function removeDraft(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    if (!isFileSystemError(error)) throw error;
  }
}
