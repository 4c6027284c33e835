/** What the timeline shows, behind what is on the screen: a run and its branches, each recorded, and what can be asked of them. */
import type { Protocol } from '../check/protocol.ts';
import { Recording } from '../session/recording.ts';
import { type WayOn, waysOn } from '../session/what-if.ts';
import type { NodeId } from '../sim/protocol.ts';
import type { FigureSpec } from '../timeline/figures.ts';
import { Film } from '../timeline/film.ts';
import { readFilter } from '../timeline/filter.ts';
import { type Layout, layoutFor, orderByGroups } from '../timeline/layout.ts';
import { Narrator } from '../timeline/narrate.ts';
import type { Predicate } from '../timeline/predicate.ts';
import { Seer } from '../timeline/sight.ts';
import { type Teller, tellerOf } from '../timeline/tell.ts';
import type { LessonShown } from './lesson.ts';
import type { ViewState } from './state.ts';

type Plan = Recording['plan'];

/** What is shown, and how to see it again. */
export interface Showing {
  readonly protocol: Protocol;
  readonly plan: Plan;
  /** Name of the scenario, or path of the capsule. */
  readonly title: string;
  /** Shows or replays the same run. */
  readonly command: string;
  readonly strict?: boolean;
  /** Where the timeline opens. */
  readonly until?: Predicate;
  /** Writes a branch's plan to a file, and answers with the command that replays it. */
  readonly save?: (branch: Branch) => string;
  readonly lesson?: LessonShown;
  /** Other variants of the lesson's run, as runs beside the main one. */
  readonly variants?: readonly VariantShown[];
  /** Beats told before, by branch. */
  readonly told?: readonly number[];
  /** Beats told, by branch. */
  readonly onProgress?: (told: readonly number[]) => void;
}

export interface VariantShown {
  readonly name: string;
  readonly title: string;
  readonly protocol: Protocol;
  readonly plan: Plan;
  /** What is measured in its run, told at the end of the lesson. */
  readonly figures?: readonly FigureSpec[];
}

/** A run: the one that was asked for, or one that went another way from some event on. */
export interface Branch {
  readonly name: string;
  readonly plan: Plan;
  readonly film: Film;
  readonly recording: Recording;
  /** Where it left its parent; undefined for the main run. */
  readonly parent: { readonly branch: number; readonly event: number } | undefined;
  /** What was done differently. */
  readonly says: string;
}

export class Viewer {
  readonly showing: Showing;
  readonly teller: Teller;
  readonly clients: ReadonlySet<NodeId>;
  readonly branches: Branch[] = [];
  private readonly protocol: Protocol;
  private readonly memory = new Map<string, unknown>();
  private seer: { readonly key: string; readonly seer: Seer } | undefined = undefined;
  private ways: { readonly key: string; readonly ways: readonly WayOn[] } | undefined = undefined;
  private cone: { readonly key: string; readonly cone: Uint8Array } | undefined = undefined;

  /** @param gradually the main run is recorded by `recordFor` */
  constructor(showing: Showing, { gradually = false }: { readonly gradually?: boolean } = {}) {
    this.showing = showing;
    this.protocol = showing.protocol;
    this.teller = tellerOf(showing.protocol.tell);
    this.clients = new Set(showing.plan.nodes.filter(({ role }) => role === 'client').map(({ id }) => id));
    const { variants = [] } = showing;
    if (variants.length === 0) {
      const main = this.begin('main', showing.plan, undefined, 'as it was', this.protocol);
      this.branches.push(gradually ? main : whole(main));
    }
    for (const { name, title, protocol, plan } of variants)
      this.branches.push(whole(this.begin(name, plan, undefined, title, protocol)));
  }

  /** Whether the main run has been recorded to its end. */
  get isWhole(): boolean {
    return !(this.branches[0] as Branch).film.isOpen;
  }

  /** Goes on recording the main run, for about so long. */
  recordFor(milliseconds: number): void {
    const main = this.branches[0] as Branch;
    const end = performance.now() + milliseconds;
    while (!main.recording.isOver && performance.now() < end) main.recording.record(RECORDED_AT_ONCE);
    if (main.recording.isOver) whole(main);
  }

  /** What is worked out once. */
  remembered<T>(key: string, make: () => T): T {
    if (!this.memory.has(key)) this.memory.set(key, make());
    return this.memory.get(key) as T;
  }

  private begin(name: string, plan: Plan, parent: Branch['parent'], says: string, protocol: Protocol): Branch {
    const nodes = plan.nodes.map(({ id }) => id);
    const again: { recording?: Recording } = {};
    const film = new Film({
      nodes,
      teller: this.teller,
      again: (first, last) => again.recording?.eventsBetween(first, last) ?? [],
    });
    const recording = new Recording(protocol, plan, {
      strict: this.showing.strict ?? false,
      sink: (event) => film.add(event),
    });
    again.recording = recording;
    return { name, plan, film, recording, parent, says };
  }

