/** The corpus on disk: a folder of capsules, to be committed, which every campaign of the same subject runs first. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Protocol } from '../check/protocol.ts';
import { type Capsule, CapsuleError } from '../explore/capsule.ts';
import { readCapsule, writeCapsule } from '../explore/capsule-file.ts';
import { type CapsuleOutcome, type CapsuleState, fails, tryCapsule } from '../explore/corpus.ts';
import { signatureOf } from '../explore/execution.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { ToldCapsule } from './ci-reports.ts';
import { UsageError } from './exit.ts';
import { fileProblem, isFileSystemError } from './files.ts';
import type { Output } from './output.ts';
import { quoted } from './shell.ts';

/** Where the corpus is, unless `--corpus` says otherwise. */
export const CORPUS_DIRECTORY = 'worldline-corpus';

const HANG_MILLISECONDS = 10_000;

export interface CorpusResult {
  readonly path: string;
  readonly signature: string;
  readonly outcome: CapsuleOutcome;
}

/**
 * Runs the capsules of a folder that are about this protocol with this bug, in the order of their names.
 * @throws UsageError when a file of the folder is no capsule.
 */
export async function runCorpus(
  directory: string,
  protocol: Protocol,
  scenario: Scenario,
  hangSeconds: number | undefined,
): Promise<readonly CorpusResult[]> {
  const results: CorpusResult[] = [];
  for (const path of capsulesIn(directory)) {
    const capsule = await capsuleAt(path);
    if (capsule.plan.protocol !== scenario.protocol || capsule.plan.bug !== scenario.bug) continue;
    const milliseconds = hangSeconds === undefined ? HANG_MILLISECONDS : hangSeconds * 1_000;
    results.push({ path, signature: capsule.signature, outcome: tryCapsule(protocol, capsule, milliseconds) });
  }
  return results;
}

function capsulesIn(directory: string): readonly string[] {
  if (!existsSync(directory)) return [];
  try {
    const names = readdirSync(directory).filter((name) => name.endsWith('.json'));
    return names.sort().map((name) => join(directory, name));
  } catch (error) {
    throw fileProblem('read', directory, error);
  }
}

/** @throws UsageError when it cannot be read, or is no capsule. */
export async function capsuleAt(path: string): Promise<Capsule> {
  try {
    return await readCapsule(path);
  } catch (error) {
    if (error instanceof CapsuleError) throw new UsageError(`${path}: ${error.message}`, error.hint);
    throw isFileSystemError(error) ? fileProblem('read', path, error) : error;
  }
}

/** Puts a capsule into the corpus; what is there already stays as it is. */
export async function promote(capsule: Capsule, directory: string): Promise<string> {
  try {
    return await writeCapsule(capsule, directory);
  } catch (error) {
    throw isFileSystemError(error) ? fileProblem('write', directory, error) : error;
  }
}

const says: { readonly [state in CapsuleState]: string } = {
  'still fails': 'STILL FAILS',
  'fails by other events': 'STILL FAILS',
  'fails differently': 'FAILS DIFFERENTLY',
  fixed: 'FIXED',
  'other build': 'OTHER BUILD',
};

/** Failing capsules that commands are printed for. */
const COMMANDS_MAX = 3;

/** A line for each capsule, and how to look at those that fail. */
export function corpusLines(results: readonly CorpusResult[], { style }: Output): string[] {
  const lines = results.map(({ path, signature, outcome }) => {
    const { state, execution } = outcome;
    const word = (fails(outcome) ? style.bad : state === 'fixed' ? style.good : style.warn)(says[state]);
    return `${word}  ${path}: ${tellState(signature, outcome, signatureOf(execution))}`;
  });
  const failing = results.filter(({ outcome }) => fails(outcome)).slice(0, COMMANDS_MAX);
  const commands = failing.map(({ path }) => style.accent(`npx worldline replay ${quoted(path)}`));
  return commands.length === 0 ? lines : [...lines, '', ...commands, ''];
}

/** The same for continuous integration. */
export const corpusTold = (results: readonly CorpusResult[]): readonly ToldCapsule[] =>
  results.map(({ path, signature, outcome }) => ({
    path,
    hasFailed: fails(outcome),
    says: `${says[outcome.state].toLowerCase()}: ${tellState(signature, outcome, signatureOf(outcome.execution))}`,
  }));

function tellState(signature: string, outcome: CapsuleOutcome, now: string | undefined): string {
  const where = tellParting(outcome);
  switch (outcome.state) {
    case 'still fails':
      return `${signature}, bit for bit`;
    case 'fails by other events':
      return `${signature} again, ${where}`;
    case 'fails differently':
      return `was ${signature}, is ${now}; ${where}`;
    case 'fixed':
      return `${signature} no longer shows; ${where}`;
    case 'other build':
      return `passes, but runs of this build are others; ${where}: find ${signature} again, or delete it`;
  }
}

function tellParting({ sameDigest, parting }: CapsuleOutcome): string {
  if (sameDigest) return 'the run is the same: the property has changed';
  if (parting === undefined) return 'the run is the same almost to its end';
  const { after, upTo } = parting;
  return upTo === after + 1 ? `other events from event ${upTo} on` : `other events somewhere after event ${after}`;
}

export const corpusAsData = (results: readonly CorpusResult[]): readonly object[] =>
  results.map(({ path, signature, outcome: { state, parting } }) => ({
    file: path,
    signature,
    state,
    ...(parting === undefined ? {} : { parting }),
  }));
