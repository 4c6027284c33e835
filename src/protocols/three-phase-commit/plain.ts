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
 * Skeen 1983, BHG 7.5: the last process to fail may have decided. Nobody decides after a total failure before all are back; nobody having
 * decided, their states together say what may have been decided: nothing.
 */
function afterTotalFailure(own: Report, others: readonly Report[], members: number): Verdict {
  if (others.length + 1 < members) return 'block';
  return [own, ...others].some(({ state }) => state === 'p') ? 'commit' : 'abort';
}
