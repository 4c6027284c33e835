/**
 * What of a film is in sight: zoom, filter and cone decide which steps are shown, and which stretches are one row. Everything is found
 * by walking from a place, so that nothing has to be listed for a run of a million steps.
 */
import type { Micros } from '../sim/protocol.ts';
import type { Film } from './film.ts';
import type { Filter } from './filter.ts';
import { type StepIndex, what } from './step-index.ts';
import type { Teller } from './tell.ts';
import { count } from './tell.ts';
import { spellDuration } from './time.ts';

/** From near to far. */
export const zooms = ['everything', 'steps', 'folded', 'story', 'time', 'phases'] as const;
export type Zoom = (typeof zooms)[number];

export const zoomTitles: { readonly [zoom in Zoom]: string } = {
  everything: 'every effect of every handler',
  steps: 'every event',
  folded: 'quiet stretches folded',
  story: 'what moves the story on',
  time: 'the story, as long as it took',
  phases: 'one row a phase',
};

export interface Sight {
  readonly zoom: Zoom;
  readonly filter: Filter | undefined;
  /** One byte a step: whether it belongs to the chosen causes and effects. */
  readonly cone: Uint8Array | undefined;
}

/** One thing in the ladder, at one place or over several. */
export type Item =
  | { readonly kind: 'step'; readonly place: number }
  /** A stretch told in a few words. */
  | { readonly kind: 'fold'; readonly first: number; readonly last: number; readonly text: string }
  /** Time in which nothing is shown, as empty rows. */
  | {
      readonly kind: 'gap';
      readonly before: number;
      readonly after: number;
      readonly rows: number;
      readonly text: string;
    };

/** Fewer quiet steps than this are not worth a fold. */
const FOLD_MIN = 6;
const GAP_ROWS_MAX = 6;

export class Seer {
  readonly film: Film;
  readonly sight: Sight;
  private readonly teller: Teller;
  private phaseStarts: Uint8Array | undefined = undefined;

  constructor(film: Film, sight: Sight, teller: Teller) {
    this.film = film;
    this.sight = sight;
    this.teller = teller;
  }

  /** Whether the step may be stood upon. */
  shows(place: number): boolean {
    const { zoom, filter, cone } = this.sight;
    if (cone !== undefined && cone[place] !== 1) return false;
    const { index } = this.film;
    if (zoom === 'phases') return this.isPhaseStart(place);
    if ((zoom === 'story' || zoom === 'time') && !index.isStory(place)) return false;
    return filter === undefined || filter.shows(index.at(place), this.film, this.teller);
  }

  /** The next shown step beyond `place`, folds left out; -1 where there is none. `held` is never folded. */
  next(place: number, direction: 1 | -1, held = -1): number {
    for (let i = place + direction; i >= 0 && i < this.film.length; i += direction) {
      if (!this.shows(i)) continue;
      const fold = this.foldAround(i, held);
      if (fold === undefined) return i;
      i = direction === 1 ? fold.last : fold.first;
    }
    return -1;
  }

  /** The shown step nearest to `place`, later ones first. */
  nearest(place: number): number {
    const last = Math.max(0, Math.min(place, this.film.length - 1));
    if (this.shows(last)) return last;
    const after = this.next(last, 1, last);
    return after >= 0 ? after : this.next(last, -1, last);
  }

  /** Items from `place` on, in a direction, until `enough` says so. `held` is where the cursor stands. */
  *items(place: number, direction: 1 | -1, held: number): Generator<Item> {
    let previous = -1;
    for (let i = place; i >= 0 && i < this.film.length; i += direction) {
      if (!this.shows(i)) continue;
      if (previous >= 0) {
        const gap = this.gapBetween(Math.min(previous, i), Math.max(previous, i));
        if (gap !== undefined) yield gap;
      }
      const fold = this.foldAround(i, held);
      if (fold === undefined) yield { kind: 'step', place: i };
      else {
        yield fold;
        i = direction === 1 ? fold.last : fold.first;
      }
      previous = i;
    }
  }

  // --- Folds -----------------------------------------------------------------------------------------------------------------------

  private foldAround(place: number, held: number): Extract<Item, { kind: 'fold' }> | undefined {
    const { zoom } = this.sight;
    if (zoom !== 'folded' || !this.isFoldable(place, held)) return undefined;
    const [first, countBefore] = this.edge(place, -1, held);
    const [last, countAfter] = this.edge(place, 1, held);
    const steps = countBefore + countAfter + 1;
    if (steps < FOLD_MIN || (held >= first && held <= last)) return undefined;
    return { kind: 'fold', first, last, text: this.foldText(first, last) };
  }

  private isFoldable(place: number, held: number): boolean {
    return place !== held && isFoldable(this.film.index, place);
  }

  /** The last foldable shown step in a direction, and how many there are on the way. */
  private edge(place: number, direction: 1 | -1, held: number): [edge: number, steps: number] {
    let edge = place;
    let steps = 0;
    for (let i = place + direction; i >= 0 && i < this.film.length; i += direction) {
      if (!this.shows(i)) continue;
      if (!this.isFoldable(i, -1)) break;
      if (i === held) return [i, steps];
      edge = i;
      steps++;
    }
    return [edge, steps];
  }

