/** What a campaign as a whole proves. */
import { placedProperties } from '../check/monitor.ts';
import type { Protocol } from '../check/protocol.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { isOutside, withoutLabel } from './budget.ts';
import type { CampaignVerdict, Coverage, FuzzReport } from './report.ts';

/** More undecided histories than this make a campaign inconclusive: one run in a thousand. */
const UNDECIDED_PER_RUN_MAX = 1 / 1_000;

export const checksAnything = (protocol: Protocol): boolean =>
  protocol.model !== undefined || placedProperties(protocol).some(({ property }) => property.kind === 'always');

/** @param reasons why the campaign proves little, if it does. */
export function campaignVerdict(
  groups: FuzzReport['groups'],
  runs: number,
  checked: boolean,
  reasons: readonly string[],
): CampaignVerdict {
  const first = groups.find(({ signature }) => !isOutside(signature));
  if (first !== undefined) return first.first.verdict;
  if (runs === 0 || !checked) return 'nothing-ran';
  return reasons.length > 0 ? 'inconclusive' : 'passed';
}

/** Why a campaign proves little, one sentence each. */
export function whyInconclusive(coverage: Coverage, runs: number, checked: boolean): readonly string[] {
  if (runs === 0) return ['no seed was run'];
  const reasons: string[] = [];
  if (!checked) reasons.push('there are neither invariants nor a model: nothing was checked');
  const { ok, fail, unknown, open } = coverage.operations;
  const called = ok + fail + unknown + open;
  if (ok === 0) reasons.push(called > 0 ? 'no operation was acknowledged in any run' : 'no operation was ever called');
  for (const { goal, title, seeds, requiredWithinSeeds } of coverage.goals) {
    if (seeds > 0 || requiredWithinSeeds === undefined || requiredWithinSeeds > runs) continue;
    reasons.push(`goal ${goal} (${title}) was not reached, though ${requiredWithinSeeds} seeds should`);
  }
  const undecided = coverage.linearizability.unknown;
  if (undecided / runs > UNDECIDED_PER_RUN_MAX) {
    reasons.push(`${undecided} of ${runs} client histories could not be judged within the budget`);
  }
  return reasons;
}

export function isAsExpected(
  { expect }: Pick<Scenario, 'expect'>,
  verdict: CampaignVerdict,
  groups: FuzzReport['groups'],
): boolean {
  if (expect.verdict === 'passed') return verdict === 'passed';
  // What is expected to break may well break outside the model.
  const broken = groups.map(({ signature }) => withoutLabel(signature));
  if (broken.length === 0 || !broken.every((signature) => signature.startsWith('violated '))) return false;
  return expect.property === undefined || broken.every((signature) => signature === `violated ${expect.property}`);
}
