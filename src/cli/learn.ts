/** `worldline learn`: the list of lessons, and one lesson on the terminal or as text. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { outsideModel } from '../explore/budget.ts';
import { execute } from '../explore/execute.ts';
import type { Lesson } from '../scenario/lesson.ts';
import type { TraceEvent } from '../sim/trace.ts';
import { beatsIn, placeBeats } from '../timeline/beats.ts';
import { measured, tellFigure } from '../timeline/figures.ts';
import { cut } from '../timeline/ink.ts';
import { Narrator } from '../timeline/narrate.ts';
import { stepsOf } from '../timeline/steps.ts';
import { tellerOf } from '../timeline/tell.ts';
import { inMilliseconds } from '../timeline/time.ts';
import { saveBranch } from './branches.ts';
import { type ExitCode, exitCodes } from './exit.ts';
import { builtInLessons, lessonFile, readLesson, type Staged, stage } from './lessons.ts';
import { createOutput, type Output, wantsColor } from './output.ts';
import { quoted } from './shell.ts';
import { speaksUnicode } from './show.ts';

export interface LearnOptions {
  readonly plain?: boolean;
  readonly ascii?: boolean;
  readonly restart?: boolean;
  readonly json?: boolean;
  readonly color?: boolean;
}

export async function learn(name: string | undefined, options: LearnOptions): Promise<ExitCode> {
  const output = createOutput(options);
  try {
    if (name === undefined) return listLessons(options, output);
    const read = readLesson(lessonFile(name));
    const { lesson } = read;
    const staged = await Promise.all(lesson.variants.map((variant) => stage(read, variant)));
    const isTerminal = process.stdin.isTTY && process.stdout.isTTY && process.env.TERM !== 'dumb';
    if (options.plain || !isTerminal) return printLesson(lesson, staged, output);
    return await playLesson(name, lesson, staged, options);
  } finally {
    output.flush();
  }
}

function listLessons(options: LearnOptions, output: Output): ExitCode {
  const progress = readProgress();
  const lessons = builtInLessons().map(({ lesson: { name, title, beats, variants } }) => {
    const all = variants.reduce((sum, variant) => sum + beatsIn(beats, variant.name).length, 0);
    const told = (progress[name] ?? []).reduce((sum, count) => sum + count, 0);
    return { name, title, told, beats: all };
  });
  if (options.json) output.print(JSON.stringify({ format: 'worldline-learn/1', lessons }, null, 2));
  else {
    const width = Math.max(...lessons.map(({ name }) => name.length)) + 2;
    // A title goes on one line of a terminal, and is whole where nobody watches.
    const room = (process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY) - width - 8;
    for (const { name, title, told, beats } of lessons)
      output.print(
        `${output.style.bold(name.padEnd(width))}${(told === beats ? 'done' : `${told}/${beats}`).padStart(5)}  ${cut(title, room)}`,
      );
    const next = lessons.find(({ told, beats }) => told < beats) ?? lessons[0];
    output.print('');
    output.print(`how much of each has been told; go on with: worldline learn ${next?.name ?? ''}`);
  }
  return exitCodes.expected;
}

// --- On the terminal -----------------------------------------------------------------------------------------------------------------

async function playLesson(
  name: string,
  lesson: Lesson,
  staged: readonly Staged[],
  options: LearnOptions,
): Promise<ExitCode> {
  process.env.NODE_ENV = 'production';
  const { showOnTerminal } = await import('../tui/show.tsx');
  const [first] = staged as [Staged, ...Staged[]];
  const told = options.restart ? [] : (readProgress()[name] ?? []);
  const code = await showOnTerminal({
    showing: {
      protocol: first.protocol,
      plan: first.plan,
      title: lesson.title,
      command: `npx worldline learn ${quoted(name)}`,
      lesson,
      variants: staged.map(({ variant, protocol, plan }) => ({
        name: variant.name,
        title: variant.title,
        protocol,
        plan,
        figures: variant.figures,
      })),
      told,
      onProgress: (now) => writeProgress(name, now),
      save: (branch) => saveBranch(branch, lesson.name),
    },
    color: wantsColor(options.color ?? true, true),
    ascii: options.ascii ?? !speaksUnicode(process.env),
    process,
  });
  return code === 0 ? exitCodes.expected : (code as ExitCode);
}

const PROGRESS = join('.worldline', 'progress.json');

type Progress = { readonly [lesson: string]: readonly number[] };

/** Beats told, by lesson and variant; nothing where nothing can be read. */
function readProgress(): Progress {
  try {
    return JSON.parse(readFileSync(PROGRESS, 'utf8')) as Progress;
  } catch {
    return {};
  }
}

/** Progress that cannot be kept is no reason to end a lesson. */
function writeProgress(name: string, told: readonly number[]): void {
  try {
    mkdirSync('.worldline', { recursive: true });
    writeFileSync(PROGRESS, `${JSON.stringify({ ...readProgress(), [name]: told }, null, 1)}\n`);
  } catch {
    // The next lesson begins at its beginning.
  }
}

// --- As text -------------------------------------------------------------------------------------------------------------------------

function printLesson(lesson: Lesson, staged: readonly Staged[], { print, style }: Output): ExitCode {
  print(style.bold(lesson.title));
  print(lesson.teaches);
  print(`Taken for granted: ${lesson.assumes.join('; ')}.`);
  for (const one of staged) for (const line of variantLines(lesson, one)) print(line);
  print('');
  print(`Read: ${lesson.reading.join('; ')}`);
  return exitCodes.expected;
}

function variantLines(lesson: Lesson, { variant, protocol, plan }: Staged): string[] {
  const events: TraceEvent[] = [];
  const execution = execute(protocol, plan, { sink: (event) => events.push(event) });
  const steps = stepsOf(events);
  const narrator = new Narrator(tellerOf(protocol.tell));
  const beats = beatsIn(lesson.beats, variant.name);
  const placed = placeBeats(beats, steps.length, (place) => steps[place] as (typeof steps)[number]);
  const lines = ['', `== ${variant.title}`];
  steps.forEach((step, place) => {
    const here = placed.find((one) => one.place === place);
    if (here === undefined) {
      narrator.note(step);
      return;
    }
    const { question, say } = here.beat;
    if (question !== undefined) {
      lines.push('', `? ${question.ask}`);
      question.answers.forEach(({ text, right, why }, i) => {
        lines.push(`  ${i + 1} ${text}`, `    ${right ? 'Yes' : 'No'}: ${why}`);
      });
    }
    lines.push('', `${inMilliseconds(step.at)} ms  ${narrator.narrate(step).text}`, `  ${say}`);
  });
  const { violation, verdict } = execution;
  lines.push(
    '',
    violation === undefined ? `-> ${verdict}` : `-> ${violation.property} is broken: ${violation.sentence}`,
    ...variant.figures.map((figure) => `   ${tellFigure(figure, measured(figure, steps))}`),
  );
  const beyond = outsideModel(protocol, plan);
  if (violation !== undefined && beyond.length > 0)
    lines.push(`   outside its model: ${protocol.name} does not claim to survive ${beyond.join(', ')}`);
  return lines;
}
