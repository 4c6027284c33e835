/** Every decision of Redlock, each a function of its own: what a planted bug replaces. */
import type { Clocks, Micros, NodeId } from '../../../sim/protocol.ts';

import type { Key, Phase, RedlockOptions } from './shape.ts';

export interface Rules {
  // The store.

  storeClock(clocks: Clocks, options: RedlockOptions): Micros;
  /** Redis, "Performance, crash recovery and fsync": a store that may have forgotten keys stays out for longer than any of them lived. */
  mayVote(now: Micros, isRestarted: boolean, options: RedlockOptions): boolean;
  isExpired(expiresAt: Micros, now: Micros): boolean;
  /** Redis, "Correct implementation with a single instance": only who set the key may delete it. */
  mayDelete(key: Key, value: string): boolean;

  // The client.

  holderClock(clocks: Clocks): Micros;
  /** A late answer to one attempt, or its late deletion, must not be taken for another's. */
  valueFor(id: number, attempt: number): string;
  /** How an attempt stands, with so many votes. `left`: how long the lock would be valid; `needed`: how long it must be. */
  outcome(yes: number, no: number, stores: number, left: Micros, needed: Micros): 'won' | 'lost' | 'open';
  /**
   * Redis, step 3: "its validity time is considered to be the initial validity time minus the time elapsed", and minus the drift: from
   * the sending of the first request on.
   */
  validUntil(sentAt: Micros, arrivedAt: Micros, options: RedlockOptions): Micros;
  isValid(now: Micros, validUntil: Micros): boolean;
  /** Redis, step 5: "it will try to unlock all the instances (even the instances it believed it was not able to lock)". */
  toTakeBack(stores: readonly NodeId[], saidYes: readonly NodeId[]): readonly NodeId[];
  /** Whether more time is to be asked for: extensions end with the work. */
  mayExtend(phase: Phase, round: number, options: RedlockOptions): boolean;
}

const MILLION = 1_000_000;

/** Redis's own precision of expiry, and the least drift: "2 milliseconds". */
const DRIFT_LEAST: Micros = 2_000;

/** The published drift: clocks that are off by r on either side are apart by 2r. */
const driftOf = ({ ttl, clockRatePpmMax }: RedlockOptions): Micros =>
  Math.ceil((2 * ttl * clockRatePpmMax) / MILLION) + DRIFT_LEAST;

export const quorumOf = (stores: number): number => Math.floor(stores / 2) + 1;

export const correctRules: Rules = {
  storeClock: ({ now, wallClock }, { storeClock }) => (storeClock === 'wall' ? wallClock : now),
  mayVote: (now, isRestarted, { restarts, ttl }) => !isRestarted || restarts === 'immediate' || now >= ttl,
  isExpired: (expiresAt, now) => now >= expiresAt,
  mayDelete: (key, value) => key.value === value,

  holderClock: ({ now }) => now,
  valueFor: (id, attempt) => `a${id}.${attempt}`,
  outcome(yes, no, stores, left, needed) {
    const quorum = quorumOf(stores);
    if (yes >= quorum) return left > needed ? 'won' : 'lost';
    return no > stores - quorum ? 'lost' : 'open';
  },
  validUntil: (sentAt, _arrivedAt, options) => sentAt + options.ttl - driftOf(options),
  isValid: (now, validUntil) => now < validUntil,
  toTakeBack: (stores) => stores,
  mayExtend: (phase, round, { extensionsMax }) => phase === 'working' && round < extensionsMax,
};
