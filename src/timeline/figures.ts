/** Figures of a run: the time between two of its steps, or how many steps there are of a kind. */
import type { Micros } from '../sim/protocol.ts';
import { readPredicate } from './predicate.ts';
import type { Step } from './steps.ts';
import { spellDuration } from './time.ts';

/** `from`, `to` and `count` are predicates over steps. */
export type FigureSpec = { readonly says: string } & (
  | { readonly from: string; readonly to: string }
  | { readonly count: string }
);

/** From the first step for which `from` holds to the first one after it for which `to` holds; undefined where one of them never comes. */
export function measured(figure: FigureSpec, steps: Iterable<Step>): number | undefined {
  return 'count' in figure ? counted(figure.count, steps) : elapsed(figure.from, figure.to, steps);
}

function counted(count: string, steps: Iterable<Step>): number {
  const predicate = readPredicate(count);
  let number = 0;
  for (const step of steps) if (predicate?.holds(step) === true) number++;
  return number;
}

function elapsed(from: string, to: string, steps: Iterable<Step>): Micros | undefined {
  const [begins, ends] = [readPredicate(from), readPredicate(to)];
  let beginning: Micros | undefined;
  for (const step of steps) {
    if (beginning !== undefined && ends?.holds(step) === true) return step.at - beginning;
    if (beginning === undefined && begins?.holds(step) === true) beginning = step.at;
  }
  return undefined;
}

/** `n3 is in doubt: 2.011 s`. */
export function tellFigure(figure: FigureSpec, value: number | undefined): string {
  if (value === undefined) return `${figure.says}: never`;
  return `${figure.says}: ${'count' in figure ? value : spellDuration(value)}`;
}
