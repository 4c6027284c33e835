/** One campaign at work: batches go out, results come in by seed order, whoever ran them. */
import { placedProperties } from '../check/monitor.ts';
import type { Protocol } from '../check/protocol.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { type BatchResult, type BatchTask, runBatch } from './batch.ts';
import { isOutside, outsideModel, withoutLabel } from './budget.ts';
import { CampaignDigest } from './campaign-digest.ts';
import { type CampaignIdentity, CHECKPOINT_FORMAT, checkIdentity, identityOf } from './checkpoint.ts';
import { coverageOf } from './coverage.ts';
import { Findings } from './findings.ts';
import type { FuzzOptions } from './fuzz.ts';
import { type PlanSource, planSource } from './generate.ts';
import type { Pool, WorkerSetup } from './pool.ts';
import { observeVocabulary } from './probe.ts';
import { profileName } from './profile.ts';
import type { Finding, FindingGroup, FuzzReport, Progress, Shard } from './report.ts';
import { parseSeed, type Seed, seedAt } from './seeds.ts';
import { keepFindingWhole, shrinkFinding, type Told } from './shrink-finding.ts';
import { addTally, emptyTally, type Tally } from './tally.ts';
import type { Threads } from './trial.ts';
import { campaignVerdict, checksAnything, isAsExpected, whyInconclusive } from './verdict.ts';
import { emptyVocabulary, type Vocabulary } from './vocabulary.ts';

/** A batch is small enough for Ctrl-C and progress, and large enough that sending it to a worker costs nothing. */
const BATCH_SEEDS_FIRST = 20;
const BATCH_SEEDS_MAX = 200;
const BATCH_SECONDS = 0.2;
/** In events: about two seconds. */
const SHRINK_ALONE_WORK = 2_000_000;
const HANG_SECONDS = 10;
/** One seed in so many that passed is run again, strictly. */
const SAMPLE_EVERY = 256;

/** Options with the budget settled; `runs` may be infinite. */
export type CampaignOptions = FuzzOptions & { readonly runs: number };

interface OpenPool {
  readonly pool: Pool;
  readonly setup: WorkerSetup;
}

export class Campaign {
  private readonly protocol: Protocol;
  private readonly scenario: Scenario;
  private readonly options: CampaignOptions;
  private readonly seed: Seed;
  private readonly identity: CampaignIdentity;
  private readonly vocabulary: Vocabulary;
  private readonly source: PlanSource;
  private readonly jobs: number;
  private readonly shard: Shard;
  /** Seeds of this shard. */
  private readonly runsMax: number;

  private readonly startedAt = performance.now();
  private readonly cpuBefore = process.cpuUsage();
  private readonly tally: Tally = emptyTally();
  private readonly digest: CampaignDigest;
  private readonly findings: Findings;
  /** Seeds of this shard that were sent out, and that have come back. */
  private dispatched: number;
  private done: number;
  private batchSeeds: number;
  private pool: OpenPool | undefined = undefined;
  private stopped = false;
  /** By index: the digests of the seeds that may be sampled. */
  private readonly sampled = new Map<number, string>();

  constructor(protocol: Protocol, scenario: Scenario, options: CampaignOptions) {
    const { shard = { index: 1, count: 1 }, resume } = options;
    this.protocol = protocol;
    this.scenario = scenario;
    this.options = options;
    this.seed = parseSeed(options.seed);
    this.identity = identityOf(scenario, seedAt(this.seed, 0), options.shard, options.keepGoing ?? false);
    if (resume !== undefined) checkIdentity(resume, this.identity);
    this.jobs = Math.max(1, options.jobs ?? 1);
    this.shard = checkedShard(shard);
    this.runsMax = Math.ceil(Math.max(0, options.runs - (shard.index - 1)) / shard.count);
    this.batchSeeds = options.batchSeeds ?? BATCH_SEEDS_FIRST;
    this.digest = new CampaignDigest(resume?.digest);
    this.findings = new Findings(resume?.found);
    if (resume !== undefined) addTally(this.tally, resume.tally);
    this.dispatched = resume?.done ?? 0;
    this.done = this.dispatched;
    this.vocabulary = this.runsMax < 1 ? emptyVocabulary : observeVocabulary(protocol, scenario, this.hangMilliseconds);
    this.source = planSource(protocol, scenario, this.vocabulary);
    this.stopWhereEnough();
  }

  async run(): Promise<void> {
    if (this.jobs === 1) return this.runHere();
    const { openPool, workerSetup } = await import('./pool.ts');
    const setup = workerSetup(this.scenario, this.vocabulary);
    const pool = this.options.pool ?? openPool(this.jobs);
    this.pool = { pool, setup };
    await this.runIn((batch) => pool.run({ setup, batch }));
  }

  /** Lets the workers go; nothing may be asked of the campaign afterwards. */
  async close(): Promise<void> {
    if (this.options.pool === undefined) await this.pool?.pool.close();
  }

