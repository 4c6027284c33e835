/** What continuous integration reads: JUnit where it is asked for, annotations and a summary where GitHub runs the command. */
import { appendFileSync, writeFileSync } from 'node:fs';
import type { FuzzReport } from '../explore/report.ts';
import { annotationLine, summaryMarkdown } from '../report/github.ts';
import { type JUnitCase, type JUnitSuite, junitXml } from '../report/junit.ts';
import { counted, grouped, spellSeconds } from '../report/words.ts';
import { fileProblem } from './files.ts';
import type { Output } from './output.ts';

export interface ToldFinding {
  readonly group: { readonly signature: string; readonly first: { readonly seed: string } };
  readonly lines: readonly string[];
}

/** What became of a capsule of the corpus. */
export interface ToldCapsule {
  readonly path: string;
  readonly hasFailed: boolean;
  /** One line. */
  readonly says: string;
}

export function writeCiReports(
  report: FuzzReport,
  found: readonly ToldFinding[],
  corpus: readonly ToldCapsule[],
  junit: string | undefined,
  output: Output,
): void {
  const { wallSeconds: seconds } = report;
  const cases = [...corpusCases(corpus), ...casesOf(report, found)];
  if (junit !== undefined) writeJUnit(junit, { name: subjectOf(report), seconds, cases });
  toGitHub(
    [...corpusAnnotations(corpus), ...annotations(report, found)],
    () => summaryOf(report, found, corpus),
    output,
  );
}

/** The same where no new seed was run, because a capsule fails. */
export function writeCorpusReports(
  subject: { readonly scenario: string; readonly bug?: string },
  corpus: readonly ToldCapsule[],
  junit: string | undefined,
  output: Output,
): void {
  const name = subjectOf(subject);
  if (junit !== undefined) writeJUnit(junit, { name, seconds: 0, cases: corpusCases(corpus) });
  const heading = `worldline fuzz ${name}: no new seed was run`;
  toGitHub(
    corpusAnnotations(corpus),
    () => summaryMarkdown({ heading, facts: corpusFacts(corpus), failures: [] }),
    output,
  );
}

const writeJUnit = (path: string, suite: JUnitSuite): void =>
  writeOrExplain(path, () => writeFileSync(path, junitXml(suite)));

/** Where GitHub runs the command. */
function toGitHub(lines: readonly string[], summary: () => string, output: Output): void {
  if (process.env.GITHUB_ACTIONS !== 'true') return;
  for (const line of lines) output.tell(line);
  const path = process.env.GITHUB_STEP_SUMMARY;
  if (path !== undefined && path !== '') writeOrExplain(path, () => appendFileSync(path, summary()));
}

const corpusCases = (corpus: readonly ToldCapsule[]): readonly JUnitCase[] =>
  corpus.map(({ path, hasFailed, says }) => ({
    name: path,
    className: 'worldline.corpus',
    seconds: 0,
    outcome: hasFailed ? 'failed' : 'passed',
    message: says,
    details: `npx worldline replay ${path}`,
  }));

const corpusAnnotations = (corpus: readonly ToldCapsule[]): readonly string[] =>
  corpus
    .filter(({ hasFailed }) => hasFailed)
    .map(({ path, says }) => annotationLine({ level: 'error', title: path, message: says, file: path }));

const corpusFacts = (corpus: readonly ToldCapsule[]): readonly [string, string][] =>
  corpus.filter(({ hasFailed }) => hasFailed).map(({ path, says }) => [path, says]);

function writeOrExplain(path: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    throw fileProblem('write', path, error);
  }
}

const subjectOf = ({ scenario, bug }: Pick<FuzzReport, 'scenario' | 'bug'>): string =>
  bug === undefined ? scenario : `${scenario} --bug ${bug}`;

function casesOf(report: FuzzReport, found: readonly ToldFinding[]): readonly JUnitCase[] {
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
    name: `${counted(report.runs, 'run')} from seed ${report.seed}`,
    className,
    seconds: report.wallSeconds,
    outcome: report.asExpected || found.length > 0 ? 'passed' : 'failed',
    message: [report.verdict, ...report.reasons].join('; '),
  };
  return [campaign, ...failures];
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

function summaryOf(report: FuzzReport, found: readonly ToldFinding[], corpus: readonly ToldCapsule[]): string {
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
      ...corpusFacts(corpus),
    ],
    failures: found.map(({ group, lines }) => ({ title: group.signature, lines })),
  });
}
