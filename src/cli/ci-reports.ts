/** What continuous integration reads: JUnit where it is asked for, annotations and a summary where GitHub runs the command. */
import { accessSync, appendFileSync, constants, existsSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { FuzzReport } from '../explore/report.ts';
import { annotationLine, summaryMarkdown } from '../report/github.ts';
import { type JUnitCase, junitXml } from '../report/junit.ts';
import { grouped, spellSeconds } from '../report/words.ts';
import { fileProblem } from './files.ts';
import type { Output } from './output.ts';

export interface ToldFinding {
  readonly group: { readonly signature: string; readonly first: { readonly seed: string } };
  readonly lines: readonly string[];
}

export function writeCiReports(
  report: FuzzReport,
  found: readonly ToldFinding[],
  junit: string | undefined,
  output: Output,
): void {
  if (junit !== undefined) writeOrExplain(junit, () => writeFileSync(junit, junitOf(report, found)));
  if (process.env.GITHUB_ACTIONS !== 'true') return;
  for (const line of annotations(report, found)) output.tell(line);
  const summary = process.env.GITHUB_STEP_SUMMARY;
  if (summary !== undefined && summary !== '') {
    writeOrExplain(summary, () => appendFileSync(summary, summaryOf(report, found)));
  }
}

/**
 * A report that cannot be written is better known before a campaign than after it.
 * @throws UsageError
 */
export function mustBeWritable(path: string): void {
  try {
    if (existsSync(path)) accessSync(path, constants.W_OK);
    else accessSync(dirname(path), constants.W_OK);
  } catch (error) {
    throw fileProblem('write', path, error);
  }
}

function writeOrExplain(path: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    throw fileProblem('write', path, error);
  }
}

const subjectOf = ({ scenario, bug }: FuzzReport): string =>
  bug === undefined ? scenario : `${scenario} --bug ${bug}`;

function junitOf(report: FuzzReport, found: readonly ToldFinding[]): string {
  const className = `worldline.${report.scenario}`;
  const failures: JUnitCase[] = found.map(({ group, lines }) => ({
    name: group.signature,
    className,
    seconds: 0,
    outcome: report.asExpected ? 'passed' : 'failed',
    message: `${group.signature}, seed ${group.first.seed}`,
    details: lines.join('\n'),
  }));
  const campaign: JUnitCase = {
    name: `${grouped(report.runs)} runs from seed ${report.seed}`,
    className,
    seconds: report.wallSeconds,
    outcome: report.asExpected || found.length > 0 ? 'passed' : 'failed',
    message: [report.verdict, ...report.reasons].join('; '),
  };
  return junitXml({ name: subjectOf(report), seconds: report.wallSeconds, cases: [campaign, ...failures] });
}

function annotations(report: FuzzReport, found: readonly ToldFinding[]): string[] {
  if (report.asExpected) return [];
  if (found.length === 0) {
    const message = [report.verdict, ...report.reasons].join('; ');
    return [annotationLine({ level: 'warning', title: `worldline ${subjectOf(report)}`, message })];
  }
  return found.map(({ group, lines }) =>
    annotationLine({ level: 'error', title: `${subjectOf(report)}: ${group.signature}`, message: lines.join('\n') }),
  );
}

function summaryOf(report: FuzzReport, found: readonly ToldFinding[]): string {
  const reached = report.coverage.goals.filter(({ seeds }) => seeds > 0).length;
  return summaryMarkdown({
    heading: `worldline fuzz ${subjectOf(report)}: ${report.verdict}`,
    facts: [
      ['seed', report.seed],
      ['runs', grouped(report.runs)],
      ['time', spellSeconds(report.wallSeconds)],
      ['events', grouped(report.events)],
      ['goals', `${reached} of ${report.coverage.goals.length}`],
      ['digest', report.digest],
      ...report.reasons.map((reason): [string, string] => ['why', reason]),
    ],
    failures: found.map(({ group, lines }) => ({ title: group.signature, lines })),
  });
}
