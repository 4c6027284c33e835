/** Lessons keep what they promise, and those that do not are found out. */
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { builtInLessons, lessonFile, readLesson, stage } from '../../src/cli/lessons.ts';
import { SMALLEST } from '../../src/tui/geometry.ts';
import { beatsOf, limitOf } from '../../src/tui/lesson.ts';
import { beginning } from '../../src/tui/opening.ts';
import type { ViewState } from '../../src/tui/state.ts';
import { Viewer } from '../../src/tui/viewer.ts';
import { createWorkplace, PATIENCE } from '../e2e/command.ts';
import { repositoryRoot } from '../support/lint.ts';
import { middle, pressed, shot, small } from '../tui/viewers.ts';

const lessonNames = builtInLessons().map(({ lesson }) => lesson.name);

vi.setConfig(PATIENCE);

const place = createWorkplace();
afterAll(() => place.remove());
cpSync(join(repositoryRoot, 'lessons'), join(place.path, 'lessons'), { recursive: true });

describe('lesson check', () => {
  test.each(lessonNames)('%s: every variant does what is claimed of it, every beat comes', (name) => {
    const { code, stdout } = place.worldline('lesson', 'check', name);
    expect(stdout).toMatch(new RegExp(`^GOOD {2}${name}: `));
    expect(code).toBe(0);
  });

  const figured = 'figures: [{ says: an election, from: fault, to: leader:n1, atLeast: 0us, atMost: 9s }]';
  const text = readFileSync(lessonFile('raft-vote'), 'utf8').replace('bug: R01a', `bug: R01a\n    ${figured}`);
  const spoiled: readonly (readonly [what: string, from: string, to: string, says: RegExp])[] = [
    ['a claim that is wrong', 'property: ES', 'property: LC', /was to break LC, but ES is broken/],
    ['a broken variant that is not broken', 'bug: R01a', 'bug: R30', /was to break ES, but passed/],
    ['a beat that never comes', 'crash:n3', 'crash:n2', /never comes after the beat before: crash:n2 \(\S+:50:5\)/],
    [
      'a predicate that means nothing',
      'crash:n3',
      'crush',
      /spoiled.yaml:50:5 {2}beats\[4\].when: "crush" means nothing/,
    ],
    [
      'a property that nobody knows',
      'properties: [ES]',
      'properties: [EX]',
      /:19:18 {2}variants\[1\].properties\[0\]: "EX"/,
    ],
    ['a figure that is too small', figured, figured.replace('0us', '6s'), /: \S+ ms, and not at least 6 s/],
    ['a figure that is too large', figured, figured.replace('9s', '1us'), /: \S+ ms, and not at most 1 us/],
    ['a figure that never comes', figured, figured.replace('leader:n1', 'leader:n9'), /an election: never/],
    ['a break that is said to be outside the model', 'ES }', 'ES, outside: true }', /was to break outside the model/],
    [
      'a protocol that the scenario does not fit',
      'bug: R01a',
      'protocol: 2pc',
      /nodes.server: is not a role of two-phase-commit/,
    ],
    [
      'a change of the scenario that is none',
      'bug: R01a',
      'set: { netwrk: {} }',
      /variants\[1\].set {2}netwrk: is not a field/,
    ],
  ];
  test.each(spoiled)('finds %s', (_what, from, to, says) => {
    expect(text).toContain(from);
    const file = place.file('lessons/spoiled.yaml', text.replace(from, to));
    const { code, stdout, stderr } = place.worldline('lesson', 'check', file);
    expect(stdout + stderr).toMatch(says);
    expect([1, 2]).toContain(code);
  });

  test('finds a break outside the model that is claimed to be within', () => {
    const outside = readFileSync(lessonFile('three-phase-commit-split'), 'utf8').replaceAll(', outside: true', '');
    const { code, stdout } = place.worldline('lesson', 'check', place.file('lessons/outside.yaml', outside));
    expect(stdout).toContain(
      'cut: AC1 was to break within the model, but the protocol does not claim to survive partition',
    );
    expect(code).toBe(1);
  });
});

describe('learn', () => {
  test('lists lessons with progress, and tells one as text', () => {
    expect(place.worldline('learn').stdout).toMatch(/raft-vote +0\/\d+ {2}Raft: a vote must survive a crash/);
    const { stdout, code } = place.worldline('learn', 'raft-vote', '--plain');
    expect(code).toBe(0);
    expect(stdout).toContain('Yes: Two majorities of three servers share a server');
    expect(stdout).toContain('-> ES is broken');
    expect(place.worldline('learn', 'raft-vot').stderr).toContain('did you mean raft-vote?');
  });
});

