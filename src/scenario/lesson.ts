/** Lessons as files: what a walkthrough claims, tells and asks. Its scenario is a file of its own, so that it can be run without it. */

import { didYouMean } from '../sim/nearest.ts';
import type { Json } from '../sim/plain.ts';
import type { Micros } from '../sim/protocol.ts';
import { problemsOf } from './issues.ts';
import { lessonJsonSchema, lessonSchema } from './lesson-schema.ts';
import { type FieldPath, inFileOrder, type Problem, placed } from './problem.ts';
import { type Locate, readYaml } from './yaml.ts';

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
  /** Its place among others: the smallest is best taken first. */
  readonly order: number;
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
  /** Another protocol in the same troubles. */
  readonly protocol?: string;
  /** Planted bug. */
  readonly bug?: string;
  /** `name=value` of the protocol's options. */
  readonly options: readonly string[];
  /** Fields of the scenario that are different, as a scenario file has them. */
  readonly set?: { readonly [field: string]: Json };
  /** The properties that are watched; all when absent. Others might end the run before the point is made. */
  readonly properties?: readonly string[];
  readonly expect:
    | { readonly verdict: 'passed' }
    | {
        readonly verdict: 'violated';
        readonly property: string;
        /** Whether the run leaves what the protocol claims to survive. */
        readonly outside: boolean;
      };
  readonly figures: readonly Figure[];
}

/** Something measured in the run, and how large it must be: a time between two steps, or a number of steps. */
export type Figure = {
  readonly says: string;
  /** Durations in microseconds. */
  readonly atLeast?: Micros;
  readonly atMost?: Micros;
} & ({ readonly from: string; readonly to: string } | { readonly count: string });

/** Something to be looked at: at the first step after the beat before for which `when` holds. */
export interface Beat {
  /** A predicate over steps, as in the timeline's "run until". */
  readonly when: string;
  /** The how-manieth such step after the beat before. */
  readonly nth: number;
  /** Only in this variant, or in these. */
  readonly variant?: string | readonly string[];
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
  | { readonly ok: true; readonly lesson: Lesson; readonly locate: Locate }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** `name`: what the lesson is called when the file does not say. */
export function loadLesson(text: string, name: string): LessonLoading {
  const reading = readYaml(text);
  if (!reading.ok) return reading;
  const { value, locate } = reading;
  if (value === null || value === undefined) {
    const expected = 'at least title, teaches, assumes, scenario, variants, beats and reading';
    return { ok: false, problems: [{ path: [], sentence: 'The lesson is empty.', expected }] };
  }
  const parsed = lessonSchema.safeParse(value);
  const problems = parsed.success
    ? inconsistencies(parsed.data)
    : problemsOf(parsed.error.issues, lessonJsonSchema(), value);
  if (!parsed.success || problems.length > 0) return { ok: false, problems: inFileOrder(placed(problems, locate)) };
  return { ok: true, lesson: { ...parsed.data, name: parsed.data.name ?? name }, locate };
}

/** What a schema cannot say. */
const inconsistencies = ({ variants, beats }: Pick<Lesson, 'variants' | 'beats'>): Problem[] => {
  const names = variants.map(({ name }) => name);
  return [
    ...names.flatMap((name, i): Problem[] =>
      names.indexOf(name) === i
        ? []
        : [
            {
              path: ['variants', i, 'name'],
              sentence: `${JSON.stringify(name)} is the name of another variant`,
              hint: 'v tells variants apart by their names',
            },
          ],
    ),
    ...variants.flatMap(({ figures }, i) =>
      figures.flatMap((figure, k) => figureProblems(figure, ['variants', i, 'figures', k])),
    ),
    ...beats.flatMap(({ variant, question }, i) => [
      ...variantProblems(variant, names, ['beats', i, 'variant']),
      ...questionProblems(question, ['beats', i, 'question', 'answers']),
    ]),
  ];
};

function figureProblems({ atLeast, atMost }: Figure, path: FieldPath): Problem[] {
  if (atLeast === undefined && atMost === undefined)
    return [{ path, sentence: 'claims nothing', expected: 'atLeast, atMost or both' }];
  if (atLeast === undefined || atMost === undefined || atLeast <= atMost) return [];
  return [{ path: [...path, 'atMost'], sentence: 'is less than atLeast' }];
}

function variantProblems(variant: Beat['variant'], names: readonly string[], path: FieldPath): Problem[] {
  return [variant ?? []].flat().flatMap((name, i) => {
    if (names.includes(name)) return [];
    const hint = didYouMean(name, names);
    const sentence = `${JSON.stringify(name)} is not a variant of this lesson`;
    const where = typeof variant === 'string' ? path : [...path, i];
    return [{ path: where, sentence, expected: `one of ${names.join(', ')}`, ...(hint === undefined ? {} : { hint }) }];
  });
}

function questionProblems(question: Question | undefined, path: FieldPath): Problem[] {
  const right = question?.answers.filter((answer) => answer.right).length ?? 1;
  if (right === 1) return [];
  const sentence = right === 0 ? 'has no right answer' : `has ${right} right answers`;
  return [{ path, sentence, expected: 'exactly one answer with right: true' }];
}
