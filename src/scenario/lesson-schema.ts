/** What a lesson file may say, once: it validates, is published as JSON Schema for editors, and its descriptions are the "expected" of errors. */
import * as z from 'zod';
import type { Lesson } from './lesson.ts';
import { json, quantities, wholeNumber } from './schema-parts.ts';

/** A lesson without the name that its file gives it. */
type Unnamed = Omit<Lesson, 'name'> & { readonly name?: string };

const text = (description: string): z.ZodString => z.string().min(1).meta({ description });

const predicate = (description: string): z.ZodString =>
  text(`${description}: a predicate as for run-until, e.g. leader:n1 or note:committed node:n3`);

const { duration } = quantities('refused');

const figure = z
  .union([
    z.strictObject({
      says: text('what is measured, e.g. n3 is in doubt'),
      from: predicate('the moment from which time is measured'),
      to: predicate('the moment up to which time is measured, the first after it'),
      atLeast: duration.exactOptional(),
      atMost: duration.exactOptional(),
    }),
    z.strictObject({
      says: text('what is counted, e.g. inquiries'),
      count: predicate('the steps that are counted'),
      atLeast: wholeNumber('a number of steps', 0).exactOptional(),
      atMost: wholeNumber('a number of steps', 0).exactOptional(),
    }),
  ])
  .meta({ description: 'a figure that the lesson claims: says, then from and to, or count; atLeast, atMost' });

const expectation = z
  .discriminatedUnion('verdict', [
    z.strictObject({ verdict: z.literal('passed') }),
    z.strictObject({
      verdict: z.literal('violated'),
      property: text('the name of the property that breaks, e.g. LC'),
      outside: z
        .boolean()
        .meta({ description: 'true where the run leaves what the protocol claims to survive' })
        .default(false),
    }),
  ])
  .meta({ description: '{ verdict: passed }, or { verdict: violated, property: NAME }' });

const variant = z
  .strictObject({
    name: text('a short name of the variant, e.g. broken'),
    title: text('the variant in a few words'),
    protocol: text('another protocol for the same scenario, e.g. quorum-three-phase-commit').exactOptional(),
    bug: text('the id of a planted bug, e.g. R30').exactOptional(),
    options: z
      .array(text('name=value, one of the options of the protocol'))
      .meta({ description: 'a list of options, each name=value' })
      .default([]),
    set: z
      .record(z.string(), json)
      .meta({ description: 'fields of the scenario that are different, as in a scenario file, e.g. { faults: [] }' })
      .exactOptional(),
    properties: z
      .array(text('the name of a property'))
      .min(1)
      .meta({ description: 'a list of names: only these properties are watched' })
      .exactOptional(),
    expect: expectation,
    figures: z.array(figure).meta({ description: 'a list of figures that are claimed' }).default([]),
  })
  .meta({ description: 'a variant: a table with name, title and expect' });

const question = z
  .strictObject({
    ask: text('a question about what comes next'),
    hint: text('a hint'),
    answers: z
      .array(
        z
          .strictObject({
            text: text('an answer, in quotes where it is a number'),
            right: z.boolean().meta({ description: 'true for the one right answer' }).default(false),
            why: text('why it is right, or why it is wrong'),
          })
          .meta({ description: 'an answer: a table with text and why, and right: true for one of them' }),
      )
      .min(2)
      .max(9)
      .meta({ description: 'a list of two to nine answers' }),
  })
  .meta({ description: 'a question: a table with ask, hint and answers' });

const beat = z
  .strictObject({
    when: predicate('the step that is looked at'),
    nth: wholeNumber('which of those steps after the beat before, counted from 1', 1).default(1),
    variant: z
      .union([text('a variant'), z.array(text('a variant')).min(1)])
      .meta({ description: 'the variant that has this beat, or a list of them; without it all have it' })
      .exactOptional(),
    say: text('what there is to be seen'),
    question: question.exactOptional(),
  })
  .meta({ description: 'a beat: a table with when and say, and perhaps a question' });

export const lessonSchema: z.ZodType<Unnamed> = z
  .strictObject({
    name: text('a name, instead of that of the file').exactOptional(),
    title: text('the title of the lesson'),
    teaches: text('what one understands afterwards'),
    assumes: z
      .array(text('an assumption'))
      .min(1)
      .meta({ description: 'a list of what is taken for granted: which faults, which clocks, which disks' }),
    scenario: text('the file of the scenario, beside the lesson'),
    order: wholeNumber('its place in the list of lessons, e.g. 10', 0).default(1_000),
    seed: text('a seed, in quotes where it is a number').default('1'),
    variants: z
      .array(variant)
      .min(2)
      .meta({ description: 'a list of at least two variants; the first is played first' }),
    beats: z.array(beat).min(1).meta({ description: 'a list of beats, in the order of the run' }),
    reading: z.array(text('a source')).min(1).meta({ description: 'a list of sources' }),
  })
  .meta({
    title: 'Worldline lesson',
    description: 'a lesson: a table with title, teaches, scenario, variants and beats',
  });

/** The JSON Schema of lesson files, draft 2020-12. */
export const lessonJsonSchema = (): object => z.toJSONSchema(lessonSchema, { io: 'input' });
