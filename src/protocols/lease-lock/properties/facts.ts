/** How facts about a run are told. */
import type { Fact, World } from '../../../sim/observer.ts';

export const nameOf = (world: World, node: number): string => world.nodes[node] as string;

/** An instant of the run that a property remembers. */
export interface Moment {
  readonly event: number;
  readonly at: number;
}

export const momentOf = ({ event, now }: World): Moment => ({ event, at: now });

export const fact = ({ event, at }: Moment, node: string, text: string): Fact => ({ event, at, node, text });

/** What a server notes of a waiter that leaves its queue: the client has released what it waits for, or has been silent for a lease. */
export interface LeftQueue {
  readonly client: string;
  readonly id: number;
  readonly why: 'release' | 'silence';
}
