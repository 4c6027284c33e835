/** The zoo: every planted bug against the fuzzer as it is. The yardstick of how good the fuzzer is at finding what nobody planted. */
import { LIVENESS } from '../check/liveness.ts';
import { LINEARIZABILITY, placedProperties, qualifiedName } from '../check/monitor.ts';
import type { Bug, Protocol } from '../check/protocol.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { Capsule } from './capsule.ts';
import { fuzz } from './fuzz.ts';
import type { Pool } from './pool.ts';
import { profileName } from './profile.ts';
import type { FindingGroup, FuzzReport, PlanSize } from './report.ts';
import { type Interval, trialsUntil, wilsonInterval } from './statistics.ts';

export interface ZooOptions {
  /** Fixed unless given: a table is to be compared with earlier ones. */
  readonly seed?: string;
  /** Ids of the bugs; default all. */
  readonly bugs?: readonly string[];
  /** A row ends after so many seeds, hits (counted to the end of their batch) or processor seconds, whichever comes first. */
  readonly runs?: number;
  readonly hits?: number;
  readonly cpuSeconds?: number;
  readonly jobs?: number;
  /** Also measure what client-only oracles find, and shrink the smallest hit. Default true. */
  readonly inDepth?: boolean;
  /** How many rows the story of a shrunk failure takes. */
  readonly storyRows?: (protocol: Protocol, capsule: Capsule) => number;
  readonly onRow?: (row: ZooRow) => void;
  readonly signal?: AbortSignal;
}

export const ZOO_FORMAT = 'worldline-zoo/1';

export interface ZooReport {
  readonly format: typeof ZOO_FORMAT;
  readonly protocol: string;
  readonly scenario: string;
  readonly profile: string;
  readonly seed: string;
  readonly rows: readonly ZooRow[];
  /** Rows with an oracle that were not found, by id. */
  readonly missed: readonly string[];
  readonly interrupted: boolean;
  readonly cpuSeconds: number;
}

/**
 * - `found`: at least three hits; the rate means something.
 * - `censored`: one or two hits. - `missed`: none.
 * - `no oracle`: nothing that the bug can break is checked, and nothing was found.
 */
export type RowVerdict = 'found' | 'censored' | 'missed' | 'no oracle';

export interface ZooRow {
  readonly bug: string;
  readonly title: string;
  readonly violates: readonly string[];
  readonly verdict: RowVerdict;
  /** With all oracles. */
  readonly all: HitRate;
  /** The seed that was first to hit, what it broke, and which kind of oracle saw that. */
  readonly firstSeed?: string;
  readonly firstSignature?: string;
  readonly firstOracle?: 'internal' | 'client';
  /** Hits by what broke. */
  readonly signatures: { readonly [signature: string]: number };
  /** Broken, though the bug is not said to break it. */
  readonly unexpected: readonly string[];
  /** With oracles that see only what clients see; absent when not measured. */
  readonly clientOnly?: HitRate;
  /** The smallest hit of the kind that was found first, after shrinking; and what that cost. */
  readonly shrunk?: PlanSize & { readonly storyRows?: number };
  readonly shrinkCpuSeconds?: number;
}

export interface HitRate {
  readonly runs: number;
  readonly hits: number;
  readonly rate: number;
  readonly interval: Interval;
  /** Seeds to the first hit: median and 90th percentile, from the rate; absent without hits. */
  readonly medianSeeds?: number;
  readonly p90Seeds?: number;
  /** Of the runs alone. */
  readonly cpuSeconds: number;
}

const RUNS = 5_000;
const HITS = 20;
const CPU_SECONDS = 60;
const HITS_FOR_A_RATE = 3;
/** Fixed, so that a row ends at the same seed whatever the machine. */
const BATCH_SEEDS = 20;

/**
 * Measures every planted bug.
 * @param scenario without a bug; `scenario.protocol` names `protocol` for workers.
 */
export async function zoo(protocol: Protocol, scenario: Scenario, options: ZooOptions = {}): Promise<ZooReport> {
  const { seed = '1', jobs = 1, signal } = options;
  const bugs = chosenBugs(protocol, options.bugs);
  const cpuBefore = process.cpuUsage();
  const pool = jobs > 1 ? (await import('./pool.ts')).openPool(jobs) : undefined;
  const rows: ZooRow[] = [];
  try {
    for (const bug of bugs) {
      if (signal?.aborted) break;
      const row = await measure(protocol, bug, { ...scenario, bug: bug.id }, seed, options, pool);
      rows.push(row);
      options.onRow?.(row);
    }
  } finally {
    await pool?.close();
  }
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    format: ZOO_FORMAT,
    protocol: protocol.name,
    scenario: scenario.name,
    profile: profileName(scenario.chaos),
    seed,
    rows,
    missed: rows.filter(({ verdict }) => verdict === 'missed').map(({ bug }) => bug),
    interrupted: signal?.aborted ?? false,
    cpuSeconds: (user + system) / 1_000_000,
  };
}

