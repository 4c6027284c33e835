/** `worldline fuzz`: a campaign over many seeds; what it finds is shrunk, kept in a capsule, and told. */
import { availableParallelism } from 'node:os';
import { type Capsule, capsuleText } from '../explore/capsule.ts';
import { writeCapsule } from '../explore/capsule-file.ts';
import { DEFAULT_RUNS, fuzz as runCampaign } from '../explore/fuzz.ts';
import type { FindingGroup, FuzzReport } from '../explore/report.ts';
import { freshSeed, seedAt } from '../explore/seeds.ts';
import { campaignLines, openingLine } from '../report/campaign.ts';
import { failureLines } from '../report/failure.ts';
import { writeCiReports } from './ci-reports.ts';
import { differenceLines } from './difference.ts';
import { type ExitCode, exitCodes } from './exit.ts';
import { fileProblem, isFileSystemError } from './files.ts';
import { onInterrupt } from './interrupt.ts';
import { accountOf, runOnce } from './one-run.ts';
import { createOutput, type Output } from './output.ts';
import { progressText } from './progress.ts';
import { readCount, readSeconds, readSeed } from './readers.ts';
import { planFor } from './run.ts';
import { quoted } from './shell.ts';
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
  readonly trace?: string;
  readonly junit?: string;
  readonly json?: boolean;
  readonly color?: boolean;
}

/** Starting a worker costs as much as this many runs. */
const RUNS_WORTH_WORKERS = 200;

export async function fuzz(name: string, options: FuzzCommandOptions): Promise<ExitCode> {
  const output = createOutput(options);
  try {
    return await campaign(name, options, output);
  } finally {
    output.flush();
  }
}

async function campaign(name: string, options: FuzzCommandOptions, output: Output): Promise<ExitCode> {
  const seed = options.seed === undefined ? seedAt(freshSeed(), 0) : readSeed(options.seed);
  const runs = readCount('--runs', options.runs, 0);
  const forSeconds = readSeconds('--for', options.for);
  const hangSeconds = readSeconds('--hang-after', options.hangAfter);
  const subject = await loadSubject(name, options, 'default');
  const jobs = readCount('--jobs', options.jobs) ?? usualJobs(runs);
  const { scenario, protocol } = subject;
  const opening = {
    scenario: scenario.name,
    protocol: protocol.name,
    profile: scenario.chaos.profile ?? 'default',
    seed,
    jobs,
    budget: budgetText(runs, forSeconds),
    ...(scenario.bug === undefined ? {} : { bug: scenario.bug }),
  };
  const say = options.json ? output.tell : output.print;
  say(openingLine(opening));
  output.flush();
  const interrupt = onInterrupt(() => output.tell('Stopping after the runs under way. Ctrl-C again stops at once.'));
  const report = await runCampaign(protocol, scenario, {
    seed,
    jobs,
    keepGoing: options.keepGoing ?? false,
    ...(options.checkDeterminism === true ? { repeatEvery: 1 } : {}),
    shrink: options.shrink ?? true,
    signal: interrupt.signal,
    ...(runs === undefined ? {} : { runs }),
    ...(forSeconds === undefined ? {} : { forSeconds }),
    ...(hangSeconds === undefined ? {} : { hangSeconds }),
    ...(output.isWatched ? { onProgress: (progress) => output.progress(progressText(progress)) } : {}),
  });
  interrupt.dispose();
  output.progress('');
  const found = [];
  for (const group of report.groups) found.push(await keep(group, output));
  tell(report, found, subject, options, output);
  return exitCodeOf(report);
}

function usualJobs(runs: number | undefined): number {
  return runs !== undefined && runs < RUNS_WORTH_WORKERS ? 1 : Math.max(1, availableParallelism());
}

function budgetText(runs: number | undefined, forSeconds: number | undefined): string {
  const time = forSeconds === undefined ? undefined : `${forSeconds} s`;
  const number = runs ?? (time === undefined ? DEFAULT_RUNS : undefined);
  return [number === undefined ? undefined : `${number} runs`, time].filter(Boolean).join(' or ');
}

/** A finding with the file that holds it. */
interface Kept {
  readonly group: FindingGroup;
  readonly path: string | undefined;
}

