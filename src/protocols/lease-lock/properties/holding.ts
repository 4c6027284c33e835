/**
 * Who believes to hold the lock, and when, in true time. A node may be stopped before what its handler does can be seen, so that the
 * instant of a note is not that at which the handler looked at its clock: that one is told by the delivery that the handler answers, or
 * by the monotonic clock since then, whose rate is bounded.
 */
import { always, type Property } from '../../../check/property.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import type { Json } from '../../../sim/plain.ts';
import type { LeaseLockOptions } from '../shape.ts';
import { fact, type Moment, momentOf, nameOf } from './facts.ts';

/** A note of a holder: `left` of its lease and `age` of the request that it comes from, on clocks of its own; `at` is its monotonic one. */
interface Told {
  readonly id: number;
  /** Where there are tokens. */
  readonly token?: number;
  readonly left: number;
  readonly at: number;
  readonly age: number;
}

interface Belief {
  readonly token: number | undefined;
  readonly since: Moment;
  /** The monotonic clock at `since`. */
  readonly clock: number;
  /** In true time; its clock may be fast, so surely until this instant. */
  until: number;
}

interface Memory {
  readonly beliefs: Map<number, Belief>;
  /** By node: the last delivery of a grant. */
  readonly delivered: Map<number, Moment>;
}

const MILLION = 1_000_000;

const optionsOf = (world: World, node: number): LeaseLockOptions => world.optionsOf(node) as LeaseLockOptions;

/** So much on a node's clock is at least so much in true time. */
function trueTimeMin(world: World, node: number, local: number): number {
  return Math.floor((local * MILLION) / (MILLION + optionsOf(world, node).clockRatePpmMax));
}

/**
 * EXCL. Beliefs end when the release is sent, or when the holder's clock passes the end of its lease: a pause does not prolong them.
 * @param answers messages that make a client believe
 */
export const exclusionBy = (...answers: readonly string[]): Property =>
  always<Memory>({
    name: 'EXCL',
    title: 'no two clients believe at the same time to hold the lock',
    source: 'Gray and Cheriton 1989, section 5',
    oracle: 'internal',
    role: 'client',
    messages: answers,
    start: () => ({ beliefs: new Map(), delivered: new Map() }),
    crash({ beliefs }, node) {
      beliefs.delete(node);
      return undefined;
    },
    deliver({ delivered }, _from, to, _message, world) {
      delivered.set(to, momentOf(world));
      return undefined;
    },
    note({ beliefs, delivered }, node, text, data: Json | undefined, world) {
      const told = data as unknown as Told;
      switch (text) {
        case 'believes': {
          const since = delivered.get(node) as Moment;
          const until = since.at + trueTimeMin(world, node, Math.max(0, told.left));
          const belief: Belief = { token: told.token, since, clock: told.at, until };
          beliefs.set(node, belief);
          return whoElse(beliefs, node, belief.since.at, belief.until, 'believes to hold the lock', world);
        }
        case 'renewed': {
          const belief = beliefs.get(node);
          const answered = delivered.get(node) as Moment;
          if (belief === undefined) return undefined;
          belief.until = Math.max(belief.until, answered.at + trueTimeMin(world, node, told.left));
          return undefined;
        }
        case 'guardedStep': {
          const belief = beliefs.get(node);
          if (belief === undefined) return undefined;
          const earliest = belief.since.at + trueTimeMin(world, node, told.at - belief.clock);
          return whoElse(beliefs, node, earliest, world.now, 'looks at its lease and goes on', world, true);
        }
        case 'released':
        case 'lost':
          beliefs.delete(node);
          return undefined;
        default:
          return undefined;
      }
    },
  });

/**
 * Somebody whose belief overlaps [from, until]; with `isInstant` whoever believes throughout it, since this node looked at its clock at
 * one instant of it.
 */
function whoElse(
  beliefs: ReadonlyMap<number, Belief>,
  node: number,
  from: number,
  until: number,
  does: string,
  world: World,
  isInstant = false,
): Finding | undefined {
  for (const [other, belief] of beliefs) {
    if (other === node) continue;
    const throughout = belief.since.at <= from && belief.until > until;
    const overlaps = belief.since.at < until && belief.until > from;
    if (isInstant ? !throughout : !overlaps) continue;
    const [name, holder] = [nameOf(world, node), nameOf(world, other)];
    return {
      sentence: `${name} ${does}, while ${holder} believes to hold the lock`,
      facts: [
        fact(belief.since, holder, `believes to hold the lock${under(belief)}`),
        fact(momentOf(world), name, `${does}${under(beliefs.get(node))}`),
      ],
    };
  }
  return undefined;
}

const under = (belief: Belief | undefined): string => (belief?.token === undefined ? '' : `, token ${belief.token}`);

/**
 * HON. A lease of the server begins after the request for it was sent and lasts ttl: on the holder's clock nobody may go on after that. Every
 * write that leaves has its look at the lease; how long after it, is not in the holder's hands. By node: whether it has just looked.
 */
export const honesty: Property = always<{ readonly looked: Set<number> }>({
  name: 'HON',
  title:
    'a holder looks at its lease before each write, and takes no step later than one lease after it has sent the last request that was answered',
  source: 'Gray and Cheriton 1989, section 5',
  oracle: 'internal',
  role: 'client',
  messages: ['Write'],
  start: () => ({ looked: new Set() }),
  crash({ looked }, node) {
    looked.delete(node);
    return undefined;
  },
  send({ looked }, from, to, _message, world) {
    if (looked.delete(from)) return undefined;
    return `${nameOf(world, from)} sends a write to ${nameOf(world, to)} without a look at its lease`;
  },
  note({ looked }, node, text, data: Json | undefined, world) {
    if (text !== 'guardedStep') return undefined;
    looked.add(node);
    const { age } = data as unknown as Told;
    const { ttl } = optionsOf(world, node);
    if (age <= ttl) return undefined;
    return `${nameOf(world, node)} takes a step ${age} us after it has sent the request that its lease of ${ttl} us comes from`;
  },
});
