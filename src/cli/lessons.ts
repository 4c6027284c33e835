/** Lessons and their runs: found by name or path, loaded with the plans of their variants. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Protocol } from '../check/protocol.ts';
import { type Lesson, loadLesson, type Variant } from '../scenario/lesson.ts';
import { didYouMean } from '../scenario/nearest.ts';
import type { Plan } from '../scenario/plan.ts';
import { UsageError } from './exit.ts';
import { fileProblem } from './files.ts';
import { planFor } from './run.ts';
import { loadSubject } from './subject.ts';

/** The folder of the built-in lessons, beside src in a checkout and beside dist in a package. */
const directory = (): string => fileURLToPath(new URL('../../lessons', import.meta.url));

/** Names of the built-in lessons, in the order in which they are best taken. */
export function lessonNames(): string[] {
  return readdirSync(directory())
    .filter((file) => file.endsWith('.yaml') && !file.endsWith('.scenario.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .sort((a, b) => (a < b ? -1 : 1));
}

/** The file of a lesson that is named, or given as a path. */
export function lessonFile(name: string): string {
  if (/\.ya?ml$/.test(name)) return name;
  const file = join(directory(), `${name}.yaml`);
  if (existsSync(file)) return file;
  const names = lessonNames();
  const similar = didYouMean(name, names);
  const known = `lessons: ${names.join(', ')}`;
  throw new UsageError(
    `there is no lesson called ${JSON.stringify(name)}`,
    [similar, known].filter(Boolean).join('\n'),
  );
}

/** @throws UsageError that lists all that is wrong with the file. */
export function readLesson(file: string): Lesson {
  const loaded = loadLesson(textOf(file), basename(file).replace(/\.ya?ml$/, ''));
  if (loaded.ok) return loaded.lesson;
  throw new UsageError([`${file} is no lesson:`, ...loaded.problems.map((problem) => `  ${problem}`)].join('\n'));
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw fileProblem('read', file, error);
  }
}

export interface Staged {
  readonly variant: Variant;
  readonly protocol: Protocol;
  readonly plan: Plan;
}

/** One variant of a lesson, ready to be run. */
export async function stage(lesson: Lesson, file: string, variant: Variant): Promise<Staged> {
  const scenario = join(dirname(file), lesson.scenario);
  const options = { option: variant.options, ...(variant.bug === undefined ? {} : { bug: variant.bug }) };
  const subject = await loadSubject(scenario, options, 'none');
  const plan = planFor(subject, lesson.seed);
  const watched = variant.properties === undefined ? {} : { properties: variant.properties };
  return { variant, protocol: subject.protocol, plan: { ...plan, ...watched } };
}
