/** `worldline fuzz`: a campaign over many seeds; what it finds is shrunk, kept in a capsule, and told. */
import { availableParallelism } from 'node:os';
import type { Protocol } from '../check/protocol.ts';
import { CheckpointError } from '../explore/checkpoint.ts';
import { fails } from '../explore/corpus.ts';
import { firstDifference } from '../explore/difference.ts';
import { DEFAULT_RUNS, type FuzzOptions, fuzz as runCampaign } from '../explore/fuzz.ts';
import { eventsAfresh } from '../explore/pool.ts';
import type { FuzzReport } from '../explore/report.ts';
import { freshSeed, seedAt } from '../explore/seeds.ts';
import { campaignLines, openingLine } from '../report/campaign.ts';
import { counted, grouped } from '../report/words.ts';
import type { Plan } from '../scenario/plan.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { writeCiReports, writeCorpusReports } from './ci-reports.ts';
import { CORPUS_DIRECTORY, type CorpusResult, corpusAsData, corpusLines, corpusTold, runCorpus } from './corpus.ts';
import { tellDifference } from './difference.ts';
import { compileSparingly, compileThoroughly } from './engine.ts';
import { type ExitCode, exitCodes } from './exit.ts';
import { mustBeWritable } from './files.ts';
import { exitCodeOf, FUZZ_FORMAT, findingLines, type Kept, keep, reportAsData } from './findings.ts';
import { onInterrupt } from './interrupt.ts';
import { runOnce } from './one-run.ts';
import { createOutput, type Output } from './output.ts';
import { progressText } from './progress.ts';
import { readCount, readSeconds, readSeed, readShard } from './readers.ts';
import { asUsageError, openResumption, type Resumption } from './resume.ts';
import { planFor } from './run.ts';
import { loadSubject, type Subject, type SubjectOptions } from './subject.ts';

export interface FuzzCommandOptions extends SubjectOptions {
  readonly seed?: string;
  readonly runs?: string;
  readonly for?: string;
  readonly jobs?: string;
  readonly keepGoing?: boolean;
  readonly checkDeterminism?: boolean;
  readonly shrink?: boolean;
  readonly hangAfter?: string;
  readonly resume?: string;
  readonly shard?: string;
  readonly save?: boolean;
  readonly corpus?: string;
  readonly trace?: string;
  readonly junit?: string;
  readonly json?: boolean;
  readonly color?: boolean;
}

/** Starting a worker costs as much as this many runs. */
const RUNS_WORTH_WORKERS = 200;
/** From here on a campaign is faster where V8 compiles more: in two jobs, of 24,000 runs each, it takes 0.94 of the processor time. */
const LONG_CAMPAIGN = { runsOfAJob: 15_000, seconds: 120 };

export async function fuzz(name: string, options: FuzzCommandOptions): Promise<ExitCode> {
  compileSparingly();
  const output = createOutput(options);
  try {
    return await campaign(name, options, output);
  } finally {
    output.flush();
  }
}

async function campaign(name: string, options: FuzzCommandOptions, output: Output): Promise<ExitCode> {
  const resumption = options.resume === undefined ? undefined : openResumption(options.resume);
  const shard = readShard(options.shard);
  for (const path of [options.junit, options.trace]) if (path !== undefined && path !== '-') mustBeWritable(path);
  const seed =
    options.seed === undefined ? (resumption?.checkpoint?.seed ?? seedAt(freshSeed(), 0)) : readSeed(options.seed);
  const runs = readCount('--runs', options.runs, 0);
  const forSeconds = readSeconds('--for', options.for);
  const hangSeconds = readSeconds('--hang-after', options.hangAfter);
  const subject = await loadSubject(name, options, 'default');
  const jobs = readCount('--jobs', options.jobs, 1, 2) ?? usualJobs(runs);
  if (isLong(runs, forSeconds, jobs * (shard?.count ?? 1))) compileThoroughly();
  const { scenario, protocol } = subject;
  const bug = scenario.bug === undefined ? {} : { bug: scenario.bug };
  const opening = {
    scenario: scenario.name,
    protocol: protocol.name,
    profile: scenario.chaos.profile ?? 'default',
    seed,
    jobs,
    budget: budgetText(runs, forSeconds, resumption?.checkpoint?.tally.runs),
    ...bug,
  };
  const say = options.json ? output.tell : output.print;
  say(openingLine(opening));
  output.flush();
  const corpus = options.corpus ?? CORPUS_DIRECTORY;
  const before = await runCorpus(corpus, protocol, scenario, hangSeconds);
  for (const line of corpusLines(before, output)) say(line);
  output.flush();
  const corpusFails = before.some(({ outcome }) => fails(outcome));
  if (corpusFails && options.keepGoing !== true) {
    say('A capsule of the corpus fails: no new seed is run. --keep-going runs them all the same.');
    if (options.json) output.print(JSON.stringify({ format: FUZZ_FORMAT, corpus: corpusAsData(before) }, null, 2));
    writeCorpusReports({ scenario: scenario.name, ...bug }, corpusTold(before), options.junit, output);
    return exitCodes.broken;
  }
  const interrupt = onInterrupt(() => output.tell('Stopping after the runs under way. Ctrl-C again stops at once.'));
  const report = await runOrExplain(resumption, protocol, scenario, {
    seed,
    jobs,
    keepGoing: options.keepGoing ?? false,
    ...(options.checkDeterminism === true ? { repeatEvery: 1 } : {}),
    shrink: options.shrink ?? true,
    signal: interrupt.signal,
    ...(shard === undefined ? {} : { shard }),
    ...(runs === undefined ? {} : { runs }),
    ...(forSeconds === undefined ? {} : { forSeconds }),
    ...(hangSeconds === undefined ? {} : { hangSeconds }),
    ...(output.isWatched ? { onProgress: (progress) => output.progress(progressText(progress)) } : {}),
  });
  interrupt.dispose();
  output.progress('');
  if (options.checkDeterminism === true && report.groups.length === 0 && !report.interrupted) {
    // What is set once and for all was set before the first seed was run: only a process that has run nothing knows better.
    const plan = planFor(subject, seed);
    const difference = firstDifference(protocol, plan, await eventsAfresh(plan));
    if (difference !== undefined)
      return tellDifference(difference, `${scenario.name}, seed ${seed}`, { protocol, plan }, options, output);
  }
  const found: Kept[] = [];
  for (const group of report.groups) found.push(await keep(group, options.save ? corpus : undefined, output));
  tell(report, found, before, subject, options, output);
  const code = exitCodeOf(report);
  return code === exitCodes.expected && corpusFails ? exitCodes.broken : code;
}