  /** The ways the run could go on from the cursor. */
  waysOn(state: ViewState): readonly WayOn[] {
    const key = `${state.branch} ${state.place}`;
    if (this.ways?.key !== key) {
      const options = this.protocol.options;
      const usual = Object.fromEntries(Object.entries(options).map(([name, spec]) => [name, spec.default]));
      const timeout = this.protocol.baseTimeout({ ...usual, ...this.showing.plan.nodes[0]?.options });
      const ways = waysOn(this.recording(state), this.event(state), { while: 2 * timeout });
      this.ways = { key, ways };
    }
    return this.ways.ways;
  }

  /** Goes on another way from the cursor; the answer is the number of the new branch. */
  branchOff(state: ViewState, way: WayOn): number {
    const parent = { branch: state.branch, event: this.event(state) };
    const says = way.message === undefined ? way.title : `${way.title}: ${this.tellWay(way)}`;
    const count = this.branches.filter((branch) => branch.parent !== undefined).length;
    this.branches.push(
      whole(this.begin(`what-if/${count + 1}`, way.plan(), parent, says, this.recording(state).protocol)),
    );
    return this.branches.length - 1;
  }

  /** The message or operation of a way, in words. */
  tellWay({ kind, message }: WayOn): string {
    if (message === undefined) return '';
    return kind === 'client' ? this.teller.operation(message as never) : this.teller.message(message as never);
  }

  branch(state: ViewState): Branch {
    return this.branches[state.branch] as Branch;
  }

  /** The run, or variant of a lesson, that a branch grows on. */
  rootOf(branch: number): number {
    const parent = this.branches[branch]?.parent;
    return parent === undefined ? branch : this.rootOf(parent.branch);
  }

  film(state: ViewState): Film {
    return this.branch(state).film;
  }

  recording(state: ViewState): Recording {
    return this.branch(state).recording;
  }

  /** Ordinal of the event under the cursor. */
  event(state: ViewState): number {
    const { index } = this.film(state);
    return index.length === 0 ? 0 : index.at(state.place).event;
  }

  /** What zoom, filter and cone leave in sight. */
  sees(state: ViewState): Seer {
    const film = this.film(state);
    const key = [state.branch, state.zoom, state.filter, state.cone, state.coneAt, film.length].join('\u0000');
    if (this.seer?.key === key) return this.seer.seer;
    film.showEverything(state.zoom === 'everything');
    const filter = state.filter === '' ? undefined : readFilter(state.filter);
    const seer = new Seer(film, { zoom: state.zoom, filter, cone: this.coneOf(state) }, this.teller);
    this.seer = { key, seer };
    return seer;
  }

  private coneOf(state: ViewState): Uint8Array | undefined {
    if (state.cone === 'off') return undefined;
    const { index } = this.film(state);
    const key = [state.branch, state.cone, state.coneAt, index.length].join(' ');
    if (this.cone?.key !== key) {
      this.cone = { key, cone: state.cone === 'chain' ? index.chain(state.coneAt) : index.cone(state.coneAt) };
    }
    return this.cone.cone;
  }

  /** Lanes for a width, as they are ordered at the cursor. */
  layout(state: ViewState, width: number): Layout {
    const { looks, cuts } = this.worldAt(state);
    const order = [...looks.keys()];
    const ordered = state.order === 'groups' ? orderByGroups(order, this.clients, cuts) : order;
    return layoutFor(width, looks, this.clients, ordered);
  }

  /** How everybody looks at the cursor. */
  worldAt(state: ViewState): Pick<ReturnType<Film['stageAfter']>, 'looks' | 'cuts'> {
    const film = this.film(state);
    const row = film.length === 0 ? undefined : film.scene(state.place).rows[0];
    return row ?? film.stageAfter(state.place);
  }

  /** What a node's clocks show at the cursor. */
  clocksAt(state: ViewState, node: NodeId): ReturnType<Recording['clocksAt']> {
    return this.recording(state).clocksAt(this.event(state), node);
  }

  /** The ends of the logs on a node's disk at the cursor, as long as a line. */
  logsAt(state: ViewState, node: NodeId): ReturnType<Recording['logsAt']> {
    return this.recording(state).logsAt(this.event(state), node, RECORDS_SHOWN);
  }

  /** The step in a sentence. */
  narrate(state: ViewState): string {
    const film = this.film(state);
    const narrator = new Narrator(this.teller);
    const first = Math.max(0, state.place - NARRATED_BEFORE);
    for (let place = first; place < state.place; place++) narrator.note(film.scene(place).step);
    return narrator.narrate(film.scene(state.place).step).text;
  }
}

/** Of each log on disk: more than fit a line of any terminal. */
const RECORDS_SHOWN = 200;

/** Steps a narrator hears before it tells one: who asked what, and who looked how. */
const NARRATED_BEFORE = 300;

/** Events between two looks at the clock. */
const RECORDED_AT_ONCE = 100;

/** The branch, recorded to the end of its run. */
function whole(branch: Branch): Branch {
  const { recording, film } = branch;
  film.end(recording.record().outcome.statistics.simulatedMicros);
  return branch;
}
