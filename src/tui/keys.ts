/** Every key: its names, what the help says of it, what it does. The help overlay lists this table and nothing else. */

import { geometryOf, type Size } from './geometry.ts';
import { isTold, nextBeat, previousBeat } from './lesson.ts';
import {
  changeSpeed,
  chooseLane,
  find,
  followOn,
  followTag,
  goBack,
  inLane,
  type Move,
  mark,
  nextBranch,
  nextVariant,
  saveBranch,
  say,
  step,
  toBeat,
  toEnd,
  toFault,
  toggleCone,
  togglePlay,
  toMark,
  zoom,
} from './moves.ts';
import type { Mode, ViewState } from './state.ts';

export interface Key {
  /** As the terminal gives them: `j`, `down`, `ctrl-d`. */
  readonly keys: readonly string[];
  readonly group: 'moving' | 'finding' | 'looking' | 'playing' | 'what if' | 'leaving';
  readonly title: string;
  move(size: Size): Move;
}

const always =
  (move: Move): Key['move'] =>
  () =>
    move;

const open = (mode: Mode): Key['move'] =>
  always((_viewer, state) => ({ ...state, mode, typed: '', scroll: 0, choice: 0, playing: false }));

const pane = (number: ViewState['pane']): Key['move'] => always((_viewer, state) => ({ ...state, pane: number }));

const halfPage = ({ rows }: Size): number => Math.max(3, Math.floor(rows / 4));

