/** Where the timeline opens. */
import { what } from '../timeline/step-index.ts';
import { beatsOf, limitOf, startLesson } from './lesson.ts';
import { firstHolding, say } from './moves.ts';
import { startState, type ViewState } from './state.ts';
import type { Viewer } from './viewer.ts';

/** A failing run opens where it fails, as soon as that is known; any other at its beginning. */
export function beginning(viewer: Viewer): ViewState {
  const { film } = viewer.branches[0] as Viewer['branches'][number];
  const { lesson: shown, told = [] } = viewer.showing;
  // The nodes' starting says nothing yet.
  const { index } = film;
  let place = 0;
  while (place < index.length - 1 && ((index.flags[place] as number) & what.firstBoot) !== 0) place++;
  const lesson = shown === undefined ? undefined : { ...startLesson, told };
  const start: ViewState = { ...startState, lesson, place: viewer.sees(startState).nearest(place) };
  if (lesson === undefined) return viewer.isWhole ? opened(viewer, start, start) : start;
  // A lesson is taken up where it was left.
  const before = told[0] ?? 0;
  if (before === 0) return { ...start, place: Math.min(start.place, limitOf(viewer, start)) };
  return { ...start, place: beatsOf(viewer, 0)[before - 1]?.place ?? start.place };
}

/**
 * The run has been recorded to its end: to where a predicate holds that was given, or to where it fails, unless somebody has begun to look
 * around.
 */
export function opened(viewer: Viewer, state: ViewState, start: ViewState): ViewState {
  const { until } = viewer.showing;
  const isUntouched = state.branch === start.branch && state.place === start.place && state.mode === 'watch';
  const { film } = viewer.branches[0] as Viewer['branches'][number];
  const { index } = film;
  if (until !== undefined && isUntouched) {
    const place = firstHolding(film, until, 0);
    return place < 0
      ? say(state, `${until.text} never holds in this run`)
      : say({ ...state, place }, `${until.text} holds here`);
  }
  const end = index.find(0, 1, what.violation | what.failure);
  if (end < 0) return { ...state };
  return isUntouched ? { ...state, place: end } : say(state, 'the run fails at its end: :violation');
}
