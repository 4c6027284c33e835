/** A lesson on the timeline: which beats have been told, what is asked, and what of the run may be seen yet. */

import { beatsIn, type Fallen, placeBeats } from '../timeline/beats.ts';
import { measured, tellFigure } from '../timeline/figures.ts';
import { cut, type Line, lineOf, wrapText } from '../timeline/ink.ts';
import type { ViewState } from './state.ts';
import type { Viewer } from './viewer.ts';

/** The parts of a lesson that are shown. */
export interface LessonShown {
  readonly name: string;
  readonly title: string;
  readonly teaches: string;
  readonly assumes: readonly string[];
  readonly reading: readonly string[];
  readonly beats: readonly BeatShown[];
}

interface BeatShown {
  readonly when: string;
  readonly nth: number;
  readonly variant?: string | readonly string[];
  readonly say: string;
  readonly question?: {
    readonly ask: string;
    readonly hint: string;
    readonly answers: readonly { readonly text: string; readonly right: boolean; readonly why: string }[];
  };
}

/** How far a viewer has come. Beats are counted branch by branch. */
export interface LessonState {
  /** Beats told, by branch. */
  readonly told: readonly number[];
  /** The answers that were given to the question that is open, the last one at the end. */
  readonly tried: readonly number[];
  readonly isHinted: boolean;
  /** Questions answered right at the first try, and all that were answered. */
  readonly right: number;
  readonly asked: number;
}

export const startLesson: LessonState = { told: [], tried: [], isHinted: false, right: 0, asked: 0 };

/** The beats of a branch, where they fall. What-if branches have none. */
export function beatsOf(viewer: Viewer, branch: number): readonly Fallen<BeatShown>[] {
  const { lesson } = viewer.showing;
  const run = viewer.branches[branch];
  if (lesson === undefined || run === undefined || run.parent !== undefined) return [];
  const own = beatsIn(lesson.beats, run.name);
  return viewer.remembered(`beats ${branch}`, () =>
    placeBeats(own, run.film.length, (place) => run.film.scene(place).step).filter(({ place }) => place !== undefined),
  );
}

/** Whether somebody tells here: in a lesson, but not in a branch of the viewer's own. */
export const isTold = (viewer: Viewer, state: ViewState): boolean =>
  state.lesson !== undefined && viewer.branch(state).parent === undefined;

const toldIn = ({ lesson, branch }: ViewState): number => lesson?.told[branch] ?? 0;

/** The last step that may be seen: the one before the beat that comes next. */
export function limitOf(viewer: Viewer, state: ViewState): number {
  const end = viewer.film(state).length - 1;
  if (state.lesson === undefined) return end;
  const next = beatsOf(viewer, state.branch)[toldIn(state)];
  return next?.place === undefined ? end : Math.max(0, next.place - 1);
}

/** The next beat: one that was told already, if the viewer has gone back; else told at once, or asked about first. */
export function nextBeat(viewer: Viewer, state: ViewState): ViewState {
  const beats = beatsOf(viewer, state.branch);
  const told = toldIn(state);
  const again = beats.slice(0, told).find(({ place = 0 }) => place > state.place);
  if (again?.place !== undefined) return { ...state, place: again.place };
  const next = beats[told];
  if (next?.place === undefined)
    return { ...state, message: `this variant is told to its end: ${whatIsLeft(viewer, state)}` };
  if (next.beat.question === undefined) return tell(viewer, state);
  const before = viewer.sees(state).nearest(next.place - 1);
  const place = before >= 0 && before < next.place ? before : next.place - 1;
  return { ...state, place: Math.max(0, place), mode: 'question' };
}

/** The variants that have not been told to their ends. */
function whatIsLeft(viewer: Viewer, { lesson, branch }: ViewState): string {
  const left = viewer.branches.flatMap(({ name, parent }, i) => {
    const isOver = (lesson?.told[i] ?? 0) >= beatsOf(viewer, i).length;
    return parent !== undefined || i === viewer.rootOf(branch) || isOver ? [] : [name];
  });
  return left.length === 0 ? 'so are the others, q leaves' : `v goes on with ${left.join(', ')}`;
}

