/** From a key to the next state. Prompts and lists take keys first. */
import type { Size } from './geometry.ts';
import { keyNamed } from './keys.ts';
import { answer, caughtUp, limitOf, nextBeat } from './lesson.ts';
import { waysInSight } from './menu.ts';
import { enterBranch, find, goTo, jump, runUntil, say, setFilter } from './moves.ts';
import type { Mode, ViewState } from './state.ts';
import type { Viewer } from './viewer.ts';

export function press(viewer: Viewer, state: ViewState, key: string, size: Size): ViewState {
  const quiet = { ...state, message: '' };
  if (key === 'ctrl-c') return { ...quiet, quit: true };
  const handler = handlers[state.mode];
  if (handler !== undefined) return withinLesson(viewer, quiet, handler(viewer, quiet, key, size));
  if (state.enlarged && state.pane !== 2 && key in SCROLLS)
    return { ...quiet, scroll: Math.max(0, state.scroll + (SCROLLS[key] ?? 0)) };
  const found = keyNamed(key);
  if (found === undefined) return say(quiet, `${key} does nothing here; ? lists the keys`);
  const isPlayKey = found.group === 'playing';
  const next = found.move(size)(viewer, isPlayKey ? quiet : { ...quiet, playing: false });
  return withinLesson(viewer, quiet, next);
}

/** A lesson's film stops before what it asks about; the step that would go beyond brings the beat. */
export function withinLesson(viewer: Viewer, before: ViewState, after: ViewState): ViewState {
  if (after.lesson === undefined) return after;
  const next = after.branch === before.branch ? after : caughtUp(viewer, before, after);
  const limit = limitOf(viewer, next);
  if (next.place <= limit) return next;
  if (next.mode !== 'watch') return { ...next, place: before.place };
  if (next.branch !== before.branch) return { ...next, place: Math.max(0, viewer.sees(next).nearest(limit)) };
  return nextBeat(viewer, { ...before, playing: false });
}

const SCROLLS: { readonly [key: string]: number } = {
  j: 1,
  down: 1,
  k: -1,
  up: -1,
  pagedown: 10,
  pageup: -10,
  'ctrl-d': 10,
  'ctrl-u': -10,
};

type Handler = (viewer: Viewer, state: ViewState, key: string, size: Size) => ViewState;

const closed = (state: ViewState): ViewState => ({ ...state, mode: 'watch', typed: '', scroll: 0 });

const isText = (key: string): boolean => key.length === 1 || key === 'space';

function typed(state: ViewState, key: string): ViewState {
  if (key === 'backspace') return { ...state, typed: state.typed.slice(0, -1) };
  return isText(key) ? { ...state, typed: state.typed + (key === 'space' ? ' ' : key) } : state;
}

/** A line that is typed, and what `Enter` makes of it. */
const prompt =
  (enter: (viewer: Viewer, state: ViewState, text: string) => ViewState): Handler =>
  (viewer, state, key) => {
    if (key === 'esc') return closed(state);
    if (key === 'enter') return enter(viewer, closed(state), state.typed);
    return typed(state, key);
  };

/** The view follows what is typed; `Esc` goes back to where it began. */
const search: Handler = (viewer, state, key) => {
  if (key === 'esc') return closed({ ...state, place: state.back.at(-1) ?? state.place });
  if (key === 'enter') return closed({ ...state, search: state.typed === '' ? state.search : state.typed });
  const next = typed(state, key);
  if (next.typed === '') return next;
  return { ...find(next.typed, 1, state.place)(viewer, { ...next, search: next.typed }), mode: 'search' };
};

const help: Handler = (_viewer, state, key) => {
  if (key === 'esc' || key === 'enter' || (key === '?' && state.typed === '')) return closed(state);
  if (key === 'down' || key === 'pagedown') return { ...state, scroll: state.scroll + (key === 'down' ? 1 : 10) };
  if (key === 'up' || key === 'pageup')
    return { ...state, scroll: Math.max(0, state.scroll - (key === 'up' ? 1 : 10)) };
  if (key === 'q' && state.typed === '') return closed(state);
  return { ...typed(state, key), scroll: 0 };
};

const faults: Handler = (viewer, state, key) => {
  const { episodes } = viewer.film(state).chronicle;
  if (key === 'esc' || key === 'q' || key === 'F') return closed(state);
  if (key === 'enter') {
    const episode = episodes[state.choice];
    if (episode === undefined) return closed(state);
    return jump(closed(state), viewer.film(state).index.placeOf(episode.event));
  }
  const by = SCROLLS[key] ?? 0;
  return { ...state, choice: Math.max(0, Math.min(episodes.length - 1, state.choice + by)) };
};

/** What could happen instead; chosen, it becomes a branch. */
const menu: Handler = (viewer, state, key) => {
  if (key === 'esc') return closed(state);
  const ways = waysInSight(viewer, state);
  if (key === 'enter') {
    const way = ways[Math.min(state.choice, ways.length - 1)];
    if (way === undefined) return closed(state);
    return enterBranch(viewer, closed(state), viewer.branchOff(state, way));
  }
  // Letters search here: only arrows choose.
  const by = key.length > 1 ? (SCROLLS[key] ?? 0) : 0;
  if (by !== 0) return { ...state, choice: Math.max(0, Math.min(ways.length - 1, state.choice + by)) };
  return { ...typed(state, key), choice: 0 };
};

const handlers: { readonly [mode in Mode]?: Handler } = {
  search,
  help,
  faults,
  menu,
  question: answer,
  until: prompt((viewer, state, text) => (text.trim() === '' ? state : runUntil(text)(viewer, state))),
  filter: prompt((viewer, state, text) => setFilter(text)(viewer, state)),
  goto: prompt((viewer, state, text) => (text.trim() === '' ? state : goTo(text)(viewer, state))),
};
