/** How the cursor moves. Each move answers with a new state, or with a word about why there is nowhere to go. */

import type { Film } from '../timeline/film.ts';
import { findText } from '../timeline/filter.ts';
import { type Predicate, predicateWords, readPredicate } from '../timeline/predicate.ts';
import { zooms } from '../timeline/sight.ts';
import { what } from '../timeline/step-index.ts';
import type { ViewState } from './state.ts';
import type { Viewer } from './viewer.ts';

export type Move = (viewer: Viewer, state: ViewState) => ViewState;

const BACK_MAX = 100;

/** Puts the cursor on a step. */
function to(state: ViewState, place: number): ViewState {
  return place < 0 || place === state.place ? state : { ...state, place };
}

/** The same, from far away: `Backspace` comes back. */
export function jump(state: ViewState, place: number): ViewState {
  if (place < 0 || place === state.place) return state;
  return { ...state, place, back: [...state.back, state.place].slice(-BACK_MAX) };
}

export const say = (state: ViewState, message: string): ViewState => ({ ...state, message });

export const step =
  (direction: 1 | -1, times = 1): Move =>
  (viewer, state) => {
    const seer = viewer.sees(state);
    let { place } = state;
    for (let i = 0; i < times; i++) {
      const next = seer.next(place, direction);
      if (next < 0) break;
      place = next;
    }
    if (place !== state.place) return to(state, place);
    return say(state, direction === 1 ? 'this is the last event in sight' : 'this is the first event in sight');
  };

export const toEnd =
  (direction: 1 | -1): Move =>
  (viewer, state) => {
    const seer = viewer.sees(state);
    const film = viewer.film(state);
    const edge = direction === 1 ? film.length - 1 : 0;
    return jump(state, seer.shows(edge) ? edge : seer.next(edge, direction === 1 ? -1 : 1, edge));
  };

/** The lane that is chosen, among those that are shown. */
function laneAt(viewer: Viewer, state: ViewState, width: number): string | undefined {
  const { lanes } = viewer.layout(state, width);
  return lanes[Math.min(state.lane, lanes.length - 1)];
}

export const inLane =
  (direction: 1 | -1, width: number): Move =>
  (viewer, state) => {
    const node = laneAt(viewer, state, width);
    const seer = viewer.sees(state);
    const { index } = viewer.film(state);
    for (let place = seer.next(state.place, direction); place >= 0; place = seer.next(place, direction)) {
      const { node: at, from, flags } = index.at(place);
      if (at === node || ((flags & what.drop) !== 0 && from === node)) return to(state, place);
    }
    return say(state, `nothing more happens at ${node ?? 'this lane'} in sight`);
  };

export const chooseLane =
  (direction: 1 | -1, width: number): Move =>
  (viewer, state) => {
    const most = viewer.layout(state, width).lanes.length - 1;
    const lane = Math.max(0, Math.min(most, Math.min(state.lane, most) + direction));
    const name = viewer.layout(state, width).lanes[lane] ?? '';
    return say({ ...state, lane }, `lane ${name}: J and K move within it`);
  };

const FAULTS = what.fault | what.skipped | what.crash | what.boot | what.pause | what.halt | what.diskError;

const toKind =
  (direction: 1 | -1, flags: number, name: string): Move =>
  (viewer, state) => {
    const { index } = viewer.film(state);
    const found = index.find(state.place + direction, direction, flags);
    return found < 0 ? say(state, `no ${direction === 1 ? 'later' : 'earlier'} ${name}`) : jump(state, found);
  };

export const toFault = (direction: 1 | -1): Move => toKind(direction, FAULTS, 'fault');
export const toBeat = (direction: 1 | -1): Move =>
  toKind(direction, what.note | what.change | what.violation, 'note or change of role');

/** From an arrival to the sending, from a sending to its first arrival, from a timer to where it was set. */
export const followTag: Move = (viewer, state) => {
  const { index } = viewer.film(state);
  const here = index.at(state.place);
  const comes = (here.flags & (what.deliver | what.drop | what.timer | what.synced)) !== 0;
  if (comes && here.cause !== undefined && here.cause > 0) {
    const place = index.placeOf(here.cause);
    if (index.at(place).event === here.cause) return jump(state, place);
  }
  const effect = index.firstEffectOf(state.place);
  return effect < 0 ? say(state, 'nothing is known to have brought this about, or to come of it') : jump(state, effect);
};

/** And the other way: from an arrival to what it brought about. */
export const followOn: Move = (viewer, state) => {
  const effect = viewer.film(state).index.firstEffectOf(state.place);
  return effect < 0 ? say(state, 'nothing comes of this') : jump(state, effect);
};

