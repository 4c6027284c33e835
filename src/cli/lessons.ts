/** Lessons and their runs: found by name or path, loaded with the plans of their variants. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { propertyNames } from '../check/monitor.ts';
import type { Protocol } from '../check/protocol.ts';
import { counted } from '../report/words.ts';
import { type Lesson, loadLesson, type Variant } from '../scenario/lesson.ts';
import type { Plan } from '../scenario/plan.ts';
import { describeProblem, type FieldPath, inFileOrder, type Problem, placed } from '../scenario/problem.ts';
import type { Locate } from '../scenario/yaml.ts';
import { didYouMean } from '../sim/nearest.ts';
import { byText } from '../sim/plain.ts';
import { predicateWords, readPredicate } from '../timeline/predicate.ts';
import { UsageError } from './exit.ts';
import { fileProblem } from './files.ts';
import { planFor } from './run.ts';
import { loadSubject } from './subject.ts';

/** The folder of the built-in lessons, beside src in a checkout and beside dist in a package. */
const directory = (): string => fileURLToPath(new URL('../../lessons', import.meta.url));

/** The built-in lessons, in the order in which they are best taken. */
export const builtInLessons = (): readonly LessonRead[] =>
  lessonNames()
    .map((name) => readLesson(join(directory(), `${name}.yaml`)))
    .sort(({ lesson: a }, { lesson: b }) => a.order - b.order || byText(a.name, b.name));

const lessonNames = (): readonly string[] =>
  readdirSync(directory())
    .filter((file) => file.endsWith('.yaml') && !file.endsWith('.scenario.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .sort(byText);

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

/** A lesson, and where each field of it stands in its file. */
export interface LessonRead {
  readonly file: string;
  readonly lesson: Lesson;
  readonly locate: Locate;
}

/** @throws UsageError that lists all that is wrong with the file. */
export function readLesson(file: string): LessonRead {
  const loaded = loadLesson(textOf(file), basename(file).replace(/\.ya?ml$/, ''));
  if (!loaded.ok) throw faulty(file, loaded.problems);
  const problems = predicateProblems(loaded.lesson);
  if (problems.length > 0) throw faulty(file, placed(problems, loaded.locate));
  return { file, lesson: loaded.lesson, locate: loaded.locate };
}

function faulty(file: string, problems: readonly Problem[]): UsageError {
  const told = inFileOrder(problems).map((problem) => describeProblem(file, problem));
  return new UsageError([`${file} has ${counted(problems.length, 'mistake')}`, ...told].join('\n'));
}

/** Predicates that mean nothing. */
function predicateProblems({ beats, variants }: Lesson): Problem[] {
  const figures = variants.flatMap(({ figures }, i) =>
    figures.flatMap((figure, k) => {
      const parts = 'count' in figure ? { count: figure.count } : { from: figure.from, to: figure.to };
      return Object.entries(parts).map(([name, text]) => [text, ['variants', i, 'figures', k, name]] as const);
    }),
  );
  const all = [...beats.map(({ when }, i) => [when, ['beats', i, 'when']] as const), ...figures];
  return all.flatMap(([text, path]) =>
    readPredicate(text) === undefined
      ? [{ path, sentence: `${JSON.stringify(text)} means nothing`, expected: predicateWords }]
      : [],
  );
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
export async function stage({ lesson, file, locate }: LessonRead, variant: Variant): Promise<Staged> {
  const scenario = join(dirname(file), lesson.scenario);
  const place = lesson.variants.indexOf(variant);
  const options = { option: variant.options, ...(variant.bug === undefined ? {} : { bug: variant.bug }) };
  const change = {
    ...(variant.protocol === undefined ? {} : { protocol: variant.protocol }),
    ...(variant.set === undefined ? {} : { set: variant.set }),
    origin: `${file} variants[${place}].set`,
  };
  const subject = await loadSubject(scenario, options, 'none', change);
  const problems = propertyProblems(variant, subject.protocol, ['variants', place]);
  if (problems.length > 0) throw faulty(file, placed(problems, locate));
  const plan = planFor(subject, lesson.seed);
  const watched = variant.properties === undefined ? {} : { properties: variant.properties };
  return { variant, protocol: subject.protocol, plan: { ...plan, ...watched } };
}

/** Names of properties that the protocol does not have. */
function propertyProblems({ properties = [], expect }: Variant, protocol: Protocol, path: FieldPath): Problem[] {
  const known = propertyNames(protocol);
  const named: readonly (readonly [string, FieldPath])[] = [
    ...properties.map((name, i) => [name, [...path, 'properties', i]] as const),
    ...(expect.verdict === 'violated' ? [[expect.property, [...path, 'expect', 'property']] as const] : []),
  ];
  return named.flatMap(([name, where]) => {
    if (known.includes(name)) return [];
    const hint = didYouMean(name, known);
    return [
      {
        path: where,
        sentence: `${JSON.stringify(name)} is not a property of ${protocol.name}`,
        expected: `one of ${known.join(', ')}`,
        ...(hint === undefined ? {} : { hint }),
      },
    ];
  });
}
