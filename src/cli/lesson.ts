/** `worldline lesson check`: does a lesson keep what it promises? Every variant is run, every beat must come. */
import { outsideModel } from '../explore/budget.ts';
import { execute } from '../explore/execute.ts';
import type { Execution } from '../explore/execution.ts';
import type { Figure, Variant } from '../scenario/lesson.ts';
import type { TraceEvent } from '../sim/trace.ts';
import { beatsIn, placeBeats } from '../timeline/beats.ts';
import { measured, tellFigure } from '../timeline/figures.ts';
import { type Step, stepsOf } from '../timeline/steps.ts';
import { spellDuration } from '../timeline/time.ts';
import { type ExitCode, exitCodes } from './exit.ts';
import { builtInLessons, type LessonRead, lessonFile, readLesson, stage } from './lessons.ts';
import { createOutput } from './output.ts';

export interface LessonOptions {
  readonly json?: boolean;
  readonly color?: boolean;
}

/** Without files: all built-in lessons. */
export async function checkLessons(files: readonly string[], options: LessonOptions): Promise<ExitCode> {
  const output = createOutput(options);
  try {
    const lessons = files.length > 0 ? files.map((name) => readLesson(lessonFile(name))) : builtInLessons();
    const results = [];
    for (const read of lessons) {
      const { lesson, file } = read;
      const problems: string[] = [];
      for (const variant of lesson.variants) problems.push(...(await problemsOfVariant(read, variant)));
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

async function problemsOfVariant(read: LessonRead, variant: Variant): Promise<string[]> {
  const { protocol, plan } = await stage(read, variant);
  const events: TraceEvent[] = [];
  const execution = execute(protocol, plan, { strict: true, sink: (event) => events.push(event) });
  const steps = stepsOf(events);
  const claim = brokenClaim(variant, execution, outsideModel(protocol, plan));
  return [
    ...(claim === undefined ? [] : [claim]),
    ...missingBeats(read, variant, steps),
    ...variant.figures.flatMap((figure) => wrongFigure(figure, measured(figure, steps))),
  ].map((problem) => `${variant.name}: ${problem}`);
}

function missingBeats({ lesson, file, locate }: LessonRead, variant: Variant, steps: readonly Step[]): string[] {
  const beats = beatsIn(lesson.beats, variant.name);
  return placeBeats(beats, steps.length, (place) => steps[place] as Step).flatMap(({ beat, place }) => {
    if (place !== undefined) return [];
    const { line, column } = locate(['beats', lesson.beats.indexOf(beat), 'when']) ?? { line: 1, column: 1 };
    const nth = beat.nth === 1 ? '' : `, number ${beat.nth} of them`;
    return [`never comes after the beat before: ${beat.when}${nth} (${file}:${line}:${column})`];
  });
}

function wrongFigure(figure: Figure, value: number | undefined): string[] {
  const told = tellFigure(figure, value);
  const spell = (limit: number): string => ('count' in figure ? String(limit) : spellDuration(limit));
  const { atLeast, atMost } = figure;
  if (value === undefined) return [told];
  if (atLeast !== undefined && value < atLeast) return [`${told}, and not at least ${spell(atLeast)}`];
  return atMost !== undefined && value > atMost ? [`${told}, and not at most ${spell(atMost)}`] : [];
}

function brokenClaim(
  { expect }: Variant,
  { verdict, violation, failure }: Execution,
  beyond: readonly string[],
): string | undefined {
  if (expect.verdict === 'passed' && verdict === 'passed') return undefined;
  const name = violation === undefined ? undefined : [violation.path, violation.property].filter(Boolean).join(':');
  const said = name === undefined ? (failure?.sentence ?? verdict) : `${name} is broken: ${violation?.sentence}`;
  if (expect.verdict === 'passed') return `was to pass, but ${said}`;
  if (name !== expect.property) return `was to break ${expect.property}, but ${said}`;
  if (expect.outside === beyond.length > 0) return undefined;
  return expect.outside
    ? `${name} was to break outside the model, but the protocol claims to survive all that happens`
    : `${name} was to break within the model, but the protocol does not claim to survive ${beyond.join(', ')}`;
}
