/** What was measured, in a line each. */
import { spellDuration } from '../timeline/time.ts';
import { counted, labelled, rounded } from './words.ts';

export interface FiguresAccount {
  readonly [name: string]: {
    readonly unit: 'micros' | 'count';
    readonly count: number;
    readonly sum: number;
    readonly max: number;
  };
}

/** `hand-over: 12 times, 3.2 ms on average, 40 ms at most, 38.4 ms in all`. Nothing where nothing was measured. */
export function figureLines(figures: FiguresAccount | undefined): string[] {
  const told = Object.entries(figures ?? {})
    .filter(([, { count }]) => count > 0)
    .map(([name, { unit, count, sum, max }]) => {
      const tell = (value: number): string => (unit === 'micros' ? spellDuration(Math.round(value)) : rounded(value));
      return `${name}: ${counted(count, 'time')}, ${tell(sum / count)} on average, ${tell(max)} at most, ${tell(sum)} in all`;
    });
  return told.length === 0 ? [] : labelled('figures', told.join('; '));
}