export const goBack: Move = (_viewer, state) => {
  const place = state.back.at(-1);
  return place === undefined ? say(state, 'nowhere to go back to') : { ...state, place, back: state.back.slice(0, -1) };
};

export const zoom =
  (direction: 1 | -1): Move =>
  (viewer, state) => {
    const level = zooms[zooms.indexOf(state.zoom) + direction];
    if (level === undefined)
      return say(state, direction === 1 ? 'this is as far as it goes' : 'this is as near as it goes');
    const zoomed = { ...state, zoom: level };
    const place = viewer.sees(zoomed).nearest(state.place);
    return place < 0 ? say(state, 'nothing would be in sight') : { ...zoomed, place };
  };

export const toggleCone: Move = (viewer, state) => {
  const next = { off: 'chain', chain: 'cone', cone: 'off' } as const;
  const cone = next[state.cone];
  const coneAt = state.cone === 'off' ? state.place : state.coneAt;
  const changed = { ...state, cone, coneAt };
  const said = {
    off: 'everything again',
    chain: 'only what brought this event about and what it brought about itself',
    cone: 'all that can have influenced this event, or have been influenced by it',
  };
  const place = viewer.sees(changed).nearest(state.place);
  return say(place < 0 ? changed : { ...changed, place }, said[cone]);
};

export const setFilter =
  (text: string): Move =>
  (viewer, state) => {
    const filtered = { ...state, filter: text.trim() };
    const place = viewer.sees(filtered).nearest(state.place);
    if (place < 0) return say(state, `nothing fits "${text}"`);
    return { ...filtered, place };
  };

export const find =
  (text: string, direction: 1 | -1, from: number): Move =>
  (viewer, state) => {
    if (text === '') return say(state, 'nothing was searched for yet: /');
    const seer = viewer.sees(state);
    const isShown = (place: number): boolean => seer.shows(place);
    const found = findText(viewer.film(state), viewer.teller, text, from, direction, isShown);
    if (found < 0) return say(state, `"${text}" is nowhere ${direction === 1 ? 'below' : 'above'}`);
    return jump(state, found);
  };

/** `t 1430` or `1430ms`, `#118`, `violation`, `fault 2`. */
export const goTo =
  (text: string): Move =>
  (viewer, state) => {
    const { index, chronicle } = viewer.film(state);
    const word = text.trim();
    const event = /^#(\d+)$/.exec(word);
    if (event !== null) return jump(state, index.placeOf(Number(event[1])));
    const time = /^(?:t\s*)?(\d+(?:\.\d+)?)\s*(ms|s|us)?$/.exec(word);
    if (time !== null) {
      const unit = { s: 1_000_000, ms: 1_000, us: 1 }[time[2] ?? 'ms'] ?? 1_000;
      return jump(state, index.placeAt(Number(time[1]) * unit));
    }
    if (/^(violation|failure|v)$/.test(word)) {
      const found = index.find(0, 1, what.violation | what.failure);
      return found < 0 ? say(state, 'nothing is broken in this run') : jump(state, found);
    }
    const fault = /^fault\s+(\d+)$/.exec(word);
    if (fault !== null) {
      const episode = chronicle.episodes[Number(fault[1]) - 1];
      return episode === undefined ? say(state, 'there is no such fault') : jump(state, index.placeOf(episode.event));
    }
    return say(state, `"${word}" is no place: 1430 (ms), 1.5s, #118, fault 2, violation`);
  };

/** The next step in sight or not for which the predicate holds. */
export const runUntil =
  (text: string): Move =>
  (viewer, state) => {
    const predicate = readPredicate(text);
    if (predicate === undefined) return say(state, `"${text}" means nothing: ${predicateWords}`);
    const place = firstHolding(viewer.film(state), predicate, state.place + 1);
    return place < 0
      ? say(state, `${predicate.text} does not hold again`)
      : say(jump(state, place), `${predicate.text} holds here`);
  };

/** The first step from `from` on for which a predicate holds; -1 where there is none. */
export function firstHolding(film: Film, predicate: Predicate, from: number): number {
  for (let place = from; place < film.length; place++) if (predicate.holds(film.scene(place).step)) return place;
  return -1;
}

/** The same moment in the next branch: the last event that both have, or the same time. In a lesson, of this variant. */
export const nextBranch: Move = (viewer, state) => {
  const root = viewer.rootOf(state.branch);
  const own = branchesOf(viewer, (i) => viewer.rootOf(i) === root);
  return own.length < 2 ? nextVariant(viewer, state) : enterBranch(viewer, state, after(own, state.branch));
};