describe.each(lessonNames)('%s on the timeline', async (name) => {
  const read = readLesson(lessonFile(name));
  const { lesson } = read;
  const staged = await Promise.all(lesson.variants.map((variant) => stage(read, variant)));
  const make = (): Viewer => {
    const [{ protocol, plan }] = staged as [(typeof staged)[number], ...typeof staged];
    const variants = staged.map(({ variant, ...rest }) => ({ name: variant.name, title: variant.title, ...rest }));
    return new Viewer({ protocol, plan, title: name, command: '', lesson, variants });
  };

  test.each([
    ['}', [small, middle]],
    ['enter', [small]],
    ['j', [small]],
  ] as const)('is played to its end with %s, questions answered', (key, sizes) => {
    for (const size of sizes) {
      const viewer = make();
      let state: ViewState = beginning(viewer);
      for (const [branch] of lesson.variants.entries()) {
        for (
          let steps = 0;
          steps < 1_500 && (state.lesson?.told[branch] ?? 0) < beatsOf(viewer, branch).length;
          steps++
        ) {
          expect(state.place).toBeLessThanOrEqual(limitOf(viewer, state));
          expect(shot(viewer, state, size).split('\n').length).toBe(size.rows - 1);
          if (state.mode !== 'question') state = pressed(viewer, [key], size, state);
          else {
            const question = beatsOf(viewer, branch)[state.lesson?.told[branch] ?? 0]?.beat.question;
            expect(shot(viewer, state, size)).toContain('WHAT COMES NEXT?');
            // That a node is about to crash, for one.
            expect(shot(viewer, state, size)).not.toContain('a handler that never');
            const right = (question?.answers.findIndex((answer) => answer.right) ?? 0) + 1;
            state = pressed(viewer, ['h', String((right % 3) + 1), String(right), 'enter'], size, state);
          }
        }
        expect(state.lesson?.told[branch]).toBe(beatsOf(viewer, branch).length);
        state = pressed(viewer, ['v'], size, state);
      }
      expect(state.lesson?.right).toBe(0);
      expect(state.lesson?.asked).toBeGreaterThan(2);
    }
  });

  test('has its hints and its reasons read to their ends on the smallest screen too', () => {
    const viewer = make();
    let state: ViewState = beginning(viewer);
    let asked = 0;
    const read = (at: ViewState): string => shot(viewer, at, SMALLEST).replaceAll(/\s+/g, ' ');
    for (let steps = 0; steps < 100 && (state.lesson?.told[0] ?? 0) < beatsOf(viewer, 0).length; steps++) {
      const question = beatsOf(viewer, 0)[state.lesson?.told[0] ?? 0]?.beat.question;
      if (state.mode === 'question' && question !== undefined) {
        asked++;
        expect(read(pressed(viewer, ['h'], SMALLEST, state))).toContain(`Hint: ${question.hint}`);
        for (const [i, { why }] of question.answers.entries())
          expect(read(pressed(viewer, [String(i + 1)], SMALLEST, state))).toContain(`: ${why}`);
      }
      state = pressed(viewer, state.mode === 'question' ? ['s'] : ['}'], SMALLEST, state);
    }
    expect(asked).toBeGreaterThan(0);
  });

  test('shows nothing of what is asked about before it is answered', () => {
    const viewer = make();
    let state: ViewState = beginning(viewer);
    for (let i = 0; i < 50 && state.mode !== 'question'; i++) state = pressed(viewer, ['}'], middle, state);
    const told = state.lesson?.told[0] ?? 0;
    const asked = beatsOf(viewer, 0)[told]?.place as number;
    expect(pressed(viewer, ['q'], middle, state).quit).toBe(true);
    const open = pressed(viewer, ['esc'], middle, state);
    for (const keys of [
      ['G'],
      ['/', ...'leader', 'enter', 'n', 'n'],
      [':', '9', '9', '9', 'enter'],
      ['space'],
      [']', ']', ']'],
    ]) {
      const after = pressed(viewer, keys, middle, open);
      expect(after.place).toBeLessThan(asked);
      const event = viewer.film(after).index.at(asked).event;
      expect(shot(viewer, after, middle)).not.toContain(`#${event} `);
    }
  });

  test('shows another variant at the same moment, or asks first what it alone asks before', () => {
    const viewer = make();
    let state: ViewState = beginning(viewer);
    const all = beatsOf(viewer, 0).length;
    for (let told = 1; told <= all; told++) {
      while ((state.lesson?.told[0] ?? 0) < told)
        state = pressed(viewer, state.mode === 'question' ? ['s'] : ['}'], small, state);
      const other = pressed(viewer, ['v'], small, state);
      const at = (one: ViewState): number => viewer.film(one).index.times[one.place] as number;
      const next = beatsOf(viewer, 1)[other.lesson?.told[1] ?? 0];
      expect(other.branch).toBe(1);
      expect(other.place).toBeLessThanOrEqual(limitOf(viewer, other));
      const { index } = viewer.film(other);
      const asksFirst = next?.beat.question !== undefined && (index.times[next.place as number] as number) <= at(state);
      const isOver = index.times[index.length - 1] as number;
      if (!asksFirst) expect(at(other)).toBeGreaterThanOrEqual(Math.min(at(state), isOver) - 60_000);
    }
  });

  test('goes on in a branch of one’s own, and comes back', () => {
    const viewer = make();
    const start = pressed(viewer, ['}'], small, beginning(viewer));
    const branched = pressed(
      viewer,
      ['b', ...[...'crash n2 for good'].map((key) => (key === ' ' ? 'space' : key)), 'enter'],
      small,
      start,
    );
    expect(branched.branch).toBe(lesson.variants.length);
    expect(viewer.branch(branched).name).toBe('what-if/1');
    expect(shot(viewer, branched, small)).toContain('A branch of your own');
    expect(pressed(viewer, ['w'], small, branched).branch).toBe(0);
    // The next variant is one of the lesson's, and what was tried in this one does not stand below it.
    const other = pressed(viewer, ['v'], small, branched);
    expect(other.branch).toBe(1);
    expect(shot(viewer, other, small)).not.toContain('what-if/1');
    // A branch of the second variant leads back to the second variant.
    const second = pressed(viewer, ['b', ...[...'crash'], 'enter'], small, other);
    expect(viewer.branch(second).name).toBe('what-if/2');
    expect(pressed(viewer, ['w'], small, second).branch).toBe(1);
    expect(shot(viewer, second, small)).not.toContain('what-if/1');
  });

  test('turns the page with Enter, and says so; who has left the story follows causes with it', () => {
    const viewer = make();
    let state: ViewState = beginning(viewer);
    const hints = (at: ViewState): string =>
      shot(viewer, at, { columns: 80, rows: 24 }).trimEnd().split('\n').at(-1) ?? '';
    expect(shot(viewer, state, small)).toMatch(/^0 of \d+ {3}Enter goes on/m);
    expect(hints(state)).toMatch(/^ Enter go on .* \? keys/);
    const turned = pressed(viewer, ['enter'], small, state);
    expect(turned).toEqual(pressed(viewer, ['}'], small, state));
    expect(turned.mode === 'question' || turned.lesson?.told[0] === 1).toBe(true);
    // To where something comes of what is there: from here E leads to it, as Enter does where nobody tells.
    state = { ...pressed(viewer, ['b', ...'crash', 'enter'], small, state), place: 0, message: '' };
    const follows = (at: ViewState): boolean => {
      const [one, other] = [pressed(viewer, ['enter'], small, at), pressed(viewer, ['E'], small, at)];
      expect(one).toEqual(other);
      return one.place !== at.place;
    };
    const places = Array.from({ length: 30 }, (_, place) => follows({ ...state, place }));
    expect(places).toContain(true);
    expect(hints(state)).toContain('Enter follow');
  });

  test('goes on from where one went back to, and says at the end what is left', () => {
    const viewer = make();
    let state: ViewState = beginning(viewer);
    const beats = beatsOf(viewer, 0);
    while ((state.lesson?.told[0] ?? 0) < beats.length)
      state = pressed(viewer, state.mode === 'question' ? ['s'] : ['}'], small, state);
    const last = state.place;
    const places = [...new Set(beats.map(({ place }) => place))];
    const back = pressed(viewer, ['{', '{'], small, state);
    expect(back.place).toBe(places.at(-3));
    expect(shot(viewer, back, small)).toMatch(/\d of \d+ {3}Enter goes on/);
    expect(pressed(viewer, ['}'], small, back).place).toBe(places.at(-2));
    const again = pressed(viewer, ['}', '}'], small, back);
    expect(again.place).toBe(last);
    const left = lesson.variants.slice(1).map((variant) => variant.name);
    expect(pressed(viewer, ['}'], small, again).message).toBe(
      `this variant is told to its end: v goes on with ${left.join(', ')}`,
    );
    for (const [branch] of lesson.variants.entries()) {
      while (state.branch !== branch) state = pressed(viewer, ['v'], small, state);
      while ((state.lesson?.told[branch] ?? 0) < beatsOf(viewer, branch).length)
        state = pressed(viewer, state.mode === 'question' ? ['s'] : ['}'], small, state);
    }
    expect(pressed(viewer, ['G', '}', '}'], small, state).message).toContain('so are the others, q leaves');
  });

  test('remembers what was answered to the question that is open', () => {
    const viewer = make();
    let state: ViewState = beginning(viewer);
    while (state.mode !== 'question') state = pressed(viewer, ['}'], small, state);
    const question = beatsOf(viewer, 0)[state.lesson?.told[0] ?? 0]?.beat.question;
    const right = (question?.answers.findIndex((answer) => answer.right) ?? 0) + 1;
    const wrong = (question?.answers ?? []).map((_, i) => i + 1).filter((i) => i !== right);
    state = pressed(viewer, [...wrong.map(String), 'esc', 'k', '}'], small, state);
    while (state.mode !== 'question') state = pressed(viewer, ['}'], small, state);
    for (const number of wrong) expect(shot(viewer, state, small)).toContain(`✗ ${number} `);
    state = pressed(viewer, [String(right)], small, state);
    // Who reads afterwards why the others are wrong goes on all the same.
    const curious = pressed(viewer, [String(wrong[0])], small, state);
    expect(shot(viewer, curious, small)).toMatch(/^ Enter go on/m);
    expect(pressed(viewer, ['enter'], small, curious).mode).not.toBe('question');
    // Looking around does not make it a first try.
    expect(state.lesson).toMatchObject({ asked: 1, right: 0 });
    expect(shot(viewer, pressed(viewer, ['enter'], small, state), small)).not.toContain('✗');
  });
});
