/** `worldline lesson check`: does a lesson keep what it promises? Every variant is run, every beat must come. */
import { execute } from '../explore/execute.ts';
import type { Execution } from '../explore/execution.ts';
import type { Lesson, Variant } from '../scenario/lesson.ts';
import type { TraceEvent } from '../sim/trace.ts';
import { placeBeats } from '../timeline/beats.ts';
import { predicateWords, readPredicate } from '../timeline/predicate.ts';
import { stepsOf } from '../timeline/steps.ts';
import { type ExitCode, exitCodes } from './exit.ts';
import { lessonFile, lessonNames, readLesson, stage } from './lessons.ts';
import { createOutput } from './output.ts';

export interface LessonOptions {
  readonly json?: boolean;
  readonly color?: boolean;
}

/** Without files: all built-in lessons. */
export async function checkLessons(files: readonly string[], options: LessonOptions): Promise<ExitCode> {
  const output = createOutput(options);
  try {
    const names = files.length > 0 ? files : lessonNames();
    const results = [];
    for (const name of names) {
      const file = lessonFile(name);
      const lesson = readLesson(file);
      const problems = await problemsOfLesson(lesson, file);
      results.push({ lesson: lesson.name, file, problems });
      if (options.json) continue;
      const { style } = output;
      const asked = lesson.beats.filter(({ question }) => question !== undefined).length;
      const size = `${lesson.beats.length} beats, ${asked} questions, ${lesson.variants.length} variants`;
      output.print(`${problems.length === 0 ? style.good('GOOD') : style.bad('BROKEN')}  ${lesson.name}: ${size}`);
      for (const problem of problems) output.print(`  - ${problem}`);
    }
    if (options.json) output.print(JSON.stringify({ format: 'worldline-lessons/1', results }, null, 2));
    return results.every(({ problems }) => problems.length === 0) ? exitCodes.expected : exitCodes.broken;
  } finally {
    output.flush();
  }
}

async function problemsOfLesson(lesson: Lesson, file: string): Promise<string[]> {
  const problems = lesson.beats.flatMap(({ when }, i) =>
    readPredicate(when) === undefined ? [`beats[${i}].when: "${when}" means nothing: ${predicateWords}`] : [],
  );
  for (const variant of lesson.variants) problems.push(...(await problemsOfVariant(lesson, file, variant)));
  return problems;
}

async function problemsOfVariant(lesson: Lesson, file: string, variant: Variant): Promise<string[]> {
  const { protocol, plan } = await stage(lesson, file, variant);
  const events: TraceEvent[] = [];
  const execution = execute(protocol, plan, { strict: true, sink: (event) => events.push(event) });
  const steps = stepsOf(events);
  const beats = lesson.beats.filter((beat) => beat.variant === undefined || beat.variant === variant.name);
  const missing = placeBeats(beats, steps.length, (place) => steps[place] as (typeof steps)[number]).flatMap(
    ({ beat, place }) =>
      place === undefined ? [`${variant.name}: never comes: ${beat.when} ("${beat.say.slice(0, 40)}")`] : [],
  );
  const claim = brokenClaim(variant, execution);
  return claim === undefined ? missing : [`${variant.name}: ${claim}`, ...missing];
}

function brokenClaim({ expect }: Variant, { verdict, violation, failure }: Execution): string | undefined {
  if (expect.verdict === 'passed' && verdict === 'passed') return undefined;
  const name = violation === undefined ? undefined : [violation.path, violation.property].filter(Boolean).join(':');
  if (expect.verdict === 'violated' && name === expect.property) return undefined;
  const wanted = expect.verdict === 'passed' ? 'to pass' : `to break ${expect.property}`;
  const said = name === undefined ? (failure?.sentence ?? verdict) : `${name} is broken: ${violation?.sentence}`;
  return `was ${wanted}, but ${said}`;
}