/** The same moment in the next variant of a lesson; else in the next branch. */
export const nextVariant: Move = (viewer, state) => {
  const variants = branchesOf(viewer, (i) => viewer.rootOf(i) === i);
  if (variants.length > 1) return enterBranch(viewer, state, after(variants, viewer.rootOf(state.branch)));
  return viewer.branches.length > 1
    ? nextBranch(viewer, state)
    : say(state, 'there is one run only: b goes another way');
};

const branchesOf = (viewer: Viewer, matches: (branch: number) => boolean): readonly number[] =>
  viewer.branches.map((_, i) => i).filter(matches);

/** The item after this one, in a circle. */
const after = (items: readonly number[], item: number): number =>
  items[(items.indexOf(item) + 1) % items.length] as number;

export function enterBranch(viewer: Viewer, state: ViewState, branch: number): ViewState {
  const at = viewer.film(state).index.times[state.place] ?? 0;
  const event = viewer.event(state);
  const entered: ViewState = { ...state, branch, back: [], cone: 'off', filter: '' };
  const { index } = viewer.film(entered);
  const shared = sharedEvents(viewer, state.branch, branch);
  const place = event <= shared ? index.placeOf(event) : index.placeAt(at);
  const { name, says } = viewer.branch(entered);
  return say({ ...entered, place }, `${name}: ${says}`);
}

/** The last event up to which two branches are the same run. */
function sharedEvents(viewer: Viewer, one: number, other: number): number {
  const line = (branch: number): Map<number, number> => {
    const seen = new Map<number, number>([[branch, Number.POSITIVE_INFINITY]]);
    let least = Number.POSITIVE_INFINITY;
    for (let parent = viewer.branches[branch]?.parent; parent !== undefined; ) {
      least = Math.min(least, parent.event);
      seen.set(parent.branch, least);
      parent = viewer.branches[parent.branch]?.parent;
    }
    return seen;
  };
  const ancestors = line(one);
  for (const [branch, event] of line(other)) {
    const shared = ancestors.get(branch);
    if (shared !== undefined) return Math.min(shared, event);
  }
  return 0;
}

export const saveBranch: Move = (viewer, state) => {
  const { save } = viewer.showing;
  const branch = viewer.branch(state);
  if (save === undefined) return say(state, 'there is nowhere to save to');
  if (!branch.recording.isOver) return say(state, 'the run is not over yet');
  return say(state, `saved: ${save(branch)}`);
};

export const mark: Move = (viewer, state) => {
  const event = viewer.event(state);
  const marks = state.marks.includes(event) ? state.marks.filter((one) => one !== event) : [...state.marks, event];
  return say(
    { ...state, marks },
    marks.length < state.marks.length ? 'mark removed' : "marked; ' goes to the next mark",
  );
};

export const toMark: Move = (viewer, state) => {
  const here = viewer.event(state);
  const sorted = [...state.marks].sort((a, b) => a - b);
  const next = sorted.find((event) => event > here) ?? sorted[0];
  return next === undefined ? say(state, 'nothing is marked: m') : jump(state, viewer.film(state).index.placeOf(next));
};

/** Real time has passed while playing. */
export function play(viewer: Viewer, state: ViewState, milliseconds: number): ViewState {
  if (!state.playing) return state;
  const { index } = viewer.film(state);
  const seer = viewer.sees(state);
  const next = seer.next(state.place, 1);
  if (next < 0) return say({ ...state, playing: false }, 'the end');
  const at = index.times[next] as number;
  // What is far away is not waited for longer than a moment.
  const clock = Math.max(
    state.clock + milliseconds * 1_000 * state.speed,
    at - WAIT_MILLISECONDS * 1_000 * state.speed,
  );
  let place = state.place;
  for (let shown = next; shown >= 0 && (index.times[shown] as number) <= clock; shown = seer.next(shown, 1))
    place = shown;
  return { ...state, place, clock };
}

const WAIT_MILLISECONDS = 600;
const SPEEDS = [1 / 1024, 1 / 256, 1 / 64, 1 / 16, 1 / 4, 1, 4];

export const togglePlay: Move = (viewer, state) => ({
  ...state,
  playing: !state.playing,
  clock: viewer.film(state).index.times[state.place] as number,
});

export const changeSpeed =
  (direction: 1 | -1): Move =>
  (_viewer, state) => {
    const place = SPEEDS.indexOf(state.speed) + direction;
    const speed = SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, place))] as number;
    return say({ ...state, speed }, `a second of play is ${speedWords(speed)} of virtual time`);
  };

export const speedWords = (speed: number): string =>
  speed >= 1 ? `${speed} s` : `${Number((1_000 * speed).toFixed(1))} ms`;
