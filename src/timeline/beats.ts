/** Where the beats of a lesson fall in a run. */
import { readPredicate } from './predicate.ts';
import type { Step } from './steps.ts';

export interface BeatSpec {
  readonly when: string;
  readonly nth: number;
}

export interface Fallen<B extends BeatSpec> {
  readonly beat: B;
  /** Place of its step; undefined where it never comes. */
  readonly place: number | undefined;
}

/** Each beat is looked for after the one before. `step` gives the step at a place. */
export function placeBeats<B extends BeatSpec>(
  beats: readonly B[],
  length: number,
  step: (place: number) => Step,
): Fallen<B>[] {
  let from = 0;
  return beats.map((beat) => {
    const predicate = readPredicate(beat.when);
    let left = beat.nth;
    for (let place = from; predicate !== undefined && place < length; place++) {
      if (!predicate.holds(step(place)) || --left > 0) continue;
      from = place + 1;
      return { beat, place };
    }
    return { beat, place: undefined };
  });
}

/** The beats of one variant. */
export const beatsIn = <B extends { readonly variant?: string | readonly string[] }>(
  beats: readonly B[],
  variant: string,
): B[] => beats.filter((beat) => beat.variant === undefined || [beat.variant].flat().includes(variant));
