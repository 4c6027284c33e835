/** `worldline run`: one seed of a scenario, strictly, told as far as is wished. */
import { outsideModel } from '../explore/budget.ts';
import { firstDifference } from '../explore/difference.ts';
import type { Execution } from '../explore/execution.ts';
import { planSource } from '../explore/generate.ts';
import { observeVocabulary } from '../explore/probe.ts';
import { failureLines } from '../report/failure.ts';
import { outsideLine, runLines } from '../report/run.ts';
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
    return await runSeed(subject, seed, options, output);
  } finally {
    output.flush();
  }
}

/** Also what `replay SCENARIO --seed S` does. */
export async function runSeed(subject: Subject, seed: string, options: RunOptions, output: Output): Promise<ExitCode> {
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
    const { eventsAfresh } = await import('../explore/pool.ts');
    const difference = firstDifference(protocol, plan, await eventsAfresh(plan));
    if (difference !== undefined)
      return tellDifference(difference, `${scenario.name}, seed ${seed}`, { protocol, plan }, options, output);
  }
  const execution = runOnce(protocol, plan, scenario.name, { strict: true }, options, output);
  const asExpected = isAsExpected(scenario, execution);
  const beyond = outsideModel(protocol, plan);
  const isOutside = !asExpected && beyond.length > 0 && isBroken(execution);
  if (options.json) {
    const labels = beyond.length === 0 ? {} : { outsideModel: beyond };
    output.print(
      JSON.stringify(
        { format: 'worldline-run/1', scenario: scenario.name, seed, asExpected, ...labels, ...execution },
        null,
        2,
      ),
    );
  } else tellRun({ subject, plan, execution, asExpected, isOutside, beyond, seed }, options, output);
  return isOutside ? exitCodes.expected : exitCodeOf(execution, asExpected);
}

const isBroken = ({ verdict }: Execution): boolean => verdict === 'violated' || verdict === 'failed';

/** A run, to be told. */
interface Ran {
  readonly subject: Subject;
  readonly plan: Plan;
  readonly execution: Execution;
  readonly asExpected: boolean;
  /** Broke beyond what the protocol claims to survive. */
  readonly isOutside: boolean;
  /** What the protocol does not claim to survive. */
  readonly beyond: readonly string[];
  readonly seed: string;
}

export const planFor = ({ protocol, scenario }: Pick<Subject, 'protocol' | 'scenario'>, seed: string): Plan =>
  planSource(protocol, scenario, observeVocabulary(protocol, scenario)).plan(seed);

function tellRun(
  { subject, plan, execution, asExpected, isOutside, beyond, seed }: Ran,
  options: RunOptions,
  output: Output,
): void {
  const { scenario, protocol, runWords } = subject;
  const account = { ...execution, asExpected, isOutside, scenario: scenario.name, seed, planned: plan.faults };
  const lines = runLines(account, output.style);
  for (const line of lines) output.print(line);
  for (const line of worldLines(plan, protocol.options)) output.print(line);
  if (beyond.length > 0) output.print(outsideLine(protocol, beyond, output.style));
  if (options.checkDeterminism)
    output.print('  repeated    six runs of this seed agree in every event, one of them in a fresh process');
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
