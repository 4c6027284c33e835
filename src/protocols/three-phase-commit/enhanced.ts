/**
 * Enhanced three-phase commit (Keidar and Dolev 1998): majorities, and two counters on disk that tell which attempt was the last. Processes
 * may go from pre-commit to pre-abort and back, so that any connected majority decides, whatever went wrong before.
 */
import { type Rules, sharedRules, type Verdict } from './rules.ts';
import type { Report } from './shape.ts';

const majority = (members: number): number => Math.floor(members / 2) + 1;

export const enhancedRules: Rules = {
  ...sharedRules,
  verdict,
  isSettled: (_commit, acks, _asked, members) => acks >= majority(members),
  whenAcksAreMissing: () => 'terminate',
  mayMove: () => true,
  recoveredTakePart: true,
  afterRecovery: () => 'block',
  recordsElections: true,
};

/** KD, Table 2. IMAC: all whose last attempt is the latest in the group are pre-committed. */
function verdict(reports: readonly Report[], members: number): Verdict {
  if (reports.some(({ state }) => state === 'a')) return 'abort';
  if (reports.some(({ state }) => state === 'c')) return 'commit';
  if (reports.length < majority(members)) return 'block';
  let latest = 0;
  for (const { attempt } of reports) latest = Math.max(latest, attempt);
  const imac = reports.every(({ attempt, state }) => attempt < latest || state === 'p');
  return imac ? 'pre-commit' : 'pre-abort';
}
