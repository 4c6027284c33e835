/** A campaign: many seeds of one scenario, until the budget is used or something is found. */
import { placedProperties } from '../check/monitor.ts';
import type { Protocol } from '../check/protocol.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { Digest } from '../sim/digest.ts';
import { type BatchResult, runBatch } from './batch.ts';
import { makeCapsule } from './capsule.ts';
import { coverageOf } from './coverage.ts';
import { type PlanSource, planSource } from './generate.ts';
import type { Pool } from './pool.ts';
import { observeVocabulary } from './probe.ts';
import { profileName } from './profile.ts';
import type { CampaignVerdict, Coverage, Finding, FindingGroup, FuzzReport, Progress } from './report.ts';
import { parseSeed, type Seed, seedAt } from './seeds.ts';
import { shrinkPlan } from './shrink.ts';
import { addTally, emptyTally, type Tally } from './tally.ts';
import { emptyVocabulary, type Vocabulary } from './vocabulary.ts';

export interface FuzzOptions {
  /** The base seed, as text: see seeds.ts. */
  readonly seed: string;
  /** How many seeds to run. Default: `DEFAULT_RUNS`, or as many as `forSeconds` allows. */
  readonly runs?: number;
  /** Begin no seed after this much wall time. */
  readonly forSeconds?: number;
  /** Begin no batch after this much processor time. */
  readonly cpuSecondsMax?: number;
  /**
   * Worker threads; default 1, which runs in this thread. Workers load the protocol themselves by the scenario's name for it, so with
   * more than one it must be a built-in's name or a module's path. Results do not depend on the number.
   */
  readonly jobs?: number;
  /** Go on after a finding, and group what is found. */
  readonly keepGoing?: boolean;
  /** With `keepGoing`: end after the batch in which so many seeds have failed in all. */
  readonly hitsMax?: number;
  /** Shrink the first finding of every group (the default), of the first group only, or none. */
  readonly shrink?: boolean | 'first';
  /** Time for a batch (of about a fifth of a second) after which its seeds are run one by one to find the one that hangs. Default 10. */
  readonly hangSeconds?: number;
  /** Seeds to a batch; by default as many as keep Ctrl-C quick. */
  readonly batchSeeds?: number;
  /** Workers to use, and to leave open; by default the campaign opens and closes its own. */
  readonly pool?: Pool;
  readonly onProgress?: (progress: Progress) => void;
  /** Ends the campaign after the batches under way; the report covers what was run. */
  readonly signal?: AbortSignal;
}

/** What a campaign without a budget runs: about twenty seconds of a five-node protocol on one core. */
export const DEFAULT_RUNS = 2_000;

/** A batch is small enough for Ctrl-C and progress, and large enough that sending it to a worker costs nothing. */
const BATCH_SEEDS_FIRST = 20;
const BATCH_SEEDS_MAX = 200;
const BATCH_SECONDS = 0.2;
const HANG_SECONDS = 10;
/** More undecided histories than this make a campaign inconclusive: one run in a thousand. */
const UNDECIDED_PER_RUN_MAX = 1 / 1_000;

/**
 * Runs a campaign.
 * @param protocol what `scenario.protocol` and `scenario.bug` name.
 * @throws SeedError when the seed is none.
 */
export async function fuzz(protocol: Protocol, scenario: Scenario, options: FuzzOptions): Promise<FuzzReport> {
  const campaign = new Campaign(protocol, scenario, options);
  await campaign.run();
  return campaign.report(await campaign.groups());
}

class Campaign {
  private readonly protocol: Protocol;
  private readonly scenario: Scenario;
  private readonly options: FuzzOptions;
  private readonly seed: Seed;
  private readonly vocabulary: Vocabulary;
  private readonly source: PlanSource;
  private readonly jobs: number;
  private readonly runsMax: number;

  private readonly startedAt = performance.now();
  private readonly cpuBefore = process.cpuUsage();
  private readonly tally: Tally = emptyTally();
  private readonly digest = new Digest();
  private readonly found = new Map<string, { first: Finding; count: number }>();
  private dispatched = 0;
  private batchSeeds: number;
  private stopped = false;

  constructor(protocol: Protocol, scenario: Scenario, options: FuzzOptions) {
    this.protocol = protocol;
    this.scenario = scenario;
    this.options = options;
    this.seed = parseSeed(options.seed);
    this.jobs = Math.max(1, options.jobs ?? 1);
    this.batchSeeds = options.batchSeeds ?? BATCH_SEEDS_FIRST;
    this.runsMax = options.runs ?? (options.forSeconds === undefined ? DEFAULT_RUNS : Number.POSITIVE_INFINITY);
    this.vocabulary = this.runsMax < 1 ? emptyVocabulary : observeVocabulary(protocol, scenario, this.hangMilliseconds);
    this.source = planSource(protocol, scenario, this.vocabulary);
  }