/** A finding is never lost: where the capsule cannot be written it goes to the terminal. */
async function keep(group: FindingGroup, output: Output): Promise<Kept> {
  const { capsule } = group;
  if (capsule === undefined) return { group, path: undefined };
  try {
    return { group, path: await writeCapsule(capsule) };
  } catch (error) {
    if (!isFileSystemError(error)) throw error;
    tellUnwritten(capsule, error, output);
    return { group, path: undefined };
  }
}

function tellUnwritten(capsule: Capsule, error: unknown, output: Output): void {
  const { path = 'the capsule' } = error as NodeJS.ErrnoException;
  output.tell(`worldline: ${fileProblem('write', path, error).message}`);
  output.tell('The capsule, to be kept by hand and replayed:');
  output.tell(JSON.stringify(JSON.parse(capsuleText(capsule))));
}

function tell(
  report: FuzzReport,
  found: readonly Kept[],
  subject: Subject,
  options: FuzzCommandOptions,
  output: Output,
): void {
  const say = options.json ? output.tell : output.print;
  for (const line of campaignLines(report, output.style)) say(line);
  const stories = found.map((kept) => ({ ...kept, lines: storyLines(kept, subject, output) }));
  for (const { lines } of stories) {
    say('');
    for (const line of lines) say(line);
  }
  if (options.trace !== undefined) traceFirst(found[0], subject, options.trace, output);
  if (options.json) output.print(JSON.stringify(asData(report, found), null, 2));
  writeCiReports(report, stories, options.junit, output);
}

function storyLines({ group, path }: Kept, subject: Subject, output: Output): string[] {
  const { capsule, first, shrinking } = group;
  const { runWords, fuzzWords } = subject;
  const seed = quoted(first.seed);
  const again = `npx worldline fuzz ${fuzzWords} --seed ${seed} --runs 1`;
  if (capsule === undefined) return nondeterminism(group, subject, again, output);
  const commands = [
    path === undefined ? `npx worldline replay ${fuzzWords} --seed ${seed}` : `npx worldline replay ${quoted(path)}`,
    `npx worldline run ${runWords} --seed ${seed} --plain`,
    again,
  ];
  const { plan, violation, failure } = capsule;
  const execution = { ...first.execution, ...(violation && { violation }), ...(failure && { failure }) };
  const account = accountOf(subject.protocol, plan, execution, {
    seed: first.seed,
    found: group.count,
    commands,
    ...(shrinking === undefined ? {} : { shrunk: shrinking }),
  });
  return failureLines(account, output.style);
}

function nondeterminism({ first }: FindingGroup, subject: Subject, again: string, { style }: Output): string[] {
  const digests = `${first.execution.digest} and ${first.otherDigest ?? 'another'}`;
  const plan = planFor(subject, first.seed);
  const lines = first.difference === undefined ? [] : differenceLines(first.difference, subject.protocol, plan);
  return [
    `${style.bad(style.bold('NOT DETERMINISTIC'))}  seed ${first.seed} gave two digests: ${digests}`,
    ...lines.map((line) => `  ${line}`),
    '',
    style.accent(again),
  ];
}

/** The event log of the first finding as it is told: shrunk. */
function traceFirst(first: Kept | undefined, subject: Subject, trace: string, output: Output): void {
  if (first === undefined) {
    output.tell(`worldline: ${trace} is not written: nothing was found whose events it could hold`);
    return;
  }
  const plan = first.group.capsule?.plan ?? planFor(subject, first.group.first.seed);
  runOnce(subject.protocol, plan, subject.scenario.name, { strict: true }, { trace }, output);
}

function asData(report: FuzzReport, found: readonly Kept[]): object {
  const violations = found.map(({ group, path }) => ({
    signature: group.signature,
    count: group.count,
    seed: group.first.seed,
    ...(path === undefined ? {} : { capsuleFile: path }),
  }));
  return { format: 'worldline-fuzz/1', ...report, violations };
}

function exitCodeOf(report: FuzzReport): ExitCode {
  if (report.interrupted) return exitCodes.interrupted;
  if (report.asExpected) return exitCodes.expected;
  if (report.verdict === 'nothing-ran') return exitCodes.nothing;
  return report.verdict === 'inconclusive' ? exitCodes.inconclusive : exitCodes.broken;
}
