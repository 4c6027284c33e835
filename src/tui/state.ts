/** What the viewer has chosen: everything a frame depends on beside the run itself. Plain data; keys make a new one. */
import type { NodeId } from '../sim/protocol.ts';
import type { Zoom } from '../timeline/sight.ts';
import type { LessonState } from './lesson.ts';

export type Mode = 'watch' | 'search' | 'filter' | 'goto' | 'until' | 'help' | 'faults' | 'menu' | 'question';

export interface ViewState {
  readonly branch: number;
  /** The step under the cursor. */
  readonly place: number;
  readonly zoom: Zoom;
  readonly filter: string;
  readonly cone: 'off' | 'chain' | 'cone';
  /** The step whose causes and effects are shown. */
  readonly coneAt: number;
  /** The chosen lane. */
  readonly lane: number;
  readonly order: 'groups' | 'names';
  readonly pinned: NodeId | undefined;
  readonly pane: 1 | 2 | 3 | 4 | 5;
  readonly enlarged: boolean;
  readonly shows: 'diff' | 'state';
  readonly mode: Mode;
  /** What is being typed in a prompt, or searched in the help. */
  readonly typed: string;
  readonly search: string;
  /** Ordinals of marked events. */
  readonly marks: readonly number[];
  readonly playing: boolean;
  /** Virtual time per real time. */
  readonly speed: number;
  /** How far playing has come, in virtual time. */
  readonly clock: number;
  /** Places to go back to. */
  readonly back: readonly number[];
  /** Said in the last line until the next key. */
  readonly message: string;
  readonly scroll: number;
  /** The chosen entry of a menu. */
  readonly choice: number;
  readonly quit: boolean;
  /** How far a lesson has come; undefined where none is played. */
  readonly lesson: LessonState | undefined;
}

export const startState: ViewState = {
  branch: 0,
  place: 0,
  zoom: 'folded',
  filter: '',
  cone: 'off',
  coneAt: 0,
  lane: 0,
  order: 'groups',
  pinned: undefined,
  pane: 2,
  enlarged: false,
  shows: 'diff',
  mode: 'watch',
  typed: '',
  search: '',
  marks: [],
  playing: false,
  speed: 1 / 16,
  clock: 0,
  back: [],
  message: '',
  scroll: 0,
  choice: 0,
  quit: false,
  lesson: undefined,
};
