/** Lessons as files: what a walkthrough claims, tells and asks. Its scenario is a file of its own, so that it can be run without it. */
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { problemsOf } from './issues.ts';
import { type Problem, writePath } from './problem.ts';

export interface Lesson {
  /** Short and stable: `raft-figure-8`. */
  readonly name: string;
  readonly title: string;
  /** What one can do afterwards that one could not before. */
  readonly teaches: string;
  /** What is taken for granted: crashes or worse, clocks, disks. */
  readonly assumes: readonly string[];
  /** File of the scenario, beside the lesson. */
  readonly scenario: string;
  readonly seed: string;
  /** The first is played first. */
  readonly variants: readonly Variant[];
  readonly beats: readonly Beat[];
  readonly reading: readonly string[];
}

/** One way to run the scenario, and what the lesson claims will come of it. */
export interface Variant {
  readonly name: string;
  readonly title: string;
  /** Planted bug. */
  readonly bug?: string;
  /** `name=value` of the protocol's options. */
  readonly options: readonly string[];
  /** The properties that are watched; all when absent. Others might end the run before the point is made. */
  readonly properties?: readonly string[];
  readonly expect: { readonly verdict: 'passed' } | { readonly verdict: 'violated'; readonly property: string };
}

/** Something to be looked at: at the first step after the beat before for which `when` holds. */
export interface Beat {
  /** A predicate over steps, as in the timeline's "run until". */
  readonly when: string;
  /** The how-manieth such step after the beat before. */
  readonly nth: number;
  /** Only in this variant. */
  readonly variant?: string;
  readonly say: string;
  /** Asked before the step is shown. */
  readonly question?: Question;
}

export interface Question {
  readonly ask: string;
  readonly hint: string;
  readonly answers: readonly Answer[];
}

export interface Answer {
  readonly text: string;
  readonly right: boolean;
  /** Why it is right, or why it is wrong. */
  readonly why: string;
}

export type LessonLoading =
  | { readonly ok: true; readonly lesson: Lesson }
  | { readonly ok: false; readonly problems: readonly string[] };

/** `name`: what the lesson is called when the file does not say. */
export function loadLesson(text: string, name: string): LessonLoading {
  const document = parseDocument(text, { prettyErrors: false });
  if (document.errors.length > 0)
    return { ok: false, problems: document.errors.map(({ message }) => `this is not valid YAML: ${message}`) };
  const value = document.toJS() as unknown;
  const schema = lessonSchema(name);
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const problems = problemsOf(parsed.error.issues, z.toJSONSchema(schema, { io: 'input' }), value);
    return { ok: false, problems: problems.map(described) };
  }
  const lesson = parsed.data as Lesson;
  const problems = inconsistencies(lesson);
  return problems.length > 0 ? { ok: false, problems } : { ok: true, lesson };
}

const described = ({ path, sentence, expected, hint }: Problem): string =>
  [`${writePath(path)} ${sentence}`, expected && `expected: ${expected}`, hint].filter(Boolean).join('; ');

const text = z.string().min(1).meta({ description: 'a text' });

const lessonSchema = (name: string) =>
  z.strictObject({
    name: text.default(name),
    title: text,
    teaches: text,
    assumes: z.array(text).min(1).meta({ description: 'a list of assumptions' }),
    scenario: text.meta({ description: 'the file of the scenario, beside the lesson' }),
    seed: text.default('1'),
    variants: z.array(variant).min(2).meta({ description: 'a list of at least two variants' }),
    beats: z.array(beat).min(1).meta({ description: 'a list of beats' }),
    reading: z.array(text).min(1).meta({ description: 'a list of sources' }),
  });

const variant = z.strictObject({
  name: text,
  title: text,
  bug: text.exactOptional(),
  options: z.array(text).default([]),
  properties: z.array(text).exactOptional(),
  expect: z.discriminatedUnion('verdict', [
    z.strictObject({ verdict: z.literal('passed') }),
    z.strictObject({ verdict: z.literal('violated'), property: text }),
  ]),
});

const question = z.strictObject({
  ask: text,
  hint: text,
  answers: z.array(z.strictObject({ text, right: z.boolean().default(false), why: text })).min(2),
});

const beat = z.strictObject({
  when: text.meta({ description: 'a predicate, e.g. note:becameLeader' }),
  nth: z.int().min(1).default(1),
  variant: text.exactOptional(),
  say: text,
  question: question.exactOptional(),
});

/** What a schema cannot say. */
function inconsistencies({ variants, beats }: Lesson): string[] {
  const names = variants.map(({ name }) => name);
  return [
    ...(new Set(names).size < names.length ? ['variants: two have one name'] : []),
    ...beats.flatMap(({ variant: of, question: asked }, i) => [
      ...(of !== undefined && !names.includes(of) ? [`beats[${i}].variant: there is no variant ${of}`] : []),
      ...(asked === undefined || asked.answers.filter(({ right }) => right).length === 1
        ? []
        : [`beats[${i}].question: exactly one answer must be right`]),
    ]),
  ];
}
