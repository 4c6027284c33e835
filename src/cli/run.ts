/** `worldline run`: one seed of a scenario, strictly, told as far as is wished. */
import { outsideModel } from '../explore/budget.ts';
import { firstDifference } from '../explore/difference.ts';
import type { Execution } from '../explore/execution.ts';
import { planSource } from '../explore/generate.ts';
import { observeVocabulary } from '../explore/probe.ts';
import { failureLines } from '../report/failure.ts';
import { runLines } from '../report/run.ts';
import { worldLines } from '../report/world.ts';
import type { Plan } from '../scenario/plan.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { tellDifference } from './difference.ts';
import { type ExitCode, exitCodes } from './exit.ts';
import { accountOf, type OneRunOptions, runOnce } from './one-run.ts';
import { createOutput, type Output } from './output.ts';
import { readSeed } from './readers.ts';
import { quoted } from './shell.ts';
import { loadSubject, type Subject, type SubjectOptions } from './subject.ts';
import { runToPredicate } from './until.ts';

export interface RunOptions extends SubjectOptions, OneRunOptions {
  readonly seed?: string;
  readonly json?: boolean;
  readonly color?: boolean;
  readonly checkDeterminism?: boolean;
}

/** Without a seed everybody sees the same run. */
const USUAL_SEED = '1';

export async function run(name: string, options: RunOptions): Promise<ExitCode> {
  const output = createOutput(options);
  try {
    const seed = readSeed(options.seed ?? USUAL_SEED);
    const subject = await loadSubject(name, options, 'none');
    return runSeed(subject, seed, options, output);
  } finally {
    output.flush();
  }
}

/** Also what `replay SCENARIO --seed S` does. */
export function runSeed(subject: Subject, seed: string, options: RunOptions, output: Output): ExitCode {
  const { protocol, scenario } = subject;
  const plan = planFor(subject, seed);
  if (options.until !== undefined) {
    const words = `${subject.runWords} --seed ${quoted(seed)}`;
    return runToPredicate(
      { protocol, plan, title: scenario.name, words, strict: true },
      options.until,
      options,
      output,
    );
  }
  if (options.checkDeterminism) {
    const difference = firstDifference(protocol, plan);
    if (difference !== undefined)
      return tellDifference(difference, `${scenario.name}, seed ${seed}`, { protocol, plan }, options, output);
  }
  const execution = runOnce(protocol, plan, scenario.name, { strict: true }, options, output);
  const asExpected = isAsExpected(scenario, execution);
  if (options.json) {
    output.print(
      JSON.stringify({ format: 'worldline-run/1', scenario: scenario.name, seed, asExpected, ...execution }, null, 2),
    );
  } else tellRun(subject, plan, execution, asExpected, seed, options, output);
  return exitCodeOf(execution, asExpected);
}

export const planFor = ({ protocol, scenario }: Pick<Subject, 'protocol' | 'scenario'>, seed: string): Plan =>
  planSource(protocol, scenario, observeVocabulary(protocol, scenario)).plan(seed);

function tellRun(
  subject: Subject,
  plan: Plan,
  execution: Execution,
  asExpected: boolean,
  seed: string,
  options: RunOptions,
  output: Output,
): void {
  const { scenario, protocol, runWords } = subject;
  const lines = runLines({ ...execution, asExpected, scenario: scenario.name, seed }, output.style);
  for (const line of lines) output.print(line);
  for (const line of worldLines(plan, protocol.options)) output.print(line);
  const beyond = outsideModel(protocol, plan);
  if (beyond.length > 0) output.print(`  outside     ${protocol.name} does not claim to survive: ${beyond.join(', ')}`);
  if (options.checkDeterminism) output.print('  repeated    four runs of this seed agree in every event');
  if (execution.violation === undefined && execution.failure === undefined) return;
  const again = `npx worldline run ${runWords} --seed ${quoted(seed)}`;
  const commands = options.plain ? [again] : [`${again} --plain`];
  output.print('');
  for (const line of failureLines(accountOf(protocol, plan, execution, { seed, commands }), output.style))
    output.print(line);
}

function isAsExpected(scenario: Scenario, { verdict, violation }: Execution): boolean {
  const { expect } = scenario;
  if (expect.verdict === 'passed') return verdict === 'passed';
  if (violation === undefined) return false;
  const name = violation.path === '' ? violation.property : `${violation.path}:${violation.property}`;
  return expect.property === undefined || expect.property === name;
}

function exitCodeOf({ verdict }: Execution, asExpected: boolean): ExitCode {
  if (asExpected) return exitCodes.expected;
  return verdict === 'unknown' ? exitCodes.inconclusive : exitCodes.broken;
}