/** @throws RangeError when there is no such bug. */
function chosenBugs(protocol: Protocol, ids: readonly string[] | undefined): readonly Bug[] {
  const bugs = protocol.bugs ?? [];
  if (ids === undefined) return bugs;
  return ids.map((id) => {
    const bug = bugs.find((one) => one.id.toLowerCase() === id.toLowerCase());
    if (bug !== undefined) return bug;
    throw new RangeError(`${protocol.name} has no planted bug "${id}"; it has ${bugs.map((one) => one.id).join(', ')}`);
  });
}

async function measure(
  protocol: Protocol,
  bug: Bug,
  scenario: Scenario,
  seed: string,
  options: ZooOptions,
  pool: Pool | undefined,
): Promise<ZooRow> {
  const { inDepth = true } = options;
  const buggy = bug.protocol();
  const report = await campaign(buggy, scenario, seed, options, inDepth, pool);
  const [first] = report.groups;
  const signatures = Object.fromEntries(report.groups.map(({ signature, count }) => [signature, count]));
  const clientProperties = clientOracles(buggy);
  const clientOnly =
    inDepth && first !== undefined && clientProperties.length > 0
      ? await campaign(buggy, { ...scenario, properties: clientProperties }, seed, options, false, pool)
      : undefined;
  return {
    bug: bug.id,
    title: bug.title,
    violates: bug.violates,
    verdict: verdictOf(protocol, bug, hitsOf(report)),
    all: rateOf(report),
    ...(first === undefined ? {} : firstHit(first)),
    signatures,
    unexpected: Object.keys(signatures).filter((signature) => !isClaimed(bug, signature)),
    ...(clientOnly === undefined ? {} : { clientOnly: rateOf(clientOnly) }),
    ...(first === undefined ? {} : shrunkHit(buggy, first, options)),
  };
}

const firstHit = ({
  signature,
  first,
}: FindingGroup): Pick<ZooRow, 'firstSeed' | 'firstSignature' | 'firstOracle'> => ({
  firstSeed: first.seed,
  firstSignature: signature,
  ...(first.execution.violation === undefined ? {} : { firstOracle: first.execution.violation.oracle }),
});

function shrunkHit(
  buggy: Protocol,
  { capsule, shrinking }: FindingGroup,
  { storyRows }: ZooOptions,
): Pick<ZooRow, 'shrunk' | 'shrinkCpuSeconds'> {
  if (capsule === undefined || shrinking === undefined) return {};
  const rows = storyRows?.(buggy, capsule);
  return {
    shrunk: { ...shrinking.after, ...(rows === undefined ? {} : { storyRows: rows }) },
    shrinkCpuSeconds: shrinking.cpuSeconds,
  };
}

const campaign = (
  buggy: Protocol,
  scenario: Scenario,
  seed: string,
  { runs = RUNS, hits = HITS, cpuSeconds = CPU_SECONDS, jobs = 1, signal }: ZooOptions,
  shrink: boolean,
  pool: Pool | undefined,
): Promise<FuzzReport> =>
  fuzz(buggy, scenario, {
    seed,
    runs,
    jobs,
    shrink: shrink ? 'first' : false,
    keepGoing: true,
    hitsMax: hits,
    cpuSecondsMax: cpuSeconds,
    batchSeeds: BATCH_SEEDS,
    ...(pool === undefined ? {} : { pool }),
    ...(signal === undefined ? {} : { signal }),
  });

/** Names of the invariants that see only what clients see. */
function clientOracles(protocol: Protocol): readonly string[] {
  const names = placedProperties(protocol)
    .filter(({ property }) => property.kind === 'always' && property.oracle === 'client')
    .map(({ path, property }) => qualifiedName(path, property.name));
  return [
    ...names,
    ...(protocol.model === undefined ? [] : [LINEARIZABILITY]),
    ...(protocol.liveness === undefined ? [] : [LIVENESS]),
  ];
}

const hitsOf = ({ groups }: FuzzReport): number => groups.reduce((sum, { count }) => sum + count, 0);

function rateOf(report: FuzzReport): HitRate {
  const hits = hitsOf(report);
  const rate = report.runs === 0 ? 0 : hits / report.runs;
  return {
    runs: report.runs,
    hits,
    rate,
    interval: wilsonInterval(hits, report.runs),
    ...(hits === 0 ? {} : { medianSeeds: trialsUntil(rate, 0.5), p90Seeds: trialsUntil(rate, 0.9) }),
    cpuSeconds: report.cpuSeconds - shrinkSeconds(report),
  };
}

const shrinkSeconds = ({ groups }: FuzzReport): number =>
  groups.reduce((sum, { shrinking }) => sum + (shrinking?.cpuSeconds ?? 0), 0);

function verdictOf(protocol: Protocol, bug: Bug, hits: number): RowVerdict {
  if (hits >= HITS_FOR_A_RATE) return 'found';
  if (hits > 0) return 'censored';
  const checked = new Set(placedProperties(protocol).map(({ path, property }) => qualifiedName(path, property.name)));
  if (protocol.model !== undefined) checked.add(LINEARIZABILITY);
  if (protocol.liveness !== undefined) checked.add(LIVENESS);
  return bug.violates.some((name) => checked.has(name)) ? 'missed' : 'no oracle';
}

const isClaimed = ({ violates }: Bug, signature: string): boolean =>
  violates.some((name) => signature === `violated ${name}` || signature.endsWith(`:${name}`));
