/** What guards the resource, under options of any of the locks: some leave it open, others know nothing but tokens and have no such option. */
import type { Micros } from '../../sim/protocol.ts';
import type { GuardOptions } from './shape.ts';

/** The resource compares nothing, and counts on locks that were lost being granted late. */
export const isGuardedByDelay = (options: GuardOptions): boolean =>
  'guard' in options && options.guard === 'lock-delay';

/** For how long nobody gets a lock that was lost. */
export const lockDelayOf = (options: GuardOptions): Micros => ('lockDelay' in options ? (options.lockDelay ?? 0) : 0);
