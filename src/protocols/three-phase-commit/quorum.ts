/**
 * Quorum-based three-phase commit (Skeen 1982): what a commit quorum has pre-committed may be committed, what an abort quorum has
 * pre-aborted may be aborted, and no two such quorums are apart. Safe in partitions; a side without a quorum blocks, and after cascading
 * failures even a connected majority may.
 */
import { type Rules, sharedRules, type Verdict } from './rules.ts';
import type { Report } from './shape.ts';

export interface Quorums {
  readonly commit: number;
  readonly abort: number;
}

/** Skeen 1982: commit quorum + abort quorum > all. Every process has one vote. */
const quorumsOf = (members: number): Quorums => {
  const commit = Math.floor(members / 2) + 1;
  return { commit, abort: members - commit + 1 };
};

const count = (reports: readonly Report[], ...states: Report['state'][]): number =>
  reports.filter(({ state }) => states.includes(state)).length;

/** @param quorums the sizes of quorums among so many members. */
export function createQuorumRules(quorums: (members: number) => Quorums = quorumsOf): Rules {
  return {
    ...sharedRules,
    verdict(reports, members): Verdict {
      const { commit, abort } = quorums(members);
      if (count(reports, 'a') > 0) return 'abort';
      if (count(reports, 'c') > 0) return 'commit';
      if (count(reports, 'p') > 0 && count(reports, 'w', 'p') >= commit) return 'pre-commit';
      return count(reports, 'w', 'pa') >= abort ? 'pre-abort' : 'block';
    },
    isSettled: (commit, acks, _asked, members) => acks >= quorums(members)[commit ? 'commit' : 'abort'],
    whenAcksAreMissing: () => 'terminate',
    // Who is counted for one quorum is never counted for the other.
    mayMove: (from, commit) => from === 'w' || (from === 'p') === commit,
    recoveredTakePart: true,
    afterRecovery: () => 'block',
    // Skeen says nothing of leaders that crash. Who led an election again after a restart would count acknowledgements of its first proposal.
    recordsElections: true,
  };
}

export const quorumRules: Rules = createQuorumRules();