  private foldText(first: number, last: number): string {
    const places: number[] = [];
    for (let i = first; i <= last; i++) if (this.shows(i)) places.push(i);
    return foldText(this.film.index, places);
  }

  // --- Time in proportion ------------------------------------------------------------------------------------------------------------

  private gapBetween(before: number, after: number): Extract<Item, { kind: 'gap' }> | undefined {
    if (this.sight.zoom !== 'time') return undefined;
    const { index, chronicle } = this.film;
    const took = (index.times[after] as number) - (index.times[before] as number);
    const rows = Math.floor(took / quantum(chronicle.end));
    if (rows < 1) return undefined;
    return { kind: 'gap', before, after, rows: Math.min(rows, GAP_ROWS_MAX), text: `⋮ ${spellDuration(took)}` };
  }

  // --- Phases ----------------------------------------------------------------------------------------------------------------------

  /** Calm stretches and upheavals in turn: what follows a change of roles or a fault closely belongs to it. */
  private isPhaseStart(place: number): boolean {
    this.phaseStarts ??= this.findPhases();
    return this.phaseStarts[place] === 1;
  }

  private findPhases(): Uint8Array {
    const { index, chronicle } = this.film;
    const starts = new Uint8Array(index.length);
    const near = Math.max(1, chronicle.end / 60);
    const moves = what.change | what.fault | what.crash | what.boot | what.pause | what.violation | what.failure;
    let lastMove = Number.NEGATIVE_INFINITY;
    let calm = true;
    if (index.length > 0) starts[0] = 1;
    for (let i = 0; i < index.length; i++) {
      const at = index.times[i] as number;
      const isMove = ((index.flags[i] as number) & moves) !== 0;
      if (isMove && calm) starts[i] = 1;
      if (isMove) {
        calm = false;
        lastMove = at;
      } else if (!calm && at - lastMove > near) {
        calm = true;
        starts[i] = 1;
      }
    }
    return starts;
  }

  /** The phase that begins at `place`: its last step and what it comes to. */
  phaseAt(place: number): { readonly last: number; readonly text: string } {
    const next = this.next(place, 1);
    const last = next < 0 ? this.film.length - 1 : next - 1;
    return { last, text: this.phaseText(place, last) };
  }

  private phaseText(first: number, last: number): string {
    const { index } = this.film;
    const took = spellDuration((index.times[last] as number) - (index.times[first] as number));
    const tally = (flags: number): number => {
      let sum = 0;
      for (let i = first; i <= last; i++) if (((index.flags[i] as number) & flags) !== 0) sum++;
      return sum;
    };
    const parts = [
      count(tally(what.deliver), 'message'),
      [tally(what.drop), 'lost'] as const,
      [tally(what.call), 'asked'] as const,
      [tally(what.return), 'answered'] as const,
    ].flatMap((part) => (typeof part === 'string' ? [part] : part[0] === 0 ? [] : [`${part[0]} ${part[1]}`]));
    return `${took}: ${[...this.movesIn(first, last), ...parts].join(', ')}`;
  }

  /** Faults and notes of a phase in order, the same ones counted. */
  private movesIn(first: number, last: number): string[] {
    const moves = new Map<string, number>();
    const flags = what.fault | what.change | what.crash | what.boot | what.violation;
    for (
      let i = this.film.index.find(first, 1, flags);
      i >= 0 && i <= last;
      i = this.film.index.find(i + 1, 1, flags)
    ) {
      for (const { body } of this.film.scene(i).rows) {
        const isMove = body.kind === 'banner' || (body.kind === 'mark' && /[◆╳↻▒‼]/.test(body.sign));
        if (!isMove) continue;
        const text = body.kind === 'mark' ? `${body.node} ${body.text}` : body.text;
        moves.set(text, (moves.get(text) ?? 0) + 1);
      }
      if (moves.size > 3) break;
    }
    return [...moves].slice(0, 3).map(([text, times]) => (times === 1 ? text : `${text} (${times} times)`));
  }
}

/** A row's worth of time where rows are in proportion: 1, 2 or 5 times a power of ten. */
function quantum(end: Micros): Micros {
  const wanted = Math.max(1, end / 250);
  let size = 1;
  while (size * 10 <= wanted) size *= 10;
  const factor = [5, 2, 1].find((one) => size * one <= wanted) ?? 1;
  return size * factor;
}

/** What happens all the time; also the nodes' first starts. */
export const isFoldable = (index: StepIndex, place: number): boolean =>
  index.isQuiet(place) || ((index.flags[place] as number) & what.firstBoot) !== 0;

/** `··· 14 quiet events folded, 20 ms: 8 AppendEntries, 6 AppendEntriesReply ···`. */
export function foldText(index: StepIndex, places: readonly number[]): string {
  const counts = new Map<string, number>();
  for (const place of places) {
    const { type, flags } = index.at(place);
    const boots = (flags & what.firstBoot) !== 0;
    const name = boots ? 'start' : (type ?? ((flags & what.synced) !== 0 ? 'sync' : 'other'));
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const parts = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 4);
  const kinds = parts.map(([name, times]) => `${times} ${name}`).join(', ');
  const took = (index.times[places.at(-1) ?? 0] as number) - (index.times[places[0] ?? 0] as number);
  return `··· ${places.length} quiet events folded, ${spellDuration(took)}: ${kinds} ···`;
}
