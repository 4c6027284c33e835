/**
 * The decisions of locking and of work before the vote. Each protocol's rules include these.
 * "BHG" is Bernstein, Hadzilacos, Goodman, Concurrency Control and Recovery in Database Systems, 1987.
 */
import { type Age, goesFirst } from './transactions.ts';

/** What becomes of locks that are in each other's way. */
export type LockPolicy = 'wait-die' | 'wound-wait' | 'timeout';

/** Of a transaction at one participant. Before `prepared` the participant may abort it alone, afterwards it may not. */
export type LocalPhase = 'working' | 'executed' | 'prepared';

export interface WorkRules {
  readonly whenBlocked: typeof whenBlocked;
  readonly ageOfNextAttempt: typeof ageOfNextAttempt;
  readonly endsWithSession: typeof endsWithSession;
  readonly keepsLocksAfterVote: typeof keepsLocksAfterVote;
  readonly locksAgainAtRecovery: typeof locksAgainAtRecovery;
  readonly isRepetition: typeof isRepetition;
}

/**
 * Rosenkrantz, Stearns, Lewis 1978. Wait-die: the older waits, the younger dies. Wound-wait: the older wounds the younger, which waits for
 * its elders. Either way all waits go one way along the ages, so that there is no cycle. With time-outs everybody waits, for a while.
 */
function whenBlocked(policy: LockPolicy, waiter: Age, obstacle: Age): 'wait' | 'die' | 'wound' {
  switch (policy) {
    case 'wait-die':
      return goesFirst(waiter, obstacle) ? 'wait' : 'die';
    case 'wound-wait':
      return goesFirst(waiter, obstacle) ? 'wound' : 'wait';
    case 'timeout':
      return 'wait';
  }
}

/** Rosenkrantz, Stearns, Lewis 1978: who is tried again keeps its first age, and so one day is the oldest and wins. */
function ageOfNextAttempt(first: number, _now: number): number {
  return first;
}

/** A coordinator that restarts has forgotten all that it had not decided: what has not voted is rolled back. What has is in doubt. */
function endsWithSession(phase: LocalPhase): boolean {
  return phase !== 'prepared';
}

/** BHG 3.2, strict two-phase locking: locks are kept until the decision. */
function keepsLocksAfterVote(): boolean {
  return true;
}

/** BHG 7.4: who is in doubt at recovery takes its locks again before new transactions come in. */
function locksAgainAtRecovery<Locks>(locks: readonly Locks[]): readonly Locks[] {
  return locks;
}

/** A decision that was carried out is not carried out again: the network duplicates, and coordinators repeat what is not acknowledged. */
function isRepetition(finished: boolean): boolean {
  return finished;
}

export const correctWorkRules: WorkRules = {
  whenBlocked,
  ageOfNextAttempt,
  endsWithSession,
  keepsLocksAfterVote,
  locksAgainAtRecovery,
  isRepetition,
};
