/**
 * What the members of the family have in common, and what each decides in its own way: plain.ts, quorum.ts, enhanced.ts. A planted bug
 * (bugs.ts) is another function in the place of one of these.
 */
import { correctWorkRules, type WorkRules } from '../atomic-commit/work-rules.ts';
import type { Member, Report } from './shape.ts';

/** `pre-commit` and `pre-abort`: propose it, and decide when enough have acknowledged. `block`: nobody here may decide. */
export type Verdict = 'commit' | 'abort' | 'pre-commit' | 'pre-abort' | 'block';

export interface Rules extends WorkRules {
  readonly whenInDoubt: typeof whenInDoubt;
  readonly obeys: typeof obeys;

  // What plain, quorum and enhanced three-phase commit do differently.

  /** What a leader does with the states it has collected, its own among them. `members` is the size of the group. */
  verdict(reports: readonly Report[], members: number): Verdict;
  /** Whether a proposal is decided: so many have acknowledged it, of so many that were asked. */
  isSettled(commit: boolean, acks: number, asked: number, members: number): boolean;
  /** What a leader does that has waited long enough for acknowledgements. */
  whenAcksAreMissing(): 'decide' | 'terminate';
  /** Whether a process in this state may be pre-committed or pre-aborted. */
  mayMove(from: Member['state'], commit: boolean): boolean;
  /** Whether a process that has crashed since its vote takes part in terminations. */
  readonly recoveredTakePart: boolean;
  /** What a process does that has recovered, may not take part, and has heard of these others that have recovered too. */
  afterRecovery(own: Report, others: readonly Report[]): Verdict;
  /** Whether elections must outlive a crash. */
  readonly recordsElections: boolean;
}

/** BHG 7.5: neither w nor p may decide at a time-out: somebody else may have decided the other way. The termination protocol does. */
function whenInDoubt(_state: Member['state']): 'terminate' | 'commit' | 'abort' {
  return 'terminate';
}

/** BHG 7.5: whoever leads now is obeyed, and nobody that led before. */
function obeys(election: number, own: number): boolean {
  return election === own;
}

export const sharedRules: WorkRules & Pick<Rules, 'whenInDoubt' | 'obeys'> = {
  ...correctWorkRules,
  whenInDoubt,
  obeys,
};
