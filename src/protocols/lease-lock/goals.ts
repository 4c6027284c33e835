/**
 * What a campaign must have reached, or it proved little. Some are decoys: alarming, but right, and never to be reported.
 */
import { goalByNote, type Property, requiredWithin, somebodyRestarts, sometimes } from '../../check/property.ts';
import type { Json } from '../../sim/plain.ts';

const byNote = (name: string, title: string, note: string, wanted: (data: Json | undefined) => boolean): Property =>
  sometimes<null>({
    name,
    title,
    oracle: 'internal',
    start: () => null,
    note: (_memory, _node, text, data) => text === note && wanted(data),
  });

const why =
  (reason: string): ((data: Json | undefined) => boolean) =>
  (data) =>
    (data as { readonly why: string }).why === reason;

/** A pause between looking at the lease and writing: no rule of the holder can prevent it, which is what tokens are for. */
const staleRefused: Property = {
  ...goalByNote(
    'stale-refused',
    'a holder that had lost the lock came to the resource with its old token (right: it is refused)',
    'refused',
  ),
  source: 'Kleppmann 2016',
};

export const leaseLockGoals: readonly Property[] = [
  requiredWithin(10, goalByNote('granted', 'the lock was granted', 'granted')),
  requiredWithin(10, goalByNote('released', 'a holder gave the lock back', 'released')),
  requiredWithin(50, byNote('expired', 'a lease expired at the server', 'freed', why('expiry'))),
  requiredWithin(100, goalByNote('lost', 'a holder noticed that it had lost the lock, and stopped', 'lost')),
  requiredWithin(50, goalByNote('renewed', 'a lease was renewed', 'renewed')),
  requiredWithin(
    100,
    goalByNote('restored', 'a server restarted and found that the lock was held', 'restored'),
    somebodyRestarts,
  ),
  requiredWithin(
    200,
    byNote('passed-over', 'a waiter that had been silent was passed over', 'leftQueue', why('silence')),
  ),
  requiredWithin(200, goalByNote('gave-up', 'a client gave up waiting for the lock', 'gaveUp')),
  requiredWithin(500, staleRefused, ({ guard }) => guard !== 'lock-delay'),
];