export function previousBeat(viewer: Viewer, state: ViewState): ViewState {
  const earlier = beatsOf(viewer, state.branch)
    .slice(0, toldIn(state))
    .filter(({ place }) => (place ?? 0) < state.place)
    .at(-1);
  return earlier?.place === undefined
    ? { ...state, message: 'this is where the lesson begins' }
    : { ...state, place: earlier.place };
}

function tell(viewer: Viewer, state: ViewState): ViewState {
  const told = toldIn(state);
  const beat = beatsOf(viewer, state.branch)[told];
  const all = viewer.branches.map((_, i) => (i === state.branch ? told + 1 : (state.lesson?.told[i] ?? 0)));
  viewer.showing.onProgress?.(all);
  return {
    ...ofLesson(state, { told: all, tried: [], isHinted: false }),
    place: beat?.place ?? state.place,
    mode: 'watch',
  };
}

/**
 * Another variant, at the moment that was reached in this one: beats that both have are not told again, and nothing is asked about that
 * can be seen already. What is asked in this variant alone, before that moment, is asked first.
 */
export function caughtUp(viewer: Viewer, before: ViewState, next: ViewState): ViewState {
  if (viewer.branch(next).parent !== undefined || viewer.branch(before).parent !== undefined) return next;
  const known = new Set(
    beatsOf(viewer, before.branch)
      .slice(0, toldIn(before))
      .map(({ beat }) => beat),
  );
  const beats = beatsOf(viewer, next.branch);
  const behind = beats.findIndex(
    ({ beat, place = 0 }) => !known.has(beat) && (beat.question !== undefined || place > next.place),
  );
  const told = Math.max(toldIn(next), behind < 0 ? beats.length : behind);
  return ofLesson(next, {
    told: viewer.branches.map((_, i) => (i === next.branch ? told : (next.lesson?.told[i] ?? 0))),
    tried: [],
    isHinted: false,
  });
}

const ofLesson = (state: ViewState, change: Partial<LessonState>): ViewState => ({
  ...state,
  lesson: { ...(state.lesson ?? startLesson), ...change },
});

/** Keys while a question is open. */
export function answer(viewer: Viewer, state: ViewState, key: string): ViewState {
  const question = openQuestion(viewer, state);
  if (question === undefined || key === 'esc') return { ...state, mode: 'watch' };
  if (key === 'q') return { ...state, quit: true };
  const { lesson = startLesson } = state;
  const picked = Number(key) - 1;
  const chosen = question.answers[picked];
  if (chosen !== undefined) {
    const counted =
      lesson.tried.length === 0 ? { asked: lesson.asked + 1, right: lesson.right + (chosen.right ? 1 : 0) } : {};
    return ofLesson(state, { tried: [...lesson.tried, picked], ...counted });
  }
  const goesOn = isAnswered(viewer, state);
  if (key === 'h') return ofLesson(state, { isHinted: true });
  if (key === 's' || (goesOn && ['enter', '}', 'j', 'down', 'space'].includes(key))) return tell(viewer, state);
  if (key === 'r')
    return ofLesson(state, { tried: [...lesson.tried, question.answers.findIndex(({ right }) => right)] });
  return {
    ...state,
    message: goesOn ? 'Enter goes on' : 'a number answers; h hint, r reveal, s skip, Esc look around, q quit',
  };
}

/** Whether the open question has been answered right, whatever was tried afterwards to read why it is wrong. */
export const isAnswered = (viewer: Viewer, state: ViewState): boolean => {
  const answers = openQuestion(viewer, state)?.answers;
  return state.lesson?.tried.some((picked) => answers?.[picked]?.right) ?? false;
};

const openQuestion = (viewer: Viewer, state: ViewState): BeatShown['question'] =>
  beatsOf(viewer, state.branch)[toldIn(state)]?.beat.question;

