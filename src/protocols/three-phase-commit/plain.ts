/**
 * Three-phase commit (Skeen 1981; BHG 7.5): who is silent has crashed, and whoever is up decides. Never blocks while one process stays up.
 * In a partition each side takes the other for dead, and they may decide differently: that is outside its model.
 */
import { type Rules, sharedRules, type Verdict } from './rules.ts';
import type { Report } from './shape.ts';

export const plainRules: Rules = {
  ...sharedRules,
  verdict: terminationRules,
  isSettled: (_commit, acks, asked) => acks >= asked,
  whenAcksAreMissing: () => 'decide',
  mayMove: () => true,
  recoveredTakePart: false,
  afterRecovery: afterTotalFailure,
  recordsElections: false,
};

/** BHG 7.5, TR1 to TR4, in this order. */
function terminationRules(reports: readonly Report[]): Verdict {
  if (reports.some(({ state }) => state === 'a')) return 'abort';
  if (reports.some(({ state }) => state === 'c')) return 'commit';
  return reports.some(({ state }) => state === 'p') ? 'pre-commit' : 'abort';
}

/**
 * Skeen 1983, BHG 7.5: after a total failure nobody decides before the last to fail are back, since these may have decided. Whom everybody
 * that is back knew to be up are all who can have been the last, and more where some of these are not back. None of them having decided,
 * what they were in says what may have been decided before.
 */
function afterTotalFailure(own: Report, others: readonly Report[]): Verdict {
  const back = [own, ...others];
  const last = own.up.filter((node) => others.every(({ up }) => up.includes(node)));
  const states = last.map((node) => back.find((report) => report.node === node)?.state);
  if (states.includes(undefined)) return 'block';
  return states.includes('p') ? 'commit' : 'abort';
}
