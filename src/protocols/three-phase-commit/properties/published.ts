/** What the papers say of quorums and of proposals, apart from the code that is held against it. */
import type { Claims } from './settled.ts';
import type { Known, MayPropose } from './termination-rules.ts';

const majority = (members: number): number => Math.floor(members / 2) + 1;

/** Skeen 1982: the two quorums have a member in common. */
export const quorumClaims: Claims = {
  commit: majority,
  abort: (members) => members - majority(members) + 1,
  isForGood: true,
};

/** KD: a majority has attempted it. */
export const enhancedClaims: Claims = { commit: majority, abort: majority, isForGood: false };

const isPreCommitted = ({ state }: Known): boolean => state === 'p';

/** BHG 7.5, TR4: one of those that are up is pre-committed. Nobody is ever pre-aborted. */
export const mayProposeInPlain: MayPropose = (commit, known) => commit && known.some(isPreCommitted);

/** Skeen 1982: enough can still be counted for it; and nobody commits what nobody has pre-committed. */
export const mayProposeByQuorum: MayPropose = (commit, known, members) =>
  commit
    ? known.some(isPreCommitted) && known.filter(({ state }) => state !== 'pa').length >= quorumClaims.commit(members)
    : known.filter(({ state }) => state !== 'p').length >= quorumClaims.abort(members);

/** KD, Table 2: a majority is together, and the latest attempt of any of them decides. */
export const mayProposeByLatestAttempt: MayPropose = (commit, known, members) => {
  const latest = known.reduce((most, { attempt }) => Math.max(most, attempt), 0);
  const isLatestCommit = known.filter(({ attempt }) => attempt === latest).every(isPreCommitted);
  return known.length >= majority(members) && isLatestCommit === commit;
};