  async run(): Promise<void> {
    if (this.jobs === 1) return this.runHere();
    const { openPool, workerSetup } = await import('./pool.ts');
    const setup = workerSetup(this.scenario, this.vocabulary);
    const pool = this.options.pool ?? openPool(this.jobs);
    try {
      await this.runIn((batch) => pool.run({ setup, batch }));
    } finally {
      if (this.options.pool === undefined) await pool.close();
    }
  }

  private async runHere(): Promise<void> {
    for (let batch = this.nextBatch(); batch !== undefined; batch = this.nextBatch()) {
      const begun = performance.now();
      this.take(runBatch(this.protocol, this.source, batch));
      this.paceBatches(batch.count, performance.now() - begun);
      // Lets signals and timers through.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Keeps every worker busy with one batch and one waiting; takes results in seed order, whatever the order of their arrival. */
  private async runIn(
    run: (batch: NonNullable<ReturnType<Campaign['nextBatch']>>) => Promise<BatchResult>,
  ): Promise<void> {
    const waiting: Promise<BatchResult>[] = [];
    const fill = (): void => {
      while (waiting.length < 2 * this.jobs) {
        const batch = this.nextBatch();
        if (batch === undefined) return;
        const begun = performance.now();
        const result = run(batch);
        waiting.push(result);
        // A failure is met when its turn comes.
        result.then(
          () => this.paceBatches(batch.count, (performance.now() - begun) / 2),
          () => undefined,
        );
      }
    };
    for (fill(); waiting.length > 0; fill()) {
      this.take(await (waiting.shift() as Promise<BatchResult>));
      if (this.stopped) return;
    }
  }

  private nextBatch(): Parameters<typeof runBatch>[2] | undefined {
    const { keepGoing = false, forSeconds } = this.options;
    const count = Math.min(this.batchSeeds, this.runsMax - this.dispatched);
    if (count < 1 || this.stopped || this.interrupted) return undefined;
    // Some runs are made however slow the start was: a short time on a busy machine is no reason to say that nothing ran.
    if (forSeconds !== undefined && this.dispatched > 0 && this.elapsedSeconds >= forSeconds) return undefined;
    if (this.cpuSeconds >= (this.options.cpuSecondsMax ?? Number.POSITIVE_INFINITY)) return undefined;
    const from = this.dispatched;
    this.dispatched += count;
    return { seed: this.seed, from, count, keepGoing, timeoutMilliseconds: this.hangMilliseconds };
  }

  private paceBatches(seeds: number, milliseconds: number): void {
    if (this.options.batchSeeds !== undefined) return;
    const perSeed = milliseconds / 1_000 / seeds;
    this.batchSeeds = Math.max(1, Math.min(BATCH_SEEDS_MAX, Math.round(BATCH_SECONDS / Math.max(perSeed, 1e-6))));
  }

  private take(result: BatchResult): void {
    addTally(this.tally, result.tally);
    for (const digest of result.digests) this.digest.string(digest);
    for (const { signature } of result.hits) {
      const group = this.found.get(signature);
      if (group !== undefined) group.count++;
      else {
        const first = result.findings.find((finding) => finding.signature === signature) as Finding;
        this.found.set(signature, { first, count: 1 });
      }
    }
    const { keepGoing = false, hitsMax = Number.POSITIVE_INFINITY } = this.options;
    if (this.failures >= (keepGoing ? hitsMax : 1)) this.stopped = true;
    this.tell('running');
  }

  /** The distinct failures, the first of each shrunk and put into a capsule. */
  async groups(): Promise<readonly FindingGroup[]> {
    const groups: FindingGroup[] = [];
    for (const [signature, { first, count }] of this.found) {
      if (first.verdict === 'nondeterministic') groups.push({ signature, count, first });
      else groups.push({ signature, count, first, ...(await this.capsuleOf(first, groups.length === 0)) });
    }
    return groups;
  }

  private async capsuleOf(finding: Finding, isFirst: boolean): Promise<Pick<FindingGroup, 'capsule' | 'shrinking'>> {
    const { protocol, scenario, options } = this;
    const plan = this.source.plan(finding.seed);
    const about = { scenario: scenario.name, seed: finding.seed };
    const kind = finding.execution.failure?.kind;
    const { shrink = true } = options;
    if (shrink === false || (shrink === 'first' && !isFirst) || kind === 'hung' || this.interrupted) {
      return { capsule: makeCapsule(plan, finding.execution, about) };
    }
    this.tell('shrinking');
    const { signal } = options;
    const budget = { strict: kind === 'strict', ...(signal === undefined ? {} : { signal }) };
    const small = await shrinkPlan(protocol, plan, finding.execution, budget);
    return { capsule: makeCapsule(small.plan, small.execution, about), shrinking: small.report };
  }

  report(groups: readonly FindingGroup[]): FuzzReport {
    const { protocol, scenario, tally, options } = this;
    const coverage = coverageOf(protocol, scenario, tally);
    const reasons = this.whyInconclusive(coverage);
    const verdict = this.verdict(groups, reasons);
    return {
      verdict,
      asExpected: isAsExpected(scenario, verdict, groups),
      interrupted: this.interrupted,
      reasons,
      protocol: protocol.name,
      scenario: scenario.name,
      ...(scenario.bug === undefined ? {} : { bug: scenario.bug }),
      profile: profileName(scenario.chaos),
      seed: seedAt(this.seed, 0),
      runs: tally.runs,
      counts: tally.counts,
      digest: this.digest.toString(),
      groups,
      rerunStrictly: tally.rerunStrictly,
      coverage,
      events: tally.events,
      deliveries: tally.deliveries,
      simulatedSeconds: tally.simulatedMicros / 1_000_000,
      jobs: Math.max(1, options.jobs ?? 1),
      wallSeconds: this.elapsedSeconds,
      cpuSeconds: this.cpuSeconds,
    };
  }

  private verdict(groups: readonly FindingGroup[], reasons: readonly string[]): CampaignVerdict {
    const first = groups[0];
    if (first !== undefined) return first.first.verdict;
    if (this.tally.runs === 0 || !checksAnything(this.protocol)) return 'nothing-ran';
    return reasons.length > 0 ? 'inconclusive' : 'passed';
  }

  private whyInconclusive(coverage: Coverage): readonly string[] {
    const { runs } = this.tally;
    if (runs === 0) return ['no seed was run'];
    const reasons: string[] = [];
    if (!checksAnything(this.protocol))
      reasons.push(`${this.protocol.name} has neither invariants nor a model: nothing was checked`);
    const { ok, fail, unknown, open } = coverage.operations;
    if (ok === 0 && fail + unknown + open > 0) reasons.push('no operation was acknowledged in any run');
    if (fail + unknown + open + ok === 0 && this.protocol.operations.length > 0)
      reasons.push('no operation was ever called');
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

  private tell(phase: Progress['phase']): void {
    const { onProgress, forSeconds } = this.options;
    if (onProgress === undefined) return;
    onProgress({
      runs: this.tally.runs,
      ...(Number.isFinite(this.runsMax) ? { runsTotal: this.runsMax } : {}),
      ...(forSeconds === undefined ? {} : { secondsTotal: forSeconds }),
      wallSeconds: this.elapsedSeconds,
      events: this.tally.events,
      failures: this.failures,
      distinctFailures: this.found.size,
      goalsReached: Object.keys(this.tally.goals).length,
      goalsTotal: goalCount(this.protocol),
      phase,
    });
  }

  private get hangMilliseconds(): number {
    return (this.options.hangSeconds ?? HANG_SECONDS) * 1_000;
  }

  private get elapsedSeconds(): number {
    return (performance.now() - this.startedAt) / 1_000;
  }

  private get cpuSeconds(): number {
    const { user, system } = process.cpuUsage(this.cpuBefore);
    return (user + system) / 1_000_000;
  }

  /** Seeds that have failed. */
  private get failures(): number {
    let failures = 0;
    for (const { count } of this.found.values()) failures += count;
    return failures;
  }

  private get interrupted(): boolean {
    return this.options.signal?.aborted ?? false;
  }
}

const goalCount = (protocol: Protocol): number =>
  placedProperties(protocol).filter(({ property }) => property.kind === 'sometimes').length;

const checksAnything = (protocol: Protocol): boolean =>
  protocol.model !== undefined || placedProperties(protocol).some(({ property }) => property.kind === 'always');

function isAsExpected(scenario: Scenario, verdict: CampaignVerdict, groups: readonly FindingGroup[]): boolean {
  const { expect } = scenario;
  if (expect.verdict === 'passed') return verdict === 'passed';
  if (verdict !== 'violated') return false;
  return expect.property === undefined || groups.every(({ signature }) => signature === `violated ${expect.property}`);
}
