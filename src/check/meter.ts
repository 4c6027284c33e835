/** Figures: what is neither right nor wrong, but worth knowing of a run and of a campaign: how long, how often, how many. */
import type { Observer } from '../sim/observer.ts';

/** Samples of one quantity, added up: of whole runs as well as within one. */
export interface Figure {
  readonly unit: 'micros' | 'count';
  /** Samples, their sum, and the greatest of them. */
  readonly count: number;
  readonly sum: number;
  readonly max: number;
}

/** By name, in words: `hand-over`. */
export type Figures = { readonly [name: string]: Figure };

/** Watches a run and judges nothing: its hooks answer with nothing. */
// biome-ignore lint/suspicious/noExplicitAny: memories differ; each meter is checked where it is written.
export interface Meter<Memory = any> extends Omit<Observer<Memory>, 'name' | 'endsRun'> {
  read(memory: Memory): Figures;
}

/** Types a meter where it is written. */
export const defineMeter = <Memory>(meter: Meter<Memory>): Meter => meter;

/** How a meter is called among the observers of a run. */
export const METER = 'figures';

export const noSamples = (unit: Figure['unit']): Figure => ({ unit, count: 0, sum: 0, max: 0 });

export const withSample = ({ unit, count, sum, max }: Figure, sample: number): Figure => ({
  unit,
  count: count + 1,
  sum: sum + sample,
  max: Math.max(max, sample),
});

/** The figures of both. */
export function addFigures(one: Figures, other: Figures): Figures {
  const sums: { [name: string]: Figure } = { ...one };
  for (const [name, more] of Object.entries(other)) {
    const { unit, count, sum, max } = sums[name] ?? noSamples(more.unit);
    sums[name] = { unit, count: count + more.count, sum: sum + more.sum, max: Math.max(max, more.max) };
  }
  return sums;
}
