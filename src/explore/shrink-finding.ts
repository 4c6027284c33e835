/** From a finding to its capsule: shrunk where that is wished, in this thread or in a worker. */
import type { Protocol } from '../check/protocol.ts';
import type { Plan } from '../scenario/plan.ts';
import { type Capsule, makeCapsule } from './capsule.ts';
import type { Execution } from './execution.ts';
import type { PlanSource } from './generate.ts';
import { landmarksOf } from './landmarks.ts';
import type { Finding, FindingGroup } from './report.ts';
import { type ShrinkBudget, shrinkPlan } from './shrink.ts';

/** What belongs to a finding in a report. */
export type Told = Pick<FindingGroup, 'capsule' | 'shrinking'>;

/** The smallest plan that fails as the finding's does. The same in every thread. */
export async function shrinkFinding(
  protocol: Protocol,
  source: PlanSource,
  scenario: string,
  finding: Finding,
  how: Pick<ShrinkBudget, 'signal' | 'besideOthers' | 'threads'> = {},
): Promise<Told> {
  const { execution, seed, strictOnly } = finding;
  const strict = execution.failure?.kind === 'strict' || strictOnly === true;
  const small = await shrinkPlan(protocol, source.plan(seed), execution, { ...how, strict, source });
  return { capsule: capsuleOf(protocol, small.plan, small.execution, scenario, seed), shrinking: small.report };
}

/** As it was found. */
export const keepFindingWhole = (protocol: Protocol, source: PlanSource, scenario: string, finding: Finding): Told => ({
  capsule: capsuleOf(protocol, source.plan(finding.seed), finding.execution, scenario, finding.seed),
});

function capsuleOf(protocol: Protocol, plan: Plan, execution: Execution, scenario: string, seed: string): Capsule {
  const { failure, statistics } = execution;
  const landmarks = failure?.kind === 'hung' ? undefined : landmarksOf(protocol, plan, statistics.events);
  return makeCapsule(plan, execution, { scenario, seed }, landmarks);
}