/** With `resumption` the campaign goes on from there, and its state is kept there. */
async function runOrExplain(
  resumption: Resumption | undefined,
  protocol: Protocol,
  scenario: Scenario,
  options: FuzzOptions,
): Promise<FuzzReport> {
  if (resumption === undefined) return runCampaign(protocol, scenario, options);
  const { checkpoint, keep: keepState, path } = resumption;
  try {
    return await runCampaign(protocol, scenario, {
      ...options,
      ...(checkpoint === undefined ? {} : { resume: checkpoint }),
      onCheckpoint: keepState,
    });
  } catch (error) {
    throw error instanceof CheckpointError ? asUsageError(error, path) : error;
  }
}

function usualJobs(runs: number | undefined): number {
  return runs !== undefined && runs < RUNS_WORTH_WORKERS ? 1 : Math.max(1, availableParallelism());
}

/** Whichever budget is used up first ends it. `jobs`: of all shards. */
function isLong(runs: number | undefined, seconds: number | undefined, jobs: number): boolean {
  if (runs === undefined && seconds === undefined) return false;
  return (
    (runs === undefined || runs >= LONG_CAMPAIGN.runsOfAJob * jobs) &&
    (seconds === undefined || seconds >= LONG_CAMPAIGN.seconds)
  );
}

/** The budget of a campaign that is resumed counts what it has done before. */
function budgetText(runs: number | undefined, forSeconds: number | undefined, runsBefore: number | undefined): string {
  const time = forSeconds === undefined ? undefined : `${forSeconds} s`;
  const number = runs ?? (time === undefined ? DEFAULT_RUNS : undefined);
  const budget = [number === undefined ? undefined : counted(number, 'run'), time].filter(Boolean).join(' or ');
  return runsBefore === undefined ? budget : `${budget} in all, ${grouped(runsBefore)} of them done before`;
}

function tell(
  report: FuzzReport,
  found: readonly Kept[],
  before: readonly CorpusResult[],
  subject: Subject,
  options: FuzzCommandOptions,
  output: Output,
): void {
  const say = options.json ? output.tell : output.print;
  for (const line of campaignLines(report, output.style)) say(line);
  const planOf = (seed: string): Plan => planFor(subject, seed);
  const stories = found.map((kept) => ({
    ...kept,
    lines: findingLines(kept, subject.protocol, subject, output, planOf),
  }));
  for (const { lines } of stories) for (const line of ['', ...lines]) say(line);
  if (options.trace !== undefined) traceFirst(found[0], subject, options.trace, output);
  const { runWords, fuzzWords } = subject;
  if (options.json) {
    const corpus = before.length === 0 ? {} : { corpus: corpusAsData(before) };
    output.print(JSON.stringify({ ...reportAsData(report, found, { runWords, fuzzWords }), ...corpus }, null, 2));
  }
  writeCiReports(report, stories, corpusTold(before), options.junit, output);
}

/** The event log of the first finding as it is told: shrunk. */
function traceFirst(first: Kept | undefined, subject: Subject, trace: string, output: Output): void {
  if (first === undefined) {
    output.tell(`worldline: ${trace} is not written: nothing was found whose events it could hold`);
    return;
  }
  const plan = first.group.capsule?.plan ?? planFor(subject, first.group.smallest.seed);
  runOnce(subject.protocol, plan, subject.scenario.name, { strict: true }, { trace }, output);
}
