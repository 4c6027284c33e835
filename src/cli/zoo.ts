/** `worldline zoo`: every planted bug against the fuzzer as it is. */
import { readFileSync } from 'node:fs';
import type { Protocol } from '../check/protocol.ts';
import type { Capsule } from '../explore/capsule.ts';
import { zoo as measureZoo, type ZooReport } from '../explore/zoo.ts';
import { compareZoo, parseZoo, ZooFileError } from '../explore/zoo-compare.ts';
import { changeLines, type ZooRowAccount, zooHead, zooLine, zooSummary } from '../report/zoo.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { compileSparingly } from './engine.ts';
import { type ExitCode, exitCodes, UsageError } from './exit.ts';
import { fileProblem, isFileSystemError, mustBeWritable, replaceFile } from './files.ts';
import { onInterrupt } from './interrupt.ts';
import { storyRowsOf } from './one-run.ts';
import { createOutput, type Output } from './output.ts';
import { registered } from './protocols.ts';
import { readCount, readSeed } from './readers.ts';
import { loadSubject } from './subject.ts';

export interface ZooCommandOptions {
  readonly bug?: readonly string[];
  readonly seed?: string;
  readonly seeds?: string;
  readonly hits?: string;
  readonly cpu?: string;
  readonly jobs?: string;
  readonly profile?: string;
  readonly rates?: boolean;
  readonly save?: string;
  readonly compare?: string;
  readonly json?: boolean;
  readonly color?: boolean;
}

export async function zoo(name: string, options: ZooCommandOptions): Promise<ExitCode> {
  compileSparingly();
  const output = createOutput(options);
  try {
    return await measured(name, options, output);
  } finally {
    output.flush();
  }
}

async function measured(name: string, options: ZooCommandOptions, output: Output): Promise<ExitCode> {
  const earlier = options.compare === undefined ? undefined : readTable(options.compare);
  const subject = await loadSubject(name, options.profile === undefined ? {} : { profile: options.profile }, 'default');
  const { scenario, protocol } = subject;
  if (scenario.bug !== undefined) {
    throw new UsageError(`${name} switches on ${scenario.bug} itself`, 'the zoo begins with a protocol that is right');
  }
  if ((protocol.bugs ?? []).length === 0) {
    throw new UsageError(
      `${protocol.name} has no planted bugs`,
      'a zoo is a list of them: see docs/write-a-protocol.md',
    );
  }
  if (earlier !== undefined && earlier.protocol !== protocol.name) {
    throw new UsageError(`${options.compare} is a table of ${earlier.protocol}`, `this one is of ${protocol.name}`);
  }
  for (const id of options.bug ?? []) await registered(scenario.protocol, id);
  if (options.save !== undefined) mustBeWritable(options.save, { makesFolders: true });
  const interrupt = onInterrupt(() => output.tell('Stopping after the runs under way. Ctrl-C again stops at once.'));
  const say = options.json ? output.tell : output.print;
  const bugs = options.bug ?? (protocol.bugs ?? []).map(({ id }) => id);
  say(zooHead(bugs, output.style));
  const report = await run(protocol, scenario, options, interrupt.signal, (row) => {
    say(zooLine(row, bugs));
    output.flush();
  });
  interrupt.dispose();
  for (const line of ['', ...zooSummary(report, output.style)]) say(line);
  const changes = earlier === undefined ? [] : compareZoo(earlier, report);
  if (earlier !== undefined) for (const line of comparison(earlier, report, changes, output)) say(line);
  const data = earlier === undefined ? report : { ...report, changes };
  if (options.json) output.print(JSON.stringify(data, null, 2));
  if (options.save !== undefined) replaceFile(options.save, `${JSON.stringify(report, null, 2)}\n`);
  if (report.interrupted) return exitCodes.interrupted;
  if (report.missed.length > 0) return exitCodes.inconclusive;
  return changes.some(({ change }) => change === 'worse') ? exitCodes.broken : exitCodes.expected;
}

async function run(
  protocol: Protocol,
  scenario: Scenario,
  options: ZooCommandOptions,
  signal: AbortSignal,
  onRow: (row: ZooRowAccount) => void,
): Promise<ZooReport> {
  const runs = readCount('--seeds', options.seeds);
  const hits = readCount('--hits', options.hits);
  const cpuSeconds = readCount('--cpu', options.cpu);
  const jobs = readCount('--jobs', options.jobs);
  try {
    return await measureZoo(protocol, scenario, {
      ...(options.bug === undefined ? {} : { bugs: options.bug }),
      ...(options.seed === undefined ? {} : { seed: readSeed(options.seed) }),
      ...(runs === undefined ? {} : { runs }),
      ...(hits === undefined ? {} : { hits }),
      ...(cpuSeconds === undefined ? {} : { cpuSeconds }),
      ...(jobs === undefined ? {} : { jobs }),
      inDepth: options.rates !== true,
      storyRows: (buggy: Protocol, capsule: Capsule) => storyRowsOf(buggy, capsule),
      onRow,
      signal,
    });
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message);
    throw error;
  }
}

function comparison(
  earlier: ZooReport,
  report: ZooReport,
  changes: ReturnType<typeof compareZoo>,
  { style }: Output,
): readonly string[] {
  const differs = (['scenario', 'profile', 'seed'] as const).filter((field) => earlier[field] !== report[field]);
  return [
    ...changeLines(changes, style),
    ...differs.map((field) => style.warn(`  mind: ${field} was ${earlier[field]}, is ${report[field]}`)),
  ];
}

function readTable(path: string): ZooReport {
  try {
    return parseZoo(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof ZooFileError)
      throw new UsageError(`${path} is no table of the zoo: ${error.message}`, error.hint);
    throw isFileSystemError(error) ? fileProblem('read', path, error) : error;
  }
}
