/** The zoo: every planted bug against the fuzzer as it is. The yardstick of how good the fuzzer is at finding what nobody planted. */
import { LINEARIZABILITY, placedProperties, qualifiedName } from '../check/monitor.ts';
import type { Bug, Protocol } from '../check/protocol.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { fuzz } from './fuzz.ts';
import type { Pool } from './pool.ts';
import { profileName } from './profile.ts';
import type { FuzzReport, PlanSize } from './report.ts';
import { type Interval, overlap, trialsUntil, wilsonInterval } from './statistics.ts';

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
  /** Also measure what client-only oracles find, and shrink the first hit. Default true. */
  readonly inDepth?: boolean;
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
 * - `no oracle`: nothing the bug can break is checked (liveness, say), and nothing was found.
 */
export type RowVerdict = 'found' | 'censored' | 'missed' | 'no oracle';

export interface ZooRow {
  readonly bug: string;
  readonly title: string;
  readonly violates: readonly string[];
  readonly verdict: RowVerdict;
  /** With all oracles. */
  readonly all: HitRate;
  /** The seed that was first to hit, and what it broke. */
  readonly firstSeed?: string;
  readonly firstSignature?: string;
  /** Hits by what broke. */
  readonly signatures: { readonly [signature: string]: number };
  /** Broken, though the bug is not said to break it. */
  readonly unexpected: readonly string[];
  /** With oracles that see only what clients see; absent when not measured. */
  readonly clientOnly?: HitRate;
  /** Size of the first hit's plan after shrinking, and what that cost. */
  readonly shrunk?: PlanSize;
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
  const shrinking = first?.shrinking;
  return {
    bug: bug.id,
    title: bug.title,
    violates: bug.violates,
    verdict: verdictOf(protocol, bug, hitsOf(report)),
    all: rateOf(report),
    ...(first === undefined ? {} : { firstSeed: first.first.seed, firstSignature: first.signature }),
    signatures,
    unexpected: Object.keys(signatures).filter((signature) => !isClaimed(bug, signature)),
    ...(clientOnly === undefined ? {} : { clientOnly: rateOf(clientOnly) }),
    ...(shrinking === undefined ? {} : { shrunk: shrinking.after, shrinkCpuSeconds: shrinking.cpuSeconds }),
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
  return protocol.model === undefined ? names : [...names, LINEARIZABILITY];
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
    cpuSeconds: report.cpuSeconds,
  };
}

function verdictOf(protocol: Protocol, bug: Bug, hits: number): RowVerdict {
  if (hits >= HITS_FOR_A_RATE) return 'found';
  if (hits > 0) return 'censored';
  const checked = new Set(placedProperties(protocol).map(({ path, property }) => qualifiedName(path, property.name)));
  if (protocol.model !== undefined) checked.add(LINEARIZABILITY);
  return bug.violates.some((name) => checked.has(name)) ? 'missed' : 'no oracle';
}

const isClaimed = ({ violates }: Bug, signature: string): boolean =>
  violates.some((name) => signature === `violated ${name}` || signature.endsWith(`:${name}`));

/** How a row has changed since an earlier table. */
export interface ZooChange {
  readonly bug: string;
  readonly before: number | undefined;
  readonly after: number;
  /** `better` and `worse` only where the intervals do not touch. */
  readonly change: 'new' | 'better' | 'same' | 'worse';
}

/** Row by row against an earlier table; rows that only the earlier one has are left out. */
export function compareZoo(earlier: ZooReport, later: ZooReport): readonly ZooChange[] {
  return later.rows.map(({ bug, all }) => {
    const before = earlier.rows.find((row) => row.bug === bug)?.all;
    if (before === undefined) return { bug, before: undefined, after: all.rate, change: 'new' };
    const same = overlap(before.interval, all.interval);
    return {
      bug,
      before: before.rate,
      after: all.rate,
      change: same ? 'same' : all.rate > before.rate ? 'better' : 'worse',
    };
  });
}
