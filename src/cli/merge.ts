/** `worldline merge`: the reports of the shards of a campaign, as one. */
import { readFileSync } from 'node:fs';
import type { Protocol } from '../check/protocol.ts';
import { MergeError, mergeReports } from '../explore/merge.ts';
import type { FuzzReport } from '../explore/report.ts';
import { campaignLines } from '../report/campaign.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { writeCiReports } from './ci-reports.ts';
import { type ExitCode, UsageError } from './exit.ts';
import { fileProblem, isFileSystemError } from './files.ts';
import { exitCodeOf, FUZZ_FORMAT, findingLines, type Kept, keep, reportAsData, type Words } from './findings.ts';
import { createOutput, type Output } from './output.ts';
import { registered } from './protocols.ts';

export interface MergeOptions {
  readonly junit?: string;
  readonly json?: boolean;
  readonly color?: boolean;
}

export async function merge(paths: readonly string[], options: MergeOptions): Promise<ExitCode> {
  const output = createOutput(options);
  try {
    return await merged(paths, options, output);
  } finally {
    output.flush();
  }
}

/** What `fuzz --json` prints. */
type ReportFile = FuzzReport & { readonly words: Words };

async function merged(paths: readonly string[], options: MergeOptions, output: Output): Promise<ExitCode> {
  const files = paths.map(readReport);
  const { words, expect } = files[0] as ReportFile;
  const report = mergeOrExplain(files, expect);
  const found: Kept[] = [];
  for (const group of report.groups) found.push(await keep(group, undefined, output));
  const say = options.json ? output.tell : output.print;
  for (const line of campaignLines(report, output.style)) say(line);
  const stories = [];
  for (const kept of found) {
    const lines = findingLines(kept, await protocolOf(kept), words, output);
    stories.push({ ...kept, lines });
    for (const line of ['', ...lines]) say(line);
  }
  if (options.json) output.print(JSON.stringify(reportAsData(report, found, words), null, 2));
  writeCiReports(report, stories, [], options.junit, output);
  return exitCodeOf(report);
}

const protocolOf = async ({ group: { capsule } }: Kept): Promise<Protocol | undefined> =>
  capsule === undefined ? undefined : registered(capsule.plan.protocol, capsule.plan.bug);

function mergeOrExplain(reports: readonly FuzzReport[], expect: Scenario['expect']): FuzzReport {
  try {
    return mergeReports(reports, expect);
  } catch (error) {
    if (error instanceof MergeError) throw new UsageError(error.message, error.hint);
    throw error;
  }
}

const HINT = 'A report is what `worldline fuzz ... --shard 1/2 --json` prints.';

function readReport(path: string): ReportFile {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (isFileSystemError(error)) throw fileProblem('read', path, error);
    throw new UsageError(`${path} is not JSON`, HINT);
  }
  const { format, groups, coverage, counts, words, expect } = (value ?? {}) as Partial<ReportFile> & {
    readonly format?: unknown;
  };
  if (format !== FUZZ_FORMAT) throw new UsageError(`${path} is not the report of a campaign`, HINT);
  if (!Array.isArray(groups) || coverage === undefined || counts === undefined || !words || !expect) {
    throw new UsageError(`${path} is damaged`, HINT);
  }
  return value as ReportFile;
}
