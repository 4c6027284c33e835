/** What a campaign must have reached, or it proved little. */
import { goalByNote, type Property, requiredWithin, somebodyRestarts, sometimes } from '../../../check/property.ts';
import type { Json } from '../../../sim/plain.ts';

/** Nobody has a quorum, but somebody some stores. */
const split: Property = sometimes<null>({
  name: 'split',
  title: 'an attempt failed although some stores had said yes to it',
  oracle: 'internal',
  start: () => null,
  note: (_memory, _node, text, data: Json | undefined) =>
    text === 'attemptFailed' && (data as { readonly yes: number }).yes > 0,
});

/** What tokens are for, and Redlock has none: alarming, but as claimed where the lock is trusted with beliefs only. */
const lateWrite: Property = sometimes<{ readonly begun: Map<number, number>; last: number }>({
  name: 'late-write',
  title: 'a write of an earlier holder was done after one of a later holder (right: nothing could tell)',
  source: 'Kleppmann 2016',
  oracle: 'internal',
  start: () => ({ begun: new Map(), last: -1 }),
  note(memory, _node, text, data: Json | undefined) {
    if (text !== 'believes' && text !== 'wrote') return false;
    const { id } = data as { readonly id: number };
    const { begun } = memory;
    if (text === 'believes') begun.set(id, begun.size);
    const place = begun.get(id);
    if (text === 'believes' || place === undefined) return false;
    if (place < memory.last) return true;
    memory.last = place;
    return false;
  },
});

export const redlockGoals: readonly Property[] = [
  requiredWithin(10, goalByNote('won', 'a client won the lock', 'believes')),
  requiredWithin(10, goalByNote('released', 'a holder gave the lock back', 'released')),
  requiredWithin(20, goalByNote('refused', 'a store had the key of somebody else', 'refused')),
  requiredWithin(50, split),
  requiredWithin(50, goalByNote('extended', 'a lock was extended', 'renewed')),
  requiredWithin(100, goalByNote('expired', 'a key ran out', 'expired')),
  requiredWithin(100, goalByNote('lost', 'a holder noticed that it had lost the lock, and stopped', 'lost')),
  requiredWithin(100, goalByNote('gave-up', 'a client gave up waiting for the lock', 'gaveUp')),
  requiredWithin(
    50,
    goalByNote('forgot', 'a store restarted, and had forgotten everything', 'forgot'),
    (fixed, world) => fixed.restarts !== 'immediate' && somebodyRestarts(fixed, world),
  ),
  requiredWithin(500, lateWrite, ({ trustedWith }) => trustedWith !== 'writes'),
];
