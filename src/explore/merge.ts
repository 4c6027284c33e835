/** The reports of the shards of a campaign, as one. */
import { addFigures } from '../check/meter.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { CampaignDigest } from './campaign-digest.ts';
import { smallerOf } from './findings.ts';
import type { Coverage, FindingGroup, FuzzReport, GoalReport, LivenessCoverage } from './report.ts';
import { addCounts } from './tally.ts';
import { campaignVerdict, isAsExpected, whyInconclusive } from './verdict.ts';

/** Reports that do not belong together. */
export class MergeError extends Error {
  override readonly name = 'MergeError';
  readonly hint =
    'Only the shards of one campaign can be merged: same protocol, bug, scenario, profile and seed, each shard once.';
}

/**
 * What one campaign over all these seeds would have reported; `jobs` and seconds are sums.
 * @param expect what the scenario expects.
 * @throws MergeError when the reports are not of one campaign, or one shard is there twice.
 */
export function mergeReports(reports: readonly FuzzReport[], expect: Scenario['expect']): FuzzReport {
  const [first] = reports;
  if (first === undefined) throw new MergeError('there is no report to merge');
  checkTogether(reports, first);
  const sum = (of: (report: FuzzReport) => number): number => reports.reduce((total, report) => total + of(report), 0);
  const digest = new CampaignDigest();
  for (const report of reports) digest.addDigest(report.digest);
  const groups = mergeGroups(reports);
  const coverage = reports.map((report) => report.coverage).reduce(mergeCoverage);
  const runs = sum((report) => report.runs);
  const checked = reports.some(({ verdict }) => verdict !== 'nothing-ran');
  const reasons = [...whyInconclusive(coverage, runs, checked), ...missingShards(reports)];
  const verdict = campaignVerdict(groups, runs, checked, reasons);
  const { shard: _shard, ...about } = first;
  return {
    ...about,
    verdict,
    asExpected: isAsExpected({ expect }, verdict, groups),
    interrupted: reports.some(({ interrupted }) => interrupted),
    reasons,
    runs,
    counts: reports.map(({ counts }) => ({ ...counts })).reduce((total, counts) => addCounts(total, counts)),
    digest: digest.toString(),
    groups,
    rerunStrictly: sum((report) => report.rerunStrictly),
    coverage,
    events: sum((report) => report.events),
    deliveries: sum((report) => report.deliveries),
    // Whole microseconds: sums of fractions depend on their order.
    simulatedSeconds: Math.round(1e6 * sum((report) => report.simulatedSeconds)) / 1e6,
    jobs: sum((report) => report.jobs),
    wallSeconds: sum((report) => report.wallSeconds),
    cpuSeconds: sum((report) => report.cpuSeconds),
  };
}

function checkTogether(reports: readonly FuzzReport[], first: FuzzReport): void {
  const shards = new Set<string>();
  for (const report of reports) {
    for (const field of ['protocol', 'bug', 'scenario', 'profile', 'seed'] as const) {
      if (report[field] === first[field]) continue;
      throw new MergeError(`the reports are of different campaigns: ${field} is ${first[field]} and ${report[field]}`);
    }
    const { index, count } = report.shard ?? { index: 1, count: 1 };
    if (count !== (first.shard?.count ?? 1))
      throw new MergeError('the reports are of campaigns in different numbers of shards');
    if (shards.has(`${index}`)) throw new MergeError(`shard ${index}/${count} is there twice`);
    shards.add(`${index}`);
  }
}

function missingShards(reports: readonly FuzzReport[]): readonly string[] {
  const count = reports[0]?.shard?.count ?? 1;
  const there = new Set(reports.map(({ shard }) => shard?.index ?? 1));
  const missing = Array.from({ length: count }, (_, place) => place + 1).filter((index) => !there.has(index));
  return missing.length === 0
    ? []
    : [`of ${count} shards ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing`];
}

function mergeGroups(reports: readonly FuzzReport[]): readonly FindingGroup[] {
  const groups = new Map<string, FindingGroup>();
  for (const group of reports.flatMap((report) => report.groups)) {
    const known = groups.get(group.signature);
    groups.set(group.signature, known === undefined ? group : mergedGroup(known, group));
  }
  return [...groups.values()].sort((left, right) => left.first.index - right.first.index);
}

/** The first of both, and the story of the smallest: what one campaign would have told. */
function mergedGroup(one: FindingGroup, other: FindingGroup): FindingGroup {
  const told = smallerOf(one.smallest, other.smallest) === one.smallest ? one : other;
  const { first } = one.first.index < other.first.index ? one : other;
  return { ...told, first, count: one.count + other.count };
}

function mergeCoverage(one: Coverage, other: Coverage): Coverage {
  const messages = mergeTables(one.messages, other.messages);
  const faults = mergeTables(one.faults, other.faults);
  const never = (kinds: readonly string[], others: readonly string[]): readonly string[] =>
    kinds.filter((kind) => others.includes(kind));
  return {
    faults,
    faultsNeverFired: never(one.faultsNeverFired, other.faultsNeverFired),
    messages,
    messagesNeverDelivered: never(one.messagesNeverDelivered, other.messagesNeverDelivered),
    operations: addCounts({ ...one.operations }, other.operations),
    notes: inOrder(addCounts({ ...one.notes }, other.notes)),
    goals: one.goals.map(
      (goal, place): GoalReport => ({ ...goal, seeds: goal.seeds + (other.goals[place]?.seeds ?? 0) }),
    ),
    linearizability: {
      judged: one.linearizability.judged + other.linearizability.judged,
      unknown: one.linearizability.unknown + other.linearizability.unknown,
      nodesMax: Math.max(one.linearizability.nodesMax, other.linearizability.nodesMax),
    },
    faultFreeSeeds: one.faultFreeSeeds + other.faultFreeSeeds,
    downgraded: inOrder(addCounts({ ...one.downgraded }, other.downgraded)),
    ...(one.figures === undefined || other.figures === undefined
      ? {}
      : { figures: addFigures(one.figures, other.figures) }),
    ...(one.liveness === undefined || other.liveness === undefined
      ? {}
      : { liveness: mergeLiveness(one.liveness, other.liveness) }),
  };
}

/** Reports do not depend on who counted first. */
const inOrder = (counts: { readonly [name: string]: number }): { readonly [name: string]: number } =>
  Object.fromEntries(Object.entries(counts).sort(([left], [right]) => (left < right ? -1 : 1)));

const mergeLiveness = (one: LivenessCoverage, other: LivenessCoverage): LivenessCoverage => ({
  live: one.live + other.live,
  unrecoverable: one.unrecoverable + other.unrecoverable,
  unjudged: one.unjudged + other.unjudged,
  slowestMicros: Math.max(one.slowestMicros, other.slowestMicros),
});

type Rows<Row> = { readonly [name: string]: Row };

function mergeTables<Row extends { readonly [count: string]: number }>(one: Rows<Row>, other: Rows<Row>): Rows<Row> {
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])].sort();
  return Object.fromEntries(
    names.map((name) => {
      const [left, right] = [one[name], other[name]];
      if (left === undefined || right === undefined) return [name, (left ?? right) as Row];
      return [name, addCounts({ ...left } as { [count: string]: number }, right) as Row];
    }),
  );
}
