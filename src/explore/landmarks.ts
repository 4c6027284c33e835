/** A few digests from the middle of a run: where two runs of one plan part, without keeping either of them. */
import type { Protocol } from '../check/protocol.ts';
import type { Plan } from '../scenario/plan.ts';
import { openRun } from './execute.ts';

/** The digest after every `every`-th event, 8 hex digits each: enough to tell two runs apart. */
export interface Landmarks {
  readonly every: number;
  readonly digests: readonly string[];
}

/** A run of no more events has a landmark at each of them: then the very event is named that differs. */
const LANDMARKS_MAX = 128;

/** @param events how many the run of `plan` has */
export const landmarksOf = (protocol: Protocol, plan: Plan, events: number): Landmarks => {
  const every = Math.max(1, Math.ceil(events / LANDMARKS_MAX));
  return { every, digests: [...digestsOf(protocol, plan, every, events)] };
};

/** The events between which two runs part: up to `after` they are the same, at `upTo` they are not. Counted from 1. */
export interface Parting {
  readonly after: number;
  readonly upTo: number;
}

/** Where the run of `plan` parts from the one that left `landmarks`; undefined where it does not within them. */
export function partingOf(protocol: Protocol, plan: Plan, { every, digests }: Landmarks): Parting | undefined {
  let place = 0;
  for (const digest of digestsOf(protocol, plan, every, every * digests.length)) {
    if (digest !== digests[place]) return { after: place * every, upTo: (place + 1) * every };
    place++;
  }
  return place < digests.length ? { after: place * every, upTo: (place + 1) * every } : undefined;
}

/** A step may be several events (all boots are one): the digests of its last one stand for all of them. */
function* digestsOf(protocol: Protocol, plan: Plan, every: number, events: number): Generator<string> {
  const { simulation } = openRun(protocol, plan);
  for (let next = every; next <= events; ) {
    const more = simulation.step();
    for (; next <= Math.min(events, simulation.event); next += every) yield simulation.digest().slice(0, 8);
    if (!more) return;
  }
}