  private async runHere(): Promise<void> {
    for (let batch = this.nextBatch(); batch !== undefined; batch = this.nextBatch()) {
      const begun = performance.now();
      this.take(runBatch(this.protocol, this.source, batch));
      this.paceBatches(batch.count, performance.now() - begun);
      // Lets signals and timers through.
      await new Promise((resolve) => setImmediate(resolve));
    }
    for (const batch of this.sample()) {
      if (this.stopped || this.interrupted) return;
      this.takeSample(runBatch(this.protocol, this.source, batch));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Keeps every worker busy with one batch and one waiting; takes results in seed order, whatever the order of their arrival. */
  private async runIn(run: (batch: BatchTask) => Promise<BatchResult>): Promise<void> {
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
    const repeated = this.sample().map((batch) => run(batch));
    for (const result of repeated) this.takeSample(await result);
  }

  /**
   * A sample of the seeds that were run, to be run strictly. Last of all: V8 gives frozen objects other hidden classes, and code that
   * has seen both kinds runs a third slower ever after.
   */
  private sample(): readonly BatchTask[] {
    if (this.stopped || this.interrupted || this.options.repeatEvery === 1) return [];
    const { index, count } = this.shard;
    const indexes = Array.from({ length: this.done }, (_, place) => index - 1 + place * count);
    const common = {
      seed: this.seed,
      stride: 1,
      keepGoing: this.options.keepGoing ?? false,
      timeoutMilliseconds: this.hangMilliseconds,
      repeatOnly: true,
    };
    // A campaign that was resumed knows the digests of its own runs only.
    const known = (one: number): { readonly digest?: string } => {
      const digest = this.sampled.get(one);
      return digest === undefined ? {} : { digest };
    };
    const sampled = indexes.filter((one) => one % this.sampleEvery === 0);
    return sampled.map((from) => ({ ...common, from, count: 1, ...known(from) }));
  }

  /** What a sample finds is a finding like any other; its runs were counted before. */
  private takeSample(result: BatchResult): void {
    addTally(this.tally, result.tally);
    this.findings.add(result);
    this.stopWhereEnough();
    this.tell('running');
  }

  private nextBatch(): BatchTask | undefined {
    const { keepGoing = false, forSeconds, repeatEvery = 0, cpuSecondsMax = Number.POSITIVE_INFINITY } = this.options;
    const count = Math.min(this.batchSeeds, this.runsMax - this.dispatched);
    if (count < 1 || this.stopped || this.interrupted) return undefined;
    if (forSeconds !== undefined && this.wallSeconds >= forSeconds) return undefined;
    if (this.cpuSeconds >= cpuSecondsMax) return undefined;
    const { index, count: stride } = this.shard;
    const from = index - 1 + this.dispatched * stride;
    this.dispatched += count;
    const common = { seed: this.seed, stride, keepGoing, timeoutMilliseconds: this.hangMilliseconds };
    return { ...common, from, count, repeatEach: repeatEvery === 1 };
  }

  private paceBatches(seeds: number, milliseconds: number): void {
    if (this.options.batchSeeds !== undefined) return;
    const perSeed = milliseconds / 1_000 / seeds;
    this.batchSeeds = Math.max(1, Math.min(BATCH_SEEDS_MAX, Math.round(BATCH_SECONDS / Math.max(perSeed, 1e-6))));
  }

  private take(result: BatchResult): void {
    addTally(this.tally, result.tally);
    result.digests.forEach((digest, place) => {
      const index = result.from + place * this.shard.count;
      this.digest.addRun(index, digest);
      if (index % this.sampleEvery === 0) this.sampled.set(index, digest);
    });
    this.findings.add(result);
    this.done += result.digests.length;
    this.stopWhereEnough();
    this.tell('running');
    this.options.onCheckpoint?.({
      format: CHECKPOINT_FORMAT,
      ...this.identity,
      done: this.done,
      tally: structuredClone(this.tally),
      digest: this.digest.toString(),
      found: this.findings.all,
      wallSeconds: this.wallSeconds,
      cpuSeconds: this.cpuSeconds,
    });
  }

  private stopWhereEnough(): void {
    const { keepGoing = false, hitsMax = Number.POSITIVE_INFINITY } = this.options;
    if (this.findings.count >= (keepGoing ? hitsMax : 1)) this.stopped = true;
  }

  async report(): Promise<FuzzReport> {
    const { protocol, scenario, tally, options } = this;
    const groups = await this.groups();
    const coverage = coverageOf(protocol, scenario, tally);
    const checked = checksAnything(protocol);
    const reasons = whyInconclusive(coverage, tally.runs, checked);
    const verdict = campaignVerdict(groups, tally.runs, checked, reasons);
    return {
      verdict,
      asExpected: isAsExpected(scenario, verdict, groups),
      expect: scenario.expect,
      interrupted: this.interrupted,
      reasons,
      protocol: protocol.name,
      scenario: scenario.name,
      ...(scenario.bug === undefined ? {} : { bug: scenario.bug }),
      profile: profileName(scenario.chaos),
      seed: seedAt(this.seed, 0),
      ...(options.shard === undefined ? {} : { shard: options.shard }),
      runs: tally.runs,
      counts: tally.counts,
      digest: this.digest.toString(),
      groups,
      rerunStrictly: tally.rerunStrictly,
      coverage,
      events: tally.events,
      deliveries: tally.deliveries,
      simulatedSeconds: tally.simulatedMicros / 1_000_000,
      jobs: this.jobs,
      wallSeconds: this.wallSeconds,
      cpuSeconds: this.cpuSeconds,
    };
  }

  /** The distinct failures, the smallest of each shrunk and put into a capsule. Several are shrunk side by side. */
  private async groups(): Promise<readonly FindingGroup[]> {
    const { all } = this.findings;
    const wanted = all.filter((found, place) => this.isToBeShrunk(found.smallest, place === 0));
    if (wanted.length > 0) this.tell('shrinking');
    const pool = wanted.length > 1 ? this.pool : undefined;
    const groups: FindingGroup[] = [];
    const shrunk = all.map((found) =>
      pool !== undefined && wanted.includes(found) ? this.shrunkIn(pool, found.smallest) : undefined,
    );
    for (const [place, { first, smallest, count }] of all.entries()) {
      const { signature, verdict } = first;
      const about = verdict === 'nondeterministic' ? {} : await (shrunk[place] ?? this.told(smallest, place === 0));
      groups.push(this.relabelled({ signature, count, first, smallest, ...about }));
    }
    return groups;
  }

  private isToBeShrunk({ verdict, execution }: Finding, isFirst: boolean): boolean {
    const { shrink = true } = this.options;
    if (shrink === false || (shrink === 'first' && !isFirst) || this.interrupted) return false;
    return verdict !== 'nondeterministic' && execution.failure?.kind !== 'hung';
  }

  private async told(finding: Finding, isFirst: boolean): Promise<Told> {
    const { protocol, scenario, source, options } = this;
    if (!this.isToBeShrunk(finding, isFirst)) return keepFindingWhole(protocol, source, scenario.name, finding);
    const { signal } = options;
    return shrinkFinding(protocol, source, scenario.name, finding, {
      ...(signal === undefined ? {} : { signal }),
      ...(this.pool === undefined ? {} : { threads: this.threadsOf(this.pool) }),
    });
  }

  /** Alone, a finding has all threads to itself. */
  private threadsOf({ pool, setup }: OpenPool): Threads {
    return {
      count: this.jobs,
      afterWork: SHRINK_ALONE_WORK,
      try: (plans, question) => pool.try({ setup, plans, question }),
    };
  }

  /** An interrupt does not wait for a worker: then the finding is told as it was found. */
  private shrunkIn(pool: OpenPool, finding: Finding): Promise<Told> {
    const { protocol, scenario, source, options } = this;
    const whole = (): Told => keepFindingWhole(protocol, source, scenario.name, finding);
    const interrupted = new Promise<Told>((resolve) => {
      options.signal?.addEventListener('abort', () => resolve(whole()), { once: true });
    });
    return Promise.race([pool.pool.shrink({ setup: pool.setup, finding }), interrupted]);
  }

  /** A plan that lay outside the model may lie within it when it is small: then the failure is the protocol's. */
  private relabelled(group: FindingGroup): FindingGroup {
    const { capsule, signature } = group;
    if (capsule === undefined || !isOutside(signature)) return group;
    return outsideModel(this.protocol, capsule.plan).length > 0
      ? group
      : { ...group, signature: withoutLabel(signature) };
  }

  private tell(phase: Progress['phase']): void {
    const { onProgress, forSeconds } = this.options;
    onProgress?.({
      runs: this.tally.runs,
      runsBefore: this.options.resume?.tally.runs ?? 0,
      ...(Number.isFinite(this.runsMax) ? { runsTotal: this.runsMax } : {}),
      ...(forSeconds === undefined ? {} : { secondsTotal: forSeconds }),
      wallSeconds: this.wallSeconds,
      events: this.tally.events,
      failures: this.findings.count,
      distinctFailures: this.findings.distinct,
      goalsReached: Object.keys(this.tally.goals).length,
      goalsTotal: goalCount(this.protocol),
      phase,
    });
  }

  private get sampleEvery(): number {
    return this.options.repeatEvery ?? SAMPLE_EVERY;
  }

  private get hangMilliseconds(): number {
    return (this.options.hangSeconds ?? HANG_SECONDS) * 1_000;
  }

  /** A resumed campaign has taken what it took before, too. */
  private get wallSeconds(): number {
    return (this.options.resume?.wallSeconds ?? 0) + (performance.now() - this.startedAt) / 1_000;
  }

  private get cpuSeconds(): number {
    const { user, system } = process.cpuUsage(this.cpuBefore);
    return (this.options.resume?.cpuSeconds ?? 0) + (user + system) / 1_000_000;
  }

  private get interrupted(): boolean {
    return this.options.signal?.aborted ?? false;
  }
}

function checkedShard(shard: Shard): Shard {
  const { index, count } = shard;
  if (Number.isSafeInteger(index) && Number.isSafeInteger(count) && index >= 1 && index <= count) return shard;
  throw new RangeError(`there is no shard ${index}/${count}: shards are numbered from 1 to their count`);
}

const goalCount = (protocol: Protocol): number =>
  placedProperties(protocol).filter(({ property }) => property.kind === 'sometimes').length;
