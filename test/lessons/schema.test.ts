/** What a lesson file may say: the published schema, and the messages about files that say something else. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { builtInLessons, lessonFile } from '../../src/cli/lessons.ts';
import { loadLesson } from '../../src/scenario/lesson.ts';
import { lessonJsonSchema } from '../../src/scenario/lesson-schema.ts';
import { describeProblem } from '../../src/scenario/problem.ts';

const lessonNames = builtInLessons().map(({ lesson }) => lesson.name);

const schemaFile = fileURLToPath(new URL('../../lessons/lesson.schema.json', import.meta.url));

/** To write it anew: UPDATE_SCHEMA=1 npx vitest run test/lessons/schema.test.ts */
test('lessons/lesson.schema.json is what the validator knows', () => {
  if (process.env.UPDATE_SCHEMA !== undefined) {
    writeFileSync(schemaFile, JSON.stringify(lessonJsonSchema(), null, 2));
    execFileSync('npx', ['biome', 'format', '--write', schemaFile]);
  }
  expect(JSON.parse(readFileSync(schemaFile, 'utf8'))).toEqual(lessonJsonSchema());
});

/** The published file as editors read it, without the validator behind it. */
const published = z.fromJSONSchema(JSON.parse(readFileSync(schemaFile, 'utf8')));

describe.each(lessonNames)('%s', (name) => {
  const text = readFileSync(lessonFile(name), 'utf8');

  test('names its schema, and fits it', () => {
    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=./lesson.schema.json');
    expect(published.safeParse(parse(text)).error?.issues ?? []).toEqual([]);
    expect(loadLesson(text, name)).toMatchObject({ ok: true });
  });
});

const good = `title: t
teaches: t
assumes: [a]
scenario: s.yaml
variants:
  - { name: right, title: t, expect: { verdict: passed } }
  - name: wrong
    title: t
    expect: { verdict: violated, property: ES }
    figures:
      - { says: votes, count: message:Vote, atLeast: 1 }
beats:
  - when: leader:n1
    say: s
    variant: wrong
    question:
      ask: q
      hint: h
      answers:
        - { text: a, right: true, why: w }
        - { text: b, why: w }
reading: [r]
`;

const problemsOf = (text: string): string => {
  const loaded = loadLesson(text, 'mine');
  return loaded.ok ? '' : loaded.problems.map((problem) => describeProblem('mine.yaml', problem)).join('\n');
};

describe('a lesson that is wrong', () => {
  test('is not this one', () => {
    expect(problemsOf(good)).toBe('');
    expect(published.safeParse(parse(good)).success).toBe(true);
  });

  /** What is wrong, the change, the message, and whether the schema alone finds it too. */
  const wrongs: readonly (readonly [string, string, string, string, 'schema' | 'validator'])[] = [
    [
      'a field that nobody knows',
      'teaches: t',
      'teeches: t',
      `mine.yaml:1:1  teaches: is missing
    expected  what one understands afterwards
mine.yaml:2:1  teeches: is not a field that is known here
    expected  one of name, title, teaches, assumes, scenario, order, seed, variants, beats, reading
    hint      did you mean teaches?`,
      'schema',
    ],
    [
      'one variant only',
      '  - { name: right, title: t, expect: { verdict: passed } }\n',
      '',
      'mine.yaml:5:1  variants: [{"name":"wrong","title":"t","expect":{"verdict":"violate... is too small\n    expected  a list of at least two variants; the first is played first',
      'schema',
    ],
    [
      'two variants of one name',
      'name: wrong',
      'name: right',
      'mine.yaml:7:5  variants[1].name: "right" is the name of another variant\n    hint      v tells variants apart by their names',
      'validator',
    ],
    [
      'a verdict that does not exist',
      'verdict: passed',
      'verdict: pased',
      'mine.yaml:6:40  variants[0].expect.verdict: "pased" is not known here\n    expected  one of passed, violated\n    hint      did you mean passed?',
      'schema',
    ],
    [
      'a claim without its property',
      ', property: ES',
      '',
      'mine.yaml:9:5  variants[1].expect.property: is missing\n    expected  the name of the property that breaks, e.g. LC',
      'schema',
    ],
    [
      'a figure that claims nothing',
      ', atLeast: 1',
      '',
      'mine.yaml:11:9  variants[1].figures[0]: claims nothing\n    expected  atLeast, atMost or both',
      'validator',
    ],
    [
      'a figure whose bounds exclude everything',
      'atLeast: 1',
      'atLeast: 2, atMost: 1',
      'mine.yaml:11:57  variants[1].figures[0].atMost: is less than atLeast',
      'validator',
    ],
    [
      'a time without its unit',
      'count: message:Vote, atLeast: 1',
      'from: call, to: answer, atLeast: 20',
      'mine.yaml:11:48  variants[1].figures[0].atLeast: 20 has no unit\n    expected  a duration with its unit, e.g. 300us, 150ms or 2s\n    hint      write 20ms or 20s',
      'validator',
    ],
    [
      'a beat of no variant',
      'variant: wrong',
      'variant: wrnog',
      'mine.yaml:15:5  beats[0].variant: "wrnog" is not a variant of this lesson\n    expected  one of right, wrong\n    hint      did you mean wrong?',
      'validator',
    ],
    [
      'an answer without its reason',
      '{ text: b, why: w }',
      '{ text: b }',
      'mine.yaml:21:11  beats[0].question.answers[1].why: is missing\n    expected  why it is right, or why it is wrong',
      'schema',
    ],
    [
      'no right answer',
      'right: true, ',
      '',
      'mine.yaml:19:7  beats[0].question.answers: has no right answer\n    expected  exactly one answer with right: true',
      'validator',
    ],
    [
      'two right answers',
      '{ text: b,',
      '{ text: b, right: true,',
      'mine.yaml:19:7  beats[0].question.answers: has 2 right answers\n    expected  exactly one answer with right: true',
      'validator',
    ],
    [
      'an answer that YAML takes for a number',
      'text: a,',
      'text: 1,',
      'mine.yaml:20:13  beats[0].question.answers[0].text: 1 does not fit\n    expected  an answer, in quotes where it is a number',
      'schema',
    ],
    [
      'a beat that says nothing',
      '    say: s\n',
      '',
      'mine.yaml:13:5  beats[0].say: is missing\n    expected  what there is to be seen',
      'schema',
    ],
    ['YAML that ends too early', 'assumes: [a]', 'assumes: [a', 'mine.yaml:4:1  This is not valid YAML', 'schema'],
  ];
  test.each(wrongs)('for %s', (_what, from, to, says, finder) => {
    expect(good).toContain(from);
    const text = good.replace(from, to);
    expect(problemsOf(text)).toContain(says);
    let value: unknown;
    try {
      value = parse(text);
    } catch {
      return;
    }
    expect(published.safeParse(value).success).toBe(finder === 'validator');
  });

  test('is told when it is empty', () => {
    expect(problemsOf('')).toBe(
      'mine.yaml  The lesson is empty.\n    expected  at least title, teaches, assumes, scenario, variants, beats and reading',
    );
  });
});
