/**
 * Who believes to hold the lock, and when, in true time: at this instant by the clocks of the holders themselves, and looking back by the
 * bound on their rates. A node may be stopped before what its handler does can be seen, so that the
 * instant of a note is not that at which the handler looked at its clock: that one is told by the delivery that the handler answers, or
 * by the monotonic clock since then, whose rate is bounded.
 */
import { always, type Property } from '../../../check/property.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import type { Json } from '../../../sim/plain.ts';
import type { LeaseLockOptions } from '../shape.ts';
import { fact, type Moment, momentOf, nameOf } from './facts.ts';
import { trueTimeMin } from './true-time.ts';

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
  /** On its own clock, counted from the beginning of the run: exactly until then. */
  untilLocal: number;
}

/** The last delivery of a grant, also on the clock of who got it: that it was looked at later is to the holder's advantage. */
interface Delivery extends Moment {
  readonly local: number;
}

interface Memory {
  readonly beliefs: Map<number, Belief>;
  /** By node. */
  readonly delivered: Map<number, Delivery>;
}

const optionsOf = (world: World, node: number): LeaseLockOptions => world.optionsOf(node) as LeaseLockOptions;

/** So much on a node's clock is at least so much in true time. */
const passedSince = (world: World, node: number, local: number): number =>
  trueTimeMin(local, optionsOf(world, node).clockRatePpmMax);

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
      delivered.set(to, { event: world.event, at: world.now, local: world.localTime(to) });
      return undefined;
    },
    note({ beliefs, delivered }, node, text, data: Json | undefined, world) {
      const told = data as unknown as Told;
      switch (text) {
        case 'believes': {
          const since = delivered.get(node) as Delivery;
          const left = Math.max(0, told.left);
          const until = since.at + passedSince(world, node, left);
          const untilLocal = since.local + left;
          beliefs.set(node, { token: told.token, since, clock: told.at, until, untilLocal });
          const does = 'believes to hold the lock';
          return whoElse(beliefs, node, since.at, until, does, world) ?? whoElseNow(beliefs, node, does, world);
        }
        case 'renewed': {
          const belief = beliefs.get(node);
          const answered = delivered.get(node) as Delivery;
          if (belief === undefined) return undefined;
          belief.until = Math.max(belief.until, answered.at + passedSince(world, node, told.left));
          belief.untilLocal = Math.max(belief.untilLocal, answered.local + told.left);
          return whoElseNow(beliefs, node, 'believes to hold the lock still', world);
        }
        case 'guardedStep': {
          const belief = beliefs.get(node);
          if (belief === undefined) return undefined;
          const earliest = belief.since.at + passedSince(world, node, told.at - belief.clock);
          const does = 'looks at its lease and goes on';
          return (
            whoElse(beliefs, node, earliest, world.now, does, world, true) ?? whoElseNow(beliefs, node, does, world)
          );
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
    if (isInstant ? throughout : overlaps) return twoBelieve(beliefs, node, other, does, world);
  }
  return undefined;
}

/** Clocks are read in whole microseconds. */
const ROUNDING = 2;

/** Who believes at this instant, as this node does: by what the clock of each shows now. */
function whoElseNow(
  beliefs: ReadonlyMap<number, Belief>,
  node: number,
  does: string,
  world: World,
): Finding | undefined {
  if (beliefs.size < 2) return undefined;
  const isHeld = (holder: number, { untilLocal }: Belief): boolean => world.localTime(holder) + ROUNDING < untilLocal;
  if (!isHeld(node, beliefs.get(node) as Belief)) return undefined;
  for (const [other, belief] of beliefs) {
    if (other !== node && isHeld(other, belief)) return twoBelieve(beliefs, node, other, does, world);
  }
  return undefined;
}

function twoBelieve(
  beliefs: ReadonlyMap<number, Belief>,
  node: number,
  other: number,
  does: string,
  world: World,
): Finding {
  const [name, holder] = [nameOf(world, node), nameOf(world, other)];
  const belief = beliefs.get(other) as Belief;
  return {
    sentence: `${name} ${does}, while ${holder} believes to hold the lock`,
    facts: [
      fact(belief.since, holder, `believes to hold the lock${under(belief)}`),
      fact(momentOf(world), name, `${does}${under(beliefs.get(node))}`),
    ],
  };
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
