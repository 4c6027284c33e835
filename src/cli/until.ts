/** `--until`: a run up to the first event for which a predicate holds, and how everybody looks there. */
import type { Protocol } from '../check/protocol.ts';
import type { Execution } from '../explore/execution.ts';
import { counted, grouped, labelled } from '../report/words.ts';
import type { Plan } from '../scenario/plan.ts';
import { Narrator } from '../timeline/narrate.ts';
import { nodesNamed, type Predicate } from '../timeline/predicate.ts';
import type { Step } from '../timeline/steps.ts';
import { tellerOf } from '../timeline/tell.ts';
import { inMilliseconds, spellDuration } from '../timeline/time.ts';
import { type ExitCode, exitCodes, UsageError } from './exit.ts';
import { type OneRunOptions, runUntil, type Stopped } from './one-run.ts';
import type { Output } from './output.ts';
import { readUntil } from './readers.ts';
import { quoted } from './shell.ts';

interface UntilOptions extends OneRunOptions {
  readonly json?: boolean;
  readonly checkDeterminism?: boolean;
  readonly save?: boolean;
}

export interface Subject {
  readonly protocol: Protocol;
  readonly plan: Plan;
  /** Name of the scenario or capsule. */
  readonly title: string;
  /** Words behind `worldline show` for the same run. */
  readonly words: string;
  readonly strict: boolean;
}

/** @throws UsageError where the predicate means nothing, or what is asked besides needs the whole run. */
export function runToPredicate(subject: Subject, text: string, options: UntilOptions, output: Output): ExitCode {
  const predicate = readUntil(text);
  checkNodes(predicate, subject.plan);
  const whole = options.checkDeterminism ? '--check-determinism' : options.save ? '--save' : undefined;
  if (whole !== undefined)
    throw new UsageError(`--until stops the run, and ${whole} needs the whole of it`, 'leave one of them out');
  const { protocol, plan, title, strict } = subject;
  const stopped = runUntil(protocol, plan, title, predicate, strict, options, output);
  if (options.json) output.print(JSON.stringify(dataOf(subject, predicate, stopped), null, 2));
  else tellStopped(subject, predicate, stopped, output);
  return exitCodeOf(stopped);
}

/** Where it stopped, and how everybody looks there. */
export function tellStopped(subject: Subject, predicate: Predicate, stopped: Stopped, output: Output): ExitCode {
  for (const line of linesOf(subject, predicate, stopped, output)) output.print(line);
  return exitCodeOf(stopped);
}

/** @throws UsageError where a node is named that the run does not have. */
export function checkNodes({ text }: Predicate, { nodes }: Plan): void {
  const known = nodes.map(({ id }) => id);
  const unknown = nodesNamed(text).find((node) => !known.includes(node));
  if (unknown !== undefined)
    throw new UsageError(`--until: there is no node ${unknown} in this run`, `nodes: ${known.join(', ')}`);
}

function dataOf({ title, plan }: Subject, { text }: Predicate, { execution, step, views }: Stopped): object {
  const held = step === undefined ? { held: false } : { held: true, event: step.event, at: step.at };
  return {
    format: 'worldline-until/1',
    scenario: title,
    seed: plan.seed,
    until: text,
    ...held,
    nodes: views,
    ...execution,
  };
}

function linesOf(subject: Subject, { text }: Predicate, { execution, step, views }: Stopped, output: Output): string[] {
  const { style } = output;
  const name = `${subject.title}, seed ${subject.plan.seed}`;
  if (step === undefined)
    return [`${style.warn(style.bold('NEVER'))}  ${name}: ${text} does not hold ${endOf(execution)}`];
  const { event, at } = step;
  return [
    `${style.good(style.bold('HOLDS'))}  ${name}: ${text}, at event ${grouped(event)}, ${inMilliseconds(at)} ms`,
    ...labelled('there', toldOf(subject, step)),
    ...labelled('nodes', views.map(({ node, label }) => `${node} ${label ?? '-'}`).join(', ')),
    ...labelled('digest', style.dim(execution.digest)),
    `npx worldline show ${subject.words} --until ${quoted(text)}`,
  ];
}

const toldOf = ({ protocol }: Subject, step: Step): string => new Narrator(tellerOf(protocol.tell)).narrate(step).text;

function endOf({ violation, failure, statistics }: Execution): string {
  const size = `${spellDuration(statistics.simulatedMicros)} of virtual time, ${counted(statistics.events, 'event')}`;
  if (violation !== undefined) return `before ${violation.property} is broken: ${size}`;
  return failure === undefined ? `in ${size}` : `before the run fails: ${failure.sentence}`;
}

/** Never is not what was asked for, and proves nothing. */
function exitCodeOf({ execution: { verdict }, step }: Stopped): ExitCode {
  if (verdict === 'violated' || verdict === 'failed') return exitCodes.broken;
  return step === undefined ? exitCodes.inconclusive : exitCodes.expected;
}