export const keys: readonly Key[] = [
  { keys: ['j', 'down'], group: 'moving', title: 'next event', move: always(step(1)) },
  { keys: ['k', 'up'], group: 'moving', title: 'previous event', move: always(step(-1)) },
  {
    keys: ['J'],
    group: 'moving',
    title: 'next event of the chosen lane',
    move: (size) => inLane(1, geometryOf(size).main),
  },
  {
    keys: ['K'],
    group: 'moving',
    title: 'previous event of the chosen lane',
    move: (size) => inLane(-1, geometryOf(size).main),
  },
  {
    keys: ['l', 'right'],
    group: 'moving',
    title: 'choose the lane to the right',
    move: (size) => chooseLane(1, geometryOf(size).main),
  },
  {
    keys: ['h', 'left'],
    group: 'moving',
    title: 'choose the lane to the left',
    move: (size) => chooseLane(-1, geometryOf(size).main),
  },
  { keys: ['ctrl-d', 'pagedown'], group: 'moving', title: 'half a page down', move: (size) => step(1, halfPage(size)) },
  { keys: ['ctrl-u', 'pageup'], group: 'moving', title: 'half a page up', move: (size) => step(-1, halfPage(size)) },
  { keys: ['g', 'home'], group: 'moving', title: 'first event', move: always(toEnd(-1)) },
  { keys: ['G', 'end'], group: 'moving', title: 'last event', move: always(toEnd(1)) },
  { keys: [']'], group: 'moving', title: 'next fault', move: always(toFault(1)) },
  { keys: ['['], group: 'moving', title: 'previous fault', move: always(toFault(-1)) },
  {
    keys: ['}'],
    group: 'moving',
    title: 'next note or change of role; in a lesson: go on',
    move: always((viewer, state) => (isTold(viewer, state) ? nextBeat : toBeat(1))(viewer, state)),
  },
  {
    keys: ['{'],
    group: 'moving',
    title: 'previous note or change of role; in a lesson: back',
    move: always((viewer, state) => (isTold(viewer, state) ? previousBeat : toBeat(-1))(viewer, state)),
  },
  {
    keys: ['enter'],
    group: 'moving',
    title: 'from an arrival to its sending, and back; in a lesson: go on',
    // Whoever has read a card presses Enter: it must turn the page, and not lead away from the story.
    move: always((viewer, state) => (isTold(viewer, state) ? nextBeat : followTag)(viewer, state)),
  },
  { keys: ['E'], group: 'moving', title: 'as Enter does outside of lessons, everywhere', move: always(followTag) },
  { keys: ['e'], group: 'moving', title: 'to the first effect of this event', move: always(followOn) },
  { keys: ['backspace'], group: 'moving', title: 'back to before the last jump', move: always(goBack) },
  { keys: ['m'], group: 'moving', title: 'mark this event, or remove its mark', move: always(mark) },
  { keys: ["'"], group: 'moving', title: 'next mark', move: always(toMark) },
  { keys: ['/'], group: 'finding', title: 'search; the view follows while you type', move: open('search') },
  {
    keys: ['n'],
    group: 'finding',
    title: 'next hit',
    move: always((viewer, state) => find(state.search, 1, state.place + 1)(viewer, state)),
  },
  {
    keys: ['N'],
    group: 'finding',
    title: 'previous hit',
    move: always((viewer, state) => find(state.search, -1, state.place - 1)(viewer, state)),
  },
  { keys: [':'], group: 'finding', title: 'go to: 1430 (ms), 1.5s, #118, fault 2, violation', move: open('goto') },
  {
    keys: ['u'],
    group: 'finding',
    title: 'run until: note:X, leader:n3, message:X, crash, broken',
    move: open('until'),
  },
  {
    keys: ['f'],
    group: 'finding',
    title: 'filter: lane:n3 type:Vote epoch:2 fault drop note client -word',
    move: open('filter'),
  },
  {
    keys: ['c'],
    group: 'finding',
    title: 'causes and effects of this event only; again: its whole causal cone',
    move: always(toggleCone),
  },
  { keys: ['F'], group: 'finding', title: 'list of faults', move: open('faults') },
  { keys: ['z'], group: 'looking', title: 'nearer: every event, then every effect', move: always(zoom(-1)) },
  { keys: ['Z'], group: 'looking', title: 'farther: the story, the story in time, phases', move: always(zoom(1)) },
  {
    keys: ['tab'],
    group: 'looking',
    title: 'next pane',
    move: always((_viewer, state) => ({ ...state, pane: ((state.pane % 5) + 1) as ViewState['pane'], scroll: 0 })),
  },
  { keys: ['1'], group: 'looking', title: 'pane: minimap', move: pane(1) },
  { keys: ['2'], group: 'looking', title: 'pane: ladder', move: pane(2) },
  { keys: ['3'], group: 'looking', title: 'pane: event, what changed', move: pane(3) },
  { keys: ['4'], group: 'looking', title: "pane: the protocol's tables and logs", move: pane(4) },
  { keys: ['5'], group: 'looking', title: 'pane: properties, messages on their way', move: pane(5) },
  {
    keys: ['+'],
    group: 'looking',
    title: 'the pane alone, as large as the screen; j and k scroll it',
    move: always((_viewer, state) => ({ ...state, enlarged: !state.enlarged, scroll: 0 })),
  },
  {
    keys: ['d'],
    group: 'looking',
    title: 'what changed, or the whole state of the node',
    move: always((_viewer, state) => ({ ...state, shows: state.shows === 'diff' ? 'state' : 'diff' })),
  },
  {
    keys: ['p'],
    group: 'looking',
    title: 'pin the chosen lane: its state stays in sight',
    move: (size) => (viewer, state) => {
      const { lanes } = viewer.layout(state, geometryOf(size).main);
      const node = lanes[Math.min(state.lane, lanes.length - 1)];
      const pinned = state.pinned === node ? undefined : node;
      return say({ ...state, pinned }, pinned === undefined ? 'nothing is pinned' : `${pinned} is pinned`);
    },
  },
  {
    keys: ['o'],
    group: 'looking',
    title: 'lanes in groups while the network is cut, or by name',
    move: always((_viewer, state) => {
      const order = state.order === 'groups' ? 'names' : 'groups';
      return say({ ...state, order }, order === 'groups' ? 'lanes in groups' : 'lanes by name');
    }),
  },
  { keys: ['space'], group: 'playing', title: 'play, pause', move: always(togglePlay) },
  { keys: ['>'], group: 'playing', title: 'faster', move: always(changeSpeed(1)) },
  { keys: ['<'], group: 'playing', title: 'slower', move: always(changeSpeed(-1)) },
  {
    keys: ['b'],
    group: 'what if',
    title: 'what if: everything that could happen instead; type to search',
    move: open('menu'),
  },
  {
    keys: ['w'],
    group: 'what if',
    title: 'the same moment in the next branch',
    move: always(nextBranch),
  },
  {
    keys: ['v'],
    group: 'what if',
    title: 'the same moment in the next variant of a lesson',
    move: always(nextVariant),
  },
  { keys: ['S'], group: 'what if', title: 'save this branch as a plan that can be replayed', move: always(saveBranch) },
  {
    keys: ['y'],
    group: 'leaving',
    title: 'copy the command that shows this run again',
    move: always((viewer, state) => say(state, `copied: ${viewer.showing.command}`)),
  },
  {
    keys: ['esc'],
    group: 'leaving',
    title: 'leave a prompt or list; undo filter, cone and large pane',
    move: always((_viewer, state) => ({
      ...state,
      filter: '',
      cone: 'off',
      enlarged: false,
      search: '',
      playing: false,
    })),
  },
  { keys: ['?'], group: 'leaving', title: 'this help; type to search it', move: open('help') },
  { keys: ['ctrl-z'], group: 'leaving', title: 'to the shell; fg comes back', move: always((_viewer, state) => state) },
  {
    keys: ['q', 'ctrl-c'],
    group: 'leaving',
    title: 'quit',
    move: always((_viewer, state) => ({ ...state, quit: true })),
  },
];

const byName: ReadonlyMap<string, Key> = new Map(keys.flatMap((key) => key.keys.map((name) => [name, key] as const)));

export const keyNamed = (name: string): Key | undefined => byName.get(name);

/** How a key is written in the help. */
export const keyLabel = (name: string): string =>
  ({ up: '↑', down: '↓', left: '←', right: '→', enter: 'Enter', space: 'Space', tab: 'Tab', esc: 'Esc' })[name] ??
  name
    .replace(/^ctrl-(.)$/, (_, letter: string) => `Ctrl-${letter}`)
    .replace(/^(page|home|end|back)/, (word) => word[0]?.toUpperCase() + word.slice(1));
