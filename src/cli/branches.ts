/** What-if branches on disk: a plan, what it does differently, and the digest of its run. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plan } from '../scenario/plan.ts';
import { readPlan } from '../scenario/plan-schema.ts';
import { writePath } from '../scenario/problem.ts';
import { VERSION } from '../version.ts';
import { UsageError } from './exit.ts';
import { fileProblem } from './files.ts';
import { quoted } from './shell.ts';

const FORMAT = 'worldline-branch/1';
const DIRECTORY = join('.worldline', 'branches');

interface SavedBranch {
  readonly format: typeof FORMAT;
  readonly version: string;
  /** The scenario it comes from. */
  readonly title: string;
  /** What was done differently, and after which event. */
  readonly says: string;
  readonly after: number;
  readonly digest: string;
  readonly plan: Plan;
}

interface Branch {
  readonly name: string;
  readonly says: string;
  readonly plan: Plan;
  readonly parent: { readonly event: number } | undefined;
  readonly recording: { readonly outcome: { readonly digest: string } };
}

/** @returns the command that replays it. A file that is there already is not overwritten. */
export function saveBranch({ name, says, plan, parent, recording }: Branch, title: string): string {
  const { digest } = recording.outcome;
  const saved: SavedBranch = { format: FORMAT, version: VERSION, title, says, after: parent?.event ?? 0, digest, plan };
  const stem = [title, name]
    .join('-')
    .replaceAll(/[^A-Za-z0-9_.+]+/g, '-')
    .slice(0, 60);
  const path = join(DIRECTORY, `${stem}-${digest.slice(0, 6)}.json`);
  try {
    mkdirSync(DIRECTORY, { recursive: true });
    writeFileSync(path, `${JSON.stringify(saved, null, 1)}\n`);
  } catch (error) {
    return fileProblem('write', path, error).message;
  }
  return `npx worldline replay ${quoted(path)}`;
}

/** Whether a file says that it holds a branch; what cannot be read does not. */
export function isBranchFile(path: string): boolean {
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as { readonly format?: unknown } | null)?.format === FORMAT;
  } catch {
    return false;
  }
}

/** @throws UsageError when the file was damaged. */
export function readBranch(path: string): SavedBranch {
  const saved = JSON.parse(readFileSync(path, 'utf8')) as SavedBranch;
  const reading = readPlan(saved.plan);
  if (reading.ok) return { ...saved, plan: reading.plan };
  const [first] = reading.problems;
  const where = first === undefined ? '' : `: ${writePath(['plan', ...first.path])} ${first.sentence}`;
  throw new UsageError(`${path}: the branch is damaged${where}`, 'save it again from worldline show');
}