/** What the lesson says at this moment. */
export function lessonLines(viewer: Viewer, state: ViewState, width: number): Line[] {
  const { lesson } = viewer.showing;
  if (lesson === undefined) return [];
  if (viewer.branch(state).parent !== undefined)
    return wrapText(`A branch of your own. w goes ${wayBack(viewer, state)}, at the same moment.`, width).map((text) =>
      lineOf(text),
    );
  if (state.mode === 'question') return questionLines(viewer, state, width);
  const beats = beatsOf(viewer, state.branch);
  const told = toldIn(state);
  const here = beats.slice(0, told).findLast(({ place }) => (place ?? 0) <= state.place);
  const number = here === undefined ? 0 : beats.indexOf(here) + 1;
  const say = here?.beat.say ?? `${lesson.teaches} Taken for granted: ${lesson.assumes.join('; ')}.`;
  return [
    lineOf(
      cut(
        `${number} of ${beats.length}   ${told < beats.length || number < told ? 'Enter goes on' : whatIsLeft(viewer, state)}   ${viewer.branch(state).says}`,
        width,
      ),
      'hint',
    ),
    ...wrapText(say, width).map((text) => lineOf(text)),
    ...(told === beats.length && number === beats.length ? endLines(viewer, state, width) : []),
  ];
}

/** Where `w` goes from a branch: they come one after the other. */
const wayBack = (viewer: Viewer, { branch }: ViewState): string =>
  viewer.branches.some((_, i) => i > branch && viewer.rootOf(i) === viewer.rootOf(branch))
    ? 'to your next branch, and then back to the lesson'
    : 'back to the lesson';

/** What was measured, variant by variant, how well was predicted, and where there is more. */
function endLines(viewer: Viewer, state: ViewState, width: number): Line[] {
  const figures = figureWords(viewer, state).map((text) => `Measured: ${text}`);
  const reading = `Read: ${viewer.showing.lesson?.reading.join('; ')}`;
  const lines = [...figures, `The end. ${score(state)}`.trim(), reading];
  return lines.flatMap((text) => wrapText(text, width).map((line) => lineOf(line, 'hint')));
}

/** What is measured in the runs of the lesson, variant by variant: to be compared. */
const figureWords = (viewer: Viewer, state: ViewState): readonly string[] =>
  viewer.remembered(`figures ${state.branch}`, () => {
    const { film } = viewer.branch(state);
    const steps = Array.from({ length: film.length }, (_, place) => film.scene(place).step);
    const figures = viewer.showing.variants?.[state.branch]?.figures ?? [];
    return figures.map((figure) => `${tellFigure(figure, measured(figure, steps))}.`);
  });

const score = ({ lesson }: ViewState): string =>
  lesson === undefined || lesson.asked === 0 ? '' : `${lesson.right} of ${lesson.asked} answered right at once.`;

function questionLines(viewer: Viewer, state: ViewState, width: number): Line[] {
  const question = openQuestion(viewer, state);
  if (question === undefined) return [];
  const { tried, isHinted } = state.lesson ?? startLesson;
  const chosen = question.answers[tried.at(-1) ?? -1];
  return [
    ...wrapText(`WHAT COMES NEXT?  ${question.ask}`, width).map((text) => lineOf(text, 'title')),
    ...question.answers.flatMap(({ text, right }, i) => {
      const isTried = tried.includes(i);
      const sign = isTried ? (right ? '✓' : '✗') : '·';
      return wrapText(`${sign} ${i + 1} ${text}`, width).map((one) =>
        lineOf(one, isTried ? (right ? 'good' : 'fault') : 'plain'),
      );
    }),
    ...(chosen === undefined
      ? []
      : wrapText(`${chosen.right ? 'Yes' : 'No'}: ${chosen.why}`, width).map((text) => lineOf(text, 'bold'))),
    ...(isHinted && chosen === undefined
      ? wrapText(`Hint: ${question.hint}`, width).map((text) => lineOf(text, 'hint'))
      : []),
  ];
}
